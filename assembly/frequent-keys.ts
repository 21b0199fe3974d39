/**
 * Counts the clients of a batch, and clients by URL and stretch of time, in the tables of src/web/heavy-hitters.ts, which lie in this memory
 * and which both sides may change. AssemblyScript, compiled to WebAssembly by scripts/build-wasm.ts; the host is src/web/board-kernel.ts.
 *
 * Step for step what the host does where it has no WebAssembly (src/web/board-clients.ts), hashes among it, so that it may go on with
 * the other's tables at any time.
 */

/** The most rows of a batch. */
export const rowsMost: u32 = 8192;

// Places in this memory. Of each row: its address as four words; the class of its status, -1 where the row does not count; what was sent
// and received; the stretch of time; the hash of its URL, in two halves; and, written here, the hash of its client, and how often the
// client asked for the URL in the stretch for certain.
export const addresses: u32 = 65536;
export const classes: u32 = addresses + rowsMost * 16;
export const sent: u32 = classes + rowsMost;
export const received: u32 = sent + rowsMost * 8;
export const stretches: u32 = received + rowsMost * 8;
export const urlLows: u32 = stretches + rowsMost * 4;
export const urlHighs: u32 = urlLows + rowsMost * 4;
export const pairCounts: u32 = urlHighs + rowsMost * 4;
const lows: u32 = pairCounts + rowsMost * 8;
const highs: u32 = lows + rowsMost * 4;
const pairLows: u32 = highs + rowsMost * 4;
const pairHighs: u32 = pairLows + rowsMost * 4;
/** Where what follows may lie (assembly/board-rows.ts). */
export const behind: u32 = pairHighs + rowsMost * 4;

// The head of a table: places of its parts, how many keys are free, the last slot's number, 8-byte numbers in a record, and what newcomers
// begin with (8 bytes, at a multiple of 8).
export const headRecords: u32 = 0;
export const headSlots: u32 = 1;
export const headFree: u32 = 2;
export const headFreeCount: u32 = 3;
export const headMask: u32 = 4;
export const headStride: u32 = 5;
export const headTexts: u32 = 6;
export const headLengths: u32 = 7;
export const headFloor: u32 = 8;

const first: i32 = 0x9e3779b1;
const second: i32 = 0x85ebca77;

let seed: i32 = 0;
let fetched: u32 = 0;

export function seedWith(value: i32): void {
  seed = value;
}

@inline
function mixed(value: i32): i32 {
  let h = value;
  h = (h ^ (h >>> 16)) * 0x85ebca6b;
  h = (h ^ (h >>> 13)) * 0xc2b2ae35;
  return h ^ (h >>> 16);
}

/** `finish` of src/web/byte-hash.ts. */
@inline
function storeHash(lowAt: u32, highAt: u32, low: i32, high: i32): i32 {
  const mixedLow = mixed(low ^ (high * 0x165667b1));
  store<i32>(lowAt, mixedLow);
  store<i32>(highAt, mixed(high + mixedLow));
  return mixedLow;
}

/**
 * Counts a key so many times and gives its record; 0 where it is not held and there is no room. That of a new one has a 1 in its lowest bit.
 */
@inline
export function recordOf(head: u32, low: i32, high: i32, times: f64): u32 {
  const records = load<u32>(head, 0);
  const slots = load<u32>(head, 4);
  const mask = load<u32>(head, 16);
  let slot = <u32>low & mask;
  for (;;) {
    // A key is the number of 8-byte numbers before its record; -1 is a free slot.
    const key = load<i32>(slots + (slot << 2));
    if (key == -1) break;
    const record = records + (<u32>key << 3);
    if (load<i32>(record) == low && load<i32>(record, 4) == high) {
      store<f64>(record, load<f64>(record, 8) + times, 8);
      return record;
    }
    slot = (slot + 1) & mask;
  }
  const freeCount = load<u32>(head, 12);
  if (freeCount == 0) return 0;
  store<u32>(head, freeCount - 1, 12);
  const key = load<u32>(load<u32>(head, 8) + ((freeCount - 1) << 2));
  const record = records + (key << 3);
  const floor = load<f64>(head, 32);
  // A record is some numbers long: a call that fills memory would cost more than to write them.
  const end = record + (load<u32>(head, 20) << 3);
  for (let at = record + 24; at < end; at += 8) store<u64>(at, 0);
  store<i32>(record, low);
  store<i32>(record, high, 4);
  store<f64>(record, floor + times, 8);
  store<f64>(record, floor, 16);
  store<i32>(slots + (slot << 2), key);
  return record | 1;
}

/** Has the memory look for all keys at once, before one after the other is waited for. */
function bringNear(head: u32, hashed: u32, count: u32): void {
  const records = load<u32>(head, 0);
  const slots = load<u32>(head, 4);
  const mask = load<u32>(head, 16);
  let sum: u32 = 0;
  for (let row: u32 = 0; row < count; row++)
    sum ^= load<u32>(slots + ((load<u32>(hashed + (row << 2)) & mask) << 2));
  for (let row: u32 = 0; row < count; row++) {
    const key = load<i32>(slots + ((load<u32>(hashed + (row << 2)) & mask) << 2));
    if (key != -1) sum ^= load<u32>(records + (<u32>key << 3));
  }
  fetched ^= sum;
}

/** Works out the hash of the client of each row, and of client, URL and stretch of time; then has the memory look for the first. */
export function hashRows(count: u32, clients: u32): void {
  const begin = seed * second ^ first;
  for (let row: u32 = 0; row < count; row++) {
    const address = addresses + (row << 4);
    let low = seed;
    let high = begin;
    for (let i: u32 = 0; i < 16; i += 4) {
      const word = load<i32>(address + i);
      low = (low ^ word) * first;
      low ^= low >>> 15;
      high = (rotl(high, 13) ^ word) * second;
    }
    storeHash(lows + (row << 2), highs + (row << 2), low, high);
  }
  bringNear(clients, lows, count);
}

/**
 * Counts the clients of the rows from `from` on.
 * @param registers of the sketch that says how many there are (src/web/distinct.ts), 2^(32 - shift) of them
 * @returns the row for which there was no room; as many as there are rows where there was for all
 */
export function countClients(head: u32, registers: u32, shift: u32, from: u32, count: u32): u32 {
  const texts = load<u32>(head, 24);
  const lengths = load<u32>(head, 28);
  const records = load<u32>(head, 0);
  const stride = load<u32>(head, 20);
  for (let row = from; row < count; row++) {
    const statusClass = load<i8>(classes + row);
    if (statusClass < 0) continue;
    const low = load<i32>(lows + (row << 2));
    const high = load<i32>(highs + (row << 2));
    const found = recordOf(head, low, high, 1);
    if (found == 0) return row;
    const record = found & ~1;
    const register = registers + (<u32>high >>> shift);
    const rank = <u32>clz(low) + 1;
    if (rank > <u32>load<u8>(register)) store<u8>(register, <u8>rank);
    if ((found & 1) != 0) {
      const place = ((record - records) >>> 3) / stride;
      const address = addresses + (row << 4);
      // Most significant byte first, as the host writes them.
      for (let i: u32 = 0; i < 16; i += 4) store<u32>(texts + (place << 4) + i, bswap(load<u32>(address + i)));
      store<u16>(lengths + (place << 1), 16);
    }
    if (statusClass >= 4) {
      const at = record + (statusClass == 4 ? 24 : 32);
      store<f64>(at, load<f64>(at) + 1);
    }
    const sentNow = load<f64>(sent + (row << 3));
    if (sentNow >= 0) store<f64>(record, load<f64>(record, 40) + sentNow, 40);
    const receivedNow = load<f64>(received + (row << 3));
    if (receivedNow >= 0) store<f64>(record, load<f64>(record, 48) + receivedNow, 48);
  }
  return count;
}

/** Works out the hash of client, URL and stretch of time of each row, and has the memory look for them. */
export function hashPairs(count: u32, pairs: u32): void {
  for (let row: u32 = 0; row < count; row++) {
    const low = load<i32>(lows + (row << 2)) ^ load<i32>(stretches + (row << 2));
    const high = load<i32>(highs + (row << 2));
    const pairLow = (load<i32>(urlLows + (row << 2)) ^ low) * first + high;
    const pairHigh = ((load<i32>(urlHighs + (row << 2)) ^ high) * second) ^ low;
    storeHash(pairLows + (row << 2), pairHighs + (row << 2), pairLow, pairHigh);
  }
  bringNear(pairs, pairLows, count);
}

/** Counts them from row `from` on; see `countClients`. Rows that do not count get 0. */
export function countPairs(head: u32, from: u32, count: u32): u32 {
  for (let row = from; row < count; row++) {
    const target = pairCounts + (row << 3);
    if (load<i8>(classes + row) < 0) {
      store<f64>(target, 0);
      continue;
    }
    const found = recordOf(head, load<i32>(pairLows + (row << 2)), load<i32>(pairHighs + (row << 2)), 1);
    if (found == 0) return row;
    const record = found & ~1;
    store<f64>(target, load<f64>(record, 8) - load<f64>(record, 16));
  }
  return count;
}
