import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { disposeOf } from '../src/decode/disposable.ts';
import { unpack } from '../src/decode/unpack.ts';
import { createEngine, type Engine } from '../src/runtime/engine.ts';
import { builtinRules, loadRules } from '../src/runtime/load-rules.ts';
import { scan } from '../src/runtime/scan.ts';
import { findFiles, readInput } from '../src/source/files.ts';
import { makeArchive, type Archive } from './archive.ts';
import { measure, printTable } from './measure.ts';
import { benchPeer } from './peer.ts';
import { loadPublished } from './published.ts';

/**
 * A CloudTrail archive with real rule sets, all findings: against the limits of any engine that reads it, which are unpacking alone and
 * unpacking with JSON.parse of every whole file, measured in the same run. On one thread but for the last line.
 */
export async function benchSigma(smoke: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-bench-'));
  try {
    const archive = makeArchive(folder, smoke ? 4_000 : 200_000);
    const { rules: own, correlations } = await loadRules([builtinRules]);
    const published = loadPublished();
    const engine = createEngine(own, correlations);
    const alerts = new Map<string, number>();
    const run =
      (name: string, with_: Engine, more: { passesOver: boolean; threads?: number }) => async () => {
        alerts.set(name, await scanAll(archive, folder, with_, more));
      };
    const subjects: Record<string, () => unknown> = {
      'unpacking alone': () => readAll(archive, (content) => content.length),
      'unpacking + JSON.parse': () =>
        readAll(archive, (content) => {
          const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('utf8');
          return (JSON.parse(text) as { readonly Records: readonly unknown[] }).Records.length;
        }),
    };
    const add = (name: string, with_: Engine, more: { passesOver: boolean; threads?: number }) => {
      subjects[name] = run(name, with_, more);
    };
    add('own rules, all records parsed', engine, { passesOver: false });
    add('own rules', engine, { passesOver: true });
    if (published === undefined) {
      process.stdout.write(
        '\nsigma: without the rules of SigmaHQ; name a copy of them with --sigma-rules PATH\n',
      );
    } else {
      const quiet = published.filter(({ id }) => id !== matchesEveryCallOfRoles);
      add("and SigmaHQ's but one", createEngine([...own, ...quiet], correlations), { passesOver: true });
      add("and all of SigmaHQ's", createEngine([...own, ...published], correlations), { passesOver: true });
    }
    const threads = availableParallelism();
    add(`own rules, ${threads} threads`, engine, { passesOver: true, threads });
    const results = await measure(smoke ? 1 : 7, subjects);
    const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
    printTable(
      `sigma: ${archive.records.toLocaleString('en')} records, ${megabytes(archive.packedBytes)} packed, ${megabytes(archive.unpackedBytes)} unpacked`,
      results,
      { amount: archive.records, unit: 'records', bytes: archive.unpackedBytes },
    );
    for (const [name, count] of alerts)
      process.stdout.write(`  ${name}: ${count.toLocaleString('en')} alerts\n`);
    printMemory(folder, smoke);
    await benchPeer(smoke);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * "AWS STS AssumeRole Misuse" asks for `userIdentity.type: AssumedRole` and a session issued by a role, which is every call of every
 * role: each is a finding, and none can be passed over.
 */
const matchesEveryCallOfRoles = '905d389b-b853-46d0-9d3d-dea0d3a3cd49';

async function readAll(archive: Archive, use: (content: Uint8Array) => number): Promise<void> {
  let sum = 0;
  for (const path of archive.files) {
    const file = { path, size: 1, stdin: false };
    for await (const content of unpack(readInput(file), { atOnce: true })) {
      sum += use(content);
      disposeOf(content);
    }
  }
  if (sum === 0) throw new Error('nothing was read');
}

async function scanAll(
  archive: Archive,
  folder: string,
  engine: Engine,
  more: { readonly passesOver: boolean; readonly threads?: number },
): Promise<number> {
  let alerts = 0;
  const { tally } = await scan({
    ...more,
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
  if (tally.records !== archive.records) throw new Error(`${tally.records} records of ${archive.records}`);
  return alerts;
}

/** The most memory that the command takes, by the system's own count, for an archive and for one four times as large. */
function printMemory(folder: string, smoke: boolean): void {
  const large = makeArchive(join(folder, 'large'), smoke ? 8_000 : 800_000, 2);
  const few = large.files.slice(0, large.files.length / 4);
  const cores = availableParallelism();
  const lines = [...new Set([1, cores])].map((threads) => {
    const most = [few, large.files].map((files) => `${Math.round(mostMemory(files, threads) / 1e6)} MB`);
    return `  ${`${threads} ${threads === 1 ? 'thread' : 'threads'}`.padEnd(12)}${most.join(', and four times the records: ')}`;
  });
  process.stdout.write(
    `\nsigma: most memory of \`npm run tocsin -- scan\`, ${(large.records / 4).toLocaleString('en')} records\n${lines.join('\n')}\n`,
  );
}

/** Bytes. */
function mostMemory(files: readonly string[], threads: number): number {
  // The command as users start it, a process in a process; the larger of them is the scan.
  const tellMemory =
    "data:text/javascript,process.on('exit',()=>console.error('most%20memory',process.resourceUsage().maxRSS))";
  const { stderr } = spawnSync(
    process.execPath,
    [
      join(import.meta.dirname, '../scripts/run.mjs'),
      ...['tocsin', 'scan', '--quiet', '--severity', 'critical', '--threads', String(threads)],
      ...files,
    ],
    { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: `--import=${tellMemory}` } },
  );
  const kilobytes = Array.from(stderr.matchAll(/most memory (\d+)/g), ([, number]) => Number(number));
  if (kilobytes.length === 0) throw new Error(`the scan did not tell its memory: ${stderr}`);
  return Math.max(...kilobytes) * 1024;
}
