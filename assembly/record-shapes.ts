/**
 * Recognises records that are built like one before. Records of one call have the same keys in the same order, so that what a record is made
 * of can be foretold: pieces that are the same in all of them (keys, colons, commas and brackets) and, between these, texts and
 * scalars that differ. Nothing but such pieces decides where strings begin and end, which keys stand where and how deep, and whether a
 * parser takes the record. So where the pieces are those of a record that was found to be in order, and what stands between is plain, it is in
 * order too, and only values are left to be looked at.
 *
 * Shapes are kept as a tree: each step has a piece and what stands behind it, and leads to the steps that were met after it. What is no shape
 * that is known is for the careful way, which is sure of it by itself: nothing is lost but time.
 */

import { beginCount, settle, takeText, takeTime } from './record-check';
import { beginRecord, isWanted, takeKey } from './record-keys';
import {
  backslash,
  depthInStep,
  fieldsInStep,
  firstAfterStep,
  hasFields,
  hasInfo,
  infoInStep,
  isAtTop,
  isLast,
  isTimeStep,
  kindInStep,
  longestPiece,
  longestShape,
  mostMissteps,
  nextBesideStep,
  quoteMark,
  rootOfShapes,
  shiftInStep,
  sixteenOf,
  spaceMark,
  withScalar,
  withText,
} from './record-places';
import { endOfScalar } from './record-values';

/** Whether the last record was not followed because no step was there that goes on like it. */
let isNew: bool = false;

export function isUnknownShape(): bool {
  return isNew;
}

/** Whether the bytes here are those of the step's piece. */
@inline
function isPiece(at: u32, step: u32): bool {
  const same =
    <u32>i8x16.bitmask(i8x16.eq(v128.load(at), v128.load(step))) |
    (<u32>i8x16.bitmask(i8x16.eq(v128.load(at, 16), v128.load(step, 16))) << 16);
  return ~same << load<u32>(step, shiftInStep) == 0;
}

/** Where the text ends that begins here: at its quote, or at what is not plain. */
@inline
function endOfText(text: u32): u32 {
  const quoteByte = sixteenOf(quoteMark);
  const slashByte = sixteenOf(backslash);
  const spaceByte = sixteenOf(spaceMark);
  let at = text;
  while (true) {
    const bytes = v128.load(at);
    const ends = i8x16.bitmask(
      v128.or(
        v128.or(i8x16.eq(bytes, quoteByte), i8x16.eq(bytes, slashByte)),
        // As signed numbers, bytes beyond ASCII are below zero.
        i8x16.lt_s(bytes, spaceByte),
      ),
    );
    if (ends != 0) return at + ctz(ends);
    at += 16;
  }
}

/** Puts a step before the one that stands before it: what is met often comes first in the course of time. */
@inline
function moveUp(step: u32, link: u32, linkBefore: u32): void {
  const other = load<u32>(linkBefore);
  store<u32>(link, load<u32>(step, nextBesideStep));
  store<u32>(step, other, nextBesideStep);
  store<u32>(linkBefore, step);
}

/** Looks at the value that begins here, before which the step stands; false where the record survives or is not certain. */
@inline
function takeValue(step: u32, kind: u32, value: u32, end: u32): bool {
  if ((kind & hasInfo) != 0) {
    if (!takeKey(value - 1, end, load<u32>(step, infoInStep), (kind & isAtTop) != 0)) return false;
  }
  if ((kind & isTimeStep) != 0) takeTime(value + 1);
  if ((kind & hasFields) == 0) return true;
  return takeText(value + 1, load<u32>(step, depthInStep), load<u32>(step, fieldsInStep));
}

/**
 * Goes through the record that begins here by a shape that is known. Gives its end where it is certain that it need not survive, with its
 * matches counted, if they are to be; else 0, and nothing was counted.
 */
export function follow(start: u32, end: u32, counts: bool): u32 {
  isNew = false;
  beginRecord(true);
  if (counts) beginCount();
  let at = start;
  let link = rootOfShapes;
  let missteps: u32 = 0;
  let wasText = false;
  while (true) {
    let step = load<u32>(link);
    let linkBefore: u32 = 0;
    let kind: u32 = 0;
    let after: u32 = 0;
    while (true) {
      if (step == 0) {
        // Where a text does not end with its quote, something in it is not plain.
        isNew = !wasText || load<u8>(at) == 0x22;
        return 0;
      }
      if (isPiece(at, step)) {
        kind = load<u32>(step, kindInStep);
        after = at + longestPiece - load<u32>(step, shiftInStep);
        if ((kind & withScalar) == 0) break;
        after = endOfScalar(after);
        if (after != 0) break;
      }
      if (++missteps == mostMissteps) return 0;
      linkBefore = link;
      link = step + nextBesideStep;
      step = load<u32>(link);
    }
    if (linkBefore != 0) moveUp(step, link, linkBefore);
    if ((kind & (hasInfo | hasFields | isTimeStep)) != 0) {
      // The first byte of a value is the last of the piece, but for scalars.
      const pieceEnd = at + longestPiece - load<u32>(step, shiftInStep);
      if (!takeValue(step, kind, (kind & withScalar) != 0 ? pieceEnd : pieceEnd - 1, end)) return 0;
    }
    at = after;
    wasText = (kind & withText) != 0;
    if (wasText) at = endOfText(at);
    else if ((kind & isLast) != 0) break;
    link = step + firstAfterStep;
  }
  if (at > end || at - start > longestShape || isWanted(false, end) || (counts && !settle())) return 0;
  return at;
}
