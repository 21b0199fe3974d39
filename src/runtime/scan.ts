import type { Alert } from '../alert/alert.ts';
import { decode, type DecodedBatch } from '../decode/decode.ts';
import type { Prefilter } from '../decode/prefilter/prefilter.ts';
import type { Rejection } from '../event/record.ts';
import type { CorrelationFinding } from '../sigma/correlation/finding.ts';
import { readInput, type InputFile } from '../source/files.ts';
import type { Store } from '../store/store.ts';
import type { Engine } from './engine.ts';
import { decide, newTally, type Tally, type TimeRange } from './pipeline.ts';
import {
  correlatorDefaults,
  createCorrelator,
  type CorrelatorCounters,
} from '../sigma/correlation/correlator.ts';

export interface ScanOptions {
  readonly files: readonly InputFile[];
  readonly engine: Engine;
  readonly range: TimeRange;
  readonly clock: () => number;
  /** Tells records from their bytes that no rule can match; without it every record is decoded. */
  readonly prefilter?: Prefilter | undefined;
  /** Where alerts are kept besides being shown; a scan never delivers to channels. */
  readonly store?: Store | undefined;
  /** Called once for each alert, in the order of the input. */
  readonly onAlert: (alert: Alert) => void | Promise<void>;
  readonly onRejection: (rejection: Rejection) => void;
  /** Called after each piece: bytes of input taken from this file so far. */
  readonly onProgress: (file: InputFile, bytesRead: number, tally: Tally) => void;
}

export interface ScanResult {
  readonly tally: Tally;
  /** The oldest and the newest time among all events that were decoded, in the asked range or not; undefined where there was none. */
  readonly span: { readonly first: number; readonly last: number } | undefined;
  readonly filesRead: number;
  /** Bytes as they lie on disk. */
  readonly bytesRead: number;
  /** Alerts found again in the same input (a copy of a record): counted, shown once. */
  readonly repeated: number;
  /** Alerts that the store did not have before; undefined without a store. */
  readonly stored: number | undefined;
  /** What correlations left out or judged early. */
  readonly correlations: CorrelatorCounters;
}

/**
 * Reads files in order and gives every alert once; those of correlations last, since the files of an archive are in no order of time. A file that cannot be read is a rejection and the next one is read.
 */
export async function scan(options: ScanOptions): Promise<ScanResult> {
  const { files, engine, clock, store } = options;
  const tally = newTally();
  const seen = new Set<string>();
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  let filesRead = 0;
  let bytesRead = 0;
  let repeated = 0;
  let stored = 0;
  const correlator = createCorrelator(engine.correlations, {
    ...correlatorDefaults,
    lateness: Number.POSITIVE_INFINITY,
  });
  const give = async (alerts: readonly Alert[], rejections: readonly Rejection[]): Promise<void> => {
    for (const rejection of rejections) options.onRejection(rejection);
    const fresh: Alert[] = [];
    for (const alert of alerts) {
      if (seen.has(alert.id)) {
        repeated++;
        continue;
      }
      seen.add(alert.id);
      fresh.push(alert);
    }
    if (store && (fresh.length > 0 || rejections.length > 0)) {
      const result = await store.commit({
        alerts: fresh.map((alert) => ({ alert, channels: [] })),
        rejections,
        now: clock(),
      });
      stored += result.created.length;
    }
    for (const alert of fresh) await options.onAlert(alert);
  };
  const correlated = (findings: readonly CorrelationFinding[]): readonly Alert[] => {
    const alerts = engine.raiseCorrelated(findings, clock());
    tally.alerts += alerts.length;
    return alerts;
  };
  for (const file of files) {
    let fromFile = 0;
    const chunks = counted(readInput(file), (bytes) => {
      fromFile += bytes;
    });
    const origin = {
      source: file.stdin ? 'stdin' : 'file',
      object: file.stdin ? '(standard input)' : file.path,
      receivedAt: clock(),
    };
    const take = async (batch: DecodedBatch): Promise<void> => {
      for (const { time } of batch.events) {
        if (time < first) first = time;
        if (time > last) last = time;
      }
      const decision = decide(batch, engine, clock(), tally, options.range);
      const findings = correlator.take(decision.matches, decision.time, decision.latest);
      await give([...decision.alerts, ...correlated(findings)], decision.rejections);
      options.onProgress(file, fromFile, tally);
    };
    const failure: { error?: unknown } = {};
    for await (const batch of decode(untilFailure(chunks, failure), origin, {
      prefilter: options.prefilter,
      unpackAtOnce: true,
    }))
      await take(batch);
    if (failure.error !== undefined) await take(unreadable(origin, fromFile, failure.error));
    filesRead++;
    bytesRead += fromFile;
    options.onProgress(file, fromFile, tally);
  }
  await give(correlated(correlator.flush()), []);
  const span = first <= last ? { first, last } : undefined;
  return {
    tally,
    span,
    filesRead,
    bytesRead,
    repeated,
    stored: store ? stored : undefined,
    correlations: correlator.counters(),
  };
}

/** Ends where reading fails, so that what was read before is decoded, and keeps the error. */
async function* untilFailure(
  chunks: AsyncIterable<Uint8Array>,
  failure: { error?: unknown },
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    failure.error = error;
  }
}

function unreadable(
  origin: { readonly source: string; readonly object: string; readonly receivedAt: number },
  position: number,
  error: unknown,
): DecodedBatch {
  const reason = `the file cannot be read any further: ${error instanceof Error ? error.message : String(error)}`;
  const rejection = { provenance: { ...origin, position }, reason, length: 0, bytes: new Uint8Array() };
  return { events: [], rejections: [rejection], skipped: [], passedOver: 0, records: 1, bytes: position };
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  add: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    add(chunk.length);
    yield chunk;
  }
}
