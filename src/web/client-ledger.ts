import type { Requests } from '../event/requests.ts';

export interface ClientNumbering {
  /** The most clients that are known at once; about 40 bytes each. At least twice the rows of a batch. */
  readonly capacity: number;
  /** Networks of proxies and load balancers whose `X-Forwarded-For` is believed. */
  readonly proxies: readonly string[];
  /** Different for every process where attackers could choose addresses so that they fall together. */
  readonly seed?: number | undefined;
}

/** What the table of clients tells of itself, whoever numbers them. */
export interface ClientLedger {
  readonly counters: {
    known: number;
    evicted: number;
    unreadable: number;
    crowdedOut: number;
  };
  /** Numbers of clients that were forgotten and not told yet. */
  readonly evicted: number[];
}

/** One way to number clients; see `ClientTable`. */
export interface NumberedClients {
  readonly idsOf: (requests: Requests) => Int32Array;
  readonly words: () => Uint32Array;
  readonly rowWords?: () => Uint32Array | undefined;
}

/** One of so many clients is forgotten at once when the table is full, so that it pays to build the index anew. */
const evictedShare = 8;

/**
 * Who is to be forgotten: those who were not seen for the longest time, in the order of their numbers.
 * @param seen the batch in which each client was seen last, 0 for numbers that are free
 * @param given numbers below have been given out
 */
export function leastRecentlySeen(
  seen: Uint16Array | Uint32Array,
  given: number,
  batch: number,
  capacity: number,
): readonly number[] {
  const wanted = Math.max(1, Math.floor(capacity / evictedShare));
  // Who was seen in this very batch stays: rows before this one hold its number.
  const oldest = seen
    .subarray(0, given)
    .filter((last) => last !== 0 && last !== batch)
    .sort();
  const limit = oldest[Math.min(wanted, oldest.length) - 1] ?? 0;
  const gone: number[] = [];
  for (let id = 0; id < given && gone.length < wanted; id++) {
    const last = seen[id] ?? 0;
    if (last !== 0 && last <= limit && last !== batch) gone.push(id);
  }
  return gone;
}
