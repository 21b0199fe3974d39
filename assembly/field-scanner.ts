/**
 * Reads lines of fields with one sign between them into columns, 64 bytes at a step, and writes down only the fields that are asked for.
 * AssemblyScript, compiled to WebAssembly with SIMD by scripts/build-wasm.ts; the host is src/decode/access/field-scanner.ts.
 *
 * A line is taken only where everything is certain: as many fields as there should be, a date, a time of day. At any other line (a header, a
 * carriage return, a line that is broken or empty) the scan ends, and the host gives that line to the plain reader, which decides.
 * Numbers are made by the same steps as there (src/decode/access/numbers.ts), so that both give the same to the last bit.
 */

// Where the host puts the tables and the bytes, and where it finds the columns. Exported so that both sides mean the same places.
/** 256 bytes: what is done with each field of a line; the host's numbers (src/decode/access/cloudfront-fields.ts). */
export const codes: u32 = 1024;
/** The most rows of a scan. */
export const capacity: u32 = 1024;
// Columns begin a little more than a multiple of 4,096 bytes apart, because places that are just that far apart share a few lines of the cache.
/** 8 bytes for each row. */
export const times: u32 = 2048;
export const sent: u32 = times + 8256;
export const received: u32 = sent + 8256;
export const taken: u32 = received + 8256;
/** 4 bytes for each row: where its line begins. */
export const lines: u32 = taken + 8256;
/** 2 bytes for each row. */
export const statuses: u32 = lines + 4160;
/** For each column of text where it starts in each row, 4 bytes, and then where it ends. */
export const texts: u32 = statuses + 2112;
/** Bytes of one column of text; its ends begin in the middle. */
export const textColumn: u32 = 8320;
/** The bytes to scan; 64 more must follow them. */
export const input: u32 = 262144;

// Places that are used here alone.
/** 4 bytes for the sign before each field of a line, and for the end of the line; more than any line has that is taken. */
const cuts: u32 = 155648;
const mostCuts: u32 = 320;
/** The fields that are asked for, in their order: numbers of fields, and the code or the column of each, 4 bytes each. */
const numberFields: u32 = 159744;
const textFields: u32 = 161792;

// Why a scan ended.
/** The line that begins at `position` does not end here. */
export const needsMore: i32 = 0;
/** The line that begins at `position` is for the plain reader. */
export const odd: i32 = 1;
/** There is no room for another row. */
export const full: i32 = 2;

const dash: u32 = 0x2d;
const point: u32 = 0x2e;
const largest: f64 = 1000000000000000.0;

let stoppedAt: u32 = 0;
let rowCount: u32 = 0;

export function position(): u32 {
  return stoppedAt;
}

export function rows(): u32 {
  return rowCount;
}

@inline
function bitsOf(at: u32, wanted: v128): u64 {
  return <u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(at), wanted)));
}

/** Which of 64 bytes are that one. */
@inline
function bitsWhere(at: u32, wanted: v128): u64 {
  return (
    bitsOf(at, wanted) |
    (bitsOf(at + 16, wanted) << 16) |
    (bitsOf(at + 32, wanted) << 32) |
    (bitsOf(at + 48, wanted) << 48)
  );
}

@inline
function digit(at: u32): u32 {
  return <u32>load<u8>(at) - 48;
}

/** Two digits; more than 99 where they are none. */
@inline
function two(at: u32): u32 {
  const high = digit(at);
  const low = digit(at + 1);
  return high > 9 || low > 9 ? 1000 : high * 10 + low;
}

/** Midnight of `2026-01-05` in milliseconds since the epoch; NaN where it is no date. */
function dateAt(at: u32): f64 {
  if (load<u8>(at, 4) != dash || load<u8>(at, 7) != dash) return NaN;
  const century = two(at);
  const rest = two(at + 2);
  const month = two(at + 5);
  const day = two(at + 8);
  if (century > 99 || rest > 99 || month < 1 || month > 12 || day < 1) return NaN;
  const year = century * 100 + rest;
  const leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  const days: u32 = month == 2 ? (leap ? 29 : 28) : month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
  if (day > days || year < 1970) return NaN;
  const sinceMarch = (month + 9) % 12;
  const from = month <= 2 ? year - 1 : year;
  const total = from * 365 + from / 4 - from / 100 + from / 400 + (153 * sinceMarch + 2) / 5 + day - 1;
  return <f64>(<i32>total - 719468) * 86400000.0;
}

/** `10:00:59` in milliseconds since midnight; NaN where it is no time. */
function clockAt(at: u32): f64 {
  const hour = two(at);
  const minute = two(at + 3);
  const second = two(at + 6);
  if (load<u8>(at, 2) != 0x3a || load<u8>(at, 5) != 0x3a || hour > 23 || minute > 59 || second > 60) return NaN;
  return <f64>((hour * 3600 + minute * 60 + second) * 1000);
}

/** 8 digits and fewer at once: an 8-byte number with a digit in each byte, the first one lowest, zeros before them. */
@inline
function joined(digits: u64): u32 {
  const pairs = (digits * 10 + (digits >>> 8)) & 0x00ff00ff00ff00ff;
  const fours = (pairs * 100 + (pairs >>> 16)) & 0x0000ffff0000ffff;
  return <u32>((fours * 10000 + (fours >>> 32)) & 0xffffffff);
}

function numberAt(at: u32, end: u32): f64 {
  const length = end - at;
  if (length - 1 < 8) {
    const digits = (load<u64>(at) ^ 0x3030303030303030) << ((8 - length) << 3);
    const isNone = ((digits & 0x7f7f7f7f7f7f7f7f) + 0x7676767676767676) | digits;
    if ((isNone & 0x8080808080808080) != 0) return longNumberAt(at, end);
    return <f64>joined(digits);
  }
  return longNumberAt(at, end);
}

/** As `numberAt` of numbers.ts, whatever stands there. */
function longNumberAt(at: u32, end: u32): f64 {
  let value: f64 = 0;
  let i = at;
  for (; i < end; i++) {
    const next = digit(i);
    if (next > 9) break;
    value = value * 10 + <f64>next;
  }
  return i == at || value > largest ? NaN : value;
}

function decimalAt(at: u32, end: u32): f64 {
  // Sums of so many digits are the same in whole numbers.
  if (end - at > 16) return longDecimalAt(at, end);
  let value: u64 = 0;
  let scale: u64 = 0;
  let i = at;
  for (; i < end; i++) {
    const byte = <u32>load<u8>(i);
    if (byte - 48 <= 9) {
      value = value * 10 + <u64>(byte - 48);
      scale *= 10;
    } else if (byte == point && scale == 0) scale = 1;
    else break;
  }
  const number = scale == 0 ? <f64>value : <f64>value / <f64>scale;
  return i == at || number > largest ? NaN : number;
}

/** As `decimalAt` of numbers.ts, whatever stands there. */
function longDecimalAt(at: u32, end: u32): f64 {
  let value: f64 = 0;
  let scale: f64 = 0;
  let i = at;
  for (; i < end; i++) {
    const byte = <u32>load<u8>(i);
    if (byte == point && scale == 0) scale = 1;
    else if (byte - 48 <= 9) {
      value = value * 10 + <f64>(byte - 48);
      scale *= 10;
    } else break;
  }
  const number = scale == 0 ? value : value / scale;
  return i == at || number > largest ? NaN : number;
}

/** Seconds since the epoch, or milliseconds. */
function epochAt(at: u32, end: u32): f64 {
  const value = decimalAt(at, end);
  if (!(value < 100000000000.0)) return value;
  const scaled = value * 1000;
  const whole = Math.floor(scaled);
  return scaled - whole >= 0.5 ? whole + 1 : whole;
}

/**
 * Scans lines between two addresses, at most `room` of them. Places are written down as addresses plus `bias`.
 * @param least the fewest fields of a line
 * @param most how many codes there are
 */
export function scan(from: u32, end: u32, delimiter: u32, least: u32, most: u32, room: u32, bias: u32): i32 {
  const delimiterByte = i8x16.splat(<i8>delimiter);
  const lineFeed = i8x16.splat(0x0a);
  let numbersEnd = numberFields;
  let textsEnd = textFields;
  /** The last cut that is asked for: behind it, it is enough to count. */
  let lastCut = cuts;
  for (let field: u32 = 0; field < most; field++) {
    const code = <u32>load<u8>(codes + field);
    if (code != 0) lastCut = cuts + ((field + 1) << 2);
    if (code >= 8) {
      store<u32>(textsEnd, field << 2);
      store<u32>(textsEnd, texts + (code - 8) * textColumn, 4);
      textsEnd += 8;
    } else if (code != 0) {
      store<u32>(numbersEnd, field << 2);
      store<u32>(numbersEnd, code, 4);
      numbersEnd += 8;
    }
  }
  let row: u32 = 0;
  let line = from;
  /** Where the next cut is written. */
  let cut = cuts + 4;
  /** The date and the time of day that were read last, as they stand there. */
  let dateHead: u64 = 0;
  let dateTail: u32 = 0;
  let midnight: f64 = NaN;
  let clockText: u64 = 0;
  let clock: f64 = NaN;
  rowCount = 0;
  stoppedAt = from;
  if (room > capacity) room = capacity;
  if (room == 0) return full;
  store<u32>(cuts, line - 1);
  for (let block = from; block < end; block += 64) {
    let delimiters = bitsWhere(block, delimiterByte);
    let feeds = bitsWhere(block, lineFeed);
    if (end - block < 64) {
      const inside = ((<u64>1) << (end - block)) - 1;
      delimiters &= inside;
      feeds &= inside;
    }
    for (;;) {
      const before: u64 = feeds == 0 ? ~(<u64>0) : (feeds - 1) & ~feeds;
      let bits = delimiters & before;
      const next = cut + (<u32>popcnt(bits) << 2);
      // Four at once, whether there are so many or not: what stands behind the last one is written over.
      while (cut < next && cut <= lastCut) {
        store<u32>(cut, block + <u32>ctz(bits));
        bits &= bits - 1;
        store<u32>(cut, block + <u32>ctz(bits), 4);
        bits &= bits - 1;
        store<u32>(cut, block + <u32>ctz(bits), 8);
        bits &= bits - 1;
        store<u32>(cut, block + <u32>ctz(bits), 12);
        bits &= bits - 1;
        cut += 16;
      }
      // A line with so many is not taken, whatever they are.
      cut = next < cuts + (mostCuts << 2) ? next : cuts + (mostCuts << 2);
      if (feeds == 0) break;
      const at = block + <u32>ctz(feeds);
      feeds &= feeds - 1;
      delimiters &= ~before;
      store<u32>(cut, at);
      const fields = (cut - cuts) >>> 2;
      const first = <u32>load<u8>(line);
      // A header begins with `#` or a name; a carriage return would be the end of the last field.
      if (fields < least || fields > most || first == 0x23 || first - 0x61 <= 25 || load<u8>(at - 1) == 0x0d) {
        stoppedAt = line;
        rowCount = row;
        return odd;
      }
      let time: f64 = 0;
      for (let wanted = numberFields; wanted < numbersEnd; wanted += 8) {
        const place = cuts + load<u32>(wanted);
        const fieldStart = load<u32>(place) + 1;
        const fieldEnd = load<u32>(place, 4);
        const code = load<u32>(wanted, 4);
        if (code == 1) {
          if (fieldEnd - fieldStart != 10) time = NaN;
          else {
            const head = load<u64>(fieldStart);
            const tail = <u32>load<u16>(fieldStart, 8);
            if (head != dateHead || tail != dateTail) {
              dateHead = head;
              dateTail = tail;
              midnight = dateAt(fieldStart);
            }
            time += midnight;
          }
        } else if (code == 2) {
          if (fieldEnd - fieldStart != 8) time = NaN;
          else {
            const text = load<u64>(fieldStart);
            if (text != clockText) {
              clockText = text;
              clock = clockAt(fieldStart);
            }
            time += clock;
          }
        } else if (code == 3) time = epochAt(fieldStart, fieldEnd);
        else if (code == 4) {
          const status = numberAt(fieldStart, fieldEnd);
          store<u16>(statuses + (row << 1), status >= 100 && status <= 999 ? <u16>status : 0);
        } else if (code == 5) store<f64>(sent + (row << 3), numberAt(fieldStart, fieldEnd));
        else if (code == 6) store<f64>(received + (row << 3), numberAt(fieldStart, fieldEnd));
        else store<f64>(taken + (row << 3), decimalAt(fieldStart, fieldEnd) * 1000);
      }
      if (!(time >= 0 && time <= 8640000000000000.0)) {
        stoppedAt = line;
        rowCount = row;
        return odd;
      }
      for (let wanted = textFields; wanted < textsEnd; wanted += 8) {
        const place = cuts + load<u32>(wanted);
        const fieldStart = load<u32>(place) + 1;
        const fieldEnd = load<u32>(place, 4);
        const column = load<u32>(wanted, 4) + (row << 2);
        // All ones, but 0 where there is nothing but a dash: no branch that is guessed wrong.
        const kept = <u32>((fieldEnd - fieldStart == 1) & (<u32>load<u8>(fieldStart) == dash)) - 1;
        store<u32>(column, (fieldStart + bias) & kept);
        store<u32>(column, (fieldEnd + bias) & kept, textColumn >> 1);
      }
      store<f64>(times + (row << 3), time);
      store<u32>(lines + (row << 2), line + bias);
      row++;
      line = at + 1;
      cut = cuts + 4;
      store<u32>(cuts, at);
      if (row == room) {
        stoppedAt = line;
        rowCount = row;
        return full;
      }
    }
  }
  stoppedAt = line;
  rowCount = row;
  return needsMore;
}
