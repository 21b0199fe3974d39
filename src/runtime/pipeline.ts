import type { Alert } from '../alert/alert.ts';
import type { Event } from '../event/event.ts';
import type { Rejection } from '../event/record.ts';
import type { DecodedBatch } from '../decode/decode.ts';
import type { Match } from '../sigma/correlation/match.ts';
import type { Engine } from './engine.ts';

/**
 * What has happened to the input so far. Nothing is lost silently: `records = events + passedOver + rejected`, and
 * `events = processed + outside + deadLettered`.
 */
export interface Tally {
  records: number;
  events: number;
  /** Records that no rule can match, told from their bytes and not decoded. */
  passedOver: number;
  rejected: number;
  /** Documents that hold no records by their nature: digests, test messages. */
  skipped: number;
  processed: number;
  /** Events outside the time range that was asked for. */
  outside: number;
  /** Events on which the engine itself failed; their records are among the rejections. */
  deadLettered: number;
  alerts: number;
}

export function newTally(): Tally {
  return {
    records: 0,
    events: 0,
    passedOver: 0,
    rejected: 0,
    skipped: 0,
    processed: 0,
    outside: 0,
    deadLettered: 0,
    alerts: 0,
  };
}

export interface Decision {
  readonly alerts: readonly Alert[];
  /** Records that did not decode, and events on which the engine failed. */
  readonly rejections: readonly Rejection[];
  /** What correlations need of the events: plain data, in the order of the batch. */
  readonly matches: readonly Match[];
  /** The latest event time in the batch that can be true; minus infinity where there is none. */
  readonly time: number;
  /** The latest time that can be true: an hour after the decision, for clocks differ. */
  readonly latest: number;
}

const tolerableFuture = 60 * 60_000;

export interface TimeRange {
  /** First event time wanted, in milliseconds since the epoch. */
  readonly since?: number | undefined;
  /** First event time no longer wanted. */
  readonly until?: number | undefined;
}

/** Puts a decoded batch through the engine and adds to the tally. A failing event never stops the others. */
export function decide(
  batch: DecodedBatch,
  engine: Engine,
  decidedAt: number,
  tally: Tally,
  range: TimeRange = {},
): Decision {
  const alerts: Alert[] = [];
  const rejections: Rejection[] = [...batch.rejections];
  tally.records += batch.records;
  tally.passedOver += batch.passedOver;
  const matches: Match[] = [];
  const latest = decidedAt + tolerableFuture;
  let time = Number.NEGATIVE_INFINITY;
  tally.events += batch.events.length;
  tally.rejected += batch.rejections.length;
  tally.skipped += batch.skipped.length;
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = range;
  for (const event of batch.events) {
    if (event.time < since || event.time >= until) {
      tally.outside++;
      continue;
    }
    try {
      const { findings, match } = engine.examine(event);
      for (const finding of findings) alerts.push(engine.raise(finding, decidedAt));
      tally.processed++;
      if (event.time <= latest) time = Math.max(time, event.time);
      if (match !== undefined) matches.push(match);
    } catch (error) {
      tally.deadLettered++;
      rejections.push(deadLetter(event, error));
    }
  }
  tally.alerts += alerts.length;
  return { alerts, rejections, matches, time, latest };
}

function deadLetter(event: Event, error: unknown): Rejection {
  const bytes = Buffer.from(JSON.stringify(event.fields));
  const reason = error instanceof Error ? error.message : String(error);
  return {
    provenance: event.provenance,
    reason: `the rules could not be run on event ${event.id}: ${reason}`,
    length: bytes.length,
    bytes,
  };
}
