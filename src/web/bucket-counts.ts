import { hashPair } from './hash.ts';

/**
 * Counts by key and stretch of time ("bucket"), for those pairs only that have a count. Adding is all that happens to a count, so that the
 * order in which requests come makes no difference. Keys and buckets are whole numbers from 0 to 2^32 - 1.
 */
export interface BucketCounts {
  /** Adds one and returns the count. */
  readonly add: (key: number, bucket: number) => number;
  readonly get: (key: number, bucket: number) => number;
  readonly forEach: (seen: (key: number, count: number) => void) => void;
  /** The buckets before `bucket` are asked for no more and are forgotten. */
  readonly expire: (bucket: number) => void;
  readonly forget: (keys: ReadonlySet<number>) => void;
  readonly counters: {
    readonly entries: number;
    /** Counts that had to go before their time because there were too many: always those of the oldest buckets. */
    readonly squeezedOut: number;
  };
}

export interface BucketCountsSettings {
  /** How many counts are held at once; about 16 bytes each. */
  readonly most: number;
}

/** The counts of one bucket: an open hash table, in which key and count lie side by side; a count of 0 is a free place. */
interface Counts {
  table: Uint32Array<ArrayBuffer>;
  mask: number;
  entries: number;
}

const smallest = 8;

/** Each bucket has a table of its own: requests of one time lie together in the cache, and a bucket that is over goes without a look at the others. */
export function bucketCounts({ most }: BucketCountsSettings): BucketCounts {
  const tables = new Map<number, Counts>();
  const seed = 0x9e3779b1;
  /** Buckets before are gone. */
  let floor = 0;
  let lastBucket = -1;
  let lastCounts: Counts | undefined;
  const counters = { entries: 0, squeezedOut: 0 };

  /** Where the count of a key is, or where it would be. */
  const placeOf = ({ table, mask }: Counts, key: number): number => {
    let slot = hashPair(key, seed) & mask;
    for (let at = slot * 2; table[at + 1] !== 0; at = slot * 2) {
      if (table[at] === key) return at;
      slot = (slot + 1) & mask;
    }
    return slot * 2;
  };

  const resize = (counts: Counts, entries: number, keeps: (key: number) => boolean): void => {
    const old = counts.table;
    const room = Math.max(smallest, 2 ** Math.ceil(Math.log2(entries * 2)));
    counts.table = new Uint32Array(room * 2);
    counts.mask = room - 1;
    counts.entries = 0;
    for (let from = 0; from < old.length; from += 2) {
      const count = old[from + 1] ?? 0;
      const key = old[from] ?? 0;
      if (count === 0 || !keeps(key)) continue;
      const to = placeOf(counts, key);
      counts.table[to] = key;
      counts.table[to + 1] = count;
      counts.entries++;
    }
    // Given back now: waiting for the garbage collector, twice as much would be held.
    old.buffer.transfer(0);
  };

  const drop = (bucket: number, counts: Counts): void => {
    tables.delete(bucket);
    counters.entries -= counts.entries;
    if (bucket === lastBucket) lastBucket = -1;
  };

  /** Lets a quarter go, or all of the oldest bucket where that is more. */
  const squeeze = (): void => {
    const before = counters.entries;
    for (const bucket of [...tables.keys()].sort((a, b) => a - b)) {
      if (counters.entries <= before * 0.75) break;
      const counts = tables.get(bucket);
      if (counts !== undefined) drop(bucket, counts);
      floor = Math.max(floor, bucket + 1);
    }
    counters.squeezedOut += before - counters.entries;
  };

  const countsOf = (bucket: number): Counts | undefined => {
    if (bucket === lastBucket) return lastCounts;
    const counts = tables.get(bucket);
    if (counts !== undefined) [lastBucket, lastCounts] = [bucket, counts];
    return counts;
  };

  const opened = (bucket: number): Counts => {
    const counts = { table: new Uint32Array(smallest * 2), mask: smallest - 1, entries: 0 };
    tables.set(bucket, counts);
    return counts;
  };

  return {
    add: (key, bucket) => {
      if (bucket < floor) return 0;
      let counts = countsOf(bucket);
      let place = counts === undefined ? 0 : placeOf(counts, key);
      const known = counts?.table[place + 1] ?? 0;
      if (counts !== undefined && known !== 0) return (counts.table[place + 1] = known + 1);
      if (counters.entries >= most) {
        squeeze();
        if (bucket < floor) return 0;
      }
      counts ??= opened(bucket);
      if (counts.entries * 4 >= (counts.mask + 1) * 3) resize(counts, counts.entries, () => true);
      place = placeOf(counts, key);
      counts.table[place] = key;
      counts.entries++;
      counters.entries++;
      return (counts.table[place + 1] = 1);
    },
    get: (key, bucket) => {
      const counts = bucket < floor ? undefined : countsOf(bucket);
      return counts === undefined ? 0 : (counts.table[placeOf(counts, key) + 1] ?? 0);
    },
    forEach: (seen) => {
      for (const { table } of tables.values())
        for (let at = 0; at < table.length; at += 2)
          if (table[at + 1] !== 0) seen(table[at] ?? 0, table[at + 1] ?? 0);
    },
    expire: (bucket) => {
      if (bucket <= floor) return;
      floor = bucket;
      for (const [old, counts] of tables) if (old < floor) drop(old, counts);
    },
    forget: (forgotten) => {
      for (const [bucket, counts] of tables) {
        const before = counts.entries;
        resize(counts, before, (key) => !forgotten.has(key));
        counters.entries -= before - counts.entries;
        if (counts.entries === 0) drop(bucket, counts);
      }
    },
    counters,
  };
}
