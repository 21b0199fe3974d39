import type { Escaping, Requests, TextColumnName } from '../event/requests.ts';
import type { NumberedTexts } from './numbered-texts.ts';

/** So many numbers are given before all are given anew, beside those of one batch. */
export const mostTexts = 32_768;
/** So many bytes of texts are kept, beside those of one batch. */
export const mostBytes = 4 * 1024 * 1024;
/** The number of each is its place here. */
export const escapings: readonly Escaping[] = ['none', 'percent', 'backslash'];

export interface PlainTexts extends NumberedTexts {
  readonly take: (requests: Requests, column: TextColumnName) => void;
}

/** Numbers texts of one column: a hash table with open addressing, which compares all bytes. */
export function plainTexts(seed: number): PlainTexts {
  let slots = new Int32Array(1_024).fill(-1);
  let hashes = new Int32Array(512);
  let shapes = new Uint8Array(512);
  let view: DataView = new DataView(new ArrayBuffer(0));
  let arena: DataView = new DataView(new ArrayBuffer(0));
  let used = 0;

  const texts: { -readonly [Key in keyof PlainTexts]: PlainTexts[Key] } = {
    ids: new Int32Array(0),
    size: 0,
    generation: 0,
    bytes: new Uint8Array(0),
    start: new Uint32Array(512),
    end: new Uint32Array(512),
    escapingOf: (id) => escapings[shapes[id] ?? 0] ?? 'none',
    take: (requests, column) => {
      const { count, bytes, text } = requests;
      const { start, end } = text[column];
      if (texts.ids.length < count) texts.ids = new Int32Array(Math.max(count, requests.position.length));
      if (texts.size > mostTexts || used > mostBytes) clear();
      view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const shape = escapings.indexOf(requests.escaping);
      const { ids } = texts;
      let empty = -1;
      for (let row = 0; row < count; row++) {
        const from = start[row] ?? 0;
        const to = end[row] ?? 0;
        if (from < to) ids[row] = numberOf(bytes, from, to, shape);
        else {
          if (empty === -1) empty = numberOf(bytes, 0, 0, shape);
          ids[row] = empty;
        }
      }
    },
  };

  const numberOf = (bytes: Uint8Array, from: number, to: number, shape: number): number => {
    const hash = hashOf(from, to, shape);
    let mask = slots.length - 1;
    let slot = hash & mask;
    for (let id = slots[slot] ?? -1; id !== -1; id = slots[slot] ?? -1) {
      if (hashes[id] === hash && isSame(id, from, to - from) && shapes[id] === shape) return id;
      slot = (slot + 1) & mask;
    }
    if (texts.size === hashes.length) {
      grow();
      mask = slots.length - 1;
      slot = hash & mask;
      while (slots[slot] !== -1) slot = (slot + 1) & mask;
    }
    const id = texts.size++;
    keep(id, bytes, from, to);
    hashes[id] = hash;
    shapes[id] = shape;
    slots[slot] = id;
    return id;
  };

  const hashOf = (from: number, to: number, shape: number): number => {
    let low = seed ^ Math.imul(to - from + 1, 0x9e3779b1) ^ shape;
    let high = Math.imul(seed, 0x85ebca77) ^ 0x165667b1;
    let i = from;
    for (const whole = to - 7; i < whole; i += 8) {
      low = Math.imul(low ^ view.getInt32(i, true), 0x9e3779b1);
      low ^= low >>> 15;
      high = Math.imul(high ^ view.getInt32(i + 4, true), 0x85ebca77);
      high ^= high >>> 13;
    }
    for (; i < to; i++) {
      low = Math.imul(low ^ (view.getUint8(i) + 0x100), 0x9e3779b1);
      low ^= low >>> 15;
    }
    let h = low ^ Math.imul(high, 0xc2b2ae3d);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return h ^ (h >>> 16);
  };

  const isSame = (id: number, from: number, length: number): boolean => {
    const at = texts.start[id] ?? 0;
    if ((texts.end[id] ?? 0) - at !== length) return false;
    let i = 0;
    for (const whole = length - 3; i < whole; i += 4)
      if (arena.getInt32(at + i, true) !== view.getInt32(from + i, true)) return false;
    for (; i < length; i++) if (arena.getUint8(at + i) !== view.getUint8(from + i)) return false;
    return true;
  };

  const keep = (id: number, bytes: Uint8Array, from: number, to: number): void => {
    const next = used + to - from;
    if (next > texts.bytes.length) {
      const more = new Uint8Array(Math.max(next, texts.bytes.length * 2, 4_096));
      more.set(texts.bytes.subarray(0, used));
      texts.bytes = more;
      arena = new DataView(more.buffer);
    }
    texts.bytes.set(bytes.subarray(from, to), used);
    texts.start[id] = used;
    texts.end[id] = next;
    used = next;
  };

  const grow = (): void => {
    const room = hashes.length * 2;
    const more = <Column extends Int32Array | Uint32Array | Uint8Array>(to: Column, from: Column): Column => {
      to.set(from);
      return to;
    };
    hashes = more(new Int32Array(room), hashes);
    shapes = more(new Uint8Array(room), shapes);
    texts.start = more(new Uint32Array(room), texts.start);
    texts.end = more(new Uint32Array(room), texts.end);
    slots = new Int32Array(room * 2).fill(-1);
    const mask = slots.length - 1;
    for (let id = 0; id < texts.size; id++) {
      let slot = (hashes[id] ?? 0) & mask;
      while (slots[slot] !== -1) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
  };

  const clear = (): void => {
    slots.fill(-1);
    texts.size = 0;
    texts.generation++;
    used = 0;
    // What one batch of very long texts needed is given back.
    if (texts.bytes.length > 2 * mostBytes) {
      texts.bytes = new Uint8Array(0);
      arena = new DataView(texts.bytes.buffer);
    }
  };

  return texts;
}
