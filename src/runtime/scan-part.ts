import type { Alert } from '../alert/alert.ts';
import { decode, type DecodedBatch, type DecodeOptions } from '../decode/decode.ts';
import type { Prefilter } from '../decode/prefilter/prefilter.ts';
import type { Rejection } from '../event/record.ts';
import type { Match } from '../sigma/correlation/match.ts';
import { fastChecksum } from '../source/fast-checksum.ts';
import type { FilePart } from '../source/file-parts.ts';
import { readInput } from '../source/files.ts';
import { createAlertLimit, type AlertLimit, type Further } from './alert-limit.ts';
import type { Engine } from './engine.ts';
import { heldEvent, type HeldEvent } from './held-events.ts';
import { decide, newTally, type Tally, type TimeRange } from './pipeline.ts';

/** What came of a piece of a file: plain data, which may be sent between threads. */
export interface Step {
  readonly alerts: readonly Alert[];
  /** Matches beyond the limit of alerts. */
  readonly further: readonly Further[];
  readonly rejections: readonly Rejection[];
  /** What correlations need, in the order of the file. */
  readonly matches: readonly Match[];
  /** Events that say something of assets, not yet examined; none unless asked for. */
  readonly held: readonly HeldEvent[];
  /** The latest event time that can be true; minus infinity where there is none. */
  readonly time: number;
  /** The latest time that can be true. */
  readonly latest: number;
  /** Of this piece alone. */
  readonly tally: Tally;
  /** The oldest and the newest event time; the other way round where there is no event. */
  readonly first: number;
  readonly last: number;
  /** Bytes of the part, as they lie on disk, that were read so far. */
  readonly bytes: number;
}

export interface ReadOptions {
  readonly engine: Engine;
  readonly range: TimeRange;
  /** Whether events that say something of assets are held for who remembers them. */
  readonly holds: boolean;
  /** Tells records that need not be decoded, where matches of rules whose limit is reached are only counted. */
  readonly prefilter: (limit: AlertLimit) => Prefilter | undefined;
  readonly clock: () => number;
  /** How many alerts of one rule are raised; further matches are counted. */
  readonly alertsPerRule: number;
  /** For what that has been reached by the parts before, as far as is known. */
  readonly reached: () => ReadonlySet<string>;
}

/** Some ten records: what is parsed of them is garbage again before V8 has to move it out of its room for what lives shortly. */
const batchBytes = 16 * 1024;

/**
 * Reads one part of a file. What cannot be read is a rejection, after everything before it.
 * @param endsAt told where a part of a list ended, unless that was the end of the file; see `FilePart`
 */
export async function* readPart(
  { file, from, to, list }: FilePart,
  { engine, range, holds, prefilter, clock, alertsPerRule, reached }: ReadOptions,
  endsAt: (border: number) => void = () => undefined,
): AsyncGenerator<Step> {
  let bytes = 0;
  const failure: { error?: unknown } = {};
  const limit = createAlertLimit(alertsPerRule, reached);
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of readInput(file, from, list === undefined ? to : undefined)) {
        bytes += chunk.length;
        yield chunk;
      }
    } catch (error) {
      failure.error = error;
    }
  };
  const origin = {
    source: file.stdin ? 'stdin' : 'file',
    object: file.stdin ? '(standard input)' : file.path,
    receivedAt: clock(),
  };
  const stepOf = (batch: DecodedBatch): Step => {
    let first = Number.POSITIVE_INFINITY;
    let last = Number.NEGATIVE_INFINITY;
    for (const { time } of batch.events) {
      if (time < first) first = time;
      if (time > last) last = time;
    }
    const tally = newTally();
    const decision = decide(batch, engine, clock(), tally, { range, holds, limit });
    const { alerts, further, rejections, matches, held, time, latest } = decision;
    return {
      alerts,
      further,
      rejections,
      matches,
      held: held.map(heldEvent),
      time,
      latest,
      tally,
      first,
      last,
      bytes,
    };
  };
  // What holds the thread to unpack at once would hold those who type into standard input as well.
  const options: DecodeOptions = {
    prefilter: prefilter(limit),
    unpackAtOnce: file.stdin ? undefined : { checksum: fastChecksum() },
    batchBytes,
    ...(list === undefined ? { startAt: from } : { part: { ...list, from, endsAt } }),
  };
  for await (const batch of decode(chunks(), origin, options)) yield stepOf(batch);
  if (failure.error !== undefined) yield stepOf(unreadable(origin, from + bytes, failure.error));
}

function unreadable(
  origin: { readonly source: string; readonly object: string; readonly receivedAt: number },
  position: number,
  error: unknown,
): DecodedBatch {
  const reason = `the file cannot be read any further: ${error instanceof Error ? error.message : String(error)}`;
  const rejection = { provenance: { ...origin, position }, reason, length: 0, bytes: new Uint8Array() };
  return {
    events: [],
    rejections: [rejection],
    skipped: [],
    passedOver: 0,
    counted: [],
    records: 1,
    bytes: position,
  };
}

/**
 * Steps without anything to tell are told with the next one, so that threads are not busy with sending each other nothing.
 * @param relieve called after each of them: many may be read, and leave garbage, before one is told
 */
export async function* inLargerSteps(steps: AsyncIterable<Step>, relieve: () => void): AsyncGenerator<Step> {
  let held: Step | undefined;
  for await (const step of steps) {
    relieve();
    held = held === undefined ? step : joined(held, step);
    const told = held.alerts.length + held.rejections.length + held.matches.length + held.held.length;
    if (told < 50 && held.tally.records < 20_000) continue;
    yield held;
    held = undefined;
  }
  if (held !== undefined) yield held;
}

function joined(a: Step, b: Step): Step {
  const tally = newTally();
  addTally(tally, a.tally);
  addTally(tally, b.tally);
  return {
    alerts: [...a.alerts, ...b.alerts],
    further: [...a.further, ...b.further],
    rejections: [...a.rejections, ...b.rejections],
    matches: [...a.matches, ...b.matches],
    held: [...a.held, ...b.held],
    time: Math.max(a.time, b.time),
    latest: Math.max(a.latest, b.latest),
    tally,
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
    bytes: b.bytes,
  };
}

export function addTally(sum: Tally, more: Tally): void {
  for (const key of Object.keys(sum) as (keyof Tally)[]) sum[key] += more[key];
}
