/**
 * Times as access logs write them, in milliseconds since the epoch; NaN where what stands there is none (a month 13, a 30th of
 * February, a letter). A leap second is the next second.
 */

/** Whether it is a time that can be written as a date. */
export function isTime(time: number): boolean {
  return time >= 0 && time <= 8.64e15;
}

const dash = 0x2d;
const colon = 0x3a;

/** Two digits as a number; NaN where there are none. */
function two(bytes: Uint8Array, at: number): number {
  const high = (bytes[at] ?? 0) - 48;
  const low = (bytes[at + 1] ?? 0) - 48;
  return high >= 0 && high <= 9 && low >= 0 && low <= 9 ? high * 10 + low : Number.NaN;
}

/** `2026-01-05`: midnight of it, UTC. */
export function dateAt(bytes: Uint8Array, at: number): number {
  if (bytes[at + 4] !== dash || bytes[at + 7] !== dash) return Number.NaN;
  return midnight(two(bytes, at) * 100 + two(bytes, at + 2), two(bytes, at + 5), two(bytes, at + 8));
}

/** `10:00:59` since midnight. */
export function clockAt(bytes: Uint8Array, at: number): number {
  const hour = two(bytes, at);
  const minute = two(bytes, at + 3);
  const second = two(bytes, at + 6);
  if (bytes[at + 2] !== colon || bytes[at + 5] !== colon) return Number.NaN;
  return hour < 24 && minute < 60 && second <= 60 ? (hour * 3600 + minute * 60 + second) * 1000 : Number.NaN;
}

/** `2026-01-05T10:00:59.123456Z`, with or without the fraction, in UTC; milliseconds of it are kept. */
export function isoTimeAt(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 19) return Number.NaN;
  const time = dateAt(bytes, at) + clockAt(bytes, at + 11);
  if (bytes[at + 19] !== 0x2e) return time;
  let fraction = 0;
  for (let digit = 0; digit < 3; digit++) {
    const value = (bytes[at + 20 + digit] ?? 0) - 48;
    if (value < 0 || value > 9 || at + 20 + digit >= end) return time + fraction;
    fraction += value * 10 ** (2 - digit);
  }
  return time + fraction;
}

const months: ReadonlyMap<number, number> = new Map(
  ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'].map((name, month) => [
    (name.charCodeAt(0) << 16) | (name.charCodeAt(1) << 8) | name.charCodeAt(2),
    month + 1,
  ]),
);

/** `18/Jul/2023:13:44:16 +0000`, as it stands in brackets in logs of Apache, nginx and S3. */
export function bracketTimeAt(bytes: Uint8Array, at: number): number {
  const month = months.get(((bytes[at + 3] ?? 0) << 16) | ((bytes[at + 4] ?? 0) << 8) | (bytes[at + 5] ?? 0));
  if (month === undefined) return Number.NaN;
  const day = midnight(two(bytes, at + 7) * 100 + two(bytes, at + 9), month, two(bytes, at));
  const sign = bytes[at + 21] === dash ? -1 : 1;
  const zone = (two(bytes, at + 22) * 60 + two(bytes, at + 24)) * 60_000;
  return day + clockAt(bytes, at + 12) - sign * zone;
}

const daysOf = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Month and day from 1; NaN for a day that there is not. The days are counted from March on, so that a leap day is a year's last. */
function midnight(year: number, month: number, day: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && leap ? 29 : (daysOf[month - 1] ?? 0);
  if (!(day >= 1 && day <= days) || Number.isNaN(year)) return Number.NaN;
  const sinceMarch = (month + 9) % 12;
  const from = month <= 2 ? year - 1 : year;
  const leaps = Math.floor(from / 4) - Math.floor(from / 100) + Math.floor(from / 400);
  const dayOfYear = Math.floor((153 * sinceMarch + 2) / 5) + day - 1;
  return (from * 365 + leaps + dayOfYear - daysToEpoch) * 86_400_000;
}

/** From March 1st of the year 0 to 1970. */
const daysToEpoch = 719_468;
