/** On which days something was seen, of the last `keptDays` up to the newest of them. Plain data; days are counted from the epoch, in UTC. */
export interface Days {
  /** The newest day. */
  readonly last: number;
  /** Bit n is set where it was seen n days before the newest. */
  readonly seen: bigint;
}

/** So many days are looked back upon. */
export const windowDays = 90;

/** A few more are kept: what is judged may be some days older than the newest day that is known. */
const keptDays = windowDays + 6;
const mask = (1n << BigInt(keptDays)) - 1n;

const dayMs = 24 * 60 * 60_000;

/** @param time in milliseconds since the epoch */
export function dayOf(time: number): number {
  return Math.floor(time / dayMs);
}

/** The same days and one more. In whatever order days are added, and however often, the outcome is the same. */
export function withDay(days: Days | undefined, day: number): Days {
  if (days === undefined) return { last: day, seen: 1n };
  const { last, seen } = days;
  if (day > last)
    return { last: day, seen: day - last >= keptDays ? 1n : ((seen << BigInt(day - last)) | 1n) & mask };
  return last - day >= keptDays ? days : { last, seen: seen | (1n << BigInt(last - day)) };
}

export function isSame(some: Days, others: Days): boolean {
  return some.last === others.last && some.seen === others.seen;
}

/** Whether a day is too old to be kept beside a newer one. */
export function isPast(day: number, newest: number): boolean {
  return newest - day >= keptDays;
}

/** Those of the days that end with `to` and go back as far as one looks; undefined where there are none. */
export function upTo(days: Days | undefined, to: number): Days | undefined {
  if (days === undefined) return undefined;
  const after = days.last - to;
  const seen = after > 0 ? days.seen >> BigInt(after) : days.seen;
  const oldest = to - windowDays + 1;
  const last = Math.min(days.last, to);
  if (last < oldest) return undefined;
  const inWindow = seen & ((1n << BigInt(last - oldest + 1)) - 1n);
  return inWindow === 0n ? undefined : { last, seen: inWindow };
}

export function countOf(days: Days | undefined): number {
  return days === undefined ? 0 : days.seen.toString(2).replaceAll('0', '').length;
}

/** The oldest day. */
export function firstOf({ last, seen }: Days): number {
  return last - seen.toString(2).length + 1;
}

/** As a text for a store: `20778/8000000000000001`. */
export function writeDays({ last, seen }: Days): string {
  return `${last}/${seen.toString(16)}`;
}

/** Undefined where the text is not what `writeDays` makes. */
export function readDays(text: unknown): Days | undefined {
  const [, last, seen] = typeof text === 'string' ? (/^(\d{1,7})\/([0-9a-f]{1,24})$/.exec(text) ?? []) : [];
  if (last === undefined || seen === undefined) return undefined;
  return { last: Number(last), seen: BigInt(`0x${seen}`) & mask };
}
