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
/** 8 bytes for each row. */
export const times: u32 = 2048;
export const sent: u32 = 10240;
export const received: u32 = 18432;
export const taken: u32 = 26624;
/** 4 bytes for each row: where its line begins. */
export const lines: u32 = 34816;
/** 2 bytes for each row. */
export const statuses: u32 = 38912;
/** For each column of text where it starts in each row, 4 bytes, and then where it ends. */
export const texts: u32 = 40960;
/** Bytes of one column of text. */
export const textColumn: u32 = 8192;
/** The bytes to scan; 64 more must follow them. */
export const input: u32 = 262144;

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
function bitsWhere(at: u32, first: v128, second: v128): u64 {
  let bits: u64 = 0;
  for (let part: u32 = 0; part < 64; part += 16) {
    const bytes = v128.load(at + part);
    const found = v128.or(i8x16.eq(bytes, first), i8x16.eq(bytes, second));
    bits |= (<u64>(<u32>i8x16.bitmask(found))) << part;
  }
  return bits;
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

function numberAt(at: u32, end: u32): f64 {
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
  let row: u32 = 0;
  let line = from;
  let fieldStart = from;
  let field: u32 = 0;
  let time: f64 = 0;
  /** The date that was read last, as it stands there. */
  let dateHead: u64 = 0;
  let dateTail: u32 = 0;
  let midnight: f64 = NaN;
  rowCount = 0;
  stoppedAt = from;
  if (room > capacity) room = capacity;
  if (room == 0) return full;
  for (let block = from; block < end; block += 64) {
    let bits = bitsWhere(block, delimiterByte, lineFeed);
    if (end - block < 64) bits &= ((<u64>1) << (end - block)) - 1;
    while (bits != 0) {
      const at = block + <u32>ctz(bits);
      bits &= bits - 1;
      const code = field < most ? <u32>load<u8>(codes + field) : 0;
      if (code != 0) {
        if (code >= 8) {
          const column = texts + (code - 8) * textColumn + (row << 2);
          const nothing = at - fieldStart == 1 && load<u8>(fieldStart) == dash;
          store<u32>(column, nothing ? 0 : fieldStart + bias);
          store<u32>(column, nothing ? 0 : at + bias, textColumn >> 1);
        } else if (code == 1) {
          if (at - fieldStart != 10) time = NaN;
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
        } else if (code == 2) time += at - fieldStart == 8 ? clockAt(fieldStart) : NaN;
        else if (code == 3) time = epochAt(fieldStart, at);
        else if (code == 4) {
          const status = numberAt(fieldStart, at);
          store<u16>(statuses + (row << 1), status >= 100 && status <= 999 ? <u16>status : 0);
        } else if (code == 5) store<f64>(sent + (row << 3), numberAt(fieldStart, at));
        else if (code == 6) store<f64>(received + (row << 3), numberAt(fieldStart, at));
        else store<f64>(taken + (row << 3), decimalAt(fieldStart, at) * 1000);
      }
      field++;
      fieldStart = at + 1;
      if (load<u8>(at) != 0x0a) continue;
      const first = <u32>load<u8>(line);
      // A header begins with `#` or a name; a carriage return would be the end of the last field.
      const certain =
        field >= least &&
        field <= most &&
        time >= 0 &&
        time <= 8640000000000000.0 &&
        first != 0x23 &&
        (first < 0x61 || first > 0x7a) &&
        load<u8>(at - 1) != 0x0d;
      if (!certain) {
        stoppedAt = line;
        rowCount = row;
        return odd;
      }
      store<f64>(times + (row << 3), time);
      store<u32>(lines + (row << 2), line + bias);
      row++;
      line = at + 1;
      field = 0;
      time = 0;
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
