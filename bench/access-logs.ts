import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readAccessLog } from '../src/decode/access/read.ts';
import { builtinRules, loadRules } from '../src/runtime/load-rules.ts';
import { watchTraffic } from '../src/runtime/watched-traffic.ts';
import type { Requests } from '../src/event/requests.ts';
import type { Rule } from '../src/sigma/rule.ts';
import { fastChecksum } from '../src/source/fast-checksum.ts';
import { distributedFloodSignal } from '../src/web/distributed-flood.ts';
import { floodSignal } from '../src/web/flood.ts';
import { scannerSignal } from '../src/web/scanner.ts';
import { defaultTrafficSettings } from '../src/web/settings.ts';
import { createTraffic, type SignalMaker } from '../src/web/traffic.ts';
import { measureMemory } from './access-memory.ts';
import { accessPeers } from './access-peers.ts';
import { makeEdgeLog, type EdgeLog } from './edge-log.ts';
import { madeUpAddresses } from './known-addresses.ts';
import { makeOrdinaryLog } from './ordinary-log.ts';

const from = { source: 'bench', object: 'made', receivedAt: 0 };

/**
 * From packed logs of CloudFront to decisions, in seconds of processor time, so that it is one core's work whatever else the machine does:
 * against unpacking alone, which is the limit of whoever reads it, and where they are installed against DuckDB (`--duckdb PATH`: its command,
 * or a Python that has it) and GoAccess on the same file. Then the memory with a million different clients.
 */
export async function benchAccessLogs(smoke: boolean): Promise<void> {
  const lines = smoke ? 20_000 : 2_000_000;
  const hard = makeEdgeLog({ lines, perSecond: 2_000, clients: 200_000 });
  const ordinary = makeOrdinaryLog({ lines, perSecond: 2_000 });
  const { rules } = await loadRules([builtinRules]);
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-access-'));
  const file = join(folder, 'edge.log.gz');
  try {
    writeFileSync(file, Buffer.concat(hard.objects));
    await benchLog('200,000 clients in turns', hard, rules, smoke, accessPeers(file));
    await benchLog('the mix of an ordinary site', ordinary, rules, smoke);
    const memory = await measureMemory(smoke ? 40_000 : 4_000_000, smoke ? 11_000 : 1_100_000);
    for (const { rows: seen, clients, rss } of memory)
      process.stdout.write(
        `  after ${seen.toLocaleString('en').padStart(9)} lines, ${clients.toLocaleString('en').padStart(9)} clients: ${megabytes(rss)} in all\n`,
      );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function benchLog(
  title: string,
  log: EdgeLog,
  rules: readonly Rule[],
  smoke: boolean,
  peers: Readonly<Record<string, () => unknown>> = {},
): Promise<void> {
  const subjects: Readonly<Record<string, Subject>> = {
    'unpacking alone': () => () => unpack(log),
    reading: () => () => read(log),
    'scanners and floods': () => () => decide(log, [scannerSignal, floodSignal, distributedFloodSignal]),
    'all signals and board': () => watch(log, rules),
    ...Object.fromEntries(Object.entries(peers).map(([name, run]): [string, Subject] => [name, () => run])),
  };
  const seconds = await fastest(smoke ? 1 : 8, subjects, new Set(Object.keys(peers)));
  const packedBytes = log.objects.reduce((sum, { length }) => sum + length, 0);
  const limit = seconds.get('unpacking alone') ?? Number.NaN;
  const rows = [...seconds].map(([name, took]) => {
    const rate = `${Math.round(log.lines / took).toLocaleString('en')} lines/s`;
    const bytes = `${Math.round(log.unpackedBytes / took / 1e6)} MB/s`;
    return `  ${name.padEnd(24)}${rate.padStart(20)}${bytes.padStart(12)}${`${((100 * limit) / took).toFixed(0)} %`.padStart(8)}`;
  });
  process.stdout.write(
    `\naccess-logs: ${log.lines.toLocaleString('en')} lines of CloudFront, ${title}, ${log.objects.length} objects, ${megabytes(packedBytes)} packed, ${megabytes(log.unpackedBytes)} unpacked, one core\n${rows.join('\n')}\n`,
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

/** Makes ready what is ready when the first line of a stream comes, such as rules and lists, and gives what is timed. */
type Subject = () => () => unknown;

/**
 * Processor seconds of the fastest run of each subject, in turns: what disturbs a run can only make it longer. A subject that is another
 * program gives its seconds itself.
 */
async function fastest(
  rounds: number,
  subjects: Readonly<Record<string, Subject>>,
  peers: ReadonlySet<string>,
): Promise<ReadonlyMap<string, number>> {
  const seconds = new Map<string, number>();
  for (let round = -1; round < rounds; round++)
    for (const [name, prepare] of Object.entries(subjects)) {
      // Other programs run once: they need no warming up, and take long.
      if (peers.has(name) && round !== 0) continue;
      const run = prepare();
      const before = process.cpuUsage();
      const given = await run();
      const { user, system } = process.cpuUsage(before);
      const took = isTimed(given) ? given.seconds : (user + system) / 1e6;
      if (round >= 0) seconds.set(name, Math.min(took, seconds.get(name) ?? Number.POSITIVE_INFINITY));
    }
  return seconds;
}

function isTimed(given: unknown): given is { readonly seconds: number } {
  return typeof given === 'object' && given !== null && 'seconds' in given;
}

function unpack(log: EdgeLog): void {
  const bytes = log.objects.reduce((sum, object) => sum + gunzipSync(object).length, 0);
  if (bytes !== log.unpackedBytes) throw new Error(`${bytes} of ${log.unpackedBytes} bytes were unpacked`);
}

async function read(log: EdgeLog, take: (requests: Requests) => void = () => {}): Promise<void> {
  let rows = 0;
  for (const object of log.objects)
    for await (const { requests } of readAccessLog(only(object), from, {
      unpackAtOnce: { checksum: fastChecksum() },
    })) {
      rows += requests.count;
      take(requests);
    }
  if (rows !== log.lines) throw new Error(`${rows} of ${log.lines} lines were read`);
}

async function decide(log: EdgeLog, makers: readonly SignalMaker[]): Promise<void> {
  const traffic = createTraffic({ ...defaultTrafficSettings, seed: 1 }, makers);
  await read(log, (requests) => {
    traffic.take(requests);
    traffic.offences();
  });
  traffic.finish();
}

function watch(log: EdgeLog, rules: readonly Rule[]): () => Promise<void> {
  const watched = watchTraffic({ settings: { seed: 1 }, rules });
  watched.know(madeUpAddresses());
  return async () => {
    await read(log, watched.take);
    watched.finish();
  };
}

async function* only(object: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(object);
}
