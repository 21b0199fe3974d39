/** Scalars and times in records: whether they are in order, and which of two times comes first. */

@inline
function isDigit(byte: u32): bool {
  return byte - 0x30 < 10;
}

/** Where `true`, `false`, `null` or a number ends that begins here; 0 where there is none, or behind it what does not end a value. */
export function endOfScalar(start: u32): u32 {
  let at = start;
  const first = load<u32>(at);
  if (first == 0x65757274 || first == 0x6c6c756e) at += 4;
  else if (first == 0x736c6166 && load<u8>(at, 4) == 0x65) at += 5;
  else {
    if (load<u8>(at) == 0x2d) at++;
    if (!isDigit(load<u8>(at))) return 0;
    if (load<u8>(at) == 0x30) at++;
    else while (isDigit(load<u8>(at))) at++;
    if (load<u8>(at) == 0x2e) {
      at++;
      if (!isDigit(load<u8>(at))) return 0;
      while (isDigit(load<u8>(at))) at++;
    }
    if ((load<u8>(at) | 0x20) == 0x65) {
      at++;
      if (load<u8>(at) == 0x2b || load<u8>(at) == 0x2d) at++;
      if (!isDigit(load<u8>(at))) return 0;
      while (isDigit(load<u8>(at))) at++;
    }
  }
  const after = load<u8>(at);
  return after == 0x2c || after == 0x7d || after == 0x5d ? at : 0;
}

@inline
function twoDigits(at: u32): u32 {
  return (load<u8>(at) - 0x30) * 10 + (load<u8>(at, 1) - 0x30);
}

/** Whether a day that there is stands in a time of CloudTrail's form, of which the upper halves of the digits are known to be right. */
export function isRealTime(at: u32): bool {
  // One bit for each of the first 16 bytes that has to be a digit.
  const digits: u32 = 0b1101101101101111;
  const found = i8x16.bitmask(i8x16.lt_u(i8x16.sub(v128.load(at), i8x16.splat(0x30)), i8x16.splat(10)));
  if ((found & digits) != digits || !isDigit(load<u8>(at, 17)) || !isDigit(load<u8>(at, 18))) return false;
  const month = twoDigits(at + 5);
  // Bit n: whether month n has 31 days. Of the 29th of February and of the years before 1970 the host decides.
  const days: u32 = month == 2 ? 28 : ((0x15aa >> month) & 1) != 0 ? 31 : 30;
  return (
    twoDigits(at) * 100 + twoDigits(at + 2) >= 1970 &&
    month - 1 < 12 &&
    twoDigits(at + 8) - 1 < days &&
    twoDigits(at + 11) < 24 &&
    twoDigits(at + 14) < 60 &&
    twoDigits(at + 17) < 60
  );
}

/** Whether the 20 bytes of one time come before those of another. */
export function isEarlier(one: u32, other: u32): bool {
  let i = ctz(i8x16.bitmask(i8x16.ne(v128.load(one), v128.load(other))) | 0x10000);
  while (i < 20 && load<u8>(one + i) == load<u8>(other + i)) i++;
  return i < 20 && load<u8>(one + i) < load<u8>(other + i);
}

/** Writes the 20 bytes of a time. */
@inline
export function copyTime(to: u32, from: u32): void {
  v128.store(to, v128.load(from));
  store<u32>(to, load<u32>(from, 16), 16);
}
