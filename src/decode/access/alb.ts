import type { RequestsBuilder } from './builder.ts';
import { takeElbRequest, takeElbTimes } from './elb-request.ts';
import { lineReader, type AccessFormat } from './format.ts';
import { numberAt, statusAt } from './numbers.ts';
import { place, placeClient } from './place.ts';
import { find } from './search.ts';
import { isoTimeAt } from './times.ts';
import { nextQuoted, nextWord, skipWords, type Words } from './words.ts';

/**
 * Access logs of Application Load Balancers. Fields were added at the end over the years, so those behind the user agent may be absent.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
 */
export const albFormat: AccessFormat = {
  name: 'Application Load Balancer',
  escaping: 'backslash',
  detect: (head) =>
    /^(https?|h2|grpcs|wss?) \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z \S+ \S+ \S+ -?[\d.]+ /.test(
      Buffer.from(head.subarray(0, 1024)).toString('latin1'),
    ),
  open: () => lineReader(readLine),
};

const quote = 0x22;
const space = 0x20;

function readLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: RequestsBuilder,
  row: number,
): string | undefined {
  const words: Words = { start, end: start, at: start };
  if (!skipWords(bytes, end, words, 2)) return 'there is no time';
  const time = isoTimeAt(bytes, words.start, words.end);
  if (Number.isNaN(time)) return 'the time cannot be read; expected such as 2026-01-05T10:00:59.123456Z';
  into.time[row] = time;
  if (!skipWords(bytes, end, words, 2)) return 'there is no client';
  placeClient(into, row, words.start, words.end);
  if (!nextWord(bytes, end, words)) return 'there is no target';
  into.taken[row] = takeElbTimes(bytes, end, words);
  if (!nextWord(bytes, end, words)) return 'there is no status';
  into.status[row] = statusAt(bytes, words.start, words.end);
  if (!skipWords(bytes, end, words, 2)) return 'there are no sizes';
  into.received[row] = numberAt(bytes, words.start, words.end);
  if (!nextWord(bytes, end, words)) return 'there are no sizes';
  into.sent[row] = numberAt(bytes, words.start, words.end);
  const problem = takeElbRequest(bytes, end, words, into, row);
  if (problem !== undefined || words.at >= end) return problem;
  const agentEnd = endOfAgent(bytes, words.at + 1, end);
  if (agentEnd === -1) return 'the user agent is not closed by a quote';
  place(into, 'agent', row, words.at + 1, agentEnd);
  words.at = agentEnd + 2;
  takeRest(bytes, end, words, into, row);
  return undefined;
}

/** What stands behind the user agent, as far as it is there. */
function takeRest(bytes: Uint8Array, end: number, words: Words, into: RequestsBuilder, row: number): void {
  const take = (): boolean => nextQuoted(bytes, end, words);
  // Cipher, protocol and target group.
  if (!skipWords(bytes, end, words, 3) || !take()) return;
  place(into, 'id', row, words.start, words.end);
  if (!take()) return;
  // The name in the TLS handshake, where the request itself has no host.
  if (into.text.host.start[row] === into.text.host.end[row]) place(into, 'host', row, words.start, words.end);
  // Certificate, priority, time of creation.
  if (!take() || !skipWords(bytes, end, words, 2) || !take()) return;
  place(into, 'action', row, words.start, words.end);
  // Redirect, error, targets, their statuses.
  if (!take() || !take() || !take() || !take() || !take()) return;
  place(into, 'labels', row, words.start, words.end);
  if (take()) place(into, 'rule', row, words.start, words.end);
}

/** Quotes in a user agent are not escaped: it ends at the one that has three words and another quote behind it, or nothing. */
function endOfAgent(bytes: Uint8Array, start: number, end: number): number {
  for (let at = find(bytes, quote, start, end); at !== -1;) {
    const next = find(bytes, quote, at + 1, end);
    if (next === -1) return at + 1 === end ? at : -1;
    if (bytes[at + 1] === space && spacesBetween(bytes, at, next) === 4) return at;
    at = next;
  }
  return -1;
}

function spacesBetween(bytes: Uint8Array, start: number, end: number): number {
  let spaces = 0;
  for (let at = start; at < end; at++) if (bytes[at] === space) spaces++;
  return spaces;
}
