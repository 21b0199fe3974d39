import type { Escaping } from '../event/requests.ts';

export interface HeavyHittersSettings {
  /** The most keys that are held at once. A power of two, at least 16. */
  readonly capacity: number;
  /** How many bytes of a key's text are kept. */
  readonly textBytes: number;
  /** How many numbers are summed up for each key beside its count. */
  readonly sums: number;
}

/**
 * The most frequent keys of an endless stream in bounded memory, after Space-Saving (Metwally, Agrawal, El Abbadi 2005), but when it is
 * full the less frequent half goes at once (as in Anderson et al. 2017, "A High-Performance Algorithm for Identifying Frequent Items in Data
 * Streams"), so that a key costs the same whether it is known or new. A key is counted at least as often as it came and at most `error`
 * too often; a key that is not held came at most `floor` times, which is at most about 2/capacity of all. With no more keys than
 * `capacity` all is exact. Keys are told apart by a hash of 64 bits.
 */
export interface HeavyHitters {
  /** Counts a key so many times (once where left out) and gives its number, which is valid until the next call. */
  readonly add: (low: number, high: number, times?: number) => number;
  /**
   * Has the memory look for many keys at once, before they are added: what is held lies in no cache, and to wait for one key after the other
   * costs more than all the rest. Changes nothing.
   */
  readonly bringNear: (lows: Int32Array, count: number) => void;
  /** Lets the less frequent keys go, as `add` does where none is free. */
  readonly makeRoom: () => void;
  /** Whether the key of the last `add` was new: then it wants its text. */
  readonly wasNew: () => boolean;
  /** Keeps the text of a key, up to `textBytes` of it. */
  readonly keepText: (key: number, bytes: Uint8Array, start: number, end: number, escaping: Escaping) => void;
  /** Columns of what is summed up; the number of a key is its place in them. */
  readonly sums: readonly Float64Array[];
  /** For the user's own mark, 0 where a key is new. */
  readonly marks: Uint8Array;
  /** How often a key came for certain. */
  readonly atLeast: (key: number) => number;
  readonly floor: () => number;
  /** Every key that is held, in no order. */
  readonly keys: () => readonly HeavyHitter[];
}

/** One key, copied. `count` is at most `error` too high; each of `sums` is too low by what came before the key was held. */
export interface HeavyHitter {
  readonly count: number;
  readonly error: number;
  readonly sums: readonly number[];
  readonly mark: number;
  /** As it stands in the log. */
  readonly text: Uint8Array;
  readonly isCut: boolean;
  readonly escaping: Escaping;
}

const escapings: readonly Escaping[] = ['none', 'percent', 'backslash'];
/** The middle of so many counts stands for the middle of all. */
const sampleSize = 512;
const nobody = new Uint8Array(0);

/** Memory in which compiled code works on the same table (assembly/frequent-keys.ts), from a multiple of 64 on. */
export interface HeavyHittersMemory {
  readonly buffer: ArrayBuffer;
  readonly at: number;
}

/** Places of numbers in the head of a table, as assembly/frequent-keys.ts has them: where the parts of the table lie, and its state. */
const head = {
  records: 0,
  slots: 1,
  free: 2,
  freeCount: 3,
  mask: 4,
  stride: 5,
  texts: 6,
  lengths: 7,
  /** In numbers of 8 bytes. */
  floor: 4,
  bytes: 64,
} as const;

/** Where each part of a table begins, and how many bytes there are in all. */
function partsOf({ capacity, textBytes, sums }: HeavyHittersSettings) {
  const stride = 2 ** Math.ceil(Math.log2(3 + sums));
  const records = head.bytes;
  const slots = records + capacity * stride * 8;
  const free = slots + capacity * 8;
  const texts = free + capacity * 4;
  const lengths = texts + Math.ceil((capacity * textBytes) / 8) * 8;
  const writtenAs = lengths + capacity * 2;
  const cuts = writtenAs + capacity;
  return { stride, records, slots, free, texts, lengths, writtenAs, cuts, bytes: cuts + capacity };
}

/** How many bytes a table needs. */
export function heavyHittersBytes(settings: HeavyHittersSettings): number {
  return partsOf(settings).bytes;
}

export function heavyHitters(settings: HeavyHittersSettings, memory?: HeavyHittersMemory): HeavyHitters {
  const { capacity, textBytes, sums: sumCount } = settings;
  const parts = partsOf(settings);
  const { stride } = parts;
  const { buffer, at: base } = memory ?? { buffer: new ArrayBuffer(parts.bytes), at: 0 };
  // All that belongs to a key lies together, because the keys of an endless stream lie in no cache: its hash, its count, its error, its sums.
  // The number of a key is where its record begins.
  const records = new Float64Array(buffer, base + parts.records, capacity * stride);
  const hashes = new Int32Array(buffer, base + parts.records, capacity * stride * 2);
  const counts = records.subarray(1);
  const errors = records.subarray(2);
  const sums = Array.from({ length: sumCount }, (_, i) => records.subarray(3 + i));
  const marks = new Uint8Array(capacity * stride);
  const writtenAs = new Uint8Array(buffer, base + parts.writtenAs, capacity);
  const texts = new Uint8Array(buffer, base + parts.texts, capacity * textBytes);
  const lengths = new Uint16Array(buffer, base + parts.lengths, capacity);
  const cuts = new Uint8Array(buffer, base + parts.cuts, capacity);
  const mask = capacity * 2 - 1;
  const slots = new Int32Array(buffer, base + parts.slots, capacity * 2).fill(-1);
  const free = new Int32Array(buffer, base + parts.free, capacity);
  for (let i = 0; i < capacity; i++) free[i] = (capacity - 1 - i) * stride;
  const heading = new Int32Array(buffer, base, head.bytes / 4);
  const floors = new Float64Array(buffer, base, head.bytes / 8);
  for (const part of ['records', 'slots', 'free', 'texts', 'lengths'] as const)
    heading[head[part]] = base + parts[part];
  heading[head.freeCount] = capacity;
  heading[head.mask] = mask;
  heading[head.stride] = stride;
  floors[head.floor] = 0;
  let isNew = false;
  let candidates = new Int32Array(0);
  /** Keeps what is only fetched from being left out as useless. */
  let fetched = 0;

  const place = (key: number): void => {
    let slot = (hashes[key * 2] ?? 0) & mask;
    while (slots[slot] !== -1) slot = (slot + 1) & mask;
    slots[slot] = key;
  };

  /** Keys lie in no order of their counts, so that every n-th of them is a fair sample. */
  const dropLessFrequent = (): void => {
    const step = Math.max(1, Math.floor(capacity / sampleSize));
    const sample = Float64Array.from(
      { length: Math.min(sampleSize, capacity) },
      (_, i) => counts[i * step * stride] ?? 0,
    ).sort();
    const floor = Math.max(floors[head.floor] ?? 0, sample[Math.floor((sample.length - 1) / 2)] ?? 0);
    floors[head.floor] = floor;
    let freeCount = heading[head.freeCount] ?? 0;
    slots.fill(-1);
    for (let key = 0; key < records.length; key += stride) {
      if ((counts[key] ?? 0) <= floor) {
        counts[key] = 0;
        free[freeCount++] = key;
      } else place(key);
    }
    heading[head.freeCount] = freeCount;
  };

  return {
    add: (low, high, times = 1) => {
      let slot = low & mask;
      for (let key = slots[slot] ?? -1; key !== -1; key = slots[slot] ?? -1) {
        if (hashes[key * 2] === low && hashes[key * 2 + 1] === high) {
          counts[key] = (counts[key] ?? 0) + times;
          isNew = false;
          return key;
        }
        slot = (slot + 1) & mask;
      }
      if (heading[head.freeCount] === 0) dropLessFrequent();
      const left = (heading[head.freeCount] ?? 0) - 1;
      heading[head.freeCount] = left;
      const floor = floors[head.floor] ?? 0;
      const key = free[left] ?? 0;
      hashes[key * 2] = low;
      hashes[key * 2 + 1] = high;
      counts[key] = floor + times;
      errors[key] = floor;
      for (let i = key + 3; i < key + 3 + sumCount; i++) records[i] = 0;
      marks[key] = 0;
      if (textBytes > 0) {
        lengths[key / stride] = 0;
        cuts[key / stride] = 0;
      }
      place(key);
      isNew = true;
      return key;
    },
    bringNear: (hashed, count) => {
      if (candidates.length < count) candidates = new Int32Array(count * 2);
      for (let i = 0; i < count; i++) candidates[i] = Math.max(0, slots[(hashed[i] ?? 0) & mask] ?? 0);
      let sum = 0;
      for (let i = 0; i < count; i++) sum ^= hashes[(candidates[i] ?? 0) * 2] ?? 0;
      fetched ^= sum;
    },
    makeRoom: dropLessFrequent,
    wasNew: () => isNew,
    keepText: (key, bytes, start, end, escaping) => {
      const place = key / stride;
      writtenAs[place] = escapings.indexOf(escaping);
      const length = Math.min(textBytes, end - start);
      lengths[place] = length;
      cuts[place] = end - start > textBytes ? 1 : 0;
      for (let i = 0, at = place * textBytes; i < length; i++) texts[at + i] = bytes[start + i] ?? 0;
    },
    sums,
    marks,
    atLeast: (key) => (counts[key] ?? 0) - (errors[key] ?? 0),
    floor: () => floors[head.floor] ?? 0,
    keys: () => {
      const held: HeavyHitter[] = [];
      for (let place = 0; place < capacity; place++) {
        const key = place * stride;
        if (counts[key] === 0) continue;
        const at = place * textBytes;
        held.push({
          count: counts[key] ?? 0,
          error: errors[key] ?? 0,
          sums: sums.map((sum) => sum[key] ?? 0),
          mark: marks[key] ?? 0,
          text: textBytes === 0 ? nobody : texts.slice(at, at + (lengths[place] ?? 0)),
          isCut: cuts[place] === 1,
          escaping: escapings[writtenAs[place] ?? 0] ?? 'none',
        });
      }
      return held;
    },
  };
}
