import type { Requests } from '../event/requests.ts';
import { addressText, networkText, parseAddress, wordsInAddress } from './address.ts';
import { forwardedClient } from './forwarded.ts';
import { networksOf } from './networks.ts';

export interface ClientTableSettings {
  /** The most clients that are known at once; about 40 bytes each. At least twice the rows of a batch. */
  readonly capacity: number;
  /** Networks of proxies and load balancers whose `X-Forwarded-For` is believed. */
  readonly proxies: readonly string[];
  /** Different for every process where attackers could choose addresses so that they fall together. */
  readonly seed?: number | undefined;
}

/**
 * The clients that were seen lately, as small whole numbers, so that whoever counts by client does it in arrays. A number is given to
 * another client only after `drainEvicted` has named it.
 */
export interface ClientTable {
  /**
   * The client of each row; -1 where there is no readable address. Where the connection comes from a configured proxy it is the last hop of
   * `X-Forwarded-For` that is none. Valid until the next call.
   */
  readonly idsOf: (requests: Requests) => Int32Array;
  readonly textOf: (id: number) => string;
  /** The network of a client, such as `2001:db8:1:2::/64`. */
  readonly networkOf: (id: number, v4Prefix: number, v6Prefix: number) => string;
  /** The addresses of all clients: that of `id` begins at `4 * id`. Another array after the table has grown. */
  readonly words: () => Uint32Array;
  /** Clients that were forgotten, the least recently seen, since the last call. Their numbers may be in use again. */
  readonly drainEvicted: () => readonly number[];
  readonly counters: {
    /** Clients known now. */
    readonly known: number;
    readonly evicted: number;
    /** Rows without a readable address. */
    readonly unreadable: number;
    /** Rows for whose client there was no room, because every client known was seen in the same batch. */
    readonly crowdedOut: number;
  };
}

/** With how much room the table begins. */
const beginsWith = 4_096;
/** One of so many clients is forgotten at once when the table is full, so that it pays to build the index anew. */
const evictedShare = 8;

export function clientTable(settings: ClientTableSettings): ClientTable {
  const { capacity, seed = 0 } = settings;
  const proxies = networksOf(settings.proxies);
  const hasProxies = settings.proxies.length > 0;
  let room = Math.min(beginsWith, capacity);
  let words = new Uint32Array(room * wordsInAddress);
  /** The number of the batch in which a client was last seen; 0 for a number that is free. */
  let seen = new Uint32Array(room);
  let slots = new Int32Array(slotsFor(room)).fill(-1);
  const free: number[] = [];
  /** Numbers below have been given out. */
  let given = 0;
  let batch = 0;
  let ids = new Int32Array(0);
  let evictedNow: number[] = [];
  const counters = { known: 0, evicted: 0, unreadable: 0, crowdedOut: 0 };
  const address = new Uint32Array(wordsInAddress);

  /** The addresses of a batch, and the hash of each. */
  let addresses = new Uint32Array(0);
  let hashes = new Uint32Array(0);
  let candidates = new Int32Array(0);
  /** Keeps what is only fetched from being left out as useless. */
  let fetched = 0;

  const hash = (from: Uint32Array, at: number): number => {
    let h = seed | 0;
    for (let word = 0; word < wordsInAddress; word++) {
      h = Math.imul(h ^ (from[at + word] ?? 0), 0x9e3779b1);
      h ^= h >>> 15;
    }
    h = Math.imul(h, 0x85ebca6b);
    return (h ^ (h >>> 13)) >>> 0;
  };

  const index = (): void => {
    slots.fill(-1);
    const mask = slots.length - 1;
    for (let id = 0; id < given; id++) {
      if (seen[id] === 0) continue;
      let slot = hash(words, id * wordsInAddress) & mask;
      while (slots[slot] !== -1) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
  };

  const grow = (): void => {
    room = Math.min(room * 2, capacity);
    const moreWords = new Uint32Array(room * wordsInAddress);
    moreWords.set(words);
    words = moreWords;
    const moreSeen = new Uint32Array(room);
    moreSeen.set(seen);
    seen = moreSeen;
    slots = new Int32Array(slotsFor(room));
    index();
  };

  const evict = (): void => {
    const wanted = Math.max(1, Math.floor(capacity / evictedShare));
    // Who was seen in this very batch stays: rows before this one hold its number.
    const oldest = seen
      .subarray(0, given)
      .filter((last) => last !== 0 && last !== batch)
      .toSorted();
    if (oldest.length === 0) return;
    const limit = oldest[Math.min(wanted, oldest.length) - 1] ?? 0;
    let left = wanted;
    for (let id = 0; id < given && left > 0; id++) {
      const last = seen[id] ?? 0;
      if (last === 0 || last > limit || last === batch) continue;
      seen[id] = 0;
      free.push(id);
      evictedNow.push(id);
      left--;
    }
    counters.known -= wanted - left;
    counters.evicted += wanted - left;
    index();
  };

  /**
   * Has the memory look for all rows' places at once. A table of a million clients lies in no cache, and to wait for one place after the
   * other would cost more than all else that is done with a request.
   */
  const bringNear = (count: number): void => {
    const mask = slots.length - 1;
    for (let row = 0; row < count; row++)
      candidates[row] = Math.max(0, slots[(hashes[row] ?? 0) & mask] ?? 0);
    for (let row = 0; row < count; row++) fetched ^= words[(candidates[row] ?? 0) * wordsInAddress + 3] ?? 0;
    for (let row = 0; row < count; row++) fetched ^= seen[candidates[row] ?? 0] ?? 0;
  };

  /** The client whose address is number `row` of the batch. */
  const idOf = (row: number): number => {
    let mask = slots.length - 1;
    const from = row * wordsInAddress;
    const a = addresses[from];
    const b = addresses[from + 1];
    const c = addresses[from + 2];
    const d = addresses[from + 3];
    const hashed = hashes[row] ?? 0;
    let slot = hashed & mask;
    for (let id = slots[slot] ?? -1; id !== -1; id = slots[slot] ?? -1) {
      const at = id * wordsInAddress;
      if (words[at + 3] === d && words[at] === a && words[at + 1] === b && words[at + 2] === c) {
        seen[id] = batch;
        return id;
      }
      slot = (slot + 1) & mask;
    }
    if (free.length === 0 && given === room) {
      if (room < capacity) grow();
      else evict();
      if (free.length === 0 && given === room) return -1;
      mask = slots.length - 1;
      slot = hashed & mask;
      while (slots[slot] !== -1) slot = (slot + 1) & mask;
    }
    const id = free.pop() ?? given++;
    for (let word = 0; word < wordsInAddress; word++)
      words[id * wordsInAddress + word] = addresses[from + word] ?? 0;
    seen[id] = batch;
    slots[slot] = id;
    counters.known++;
    return id;
  };

  return {
    idsOf: (requests) => {
      const { bytes, text, count } = requests;
      if (ids.length < count) {
        const room = Math.max(count, requests.position.length);
        ids = new Int32Array(room);
        hashes = new Uint32Array(room);
        candidates = new Int32Array(room);
        addresses = new Uint32Array(room * wordsInAddress);
      }
      batch++;
      const { start, end } = text.client;
      for (let row = 0; row < count; row++) {
        const at = row * wordsInAddress;
        let readable = parseAddress(bytes, start[row] ?? 0, end[row] ?? 0, addresses, at);
        if (hasProxies && readable && proxies.has(addresses, at)) {
          const from = text.forwarded.start[row] ?? 0;
          const to = text.forwarded.end[row] ?? 0;
          // Without the header the proxy speaks for itself, as in a health check.
          if (to > from) {
            readable = forwardedClient(bytes, from, to, proxies, address);
            addresses.set(address, at);
          }
        }
        ids[row] = readable ? 0 : -1;
        if (readable) hashes[row] = hash(addresses, at);
        else counters.unreadable++;
      }
      bringNear(count);
      for (let row = 0; row < count; row++) {
        if (ids[row] === -1) continue;
        const id = idOf(row);
        if (id === -1) counters.crowdedOut++;
        ids[row] = id;
      }
      return ids.subarray(0, requests.count);
    },
    textOf: (id) => addressText(words, id * wordsInAddress),
    networkOf: (id, v4Prefix, v6Prefix) => networkText(words, id * wordsInAddress, v4Prefix, v6Prefix),
    words: () => words,
    drainEvicted: () => {
      const drained = evictedNow;
      evictedNow = [];
      return drained;
    },
    counters,
  };
}

/** A power of two, at most half full. */
function slotsFor(room: number): number {
  return 2 ** Math.ceil(Math.log2(room * 2));
}
