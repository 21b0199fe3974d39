/** Learns the shapes of records that were looked at with care; see record-shapes.ts. */

import { beginWalk, enter, fieldsOf, isTimeKey, leave } from './record-check';
import { infoOf } from './record-keys';
import {
  deepestShape,
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
  mostBeside,
  nextBesideStep,
  rootOfShapes,
  shapes,
  shapesEnd,
  shiftInStep,
  stepSize,
  usualPiece,
  withScalar,
  withText,
} from './record-places';
import { endOfScalar } from './record-values';

/** So many bytes of records that are followed pay for one byte of a record that is learnt: where all are different, learning takes no time. */
const price: u32 = 16;
/** What is there in the beginning, and at most. */
const mostCredit: u32 = price * 1024 * 1024;

let credit: u32 = mostCredit;
/** Where the next step is put; 0 before the first. */
let free: u32 = 0;
/** Where the address of the step stands, or will stand, that comes next. */
let link: u32 = 0;

/** Where the piece at hand begins, and how many brackets are open behind what was read of the record. */
let from: u32 = 0;
let depth: u32 = 0;

/** A record of so many bytes was followed. */
@inline
export function earn(length: u32): void {
  if (credit < mostCredit) credit += length;
}

function forgetAll(): void {
  free = shapes + stepSize;
  store<u32>(rootOfShapes, 0);
}

@inline
function isKeyByte(byte: u32): bool {
  return (byte | 0x20) - 0x61 < 26 || byte - 0x30 < 10;
}

@inline
function isOpening(byte: u8): bool {
  return byte == 0x7b || byte == 0x5b;
}

/** Goes on to the step of so much of the piece and what is behind it, which is made where it is missing; false where there is no room. */
function step(length: u32, kind: u32, info: u32, fields: u32): bool {
  let beside: u32 = 0;
  let at = load<u32>(link);
  while (at != 0) {
    if (
      load<u32>(at, shiftInStep) == longestPiece - length &&
      load<u32>(at, kindInStep) == kind &&
      memory.compare(at, from, length) == 0
    ) {
      link = at + firstAfterStep;
      return true;
    }
    if (++beside == mostBeside) return false;
    link = at + nextBesideStep;
    at = load<u32>(link);
  }
  if (free + stepSize > shapesEnd) {
    forgetAll();
    return false;
  }
  store<u32>(link, free);
  memory.fill(free, 0, stepSize);
  memory.copy(free, from, length);
  store<u32>(free, longestPiece - length, shiftInStep);
  store<u32>(free, kind, kindInStep);
  store<u32>(free, info, infoInStep);
  store<u32>(free, fields, fieldsInStep);
  store<u32>(free, depth, depthInStep);
  link = free + firstAfterStep;
  free += stepSize;
  return true;
}

/** Goes on over the piece at hand, which ends here and is the same in all records of the shape. */
function piece(end: u32, kind: u32, info: u32, fields: u32): bool {
  for (let at = from + usualPiece; at < end; at++) {
    const length = at - from;
    // Only what comes before decides on it, so that what begins alike is cut alike; and not before a value, which may be a scalar or not.
    if (length < usualPiece || (length < longestPiece && !isKeyByte(load<u8>(at - 1)))) continue;
    if (!step(length, 0, 0, 0)) return false;
    from = at;
  }
  return step(end - from, kind, info, fields);
}

/** Where the quote stands that ends the text which begins here; 0 where something in it is not plain. */
function endOfText(text: u32): u32 {
  let at = text;
  while (load<u8>(at) != 0x22) {
    const byte = <u32>load<u8>(at);
    if (byte < 0x20 || byte > 0x7f || byte == 0x5c) return 0;
    at++;
  }
  return at;
}

// Each of these begins at something in the record and gives where it goes on; 0 where it has no shape.

function learnText(quote: u32, kind: u32, info: u32, fields: u32): u32 {
  const last = endOfText(quote + 1);
  if (last == 0 || !piece(quote + 1, kind | withText, info, fields)) return 0;
  from = last;
  return last + 1;
}

function learnScalar(start: u32, kind: u32, info: u32): u32 {
  const end = endOfScalar(start);
  if (end == 0 || from == start || !piece(start, kind | withScalar, info, 0)) return 0;
  from = end;
  return end;
}

function learnOpening(bracket: u32): u32 {
  return ++depth > deepestShape ? 0 : bracket + 1;
}

/** The value of a key that a scanner looks for, or that leads to fields which are compared. */
function learnValue(value: u32, kind: u32, info: u32, fields: u32): u32 {
  const first = load<u8>(value);
  if (first == 0x22) return learnText(value, fields == 0 ? kind : kind | hasFields, info, fields);
  // The careful way is not sure of fields that hold something else.
  if (fields != 0 && (first != 0x7b || !enter(depth, fields))) return 0;
  if (!isOpening(first)) return learnScalar(value, kind, info);
  const at = learnOpening(value);
  if (info == 0 || at == 0) return at;
  if (!piece(at, kind, info, 0)) return 0;
  from = at;
  return at;
}

function learnString(start: u32, counts: bool): u32 {
  const quote = endOfText(start + 1);
  if (quote == 0) return 0;
  if (load<u8>(quote, 1) != 0x3a) return learnText(start, 0, 0, 0);
  const info = infoOf(quote);
  let kind: u32 = info == 0 ? 0 : depth == 1 ? hasInfo | isAtTop : hasInfo;
  let fields: u32 = 0;
  if (counts) {
    if (depth == 1 && isTimeKey(quote)) {
      if (load<u8>(quote, 2) != 0x22) return 0;
      kind |= isTimeStep;
    }
    fields = fieldsOf(quote, depth);
    if (fields == 0xffffffff) return 0;
  }
  return learnValue(quote + 2, kind, info, fields);
}

/** Learns the shape of the record between two addresses, of which is certain that it need not survive. */
export function learn(start: u32, end: u32, counts: bool): void {
  const cost = (end - start) * price;
  if (end - start > longestShape || credit < cost) return;
  credit -= cost;
  if (free == 0) forgetAll();
  link = rootOfShapes;
  beginWalk();
  depth = 0;
  from = start;
  let at = start;
  do {
    const byte = load<u8>(at);
    if (byte == 0x2c) at++;
    else if (byte == 0x22) at = learnString(at, counts);
    else if (isOpening(byte)) at = learnOpening(at);
    else if (byte == 0x7d || byte == 0x5d) {
      if (counts) leave(depth);
      depth--;
      at++;
    } else at = learnScalar(at, 0, 0);
  } while (at != 0 && depth != 0);
  if (at == end) piece(end, isLast, 0, 0);
}
