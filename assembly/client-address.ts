/** Reads addresses out of text, as src/web/address.ts does. AssemblyScript, compiled to WebAssembly with SIMD by scripts/build-wasm.ts, as a part of assembly/traffic-kernel.ts. */

/** Whether these words are an IPv4 address (mapped into IPv6, RFC 4291 2.5.5.2). */
@inline
export function isIpv4(at: u32): bool {
  return load<u64>(at) == 0 && load<u32>(at, 8) == 0xffff;
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
export function shortIpv4At(at: u32, length: u32): i64 {
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
export function ipv6At(at: u32, end: u32, into: u32): bool {
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
