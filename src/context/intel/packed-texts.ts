/** Texts as UTF-8 one after the other, where each begins, and a number that each is sought by. */
export interface PackedTexts {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** One more than there are texts. */
  readonly starts: Uint32Array<ArrayBuffer>;
  readonly hashes: Uint32Array<ArrayBuffer>;
}

const encoder = new TextEncoder();
// A text may begin with a mark of byte order, which belongs to it.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** In the order in which `findText` finds them, each once. */
export function sortedTexts(texts: readonly string[]): readonly string[] {
  const keyed = texts.map((text) => {
    const written = text.toWellFormed();
    return { text, written, hash: hashOf(written) };
  });
  keyed.sort((a, b) => a.hash - b.hash || (a.written < b.written ? -1 : Number(a.written > b.written)));
  return keyed.map(({ text }) => text);
}

/** In the order in which they are given. */
export function packTexts(texts: readonly string[]): PackedTexts {
  const starts = new Uint32Array(texts.length + 1);
  const hashes = new Uint32Array(texts.length);
  const written = texts.map((text) => text.toWellFormed());
  for (const [index, text] of written.entries()) {
    starts[index + 1] = (starts[index] ?? 0) + Buffer.byteLength(text);
    hashes[index] = hashOf(text);
  }
  const bytes = new Uint8Array(starts[texts.length] ?? 0);
  for (const [index, text] of written.entries()) encoder.encodeInto(text, bytes.subarray(starts[index]));
  return { bytes, starts, hashes };
}

export function textAt({ bytes, starts }: PackedTexts, index: number): string {
  return decoder.decode(bytes.subarray(starts[index], starts[index + 1]));
}

/**
 * The index of a text among sorted ones, -1 where it is not among them. The time grows with the logarithm of how many there are, also where somebody
 * has made thousands that share a hash.
 */
export function findText(texts: PackedTexts, text: string): number {
  const written = text.toWellFormed();
  const hash = hashOf(written);
  const { hashes } = texts;
  let low = firstFrom(hashes, hash);
  let high = hash === 0xffff_ffff ? hashes.length : firstFrom(hashes, hash + 1);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = textAt(texts, middle);
    if (found === written) return middle;
    if (found < written) low = middle + 1;
    else high = middle;
  }
  return -1;
}

/** The first index whose hash is at least this. */
function firstFrom(hashes: Uint32Array, hash: number): number {
  let low = 0;
  let high = hashes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((hashes[middle] ?? 0) < hash) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** FNV-1a of UTF-16 units: http://www.isthe.com/chongo/tech/comp/fnv/ */
function hashOf(text: string): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193);
  return hash >>> 0;
}
