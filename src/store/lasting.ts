import type { Cursor } from './cursor.ts';
import type { AlertQuery } from './store.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * Lists of alerts are in the order of `time`, which never changes, so that a page stays where it is while findings join. An alert that goes on
 * reaches beyond that time, to both sides. Alerts of several findings are therefore kept by how long they last as well: of those that last up
 * to an hour, only what began an hour before a time or later can go on at it. The classes are stored; they must not change.
 */
const lastingClasses = [
  { lasting: 1, longestMs: 10 * minute },
  { lasting: 2, longestMs: hour },
  { lasting: 3, longestMs: 6 * hour },
  { lasting: 4, longestMs: day },
  { lasting: 5, longestMs: 7 * day },
  { lasting: 6, longestMs: 30 * day },
  { lasting: 7, longestMs: 365 * day },
  { lasting: 8, longestMs: Infinity },
] as const;

/** The class of an alert by the event times of its first and last finding; null where it is of one moment. */
export function lastingOf(firstSeen: number, lastSeen: number): number | null {
  const length = lastSeen - firstSeen;
  if (length <= 0) return null;
  return lastingClasses.find(({ longestMs }) => length <= longestMs)?.lasting ?? null;
}

/** Alerts whose `time` lies in [from, before); an end that is undefined is open. */
export interface TimeRange {
  readonly from?: number | undefined;
  readonly before?: number | undefined;
}

export interface LastingRange extends TimeRange {
  readonly lasting: number;
}

/** A stretch of times in which alerts are looked for. */
export type Zone =
  /** Here all alerts are wanted. */
  | { readonly type: 'all'; readonly range: TimeRange }
  /** Here only those that go on far enough, which nothing but a look at their first and last finding tells. */
  | { readonly type: 'lasting'; readonly ranges: readonly LastingRange[] };

type Asked = Pick<AlertQuery, 'since' | 'until'>;

/** Where the alerts are that were last seen at `since` or later and first seen before `until`: zones that do not overlap, the newest first. */
export function zonesOf({ since, until }: Asked, after: Cursor | undefined): readonly Zone[] {
  const zones: Zone[] = [];
  if (until !== undefined) {
    const from = Math.max(until, since ?? until);
    zones.push(lastingZone(({ longestMs }) => ({ from, before: until + longestMs }), after));
  }
  if (since === undefined || until === undefined || since < until)
    zones.push({ type: 'all', range: { from: since, before: until } });
  if (since !== undefined)
    zones.push(lastingZone(({ longestMs }) => ({ from: since - longestMs, before: since }), after));
  return zones.filter((zone) => (zone.type === 'all' ? isBehind(zone.range, after) : zone.ranges.length > 0));
}

function lastingZone(
  rangeOf: (one: (typeof lastingClasses)[number]) => Required<TimeRange>,
  after: Cursor | undefined,
): Zone {
  const ranges = lastingClasses.map((one) => ({ ...rangeOf(one), lasting: one.lasting }));
  return {
    type: 'lasting',
    ranges: ranges.filter(
      (range) => (range.from ?? -Infinity) < (range.before ?? Infinity) && isBehind(range, after),
    ),
  };
}

/** Whether anything of a range may come behind a cursor. */
function isBehind({ from = -Infinity }: TimeRange, after: Cursor | undefined): boolean {
  return after === undefined || after.time >= from;
}

/** Whether an alert is what was asked for by its time. */
export function isSeen(
  { firstSeen, lastSeen }: { readonly firstSeen: number; readonly lastSeen: number },
  { since, until }: Asked,
): boolean {
  return (since === undefined || lastSeen >= since) && (until === undefined || firstSeen < until);
}
