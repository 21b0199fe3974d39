import type { RequestsBuilder } from './builder.ts';
import { lineReader, type AccessFormat } from './format.ts';
import { numberAt } from './numbers.ts';
import { place, placeClient } from './place.ts';
import { isoTimeAt } from './times.ts';
import { nextWord, skipWords, type Words } from './words.ts';

/**
 * Access logs of TLS listeners of Network Load Balancers. They know connections and no HTTP: a row has client, sizes, how long it was open,
 * the name in the handshake as host, and the client's TLS alert as action; its status is 0.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html
 */
export const nlbFormat: AccessFormat = {
  name: 'Network Load Balancer (TLS)',
  escaping: 'none',
  detect: (head) =>
    /^tls \d+\.\d+ \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(Buffer.from(head.subarray(0, 80)).toString('latin1')),
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
  if (!skipWords(bytes, end, words, 3)) return 'there is no time';
  const time = isoTimeAt(bytes, words.start, words.end);
  if (Number.isNaN(time)) return 'the time cannot be read; expected such as 2026-01-05T10:00:59';
  into.time[row] = time;
  // Load balancer and listener.
  if (!skipWords(bytes, end, words, 3)) return 'there is no client';
  placeClient(into, row, words.start, words.end);
  if (!skipWords(bytes, end, words, 2)) return 'there is no connection time';
  into.taken[row] = numberAt(bytes, words.start, words.end);
  if (!skipWords(bytes, end, words, 2)) return 'there are no sizes';
  into.received[row] = numberAt(bytes, words.start, words.end);
  if (!nextWord(bytes, end, words)) return 'there are no sizes';
  into.sent[row] = numberAt(bytes, words.start, words.end);
  if (!nextWord(bytes, end, words)) return undefined;
  place(into, 'action', row, words.start, words.end);
  // Certificate and its serial number, cipher, protocol, group.
  if (skipWords(bytes, end, words, 6)) place(into, 'host', row, words.start, words.end);
  return undefined;
}
