/**
 * Numbers the texts of a batch of requests, in tables that lie in this memory. AssemblyScript, compiled to WebAssembly with
 * SIMD by scripts/build-wasm.ts, as a part of assembly/traffic-kernel.ts; the host
 * is src/web/traffic-kernel.ts.
 *
 * The same numbers come out as of the plain way (src/web/plain-texts.ts), in which all of this is said in the project's own language: only
 * hashes differ, and no number depends on them.
 */
import { hashOf, multiplier, seedA, seedB } from './seeded-hash';
import { ends, input, rowsMost, starts } from './traffic-batch';

/** The most texts of a table. */
export const textsMost: u32 = 40968;
/** The most bytes of all texts of a table. */
export const arenaMost: u32 = 6291456;

// A table of texts: how many there are, how many bytes they have, and the last place of the index in use; then these columns.
const textSize: u32 = 0;
const textUsed: u32 = 4;
const textMask: u32 = 8;
export const textIds: u32 = 64;
export const textStarts: u32 = textIds + rowsMost * 4;
export const textEnds: u32 = textStarts + textsMost * 4;
export const textShapes: u32 = textEnds + textsMost * 4;
const textHashes: u32 = textShapes + textsMost;
/** What tells a text from others together, so that it is one look at the memory: where it begins, its length, and in the lowest bits its shape. */
const textRecords: u32 = textHashes + textsMost * 4;
/** A slot has a number and one more in its lower half, and in the other half that of the hash. */
const textSlots: u32 = textRecords + textsMost * 8;
/** The index begins small, as most columns have few texts, and never is more than half full; powers of two. */
const textSlotsLeast: u32 = 1024;
const textSlotsMost: u32 = 131072;
/** Where long texts lie that came lately: a number and one more at the place that a few of their bytes say. */
const textRecent: u32 = textSlots + textSlotsMost * 4;
const recentMost: u32 = 1024;
/** The shortest of these; at least 16. */
const longText: u32 = 32;
export const textArena: u32 = textRecent + recentMost * 4;
export const textTableBytes: u32 = textArena + arenaMost + 64;

@inline
function same(a: u32, b: u32, length: u32): bool {
  if (length >= 16) {
    const last = length - 16;
    for (let i: u32 = 0; i < last; i += 16)
      if (!i8x16.all_true(i8x16.eq(v128.load(a + i), v128.load(b + i)))) return false;
    return i8x16.all_true(i8x16.eq(v128.load(a + last), v128.load(b + last)));
  }
  if (length >= 8)
    return load<u64>(a) == load<u64>(b) && load<u64>(a + length - 8) == load<u64>(b + length - 8);
  if (length >= 4)
    return load<u32>(a) == load<u32>(b) && load<u32>(a + length - 4) == load<u32>(b + length - 4);
  for (let i: u32 = 0; i < length; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

/** Where a long text is looked for first: some of its bytes tell apart most that are in use at a time, and all of them are compared there. */
@inline
function recentOf(table: u32, at: u32, length: u32, by: u64): u32 {
  const last = at + length - 8;
  const some =
    load<u64>(last) ^ rotl(load<u64>(last - 24), 17) ^ rotl(load<u64>(at + (length >>> 1)), 31) ^ rotl(load<u64>(at + (length >>> 2)), 47);
  return table + textRecent + (<u32>(((some + length) * by) >>> 54) << 2);
}

/** Whether that is the text of a number. */
@inline
function isText(table: u32, id: u32, at: u32, length: u32, shape: u32): bool {
  const record = table + textRecords + (id << 3);
  return load<u32>(record, 4) == ((length << 2) | shape) && same(at, table + textArena + load<u32>(record), length);
}

/** Makes the index twice as large. */
function widen(table: u32, size: u32): u32 {
  const room = (load<u32>(table, textMask) + 1) << 1;
  memory.fill(table + textSlots, 0, room << 2);
  for (let id: u32 = 0; id < size; id++) {
    const hash = load<u32>(table + textHashes + (id << 2));
    let slot = hash & (room - 1);
    while (load<u32>(table + textSlots + (slot << 2)) != 0) slot = (slot + 1) & (room - 1);
    store<u32>(table + textSlots + (slot << 2), slotOf(id, hash));
  }
  store<u32>(table, room - 1, textMask);
  return room - 1;
}

@inline
function slotOf(id: u32, hash: u32): u32 {
  return (hash & 0xffff0000) | (id + 1);
}

/**
 * Numbers the texts of so many rows.
 * @param shape how they are escaped: the same bytes with another shape are another text
 * @returns the row for which there was no room; as many as there are rows where there was for all
 */
export function numberTexts(table: u32, count: u32, shape: u32): u32 {
  const a = seedA ^ shape;
  const b = seedB;
  const by = multiplier;
  let size = load<u32>(table, textSize);
  let used = load<u32>(table, textUsed);
  let mask = load<u32>(table, textMask);
  if (mask == 0) {
    mask = textSlotsLeast - 1;
    store<u32>(table, mask, textMask);
  }
  let empty: i32 = -1;
  /** The row before: mostly hosts and methods are the same again. */
  let lastAt: u32 = 0;
  let lastLength: u32 = 0;
  let lastId: u32 = 0;
  let row: u32 = 0;
  for (; row < count; row++) {
    const from = load<i32>(starts + (row << 2));
    const to = load<i32>(ends + (row << 2));
    const length: u32 = from < to ? to - from : 0;
    const target = table + textIds + (row << 2);
    if (length == 0 && empty != -1) {
      store<u32>(target, empty);
      continue;
    }
    const at = input + from;
    let recent: u32 = 0;
    if (length >= longText) {
      recent = recentOf(table, at, length, by);
      const held = load<u32>(recent);
      if (held != 0 && isText(table, held - 1, at, length, shape)) {
        store<u32>(target, held - 1);
        continue;
      }
    } else if (length != 0 && length == lastLength && same(at, lastAt, length)) {
      store<u32>(target, lastId);
      continue;
    }
    const hash = hashOf(at, length, a, b, by);
    let slot = hash & mask;
    let id: u32 = 0;
    let known = false;
    for (;;) {
      const held = load<u32>(table + textSlots + (slot << 2));
      if (held == 0) break;
      id = (held & 0xffff) - 1;
      if (((held ^ hash) & 0xffff0000) == 0 && isText(table, id, at, length, shape)) {
        known = true;
        break;
      }
      slot = (slot + 1) & mask;
    }
    if (!known) {
      if (size == textsMost || used + length > arenaMost) break;
      id = size++;
      memory.copy(table + textArena + used, at, length);
      store<u32>(table + textStarts + (id << 2), used);
      store<u32>(table + textRecords + (id << 3), used);
      store<u32>(table + textRecords + (id << 3), (length << 2) | shape, 4);
      used += length;
      store<u32>(table + textEnds + (id << 2), used);
      store<u32>(table + textHashes + (id << 2), hash);
      store<u8>(table + textShapes + id, <u8>shape);
      store<u32>(table + textSlots + (slot << 2), slotOf(id, hash));
      if (size << 1 > mask && mask + 1 < textSlotsMost) mask = widen(table, size);
    }
    store<u32>(target, id);
    if (recent != 0) store<u32>(recent, id + 1);
    if (length == 0) empty = id;
    else {
      lastAt = at;
      lastLength = length;
      lastId = id;
    }
  }
  store<u32>(table, size, textSize);
  store<u32>(table, used, textUsed);
  return row;
}

export function sizeOf(table: u32): u32 {
  return load<u32>(table, textSize);
}

export function bytesOf(table: u32): u32 {
  return load<u32>(table, textUsed);
}

/** Takes all numbers back. */
export function clearTexts(table: u32): void {
  store<u32>(table, 0, textSize);
  store<u32>(table, 0, textUsed);
  memory.fill(table + textSlots, 0, (load<u32>(table, textMask) + 1) << 2);
  store<u32>(table, textSlotsLeast - 1, textMask);
  memory.fill(table + textRecent, 0, recentMost * 4);
}
