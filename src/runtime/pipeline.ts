import type { Alert } from '../alert/alert.ts';
import type { Event } from '../event/event.ts';
import type { Rejection } from '../event/record.ts';
import type { DecodedBatch } from '../decode/decode.ts';
import type { AssetMemory } from '../facts/assets/memory.ts';
import { concernsAssets, sightingsOf } from '../facts/assets/sightings.ts';
import type { Match } from '../sigma/correlation/match.ts';
import type { AlertLimit, Further } from './alert-limit.ts';
import type { Engine } from './engine.ts';

/**
 * What has happened to the input so far. Nothing is lost silently: `records = events + passedOver + rejected`, and
 * `events = processed + outside + deadLettered`.
 */
export interface Tally {
  records: number;
  events: number;
  /** Records that no rule can match, or whose matches are only counted, told from their bytes and not decoded. */
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
  /** Matches beyond the limit, where one was given. */
  readonly further: readonly Further[];
  /** Records that did not decode, and events on which the engine failed. */
  readonly rejections: readonly Rejection[];
  /** What correlations need of the events: plain data, in the order of the batch. */
  readonly matches: readonly Match[];
  /** Events that say something of assets, in the range or before it, left to `decideHeld`; empty unless asked for. */
  readonly held: readonly Event[];
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

export interface DecideOptions {
  readonly range?: TimeRange | undefined;
  /** Whether events that say something of assets are held back for who remembers assets. */
  readonly holds?: boolean | undefined;
  readonly limit?: AlertLimit | undefined;
}

/**
 * Puts a decoded batch through the engine and adds to the tally. A failing event never stops the others. Events that are held are not
 * yet counted as processed.
 */
export function decide(
  batch: DecodedBatch,
  engine: Engine,
  decidedAt: number,
  tally: Tally,
  { range = {}, holds = false, limit }: DecideOptions = {},
): Decision {
  const rejections: Rejection[] = [...batch.rejections];
  tally.records += batch.records;
  tally.passedOver += batch.passedOver;
  const latest = decidedAt + tolerableFuture;
  let time = Number.NEGATIVE_INFINITY;
  tally.events += batch.events.length;
  tally.rejected += batch.rejections.length;
  tally.skipped += batch.skipped.length;
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = range;
  const held: Event[] = [];
  for (const { id, matches, first, last } of batch.counted) {
    const rule = engine.ruleWithId(id);
    if (rule !== undefined)
      limit?.add([{ rule: { id, title: rule.title }, severity: rule.level, matches, first, last }]);
  }
  const outcome = newOutcome(rejections);
  for (const event of batch.events) {
    if (event.time < since || event.time >= until) {
      tally.outside++;
      // What happened before the range is worth remembering in it.
      if (holds && event.time < since && concernsAssets(event)) held.push(event);
      continue;
    }
    if (holds && concernsAssets(event)) held.push(event);
    else examineInto(outcome, event, engine, decidedAt, tally, { limit });
    if (event.time <= latest) time = Math.max(time, event.time);
  }
  return { ...outcome, further: limit?.take() ?? [], time, latest, held };
}

/**
 * The rest of `decide`, for events that were held, in the order in which they are given: each is judged by what was remembered before
 * it, and then remembered itself. An event from before the range is remembered alone; one from later than can be is judged, but not
 * remembered: it would look newer than all that follow.
 */
export function decideHeld(
  events: readonly Event[],
  engine: Engine,
  memory: AssetMemory,
  decidedAt: number,
  tally: Tally,
  { range: { since = Number.NEGATIVE_INFINITY } = {}, limit }: DecideOptions = {},
): Pick<Decision, 'alerts' | 'rejections' | 'matches'> {
  const outcome = newOutcome([]);
  for (const event of events) {
    if (event.time >= since) examineInto(outcome, event, engine, decidedAt, tally, { limit, memory });
    if (event.time <= decidedAt + tolerableFuture) memory.observe(event, sightingsOf(event));
  }
  return outcome;
}

interface Outcome {
  readonly alerts: Alert[];
  readonly rejections: Rejection[];
  readonly matches: Match[];
}

function newOutcome(rejections: Rejection[]): Outcome {
  return { alerts: [], rejections, matches: [] };
}

function examineInto(
  { alerts, rejections, matches }: Outcome,
  event: Event,
  engine: Engine,
  decidedAt: number,
  tally: Tally,
  { limit, memory }: Pick<DecideOptions, 'limit'> & { readonly memory?: AssetMemory },
): void {
  try {
    const { findings, match } = engine.examine(event, memory);
    for (const finding of findings) {
      const { rule } = finding;
      // Under a policy only the alert tells of which severity it is.
      if (limit !== undefined && !engine.hasPolicy && limit.isReached(rule.id, rule.level)) {
        limit.count(rule, rule.level, event.time);
        continue;
      }
      const alert = engine.raise(finding, decidedAt);
      if (limit?.admits(alert) === false) continue;
      alerts.push(alert);
      tally.alerts++;
    }
    tally.processed++;
    if (match !== undefined) matches.push(match);
  } catch (error) {
    tally.deadLettered++;
    rejections.push(deadLetter(event, error));
  }
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
