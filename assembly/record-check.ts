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
/**
 * For each 64 bytes of the record what the scanner has found out about them, 40 bytes: quotes, what is in strings, colons, commas and
 * brackets, the last three outside of strings. A longer record is not certain.
 */
export const blocks: u32 = 172032;
export const blocksEnd: u32 = 212992;
export const blockSize: u32 = 40;
export const ruleFirst: u32 = 8;
export const ruleLast: u32 = 32;

const deepest: u32 = 60;

const golden: u32 = 0x9e3779b1;

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

/** Whether a text stands between the quotes here, in letters of any case. */
@inline
function isText(start: u32, text: u32, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) {
    let byte = <u32>load<u8>(start + i);
    if (byte - 0x41 < 26) byte |= 0x20;
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

/** One bit for each sort of key, told by its last bytes: whether a name that is looked for is of this sort. */
let sorts: u64 = 0;

/** Of the key that ends with these four bytes, or three behind its quote, whatever the case of letters. */
@inline
function sortOf(tail: u32): u64 {
  return (<u64>1) << (<u64>(((tail | 0x20202020) * golden) >>> 26));
}

/** Begins to count anew. */
export function resetCounts(): void {
  const rules = load<u32>(countedRules);
  for (let i: u32 = 0; i < rules; i++) store<u32>(ruleSlots + (i << 6), 0, 4);
  // `Time`, the end of `eventTime`.
  sorts = sortOf(0x656d6954);
  const fields = load<u32>(countedFields);
  for (let field: u32 = 0; field < fields; field++) {
    const slot = fieldSlots + (field << 6);
    const depth = load<u32>(slot);
    for (let i: u32 = 0; i < depth; i++) {
      const name = load<u32>(slot + (i << 3), 4);
      const length = load<u32>(slot + (i << 3), 8);
      if (length >= 4) sorts |= sortOf(load<u32>(name + length - 4));
      else if (length == 3)
        sorts |= sortOf((0x22 | (<u32>load<u8>(name) << 8) | (<u32>load<u16>(name, 1) << 16)));
      // What stands before the quote of a shorter one may be anything.
      else sorts = ~(<u64>0);
    }
  }
}

/** Counts the rules that match the record between two addresses, of which `blocks` tells; false where one of them is not certain, and then none is counted. */
export function count(start: u32, end: u32): bool {
  timeAt = 0;
  hits = 0;
  misses = 0;
  if (end - start > ((blocksEnd - blocks) / blockSize) << 6) return false;
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

/** Whether the key that ends before this quote is the name. No quote is inside a key. */
@inline
function isName(quote: u32, name: u32, length: u32): bool {
  const start = quote - length;
  if (load<u8>(start - 1) != 0x22) return false;
  for (let i: u32 = 0; i < length; i++) if (load<u8>(start + i) != load<u8>(name + i)) return false;
  return true;
}

/** What the key at this depth, which ends before this quote, leads to: fields whose next value is wanted as a bit set; all bits where it is there twice. */
function fieldsOf(quote: u32, depth: u32): u32 {
  const fields = load<u32>(countedFields);
  let wanted: u32 = 0;
  for (let field: u32 = 0; field < fields; field++) {
    if (ledOf(field) != depth - 1) continue;
    const slot = fieldSlots + (field << 6);
    if (depth > load<u32>(slot)) continue;
    const name = slot + (depth << 3) - 4;
    if (!isName(quote, load<u32>(name), load<u32>(name, 4))) continue;
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
      found = isText(text, load<u32>(texts + (i << 3)), load<u32>(texts + (i << 3), 4));
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

/** Steps out of what is open at this depth. */
@inline
function leave(depth: u32): void {
  const fields = load<u32>(countedFields);
  for (let field: u32 = 0; field < fields; field++)
    if (depth > 1 && ledOf(field) == depth - 1) setLed(field, depth - 2);
}

/** Takes the key at this depth that ends before this quote, and what stands behind its colon; false where that is not plain. */
function takeKey(quote: u32, depth: u32): bool {
  const value = quote + 2;
  const first = <u32>load<u8>(value);
  if (depth == 1 && isEventTime(quote)) {
    if (timeAt != 0 || first != 0x22) return false;
    timeAt = value + 1;
  }
  const wanted = fieldsOf(quote, depth);
  if (wanted == 0) return true;
  if (wanted == 0xffffffff) return false;
  if (first == 0x22) return takeText(value + 1, depth, wanted);
  return first == 0x7b && enter(depth, wanted);
}

/** Takes the keys of a block that may be looked for, and steps out of what is closed between them, in their order. */
function takeKeys(block: u32, keys: u64, opens: u64, closes: u64, depth: u32): bool {
  let steps = keys | closes;
  while (steps != 0) {
    const bit = ctz(steps);
    const before = ((<u64>1) << bit) - 1;
    const here = depth + <u32>popcnt(opens & before) - <u32>popcnt(closes & before);
    steps &= steps - 1;
    if (((closes >> bit) & 1) != 0) leave(here);
    else if (!takeKey(block + <u32>bit, here)) return false;
  }
  return true;
}

/**
 * Goes through the record as a parser does; false where a parser may refuse it, or a field is not plainly there.
 *
 * Minified JSON has nothing between its tokens, so that it is right where each token has behind it one that may stand there, and brackets
 * match. What may follow is one set of bits for each kind of token, shifted by one, held against those that do follow, 64 bytes at a
 * step; only brackets are gone through one by one, which tell the commas of objects from those of lists. To add a key's first quote to the
 * bits of all strings carries to the quote that ends it, and leaves other strings as they are.
 */
function walk(start: u32, end: u32): bool {
  const spaceByte = i8x16.splat(0x20);
  led = 0;
  met0 = 0;
  met1 = 0;
  let depth: u32 = 0;
  /** One bit for each depth: whether a list is there. */
  let lists: u64 = 0;
  let found = blocks;
  // One bit each, about the last byte of the block before: what of the first byte is asked.
  let asksKey: u64 = 0;
  let asksKeyOrEnd: u64 = 0;
  let asksValue: u64 = 0;
  let asksValueOrEnd: u64 = 0;
  let asksColon: u64 = 0;
  let asksCommaOrEnd: u64 = 0;
  let wasScalar: u64 = 0;
  /** Whether the block before ended inside a key. */
  let inKey: u64 = 0;
  for (let block = start; block < end; block += 64) {
    const a = v128.load(block);
    const b = v128.load(block, 16);
    const c = v128.load(block, 32);
    const d = v128.load(block, 48);
    const left = end - block;
    const inside: u64 = left >= 64 ? ~(<u64>0) : ((<u64>1) << left) - 1;
    if (v128.any_true(i8x16.lt_u(i8x16.min_u(i8x16.min_u(a, b), i8x16.min_u(c, d)), spaceByte))) {
      const controls = bits(
        i8x16.lt_u(a, spaceByte),
        i8x16.lt_u(b, spaceByte),
        i8x16.lt_u(c, spaceByte),
        i8x16.lt_u(d, spaceByte),
      );
      if ((controls & inside) != 0) return false;
    }
    const quotes = load<u64>(found) & inside;
    const strings = load<u64>(found, 8);
    const colons = load<u64>(found, 16) & inside;
    const commas = load<u64>(found, 24) & inside;
    const brackets = load<u64>(found, 32) & inside;
    const outside = ~strings & inside;
    found += blockSize;

    const depthBefore = depth;
    let opens: u64 = 0;
    let listOpens: u64 = 0;
    /** The bytes that stand in a list, and no deeper. */
    let inList: u64 = ((lists >> depth) & 1) != 0 ? ~(<u64>0) : 0;
    for (let steps = brackets; steps != 0; steps &= steps - 1) {
      const bit = ctz(steps);
      const byte = load<u8>(block + <u32>bit);
      if (byte == 0x7b) {
        if (depth == deepest) return false;
        depth++;
        opens |= (<u64>1) << bit;
        lists &= ~((<u64>1) << depth);
      } else if (byte == 0x5b) {
        if (depth == deepest) return false;
        depth++;
        opens |= (<u64>1) << bit;
        listOpens |= (<u64>1) << bit;
        lists |= (<u64>1) << depth;
      } else {
        if (byte != (((lists >> depth) & 1) != 0 ? 0x5d : 0x7d) || depth == 0) return false;
        depth--;
        if (depth == 0 && block + <u32>bit + 1 != end) return false;
      }
      const behind = ~(<u64>0) << bit;
      inList = (inList & ~behind) | (((lists >> depth) & 1) != 0 ? behind : 0);
    }
    const closes = brackets & ~opens;

    const openQuotes = quotes & strings;
    const scalars = outside & ~(quotes | colons | commas | brackets);
    const scalarStarts = scalars & ~((scalars << 1) | wasScalar);
    wasScalar = scalars >> 63;
    for (let steps = scalarStarts; steps != 0; steps &= steps - 1)
      if (!isScalar(block + <u32>ctz(steps))) return false;

    const keyCommas = commas & ~inList;
    const keyBrackets = opens & ~listOpens;
    const beforeValue = colons | (commas & inList);
    const firstOfKey = openQuotes & (((keyCommas | keyBrackets) << 1) | asksKey | asksKeyOrEnd);
    const carried = strings + (firstOfKey | inKey);
    inKey = carried < strings ? 1 : 0;
    const endOfKey = carried & ~strings;
    const valueStarts = openQuotes | opens | scalarStarts;
    // The byte behind a scalar has been looked at with it.
    const valueEnds = (quotes & ~strings & ~endOfKey) | closes;
    const wrong =
      (((keyCommas << 1) | asksKey) & ~openQuotes) |
      (((keyBrackets << 1) | asksKeyOrEnd) & ~(openQuotes | closes)) |
      (((beforeValue << 1) | asksValue) & ~valueStarts) |
      (((listOpens << 1) | asksValueOrEnd) & ~(valueStarts | closes)) |
      (((endOfKey << 1) | asksColon) & ~colons) |
      (((valueEnds << 1) | asksCommaOrEnd) & ~(commas | closes));
    if ((wrong & inside) != 0) return false;
    asksKey = keyCommas >> 63;
    asksKeyOrEnd = keyBrackets >> 63;
    asksValue = beforeValue >> 63;
    asksValueOrEnd = listOpens >> 63;
    asksColon = endOfKey >> 63;
    asksCommaOrEnd = valueEnds >> 63;

    let keys: u64 = 0;
    for (let steps = endOfKey; steps != 0; steps &= steps - 1) {
      const bit = ctz(steps);
      if ((sorts & sortOf(load<u32>(block + <u32>bit - 4))) != 0) keys |= (<u64>1) << bit;
    }
    if ((keys != 0 || led != 0) && !takeKeys(block, keys, opens, closes, depthBefore)) return false;
  }
  return depth == 0;
}

/** Whether the key that ends before this quote is `eventTime`. */
@inline
function isEventTime(quote: u32): bool {
  return load<u64>(quote - 10) == 0x6954746e65766522 && load<u16>(quote - 2) == 0x656d;
}
