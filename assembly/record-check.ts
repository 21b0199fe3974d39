/**
 * Decides for certain, from the bytes of one record, whether rules match that only compare texts under plain names, and counts. The
 * record has no backslash and is ASCII; what is not certain (JSON that a parser would refuse, a key twice, a value of another kind) is
 * said, so that the host looks at it with care. Written for records that a rule matches by the thousand: see src/runtime/countable.ts.
 */

import {
  blockAt,
  blocks,
  blockSize,
  closeQuotesInBlock,
  closesInBlock,
  colonsInBlock,
  commasInBlock,
  countedFields,
  countedRules,
  countedTails,
  depthInBlock,
  fieldSlots,
  found,
  inSmallLetters,
  keyList,
  keyListFull,
  keysInBlock,
  names,
  onesAndZeros,
  openQuotesInBlock,
  opensInBlock,
  ruleFirst,
  ruleLast,
  ruleSlots,
  slotOfTail,
  squaresInBlock,
  stringsInBlock,
  tailBits,
} from './record-places';
import { copyTime, endOfScalar, isEarlier, isRealTime } from './record-values';

const deepest: u32 = 60;

/** Where the text of `eventTime` begins. */
let timeAt: u32 = 0;
/** Fields, one bit each, whose whole name was found with a text of the rule, and with another. */
let hits: u32 = 0;
let misses: u32 = 0;

/** Whether a text stands between the quotes here, in letters of any case. */
function isText(start: u32, text: u32, length: u32): bool {
  let i: u32 = 0;
  for (; i + 16 <= length; i += 16)
    if (v128.any_true(v128.xor(inSmallLetters(v128.load(start + i)), v128.load(text + i)))) return false;
  const differs = v128.xor(inSmallLetters(v128.load(start + i)), v128.load(text + i));
  if (v128.any_true(v128.and(differs, v128.load(onesAndZeros + 16 - (length - i))))) return false;
  return load<u8>(start + length) == 0x22;
}

/** Marks in the blocks of a stretch the keys before these colons that end like a name of a field that is compared. */
export function markKeys(stretch: u32, keysEnd: u32): void {
  for (let at = keyList; at < keysEnd; at += 4) {
    const colon = load<u32>(at);
    if (load<u8>(countedTails + slotOfTail(load<u32>(colon - 5))) == 0) continue;
    const slot = blockAt(colon - stretch);
    store<u64>(slot, load<u64>(slot, keysInBlock) | ((<u64>1) << ((colon - stretch) & 63)), keysInBlock);
  }
}

/** Begins to count anew. */
export function resetCounts(): void {
  const rules = load<u32>(countedRules);
  for (let i: u32 = 0; i < rules; i++) store<u32>(ruleSlots + (i << 6), 0, 4);
  memory.fill(countedTails, 0, 1 << tailBits);
  // `Time`, the end of `eventTime`.
  store<u8>(countedTails + slotOfTail(0x656d6954), 1);
  const fields = load<u32>(countedFields);
  for (let field: u32 = 0; field < fields; field++) {
    const slot = fieldSlots + (field << 6);
    const depth = load<u32>(slot);
    for (let i: u32 = 0; i < depth; i++) {
      const name = load<u32>(slot + (i << 3), 4);
      const length = load<u32>(slot + (i << 3), 8);
      if (length >= 4) store<u8>(countedTails + slotOfTail(load<u32>(name + length - 4)), 1);
      else if (length == 3)
        store<u8>(
          countedTails + slotOfTail((0x22 | (<u32>load<u8>(name) << 8) | (<u32>load<u16>(name, 1) << 16))),
          1,
        );
      // What stands before the quote of a shorter one may be anything.
      else memory.fill(countedTails, 1, 1 << tailBits);
    }
  }
}

/** Counts the rules that match the record between two addresses, of which `blocks` tells; false where one of them is not certain, and then none is counted. */
export function count(start: u32, end: u32): bool {
  beginCount();
  return walk(start, end) && settle();
}

/** Begins with another record. */
export function beginCount(): void {
  timeAt = 0;
  hits = 0;
  misses = 0;
}

/** The text of `eventTime` begins here. */
@inline
export function takeTime(text: u32): void {
  timeAt = text;
}

/** Counts the rules that match by what was taken; false where one of them is not certain. */
export function settle(): bool {
  if (timeAt == 0 || !isRealTime(timeAt)) return false;
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
    if (known == 0 || isEarlier(timeAt, slot + ruleFirst)) copyTime(slot + ruleFirst, timeAt);
    if (known == 0 || isEarlier(slot + ruleLast, timeAt)) copyTime(slot + ruleLast, timeAt);
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
  let i: u32 = 0;
  for (; i + 16 <= length; i += 16)
    if (v128.any_true(v128.xor(v128.load(start + i), v128.load(name + i)))) return false;
  const differs = v128.xor(v128.load(start + i), v128.load(name + i));
  return !v128.any_true(v128.and(differs, v128.load(onesAndZeros + 16 - (length - i))));
}

/** What the key at this depth, which ends before this quote, leads to: fields whose next value is wanted as a bit set; all bits where it is there twice. */
export function fieldsOf(quote: u32, depth: u32): u32 {
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
export function takeText(text: u32, depth: u32, wanted: u32): bool {
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
export function enter(depth: u32, wanted: u32): bool {
  for (let rest = wanted; rest != 0; rest &= rest - 1) {
    const field = ctz(rest);
    if (load<u32>(fieldSlots + (field << 6)) == depth) return false;
    setLed(field, depth);
  }
  return true;
}

/** Steps out of what is open at this depth. */
@inline
export function leave(depth: u32): void {
  const fields = load<u32>(countedFields);
  for (let field: u32 = 0; field < fields; field++)
    if (depth > 1 && ledOf(field) == depth - 1) setLed(field, depth - 2);
}

/** Begins at the top of a record. */
export function beginWalk(): void {
  led = 0;
  met0 = 0;
  met1 = 0;
}

/** Takes the key at this depth that ends before this quote, and what stands behind its colon; false where that is not plain. */
function takeKey(quote: u32, depth: u32): bool {
  const value = quote + 2;
  const first = <u32>load<u8>(value);
  if (depth == 1 && isTimeKey(quote)) {
    if (timeAt != 0 || first != 0x22) return false;
    timeAt = value + 1;
  }
  const wanted = fieldsOf(quote, depth);
  if (wanted == 0) return true;
  if (wanted == 0xffffffff) return false;
  if (first == 0x22) return takeText(value + 1, depth, wanted);
  return first == 0x7b && enter(depth, wanted);
}

/** Takes the keys before these colons of a block, and steps out of what is closed between them, in their order. */
function takeKeys(block: u32, keys: u64, opens: u64, closes: u64, depth: u32): bool {
  let steps = keys | closes;
  while (steps != 0) {
    const bit = ctz(steps);
    const before = ((<u64>1) << bit) - 1;
    const here = depth + <u32>popcnt(opens & before) - <u32>popcnt(closes & before);
    steps &= steps - 1;
    if (((closes >> bit) & 1) != 0) leave(here);
    else if (!takeKey(block + <u32>bit - 1, here)) return false;
  }
  return true;
}

/**
 * Goes through the record as a parser does; false where a parser may refuse it, or a field is not plainly there.
 *
 * Minified JSON has nothing between its tokens, so that it is right where each token has behind it one that may stand there, and brackets
 * match. What may follow is one set of bits for each kind of token, shifted by one, held against those that do follow, 64 bytes at a
 * step; only where a list is about are brackets gone through one by one, which tell the commas of objects from those of lists. To add a key's
 * first quote to the bits of all strings carries to the quote that ends it, and leaves other strings as they are.
 */
function walk(start: u32, end: u32): bool {
  beginWalk();
  /** One bit for each depth: whether a list is there. */
  let lists: u64 = 0;
  let slot = blocks;
  let scalarsEnd = keyList;
  // One bit each, about the last byte of the block before: what of the first byte is asked.
  let asksKey: u64 = 0;
  let asksKeyOrEnd: u64 = 0;
  let asksValue: u64 = 0;
  let asksValueOrEnd: u64 = 0;
  let asksColon: u64 = 0;
  let asksMore: u64 = 0;
  let wasScalar: u64 = 0;
  /** Whether the block before ended inside a key. */
  let inKey: u64 = 0;
  for (let block = start; block < end; block += 64) {
    const openQuotes = load<u64>(slot, openQuotesInBlock);
    const closeQuotes = load<u64>(slot, closeQuotesInBlock);
    const strings = load<u64>(slot, stringsInBlock);
    const colons = load<u64>(slot, colonsInBlock);
    const commas = load<u64>(slot, commasInBlock);
    const opens = load<u64>(slot, opensInBlock);
    const closes = load<u64>(slot, closesInBlock);
    const depth = load<u32>(slot, depthInBlock);
    if (depth + <u32>popcnt(opens) > deepest) return false;

    const scalars = ~(strings | closeQuotes | colons | commas | opens | closes);
    const scalarStarts = scalars & ~((scalars << 1) | wasScalar);
    wasScalar = scalars >> 63;
    // Seldom more than two begin in a block; see the keys in the scanner.
    let rest = scalarStarts;
    store<u32>(scalarsEnd, block + <u32>ctz(rest));
    rest &= rest - 1;
    store<u32>(scalarsEnd, block + <u32>ctz(rest), 4);
    rest &= rest - 1;
    if (rest != 0) {
      for (let next = scalarsEnd + 8; rest != 0; next += 4) {
        store<u32>(next, block + <u32>ctz(rest));
        rest &= rest - 1;
      }
    }
    scalarsEnd += <u32>popcnt(scalarStarts) << 2;
    if (scalarsEnd > keyListFull) {
      if (!areScalars(scalarsEnd)) return false;
      scalarsEnd = keyList;
    }

    const squares = (opens | closes) & load<u64>(slot, squaresInBlock);
    let keyCommas = commas;
    let keyBrackets = opens;
    let beforeValue = colons;
    let listOpens: u64 = 0;
    if ((squares | lists) != 0) {
      /** The bytes that stand in a list, and no deeper. */
      let inList: u64 = ((lists >> depth) & 1) != 0 ? ~(<u64>0) : 0;
      let level = depth;
      for (let steps = opens | closes; steps != 0; steps &= steps - 1) {
        const bit = ctz(steps);
        const isSquare = (squares >> bit) & 1;
        if (((opens >> bit) & 1) != 0) {
          level++;
          lists |= isSquare << level;
        } else {
          if (((lists >> level) & 1) != isSquare) return false;
          lists &= ~((<u64>1) << level);
          level--;
        }
        const behind = ~(<u64>0) << bit;
        inList = (inList & ~behind) | (((lists >> level) & 1) != 0 ? behind : 0);
      }
      listOpens = opens & squares;
      keyBrackets ^= listOpens;
      keyCommas &= ~inList;
      beforeValue |= commas & inList;
    }

    const keyStarts = ((keyCommas | keyBrackets) << 1) | asksKey | asksKeyOrEnd;
    const carried = strings + ((openQuotes & keyStarts) | inKey);
    inKey = carried < strings ? 1 : 0;
    const endOfKey = carried & ~strings;
    const valueStarts = openQuotes | opens | scalarStarts;
    const ends = closeQuotes | closes;
    // A colon stands behind a closing quote, as the scanner knows, so that it is right where it is behind a key. What is behind a scalar
    // is looked at with it.
    const wrong =
      (((keyCommas << 1) | asksKey) & ~openQuotes) |
      (((keyBrackets << 1) | asksKeyOrEnd) & ~(openQuotes | closes)) |
      (((beforeValue << 1) | asksValue) & ~valueStarts) |
      (((listOpens << 1) | asksValueOrEnd) & ~(valueStarts | closes)) |
      (((endOfKey << 1) | asksColon) ^ colons) |
      (((ends << 1) | asksMore) & ~(colons | commas | closes));
    asksKey = keyCommas >> 63;
    asksKeyOrEnd = keyBrackets >> 63;
    asksValue = beforeValue >> 63;
    asksValueOrEnd = listOpens >> 63;
    asksColon = endOfKey >> 63;
    asksMore = ends >> 63;
    // Behind the record nothing is asked.
    const bytesLeft = end - block;
    if (wrong != 0 && (bytesLeft >= 64 || (wrong & (((<u64>1) << bytesLeft) - 1)) != 0)) return false;

    const keys = load<u64>(slot, keysInBlock);
    if ((keys != 0 || led != 0) && !takeKeys(block, keys, opens, closes, depth)) return false;
    slot += blockSize;
  }
  return areScalars(scalarsEnd);
}

/** Whether scalars stand at all places of the list. */
function areScalars(listEnd: u32): bool {
  for (let at = keyList; at < listEnd; at += 4) if (endOfScalar(load<u32>(at)) == 0) return false;
  return true;
}

/** Whether the key that ends before this quote is `eventTime`. */
@inline
export function isTimeKey(quote: u32): bool {
  return load<u64>(quote - 10) == 0x6954746e65766522 && load<u16>(quote - 2) == 0x656d;
}
