import type { RequestsBuilder } from './builder.ts';
import { takeElbRequest, takeElbTimes } from './elb-request.ts';
import { lineReader, type AccessFormat } from './format.ts';
import { numberAt, statusAt } from './numbers.ts';
import { place, placeClient } from './place.ts';
import { findLast } from './search.ts';
import { isoTimeAt } from './times.ts';
import { nextWord, skipWords, type Words } from './words.ts';

/**
 * Access logs of Classic Load Balancers. TCP listeners log `-` for status and `"- - - "` for the request; user agent, cipher and protocol are
 * absent in old logs.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html
 */
export const classicElbFormat: AccessFormat = {
  name: 'Classic Load Balancer',
  escaping: 'backslash',
  detect: (head) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z \S+ \S+:\d+ (\S+:\d+|-)( -?[\d.]+){3} /.test(
      Buffer.from(head.subarray(0, 1024)).toString('latin1'),
    ),
  open: () => lineReader(readLine),
};

function readLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: RequestsBuilder,
  row: number,
): string | undefined {
  const words: Words = { start, end: start, at: start };
  nextWord(bytes, end, words);
  const time = isoTimeAt(bytes, words.start, words.end);
  if (Number.isNaN(time)) return 'the time cannot be read; expected such as 2026-01-05T10:00:59.123456Z';
  into.time[row] = time;
  if (!skipWords(bytes, end, words, 2)) return 'there is no client';
  placeClient(into, row, words.start, words.end);
  if (!nextWord(bytes, end, words)) return 'there is no backend';
  into.taken[row] = takeElbTimes(bytes, end, words);
  if (!nextWord(bytes, end, words)) return 'there is no status';
  into.status[row] = statusAt(bytes, words.start, words.end);
  if (!skipWords(bytes, end, words, 2)) return 'there are no sizes';
  into.received[row] = numberAt(bytes, words.start, words.end);
  if (!nextWord(bytes, end, words)) return 'there are no sizes';
  into.sent[row] = numberAt(bytes, words.start, words.end);
  const problem = takeElbRequest(bytes, end, words, into, row);
  if (problem !== undefined || words.at >= end) return problem;
  // Cipher and protocol behind it have no quotes.
  const agentEnd = findLast(bytes, 0x22, words.at + 1, end);
  if (agentEnd === -1) return 'the user agent is not closed by a quote';
  place(into, 'agent', row, words.at + 1, agentEnd);
  return undefined;
}
