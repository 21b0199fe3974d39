import { wordsInAddress } from './address.ts';
import { addressReader } from './client-address.ts';
import {
  leastRecentlySeen,
  type ClientLedger,
  type ClientNumbering,
  type NumberedClients,
} from './client-ledger.ts';

/** With how much room the table begins. */
const beginsWith = 4_096;

/** All that is known of clients, for whoever goes on with it. */
export interface ClientState {
  readonly words: Uint32Array;
  readonly seen: Uint32Array;
  readonly free: readonly number[];
  /** Numbers below have been given out. */
  readonly given: number;
  readonly batch: number;
}

export interface PlainClients extends NumberedClients {
  readonly state: () => ClientState;
}

/** Numbers clients: a hash table with open addressing, which compares whole addresses. */
export function plainClients(
  { capacity, proxies, seed = 0 }: ClientNumbering,
  { counters, evicted }: ClientLedger,
): PlainClients {
  const readAddress = addressReader(proxies);
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
    const gone = leastRecentlySeen(seen, given, batch, capacity);
    if (gone.length === 0) return;
    for (const id of gone) {
      seen[id] = 0;
      free.push(id);
      evicted.push(id);
    }
    counters.known -= gone.length;
    counters.evicted += gone.length;
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
      const { count } = requests;
      if (ids.length < count) {
        const room = Math.max(count, requests.position.length);
        ids = new Int32Array(room);
        hashes = new Uint32Array(room);
        candidates = new Int32Array(room);
        addresses = new Uint32Array(room * wordsInAddress);
      }
      batch++;
      for (let row = 0; row < count; row++) {
        const at = row * wordsInAddress;
        const readable = readAddress(requests, row, addresses, at);
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
    words: () => words,
    state: () => ({ words, seen, free, given, batch }),
  };
}

/** A power of two, at most half full. */
function slotsFor(room: number): number {
  return 2 ** Math.ceil(Math.log2(room * 2));
}
