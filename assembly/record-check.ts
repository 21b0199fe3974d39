/**
 * Decides for certain, from the bytes of one record, whether rules match that only compare texts under plain names, and counts. The
 * record has no backslash and is ASCII; what is not certain (JSON that a parser would refuse, a key twice, a value of another kind) is
 * said, so that the host looks at it with care. Written for records that a rule matches by the thousand: see src/runtime/countable.ts.
 */

/** The numbers of rules and fields. */
export const countedRules: u32 = 163840;
export const countedFields: u32 = 163844;
/** 8 slots of 64 bytes: the fields of a rule as a set of bits, how often it matched, and the first and the last time, 20 bytes each. */
export const ruleSlots: u32 = 163856;
/** 16 slots of 64 bytes: how many names, of each up to 6 the address and length; address of the texts and how many: address and length of each. */
export const fieldSlots: u32 = 164368;
/** The names and texts, and the lists of texts. */
export const countedTexts: u32 = 165392;
export const countedTextsEnd: u32 = 172032;
export const ruleFirst: u32 = 8;
export const ruleLast: u32 = 32;

// What may come next.
const valueNext: u32 = 0;
const keyOrEnd: u32 = 1;
const keyNext: u32 = 2;
const colonNext: u32 = 3;
const commaOrEnd: u32 = 4;
const valueOrEnd: u32 = 5;
const elementNext: u32 = 6;

const deepest: u32 = 60;

/** Where the text of `eventTime` begins. */
let timeAt: u32 = 0;
/** Fields, one bit each, whose whole name was found with a text of the rule, and with another. */
let hits: u32 = 0;
let misses: u32 = 0;

@inline
function bits(a: v128, b: v128, c: v128, d: v128): u64 {
  return (
    (<u64>(<u32>i8x16.bitmask(a))) |
    ((<u64>(<u32>i8x16.bitmask(b))) << 16) |
    ((<u64>(<u32>i8x16.bitmask(c))) << 32) |
    ((<u64>(<u32>i8x16.bitmask(d))) << 48)
  );
}

@inline
function xorUp(start: u64): u64 {
  let sum = start;
  sum ^= sum << 1;
  sum ^= sum << 2;
  sum ^= sum << 4;
  sum ^= sum << 8;
  sum ^= sum << 16;
  sum ^= sum << 32;
  return sum;
}

@inline
function isDigit(byte: u32): bool {
  return byte - 0x30 < 10;
}

/** Whether `true`, `false`, `null` or a number stands here, with nothing behind it but what ends a value. */
function isScalar(start: u32): bool {
  let at = start;
  const first = load<u32>(at);
  if (first == 0x65757274 || first == 0x6c6c756e) at += 4;
  else if (first == 0x736c6166 && load<u8>(at, 4) == 0x65) at += 5;
  else {
    if (load<u8>(at) == 0x2d) at++;
    if (!isDigit(load<u8>(at))) return false;
    if (load<u8>(at) == 0x30) at++;
    else while (isDigit(load<u8>(at))) at++;
    if (load<u8>(at) == 0x2e) {
      at++;
      if (!isDigit(load<u8>(at))) return false;
      while (isDigit(load<u8>(at))) at++;
    }
    if ((load<u8>(at) | 0x20) == 0x65) {
      at++;
      if (load<u8>(at) == 0x2b || load<u8>(at) == 0x2d) at++;
      if (!isDigit(load<u8>(at))) return false;
      while (isDigit(load<u8>(at))) at++;
    }
  }
  const after = load<u8>(at);
  return after == 0x2c || after == 0x7d || after == 0x5d;
}

/** Whether a text stands between the quotes here, in letters of any case where `folds`. */
@inline
function isText(start: u32, text: u32, length: u32, folds: bool): bool {
  for (let i: u32 = 0; i < length; i++) {
    let byte = <u32>load<u8>(start + i);
    if (folds && byte - 0x41 < 26) byte |= 0x20;
    if (byte != load<u8>(text + i)) return false;
  }
  return load<u8>(start + length) == 0x22;
}

@inline
function twoDigits(at: u32): u32 {
  return (load<u8>(at) - 0x30) * 10 + (load<u8>(at, 1) - 0x30);
}

/** Whether a day that there is stands in a time of CloudTrail's form, of which the upper halves of the digits are known to be right. */
function isRealTime(at: u32): bool {
  for (let i: u32 = 0; i < 19; i++) {
    if (i == 4 || i == 7 || i == 10 || i == 13 || i == 16) continue;
    if (!isDigit(load<u8>(at + i))) return false;
  }
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
function isEarlier(one: u32, other: u32): bool {
  for (let i: u32 = 0; i < 20; i++) {
    const a = load<u8>(one + i);
    const b = load<u8>(other + i);
    if (a != b) return a < b;
  }
  return false;
}

/** Begins to count anew. */
export function resetCounts(): void {
  const rules = load<u32>(countedRules);
  for (let i: u32 = 0; i < rules; i++) store<u32>(ruleSlots + (i << 6), 0, 4);
}

/** Counts the rules that match the record between two addresses; false where one of them is not certain, and then none is counted. */
export function count(start: u32, end: u32): bool {
  timeAt = 0;
  hits = 0;
  misses = 0;
  if (!walk(start, end) || timeAt == 0 || !isRealTime(timeAt)) return false;
  const rules = load<u32>(countedRules);
  let matches: u32 = 0;
  for (let i: u32 = 0; i < rules; i++) {
    const fields = load<u32>(ruleSlots + (i << 6));
    if ((hits & fields) == fields) matches |= 1 << i;
    else if ((misses & fields) == 0) return false;
  }
  for (; matches != 0; matches &= matches - 1) {
    const slot = ruleSlots + (ctz(matches) << 6);
    const known = load<u32>(slot, 4);
    store<u32>(slot, known + 1, 4);
    if (known == 0 || isEarlier(timeAt, slot + ruleFirst)) memory.copy(slot + ruleFirst, timeAt, 20);
    if (known == 0 || isEarlier(slot + ruleLast, timeAt)) memory.copy(slot + ruleLast, timeAt, 20);
  }
  return true;
}

/** The number of names of each field, from the first, that lead to where the walk is: 4 bits each. */
let led: u64 = 0;
/** For each field the names that were met, one bit each of 8. */
let met0: u64 = 0;
let met1: u64 = 0;

@inline
function ledOf(field: u32): u32 {
  return <u32>(led >> (field << 2)) & 15;
}

@inline
function setLed(field: u32, names: u32): void {
  const shift = field << 2;
  led = (led & ~((<u64>15) << shift)) | ((<u64>names) << shift);
}

/** False where the same name was met before at its place. */
@inline
function meet(field: u32, name: u32): bool {
  const bit = (<u64>1) << (((field & 7) << 3) + name);
  const met = field < 8 ? met0 : met1;
  if ((met & bit) != 0) return false;
  if (field < 8) met0 = met | bit;
  else met1 = met | bit;
  return true;
}

/** What the key at this depth, whose text begins here, leads to: fields whose next value is wanted as a bit set; all bits where it is there twice. */
function fieldsOf(key: u32, depth: u32): u32 {
  const fields = load<u32>(countedFields);
  let wanted: u32 = 0;
  for (let field: u32 = 0; field < fields; field++) {
    if (ledOf(field) != depth - 1) continue;
    const slot = fieldSlots + (field << 6);
    if (depth > load<u32>(slot)) continue;
    const name = slot + (depth << 3) - 4;
    if (!isText(key, load<u32>(name), load<u32>(name, 4), false)) continue;
    if (!meet(field, depth - 1)) return 0xffffffff;
    wanted |= 1 << field;
  }
  return wanted;
}

/** Whether a text can stand as the value of these fields: their last name leads to it. Tells hits and misses. */
function takeText(text: u32, depth: u32, wanted: u32): bool {
  for (let rest = wanted; rest != 0; rest &= rest - 1) {
    const field = ctz(rest);
    const slot = fieldSlots + (field << 6);
    if (load<u32>(slot) != depth) return false;
    const texts = load<u32>(slot, 52);
    const many = load<u32>(slot, 56);
    let found = false;
    for (let i: u32 = 0; i < many && !found; i++)
      found = isText(text, load<u32>(texts + (i << 3)), load<u32>(texts + (i << 3), 4), true);
    if (found) hits |= 1 << field;
    else misses |= 1 << field;
  }
  return true;
}

/** Whether these fields go on inside the object that is their value. */
function enter(depth: u32, wanted: u32): bool {
  for (let rest = wanted; rest != 0; rest &= rest - 1) {
    const field = ctz(rest);
    if (load<u32>(fieldSlots + (field << 6)) == depth) return false;
    setLed(field, depth);
  }
  return true;
}

/** Steps out of an object at this depth. */
@inline
function leave(depth: u32): void {
  const fields = load<u32>(countedFields);
  for (let field: u32 = 0; field < fields; field++)
    if (depth > 1 && ledOf(field) == depth - 1) setLed(field, depth - 2);
}

/** Goes through the record as a parser does; false where a parser may refuse it, or a field is not plainly there. */
function walk(start: u32, end: u32): bool {
  const quoteByte = i8x16.splat(0x22);
  const colonByte = i8x16.splat(0x3a);
  const commaByte = i8x16.splat(0x2c);
  const bracketBits = i8x16.splat(0x26);
  const bracketByte = i8x16.splat(0x7f);
  const spaceByte = i8x16.splat(0x20);
  led = 0;
  met0 = 0;
  met1 = 0;
  let next = valueNext;
  let depth: u32 = 0;
  /** One bit for each depth: whether an object is there. */
  let objects: u64 = 0;
  let wanted: u32 = 0;
  let isTime = false;
  let inString: u64 = 0;
  let wasScalar: u64 = 0;
  for (let block = start; block < end; block += 64) {
    const a = v128.load(block);
    const b = v128.load(block, 16);
    const c = v128.load(block, 32);
    const d = v128.load(block, 48);
    const left = end - block;
    const inside: u64 = left >= 64 ? ~(<u64>0) : ((<u64>1) << left) - 1;
    const quotes =
      bits(i8x16.eq(a, quoteByte), i8x16.eq(b, quoteByte), i8x16.eq(c, quoteByte), i8x16.eq(d, quoteByte)) &
      inside;
    const strings = xorUp(quotes) ^ inString;
    inString = <u64>((<i64>strings) >> 63);
    const controls = bits(
      i8x16.lt_u(a, spaceByte),
      i8x16.lt_u(b, spaceByte),
      i8x16.lt_u(c, spaceByte),
      i8x16.lt_u(d, spaceByte),
    );
    if ((controls & inside) != 0) return false;
    const outside = ~strings & inside;
    const marks =
      bits(
        v128.or(
          i8x16.eq(v128.or(a, bracketBits), bracketByte),
          v128.or(i8x16.eq(a, colonByte), i8x16.eq(a, commaByte)),
        ),
        v128.or(
          i8x16.eq(v128.or(b, bracketBits), bracketByte),
          v128.or(i8x16.eq(b, colonByte), i8x16.eq(b, commaByte)),
        ),
        v128.or(
          i8x16.eq(v128.or(c, bracketBits), bracketByte),
          v128.or(i8x16.eq(c, colonByte), i8x16.eq(c, commaByte)),
        ),
        v128.or(
          i8x16.eq(v128.or(d, bracketBits), bracketByte),
          v128.or(i8x16.eq(d, colonByte), i8x16.eq(d, commaByte)),
        ),
      ) & outside;
    const scalars = outside & ~quotes & ~marks;
    const scalarStarts = scalars & ~((scalars << 1) | wasScalar);
    wasScalar = scalars >> 63;
    let steps = marks | (quotes & strings) | scalarStarts;
    while (steps != 0) {
      const at = block + <u32>ctz(steps);
      steps &= steps - 1;
      const byte = load<u8>(at);
      if (byte == 0x22) {
        if (next == keyOrEnd || next == keyNext) {
          wanted = fieldsOf(at + 1, depth);
          if (wanted == 0xffffffff) return false;
          isTime = depth == 1 && isEventTime(at);
          if (isTime && timeAt != 0) return false;
          next = colonNext;
        } else if (next == valueNext || next == valueOrEnd || next == elementNext) {
          if (isTime) timeAt = at + 1;
          isTime = false;
          if (wanted != 0 && !takeText(at + 1, depth, wanted)) return false;
          wanted = 0;
          next = commaOrEnd;
        } else return false;
      } else if (byte == 0x3a) {
        if (next != colonNext) return false;
        next = valueNext;
      } else if (byte == 0x2c) {
        if (next != commaOrEnd) return false;
        next = ((objects >> depth) & 1) != 0 ? keyNext : elementNext;
      } else if (byte == 0x7b || byte == 0x5b) {
        if (next != valueNext && next != valueOrEnd && next != elementNext) return false;
        if (isTime || depth == deepest) return false;
        if (wanted != 0 && (byte == 0x5b || !enter(depth, wanted))) return false;
        wanted = 0;
        depth++;
        if (byte == 0x7b) {
          objects |= (<u64>1) << depth;
          next = keyOrEnd;
        } else {
          objects &= ~((<u64>1) << depth);
          next = valueOrEnd;
        }
      } else if (byte == 0x7d || byte == 0x5d) {
        const isObject = ((objects >> depth) & 1) != 0;
        if (depth == 0 || isObject != (byte == 0x7d)) return false;
        if (next != commaOrEnd && next != (isObject ? keyOrEnd : valueOrEnd)) return false;
        if (isObject) leave(depth);
        depth--;
        if (depth == 0) return at + 1 == end;
        next = commaOrEnd;
      } else {
        if (next != valueNext && next != valueOrEnd && next != elementNext) return false;
        if (wanted != 0 || isTime || !isScalar(at)) return false;
        next = commaOrEnd;
      }
    }
  }
  return false;
}

/** Whether the key that begins with this quote is `eventTime`. */
@inline
function isEventTime(at: u32): bool {
  return load<u64>(at) == 0x6954746e65766522 && load<u16>(at, 8) == 0x656d && load<u8>(at, 10) == 0x22;
}
