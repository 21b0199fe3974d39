/**
 * For each of some keys the head of a list and how long it is. Keys are whole numbers from 0 to 2^31 - 1 that others do not choose, such as
 * numbers of clients; about 24 bytes for each key that has a list, and nothing for all others.
 */
export interface KeyLists {
  /** -1 where the key has no list. */
  readonly headOf: (key: number) => number;
  readonly lengthOf: (key: number) => number;
  /** Puts a new head before the list of a key, and gives the one that was there; -1 where there was none. */
  readonly push: (key: number, head: number) => number;
  readonly clear: () => void;
}

const none = -1;
const smallest = 1_024;
// Places in the numbers of a list, behind its key; one more, so that a list lies in one line of the cache.
const stride = 4;
const headAt = 1;
const lengthAt = 2;

export function keyLists(): KeyLists {
  let slots = new Int32Array(smallest).fill(none);
  /** Of each list its key, its head and its length, together. */
  let lists = new Int32Array((smallest / 2) * stride);
  let size = 0;

  /** Where the list of a key is, or where it would be. */
  const slotOf = (key: number): number => {
    const mask = slots.length - 1;
    const h = Math.imul(key, 0x9e3779b1);
    let slot = (h ^ (h >>> 15)) & mask;
    for (let list = slots[slot] ?? none; list !== none; list = slots[slot] ?? none) {
      if (lists[list * stride] === key) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  };

  const grow = (): void => {
    const more = new Int32Array(lists.length * 2);
    more.set(lists);
    lists = more;
    slots = new Int32Array(slots.length * 2).fill(none);
    for (let list = 0; list < size; list++) slots[slotOf(lists[list * stride] ?? 0)] = list;
  };

  return {
    headOf: (key) => {
      const list = slots[slotOf(key)] ?? none;
      return list === none ? none : (lists[list * stride + headAt] ?? none);
    },
    lengthOf: (key) => {
      const list = slots[slotOf(key)] ?? none;
      return list === none ? 0 : (lists[list * stride + lengthAt] ?? 0);
    },
    push: (key, head) => {
      let slot = slotOf(key);
      let list = slots[slot] ?? none;
      if (list === none) {
        if (size * stride === lists.length) {
          grow();
          slot = slotOf(key);
        }
        list = size++;
        slots[slot] = list;
        lists[list * stride] = key;
        lists[list * stride + headAt] = none;
        lists[list * stride + lengthAt] = 0;
      }
      const at = list * stride;
      const before = lists[at + headAt] ?? none;
      lists[at + headAt] = head;
      lists[at + lengthAt] = (lists[at + lengthAt] ?? 0) + 1;
      return before;
    },
    clear: () => {
      slots.fill(none);
      size = 0;
    },
  };
}
