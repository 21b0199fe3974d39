/**
 * Reads a point in time as a person or a program writes it in an address: `2026-11-21`, `2026-11-21T07:41:03Z` (or with
 * an offset), seconds or milliseconds since the epoch, or how long ago: `90m`, `24h`, `7d`.
 *
 * @returns milliseconds since the epoch, or undefined where it is none of these
 */
export function parseTime(text: string, now: number): number | undefined {
  const ago = /^(\d{1,6})([smhdw])$/.exec(text);
  if (ago !== null) return now - Number(ago[1]) * (unit[ago[2] ?? ''] ?? 0);
  // Nine to eleven digits of seconds are the years 1973 to 5138; a shorter number is rather a year or a slip.
  if (text === '0' || /^\d{9,11}$/.test(text)) return Number(text) * 1000;
  if (/^\d{12,15}$/.test(text)) return Number(text);
  if (!/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text))
    return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

const unit: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** `just now`, `5 min ago`, `3 h ago`, `2 days ago`; past a month only the date says something: `21 Nov 2026`. */
export function ago(time: number, now: number): string {
  const seconds = Math.floor((now - time) / 1000);
  if (seconds < -60) return shortDay(time);
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  const days = Math.floor(seconds / 86_400);
  if (days < 31) return days === 1 ? '1 day ago' : `${days} days ago`;
  return shortDay(time);
}

/** A length of time to two units: `38 ms`, `4.2 s`, `3 min 12 s`, `2 h 5 min`, `3 d 4 h`. */
export function span(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 10_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return two(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  if (seconds < 86_400) return two(Math.floor(seconds / 3600), 'h', Math.floor((seconds % 3600) / 60), 'min');
  return two(Math.floor(seconds / 86_400), 'd', Math.floor((seconds % 86_400) / 3600), 'h');
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** The latest and earliest moments that a Date can hold; a log can hold any number. */
const farthest = 8_640_000_000_000_000;

function date(time: number): Date | undefined {
  return Math.abs(time) <= farthest ? new Date(time) : undefined;
}

const dayFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });
const weekdayFormat = new Intl.DateTimeFormat('en-GB', { weekday: 'long', timeZone: 'UTC' });
const longDayFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
const clockFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' });

/** `21 Nov 2026`, in UTC. */
export function shortDay(time: number): string {
  const known = date(time);
  return known === undefined ? 'unknown day' : dayFormat.format(known);
}

/** `Saturday 21 November 2026`, in UTC. */
export function longDay(time: number): string {
  const known = date(time);
  return known === undefined
    ? 'Unknown day'
    : `${weekdayFormat.format(known)} ${longDayFormat.format(known)}`;
}

/** `07:41 UTC` */
export function clock(time: number): string {
  const known = date(time);
  return known === undefined ? '' : `${clockFormat.format(known)} UTC`;
}

/** `2026-11-21T07:41:03.000Z`, for machines; undefined where the number is no date. */
export function iso(time: number): string | undefined {
  return date(time)?.toISOString();
}
