import {
  ARRAY,
  classOf,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OBJECT,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SPACE,
} from './json-bytes.ts';

/**
 * Looks for the end of a stretch that can't be read. Called with the bytes from stream offset `base` on, again and
 * again; `next` is the offset to call it with the next time (the last byte may be asked about twice, where the one
 * after it decides). `end` is where the stretch ends, once that is known; at the end of the stream it always is.
 */
export type Skip = (
  bytes: Uint8Array,
  base: number,
  ended: boolean,
) => { readonly next: number; readonly end: number | undefined };

export interface BrokenValue {
  /** What was read of the value before the error. */
  readonly read: Uint8Array;
  /** The kinds of the brackets that are open at the error. */
  readonly open: Uint8Array;
  readonly inString: boolean;
  /** Stream offset of the error. */
  readonly at: number;
  /** Whether the value is an element of an array whose closing bracket ends it too. */
  readonly inList: boolean;
  /** Whether a line break ends it. */
  readonly lines: boolean;
  readonly maxDepth: number;
}

/**
 * Skips the rest of a broken value. Not strict, as the grammar is gone: brackets are counted, each closing the
 * innermost open one of its kind; quotes are judged by their neighbours, so that one that is missing or too many
 * does not turn the rest inside out; a line break closes a string. The value ends at its last bracket when what
 * follows looks like what follows a record, or at a `{` where it could not hold an object: the next record.
 */
export function skipBroken(value: BrokenValue): Skip {
  const { inList, lines, maxDepth } = value;
  const stack = new Uint8Array(maxDepth + 1);
  stack.set(value.open);
  let depth = value.open.length;
  /** Brackets that are open past the stack's size, of unknown kinds. */
  let over = 0;
  let quoted = value.inString;
  let escaped = false;
  /** The last byte, and the last one that is not a space. */
  let lastByte = value.read.at(-1) ?? 0;
  let lastSign = value.read.findLast((byte) => classOf[byte] !== SPACE) ?? 0;
  /** Where the value seems closed, until what follows confirms it; -1 otherwise. */
  let closedAt = depth === 0 && !quoted ? value.at : -1;

  const open = (kind: number): void => {
    if (depth < maxDepth) stack[depth++] = kind;
    else over++;
  };
  const close = (kind: number): boolean => {
    if (over > 0) {
      over--;
      return true;
    }
    let level = depth - 1;
    while (level >= 0 && stack[level] !== kind) level--;
    if (level < 0) return false;
    depth = level;
    return true;
  };

  return (bytes, base, ended) => {
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index] as number;
      const here = base + index;
      const following = bytes[index + 1];
      const undecided = following === undefined && !ended;

      if (byte === 0x0a) {
        if (lines) return { next: here, end: here };
        if (quoted && depth === 0) closedAt = here;
        quoted = false;
        escaped = false;
      } else if (quoted) {
        if (escaped) escaped = false;
        else if (byte === 0x5c) escaped = true;
        else if (byte === 0x22) {
          if (undecided) return { next: here, end: undefined };
          // A quote after an opening sign that no closing sign follows opens a string: the one before it was never closed.
          if (!opensString(lastSign) || closesString(following)) {
            quoted = false;
            if (depth === 0) closedAt = here + 1;
          }
        }
      } else if (closedAt >= 0) {
        const kind = classOf[byte];
        if (kind === OPEN_OBJECT || kind === OPEN_ARRAY || (kind === CLOSE_ARRAY && inList)) {
          return { next: here, end: closedAt };
        }
        if (kind !== SPACE && kind !== COMMA && kind !== CLOSE_ARRAY) {
          // Not what follows a record, so that bracket did not close it. Look at this byte again.
          closedAt = -1;
          depth = 1;
          stack[0] = OBJECT;
          index--;
          continue;
        }
      } else {
        switch (classOf[byte]) {
          case QUOTE:
            if (opensString(lastSign)) quoted = true;
            break;
          case OPEN_OBJECT:
            if (!inList && lastByte === 0x0a) return { next: here, end: here };
            if (over === 0 && lastSign !== 0x3a && stack[depth - 1] === OBJECT) {
              if (undecided) return { next: here, end: undefined };
              if (beginsObject(following)) return { next: here, end: here };
            }
            open(OBJECT);
            break;
          case OPEN_ARRAY:
            open(ARRAY);
            break;
          case CLOSE_OBJECT:
            close(OBJECT);
            if (depth === 0) closedAt = here + 1;
            break;
          case CLOSE_ARRAY:
            if (!close(ARRAY) && inList) return { next: here, end: here };
            if (depth === 0) closedAt = here + 1;
            break;
          default:
            break;
        }
      }
      lastByte = byte;
      if (classOf[byte] !== SPACE) lastSign = byte;
    }
    const next = base + bytes.length;
    return { next, end: ended ? (closedAt >= 0 ? closedAt : next) : undefined };
  };
}

/**
 * Skips bytes between values that begin none. In a list up to the next comma, bracket or brace; at the top up to a
 * line that begins with a bracket (or up to a bracket right away, where there were only closing ones).
 */
export function skipStray(inList: boolean): Skip {
  let text = false;
  return (bytes, base, ended) => {
    for (const [index, byte] of bytes.entries()) {
      const kind = classOf[byte];
      const opens = kind === OPEN_OBJECT || kind === OPEN_ARRAY;
      if (inList ? opens || kind === COMMA || kind === CLOSE_ARRAY : opens && !text) {
        return { next: base + index, end: base + index };
      }
      if (byte === 0x0a) text = false;
      else if (kind !== SPACE && kind !== CLOSE_OBJECT && kind !== CLOSE_ARRAY && kind !== COMMA) text = true;
    }
    const next = base + bytes.length;
    return { next, end: ended ? next : undefined };
  };
}

/** A string may open after this byte (the last one that is not a space). */
function opensString(byte: number): boolean {
  return byte === 0x7b || byte === 0x5b || byte === 0x2c || byte === 0x3a;
}

/** A string may have closed before this byte, or before the end. */
function closesString(byte: number | undefined): boolean {
  if (byte === undefined) return true;
  const kind = classOf[byte];
  return kind === SPACE || kind === COMMA || kind === COLON || kind === CLOSE_OBJECT || kind === CLOSE_ARRAY;
}

/** Whether a `{` before this byte looks like an object's; keeps a run of brackets from being a record each. */
function beginsObject(next: number | undefined): boolean {
  return next === 0x22 || (next !== undefined && classOf[next] === SPACE);
}
