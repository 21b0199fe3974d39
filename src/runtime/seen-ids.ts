/** Remembers ids of alerts, in memory that does not grow with their number. */
export interface SeenIds {
  /** False where the id is remembered already. */
  readonly add: (id: string) => boolean;
  /** How many ids are no longer remembered. */
  readonly forgotten: () => number;
}

/** An id is 128 bits, and none is taken for another: whoever writes logs could make two that agree in half of them. */
const wordsOfId = 4;

/** The last `most` ids are remembered for certain, and up to twice as many. An id is 32 hex digits. So many fit into two tables of 4 MB. */
export function createSeenIds(most = 190_000): SeenIds {
  let present = createTable();
  let past: Table | undefined;
  let forgotten = 0;
  return {
    add: (id) => {
      const a = wordAt(id, 0);
      const b = wordAt(id, 8);
      const c = wordAt(id, 16);
      // Nothing but zeros is what a free slot holds.
      const d = wordAt(id, 24) || 1;
      if (past?.has(a, b, c, d) === true || !present.add(a, b, c, d)) return false;
      if (present.size() >= most) {
        forgotten += past?.size() ?? 0;
        past = present;
        present = createTable();
      }
      return true;
    },
    forgotten: () => forgotten,
  };
}

/** The four words of an id are handed on one by one: lists of them would be most of what this costs. */
type OfId<T> = (a: number, b: number, c: number, d: number) => T;

/** The number that eight hex digits in small letters write. */
function wordAt(id: string, from: number): number {
  let word = 0;
  for (let at = from; at < from + 8; at++) {
    const code = id.charCodeAt(at);
    word = (word << 4) | (code < 0x3a ? code - 0x30 : code - 0x57);
  }
  return word >>> 0;
}

interface Table {
  readonly size: () => number;
  readonly has: OfId<boolean>;
  /** False where it is there already. */
  readonly add: OfId<boolean>;
}

/** Open addressing over one array of numbers: 16 bytes for each slot, and at least half of the slots in use once it has grown. */
function createTable(): Table {
  let slots = 1024;
  let held = new Uint32Array(slots * wordsOfId);
  let size = 0;

  /** Where the words stand, or the free slot where they would. */
  const find: OfId<number> = (a, b, c, d) => {
    let slot = a & (slots - 1);
    for (;;) {
      const at = slot * wordsOfId;
      if (
        held[at + 3] === 0 ||
        (held[at] === a && held[at + 1] === b && held[at + 2] === c && held[at + 3] === d)
      )
        return at;
      slot = (slot + 1) & (slots - 1);
    }
  };

  function put(at: number, a: number, b: number, c: number, d: number): void {
    held[at] = a;
    held[at + 1] = b;
    held[at + 2] = c;
    held[at + 3] = d;
  }

  function grow(): void {
    const before = held;
    slots *= 2;
    held = new Uint32Array(slots * wordsOfId);
    for (let at = 0; at < before.length; at += wordsOfId) {
      const a = before[at] ?? 0;
      const b = before[at + 1] ?? 0;
      const c = before[at + 2] ?? 0;
      const d = before[at + 3] ?? 0;
      if (d !== 0) put(find(a, b, c, d), a, b, c, d);
    }
  }

  return {
    size: () => size,
    has: (a, b, c, d) => held[find(a, b, c, d) + 3] !== 0,
    add: (a, b, c, d) => {
      const at = find(a, b, c, d);
      if (held[at + 3] !== 0) return false;
      put(at, a, b, c, d);
      size++;
      if (size > slots * 0.75) grow();
      return true;
    },
  };
}
