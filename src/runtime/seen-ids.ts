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
      const words = wordsIn(id);
      if (past?.has(words) === true || !present.add(words)) return false;
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

type Words = readonly [number, number, number, number];

function wordsIn(id: string): Words {
  const last = wordAt(id, 24);
  // Nothing but zeros is what a free slot holds.
  return [wordAt(id, 0), wordAt(id, 8), wordAt(id, 16), last === 0 ? 1 : last];
}

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
  readonly has: (words: Words) => boolean;
  /** False where it is there already. */
  readonly add: (words: Words) => boolean;
}

/** Open addressing over one array of numbers: 16 bytes for each slot, and at least half of the slots in use once it has grown. */
function createTable(): Table {
  let slots = 1024;
  let held = new Uint32Array(slots * wordsOfId);
  let size = 0;

  /** Where the words stand, or the free slot where they would. */
  function find([a, b, c, d]: Words): number {
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
  }

  function grow(): void {
    const before = held;
    slots *= 2;
    held = new Uint32Array(slots * wordsOfId);
    for (let at = 0; at < before.length; at += wordsOfId) {
      const [a = 0, b = 0, c = 0, d = 0] = before.subarray(at, at + wordsOfId);
      if (d !== 0) held.set([a, b, c, d], find([a, b, c, d]));
    }
  }

  return {
    size: () => size,
    has: (words) => held[find(words) + 3] !== 0,
    add: (words) => {
      const at = find(words);
      if (held[at + 3] !== 0) return false;
      held.set(words, at);
      size++;
      if (size > slots * 0.75) grow();
      return true;
    },
  };
}
