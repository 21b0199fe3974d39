import { hashPair } from './hash.ts';
import type { TableMemory } from './table-memory.ts';

/** Counts by key: an open hash table. Keys are whole numbers from 0 to 2^32 - 1. */
export interface CountTable {
  /** Adds one and returns the count. */
  readonly add: (key: number) => number;
  readonly get: (key: number) => number;
  readonly forEach: (seen: (key: number, count: number) => void) => void;
  readonly forget: (keys: ReadonlySet<number>) => void;
  /** Keys with a count. */
  readonly entries: () => number;
  /** Gives the memory back; not to be used any more. */
  readonly close: () => void;
  /** Where compiled code may add keys itself; undefined where it can't. */
  readonly open?: () => OpenTable | undefined;
}

/** The places of a packed table in memory that compiled code works on (`countInTable` of assembly/traffic-counts.ts). */
export interface OpenTable {
  readonly place: number;
  readonly mask: number;
  /** So many keys may be added. */
  readonly room: number;
  /** Is told how many were. */
  readonly added: (keys: number) => void;
}

const smallest = 8;
const seed = 0x9e3779b1;

/** So many places that `entries` fill at most three quarters. */
function roomFor(entries: number): number {
  return Math.max(smallest, 2 ** Math.ceil(Math.log2(((entries + 1) * 4) / 3)));
}

/** Given back at once: waiting for the garbage collector, twice as much would be held. */
function giveBack(table: Uint32Array<ArrayBuffer>): void {
  table.buffer.transfer(0);
}

/** For keys of 32 bits, such as hashes: eight bytes a place, the key and its count, which is 0 where the place is free. */
export function wideTable(expected = 0): CountTable {
  let table = new Uint32Array(roomFor(expected) * 2);
  let mask = table.length / 2 - 1;
  let entries = 0;

  /** Where the count of a key is, or where it would be. */
  const placeOf = (key: number): number => {
    let slot = hashPair(key, seed) & mask;
    for (let at = slot * 2; table[at + 1] !== 0; at = slot * 2) {
      if (table[at] === key) return at;
      slot = (slot + 1) & mask;
    }
    return slot * 2;
  };

  const rebuild = (room: number, keeps: (key: number) => boolean): void => {
    const old = table;
    table = new Uint32Array(room * 2);
    mask = room - 1;
    entries = 0;
    for (let from = 0; from < old.length; from += 2) {
      const count = old[from + 1] ?? 0;
      const key = old[from] ?? 0;
      if (count === 0 || !keeps(key)) continue;
      const to = placeOf(key);
      table[to] = key;
      table[to + 1] = count;
      entries++;
    }
    giveBack(old);
  };

  return {
    add: (key) => {
      let place = placeOf(key);
      const known = table[place + 1] ?? 0;
      if (known !== 0) return (table[place + 1] = known + 1);
      if ((entries + 1) * 4 > (mask + 1) * 3) {
        rebuild((mask + 1) * 2, () => true);
        place = placeOf(key);
      }
      table[place] = key;
      entries++;
      return (table[place + 1] = 1);
    },
    get: (key) => table[placeOf(key) + 1] ?? 0,
    forEach: (seen) => {
      for (let at = 0; at < table.length; at += 2)
        if (table[at + 1] !== 0) seen(table[at] ?? 0, table[at + 1] ?? 0);
    },
    forget: (keys) => rebuild(roomFor(entries), (key) => !keys.has(key)),
    entries: () => entries,
    close: () => giveBack(table),
  };
}

/** Larger keys, and counts that a byte does not hold, stand beside the table. */
const keysBelow = 2 ** 24 - 1;
const inLarge = 255;

/**
 * For small keys, such as numbers of clients: four bytes a place, one more than the key and a byte for its count.
 * @param memory where the table is to lie, if there is room
 */
export function packedTable(expected = 0, memory?: TableMemory): CountTable {
  const newTable = (length: number): Uint32Array<ArrayBuffer> =>
    memory?.take(length) ?? new Uint32Array(length);
  const release = (old: Uint32Array<ArrayBuffer>): void => {
    if (memory?.giveBack(old) !== true) giveBack(old);
  };
  let table = newTable(roomFor(expected));
  let mask = table.length - 1;
  let packed = 0;
  const large = new Map<number, number>();
  let largeKeys = 0;

  const slotOf = (key: number): number => {
    const h = Math.imul(key ^ seed, 0x85ebca6b);
    return (h ^ (h >>> 15)) & mask;
  };

  /** Where the entry of a key is, or where it would be. */
  const placeOf = (key: number): number => {
    let slot = slotOf(key);
    for (let entry = table[slot] ?? 0; entry !== 0; entry = table[slot] ?? 0) {
      if (entry >>> 8 === key + 1) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  };

  const rebuild = (room: number, keeps: (key: number) => boolean): void => {
    // What lies in the memory is copied and given back first, so that the same place may be taken again.
    const old = memory?.has(table) === true ? table.slice() : table;
    memory?.giveBack(table);
    table = newTable(room);
    mask = room - 1;
    packed = 0;
    for (const entry of old) {
      const key = (entry >>> 8) - 1;
      if (entry === 0 || !keeps(key)) continue;
      table[placeOf(key)] = entry;
      packed++;
    }
    giveBack(old);
  };

  const addLarge = (key: number, before: number): number => {
    const count = (large.get(key) ?? before) + 1;
    large.set(key, count);
    return count;
  };

  return {
    add: (key) => {
      if (key >= keysBelow) {
        if (!large.has(key)) largeKeys++;
        return addLarge(key, 0);
      }
      let place = placeOf(key);
      const entry = table[place] ?? 0;
      if (entry !== 0) {
        const count = entry & 0xff;
        if (count === inLarge) return addLarge(key, count);
        table[place] = entry + 1;
        return count + 1 === inLarge ? addLarge(key, count) : count + 1;
      }
      if ((packed + 1) * 4 > (mask + 1) * 3) {
        rebuild((mask + 1) * 2, () => true);
        place = placeOf(key);
      }
      table[place] = ((key + 1) << 8) | 1;
      packed++;
      return 1;
    },
    get: (key) => {
      if (key >= keysBelow) return large.get(key) ?? 0;
      const count = (table[placeOf(key)] ?? 0) & 0xff;
      return count === inLarge ? (large.get(key) ?? count) : count;
    },
    forEach: (seen) => {
      for (const entry of table)
        if (entry !== 0 && (entry & 0xff) < inLarge) seen((entry >>> 8) - 1, entry & 0xff);
      for (const [key, count] of large) seen(key, count);
    },
    forget: (keys) => {
      for (const key of large.keys()) {
        if (!keys.has(key)) continue;
        large.delete(key);
        if (key >= keysBelow) largeKeys--;
      }
      rebuild(roomFor(packed), (key) => !keys.has(key));
    },
    entries: () => packed + largeKeys,
    close: () => release(table),
    open: () =>
      memory?.has(table) === true
        ? {
            place: table.byteOffset,
            mask,
            // As many as `add` would take before it makes room.
            room: Math.floor(((mask + 1) * 3) / 4) - packed,
            added: (keys) => {
              packed += keys;
            },
          }
        : undefined,
  };
}
