/**
 * Reads lines of fields with one sign between them into columns, 64 bytes at a step, and writes down only the fields that are asked for.
 * AssemblyScript, compiled to WebAssembly with SIMD by scripts/build-wasm.ts; the host is src/decode/access/field-scanner.ts.
 *
 * A line is taken only where everything is certain: as many fields as there should be, a date, a time of day. At any other line (a header, a
 * carriage return, a line that is broken or empty) the scan ends, and the host gives that line to the plain reader, which decides.
 */
import { clockAt, dateAt, decimalAt, epochAt, numberAt } from './field-numbers';

// Where the host puts the tables and the bytes, and where it finds the columns. Exported so that both sides mean the same places.
/** 256 bytes: what is done with each field of a line; the host's numbers (src/decode/access/cloudfront-fields.ts). */
export const codes: u32 = 1024;
/** The most rows that the columns hold. */
export const capacity: u32 = 8192;
// Columns begin a little more than a multiple of 4,096 bytes apart, because places that are just that far apart share a few lines of the cache.
const wideColumn: u32 = capacity * 8 + 64;
/** 8 bytes for each row. */
export const times: u32 = 2048;
export const sent: u32 = times + wideColumn;
export const received: u32 = sent + wideColumn;
export const taken: u32 = received + wideColumn;
/** Where the line of each row begins in the log. */
export const positions: u32 = taken + wideColumn;
/** 2 bytes for each row. */
export const statuses: u32 = positions + wideColumn;
/** For each column of text where it starts in each row, 4 bytes, and then where it ends. */
export const texts: u32 = statuses + capacity * 2 + 64;
/** Bytes of one column of text; its ends begin in the middle. */
export const textColumn: u32 = capacity * 8 + 128;
const mostTexts: u32 = 16;

// Places that are used here alone.
/** So many bytes at most are looked at before what is in them is written down: they and their cuts stay in the cache nearest by. */
const stretch: u32 = 8192;
/** Lines that are for the plain reader may follow one upon the other: then to have looked far ahead would be in vain. */
const firstStretch: u32 = 512;
/** More fields than any line has that is taken. */
const mostCuts: u32 = 320;
/** 4 bytes for the sign before the first field of a line, and then for each sign between fields and each end of a line. */
const cuts: u32 = texts + mostTexts * textColumn;
/** 4 bytes for each line: where among the cuts is the sign before its first field; and the same for the line that is not complete. */
const lineCuts: u32 = cuts + (mostCuts + stretch + 64) * 4;
/** The fields that are asked for, in their order: where their cut is, counted from that of their line, and the code or the column of each, 4 bytes each. */
const timeFields: u32 = lineCuts + (stretch + 16) * 4;
const numberFields: u32 = timeFields + 2048;
const textFields: u32 = numberFields + 2048;

/** The bytes to scan; 64 more must follow them. */
export const input: u32 = textFields + 2048;

// Why a scan ended.
/** The line that begins at `position` does not end here. */
export const needsMore: i32 = 0;
/** The line that begins at `position` is for the plain reader. */
export const odd: i32 = 1;
/** There is no room for another row. */
export const full: i32 = 2;

const dash: u32 = 0x2d;

let stoppedAt: u32 = 0;
let rowCount: u32 = 0;
let linesFound: u32 = 0;

export function position(): u32 {
  return stoppedAt;
}

export function rows(): u32 {
  return rowCount;
}

@inline
function bitsOf(a: v128, b: v128, c: v128, d: v128): u64 {
  return (
    <u64>(<u32>i8x16.bitmask(a)) |
    (<u64>(<u32>i8x16.bitmask(b)) << 16) |
    (<u64>(<u32>i8x16.bitmask(c)) << 32) |
    (<u64>(<u32>i8x16.bitmask(d)) << 48)
  );
}

/** Writes down where the lowest of these bits are, and no longer has them. */
@inline
function fourCuts(into: u32, block: u32, bits: u64): u64 {
  store<u32>(into, block + <u32>ctz(bits));
  bits &= bits - 1;
  store<u32>(into, block + <u32>ctz(bits), 4);
  bits &= bits - 1;
  store<u32>(into, block + <u32>ctz(bits), 8);
  bits &= bits - 1;
  store<u32>(into, block + <u32>ctz(bits), 12);
  return bits & (bits - 1);
}

/** How many of these lines are certain, from the first on; writes down their times. */
function readTimes(count: u32, least: u32, most: u32, fieldsEnd: u32, row: u32): u32 {
  /** The date and the time of day that were read last, as they stand there. */
  let dateHead: u64 = 0;
  let dateTail: u32 = 0;
  let midnight: f64 = NaN;
  let clockText: u64 = 0;
  let clock: f64 = NaN;
  let cut = load<u32>(lineCuts);
  for (let i: u32 = 0; i < count; i++) {
    const next = load<u32>(lineCuts + (i << 2), 4);
    const fields = (next - cut) >>> 2;
    const first = <u32>load<u8>(load<u32>(cut), 1);
    // A header begins with `#` or a name; a carriage return would be the end of the last field.
    if (fields < least || fields > most || first == 0x23 || first - 0x61 <= 25 || load<u8>(load<u32>(next) - 1) == 0x0d)
      return i;
    let time: f64 = 0;
    for (let wanted = timeFields; wanted < fieldsEnd; wanted += 8) {
      const place = cut + load<u32>(wanted);
      const from = load<u32>(place) + 1;
      const end = load<u32>(place, 4);
      const code = load<u32>(wanted, 4);
      if (code == 1) {
        if (end - from != 10) time = NaN;
        else {
          const head = load<u64>(from);
          const tail = <u32>load<u16>(from, 8);
          if (head != dateHead || tail != dateTail) {
            dateHead = head;
            dateTail = tail;
            midnight = dateAt(from);
          }
          time += midnight;
        }
      } else if (code == 2) {
        if (end - from != 8) time = NaN;
        else {
          const text = load<u64>(from);
          if (text != clockText) {
            clockText = text;
            clock = clockAt(from);
          }
          time += clock;
        }
      } else time = epochAt(from, end);
    }
    if (!(time >= 0 && time <= 8640000000000000.0)) return i;
    store<f64>(times + ((row + i) << 3), time);
    cut = next;
  }
  return count;
}

/** Writes down a column of numbers of so many lines. `place`: where the field's cut is, counted from that of its line. */
function readNumbers(code: u32, place: u32, count: u32, row: u32): void {
  if (code == 4) {
    for (let i: u32 = 0; i < count; i++) {
      const cut = load<u32>(lineCuts + (i << 2)) + place;
      const status = numberAt(load<u32>(cut) + 1, load<u32>(cut, 4));
      store<u16>(statuses + ((row + i) << 1), status >= 100 && status <= 999 ? <u16>status : 0);
    }
  } else if (code == 7) {
    for (let i: u32 = 0; i < count; i++) {
      const cut = load<u32>(lineCuts + (i << 2)) + place;
      store<f64>(taken + ((row + i) << 3), decimalAt(load<u32>(cut) + 1, load<u32>(cut, 4)) * 1000);
    }
  } else {
    const column = (code == 5 ? sent : received) + (row << 3);
    for (let i: u32 = 0; i < count; i++) {
      const cut = load<u32>(lineCuts + (i << 2)) + place;
      store<f64>(column + (i << 3), numberAt(load<u32>(cut) + 1, load<u32>(cut, 4)));
    }
  }
}

/** Where the cut before a field of a line lies; that behind it follows. */
@inline
function cutOf(line: u32, place: u32): u32 {
  return load<u32>(lineCuts + (line << 2)) + place;
}

/** Writes down where the texts of a column begin and end, four at a step. */
@inline
function placeTexts(column: u32, place: u32, count: u32, bias: u32): void {
  const four = count & ~3;
  const one = i32x4.splat(1);
  const biases = i32x4.splat(<i32>bias);
  for (let i: u32 = 0; i < four; i += 4) {
    // The two cuts of a field are read as one number.
    const both = v128.load64_lane(cutOf(i + 1, place), v128.load64_zero(cutOf(i, place)), 1);
    const others = v128.load64_lane(cutOf(i + 3, place), v128.load64_zero(cutOf(i + 2, place)), 1);
    const before = i32x4.add(i32x4.shuffle(both, others, 0, 2, 4, 6), one);
    const behind = i32x4.shuffle(both, others, 1, 3, 5, 7);
    const single = i32x4.eq(i32x4.sub(behind, before), one);
    let from = i32x4.add(before, biases);
    let end = i32x4.add(behind, biases);
    if (v128.any_true(single)) {
      // 0 where there is nothing but a dash.
      let bytes = v128.load32_zero(i32x4.extract_lane(before, 0));
      bytes = v128.load8_lane(i32x4.extract_lane(before, 1), bytes, 4);
      bytes = v128.load8_lane(i32x4.extract_lane(before, 2), bytes, 8);
      bytes = v128.load8_lane(i32x4.extract_lane(before, 3), bytes, 12);
      const dashes = i32x4.eq(v128.and(bytes, i32x4.splat(255)), i32x4.splat(dash));
      const none = v128.and(single, dashes);
      from = v128.andnot(from, none);
      end = v128.andnot(end, none);
    }
    v128.store(column + (i << 2), from);
    v128.store(column + (i << 2), end, textColumn >> 1);
  }
  for (let i = four; i < count; i++) {
    const cut = cutOf(i, place);
    const from = load<u32>(cut) + 1;
    const end = load<u32>(cut, 4);
    // All ones, but 0 where there is nothing but a dash: no branch that is guessed wrong.
    const kept = <u32>((end - from == 1) & (<u32>load<u8>(from) == dash)) - 1;
    store<u32>(column + (i << 2), (from + bias) & kept);
    store<u32>(column + (i << 2), (end + bias) & kept, textColumn >> 1);
  }
}

/**
 * Finds the cuts of a stretch, behind those that there are.
 * @returns behind the last cut; `linesFound` has how many lines end there
 */
function findCuts(block: u32, end: u32, delimiter: v128, cut: u32): u32 {
  const lineFeed = i8x16.splat(0x0a);
  let line = lineCuts + 4;
  for (; block < end; block += 64) {
    const a = v128.load(block);
    const b = v128.load(block, 16);
    const c = v128.load(block, 32);
    const d = v128.load(block, 48);
    const feedsA = i8x16.eq(a, lineFeed);
    const feedsB = i8x16.eq(b, lineFeed);
    const feedsC = i8x16.eq(c, lineFeed);
    const feedsD = i8x16.eq(d, lineFeed);
    let bits = bitsOf(
      v128.or(feedsA, i8x16.eq(a, delimiter)),
      v128.or(feedsB, i8x16.eq(b, delimiter)),
      v128.or(feedsC, i8x16.eq(c, delimiter)),
      v128.or(feedsD, i8x16.eq(d, delimiter)),
    );
    const inside = end - block < 64 ? ((<u64>1) << (end - block)) - 1 : ~(<u64>0);
    bits &= inside;
    if (v128.any_true(v128.or(v128.or(feedsA, feedsB), v128.or(feedsC, feedsD)))) {
      let feeds = bitsOf(feedsA, feedsB, feedsC, feedsD) & inside;
      for (; feeds != 0; feeds &= feeds - 1) {
        store<u32>(line, cut + (<u32>popcnt(bits & ((feeds & (0 - feeds)) - 1)) << 2));
        line += 4;
      }
    }
    const count = <u32>popcnt(bits);
    // More than there may be: what stands behind the last one is written over.
    bits = fourCuts(cut, block, bits);
    bits = fourCuts(cut + 16, block, bits);
    for (let at: u32 = 8; at < count; at += 4) bits = fourCuts(cut + (at << 2), block, bits);
    cut += count << 2;
  }
  linesFound = (line - lineCuts - 4) >>> 2;
  return cut;
}

/**
 * Scans lines between two addresses into the columns from `row` on, at most `room` of them. Places of texts are written down as addresses plus
 * `bias`, those of lines as addresses plus `offset`.
 * @param least the fewest fields of a line
 * @param most how many codes there are
 */
export function scan(
  from: u32,
  end: u32,
  delimiter: u32,
  least: u32,
  most: u32,
  row: u32,
  room: u32,
  bias: u32,
  offset: f64,
): i32 {
  const delimiterByte = i8x16.splat(<i8>delimiter);
  let timesEnd = timeFields;
  let numbersEnd = numberFields;
  let textsEnd = textFields;
  for (let field: u32 = 0; field < most; field++) {
    const code = <u32>load<u8>(codes + field);
    if (code >= 8) {
      store<u32>(textsEnd, field << 2);
      store<u32>(textsEnd, texts + (code - 8) * textColumn, 4);
      textsEnd += 8;
    } else if (code >= 4) {
      store<u32>(numbersEnd, field << 2);
      store<u32>(numbersEnd, code, 4);
      numbersEnd += 8;
    } else if (code != 0) {
      store<u32>(timesEnd, field << 2);
      store<u32>(timesEnd, code, 4);
      timesEnd += 8;
    }
  }
  const first = row;
  stoppedAt = from;
  rowCount = 0;
  if (room > capacity - row) room = capacity - row;
  if (room == 0) return full;
  let cut = cuts + 4;
  let reach = firstStretch;
  store<u32>(cuts, from - 1);
  store<u32>(lineCuts, cuts);
  for (let block = from; block < end; ) {
    const until = end - block < reach ? end : block + reach;
    cut = findCuts(block, until, delimiterByte, cut);
    block = until;
    if (reach < stretch) reach <<= 1;
    const complete = linesFound;
    const count = complete < room ? complete : room;
    const certain = readTimes(count, least, most, timesEnd, row);
    for (let wanted = numberFields; wanted < numbersEnd; wanted += 8)
      readNumbers(load<u32>(wanted, 4), load<u32>(wanted), certain, row);
    for (let wanted = textFields; wanted < textsEnd; wanted += 8)
      placeTexts(load<u32>(wanted, 4) + (row << 2), load<u32>(wanted), certain, bias);
    for (let i: u32 = 0; i < certain; i++)
      store<f64>(positions + ((row + i) << 3), <f64>(load<u32>(load<u32>(lineCuts + (i << 2))) + 1) + offset);
    row += certain;
    room -= certain;
    const rest = load<u32>(lineCuts + (certain << 2));
    stoppedAt = load<u32>(rest) + 1;
    rowCount = row - first;
    if (certain < count) return odd;
    if (room == 0) return full;
    // The line that does not end here stands at the beginning from now on. One of too many fields is not taken, whatever they are.
    let kept = (cut - rest) >>> 2;
    if (kept > mostCuts) kept = mostCuts;
    memory.copy(cuts, rest, kept << 2);
    cut = cuts + (kept << 2);
  }
  return needsMore;
}
