import type { RequestsBuilder } from './builder.ts';
import { lineReader, type AccessFormat } from './format.ts';
import { numberAt, statusAt } from './numbers.ts';
import { place } from './place.ts';
import { splitTarget } from './request-line.ts';
import { find, wordEnd } from './search.ts';
import { bracketTimeAt } from './times.ts';

/**
 * The combined log format of Apache and nginx, and the common format, which is its beginning:
 * `client identity user [18/Jul/2023:13:44:16 +0000] "GET /path?query HTTP/1.1" 200 512 "referrer" "agent"`.
 * In front there may be the virtual host (`host client - - [`, `host:port client - - [`) or what syslog writes (`... nginx[2869]: client`).
 * What follows is left alone (servers append fields of their own).
 * https://httpd.apache.org/docs/2.4/logs.html#combined
 */
export const combinedFormat: AccessFormat = {
  name: 'nginx or Apache (combined)',
  escaping: 'backslash',
  detect: (head) =>
    /^[^"\n{]*?\[\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}\] "/.test(
      Buffer.from(head.subarray(0, 4096)).toString('latin1'),
    ),
  open: () => lineReader(readLine),
};

const space = 0x20;
const quote = 0x22;
const backslash = 0x5c;
const dash = 0x2d;
const openBracket = 0x5b;
const colon = 0x3a;
const dot = 0x2e;

function readLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: RequestsBuilder,
  row: number,
): string | undefined {
  const bracket = timeBracket(bytes, start, end);
  if (bracket === -1) return 'there is no time in brackets with a request in quotes behind it';
  const time = bracketTimeAt(bytes, bracket + 1);
  if (Number.isNaN(time)) return 'the time in brackets cannot be read; expected 18/Jul/2023:13:44:16 +0000';
  const request = bracket + 29;
  const requestEnd = quoteEnd(bytes, request + 1, end);
  if (requestEnd === -1) return 'the request is not closed by a quote';
  if (!placeHostAndClient(bytes, start, bracket, into, row)) return 'there is no client address';
  into.time[row] = time;
  splitTarget(bytes, request + 1, requestEnd, into, row);
  const status = requestEnd + 2;
  into.status[row] = statusAt(bytes, status, end);
  const sizeStart = find(bytes, space, status, end) + 1;
  if (sizeStart === 0) return 'there is no status and size behind the request';
  into.sent[row] = bytes[sizeStart] === dash ? 0 : numberAt(bytes, sizeStart, end);
  const referrer = find(bytes, quote, sizeStart, end);
  // The common format ends with the size.
  if (referrer === -1) return undefined;
  const referrerEnd = quoteEnd(bytes, referrer + 1, end);
  if (referrerEnd === -1) return 'the referrer is not closed by a quote';
  place(into, 'referrer', row, referrer + 1, referrerEnd);
  const agent = find(bytes, quote, referrerEnd + 1, end);
  if (agent === -1) return undefined;
  const agentEnd = quoteEnd(bytes, agent + 1, end);
  if (agentEnd === -1) return 'the user agent is not closed by a quote';
  place(into, 'agent', row, agent + 1, agentEnd);
  return undefined;
}

/**
 * Where the time begins. A user name may have a bracket in it, but no quote that is not escaped: so the bracket is the one with a quote
 * right behind the time.
 */
function timeBracket(bytes: Uint8Array, start: number, end: number): number {
  const last = end - 29;
  let at = find(bytes, openBracket, start, last);
  while (at !== -1 && bytes[at + 29] !== quote) at = find(bytes, openBracket, at + 1, last);
  return at;
}

/** Tells from the words before the time which is the client: the first address, behind a host or what syslog writes at most. */
function placeHostAndClient(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: RequestsBuilder,
  row: number,
): boolean {
  const firstEnd = wordEnd(bytes, start, end);
  const second = firstEnd + 1;
  const secondEnd = wordEnd(bytes, second, end);
  // Where both are addresses the first is still the host: what the client asked for, who may well have asked for an address.
  if (isAddress(bytes, second, secondEnd)) {
    const port = find(bytes, colon, start, firstEnd);
    place(into, 'host', row, start, port === -1 ? firstEnd : port);
    place(into, 'client', row, second, secondEnd);
    return true;
  }
  // A name instead of an address is a client's, where the server looks names up.
  if (isAddress(bytes, start, firstEnd) || bytes[second] === dash) {
    place(into, 'client', row, start, firstEnd);
    return true;
  }
  let tag = find(bytes, colon, start, end);
  while (tag !== -1 && bytes[tag + 1] !== space) tag = find(bytes, colon, tag + 1, end);
  const client = tag + 2;
  const clientEnd = wordEnd(bytes, client, end);
  if (tag === -1 || !isAddress(bytes, client, clientEnd)) return false;
  place(into, 'client', row, client, clientEnd);
  return true;
}

/** Digits and dots, or hexadecimal digits with two colons at least: a host's name is neither. */
function isAddress(bytes: Uint8Array, start: number, end: number): boolean {
  let colons = 0;
  let letters = 0;
  let dots = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === colon) colons++;
    else if (byte === dot) dots++;
    else if ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66) letters++;
    else if (byte < 0x30 || byte > 0x39) return false;
  }
  return colons >= 2 || (colons === 0 && letters === 0 && dots === 3);
}

/** Where the quoted text that begins at `at` ends; quotes inside it are escaped by a backslash. */
function quoteEnd(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at; i < end; i++) {
    const byte = bytes[i];
    if (byte === quote) return i;
    if (byte === backslash) i++;
  }
  return -1;
}
