/**
 * What the parts of the scanner of records share: where tables and notes lie in memory, and what is done with 64 bytes at a step.
 */

// Where the host puts the tables and the bytes. Exported so that both sides mean the same places.
/** 1024 slots of 4 bytes: the last four bytes of a key, each with the bit of small letters set; 0 where the slot is free. */
export const tails: u32 = 1024;
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
/** Pairs of 4 bytes: the colon and the info of a key whose value is looked at only where the rest of a group is there. */
export const later: u32 = 31744;
export const laterCapacity: u32 = 64;
/** For each set in `groups` those of its clues that no value gives which is looked at later; all clues where there is no group. */
export const groupsNow: u32 = 32256;
/** 8192 slots of 4 bytes: hashes of key and value; 0 where the slot is free. */
export const values: u32 = 32768;
export const valueBits: u32 = 13;
/** For each slot of `values` 8 bytes: 0 where the value is enough, else the clues that it is. */
export const clues: u32 = 65536;
/** Pairs of 4 bytes: where a survivor begins and ends. */
export const found: u32 = 131072;
export const foundCapacity: u32 = 4096;
/** Steps of the shapes that are known; see record-shapes.ts. */
export const shapes: u32 = 320512;
export const shapesEnd: u32 = 844800;
/** The address of the first step stands here. */
export const rootOfShapes: u32 = shapes;
/**
 * A step: its piece, then how far this is shorter than the longest (which is how far sets of bits of it are shifted), what is behind it and
 * what is known of it, the info of the key that ends it, the fields that are compared with the text behind it and how deep that is,
 * and the addresses of the first step that comes after it and of the next that may stand in its place.
 */
export const stepSize: u32 = 64;
export const shiftInStep: u32 = 32;
export const kindInStep: u32 = 36;
export const infoInStep: u32 = 40;
export const fieldsInStep: u32 = 44;
export const depthInStep: u32 = 48;
export const firstAfterStep: u32 = 52;
export const nextBesideStep: u32 = 56;
export const longestPiece: u32 = 32;
/** A longer piece is cut behind the next letter of a key. */
export const usualPiece: u32 = 24;
// What is behind a piece: a text, a scalar, the end of the record, or another piece.
export const withText: u32 = 1;
export const withScalar: u32 = 2;
export const isLast: u32 = 4;
// What is known of the value behind it, or that begins with its last byte.
export const hasInfo: u32 = 8;
export const isAtTop: u32 = 16;
export const hasFields: u32 = 32;
export const isTimeStep: u32 = 64;
/** Longer and deeper records have no shape; the careful way is sure of all that have. */
export const longestShape: u32 = 16384;
export const deepestShape: u32 = 60;
/** So many steps may stand in the same place; and of those that do not fit so many are looked at for one record. */
export const mostBeside: u32 = 64;
export const mostMissteps: u32 = 256;
/** The bytes to scan; 64 bytes of zeros must follow them. */
export const input: u32 = 844800;

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

export const marks: u32 = isEventName | isEventSource | isEventVersion | isEventTime;
export const golden: u32 = 0x9e3779b1;

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
 * For each 64 bytes of the record what the scanner has found out about them, 128 bytes: sets of bits of opening and closing quotes, of what
 * is in strings, and of what is outside of them: colons, commas, opening and closing brackets; of what may be square brackets; how many
 * brackets are open at its beginning; and the colons behind keys that end like a name of a field that is compared. A longer record is not
 * certain. What is behind the record is as if it were in a string.
 */
export const blocks: u32 = 172032;
export const blocksEnd: u32 = 303104;
export const blockSize: u32 = 128;
export const openQuotesInBlock: u32 = 0;
export const closeQuotesInBlock: u32 = 8;
export const stringsInBlock: u32 = 16;
export const colonsInBlock: u32 = 24;
export const commasInBlock: u32 = 32;
export const opensInBlock: u32 = 40;
export const closesInBlock: u32 = 48;
export const squaresInBlock: u32 = 56;
export const keysInBlock: u32 = 64;
export const depthInBlock: u32 = 72;
/** Addresses of colons, 4 bytes each; behind the last place at which it is not full there is room for those of a whole block. */
export const keyList: u32 = 303104;
export const keyListFull: u32 = 319224;
/** For each slot of the table of ends of names one byte: whether a name of a field that is compared has it. */
export const countedTails: u32 = 319488;
export const tailBits: u32 = 10;
export const ruleFirst: u32 = 8;
export const ruleLast: u32 = 32;

/**
 * What bytes are compared with, 64 at a step. They are read from memory because a compiler that knows them makes a vector of them anew
 * for each comparison, which takes longer than to compare.
 */
const compared = memory.data<u8>([0x22, 0x5c, 0x0a, 0x3a, 0x2c, 0x20, 0x7b, 0x7d, 0x06, 0x5f]);
export const quoteMark: u32 = 0;
export const backslash: u32 = 1;
export const lineBreak: u32 = 2;
export const colonMark: u32 = 3;
export const commaMark: u32 = 4;
/** The first byte that is no control character; and the bit with which a square bracket is a curly one. */
export const spaceMark: u32 = 5;
export const openBracket: u32 = 6;
export const closeBracket: u32 = 7;
/** With these bits, both square brackets are the byte after it. */
export const squareBits: u32 = 8;
export const squareBoth: u32 = 9;

/** 16 times one of these bytes. */
@inline
export function sixteenOf(which: u32): v128 {
  return v128.load8_splat(compared + which);
}

/** 16 bytes of zeros, 16 with all bits set, and 16 of zeros. */
export const zerosAndOnes: u32 = 31264;
export const onesAndZeros: u32 = zerosAndOnes + 16;

/** ASCII's capital letters as small ones. */
@inline
export function inSmallLetters(bytes: v128): v128 {
  const isCapital = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x41)), i8x16.splat(26));
  return v128.or(bytes, v128.and(isCapital, i8x16.splat(0x20)));
}

/** The upper bits of 64 bytes. */
@inline
export function bitsOf(a: v128, b: v128, c: v128, d: v128): u64 {
  return (
    <u64>(<u32>i8x16.bitmask(a) | (<u32>i8x16.bitmask(b) << 16)) |
    (<u64>(<u32>i8x16.bitmask(c) | (<u32>i8x16.bitmask(d) << 16)) << 32)
  );
}

/** One bit for each of 64 bytes: whether it is the one that is looked for. */
@inline
export function bitsWhere(a: v128, b: v128, c: v128, d: v128, byte: v128): u64 {
  return bitsOf(i8x16.eq(a, byte), i8x16.eq(b, byte), i8x16.eq(c, byte), i8x16.eq(d, byte));
}

@inline
export function inSmall(byte: u32): u32 {
  return byte - 0x41 < 26 ? byte | 0x20 : byte;
}

/** Where the key is filed that ends with these four bytes, or three behind its quote, whatever the case of letters. */
@inline
export function slotOfTail(tail: u32): u32 {
  return ((tail | 0x20202020) * golden) >>> (32 - tailBits);
}

/** Where is told of the block in which a byte is, counted from the beginning of the first. */
@inline
export function blockAt(offset: u32): u32 {
  return blocks + ((offset >>> 6) * blockSize);
}

/** Leaves of what is told of a block only these bits. */
export function cutBlock(slot: u32, left: u64): void {
  store<u64>(slot, load<u64>(slot, openQuotesInBlock) & left, openQuotesInBlock);
  store<u64>(slot, load<u64>(slot, closeQuotesInBlock) & left, closeQuotesInBlock);
  store<u64>(slot, load<u64>(slot, stringsInBlock) | ~left, stringsInBlock);
  store<u64>(slot, load<u64>(slot, colonsInBlock) & left, colonsInBlock);
  store<u64>(slot, load<u64>(slot, commasInBlock) & left, commasInBlock);
  store<u64>(slot, load<u64>(slot, opensInBlock) & left, opensInBlock);
  store<u64>(slot, load<u64>(slot, closesInBlock) & left, closesInBlock);
}

/** How many brackets are open at this bit of a block. */
@inline
export function depthAt(slot: u32, bit: u32): u32 {
  const before = ((<u64>1) << bit) - 1;
  return (
    load<u32>(slot, depthInBlock) +
    <u32>popcnt(load<u64>(slot, opensInBlock) & before) -
    <u32>popcnt(load<u64>(slot, closesInBlock) & before)
  );
}
