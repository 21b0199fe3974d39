import type { TimePart } from './rule.ts';

/** Lowest and highest value, both included. A year of ISO weeks may have 53. */
export const timeRanges: Readonly<Record<TimePart, readonly [number, number]>> = {
  minute: [0, 59],
  hour: [0, 23],
  day: [1, 31],
  week: [1, 53],
  month: [1, 12],
  year: [0, 9999],
};

const iso = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::\d\d(?:[.,]\d{1,9})?)?\s?(Z|[+-]\d\d:?\d\d)?)?$/i;

/**
 * A part of a time in UTC. Takes ISO 8601 (`2026-05-11T09:12:33Z`; without a zone it is UTC; without a clock time it has no hour and no minute) and
 * Unix times in seconds or milliseconds, as numbers or digits. Weeks are ISO 8601's. Undefined where it is no time.
 */
export function timePartOf(value: string | number, part: TimePart): number | undefined {
  const ms = typeof value === 'number' ? ofEpoch(value) : ofText(value.trim(), part);
  if (ms === undefined) return undefined;
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return undefined;
  switch (part) {
    case 'minute':
      return date.getUTCMinutes();
    case 'hour':
      return date.getUTCHours();
    case 'day':
      return date.getUTCDate();
    case 'week':
      return isoWeek(date);
    case 'month':
      return date.getUTCMonth() + 1;
    case 'year':
      return date.getUTCFullYear();
  }
}

function ofText(text: string, part: TimePart): number | undefined {
  if (/^\d{9,13}(\.\d{1,9})?$/.test(text)) return ofEpoch(Number(text));
  const found = iso.exec(text);
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, zone = 'Z'] = found;
  if (hour === undefined && (part === 'hour' || part === 'minute')) return undefined;
  const days = Date.UTC(Number(year), Number(month) - 1, Number(day));
  // Date.UTC takes the 31st of April for the 1st of May.
  if (new Date(days).toISOString().slice(0, 10) !== `${year}-${month}-${day}`) return undefined;
  if (Number(hour ?? 0) > 23 || Number(minute ?? 0) > 59) return undefined;
  return days + (Number(hour ?? 0) * 60 + Number(minute ?? 0) - offsetOf(zone)) * 60_000;
}

/** Minutes east of UTC. */
function offsetOf(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return zone.startsWith('-') ? -minutes : minutes;
}

/** Up to 11 digits are seconds (until the year 5138), more are milliseconds; what is smaller than 1973 is a count, not a time. */
function ofEpoch(value: number): number | undefined {
  if (!(value >= 1e8 && value < 1e14)) return undefined;
  return value < 1e11 ? value * 1000 : value;
}

function isoWeek(date: Date): number {
  // The week belongs to the year that its Thursday lies in.
  const thursday = new Date(date.getTime());
  thursday.setUTCDate(date.getUTCDate() + 4 - (date.getUTCDay() || 7));
  const start = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return Math.floor((thursday.getTime() - start) / (7 * 86_400_000)) + 1;
}
