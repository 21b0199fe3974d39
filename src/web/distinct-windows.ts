import { hashPair } from './hash.ts';
import { keyLists } from './key-lists.ts';

export interface DistinctSettings {
  readonly window: number;
  readonly threshold: number;
  readonly lateness: number;
  readonly period: number;
  /** The most different items that are held of one key: enough to tell, and a bound. */
  readonly mostOfOne: number;
  /** The most pairs of key and item that are held at once; about 40 bytes each, and 20 for each key. */
  readonly most: number;
}

/** Windows of one key with so many different items that they reach the threshold; see `WindowsReached`. */
export interface DistinctReached {
  readonly key: number;
  readonly start: number;
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

export interface DistinctWindow {
  readonly count: number;
  /** In how many buckets anything was seen. */
  readonly buckets: number;
  /** Where the first of them begins. */
  readonly first: number;
}

/**
 * Counts different items (hashes of 32 bits) by key, a small number, in sliding windows. Each pair of key and item has one bit for each
 * stretch of time in which it was seen. Exact up to the caps, and whatever the order. Windows begin at multiples of `step`.
 */
export interface DistinctCounter {
  readonly step: number;
  readonly add: (key: number, item: number, time: number) => void;
  /** Has the memory look for the first so many pairs, which will be added, at once, before one after the other is waited for. */
  readonly bringNear: (keys: Int32Array, items: Uint32Array, count: number) => void;
  /** Tells of the windows that have reached the threshold, of keys that have changed since the last call. */
  readonly judge: (reached: (found: DistinctReached) => void) => void;
  /** How many different items are held of a key, over all times. */
  readonly totalOf: (key: number) => number;
  /**
   * What lies in the window that ends with the bucket in which `time` lies; undefined where nothing was seen in that bucket.
   */
  readonly windowAt: (key: number, time: number) => DistinctWindow | undefined;
  readonly expire: (now: number) => void;
  readonly forget: (keys: readonly number[]) => void;
  readonly counters: {
    readonly entries: number;
    /** Pairs that found no room. */
    readonly turnedAway: number;
  };
}

/** Bits of a mask. One is kept free for the bucket that begins while old requests may still come. */
const bits = 32;
const smallest = 1_024;
const none = -1;
// Places in the four numbers of a pair, behind its key.
const stride = 4;
const itemAt = 1;
const bitsAt = 2;
const nextAt = 3;

export function distinctCounter(settings: DistinctSettings): DistinctCounter {
  const { window, threshold, lateness, period, mostOfOne, most } = settings;
  const step = Math.ceil(Math.max(window / 12, (window + lateness) / (bits - 3)) / 1_000) * 1_000;
  const length = Math.max(1, Math.ceil(window / step));

  /**
   * Of each pair its key, its item, its bits, and the next pair of the same key: together, because pairs lie in no cache, and each place that is
   * looked at in vain is waited for.
   */
  let pairs = new Uint32Array(smallest * stride);
  let signed = new Int32Array(pairs.buffer);
  let used = 0;
  let slots = new Int32Array(smallest * 2).fill(none);
  /** The pairs of each key, the last one first. */
  const lists = keyLists();
  let changed = new Set<number>();
  /** Judged and not told yet. */
  let waiting: DistinctReached[] = [];
  /** Buckets before are forgotten; the latest that was seen. */
  let floor = 0;
  let latest = 0;
  let closed = 0;
  /** The bits of all pairs together, or more. */
  let held = 0;
  const counters = { entries: 0, turnedAway: 0 };
  /** Keeps what is only fetched from being left out as useless. */
  const fetched = new Int32Array(1);

  const keyOf = (pair: number): number => signed[pair * stride] ?? 0;
  const itemOf = (pair: number): number => pairs[pair * stride + itemAt] ?? 0;
  const bitsOf = (pair: number): number => pairs[pair * stride + bitsAt] ?? 0;
  const nextOf = (pair: number): number => signed[pair * stride + nextAt] ?? none;

  const makeRoom = (): void => {
    const more = new Uint32Array(pairs.length * 2);
    more.set(pairs);
    pairs = more;
    signed = new Int32Array(more.buffer);
    slots = new Int32Array(slots.length * 2);
    link();
  };

  /** Makes the index and the chains anew out of keys and items. */
  const link = (): void => {
    slots.fill(none);
    lists.clear();
    const mask = slots.length - 1;
    for (let pair = 0; pair < used; pair++) {
      const key = keyOf(pair);
      let slot = hashPair(key, itemOf(pair)) & mask;
      while (slots[slot] !== none) slot = (slot + 1) & mask;
      slots[slot] = pair;
      signed[pair * stride + nextAt] = lists.push(key, pair);
    }
    counters.entries = used;
  };

  const keepOnly = (keeps: (pair: number) => boolean): void => {
    let to = 0;
    for (let pair = 0; pair < used; pair++) {
      if (!keeps(pair)) continue;
      if (to !== pair) pairs.copyWithin(to * stride, pair * stride, (pair + 1) * stride);
      to++;
    }
    used = to;
    link();
  };

  /** The bits of the window that ends with a bucket. */
  const windowMask = (end: number): number => {
    const shift = (end - length + 1) & (bits - 1);
    const ones = 2 ** length - 1;
    return ((ones << shift) | (shift === 0 ? 0 : ones >>> (bits - shift))) >>> 0;
  };

  const countIn = (key: number, window: number): number => {
    let count = 0;
    for (let pair = lists.headOf(key); pair !== none; pair = nextOf(pair))
      if ((bitsOf(pair) & window) !== 0) count++;
    return count;
  };

  const judgeKey = (key: number, reached: (found: DistinctReached) => void): void => {
    let all = 0;
    for (let pair = lists.headOf(key); pair !== none; pair = nextOf(pair)) all |= bitsOf(pair);
    const isSeen = (bucket: number): boolean => (all & (1 << (bucket % bits))) !== 0;
    let found: DistinctReached | undefined;
    // A window that ends with nothing holds no more than the one before it.
    for (let end = floor + length - 1; end <= latest; end++) {
      if (!isSeen(end)) continue;
      const count = countIn(key, windowMask(end));
      if (count < threshold) continue;
      let begin = end - length + 1;
      while (!isSeen(begin)) begin++;
      const last = (end + 1) * step - 1;
      const start = Math.floor(last / period) * period;
      if (found !== undefined && found.start !== start) {
        reached(found);
        found = undefined;
      }
      const first = found?.first ?? begin * step;
      found = { key, start, first, last, count: Math.max(found?.count ?? 0, count) };
    }
    if (found !== undefined) reached(found);
  };

  const judgeChanged = (reached: (found: DistinctReached) => void): void => {
    if (changed.size === 0) return;
    const judged = changed;
    changed = new Set();
    for (const key of judged) judgeKey(key, reached);
  };

  return {
    step,
    add: (key, item, time) => {
      const bucket = Math.floor(time / step);
      if (!(time >= closed) || bucket < floor) return;
      if (bucket > latest) {
        // Bits are used again after 32 buckets: what stands in them now must be judged and go first.
        if (bucket - floor >= bits) {
          judgeChanged((found) => waiting.push(found));
          advance(bucket - bits + 1);
        }
        latest = bucket;
      }
      // As `bucket % bits`, of which the division of two large numbers would cost more than all else here.
      const bit = 1 << (bucket & (bits - 1));
      held |= bit;
      let mask = slots.length - 1;
      let slot = hashPair(key, item) & mask;
      for (let pair = slots[slot] ?? none; pair !== none; pair = slots[slot] ?? none) {
        if (keyOf(pair) === key && itemOf(pair) === item) {
          const seen = bitsOf(pair);
          if ((seen & bit) === 0) {
            pairs[pair * stride + bitsAt] = seen | bit;
            if (lists.lengthOf(key) >= threshold) changed.add(key);
          }
          return;
        }
        slot = (slot + 1) & mask;
      }
      const total = lists.lengthOf(key);
      if (total >= mostOfOne || used >= most) {
        counters.turnedAway++;
        return;
      }
      if (used * stride === pairs.length) {
        makeRoom();
        mask = slots.length - 1;
        slot = hashPair(key, item) & mask;
        while (slots[slot] !== none) slot = (slot + 1) & mask;
      }
      const pair = used++;
      const at = pair * stride;
      signed[at] = key;
      pairs[at + itemAt] = item;
      pairs[at + bitsAt] = bit;
      signed[at + nextAt] = lists.push(key, pair);
      slots[slot] = pair;
      counters.entries = used;
      if (total + 1 >= threshold) changed.add(key);
    },
    bringNear: (keys, items, count) => {
      const mask = slots.length - 1;
      let sum = 0;
      for (let i = 0; i < count; i++) sum ^= slots[hashPair(keys[i] ?? 0, items[i] ?? 0) & mask] ?? 0;
      fetched[0] = sum ^ lists.bringNear(keys, count);
    },
    judge: (reached) => {
      for (const found of waiting) reached(found);
      waiting = [];
      judgeChanged(reached);
    },
    totalOf: lists.lengthOf,
    windowAt: (key, time) => {
      const end = Math.floor(time / step);
      let all = 0;
      for (let pair = lists.headOf(key); pair !== none; pair = nextOf(pair)) all |= bitsOf(pair);
      const seen = Array.from({ length }, (_, i) => end - length + 1 + i).filter(
        (bucket) => (all & (1 << (bucket % bits))) !== 0,
      );
      const [first] = seen;
      if (first === undefined || seen.at(-1) !== end) return undefined;
      return { count: countIn(key, windowMask(end)), buckets: seen.length, first: first * step };
    },
    expire: (now) => {
      if (now === Number.POSITIVE_INFINITY) return;
      closed = Math.max(closed, now - lateness);
      const bucket = Math.floor((now - lateness) / step) - length;
      if (bucket > floor) advance(bucket);
    },
    forget: (forgotten) => {
      const gone = new Set(forgotten.filter((key) => lists.lengthOf(key) > 0));
      if (gone.size > 0) keepOnly((pair) => !gone.has(keyOf(pair)));
    },
    counters,
  };

  /** Forgets the buckets before `bucket`. */
  function advance(bucket: number): void {
    let gone = 0;
    if (bucket - floor >= bits) gone = 0xffffffff;
    else for (let old = floor; old < bucket; old++) gone |= 2 ** (old % bits);
    floor = bucket;
    // Mostly nothing was seen that long ago.
    if ((held & gone) === 0) return;
    held &= ~gone;
    for (let pair = 0; pair < used; pair++) pairs[pair * stride + bitsAt] = bitsOf(pair) & ~gone;
    keepOnly((pair) => bitsOf(pair) !== 0);
  }
}
