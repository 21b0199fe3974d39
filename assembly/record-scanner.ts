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
 * A record that is built like one before takes a shorter way, in record-shapes.ts.
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

import { count, markKeys, resetCounts } from './record-check';
import { beginRecord, isWanted, takeKeys } from './record-keys';
import { earn, learn } from './record-learn';
import { follow, isUnknownShape } from './record-shapes';
import {
  backslash,
  bitsOf,
  bitsWhere,
  blocks,
  blocksEnd,
  blockSize,
  closeBracket,
  closeQuotesInBlock,
  closesInBlock,
  colonMark,
  colonsInBlock,
  commaMark,
  commasInBlock,
  countedRules,
  cutBlock,
  depthInBlock,
  found,
  foundCapacity,
  keyList,
  keyListFull,
  keysInBlock,
  lineBreak,
  openBracket,
  openQuotesInBlock,
  opensInBlock,
  quoteMark,
  sixteenOf,
  spaceMark,
  squareBits,
  squareBoth,
  squaresInBlock,
  stringsInBlock,
} from './record-places';

export {
  accountClues,
  always,
  clues,
  countedFields,
  countedRules,
  countedTexts,
  countedTextsEnd,
  fieldSlots,
  foreignClues,
  found,
  groups,
  groupsNow,
  hasLong,
  hasParts,
  hasValues,
  inAnyCase,
  infoOfTail,
  infos,
  input,
  isAccount,
  isClue,
  isEventName,
  isEventSource,
  isEventTime,
  isEventVersion,
  isLater,
  isNow,
  mayBeAddress,
  names,
  namesEnd,
  parts,
  partsEnd,
  ruleFirst,
  ruleLast,
  ruleSlots,
  tailBits,
  tails,
  valueBits,
  values,
  zerosAndOnes,
} from './record-places';

// Why a scan ended.
/** The bytes are used up, but for the beginning of an object at `position`. */
export const needsMore: i32 = 0;
/** At `position` begins what is no ordinary object. */
export const odd: i32 = 1;
/** There is no room for another survivor; go on at `position`. */
export const full: i32 = 2;

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
    const followed = follow(start, end, counts);
    if (followed != 0) {
      earn(followed - start);
      recordCount++;
      at = followed;
      continue;
    }
    const hasNewShape = isUnknownShape();
    let depth: i32 = 0;
    /** All ones where the block before ended inside a string. */
    let inString: u64 = 0;
    // One bit each, about the last byte of the block before.
    let escaped: u64 = 0;
    let wasQuote: u64 = 0;
    let letsOpen: u64 = 0;
    let survives = false;
    beginRecord(false);
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
        if (counts) markKeys(stretch, keysEnd);
        const isPlain = recordEnd != 0 && i8x16.bitmask(joined) == 0;
        if (!takeKeys(stretch, keysEnd, end, isPlain)) survives = true;
      }
    }
    at = recordEnd;
    recordCount++;
    if (counts && v128.any_true(i8x16.lt_u(least, bracketBit))) hasControls = true;
    const foreign = i8x16.bitmask(joined) != 0;
    if (
      survives ||
      isWanted(foreign, end) ||
      // Of a long record only the last stretch is told of.
      (counts && (hasControls || foreign || stretch != start || !count(start, recordEnd)))
    ) {
      const slot = found + (survivorCount << 3);
      store<u32>(slot, start);
      store<u32>(slot, at, 4);
      survivorCount++;
    } else if (hasNewShape) learn(start, recordEnd, counts);
  }
  stoppedAt = at;
  return full;
}
