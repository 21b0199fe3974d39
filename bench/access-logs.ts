import { gunzipSync } from 'node:zlib';
import { readAccessLog } from '../src/decode/access/read.ts';
import { defaultTrafficSettings } from '../src/web/settings.ts';
import { createTraffic, trafficSignals, type SignalMaker } from '../src/web/traffic.ts';
import { distributedFloodSignal } from '../src/web/distributed-flood.ts';
import { floodSignal } from '../src/web/flood.ts';
import { scannerSignal } from '../src/web/scanner.ts';
import { makeEdgeLog, type EdgeLog } from './edge-log.ts';
import { measure, printTable } from './measure.ts';

/** How much of a packed log is handed over at once, as a stream from a disk or from S3 does. */
const chunkBytes = 256 * 1024;

/**
 * From a packed log of CloudFront to decisions, on one thread: against unpacking alone, which is the limit of whoever reads it. Then the
 * memory with a million different clients.
 */
export async function benchAccessLogs(smoke: boolean): Promise<void> {
  const lines = smoke ? 20_000 : 1_000_000;
  const log = makeEdgeLog({ lines, perSecond: 2_000, clients: 200_000 });
  const results = await measure(smoke ? 1 : 3, {
    'unpacking alone': () => gunzipSync(log.packed).length,
    reading: () => decide(log, []),
    scanners: () => decide(log, [scannerSignal]),
    'floods from one client': () => decide(log, [floodSignal]),
    'floods from many': () => decide(log, [distributedFloodSignal]),
    'scanners and floods': () => decide(log, [scannerSignal, floodSignal, distributedFloodSignal]),
    'and credentials': () => decide(log, trafficSignals),
  });
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  printTable(
    `access-logs: ${lines.toLocaleString('en')} lines of CloudFront, ${megabytes(log.packed.length)} packed, ${megabytes(log.unpackedBytes)} unpacked, one thread`,
    results,
    { amount: lines, unit: 'lines', bytes: log.unpackedBytes },
  );
  const crowd = makeEdgeLog({ lines: lines * 2, perSecond: 4_000, clients: smoke ? 20_000 : 1_700_000 });
  const { known, offences } = await decide(crowd, trafficSignals);
  const { rss, arrayBuffers } = process.memoryUsage();
  process.stdout.write(
    `  ${known.toLocaleString('en')} clients, ${offences} offences told: ${megabytes(arrayBuffers)} in arrays (the log of ${megabytes(crowd.packed.length)} among them), ${megabytes(rss)} in all\n`,
  );
}

async function decide(
  log: EdgeLog,
  makers: readonly SignalMaker[],
): Promise<{ readonly known: number; readonly offences: number }> {
  const traffic = createTraffic({ ...defaultTrafficSettings, seed: 1 }, makers);
  let offences = 0;
  let rows = 0;
  const from = { source: 'bench', object: 'made', receivedAt: 0 };
  for await (const { requests } of readAccessLog(chunksOf(log.packed), from)) {
    traffic.take(requests);
    offences += traffic.offences().length;
    rows += requests.count;
  }
  traffic.finish();
  offences += traffic.offences().length;
  if (rows !== log.lines) throw new Error(`${rows} of ${log.lines} lines were read`);
  return { known: traffic.clients.counters.known, offences };
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes)
    yield await Promise.resolve(bytes.subarray(at, at + chunkBytes));
}
