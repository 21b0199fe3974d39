/** Remembers texts by all of their bytes, a bounded number of them: a new one takes the place of an old one. */
export interface CleanTexts {
  readonly has: (bytes: Uint8Array, start: number, end: number) => boolean;
  readonly add: (bytes: Uint8Array, start: number, end: number) => void;
}

/** A power of two. */
const slots = 2_048;
/** Longer ones are not remembered. */
const longest = 384;

export function cleanTexts(): CleanTexts {
  const lengths = new Int32Array(slots);
  const kept = new Uint8Array(slots * longest);
  return {
    has: (bytes, start, end) => {
      const length = end - start;
      if (length > longest) return false;
      const slot = slotOf(bytes, start, end);
      if (lengths[slot] !== length) return false;
      const at = slot * longest;
      // From the end: agents begin alike.
      for (let i = length - 1; i >= 0; i--) if (kept[at + i] !== bytes[start + i]) return false;
      return true;
    },
    add: (bytes, start, end) => {
      const length = end - start;
      if (length > longest) return;
      const slot = slotOf(bytes, start, end);
      lengths[slot] = length;
      kept.set(bytes.subarray(start, end), slot * longest);
    },
  };
}

/** Of a few bytes only: what falls together only costs a second look. */
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let i = start; i < end; i += 5) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return (hash ^ (hash >>> 15)) & (slots - 1);
}
