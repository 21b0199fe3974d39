/**
 * Looks at the keys of one record and at their values: whether it may matter. See record-scanner.ts, which finds where they stand.
 */

import {
  accountClues,
  always,
  blockAt,
  clues,
  depthAt,
  foreignClues,
  golden,
  groups,
  groupsEnd,
  groupsNow,
  hasLong,
  hasParts,
  hasValues,
  inAnyCase,
  infoOfTail,
  infos,
  inSmall,
  inSmallLetters,
  isAccount,
  isClue,
  isEventSource,
  isEventTime,
  isEventVersion,
  isLater,
  isNow,
  keyList,
  later,
  laterCapacity,
  marks,
  mayBeAddress,
  onesAndZeros,
  parts,
  quoteMark,
  sixteenOf,
  slotOfTail,
  spaceMark,
  tailBits,
  tails,
  valueBits,
  values,
  zerosAndOnes,
} from './record-places';

/** "aws:" as the four bytes lie in memory. */
const awsPrefix: u32 = 0x3a737761;

/** Marks of a CloudTrail record that were met at the top level. */
let seen: u32 = 0;
/** Clues that the record holds. */
let held: u64 = 0;
/** How many values are left to be looked at later. */
let left: u32 = 0;

/** Begins with another record, of which is known whether all of it is there and plain ASCII. */
export function beginRecord(plain: bool): void {
  isPlain = plain;
  seen = 0;
  held = 0;
  left = 0;
}

/** Whether the key that ends before the quote is this one, alone or as the last part of a name with dots. */
@inline
function isKey(quote: u32, info: u32): bool {
  const name = load<u32>(info);
  const length = load<u32>(info, 4);
  const start = quote - length;
  const before = load<u8>(start - 1);
  if (before != 0x22 && before != 0x2e) return false;
  if ((load<u32>(info, 8) & inAnyCase) != 0) return isFolded(start, name, length);
  const known = length < 16 ? length : 16;
  const differs = v128.xor(v128.load(quote - 16), v128.load(info, 48));
  if (v128.any_true(v128.and(differs, v128.load(zerosAndOnes + known)))) return false;
  for (let i: u32 = 0; i < length - known; i++) if (load<u8>(start + i) != load<u8>(name + i)) return false;
  return true;
}

/** Address of what is known of the key that ends before the quote; 0 where nothing is. */
@inline
export function infoOf(quote: u32): u32 {
  const tail = load<u32>(quote - 4) | 0x20202020;
  let slot = slotOfTail(tail);
  while (true) {
    const held = load<u32>(tails + (slot << 2));
    if (held == 0) return 0;
    if (held == tail) {
      const info = infos + (<u32>load<u8>(infoOfTail + slot) << 6);
      if (isKey(quote, info)) return info;
    }
    slot = (slot + 1) & ((1 << tailBits) - 1);
  }
}

/** All clues: what is wanted by itself. */
const enough: u64 = 0xffffffffffffffff;

/** What the value after the colon may be of what is wanted of this key: nothing (0), clues, or enough. */
function wantedOf(colon: u32, end: u32, info: u32, kind: u32): u64 {
  let at = colon + 1;
  while (at < end && load<u8>(at) <= 0x20) at++;
  const first = load<u8>(at);
  // An object's own keys are looked at like all others; null is no text. A list or a number may be what is wanted.
  if (first == 0x7b || first == 0x6e) return 0;
  const unsure = load<u64>(info, 32);
  if (first != 0x22) return unsure;
  at++;
  let wanted: u64 = 0;
  if ((kind & hasValues) != 0) wanted = wantedWhole(at, end, load<u32>(info, 12), kind, unsure);
  if ((kind & hasParts) != 0 && wanted != enough)
    wanted |= wantedParts(at, end, load<u32>(info, 16), load<u32>(info, 20), unsure);
  if ((kind & mayBeAddress) != 0 && isLikeAddress(at, end)) wanted |= load<u64>(info, 40);
  return wanted;
}

/** Whether all of the record is there, and plain ASCII. */
let isPlain: bool = false;

/** What the text that begins here is of those in the table. */
function wantedWhole(text: u32, end: u32, seed: u32, kind: u32, unsure: u64): u64 {
  const quoteByte = sixteenOf(quoteMark);
  let state = i32x4.splat(seed);
  for (let at = text; at < end; at += 16) {
    const bytes = v128.load(at);
    const beyond = <u32>i8x16.bitmask(bytes);
    const quotes = <u32>i8x16.bitmask(i8x16.eq(bytes, quoteByte));
    if (quotes == 0) {
      // What is not plain ASCII may be folded to something that is.
      if (beyond != 0) return unsure;
      if ((kind & hasLong) == 0 && isPlain) return 0;
      state = i32x4.mul(v128.xor(state, inSmallLetters(bytes)), i32x4.splat(golden));
      continue;
    }
    const length = ctz(quotes);
    if ((beyond & (quotes & (0 - quotes)) - 1) != 0) return unsure;
    if (at == text ? ((kind >>> (16 + length)) & 1) == 0 : (kind & hasLong) == 0) return 0;
    const rest = v128.and(inSmallLetters(bytes), v128.load(onesAndZeros + 16 - length));
    return wantedHash(hashOf(i32x4.mul(v128.xor(state, rest), i32x4.splat(golden))));
  }
  return 0;
}

/** Joins the four numbers that a text was made; never 0, which stands for a free slot. */
@inline
function hashOf(state: v128): u32 {
  let hash = <u32>i32x4.extract_lane(state, 0);
  hash = (hash ^ (hash >>> 15)) + <u32>i32x4.extract_lane(state, 1);
  hash = (hash ^ (hash << 7)) + <u32>i32x4.extract_lane(state, 2);
  hash = (hash ^ (hash >>> 13)) + <u32>i32x4.extract_lane(state, 3);
  return hash == 0 ? 1 : hash;
}

/** What a text with this hash is. */
function wantedHash(hash: u32): u64 {
  let slot = (hash * golden) >>> (32 - valueBits);
  while (true) {
    const known = load<u32>(values + (slot << 2));
    if (known == hash) {
      const clue = load<u64>(clues + (slot << 3));
      return clue == 0 ? enough : clue;
    }
    if (known == 0) return 0;
    slot = (slot + 1) & ((1 << valueBits) - 1);
  }
}

/** What the parts are that stand somewhere in the text that begins here. */
function wantedParts(text: u32, end: u32, first: u32, count: u32, unsure: u64): u64 {
  const quoteByte = sixteenOf(quoteMark);
  const caseBit = sixteenOf(spaceMark);
  const last = first + count * 24;
  let wanted: u64 = 0;
  for (let at = text; at < end; at += 16) {
    const bytes = v128.load(at);
    const quotes = <u32>i8x16.bitmask(i8x16.eq(bytes, quoteByte));
    // The bits before the closing quote.
    const inText = quotes == 0 ? 0xffff : (quotes & (0 - quotes)) - 1;
    if ((<u32>i8x16.bitmask(bytes) & inText) != 0) return unsure;
    const here = v128.or(bytes, caseBit);
    const next = v128.or(v128.load(at, 1), caseBit);
    for (let part = first; part < last; part += 24) {
      const pair = load<u32>(part) + load<u32>(part, 8);
      let hits =
        <u32>(
          i8x16.bitmask(
            v128.and(
              i8x16.eq(here, i8x16.splat(<i8>(load<u8>(pair) | 0x20))),
              i8x16.eq(next, i8x16.splat(<i8>(load<u8>(pair, 1) | 0x20))),
            ),
          )
        ) & inText;
      while (hits != 0) {
        const start = at + ctz(hits) - load<u32>(part, 8);
        hits &= hits - 1;
        if (start < text || !isFolded(start, load<u32>(part), load<u32>(part, 4))) continue;
        const clue = load<u64>(part, 16);
        if (clue == 0) return enough;
        wanted |= clue;
        break;
      }
    }
    if (quotes != 0) break;
  }
  return wanted;
}

/** Whether the text that begins here is made of nothing but digits, the letters a to f, points and colons. */
function isLikeAddress(text: u32, end: u32): bool {
  for (let at = text; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (byte == 0x22) return true;
    // Digits and the colon stand next to each other.
    if (byte - 0x30 > 10 && byte != 0x2e && (byte | 0x20) - 0x61 > 5) return false;
  }
  return true;
}

/** Whether the same short text stands after both colons; false where it is not certain. */
function isSameText(colon: u32, other: u32): bool {
  if (load<u8>(colon + 1) != 0x22 || load<u8>(other + 1) != 0x22) return false;
  for (let i: u32 = 2; i < 64; i++) {
    const byte = load<u8>(colon + i);
    if (byte != load<u8>(other + i)) return false;
    if (byte == 0x22) return true;
  }
  return false;
}

/** Whether the bytes here, in small letters, are those of the part. */
function isFolded(start: u32, part: u32, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) {
    if (inSmall(load<u8>(start + i)) != load<u8>(part + i)) return false;
  }
  return true;
}

/** Whether here stands a time as CloudTrail writes it, `"2026-03-01T09:30:00Z"`; digits are only told by their upper half. */
@inline
function isTime(at: u32): bool {
  return (
    load<u8>(at) == 0x22 &&
    (load<u64>(at, 1) & 0xfff0f0fff0f0f0f0) == 0x2d30302d30303030 &&
    (load<u64>(at, 9) & 0xf0f0fff0f0fff0f0) == 0x30303a3030543030 &&
    (load<u32>(at, 17) & 0xfff0f0ff) == 0x5a30303a &&
    load<u8>(at, 21) == 0x22
  );
}

/** The clues that the values give which were left to be looked at. */
function wantedLater(end: u32, left: u32): u64 {
  let wanted: u64 = 0;
  let account: u32 = 0;
  for (let at = later; at < later + (left << 3); at += 8) {
    const colon = load<u32>(at);
    const info = load<u32>(at, 4);
    const kind = load<u32>(info, 8);
    if ((kind & isAccount) != 0) {
      if (account == 0) account = colon;
      // The first is held against itself: it may be no text.
      if (!isSameText(account, colon)) wanted |= load<u64>(accountClues);
    }
    if ((kind & (hasValues | hasParts | mayBeAddress)) != 0) wanted |= wantedOf(colon, end, info, kind);
  }
  return wanted;
}

/** Whether all clues of one group but those looked at later are among these. */
@inline
function mayHoldGroup(known: u64): bool {
  const both = i64x2.splat(known);
  let isHeld = i64x2.splat(0);
  for (let at = groupsNow; at < groupsNow + (groupsEnd - groups); at += 32) {
    const one = v128.load(at);
    const other = v128.load(at, 16);
    isHeld = v128.or(
      isHeld,
      v128.or(i64x2.eq(v128.and(both, one), one), i64x2.eq(v128.and(both, other), other)),
    );
  }
  return v128.any_true(isHeld);
}

/** Whether all clues of one group are among these and what values give that were left to be looked at. */
function holdsGroup(known: u64, end: u32, left: u32): bool {
  if (!mayHoldGroup(known)) return false;
  let held = known;
  let isComplete = left == 0;
  for (let at: u32 = 0; at < groupsEnd - groups; at += 8) {
    const group = load<u64>(groups + at);
    if (group == 0) return false;
    const now = load<u64>(groupsNow + at);
    if ((held & now) != now) continue;
    if (!isComplete) {
      held |= wantedLater(end, left);
      isComplete = true;
    }
    if ((held & group) == group) return true;
  }
  return false;
}

/** Leaves of the keys before these colons those that end like one that is known; gives their end. */
function sift(keysEnd: u32): u32 {
  let kept = keyList;
  for (let at = keyList; at < keysEnd; at += 4) {
    const colon = load<u32>(at);
    store<u32>(kept, colon);
    const slot = slotOfTail(load<u32>(colon - 5));
    kept += <u32>(load<u32>(tails + (slot << 2)) != 0) << 2;
  }
  return kept;
}

/** Looks at a key that is known, and at its value; false where the record survives. */
@inline
function takeKnown(colon: u32, end: u32, info: u32, kind: u32): bool {
  if ((kind & always) != 0) return false;
  if ((kind & isClue) != 0) held |= load<u64>(info, 24);
  if ((kind & isLater) != 0) {
    if (left == laterCapacity) return false;
    store<u32>(later + (left << 3), colon);
    store<u32>(later + (left << 3), info, 4);
    left++;
  }
  if ((kind & isNow) != 0) {
    const wanted = wantedOf(colon, end, info, kind);
    if (wanted == enough) return false;
    held |= wanted;
  }
  return true;
}

/** Looks at a mark of a CloudTrail record at the top level; false where the record survives. */
@inline
function takeMark(colon: u32, kind: u32): bool {
  seen |= kind & marks;
  if ((kind & isEventVersion) != 0) return true;
  if ((kind & isEventTime) != 0) return isTime(colon + 1);
  const first = load<u32>(colon + 2);
  if (load<u8>(colon + 1) != 0x22 || (first & 0xff) == 0x22) return false;
  return (kind & isEventSource) == 0 || first != awsPrefix;
}

/** Looks at the keys of a stretch and at their values; false where the record survives. */
export function takeKeys(stretch: u32, keysEnd: u32, end: u32, plain: bool): bool {
  isPlain = plain;
  const siftedEnd = sift(keysEnd);
  for (let at = keyList; at < siftedEnd; at += 4) {
    const colon = load<u32>(at);
    const info = infoOf(colon - 1);
    if (info == 0) continue;
    const kind = load<u32>(info, 8);
    if (!takeKnown(colon, end, info, kind)) return false;
    if ((kind & marks) == 0) continue;
    const offset = colon - stretch;
    if (depthAt(blockAt(offset), offset & 63) == 1 && !takeMark(colon, kind)) return false;
  }
  return true;
}

/** Looks at one key of a plain record, of which is known what it is, and at its value; false where the record survives. */
@inline
export function takeKey(colon: u32, end: u32, info: u32, isTop: bool): bool {
  const kind = load<u32>(info, 8);
  if (!takeKnown(colon, end, info, kind)) return false;
  return !isTop || (kind & marks) == 0 || takeMark(colon, kind);
}

/** Whether the record may be wanted, once its keys have been looked at: it is none of CloudTrail, or all clues of a group are in it. */
export function isWanted(foreign: bool, end: u32): bool {
  if (seen != marks) return true;
  if (foreign) held |= load<u64>(foreignClues);
  return holdsGroup(held, end, left);
}
