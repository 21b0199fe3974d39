/**
 * Reads the times that CloudTrail and the tools that store it write, in milliseconds since the epoch:
 * `2026-03-01T09:30:00Z`, with or without a fraction, with an offset, and Athena's and CloudTrail Lake's
 * `2026-03-01 09:30:00.000` (a time without a zone is UTC there).
 *
 * Stricter than Date.parse, which reads `1` as the year 2001 and 30 February as 1 March. Undefined for anything
 * else and for years before 1970: `0001-01-01T00:00:00Z` is a program's way to say that it has no time.
 */
export function parseTime(text: string): number | undefined {
  // Runs once for every event: character arithmetic takes a quarter of a regular expression's time.
  if (text.length < 19 || text.length > 40) return undefined;
  const separator = text.charCodeAt(10);
  if (
    text.charCodeAt(4) !== HYPHEN ||
    text.charCodeAt(7) !== HYPHEN ||
    (separator !== LETTER_T && separator !== SPACE) ||
    text.charCodeAt(13) !== COLON ||
    text.charCodeAt(16) !== COLON
  ) {
    return undefined;
  }
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  // NaN, which stands for "no digits", fails every comparison. 60 is a leap second.
  if (!(year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)))
    return undefined;
  if (!(hour <= 23 && minute <= 59 && second <= 60)) return undefined;
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  if (text.length === 19 || (text.length === 20 && text.charCodeAt(19) === LETTER_Z)) return time;
  const rest = tail(text.slice(19));
  return rest === undefined ? undefined : time + rest;
}

const SPACE = 0x20;
const HYPHEN = 0x2d;
const ZERO = 0x30;
const COLON = 0x3a;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;

function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO;
  const ones = text.charCodeAt(at + 1) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The milliseconds that a fraction and an offset add. */
function tail(text: string): number | undefined {
  const match = /^(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):?(\d\d))?$/.exec(text);
  if (match === null) return undefined;
  const [, fraction, sign, hours, minutes] = match;
  const milliseconds = fraction === undefined ? 0 : Number(fraction.padEnd(3, '0').slice(0, 3));
  if (sign === undefined) return milliseconds;
  const offset = Number(hours) * 60 + Number(minutes);
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  return milliseconds + (sign === '+' ? -offset : offset) * 60_000;
}
