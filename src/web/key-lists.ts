/**
 * For each of some keys the head of a list and how long it is. Keys are whole numbers from 0 to 2^31 - 1 that others do not choose, such as
 * numbers of clients; about 20 bytes for each key that has a list, and nothing for all others.
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

export function keyLists(): KeyLists {
  let slots = new Int32Array(smallest).fill(none);
  let keys = new Int32Array(smallest / 2);
  let heads = new Int32Array(smallest / 2);
  let lengths = new Uint32Array(smallest / 2);
  let size = 0;

  /** Where the list of a key is, or where it would be. */
  const slotOf = (key: number): number => {
    const mask = slots.length - 1;
    const h = Math.imul(key, 0x9e3779b1);
    let slot = (h ^ (h >>> 15)) & mask;
    for (let list = slots[slot] ?? none; list !== none; list = slots[slot] ?? none) {
      if (keys[list] === key) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  };

  const grow = (): void => {
    const room = keys.length * 2;
    const more = { keys: new Int32Array(room), heads: new Int32Array(room), lengths: new Uint32Array(room) };
    more.keys.set(keys);
    more.heads.set(heads);
    more.lengths.set(lengths);
    ({ keys, heads, lengths } = more);
    slots = new Int32Array(room * 2).fill(none);
    for (let list = 0; list < size; list++) slots[slotOf(keys[list] ?? 0)] = list;
  };

  return {
    headOf: (key) => {
      const list = slots[slotOf(key)] ?? none;
      return list === none ? none : (heads[list] ?? none);
    },
    lengthOf: (key) => {
      const list = slots[slotOf(key)] ?? none;
      return list === none ? 0 : (lengths[list] ?? 0);
    },
    push: (key, head) => {
      let slot = slotOf(key);
      let list = slots[slot] ?? none;
      if (list === none) {
        if (size === keys.length) {
          grow();
          slot = slotOf(key);
        }
        list = size++;
        slots[slot] = list;
        keys[list] = key;
        heads[list] = none;
        lengths[list] = 0;
      }
      const before = heads[list] ?? none;
      heads[list] = head;
      lengths[list] = (lengths[list] ?? 0) + 1;
      return before;
    },
    clear: () => {
      slots.fill(none);
      size = 0;
    },
  };
}
