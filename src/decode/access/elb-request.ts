import type { RequestsBuilder } from './builder.ts';
import { decimalAt } from './numbers.ts';
import { place } from './place.ts';
import { splitTarget } from './request-line.ts';
import { find, findLast } from './search.ts';
import { nextWord, requestEnd, type Words } from './words.ts';

const space = 0x20;
const quote = 0x22;
const colon = 0x3a;
const slash = 0x2f;
const dash = 0x2d;
const closeBracket = 0x5d;

/**
 * Takes `"GET https://host:443/path?query HTTP/1.1"` into method, host, path and query. The user agent in quotes follows it, or nothing. What
 * was no HTTP is `"- - - "`.
 */
export function takeElbRequest(
  bytes: Uint8Array,
  end: number,
  words: Words,
  into: RequestsBuilder,
  row: number,
): string | undefined {
  if (bytes[words.at] !== quote) return 'there is no request in quotes behind the sizes';
  const start = words.at + 1;
  const close = requestEnd(
    bytes,
    start,
    end,
    (at) => at + 1 >= end || (bytes[at + 1] === space && bytes[at + 2] === quote),
  );
  if (close === -1) return 'the request is not closed by a quote';
  words.at = close + 2;
  if (bytes[start] === dash && bytes[start + 1] === space) return undefined;
  splitTarget(bytes, start, close, into, row);
  const { path } = into.text;
  cutHost(bytes, path.start[row] ?? 0, path.end[row] ?? 0, into, row);
  return undefined;
}

/** Of `https://host:443/path` the path alone, and the host without its port. */
function cutHost(bytes: Uint8Array, start: number, end: number, into: RequestsBuilder, row: number): void {
  const scheme = find(bytes, colon, start, Math.min(end, start + 8));
  if (scheme === -1 || bytes[scheme + 1] !== slash || bytes[scheme + 2] !== slash) return;
  const host = scheme + 3;
  const found = find(bytes, slash, host, end);
  const hostEnd = found === -1 ? end : found;
  const port = findLast(bytes, colon, Math.max(host, findLast(bytes, closeBracket, host, hostEnd)), hostEnd);
  place(into, 'host', row, host, port === -1 ? hostEnd : port);
  into.text.path.start[row] = hostEnd;
}

/** The next three words are seconds that a request took on its way; together in milliseconds, NaN where one is -1. */
export function takeElbTimes(bytes: Uint8Array, end: number, words: Words): number {
  let sum = 0;
  for (let part = 0; part < 3; part++) {
    if (!nextWord(bytes, end, words)) return Number.NaN;
    sum += decimalAt(bytes, words.start, words.end) * 1000;
  }
  return Math.round(sum * 1000) / 1000;
}
