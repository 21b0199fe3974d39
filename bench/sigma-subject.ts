import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { disposeOf } from '../src/decode/disposable.ts';
import { unpack } from '../src/decode/unpack.ts';
import { createAssetMemory } from '../src/facts/assets/memory.ts';
import { createEngine, engineOf as engineFrom, type Engine } from '../src/runtime/engine.ts';
import { builtinRules, loadRules } from '../src/runtime/load-rules.ts';
import { assetsOfScan, scan } from '../src/runtime/scan.ts';
import { keepHeapSmall, letHeapGrowSome } from '../src/runtime/small-heap.ts';
import { fastChecksum } from '../src/source/fast-checksum.ts';
import { findFiles, readInput } from '../src/source/files.ts';
import { loadPublished, matchesEveryCallOfRoles } from './published.ts';

/** One way to read an archive: gives how many alerts there were. */
type Subject = (folder: string) => Promise<number>;

/**
 * What bench/sigma.ts compares, by name. Each runs in a process of its own: what one leaves to the garbage collector would be on the
 * bill of the next.
 */
const subjects: Readonly<Record<string, () => Promise<Subject>>> = {
  'gunzipSync of each file': () =>
    Promise.resolve((folder) => {
      for (const file of readdirSync(folder)) gunzipSync(readFileSync(join(folder, file)));
      return Promise.resolve(0);
    }),
  'the same, memory given back': () => Promise.resolve((folder) => readAll(folder, () => {})),
  'unpacking and JSON.parse': () =>
    Promise.resolve((folder) =>
      readAll(folder, (content) => {
        JSON.parse(Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('utf8'));
      }),
    ),
  'own rules, all records parsed': async () => scanWith(await engineOf('own'), false),
  'own rules': async () => scanWith(await engineOf('own'), true),
  'the same without facts': async () =>
    scanWith(engineFrom({ ...(await engineOf('own')).parts, withoutFacts: true }), true),
  "and SigmaHQ's but one": async () => scanWith(await engineOf('but one'), true),
  "and all of SigmaHQ's": async () => scanWith(await engineOf('all'), true),
};

async function engineOf(which: 'own' | 'but one' | 'all'): Promise<Engine> {
  keepHeapSmall();
  const { rules, correlations } = await loadRules([builtinRules]);
  const published = which === 'own' ? [] : (loadPublished() ?? []);
  const beside = which === 'all' ? published : published.filter(({ id }) => id !== matchesEveryCallOfRoles);
  return createEngine([...rules, ...beside], correlations);
}

async function readAll(folder: string, use: (content: Uint8Array) => void): Promise<number> {
  for (const name of readdirSync(folder)) {
    const file = { path: join(folder, name), size: 1, stdin: false };
    for await (const content of unpack(readInput(file), { atOnce: { checksum: fastChecksum() } })) {
      use(content);
      disposeOf(content);
    }
  }
  return 0;
}

/** As the command scans on one thread: with its limits, its room for memory, and a memory of assets. */
function scanWith(engine: Engine, passesOver: boolean): Subject {
  letHeapGrowSome();
  return async (folder) => {
    let alerts = 0;
    await scan({
      passesOver,
      alertsPerRule: 10_000,
      memory: createAssetMemory(assetsOfScan),
      files: await findFiles([folder]),
      engine,
      range: {},
      clock: () => Date.UTC(2026, 11),
      onAlert: () => {
        alerts++;
      },
      onRejection: ({ reason }) => {
        throw new Error(reason);
      },
      onProgress: () => {},
    });
    return alerts;
  };
}

const [name = '', folder = '', rounds = '1'] = process.argv.slice(2);
const make = subjects[name];
if (make === undefined) throw new Error(`there is no subject '${name}'`);
const subject = await make();
/** Of all threads of the process: those that collect garbage and compile are on the bill. */
const processor: number[] = [];
let first = 0;
let alerts = 0;
// What a process begins with runs slowly, and is compiled meanwhile: for as long as three scans take.
const warmUps = 4;
for (let round = -warmUps; round < Number(rounds); round++) {
  const before = process.cpuUsage();
  alerts = await subject(folder);
  const { user, system } = process.cpuUsage(before);
  const took = (user + system) / 1e6;
  if (round === -warmUps) first = took;
  if (round >= 0) processor.push(took);
}
process.stdout.write(JSON.stringify({ processor, first, alerts }));
