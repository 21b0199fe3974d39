import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { readAccessLog } from '../src/decode/access/read.ts';
import { createRelief, trafficBounds } from '../src/runtime/memory-bound.ts';
import { keepHeapSmall } from '../src/runtime/small-heap.ts';
import { builtinRules, loadRules } from '../src/runtime/load-rules.ts';
import { watchTraffic } from '../src/runtime/watched-traffic.ts';
import { edgeLogPieces } from './edge-log.ts';
import { madeUpAddresses } from './known-addresses.ts';
import { littleMemory } from './little-memory.ts';

export interface MemoryAt {
  readonly rows: number;
  /** Different clients so far. */
  readonly clients: number;
  /** All memory of the process, in bytes. */
  readonly rss: number;
}

const steps = 5;
const self = fileURLToPath(import.meta.url);

/**
 * The memory of a process of its own that watches so many lines of so many clients, all within an hour, with every signal and the board. It
 * begins as the command does, and reads them as a stream.
 */
export async function measureMemory(lines: number, clients: number): Promise<readonly MemoryAt[]> {
  const child = spawn(process.execPath, [...littleMemory.flags, self, String(lines)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...littleMemory.environment },
  });
  const told: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => told.push(piece));
  const ended = once(child, 'close');
  await pipeline(edgeLogPieces({ lines, perSecond: Math.ceil(lines / 3_000), clients }), child.stdin);
  const [status] = (await ended) as [number | null];
  if (status !== 0) throw new Error('the process whose memory is measured failed');
  return Buffer.concat(told)
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as MemoryAt);
}

if (process.argv[1] === self) {
  const lines = Number(process.argv[2]);
  keepHeapSmall();
  const { rules } = await loadRules([builtinRules]);
  const watched = watchTraffic({ settings: { seed: 1 }, rules });
  watched.know(madeUpAddresses());
  const relieve = createRelief(trafficBounds);
  let rows = 0;
  let told = 0;
  const from = { source: 'bench', object: 'made', receivedAt: 0 };
  for await (const { requests } of readAccessLog(process.stdin, from)) {
    watched.take(requests);
    relieve();
    rows += requests.count;
    if (rows * steps < lines * (told + 1)) continue;
    told++;
    const { distinct } = watched.board({ top: 1, points: 2 }).clients;
    const at: MemoryAt = { rows, clients: distinct, rss: process.memoryUsage.rss() };
    process.stdout.write(`${JSON.stringify(at)}\n`);
  }
}
