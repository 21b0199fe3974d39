import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { readAccessLog } from '../src/decode/access/read.ts';
import { builtinRules, loadRules } from '../src/runtime/load-rules.ts';
import { watchTraffic } from '../src/runtime/watched-traffic.ts';
import { edgeLogPieces } from './edge-log.ts';
import { madeUpAddresses } from './known-addresses.ts';

export interface MemoryAt {
  readonly rows: number;
  /** Different clients so far. */
  readonly clients: number;
  /** All memory of the process, in bytes. */
  readonly rss: number;
}

const steps = 5;
const self = fileURLToPath(import.meta.url);

/** The memory of a process of its own that watches so many lines of so many clients, all within an hour, with every signal and the board. */
export function measureMemory(lines: number, clients: number): readonly MemoryAt[] {
  const { status, stdout, stderr } = spawnSync(process.execPath, [self, String(lines), String(clients)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the process whose memory is measured: ${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as MemoryAt);
}

if (process.argv[1] === self) {
  const lines = Number(process.argv[2]);
  const clients = Number(process.argv[3]);
  const { rules } = await loadRules([builtinRules]);
  const watched = watchTraffic({ settings: { seed: 1 }, rules });
  watched.know(madeUpAddresses());
  let rows = 0;
  let told = 0;
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    for (const piece of edgeLogPieces({ lines, perSecond: Math.ceil(lines / 3_000), clients }))
      yield await Promise.resolve(piece);
  };
  const from = { source: 'bench', object: 'made', receivedAt: 0 };
  for await (const { requests } of readAccessLog(pieces(), from)) {
    watched.take(requests);
    rows += requests.count;
    if (rows * steps < lines * (told + 1)) continue;
    told++;
    const distinct = watched.board({ top: 1, points: 2 }).clients.distinct;
    const at: MemoryAt = { rows, clients: distinct, rss: process.memoryUsage.rss() };
    process.stdout.write(`${JSON.stringify(at)}\n`);
  }
}
