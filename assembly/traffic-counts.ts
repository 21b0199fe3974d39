/**
 * Counts the rows of a batch of requests by client, network and text, in the memory in which these have their numbers
 * (assembly/traffic-clients.ts, assembly/traffic-texts.ts). AssemblyScript, compiled to WebAssembly by scripts/build-wasm.ts as a part of assembly/traffic-kernel.ts; the
 * host is src/web/kernel-counts.ts.
 *
 * Here is only what happens to nearly every row. Each function stops at a row for which there is more to do (another stretch of time, a table
 * that is full, a count that a byte does not hold), and the host does that row in its own way, which is the plain one, and goes on behind it.
 */
import { isIpv4 } from './client-address';
import { addresses, behind, rowsMost } from './traffic-batch';
import { addressOf } from './traffic-clients';

/** The most bins that a run may have; src/web/rate-bins.ts. */
export const binsMost: u32 = 8192;

// Of each row, written by the host: its time in milliseconds (f64), its client or -1 (i32), its status (u16).
export const rowTimes: u32 = behind;
export const rowClients: u32 = rowTimes + rowsMost * 8;
export const rowStatuses: u32 = rowClients + rowsMost * 4;
/** Rows that the host is to look at, 4 bytes each. */
export const found: u32 = rowStatuses + rowsMost * 2;
/** How often each bin came in a run, and which did, 4 bytes each. */
export const run: u32 = found + rowsMost * 4;
export const inRun: u32 = run + binsMost * 4;
/** The tables of texts, of clients and of counts lie behind, where the host says. One bin more than came may be written before. */
export const tables: u32 = inRun + binsMost * 4 + 64;

let foundCount: u32 = 0;
let added: u32 = 0;
let newlyHot: u32 = 0;
let different: u32 = 0;
let runTotal: u32 = 0;

/** How many rows stand in `found`. */
export function foundRows(): u32 {
  return foundCount;
}

/** How many keys were new to the table of counts in the last call. */
export function addedKeys(): u32 {
  return added;
}

/** How many bits were set in the last call that were not. */
export function newlyHotBits(): u32 {
  return newlyHot;
}

/** Rows of the run. */
export function rowsInRun(): u32 {
  return runTotal;
}

@inline
function clientOf(row: u32): i32 {
  return load<i32>(rowClients + (row << 2));
}

@inline
function timeOf(row: u32): f64 {
  return load<f64>(rowTimes + (row << 3));
}

/** What stands in a column of values for the text of a row. */
@inline
function valueOf(values: u32, ids: u32, row: u32): u32 {
  return load<u32>(values + (load<u32>(ids + (row << 2)) << 2));
}

// As `hashPair` of src/web/hash.ts.
@inline
function hashPair(a: u32, b: u32): u32 {
  let h: u32 = ((a ^ 0x9e3779b1) * 0x85ebca6b) ^ (b * 0xc2b2ae35);
  h = (h ^ (h >>> 16)) * 0x85ebca6b;
  h = (h ^ (h >>> 13)) * 0xc2b2ae35;
  return h ^ (h >>> 16);
}

@inline
function maskOf(bits: i32): u32 {
  return bits <= 0 ? 0 : bits >= 32 ? 0xffffffff : (<u32>0xffffffff) << (32 - bits);
}

/**
 * The hash of each row's network, by prefixes of so many bits; 0 where there is no client, and where the path is ignored.
 * @param paths the numbers of the rows' paths
 * @param ignored what is not 0 for paths that do not count
 * @param isWhole whether these are the rows whose addresses were read last, all of them: then those lie together
 */
export function hashNetworks(
  into: u32,
  count: u32,
  v4: i32,
  v6: i32,
  seed: u32,
  paths: u32,
  ignored: u32,
  isWhole: bool,
): void {
  const v4Last = maskOf(v4);
  const v6First = maskOf(v6);
  const v6Second = maskOf(v6 - 32);
  const v6Last = maskOf(v6 - 96);
  const ofNoWords = hashPair(0, 0);
  for (let row: u32 = 0; row < count; row++) {
    const client = clientOf(row);
    const at = isWhole ? addresses + (row << 4) : addressOf(client < 0 ? 0 : client);
    const last = load<u32>(at, 12);
    let hash = isIpv4(at)
      ? hashPair(ofNoWords, (last & v4Last) ^ seed)
      : hashPair(hashPair(load<u32>(at) & v6First, load<u32>(at, 4) & v6Second), (last & v6Last) ^ seed);
    hash |= <u32>(hash == 0);
    // All ones or 0. No branch: whether a row counts is as good as chance, and a third of all guesses would be wrong.
    const counts = 0 - (<u32>(client >= 0) & <u32>(valueOf(ignored, paths, row) == 0));
    store<u32>(into + (row << 2), hash & counts);
  }
}

/** The hash of each row's text; 0 where the path is ignored. */
export function hashTexts(into: u32, count: u32, ids: u32, hashes: u32, paths: u32, ignored: u32): void {
  for (let row: u32 = 0; row < count; row++) {
    const counts = 0 - <u32>(valueOf(ignored, paths, row) == 0);
    store<u32>(into + (row << 2), valueOf(hashes, ids, row) & counts);
  }
}

/**
 * Counts rows by the bin of their hash, in the run, as long as they lie in the stretch `at` and the epoch.
 * @param at the number of the stretch, of `length` milliseconds; -1 where rows are left out until the time is another
 * @param last the time up to which nothing has to be looked at
 * @returns the row at which the time turns
 */
export function countBins(
  hashes: u32,
  from: u32,
  count: u32,
  mask: u32,
  at: f64,
  length: f64,
  epoch: f64,
  epochLength: f64,
  last: f64,
): u32 {
  let row = from;
  let total: u32 = 0;
  let bins = different;
  for (; row < count; row++) {
    const hash = load<u32>(hashes + (row << 2));
    const counts = <u32>(hash != 0);
    const time = timeOf(row);
    if ((counts & <u32>(time != last)) != 0) {
      if (Math.floor(time / length) != at || Math.floor(time / epochLength) != epoch) break;
      last = time;
    }
    if (at < 0) continue;
    const bin = hash & mask;
    const before = load<u32>(run + (bin << 2));
    // Without a branch again: written whether the bin is new or not, and counted where it is.
    store<u32>(inRun + (bins << 2), bin);
    bins += counts & <u32>(before == 0);
    store<u32>(run + (bin << 2), before + counts);
    total += counts;
  }
  different = bins;
  runTotal += total;
  return row;
}

/**
 * Adds the run to the counts of its stretch (a byte for each bin) and to the sums of its epoch (f64), and begins another.
 * @param least bins with so many are left to the host: they stay in the run
 * @returns how many are left
 */
export function endRun(cells: u32, sums: u32, least: u32): u32 {
  let left: u32 = 0;
  for (let i: u32 = 0; i < different; i++) {
    const bin = load<u32>(inRun + (i << 2));
    const times = load<u32>(run + (bin << 2));
    const count = <u32>load<u8>(cells + bin) + times;
    if (count >= least) {
      store<u32>(inRun + (left++ << 2), bin);
      continue;
    }
    store<u8>(cells + bin, <u8>count);
    store<f64>(sums + (bin << 3), load<f64>(sums + (bin << 3)) + <f64>times);
    store<u32>(run + (bin << 2), 0);
  }
  different = 0;
  runTotal = 0;
  return left;
}

/**
 * Counts rows by client in a table of `packedTable` (src/web/count-table.ts), as long as they lie in the stretch `at`, and writes down the rows of
 * clients that are hot: they had `hotFrom` in some stretch, or one with the same bit did.
 * @param room for how many new keys there is room
 * @param least rows before that time do not count
 */
export function countInTable(
  table: u32,
  mask: u32,
  room: u32,
  from: u32,
  count: u32,
  paths: u32,
  ignored: u32,
  hot: u32,
  hotFrom: u32,
  at: f64,
  length: f64,
  least: f64,
): u32 {
  let last: f64 = -1;
  let row = from;
  let marked: u32 = 0;
  let listed: u32 = 0;
  let newKeys: u32 = 0;
  for (; row < count; row++) {
    const client = clientOf(row);
    if (client < 0 || valueOf(ignored, paths, row) != 0) continue;
    const time = timeOf(row);
    if (!(time >= least)) continue;
    if (time != last) {
      if (Math.floor(time / length) != at) break;
      last = time;
    }
    const key = <u32>client + 1;
    const h: u32 = (<u32>client ^ 0x9e3779b1) * 0x85ebca6b;
    let place = table + (((h ^ (h >>> 15)) & mask) << 2);
    let entry = load<u32>(place);
    while (entry != 0 && entry >>> 8 != key) {
      place = table + ((((place - table) >>> 2) + 1) & mask) * 4;
      entry = load<u32>(place);
    }
    let times: u32 = 1;
    if (entry != 0) {
      times = (entry & 0xff) + 1;
      // What a byte does not hold stands elsewhere.
      if (times >= 255) break;
      store<u32>(place, entry + 1);
    } else {
      if (newKeys == room) break;
      newKeys++;
      store<u32>(place, (key << 8) | 1);
    }
    const bit = (<u32>client * 0x9e3779b1) >>> 16;
    const word = hot + ((bit >>> 5) << 2);
    const bits = load<u32>(word);
    if (((bits >>> (bit & 31)) & 1) == 0) {
      if (times < hotFrom) continue;
      store<u32>(word, bits | (1 << (bit & 31)));
      marked++;
    }
    store<u32>(found + (listed++ << 2), row);
  }
  foundCount = listed;
  added = newKeys;
  newlyHot = marked;
  return row;
}

/**
 * Adds one for each row with a client and a status that is not flagged to the client's byte, which goes no further than 255, as long as rows lie in
 * the stretch `at`; -1 where they are left out until the time is another.
 * @param least rows before that time lie in no stretch
 */
export function countUnflagged(
  bytes: u32,
  from: u32,
  count: u32,
  flags: u32,
  at: f64,
  length: f64,
  least: f64,
): u32 {
  let last: f64 = -1;
  let row = from;
  for (; row < count; row++) {
    const client = clientOf(row);
    if (client < 0 || isFlagged(row, flags)) continue;
    const time = timeOf(row);
    if (time != last) {
      if ((time >= least ? Math.floor(time / length) : -1) != at) break;
      last = time;
    }
    if (at < 0) continue;
    const place = bytes + client;
    const before = <u32>load<u8>(place);
    store<u8>(place, <u8>(before + (before < 255 ? 1 : 0)));
  }
  return row;
}

@inline
function isFlagged(row: u32, flags: u32): bool {
  return load<u8>(flags + <u32>load<u16>(rowStatuses + (row << 1))) != 0;
}

/** Writes down the rows whose status is flagged or whose path has a value, and gives how many these are. */
export function findRows(count: u32, flags: u32, paths: u32, values: u32): u32 {
  let listed: u32 = 0;
  for (let row: u32 = 0; row < count; row++)
    if (isFlagged(row, flags) || valueOf(values, paths, row) != 0) store<u32>(found + (listed++ << 2), row);
  foundCount = listed;
  return listed;
}
