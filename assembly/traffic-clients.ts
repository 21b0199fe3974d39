/**
 * Numbers the clients of a batch of requests, in a table that lies in this memory. AssemblyScript, compiled to WebAssembly with
 * SIMD by scripts/build-wasm.ts, as a part of assembly/traffic-kernel.ts; the host
 * is src/web/traffic-kernel.ts.
 *
 * The same numbers come out as of the plain way (src/web/plain-clients.ts), in which all of this is said in the project's own language: only
 * hashes differ, and no number depends on them.
 */
import { ipv6At, isIpv4, shortIpv4At } from './client-address';
import { multiplier, seedA, seedB, spread, step } from './seeded-hash';
import { addresses, addressHashes, clientIds, ends, input, starts } from './traffic-batch';

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
