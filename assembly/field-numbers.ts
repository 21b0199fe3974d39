/**
 * Reads numbers and times, as a part of assembly/field-scanner.ts. They are made by the same steps as in the project's own language
 * (src/decode/access/numbers.ts, times.ts), so that both give the same to the last bit. Eight bytes behind each must be there to be read.
 */

const dash: u32 = 0x2d;
const point: u32 = 0x2e;
const largest: f64 = 1000000000000000.0;

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
export function dateAt(at: u32): f64 {
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
export function clockAt(at: u32): f64 {
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

export function numberAt(at: u32, end: u32): f64 {
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

export function decimalAt(at: u32, end: u32): f64 {
  const length = end - at;
  if (length - 2 < 7) {
    const text = load<u64>(at);
    const others = text ^ 0x2e2e2e2e2e2e2e2e;
    const places = (others - 0x0101010101010101) & ~others & 0x8080808080808080;
    const before = <u32>ctz(places) >>> 3;
    if (before < length) {
      // Digits with one point among them: those behind it move to where it is.
      const behind = length - 1 - before;
      const whole = text & (((<u64>1) << (before << 3)) - 1);
      const joint = whole | (((text >>> 8) >>> (before << 3)) << (before << 3));
      const digits = (joint ^ 0x3030303030303030) << ((9 - length) << 3);
      const isNone = ((digits & 0x7f7f7f7f7f7f7f7f) + 0x7676767676767676) | digits;
      if ((isNone & 0x8080808080808080) == 0) {
        let scale: u32 = 1;
        for (let i: u32 = 0; i < behind; i++) scale *= 10;
        return <f64>joined(digits) / <f64>scale;
      }
    }
  }
  return shortDecimalAt(at, end);
}

/** Of digits with at most one point among them the sums are the same in whole numbers, where there are not too many. */
function shortDecimalAt(at: u32, end: u32): f64 {
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
export function epochAt(at: u32, end: u32): f64 {
  const value = decimalAt(at, end);
  if (!(value < 100000000000.0)) return value;
  const scaled = value * 1000;
  const whole = Math.floor(scaled);
  return scaled - whole >= 0.5 ? whole + 1 : whole;
}

