import type { RequestsBuilder } from './builder.ts';
import { lineReader, type AccessFormat } from './format.ts';
import { numberAt, statusAt } from './numbers.ts';
import { place } from './place.ts';
import { splitTarget } from './request-line.ts';
import { find, findLast, wordEnd } from './search.ts';
import { bracketTimeAt } from './times.ts';
import { nextQuoted, nextWord, requestEnd, skipWords, type Words } from './words.ts';

/**
 * Server access logs of S3. Request, referrer and user agent stand in quotes, and quotes in them are not escaped; fields were added at the
 * end over the years. The action is the operation (`REST.GET.OBJECT`), the rule the error code (`AccessDenied`).
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
 */
export const s3Format: AccessFormat = {
  name: 'S3 server access logs',
  escaping: 'none',
  detect: (head) =>
    /^\S+ \S+ \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] \S+ \S+ \S+ [A-Z0-9]+\.[A-Z_.]+ /.test(
      Buffer.from(head.subarray(0, 1024)).toString('latin1'),
    ),
  open: () => lineReader(readLine),
};

const quote = 0x22;
const dash = 0x2d;
const space = 0x20;
const dot = 0x2e;

function readLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: RequestsBuilder,
  row: number,
): string | undefined {
  const words: Words = { start, end: start, at: start };
  if (!skipWords(bytes, end, words, 2)) return 'there is no bucket';
  // Until the host header at the end says better.
  place(into, 'host', row, words.start, words.end);
  const time = bracketTimeAt(bytes, words.at + 1);
  if (Number.isNaN(time) || words.at + 28 > end) return 'there is no time in brackets behind the bucket';
  into.time[row] = time;
  words.at += 29;
  if (!nextWord(bytes, end, words)) return 'there is no client address';
  place(into, 'client', row, words.start, words.end);
  if (!skipWords(bytes, end, words, 2)) return 'there is no request id';
  place(into, 'id', row, words.start, words.end);
  if (!nextWord(bytes, end, words)) return 'there is no operation';
  place(into, 'action', row, words.start, words.end);
  const putsObject = placeMethod(bytes, words.start, words.end, into, row);
  if (!nextWord(bytes, end, words)) return 'there is no key';
  place(into, 'path', row, words.start, words.end);
  if (!takeRequest(bytes, end, words, into, row)) return 'the request is not closed by a quote';
  if (!nextWord(bytes, end, words)) return 'there is no status';
  into.status[row] = statusAt(bytes, words.start, words.end);
  if (!nextWord(bytes, end, words)) return 'there is no error code';
  place(into, 'rule', row, words.start, words.end);
  if (!nextWord(bytes, end, words)) return 'there are no sizes';
  into.sent[row] = bytes[words.start] === dash ? 0 : numberAt(bytes, words.start, words.end);
  if (!nextWord(bytes, end, words)) return 'there are no sizes';
  if (putsObject) into.received[row] = numberAt(bytes, words.start, words.end);
  if (!nextWord(bytes, end, words)) return 'there are no times';
  into.taken[row] = numberAt(bytes, words.start, words.end);
  if (!nextWord(bytes, end, words)) return 'there are no times';
  takeRest(bytes, end, words, into, row);
  return undefined;
}

/** `REST.GET.OBJECT` was a GET; what S3 does by itself (`S3.EXPIRE.OBJECT`) has no method. Says whether an object was put. */
function placeMethod(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: RequestsBuilder,
  row: number,
): boolean {
  const first = find(bytes, dot, start, end);
  const second = find(bytes, dot, first + 1, end);
  if (first - start < 3 || second === -1) return false;
  into.text.method.start[row] = first + 1;
  into.text.method.end[row] = second;
  return bytes[first + 1] === 0x50;
}

/** `"GET /bucket/key?x HTTP/1.1"`, or `-` where the request was part of another. */
function takeRequest(
  bytes: Uint8Array,
  end: number,
  words: Words,
  into: RequestsBuilder,
  row: number,
): boolean {
  if (bytes[words.at] !== quote) return nextWord(bytes, end, words);
  const start = words.at + 1;
  const close = requestEnd(bytes, start, end, (at) => isStatusBehind(bytes, at));
  if (close === -1) return false;
  words.at = close + 2;
  if (close - start > 1) splitTarget(bytes, start, close, into, row);
  return true;
}

/** `" 404 ` or `" - ` */
function isStatusBehind(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + 1] !== space) return false;
  return bytes[at + 2] === dash ? bytes[at + 3] === space : wordEnd(bytes, at + 2, at + 6) === at + 5;
}

/** What stands behind the times, as far as it is there. */
function takeRest(bytes: Uint8Array, end: number, words: Words, into: RequestsBuilder, row: number): void {
  if (!nextQuoted(bytes, end, words)) return;
  place(into, 'referrer', row, words.start, words.end);
  if (bytes[words.at] === quote) {
    // Nothing behind it has quotes.
    const close = findLast(bytes, quote, words.at + 1, end);
    if (close === -1) return;
    place(into, 'agent', row, words.at + 1, close);
    words.at = close + 2;
  } else if (!nextWord(bytes, end, words)) return;
  // Version, host id, signature, cipher, authentication.
  if (skipWords(bytes, end, words, 6)) place(into, 'host', row, words.start, words.end);
}
