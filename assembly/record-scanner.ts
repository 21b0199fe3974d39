/**
 * Finds where JSON objects begin and end in a stretch of bytes, and which of them may matter, 64 bytes at a step.
 * AssemblyScript, compiled to WebAssembly with SIMD by scripts/build-wasm.ts; the host is src/decode/prefilter/scanner.ts.
 *
 * An object is a survivor unless all of this is certain: it is a CloudTrail record (eventName, eventSource, eventTime and eventVersion
 * at its top level); no backslash is in it, so that every key and value is what its bytes say; and under none of the keys
 * in the table does it hold, at any depth, one of the values in the table, or a text with one of the parts in it. Keys, values and parts
 * that are a clue count only where all the other clues of a group are in the same record. Of rules whose matches are only counted it must
 * be certain whether they match.
 *
 * Whatever does not look like minified JSON (a space before a string, a quote where none can stand, a backslash outside a string,
 * too many brackets) ends the scan before the object in which it is: the host goes on from there with the careful reader.
 *
 * Why no key is missed even where the JSON is broken: a key is a quoted name before a colon. Read with the right parity of quotes,
 * the colon is outside strings and the key is looked up. Read with the wrong one, the name's last quote would open a string right
 * after a letter, which ends the scan.
 *
 * The way to find strings with a running exclusive-or over quotes is that of simdjson:
 * Langdale and Lemire, Parsing Gigabytes of JSON per Second, https://arxiv.org/abs/1902.08318
 */

import {
  backslash,
  bitsOf,
  blockAt,
  blocks,
  blockSize,
  blocksEnd,
  closeBracket,
  closeQuotesInBlock,
  closesInBlock,
  colonMark,
  colonsInBlock,
  commaMark,
  commasInBlock,
  count,
  countedRules,
  cutBlock,
  depthAt,
  depthInBlock,
  keyList,
  keyListFull,
  keysInBlock,
  inSmallLetters,
  lineBreak,
  markKeys,
  openBracket,
  openQuotesInBlock,
  opensInBlock,
  quoteMark,
  resetCounts,
  sixteenOf,
  slotOfTail,
  spaceMark,
  squareBits,
  squareBoth,
  squaresInBlock,
  stringsInBlock,
  tailBits,
  zerosAndOnes,
  onesAndZeros,
} from './record-check';

export {
  countedFields,
  countedRules,
  countedTexts,
  countedTextsEnd,
  fieldSlots,
  ruleFirst,
  ruleLast,
  ruleSlots,
} from './record-check';

// Where the host puts the tables and the bytes. Exported so that both sides mean the same places.
/** 1024 slots of 4 bytes: the last four bytes of a key, each with the bit of small letters set; 0 where the slot is free. */
export const tails: u32 = 1024;
export { tailBits };
/** For each slot of `tails` one byte: which info is the key's. */
export const infoOfTail: u32 = 5120;
/**
 * 128 slots of 64 bytes: address of the key's name, its length, its kind, the seed for the hashes of its values, address of its
 * parts, how many there are, as sets of clues which the key is by being there, by a value that is no plain text, and by an address; and
 * the last 16 bytes of its name, or all of them behind zeros.
 */
export const infos: u32 = 6144;
/** The names themselves, and the texts of parts. */
export const names: u32 = 14336;
export const namesEnd: u32 = 22528;
/** 24 bytes each: address of a text, its length, the place in it of the two bytes that are looked for first, and the clues that it is. */
export const parts: u32 = 22528;
export const partsEnd: u32 = 30720;
/** 64 sets of clues of 8 bytes: a record that holds all clues of one survives. The last of them is empty. */
export const groups: u32 = 30720;
export const groupsEnd: u32 = 31232;
/** 8 bytes: the clues that a record with letters beyond ASCII may hold by a key in another case; 8 more: those that two accounts are. */
export const foreignClues: u32 = 31232;
export const accountClues: u32 = 31240;
export { zerosAndOnes };
/** Pairs of 4 bytes: the colon and the info of a key whose value is looked at only where the rest of a group is there. */
export const later: u32 = 31744;
export const laterCapacity: u32 = 64;
/** For each set in `groups` those of its clues that no value gives which is looked at later; the empty ones first. */
export const groupsNow: u32 = 32256;
/** 8192 slots of 4 bytes: hashes of key and value; 0 where the slot is free. */
export const values: u32 = 32768;
export const valueBits: u32 = 13;
/** For each slot of `values` 8 bytes: 0 where the value is enough, else the clues that it is. */
export const clues: u32 = 65536;
/** Pairs of 4 bytes: where a survivor begins and ends. */
export const found: u32 = 131072;
export const foundCapacity: u32 = 4096;
/** The bytes to scan; 64 bytes of zeros must follow them. */
export const input: u32 = 320512;

// Bits of a key's kind. The upper half says which lengths below 16 the whole values of it have, one bit each.
/** Whole values of it are in the table. */
export const hasValues: u32 = 1;
/** It has parts that its value may have in it. */
export const hasParts: u32 = 64;
export const isEventName: u32 = 2;
export const isEventSource: u32 = 4;
export const isEventVersion: u32 = 8;
/** Whatever its value is, the record survives. */
export const always: u32 = 16;
export const isEventTime: u32 = 32;
/** It is a clue, whatever its value is. */
export const isClue: u32 = 128;
/** It is the same key in letters of any case; its name is in small letters. */
export const inAnyCase: u32 = 256;
/** It is a clue where its value can be an address of the internet. */
export const mayBeAddress: u32 = 512;
/** Its value is the id of an account. */
export const isAccount: u32 = 1024;
/** Its value need not be looked at until the rest of a group is there. */
export const isLater: u32 = 2048;
/** Whole values of it have 16 bytes or more. */
export const hasLong: u32 = 8192;
/** Its value is looked at right away: it may be wanted by itself, or tells most. */
export const isNow: u32 = 4096;

// Why a scan ended.
/** The bytes are used up, but for the beginning of an object at `position`. */
export const needsMore: i32 = 0;
/** At `position` begins what is no ordinary object. */
export const odd: i32 = 1;
/** There is no room for another survivor; go on at `position`. */
export const full: i32 = 2;

const marks: u32 = isEventName | isEventSource | isEventVersion | isEventTime;
/** "aws:" as the four bytes lie in memory. */
const awsPrefix: u32 = 0x3a737761;
const golden: u32 = 0x9e3779b1;
const maxDepth: i32 = 1000;

let stoppedAt: u32 = 0;
let recordCount: u32 = 0;
let survivorCount: u32 = 0;

export function position(): u32 {
  return stoppedAt;
}

export function records(): u32 {
  return recordCount;
}

export function survivors(): u32 {
  return survivorCount;
}

/** One bit for each of 64 bytes: whether it is the one that is looked for. */
@inline
function bitsWhere(a: v128, b: v128, c: v128, d: v128, byte: v128): u64 {
  return bitsOf(i8x16.eq(a, byte), i8x16.eq(b, byte), i8x16.eq(c, byte), i8x16.eq(d, byte));
}

@inline
function runningXor(bits: u64): u64 {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  bits ^= bits << 32;
  return bits;
}

@inline
function inSmall(byte: u32): u32 {
  return byte - 0x41 < 26 ? byte | 0x20 : byte;
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
function infoOf(quote: u32): u32 {
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

/** Whether all clues of one group are among these and what values give that were left to be looked at. */
function holdsGroup(known: u64, end: u32, left: u32): bool {
  // Groups all of whose clues are looked at later stand first.
  if (known == 0 && load<u64>(groupsNow) != 0) return false;
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

/** Marks of a CloudTrail record that were met at the top level. */
let seen: u32 = 0;
/** Clues that the record holds. */
let held: u64 = 0;
/** How many values are left to be looked at later. */
let left: u32 = 0;

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

/** Looks at the keys of a stretch and at their values; false where the record survives. */
function takeKeys(stretch: u32, keysEnd: u32, end: u32): bool {
  for (let at = keyList; at < keysEnd; at += 4) {
    const colon = load<u32>(at);
    const info = infoOf(colon - 1);
    if (info == 0) continue;
    const kind = load<u32>(info, 8);
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
    if ((kind & marks) == 0) continue;
    const offset = colon - stretch;
    if (depthAt(blockAt(offset), offset & 63) != 1) continue;
    seen |= kind & marks;
    if ((kind & isEventVersion) != 0) continue;
    if ((kind & isEventTime) != 0) {
      if (!isTime(colon + 1)) return false;
      continue;
    }
    const first = load<u32>(colon + 2);
    if (load<u8>(colon + 1) != 0x22 || (first & 0xff) == 0x22) return false;
    if ((kind & isEventSource) != 0 && first == awsPrefix) return false;
  }
  return true;
}

/** Whether all clues of a group are in the record. */
function isWanted(joined: v128, end: u32): bool {
  if (i8x16.bitmask(joined) != 0) held |= load<u64>(foreignClues);
  return holdsGroup(held, end, left);
}

/**
 * Scans the bytes between two addresses for objects with nothing but commas and spaces between them. With `oneLine`, an object
 * that has a line break in it is odd.
 */
export function scan(from: u32, end: u32, oneLine: bool): i32 {
  const quoteByte = sixteenOf(quoteMark);
  const slashByte = sixteenOf(backslash);
  const breakByte = sixteenOf(lineBreak);
  const colonByte = sixteenOf(colonMark);
  const commaByte = sixteenOf(commaMark);
  // With this bit set, a square bracket is a curly one; it is also the first character that is no control character.
  const bracketBit = sixteenOf(spaceMark);
  const openByte = sixteenOf(openBracket);
  const closeByte = sixteenOf(closeBracket);
  // With these bits set, both square brackets are the same byte; and so is what JSON has in strings only.
  const squareBit = sixteenOf(squareBits);
  const squareByte = sixteenOf(squareBoth);
  let at = from;
  recordCount = 0;
  survivorCount = 0;
  const counts = load<u32>(countedRules) != 0;
  if (counts) resetCounts();
  while (survivorCount < foundCapacity) {
    let byte: u32 = 0;
    while (at < end) {
      byte = load<u8>(at);
      if (byte != 0x2c && byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) break;
      at++;
    }
    stoppedAt = at;
    if (at >= end) return needsMore;
    if (byte != 0x7b) return odd;

    const start = at;
    let depth: i32 = 0;
    /** All ones where the block before ended inside a string. */
    let inString: u64 = 0;
    // One bit each, about the last byte of the block before.
    let escaped: u64 = 0;
    let wasQuote: u64 = 0;
    let letsOpen: u64 = 0;
    let survives = false;
    seen = 0;
    held = 0;
    left = 0;
    /** All bytes of the record, and some behind it, joined: whether a letter beyond ASCII may be in it. */
    let joined = i8x16.splat(0);
    /** The least of all bytes but those of the last block: whether a control character may be there. */
    let least = i8x16.splat(-1);
    let hasControls = false;
    let stretch = start;
    let block = start;
    let recordEnd: u32 = 0;
    while (recordEnd == 0) {
      // The bits of so many blocks are kept, and their keys looked at together.
      stretch = block;
      let slot = blocks;
      let keysEnd = keyList;
      /** Colons with a space before them: the key is not where it is looked for. */
      let apart: u64 = 0;
      while (recordEnd == 0 && slot < blocksEnd && keysEnd <= keyListFull) {
        if (block >= end) return needsMore;
        const a = v128.load(block);
        const b = v128.load(block, 16);
        const c = v128.load(block, 32);
        const d = v128.load(block, 48);

        joined = v128.or(joined, v128.or(v128.or(a, b), v128.or(c, d)));
        let quotes = bitsWhere(a, b, c, d, quoteByte);
        const slashA = i8x16.eq(a, slashByte);
        const slashB = i8x16.eq(b, slashByte);
        const slashC = i8x16.eq(c, slashByte);
        const slashD = i8x16.eq(d, slashByte);
        let slashes: u64 = 0;
        if (v128.any_true(v128.or(v128.or(slashA, slashB), v128.or(slashC, slashD))) || escaped != 0) {
          slashes = bitsOf(slashA, slashB, slashC, slashD);
          let hidden = escaped;
          escaped = 0;
          let rest = slashes;
          while (rest != 0) {
            const bit = ctz(rest);
            rest &= rest - 1;
            if ((hidden >> bit) & 1) continue;
            if (bit == 63) escaped = 1;
            else hidden |= (<u64>1) << (bit + 1);
          }
          quotes &= ~hidden;
        }

        const curlyA = v128.or(a, bracketBit);
        const curlyB = v128.or(b, bracketBit);
        const curlyC = v128.or(c, bracketBit);
        const curlyD = v128.or(d, bracketBit);
        const anyColons = bitsWhere(a, b, c, d, colonByte);
        const anyCommas = bitsWhere(a, b, c, d, commaByte);
        const anyOpens = bitsWhere(curlyA, curlyB, curlyC, curlyD, openByte);
        // A string begins after one of { [ , or a colon. Where such quotes and others take turns, they are those that open strings and those
        // that close them; to subtract the one from the other fills the strings.
        const lets = anyColons | anyCommas | anyOpens;
        const opening = quotes & ((lets << 1) | letsOpen);
        // An opening quote counts as inside its string, the closing one does not.
        let strings = (quotes ^ opening) - opening - (inString & 1);
        let wrong: u64 = 0;
        if ((strings & quotes) != opening) {
          // A string ends with such a byte, or the quotes are not as they should be.
          strings = runningXor(quotes) ^ inString;
          wrong = quotes & strings & ~(((lets & ~strings) << 1) | (letsOpen & ~inString));
        }
        letsOpen = lets >> 63;
        inString = <u64>((<i64>strings) >> 63);
        const colons = anyColons & ~strings;
        const commas = anyCommas & ~strings;
        const opens = anyOpens & ~strings;
        const closes = bitsWhere(curlyA, curlyB, curlyC, curlyD, closeByte) & ~strings;
        wrong |= slashes & ~strings;
        store<u64>(slot, opens, opensInBlock);
        store<u64>(slot, closes, closesInBlock);
        store<u32>(slot, depth, depthInBlock);
        if (counts) {
          store<u64>(slot, quotes & strings, openQuotesInBlock);
          store<u64>(slot, quotes & ~strings, closeQuotesInBlock);
          store<u64>(slot, strings, stringsInBlock);
          store<u64>(slot, colons, colonsInBlock);
          store<u64>(slot, commas, commasInBlock);
          store<u64>(slot, 0, keysInBlock);
          store<u64>(
            slot,
            bitsWhere(
              v128.or(a, squareBit),
              v128.or(b, squareBit),
              v128.or(c, squareBit),
              v128.or(d, squareBit),
              squareByte,
            ),
            squaresInBlock,
          );
        }

        if (oneLine) {
          wrong |= bitsWhere(a, b, c, d, breakByte);
        }

        let keys = colons;
        const closeCount = <i32>popcnt(closes);
        if (depth <= closeCount) {
          // The record may end in this block.
          let steps = opens | closes;
          let level = depth;
          while (steps != 0) {
            const bit = ctz(steps);
            steps &= steps - 1;
            if ((opens >> bit) & 1) {
              level++;
            } else if (--level == 0) {
              recordEnd = block + <u32>bit + 1;
              const ofRecord = bit == 63 ? ~(<u64>0) : ((<u64>2) << bit) - 1;
              wrong &= ofRecord;
              slashes &= ofRecord;
              keys &= ofRecord;
              if (counts) {
                cutBlock(slot, ofRecord);
                hasControls =
                  (ofRecord &
                    bitsOf(
                      i8x16.lt_u(a, bracketBit),
                      i8x16.lt_u(b, bracketBit),
                      i8x16.lt_u(c, bracketBit),
                      i8x16.lt_u(d, bracketBit),
                    )) !=
                  0;
              }
              break;
            }
          }
        }
        if (counts && recordEnd == 0)
          least = i8x16.min_u(least, i8x16.min_u(i8x16.min_u(a, b), i8x16.min_u(c, d)));
        if (wrong != 0) {
          stoppedAt = start;
          return odd;
        }
        if (slashes != 0) survives = true;

        const afterQuote = (quotes << 1) | wasQuote;
        wasQuote = quotes >> 63;
        apart |= keys & ~afterQuote;
        // Seldom more than four keys end in a block: to write down four, whether they are there or not, is faster than to ask.
        let rest = keys;
        store<u32>(keysEnd, block + <u32>ctz(rest));
        rest &= rest - 1;
        store<u32>(keysEnd, block + <u32>ctz(rest), 4);
        rest &= rest - 1;
        store<u32>(keysEnd, block + <u32>ctz(rest), 8);
        rest &= rest - 1;
        store<u32>(keysEnd, block + <u32>ctz(rest), 12);
        rest &= rest - 1;
        const keyCount = <u32>popcnt(keys);
        if (rest != 0) {
          for (let next = keysEnd + 16; rest != 0; next += 4) {
            store<u32>(next, block + <u32>ctz(rest));
            rest &= rest - 1;
          }
        }
        keysEnd += keyCount << 2;
        depth += <i32>popcnt(opens) - closeCount;
        if (recordEnd == 0 && depth > maxDepth) {
          stoppedAt = start;
          return odd;
        }
        block += 64;
        slot += blockSize;
      }
      if (apart != 0) survives = true;
      if (!survives) {
        isPlain = recordEnd != 0 && i8x16.bitmask(joined) == 0;
        if (counts) markKeys(stretch, keysEnd);
        if (!takeKeys(stretch, sift(keysEnd), end)) survives = true;
      }
    }
    at = recordEnd;
    recordCount++;
    if (counts && v128.any_true(i8x16.lt_u(least, bracketBit))) hasControls = true;
    if (
      survives ||
      seen != marks ||
      isWanted(joined, end) ||
      // Of a long record only the last stretch is told of.
      (counts && (hasControls || !isPlain || stretch != start || !count(start, recordEnd)))
    ) {
      const slot = found + (survivorCount << 3);
      store<u32>(slot, start);
      store<u32>(slot, at, 4);
      survivorCount++;
    }
  }
  stoppedAt = at;
  return full;
}
