import type { RequestsBuilder } from './builder.ts';
import { lineReader, type AccessFormat } from './format.ts';
import { numberAt, splitTarget } from './request-line.ts';

/**
 * The combined log format of Apache and nginx, and the common format, which is its beginning:
 * `client identity user [18/Jul/2023:13:44:16 +0000] "GET /path?query HTTP/1.1" 200 512 "referrer" "agent"`.
 * What follows is left alone (servers append fields of their own).
 * https://httpd.apache.org/docs/2.4/logs.html#combined
 */
export const combinedFormat: AccessFormat = {
  name: 'nginx or Apache (combined)',
  escaping: 'backslash',
  detect: (head) =>
    /^[0-9A-Fa-f.:]+ \S+ \S+ \[\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}\] "/.test(
      Buffer.from(head.subarray(0, 300)).toString('latin1'),
    ),
  open: () => lineReader(readLine),
};

const space = 0x20;
const quote = 0x22;
const backslash = 0x5c;
const dash = 0x2d;
const openBracket = 0x5b;

function readLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: RequestsBuilder,
  row: number,
): string | undefined {
  const clientEnd = bytes.indexOf(space, start);
  if (clientEnd === -1 || clientEnd >= end) return 'there is no client address';
  const bracket = bytes.indexOf(openBracket, clientEnd);
  if (bracket === -1 || bracket + 28 > end) return 'there is no time in brackets';
  const time = timeAt(bytes, bracket + 1);
  if (Number.isNaN(time)) return 'the time in brackets cannot be read; expected 18/Jul/2023:13:44:16 +0000';
  const request = bracket + 29;
  if (bytes[request] !== quote) return 'there is no request in quotes behind the time';
  const requestEnd = quoteEnd(bytes, request + 1, end);
  if (requestEnd === -1) return 'the request is not closed by a quote';
  into.time[row] = time;
  set(into, 'client', row, start, clientEnd);
  splitTarget(bytes, request + 1, requestEnd, into, row);
  const status = requestEnd + 2;
  into.status[row] = numberAt(bytes, status, end) || 0;
  const sizeStart = bytes.indexOf(space, status) + 1;
  if (sizeStart === 0 || sizeStart > end) return 'there is no status and size behind the request';
  into.sent[row] = bytes[sizeStart] === dash ? 0 : numberAt(bytes, sizeStart, end);
  const referrer = bytes.indexOf(quote, sizeStart);
  // The common format ends with the size.
  if (referrer === -1 || referrer >= end) return undefined;
  const referrerEnd = quoteEnd(bytes, referrer + 1, end);
  if (referrerEnd === -1) return 'the referrer is not closed by a quote';
  setQuoted(bytes, into, 'referrer', row, referrer + 1, referrerEnd);
  const agent = bytes.indexOf(quote, referrerEnd + 1);
  if (agent === -1 || agent >= end) return undefined;
  const agentEnd = quoteEnd(bytes, agent + 1, end);
  if (agentEnd === -1) return 'the user agent is not closed by a quote';
  setQuoted(bytes, into, 'agent', row, agent + 1, agentEnd);
  return undefined;
}

function set(into: RequestsBuilder, column: 'client', row: number, start: number, end: number): void {
  into.text[column].start[row] = start;
  into.text[column].end[row] = end;
}

function setQuoted(
  bytes: Uint8Array,
  into: RequestsBuilder,
  column: 'referrer' | 'agent',
  row: number,
  start: number,
  end: number,
): void {
  if (end - start === 1 && bytes[start] === dash) return;
  into.text[column].start[row] = start;
  into.text[column].end[row] = end;
}

/** Where the quoted text that begins at `at` ends; quotes inside it are escaped by a backslash. */
function quoteEnd(bytes: Uint8Array, at: number, end: number): number {
  for (
    let found = bytes.indexOf(quote, at);
    found !== -1 && found < end;
    found = bytes.indexOf(quote, found + 1)
  ) {
    let backslashes = 0;
    while (found - 1 - backslashes >= at && bytes[found - 1 - backslashes] === backslash) backslashes++;
    if (backslashes % 2 === 0) return found;
  }
  return -1;
}

const months: ReadonlyMap<number, number> = new Map(
  ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'].map((name, month) => [
    (name.charCodeAt(0) << 16) | (name.charCodeAt(1) << 8) | name.charCodeAt(2),
    month,
  ]),
);

/** `18/Jul/2023:13:44:16 +0000` in milliseconds since the epoch; NaN where it is none. */
function timeAt(bytes: Uint8Array, at: number): number {
  const two = (from: number): number => {
    const [high, low] = [(bytes[from] ?? 0) - 48, (bytes[from + 1] ?? 0) - 48];
    return high >= 0 && high <= 9 && low >= 0 && low <= 9 ? high * 10 + low : Number.NaN;
  };
  const month = months.get(((bytes[at + 3] ?? 0) << 16) | ((bytes[at + 4] ?? 0) << 8) | (bytes[at + 5] ?? 0));
  if (month === undefined) return Number.NaN;
  const year = two(at + 7) * 100 + two(at + 9);
  const utc = Date.UTC(year, month, two(at), two(at + 12), two(at + 15), two(at + 18));
  const sign = bytes[at + 21] === dash ? -1 : 1;
  return utc - sign * (two(at + 22) * 60 + two(at + 24)) * 60_000;
}
