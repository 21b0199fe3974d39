import { hashPair } from './hash.ts';

/**
 * Counts by key and stretch of time ("bucket"), for those pairs only that have a count. Adding is all that happens to a count, so that the
 * order in which requests come makes no difference. Keys and buckets are whole numbers from 0 to 2^32 - 1.
 */
export interface BucketCounts {
  /** Adds one and returns the count. */
  readonly add: (key: number, bucket: number) => number;
  readonly get: (key: number, bucket: number) => number;
  /** The buckets before `bucket` are asked for no more and may be forgotten. */
  readonly expire: (bucket: number) => void;
  readonly forget: (keys: ReadonlySet<number>) => void;
  readonly counters: {
    readonly entries: number;
    /** Counts that had to go before their time because there were too many: always those of the oldest buckets. */
    readonly squeezedOut: number;
  };
}

export interface BucketCountsSettings {
  /** How many counts are held at once; about 20 bytes each. */
  readonly most: number;
  /** Old buckets are let go so many at a time, because every count is looked at then. */
  readonly letGo: number;
  /** Hears of each count that is forgotten because of its bucket. */
  readonly dropped?: (key: number, count: number) => void;
}

const smallest = 1_024;

export function bucketCounts({ most, letGo, dropped }: BucketCountsSettings): BucketCounts {
  let keys = new Uint32Array(smallest);
  let buckets = new Uint32Array(smallest);
  let counts = new Uint32Array(smallest);
  let mask = smallest - 1;
  /** Buckets before are gone. */
  let floor = 0;
  /** The oldest bucket that may be there. */
  let oldest = Number.POSITIVE_INFINITY;
  const counters = { entries: 0, squeezedOut: 0 };

  /** Where the count of a pair is, or where it would be. */
  const slotOf = (key: number, bucket: number): number => {
    let slot = hashPair(key, bucket) & mask;
    while (counts[slot] !== 0 && (keys[slot] !== key || buckets[slot] !== bucket)) slot = (slot + 1) & mask;
    return slot;
  };

  const rebuild = (keeps: (slot: number) => boolean): void => {
    const [oldKeys, oldBuckets, oldCounts] = [keys, buckets, counts];
    const kept: number[] = [];
    oldest = Number.POSITIVE_INFINITY;
    for (let slot = 0; slot < oldCounts.length; slot++) {
      const count = oldCounts[slot] ?? 0;
      if (count === 0) continue;
      if ((oldBuckets[slot] ?? 0) < floor) dropped?.(oldKeys[slot] ?? 0, count);
      else if (keeps(slot)) kept.push(slot);
    }
    const room = Math.max(smallest, 2 ** Math.ceil(Math.log2(kept.length * 2 + 1)));
    keys = new Uint32Array(room);
    buckets = new Uint32Array(room);
    counts = new Uint32Array(room);
    mask = room - 1;
    counters.entries = kept.length;
    for (const from of kept) {
      const bucket = oldBuckets[from] ?? 0;
      const to = slotOf(oldKeys[from] ?? 0, bucket);
      keys[to] = oldKeys[from] ?? 0;
      buckets[to] = bucket;
      counts[to] = oldCounts[from] ?? 0;
      if (bucket < oldest) oldest = bucket;
    }
  };

  /** Lets a quarter go, or all of the oldest bucket where that is more. */
  const squeeze = (): void => {
    const held = buckets.filter((_, slot) => counts[slot] !== 0).toSorted();
    const limit = held[Math.floor(held.length / 4)] ?? 0;
    const before = counters.entries;
    floor = Math.max(floor, limit + 1);
    rebuild(() => true);
    counters.squeezedOut += before - counters.entries;
  };

  return {
    add: (key, bucket) => {
      if (bucket < floor) return 0;
      let slot = slotOf(key, bucket);
      const count = (counts[slot] ?? 0) + 1;
      if (count === 1) {
        if (counters.entries >= most) {
          squeeze();
          if (bucket < floor) return 0;
          slot = slotOf(key, bucket);
        } else if (counters.entries * 4 >= counts.length * 3) {
          rebuild(() => true);
          slot = slotOf(key, bucket);
        }
        counters.entries++;
        keys[slot] = key;
        buckets[slot] = bucket;
        if (bucket < oldest) oldest = bucket;
      }
      counts[slot] = count;
      return count;
    },
    get: (key, bucket) => counts[slotOf(key, bucket)] ?? 0,
    expire: (bucket) => {
      if (bucket <= floor) return;
      floor = bucket;
      if (oldest + letGo < floor) rebuild(() => true);
    },
    forget: (forgotten) => {
      if (counters.entries === 0) return;
      const held = keys;
      rebuild((slot) => !forgotten.has(held[slot] ?? 0));
    },
    counters,
  };
}
