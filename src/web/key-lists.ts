/**
 * For each of some keys the head of a list and how long it is. Keys are whole numbers from 0 to 2^31 - 1 that others do not choose, such as
 * numbers of clients; about 21 to 43 bytes for each key that has a list, and nothing for all others.
 */
export interface KeyLists {
  /** -1 where the key has no list. */
  readonly headOf: (key: number) => number;
  readonly lengthOf: (key: number) => number;
  /** Puts a new head before the list of a key, and gives the one that was there; -1 where there was none. */
  readonly push: (key: number, head: number) => number;
  readonly clear: () => void;
  /**
   * Has the memory look for the lists of the first so many keys at once, without a look at what is there, which would have to be waited for.
   * The number is of no use but to whoever must not be left out as useless.
   */
  readonly bringNear: (keys: Int32Array, count: number) => number;
}

const none = -1;
const smallest = 1_024;
// Places in the numbers of a list, behind its key; one more, so that a list lies in one line of the cache.
const stride = 4;
const headAt = 1;
/** 0 where the place is free. */
const lengthAt = 2;

export function keyLists(): KeyLists {
  /** Of each list its key, its head and its length, together: lists lie in no cache, and each place that is looked at is waited for. */
  let lists = new Int32Array(smallest * stride);
  let mask = smallest - 1;
  let size = 0;

  const slotOf = (key: number): number => {
    const h = Math.imul(key, 0x9e3779b1);
    return (h ^ (h >>> 15)) & mask;
  };

  /** Where the list of a key is, or where it would be. */
  const placeOf = (key: number): number => {
    let slot = slotOf(key);
    for (let at = slot * stride; lists[at + lengthAt] !== 0; at = slot * stride) {
      if (lists[at] === key) return at;
      slot = (slot + 1) & mask;
    }
    return slot * stride;
  };

  const grow = (): void => {
    const old = lists;
    lists = new Int32Array(old.length * 2);
    mask = mask * 2 + 1;
    for (let from = 0; from < old.length; from += stride) {
      const length = old[from + lengthAt] ?? 0;
      if (length === 0) continue;
      const key = old[from] ?? 0;
      const to = placeOf(key);
      lists[to] = key;
      lists[to + headAt] = old[from + headAt] ?? none;
      lists[to + lengthAt] = length;
    }
  };

  return {
    headOf: (key) => {
      const at = placeOf(key);
      return lists[at + lengthAt] === 0 ? none : (lists[at + headAt] ?? none);
    },
    lengthOf: (key) => lists[placeOf(key) + lengthAt] ?? 0,
    push: (key, head) => {
      let at = placeOf(key);
      const length = lists[at + lengthAt] ?? 0;
      const before = length === 0 ? none : (lists[at + headAt] ?? none);
      if (length === 0) {
        if (++size * 4 > (mask + 1) * 3) {
          grow();
          at = placeOf(key);
        }
        lists[at] = key;
      }
      lists[at + headAt] = head;
      lists[at + lengthAt] = length + 1;
      return before;
    },
    clear: () => {
      lists.fill(0);
      size = 0;
    },
    bringNear: (keys, count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) sum ^= lists[slotOf(keys[i] ?? 0) * stride] ?? 0;
      return sum;
    },
  };
}
