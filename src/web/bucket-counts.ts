import { packedTable, wideTable, type CountTable, type OpenTable } from './count-table.ts';
import type { TableMemory } from './table-memory.ts';

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
  /** From now on tables of small keys are to lie there. */
  readonly useMemory: (memory: TableMemory) => void;
  /** The counts of a bucket for compiled code to add to; undefined where it can't. Valid until anything else is done here. */
  readonly open: (bucket: number) => OpenTable | undefined;
  readonly counters: {
    readonly entries: number;
    /** Counts that had to go before their time because there were too many: always those of the oldest buckets. */
    readonly squeezedOut: number;
  };
}

export interface BucketCountsSettings {
  /** How many counts are held at once; about 16 bytes each, and 8 of small keys. */
  readonly most: number;
  /** Whether keys are small numbers, below some millions. */
  readonly small: boolean;
}

/** Each bucket has a table of its own: requests of one time lie together in the cache, and a bucket that is over goes without a look at the others. */
export function bucketCounts({ most, small }: BucketCountsSettings): BucketCounts {
  let memory: TableMemory | undefined;
  const newTable = (expected?: number): CountTable =>
    small ? packedTable(expected, memory) : wideTable(expected);
  const tables = new Map<number, CountTable>();
  /** Buckets before are gone. */
  let floor = 0;
  let lastBucket = -1;
  let lastCounts: CountTable | undefined;
  /** The latest bucket of all, and one that no bucket is before. */
  let newest = -1;
  let oldest = Number.POSITIVE_INFINITY;
  const counters = { entries: 0, squeezedOut: 0 };

  const drop = (bucket: number, counts: CountTable): void => {
    tables.delete(bucket);
    counters.entries -= counts.entries();
    counts.close();
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

  const countsOf = (bucket: number): CountTable | undefined => {
    if (bucket === lastBucket) return lastCounts;
    const counts = tables.get(bucket);
    if (counts !== undefined) [lastBucket, lastCounts] = [bucket, counts];
    return counts;
  };

  const opened = (bucket: number): CountTable => {
    // What comes next is mostly as much as what came before, and then need not grow.
    const counts = newTable(bucket > newest ? tables.get(newest)?.entries() : 0);
    newest = Math.max(newest, bucket);
    oldest = Math.min(oldest, bucket);
    tables.set(bucket, counts);
    [lastBucket, lastCounts] = [bucket, counts];
    return counts;
  };

  return {
    add: (key, bucket) => {
      if (bucket < floor) return 0;
      const counts = countsOf(bucket) ?? opened(bucket);
      const count = counts.add(key);
      if (count > 1) return count;
      if (++counters.entries <= most) return count;
      squeeze();
      return bucket < floor ? 0 : count;
    },
    get: (key, bucket) => (bucket < floor ? 0 : (countsOf(bucket)?.get(key) ?? 0)),
    forEach: (seen) => {
      for (const counts of tables.values()) counts.forEach(seen);
    },
    expire: (bucket) => {
      if (bucket <= floor) return;
      floor = bucket;
      // Time goes on with every batch, and mostly there is nothing so old; to go through some hundred buckets each time would be felt.
      if (floor <= oldest) return;
      oldest = Number.POSITIVE_INFINITY;
      for (const [old, counts] of tables) {
        if (old < floor) drop(old, counts);
        else oldest = Math.min(oldest, old);
      }
    },
    forget: (forgotten) => {
      for (const [bucket, counts] of tables) {
        const before = counts.entries();
        counts.forget(forgotten);
        counters.entries -= before - counts.entries();
        if (counts.entries() === 0) drop(bucket, counts);
      }
    },
    useMemory: (given) => {
      memory = given;
    },
    open: (bucket) => {
      const table = bucket < floor ? undefined : countsOf(bucket)?.open?.();
      if (table === undefined) return undefined;
      return {
        ...table,
        room: Math.min(table.room, most - counters.entries),
        added: (keys) => {
          table.added(keys);
          counters.entries += keys;
        },
      };
    },
    counters,
  };
}
