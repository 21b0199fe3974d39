/**
 * Numbers the clients and the texts of a batch of requests, in tables that lie in this memory. AssemblyScript, compiled to WebAssembly with
 * SIMD by scripts/build-wasm.ts, as a part of assembly/traffic-kernel.ts; the host is src/web/traffic-kernel.ts.
 *
 * The same numbers come out as of the plain ways (src/web/plain-clients.ts, src/web/plain-texts.ts), in which all of this is said in the
 * project's own language: only hashes differ, and no number depends on them.
 */

/** The most rows of a batch. */
export const rowsMost: u32 = 8192;
/** The most bytes of a batch. */
export const inputMost: u32 = 2097152;
/** The most texts of a table. */
export const textsMost: u32 = 40968;
/** The most bytes of all texts of a table. */
export const arenaMost: u32 = 6291456;

// Places in this memory. The host puts bytes, and where in them each row's text begins and ends, into the first three.
export const starts: u32 = 65536;
export const ends: u32 = starts + rowsMost * 4;
export const input: u32 = ends + rowsMost * 4;
/** Of each row its client, and before that 0 where it has an address and -1 where it has none. */
export const clientIds: u32 = input + inputMost + 64;
/** 16 bytes of each row: its address, as four words. */
export const addresses: u32 = clientIds + rowsMost * 4;
const addressHashes: u32 = addresses + rowsMost * 16;
/** Where what follows may lie (assembly/traffic-counts.ts). */
export const behind: u32 = addressHashes + rowsMost * 4;

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

let seedA: u64 = 0;
let seedB: u64 = 0;
let multiplier: u64 = 0;

@inline
function spread(value: u64): u64 {
  let h = value;
  h = (h ^ (h >>> 30)) * 0xbf58476d1ce4e5b9;
  h = (h ^ (h >>> 27)) * 0x94d049bb133111eb;
  return h ^ (h >>> 31);
}

/** Hashes differ with the seed, in how they begin and in what they multiply with. */
export function seedWith(seed: u32): void {
  seedA = spread(<u64>seed + 0x9e3779b97f4a7c15);
  seedB = spread(seedA + 0x9e3779b97f4a7c15);
  multiplier = spread(seedB + 0x9e3779b97f4a7c15) | 1;
}

@inline
function step(h: u64, word: u64, by: u64): u64 {
  return rotl((h ^ word) * by, 29);
}

@inline
function hashOf(at: u32, length: u32, a: u64, b: u64, by: u64): u32 {
  if (length >= 16) {
    const last = at + length - 16;
    for (let i = at; i < last; i += 16) {
      a = step(a, load<u64>(i), by);
      b = step(b, load<u64>(i, 8), by);
    }
    a = step(a, load<u64>(last), by);
    b = step(b, load<u64>(last, 8), by);
  } else if (length >= 8) {
    a = step(a, load<u64>(at), by);
    b = step(b, load<u64>(at + length - 8), by);
  } else if (length >= 4) {
    a = step(a, <u64>load<u32>(at), by);
    b = step(b, <u64>load<u32>(at + length - 4), by);
  } else for (let i: u32 = 0; i < length; i++) a = step(a, <u64>load<u8>(at + i), by);
  return <u32>spread((a ^ length) + rotl(b, 32) * by);
}

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

// The clients: 16 bytes of each, its address; in which batch it was seen last, 0 where the number is free; numbers that are free again.
let words: u32 = 0;
let seen: u32 = 0;
let free: u32 = 0;
/**
 * The index: 8 bytes a slot. In the lower half what the address is told by, which of an IPv4 address is the address itself, so that nothing else
 * has to be looked at, and of all others a hash; in the other half the number and one more, with the highest bit for IPv4.
 */
let slots: u32 = 0;
let capacity: u32 = 0;
let slotsMask: u32 = 0;
let given: u32 = 0;
let freeCount: u32 = 0;
let newcomers: u32 = 0;
/** Keeps what is only fetched from being left out as useless. */
let fetched: u64 = 0;

const ofIpv4: u64 = 0x8000000000000000;
const numberOf: u32 = 0x7fffffff;

/**
 * Says where the table of clients lies: `words` of 16 bytes, `seen` of 2 and `free` of 4 for each client, `slots` of 8, twice as many and a power of
 * two.
 */
export function layClients(at: u32, seenAt: u32, freeAt: u32, slotsAt: u32, most: u32): void {
  words = at;
  seen = seenAt;
  free = freeAt;
  slots = slotsAt;
  capacity = most;
}

/** Goes on with clients whose words, seen and free numbers the host has written. */
export function goOn(numbersGiven: u32, numbersFree: u32): void {
  given = numbersGiven;
  freeCount = numbersFree;
  indexClients();
}

export function numbersGiven(): u32 {
  return given;
}

export function numbersFree(): u32 {
  return freeCount;
}

/** Clients that were new, since this was last asked. */
export function takeNewcomers(): u32 {
  const count = newcomers;
  newcomers = 0;
  return count;
}

/** Where the address of a client lies. */
@inline
export function addressOf(client: u32): u32 {
  return words + (client << 4);
}

@inline
function hashOfAddress(at: u32): u32 {
  const by = multiplier;
  const h = step(step(seedA, load<u64>(at), by), load<u64>(at, 8) ^ seedB, by);
  return <u32>spread(h);
}

/** What a slot has of an address, but for the number. */
@inline
function tellingOf(at: u32, hash: u32): u64 {
  return isIpv4(at) ? ofIpv4 | <u64>load<u32>(at, 12) : <u64>hash;
}

/** Whether these words are an IPv4 address (mapped into IPv6, RFC 4291 2.5.5.2). */
@inline
export function isIpv4(at: u32): bool {
  return load<u64>(at) == 0 && load<u32>(at, 8) == 0xffff;
}

@inline
function withNumber(telling: u64, id: u32): u64 {
  return telling | ((<u64>id + 1) << 32);
}

/** Makes the index anew, at most half full. */
export function indexClients(): void {
  let room: u32 = 8192;
  while (room < given * 2) room <<= 1;
  slotsMask = room - 1;
  memory.fill(slots, 0, room << 3);
  for (let id: u32 = 0; id < given; id++) {
    if (load<u16>(seen + (id << 1)) == 0) continue;
    const at = words + (id << 4);
    const hash = hashOfAddress(at);
    let slot = hash & slotsMask;
    while (load<u64>(slots + (slot << 3)) != 0) slot = (slot + 1) & slotsMask;
    store<u64>(slots + (slot << 3), withNumber(tellingOf(at, hash), id));
  }
}

/** The 32 bits of an IPv4 address; -1 where it is none. As `parseIpv4` of src/web/address.ts. */
function ipv4At(at: u32, end: u32): i64 {
  let value: u32 = 0;
  let part: u32 = 0;
  let digits: u32 = 0;
  let dots: u32 = 0;
  for (let i = at; i < end; i++) {
    const byte = <u32>load<u8>(i);
    const digit = byte - 48;
    if (digit <= 9) {
      if (digits != 0 && part == 0) return -1;
      part = part * 10 + digit;
      digits++;
      if (part > 255) return -1;
    } else {
      if (byte != 0x2e || digits == 0 || dots == 3) return -1;
      value = (value << 8) | part;
      part = 0;
      digits = 0;
      dots++;
    }
  }
  return dots == 3 && digits != 0 ? <i64>((value << 8) | part) : -1;
}

/**
 * As `ipv4At`, of at most 15 bytes, and without a branch for each: where dots stand differs from one address to the next. Four bytes before must be
 * there to be read.
 */
@inline
function shortIpv4At(at: u32, length: u32): i64 {
  const bytes = v128.load(at);
  const all: u32 = ((<u32>1) << length) - 1;
  let dots = <u32>i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(0x2e))) & all;
  const digits = <u32>i8x16.bitmask(i8x16.le_u(i8x16.sub(bytes, i8x16.splat(0x30)), i8x16.splat(9))) & all;
  if ((dots | digits) != all || popcnt(dots) != 3) return -1;
  const first = <u32>ctz(dots);
  dots &= dots - 1;
  const second = <u32>ctz(dots);
  const third = <u32>ctz(dots & (dots - 1));
  // Of none it is a very large number.
  if (first - 1 > 2 || second - first - 2 > 2 || third - second - 2 > 2 || length - third - 2 > 2) return -1;
  // In each lane the last four bytes of a part: its digits, and before them a dot, or what stands before that.
  let parts = i32x4.splat((load<u32>(at) << ((4 - first) << 3)) | (<u32>0x2e2e2e2e >>> (first << 3)));
  parts = v128.load_lane<u32>(at + second - 4, parts, 1);
  parts = v128.load_lane<u32>(at + third - 4, parts, 2);
  parts = v128.load_lane<u32>(at + length - 4, parts, 3);
  const ends = i8x16.eq(parts, i8x16.splat(0x2e));
  const others = v128.or(ends, v128.or(i32x4.shr_u(ends, 8), i32x4.shr_u(ends, 16)));
  const values = v128.andnot(v128.and(parts, i8x16.splat(15)), others);
  const octets = i32x4.add(
    i32x4.add(
      i16x8.mul(v128.and(i32x4.shr_u(values, 8), i32x4.splat(255)), i32x4.splat(100)),
      i16x8.mul(v128.and(i32x4.shr_u(values, 16), i32x4.splat(255)), i32x4.splat(10)),
    ),
    i32x4.shr_u(values, 24),
  );
  // A zero with digits behind it.
  const firstDigits = v128.andnot(i32x4.shl(others, 8), others);
  const zeros = v128.and(v128.and(firstDigits, i8x16.eq(values, i8x16.splat(0))), i32x4.splat(0x00ffffff));
  if (v128.any_true(v128.or(zeros, i32x4.gt_u(octets, i32x4.splat(255))))) return -1;
  const joined = i8x16.shuffle(octets, octets, 12, 8, 4, 0, 12, 8, 4, 0, 12, 8, 4, 0, 12, 8, 4, 0);
  return <i64>(<u64>(<u32>i32x4.extract_lane(joined, 0)));
}

@inline
function hexDigit(byte: u32): u32 {
  if (byte - 0x30 <= 9) return byte - 0x30;
  const lower = (byte | 0x20) - 0x61;
  return lower <= 5 ? lower + 10 : 16;
}

/** Writes an IPv6 address as four words; as `parseIpv6` of src/web/address.ts. */
function ipv6At(at: u32, end: u32, into: u32): bool {
  let high: u64 = 0;
  let low: u64 = 0;
  let count: u32 = 0;
  let gap: i32 = -1;
  let i = at;
  if (load<u8>(i) == 0x3a) {
    if (load<u8>(i, 1) != 0x3a) return false;
    gap = 0;
    i += 2;
  }
  while (i < end) {
    const groupStart = i;
    let value: u32 = 0;
    for (; i < end && i - groupStart < 5; i++) {
      const digit = hexDigit(<u32>load<u8>(i));
      if (digit == 16) break;
      value = (value << 4) | digit;
    }
    if (i < end && load<u8>(i) == 0x2e) {
      const last = ipv4At(groupStart, end);
      if (last == -1 || count > 6) return false;
      high = (high << 32) | (low >>> 32);
      low = (low << 32) | <u64>last;
      count += 2;
      break;
    }
    if (i == groupStart || i - groupStart > 4 || count == 8) return false;
    high = (high << 16) | (low >>> 48);
    low = (low << 16) | <u64>value;
    count++;
    if (i == end) break;
    if (load<u8>(i) != 0x3a) return false;
    i++;
    if (i == end) return false;
    if (load<u8>(i) == 0x3a) {
      if (gap != -1) return false;
      gap = <i32>count;
      i++;
    }
  }
  if (gap == -1 ? count != 8 : count > 7) return false;
  if (gap != -1) {
    // What stands before the gap goes to the beginning; the groups behind it are at the end already.
    const behind = count - <u32>gap;
    const lowGroups = behind < 4 ? behind : 4;
    const highGroups = behind - lowGroups;
    const lowKept = lowGroups == 4 ? low : low & (((<u64>1) << (lowGroups << 4)) - 1);
    const highKept = high & (((<u64>1) << (highGroups << 4)) - 1);
    let beforeHigh = high;
    let beforeLow = low;
    // Moves everything to the left until the first group is the first.
    const moved = (8 - count) << 4;
    if (moved >= 64) {
      beforeHigh = moved == 128 ? 0 : beforeLow << (moved - 64);
      beforeLow = 0;
    } else if (moved > 0) {
      beforeHigh = (beforeHigh << moved) | (beforeLow >>> (64 - moved));
      beforeLow <<= moved;
    }
    const bits = <u32>gap << 4;
    if (bits >= 64) {
      beforeLow = bits == 64 ? 0 : beforeLow & ~((~(<u64>0)) >>> (bits - 64));
    } else {
      beforeLow = 0;
      beforeHigh = bits == 0 ? 0 : beforeHigh & ~((~(<u64>0)) >>> bits);
    }
    high = beforeHigh | highKept;
    low = beforeLow | lowKept;
  }
  store<u32>(into, <u32>(high >>> 32));
  store<u32>(into, <u32>high, 4);
  store<u32>(into, <u32>(low >>> 32), 8);
  store<u32>(into, <u32>low, 12);
  return true;
}

/** Reads the address of each row. @returns how many rows have none */
export function readAddresses(count: u32): u32 {
  let unreadable: u32 = 0;
  let sum: u64 = 0;
  // A request is longer than a line of the cache: all are looked for at once, before one after the other is waited for.
  for (let row: u32 = 0; row < count; row++) sum ^= load<u64>(input + load<u32>(starts + (row << 2)));
  fetched ^= sum;
  for (let row: u32 = 0; row < count; row++) {
    const from = load<i32>(starts + (row << 2));
    const to = load<i32>(ends + (row << 2));
    const into = addresses + (row << 4);
    const length = to - from;
    let readable = false;
    if (length >= 2 && length <= 45) {
      const value = length <= 15 ? shortIpv4At(input + from, length) : -1;
      if (value != -1) {
        store<u64>(into, 0);
        store<u32>(into, 0xffff, 8);
        store<u32>(into, <u32>value, 12);
        readable = true;
      } else readable = ipv6At(input + from, input + to, into);
    }
    store<i32>(clientIds + (row << 2), readable ? 0 : -1);
    if (!readable) unreadable++;
  }
  return unreadable;
}

/**
 * Has the memory look for all rows' places at once: a table of a million clients lies in no cache, and to wait for one place after the other
 * would cost more than all else that is done with a request.
 */
export function bringNear(count: u32): void {
  let sum: u64 = 0;
  const mask = slotsMask;
  for (let row: u32 = 0; row < count; row++)
    store<u32>(addressHashes + (row << 2), hashOfAddress(addresses + (row << 4)));
  // By itself, so that there is little to do for each, and many are waited for at a time.
  for (let row: u32 = 0; row < count; row++)
    sum ^= load<u64>(slots + ((load<u32>(addressHashes + (row << 2)) & mask) << 3));
  for (let row: u32 = 0; row < count; row++) {
    if (isIpv4(addresses + (row << 4))) continue;
    const entry = load<u64>(slots + ((load<u32>(addressHashes + (row << 2)) & mask) << 3));
    const number = <u32>(entry >>> 32) & numberOf;
    if (number != 0) sum ^= load<u64>(words + ((number - 1) << 4));
  }
  fetched ^= sum;
}

/**
 * Gives each row from `from` on the number of its client.
 * @returns the row for which there was no number; as many as there are rows where there was for all
 */
export function numberClients(from: u32, count: u32, batch: u32): u32 {
  let row = from;
  for (; row < count; row++) {
    if (load<i32>(clientIds + (row << 2)) == -1) continue;
    const at = addresses + (row << 4);
    const hash = load<u32>(addressHashes + (row << 2));
    const telling = tellingOf(at, hash);
    let mask = slotsMask;
    let slot = hash & mask;
    let id: u32 = 0;
    let known = false;
    for (;;) {
      const entry = load<u64>(slots + (slot << 3));
      if (entry == 0) break;
      id = (<u32>(entry >>> 32) & numberOf) - 1;
      if (((entry ^ telling) & 0x80000000ffffffff) == 0 && ((telling & ofIpv4) != 0 || sameAddress(words + (id << 4), at))) {
        known = true;
        break;
      }
      slot = (slot + 1) & mask;
    }
    if (!known) {
      if (freeCount == 0 && given == capacity) break;
      if (freeCount == 0 && given * 2 > mask + 1) {
        indexClients();
        mask = slotsMask;
        slot = hash & mask;
        while (load<u64>(slots + (slot << 3)) != 0) slot = (slot + 1) & mask;
      }
      if (freeCount != 0) id = load<u32>(free + (--freeCount << 2));
      else id = given++;
      const held = words + (id << 4);
      store<u64>(held, load<u64>(at));
      store<u64>(held, load<u64>(at, 8), 8);
      store<u64>(slots + (slot << 3), withNumber(telling, id));
      newcomers++;
    }
    store<u16>(seen + (id << 1), <u16>batch);
    store<u32>(clientIds + (row << 2), id);
  }
  return row;
}

@inline
function sameAddress(a: u32, b: u32): bool {
  return load<u64>(a) == load<u64>(b) && load<u64>(a, 8) == load<u64>(b, 8);
}
