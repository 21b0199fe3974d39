import { ParquetError } from './error.ts';

/** Dictionaries are smaller by far, and so many bits can be taken with shifts of 32. */
const mostBits = 24;

/**
 * Fills `out` with whole numbers in Parquet's mixture of runs and packed bits. A run that says it is longer is cut, and never written down.
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE
 * @throws {ParquetError} where the bytes end before `out` is full
 */
export function readRuns(
  bytes: Uint8Array,
  start: number,
  end: number,
  bits: number,
  out: Int32Array | Uint8Array,
): void {
  if (bits > mostBits)
    throw new ParquetError(`a page has numbers of ${bits} bits; at most ${mostBits} are read`);
  let at = start;
  let seen = 0;
  while (seen < out.length) {
    let head = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= end || shift > 28) throw new ParquetError('a page has fewer values than it says');
      const byte = bytes[at++] ?? 0;
      head += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const count = Math.floor(head / 2);
    if (head % 2 === 0) {
      let value = 0;
      for (let i = 0; i < bits; i += 8) value |= (bytes[at++] ?? 0) << i;
      if (at > end) throw new ParquetError('a page has fewer values than it says');
      const next = Math.min(out.length, seen + count);
      out.fill(value, seen, next);
      seen = next;
      continue;
    }
    const next = Math.min(out.length, seen + count * 8);
    if (at + Math.ceil(((next - seen) * bits) / 8) > end)
      throw new ParquetError('a page has fewer values than it says');
    const mask = 2 ** bits - 1;
    let held = 0;
    let heldBits = 0;
    let from = at;
    for (; seen < next; seen++) {
      while (heldBits < bits) {
        held |= (bytes[from++] ?? 0) << heldBits;
        heldBits += 8;
      }
      out[seen] = held & mask;
      held >>>= bits;
      heldBits -= bits;
    }
    at += count * bits;
  }
}
