/**
 * Counts the rows of a batch over time and by URL. AssemblyScript, compiled to WebAssembly by scripts/build-wasm.ts as a part of
 * assembly/board-kernel.ts; the host is src/web/board-rows.ts.
 *
 * Step for step what the host does where it has no WebAssembly (src/web/board.ts), sums in the same order among it, so that the same comes out.
 * It stops at a row for which there is more to do (another time, a URL without a number), and the host does that and goes on.
 */
import { behind, pairCounts, received, recordOf, rowsMost, sent, stretches, urlHighs, urlLows } from './frequent-keys';

/** The most URLs that have a number: so many are given before all are given anew, beside those of one batch. */
export const urlsMost: u32 = 40960;
/** The index begins small, and never is more than half full; powers of two. */
const slotsLeast: u32 = 2048;
const slotsMost: u32 = 131072;

// Of each row, written by the host: its time (f64), its status (u16), the numbers of its host and path; written here: the class of its status, -1
// where it has no time; the number of its URL.
export const times: u32 = behind;
export const statuses: u32 = times + rowsMost * 8;
export const hosts: u32 = statuses + rowsMost * 2;
export const paths: u32 = hosts + rowsMost * 4;
export const rowClasses: u32 = paths + rowsMost * 4;
const rowUrls: u32 = rowClasses + rowsMost;
/** How many rows there were of each class (f64). */
export const statusSums: u32 = rowUrls + rowsMost * 4;
/** The sums of the stretch of time that is counted (f64): rows, client errors, server errors, bytes, rows with bytes. */
export const lineSums: u32 = statusSums + 6 * 8;
/** What src/web/amounts.ts holds of sent and received bytes (f64): count, total and the most; then a count for each step. */
export const sentAmounts: u32 = lineSums + 5 * 8;
const amountSums: u32 = 3;
const stepsInDoubling: u32 = 16;
export const amountsLength: u32 = amountSums + stepsInDoubling * 60 + 1;
export const receivedAmounts: u32 = sentAmounts + amountsLength * 8;
// Of each URL with a number: the numbers of host and path, the hash, and what this batch adds: six sums, and how often it came (f64).
export const urlHosts: u32 = receivedAmounts + amountsLength * 8;
export const urlPaths: u32 = urlHosts + urlsMost * 4;
const lows: u32 = urlPaths + urlsMost * 4;
const highs: u32 = lows + urlsMost * 4;
const sums: u32 = highs + urlsMost * 4;
const sumsBytes: u32 = 56;
const timesAt: u32 = 48;
const slots: u32 = sums + urlsMost * sumsBytes;
/** URLs of the batch, in the order in which they came. */
const touched: u32 = slots + slotsMost * 4;
/** Those that were new to the table of URLs, each with its key there. */
export const fresh: u32 = touched + rowsMost * 4;
/** The tables lie behind, where the host says. */
export const tables: u32 = fresh + rowsMost * 8;

let size: u32 = 0;
let mask: u32 = slotsLeast - 1;
let different: u32 = 0;
let freshCount: u32 = 0;
let fetched: u32 = 0;

/** From here on an amount is the host's. */
const largeAmount: f64 = 2147483648;

@inline
function add(at: u32, amount: f64): void {
  store<f64>(at, load<f64>(at) + amount);
}

/** As `add` of src/web/amounts.ts. */
@inline
function addAmount(held: u32, amount: f64): void {
  if (!(amount >= 0)) return;
  add(held, 1);
  add(held + 8, amount);
  if (amount > load<f64>(held, 16)) store<f64>(held, amount, 16);
  let step: u32 = 0;
  if (amount >= 1) {
    const whole = <u32>amount;
    const power = 31 - <u32>clz(whole);
    step = 1 + power * stepsInDoubling + ((power >= 4 ? whole >>> (power - 4) : whole << (4 - power)) & 15);
  }
  add(held + ((amountSums + step) << 3), 1);
}

/**
 * Counts the rows from `from` on that have its time, and those without any between them.
 * @returns the row at which the time turns, or which has an amount that is the host's
 */
export function countRun(from: u32, count: u32): u32 {
  const time = load<f64>(times + (from << 3));
  let row = from;
  for (; row < count; row++) {
    const at = load<f64>(times + (row << 3));
    if (at != time) {
      if (at == at) break;
      store<i8>(rowClasses + row, -1);
      continue;
    }
    const sentNow = load<f64>(sent + (row << 3));
    const receivedNow = load<f64>(received + (row << 3));
    if (sentNow >= largeAmount || receivedNow >= largeAmount) break;
    let statusClass = <u32>load<u16>(statuses + (row << 1)) / 100;
    if (statusClass > 5) statusClass = 5;
    store<u8>(rowClasses + row, <u8>statusClass);
    add(statusSums + (statusClass << 3), 1);
    addAmount(sentAmounts, sentNow);
    addAmount(receivedAmounts, receivedNow);
    add(lineSums, 1);
    if (statusClass >= 4) add(lineSums + ((statusClass - 3) << 3), 1);
    if (sentNow >= 0) {
      add(lineSums + 24, sentNow);
      add(lineSums + 32, 1);
    }
  }
  return row;
}

@inline
function slotFor(host: u32, path: u32, last: u32): u32 {
  const h: u32 = ((path * 0x9e3779b1) ^ host) * 0x85ebca6b;
  return (h ^ (h >>> 15)) & last;
}

function link(number: u32): void {
  let slot = slotFor(load<u32>(urlHosts + (number << 2)), load<u32>(urlPaths + (number << 2)), mask);
  while (load<u32>(slots + (slot << 2)) != 0) slot = (slot + 1) & mask;
  store<u32>(slots + (slot << 2), number + 1);
}

/** How many URLs have a number. */
export function urlsNumbered(): u32 {
  return size;
}

/** Takes all numbers back. */
export function clearUrls(): void {
  size = 0;
  memory.fill(slots, 0, (mask + 1) << 2);
  mask = slotsLeast - 1;
}

/** Gives the next number to the URL of a row. */
export function numberUrl(row: u32, low: i32, high: i32): void {
  const number = size++;
  store<u32>(urlHosts + (number << 2), load<u32>(hosts + (row << 2)));
  store<u32>(urlPaths + (number << 2), load<u32>(paths + (row << 2)));
  store<i32>(lows + (number << 2), low);
  store<i32>(highs + (number << 2), high);
  if (size << 1 > mask && mask + 1 < slotsMost) {
    mask = (mask << 1) | 1;
    memory.fill(slots, 0, (mask + 1) << 2);
    for (let i: u32 = 0; i < size; i++) link(i);
  } else link(number);
}

/**
 * Adds up rows from `from` on by their URL, and says for each row which it is, and in which stretch of `window` milliseconds.
 * @returns the row whose URL has no number yet; as many as there are rows where all have
 */
export function countUrls(from: u32, count: u32, window: f64): u32 {
  let last: f64 = NaN;
  let stretch: i32 = 0;
  const room = mask;
  for (let row = from; row < count; row++) {
    const statusClass = load<i8>(rowClasses + row);
    if (statusClass < 0) continue;
    const host = load<u32>(hosts + (row << 2));
    const path = load<u32>(paths + (row << 2));
    let slot = slotFor(host, path, room);
    let number: u32 = 0;
    for (;;) {
      number = load<u32>(slots + (slot << 2));
      if (number == 0) return row;
      number--;
      if (load<u32>(urlPaths + (number << 2)) == path && load<u32>(urlHosts + (number << 2)) == host) break;
      slot = (slot + 1) & room;
    }
    const at = sums + number * sumsBytes;
    const before = load<f64>(at, timesAt);
    if (before == 0) store<u32>(touched + (different++ << 2), number);
    store<f64>(at, before + 1, timesAt);
    if (statusClass >= 3) add(at + ((<u32>statusClass - 3) << 3), 1);
    const sentNow = load<f64>(sent + (row << 3));
    if (sentNow >= 0) add(at + 24, sentNow);
    store<u32>(rowUrls + (row << 2), at);
    const time = load<f64>(times + (row << 3));
    if (time != last) {
      last = time;
      const whole = Math.floor(time / window);
      // As JavaScript keeps it in 32 bits.
      stretch = whole > -9007199254740992 && whole < 9007199254740992 ? <i32>(<i64>whole) : 0;
    }
    store<i32>(stretches + (row << 2), stretch);
    store<i32>(urlLows + (row << 2), load<i32>(lows + (number << 2)));
    store<i32>(urlHighs + (row << 2), load<i32>(highs + (number << 2)));
  }
  return count;
}

/** Adds how often one client asked for a URL, after these were counted. @param most so many are not too many yet */
export function countOfOne(count: u32, most: f64): void {
  for (let row: u32 = 0; row < count; row++) {
    const times = load<f64>(pairCounts + (row << 3));
    if (times == 0) continue;
    const at = load<u32>(rowUrls + (row << 2));
    if (times > load<f64>(at, 40)) store<f64>(at, times, 40);
    if (times == most + 1) add(at + 32, 1);
  }
}

/** Has the memory look for all URLs of the batch at once, before one after the other is waited for. @returns how many there are */
export function bringUrlsNear(head: u32): u32 {
  const records = load<u32>(head, 0);
  const index = load<u32>(head, 4);
  const last = load<u32>(head, 16);
  let sum: u32 = 0;
  for (let i: u32 = 0; i < different; i++) {
    const low = load<u32>(lows + (load<u32>(touched + (i << 2)) << 2));
    sum ^= load<u32>(index + ((low & last) << 2));
  }
  for (let i: u32 = 0; i < different; i++) {
    const low = load<u32>(lows + (load<u32>(touched + (i << 2)) << 2));
    const key = load<i32>(index + ((low & last) << 2));
    if (key != -1) sum ^= load<u32>(records + (<u32>key << 3));
  }
  fetched ^= sum;
  return different;
}

/** How many URLs stand in `fresh`, since this was last asked: each its number and its key. */
export function takeFresh(): u32 {
  const count = freshCount;
  freshCount = 0;
  return count;
}

/**
 * Adds what the batch came to, to the table of URLs, from the URL at `from` on.
 * @returns the one for which there was no room; as many as there are where there was for all: then the next batch may begin
 */
export function endUrls(head: u32, from: u32): u32 {
  const records = load<u32>(head, 0);
  for (let i = from; i < different; i++) {
    const number = load<u32>(touched + (i << 2));
    const at = sums + number * sumsBytes;
    const found = recordOf(
      head,
      load<i32>(lows + (number << 2)),
      load<i32>(highs + (number << 2)),
      load<f64>(at, timesAt),
    );
    if (found == 0) return i;
    const record = found & ~1;
    if ((found & 1) != 0) {
      store<u32>(fresh + (freshCount << 3), number);
      store<u32>(fresh + (freshCount << 3), (record - records) >>> 3, 4);
      freshCount++;
    }
    for (let sum: u32 = 0; sum < 40; sum += 8) add(record + 24 + sum, load<f64>(at + sum));
    const most = load<f64>(at, 40);
    if (most > load<f64>(record, 64)) store<f64>(record, most, 64);
    for (let sum: u32 = 0; sum < sumsBytes; sum += 8) store<u64>(at + sum, 0);
  }
  const all = different;
  different = 0;
  return all;
}
