/**
 * A hash of 64 bits in two halves (signed, so that they need no memory of their own), made without an object for each: `take` leaves it in `low` and `high`. Not for secrets; `seed` keeps
 * attackers who do not know it from choosing texts that fall together.
 */
export interface ByteHash {
  low: number;
  high: number;
  /** Of the bytes from `start` to `end`. Fast where it is asked for the same array again and again. */
  readonly take: (bytes: Uint8Array, start: number, end: number) => void;
  /** Of so many words from `at` on. */
  readonly takeWords: (words: Uint32Array, at: number, count: number) => void;
  /** Of what was taken last together with one more number. */
  readonly with: (low: number, high: number) => void;
}

const first = 0x9e3779b1;
const second = 0x85ebca77;

export function byteHash(seed: number): ByteHash {
  let viewed: Uint8Array = new Uint8Array(0);
  let view: DataView = new DataView(viewed.buffer);
  const hash: ByteHash = {
    low: 0,
    high: 0,
    take: (bytes, start, end) => {
      let low = seed ^ (end - start);
      let high = Math.imul(seed, second) ^ first;
      let i = start;
      if (bytes !== viewed) {
        viewed = bytes;
        view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      }
      // Four bytes at once: texts are long, and this is the hottest loop of the board (bench/access-logs).
      for (const whole = end - 3; i < whole; i += 4) {
        const word = view.getInt32(i, true);
        low = Math.imul(low ^ word, first);
        low ^= low >>> 15;
        high = Math.imul(((high << 13) | (high >>> 19)) ^ word, second);
      }
      for (; i < end; i++) {
        const byte = (bytes[i] ?? 0) + 0x100;
        low = Math.imul(low ^ byte, first);
        low ^= low >>> 15;
        high = Math.imul(((high << 13) | (high >>> 19)) ^ byte, second);
      }
      finish(hash, low, high);
    },
    takeWords: (words, at, count) => {
      let low = seed | 0;
      let high = Math.imul(seed, second) ^ first;
      for (let i = at; i < at + count; i++) {
        const word = words[i] ?? 0;
        low = Math.imul(low ^ word, first);
        low ^= low >>> 15;
        high = Math.imul(((high << 13) | (high >>> 19)) ^ word, second);
      }
      finish(hash, low, high);
    },
    with: (low, high) => {
      finish(hash, Math.imul(hash.low ^ low, first) + high, Math.imul(hash.high ^ high, second) ^ low);
    },
  };
  return hash;
}

/** MurmurHash3's last step on both halves, each of which then depends on the other. */
function finish(hash: ByteHash, low: number, high: number): void {
  const mixedLow = mixed(low ^ Math.imul(high, 0x165667b1));
  hash.low = mixedLow;
  hash.high = mixed((high + mixedLow) | 0);
}

function mixed(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
