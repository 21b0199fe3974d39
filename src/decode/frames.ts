import type { Frame, FrameLimits } from './frame.ts';
import { defaultFrameLimits } from './frame.ts';
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
  show,
  SPACE,
  TOKEN,
} from './json-bytes.ts';
import { disposable, disposeOf } from './disposable.ts';
import type { Skip } from './skip.ts';
import { skipBroken, skipStray } from './skip.ts';

/**
 * Splits a stream of bytes into JSON values without parsing them.
 *
 * A value is: a top-level value, an element of a top-level array, or an element of the array under one of
 * `containerKeys` in a top-level object. The scanner checks the grammar's skeleton (quotes, brackets, commas,
 * colons), so the end of a value is certain; what is inside strings, numbers and words is left to the parser.
 */

/** Keys of a top-level object whose array holds records. */
export const containerKeys = ['Records', 'Events', 'Messages', 'QueryResultRows'] as const;
const quotedContainerKeys = containerKeys.map((key) => Buffer.from(`"${key}"`, 'latin1'));

// What the scanner expects next.
const VALUE = 0;
const FIRST_VALUE = 1;
const FIRST_KEY = 2;
const KEY = 3;
const AFTER_KEY = 4;
const AFTER_VALUE = 5;
const IN_TOKEN = 6;
const IN_STRING = 7;
const IN_KEY = 8;

const expected = [
  'a value',
  "a value or ']'",
  "a name in quotes or '}'",
  'a name in quotes',
  "':'",
  "',' or a closing bracket",
  "',' or a closing bracket",
  "a closing '\"'",
  "a closing '\"'",
] as const;

/** 1 for the bytes that end a run of plain characters in a string: quote, backslash, and line feed (never legal in one). */
const endsRun = new Uint8Array(256);
endsRun[0x22] = 1;
endsRun[0x5c] = 1;
endsRun[0x0a] = 1;

/** A buffer up to this size is kept; a larger one, left behind by a long value, is given up when it is no longer needed. */
const keepRoom = 1024 * 1024;

/** Where the next value stands: at the top, in a top-level array, in a container's array, or in what is left of a container after its array. */
type Place = 'top' | ListPlace | 'rest';

/** The two of them that hold a list of records from one end of a large file to the other. */
export type ListPlace = 'array' | 'container';

/** Where a splitter goes on that does not begin at the beginning. */
export interface SplitterStart {
  /** Offset in the stream of the first byte that it is given. */
  readonly base: number;
  readonly place: Place;
  /** Whether the values before stood on one line each. */
  readonly lines: boolean;
}

/** What the splitter is doing: looking for a value, inside one, or skipping what can't be read. */
type Mode = 'between' | 'inside' | 'broken';

/**
 * Push bytes, pull frames: after each `push` (and after `end`) call `next` until it gives undefined.
 * A value's `bytes` is a view into the splitter's one buffer, good until the next `push`: memory that is used again
 * stays small, where a new buffer for each chunk would pile up until the garbage collector gets to it.
 * Holds at most one value of `maxBytes` and one pushed chunk, in a buffer of up to twice that size.
 *
 * After an error the rest of the value is skipped by brackets, with quotes judged by their neighbours, so that
 * one broken value is one broken frame and the next good one is found: at the next line in JSON lines, at the
 * bracket that closes the broken one, or at a `{` where the broken one could not hold an object.
 */
export class Splitter {
  private readonly limits: FrameLimits;
  private readonly stack: Uint8Array;
  private buffer: Buffer = Buffer.alloc(0);
  /** Bytes of `buffer` in use. */
  private used = 0;
  /** Offset of buffer[0] in the stream. */
  private base = 0;
  private index = 0;
  private ended = false;

  private mode: Mode = 'between';
  private place: Place = 'top';
  /** True where the last top-level value stood on one line, so that a line is taken for a record's border. */
  private lines = false;
  private state = VALUE;
  private depth = 0;
  /** Index of the value's first byte, or of the broken frame's; -1 where nothing is held. */
  private start = -1;
  /** Index of the last key's opening quote at depth 1. */
  private keyAt = -1;

  // Of a broken frame only.
  private brokenAt = 0;
  private reason = '';
  private kept: Uint8Array | undefined;
  private skip: Skip = skipStray(false);

  constructor(limits: FrameLimits = defaultFrameLimits, start?: SplitterStart) {
    this.limits = limits;
    if (start !== undefined) ({ base: this.base, place: this.place, lines: this.lines } = start);
    this.stack = new Uint8Array(limits.maxDepth + 1);
  }

  push(chunk: Uint8Array): void {
    const from = this.firstNeeded();
    const held = this.used - from;
    const size = held + chunk.length;
    if (this.used + chunk.length > this.buffer.length) {
      // Moved only where it at least halves what is in use, so that a long value in small chunks is not moved again
      // and again; a buffer left behind by a long value is given up.
      const fits = size * 2 <= this.buffer.length && (this.buffer.length <= keepRoom || size > keepRoom);
      const room = fits ? this.buffer : disposable(Buffer.allocUnsafeSlow(size * 2));
      room.set(this.buffer.subarray(from, this.used));
      if (!fits) disposeOf(this.buffer);
      this.buffer = room;
      this.used = held;
      this.base += from;
      this.index -= from;
      if (this.start >= 0) this.start -= from;
      if (this.keyAt >= 0) this.keyAt -= from;
    }
    this.buffer.set(chunk, this.used);
    this.used += chunk.length;
  }

  end(): void {
    this.ended = true;
  }

  /** Whether all that was pushed has been given and the next value may begin here, in a list: then another splitter can go on. */
  standsIn(place: ListPlace): boolean {
    return this.mode === 'between' && this.place === place && !this.lines && this.index === this.used;
  }

  next(): Frame | undefined {
    for (;;) {
      const frame =
        this.mode === 'inside' ? this.inside() : this.mode === 'between' ? this.between() : this.skipping();
      if (frame !== undefined) return frame;
      if (this.index >= this.used || this.waiting) {
        this.waiting = false;
        return this.ended ? this.finish() : undefined;
      }
    }
  }

  /** Set where the byte after the last one decides. */
  private waiting = false;

  private firstNeeded(): number {
    if (this.start >= 0) return this.start;
    return this.mode === 'inside' && this.keyAt >= 0 ? this.keyAt : this.index;
  }

  private between(): Frame | undefined {
    const { buffer, used } = this;
    while (this.index < used) {
      const byte = buffer[this.index] ?? 0;
      switch (classOf[byte]) {
        case SPACE:
        case COMMA:
          this.index++;
          continue;
        case OPEN_ARRAY:
          if (this.place === 'top') {
            this.place = 'array';
            this.index++;
            continue;
          }
          return this.begin(FIRST_VALUE, ARRAY);
        case OPEN_OBJECT:
          return this.begin(FIRST_KEY, OBJECT);
        case QUOTE:
          this.begin(IN_STRING, OBJECT);
          this.depth = 0;
          return undefined;
        case CLOSE_ARRAY:
          if (this.place === 'array') {
            this.place = 'top';
            this.index++;
            continue;
          }
          if (this.place === 'container') {
            this.index++;
            this.place = 'rest';
            this.mode = 'inside';
            this.start = -1;
            this.keyAt = -1;
            this.depth = 1;
            this.stack[0] = OBJECT;
            this.state = AFTER_VALUE;
            return undefined;
          }
          break;
        default:
          break;
      }
      if (isByteOrderMark(this.base + this.index, byte)) {
        this.index++;
        continue;
      }
      this.mode = 'broken';
      this.start = this.index;
      this.brokenAt = this.base + this.index;
      this.reason = `expected a JSON object or array, found ${show(byte)}`;
      this.kept = undefined;
      this.skip = skipStray(this.place !== 'top');
      return undefined;
    }
    return undefined;
  }

  private begin(state: number, kind: number): undefined {
    this.mode = 'inside';
    this.start = this.index++;
    this.keyAt = -1;
    this.depth = 1;
    this.stack[0] = kind;
    this.state = state;
  }

  /**
   * The hot loop: every byte of every record goes through here, three quarters of them in the run over plain
   * string characters. Everything it touches is in locals. Held against gunzip in the decode benchmark.
   */
  private inside(): Frame | undefined {
    const { buffer, stack } = this;
    const { maxDepth, maxBytes } = this.limits;
    const end = this.start >= 0 ? Math.min(this.used, this.start + maxBytes) : this.used;
    const ownLines = this.lines && this.place === 'top';
    let { index, state, depth } = this;

    while (index < end) {
      if (state >= IN_STRING) {
        while (index < end && endsRun[buffer[index] as number] === 0) index++;
        if (index >= end) break;
        const stop = buffer[index] as number;
        if (stop === 0x5c) {
          // The escaped byte may be in the next chunk: take both or none.
          if (index + 1 >= end) break;
          index += 2;
          continue;
        }
        if (stop === 0x0a) {
          return this.fail(
            index,
            state,
            depth,
            'line break inside a string (a quote is missing or not escaped)',
          );
        }
        index++;
        if (state === IN_KEY) {
          state = AFTER_KEY;
        } else {
          state = AFTER_VALUE;
          if (depth === 0) return this.value(index);
        }
        continue;
      }
      const byte = buffer[index] as number;
      const kind = classOf[byte] as number;
      if (state === IN_TOKEN) {
        if (kind === TOKEN) {
          index++;
          continue;
        }
        state = AFTER_VALUE;
      }
      switch (kind) {
        case QUOTE:
          if (state === VALUE || state === FIRST_VALUE) {
            state = IN_STRING;
            index++;
            continue;
          }
          if (state === KEY || state === FIRST_KEY) {
            if (depth === 1) this.keyAt = index;
            state = IN_KEY;
            index++;
            continue;
          }
          break;
        case COMMA:
          if (state === AFTER_VALUE) {
            state = stack[depth - 1] === OBJECT ? KEY : VALUE;
            index++;
            continue;
          }
          break;
        case COLON:
          if (state === AFTER_KEY) {
            state = VALUE;
            index++;
            continue;
          }
          break;
        case TOKEN:
          if (state === VALUE || state === FIRST_VALUE) {
            state = IN_TOKEN;
            index++;
            continue;
          }
          break;
        case SPACE:
          index++;
          continue;
        case OPEN_OBJECT:
          if (state === VALUE || state === FIRST_VALUE) {
            if (ownLines && buffer[index - 1] === 0x0a) {
              return this.fail(index, state, depth, 'the line ends in the middle of a record');
            }
            if (depth >= maxDepth) return this.fail(index, state, depth, tooDeep(maxDepth));
            stack[depth++] = OBJECT;
            state = FIRST_KEY;
            index++;
            continue;
          }
          break;
        case OPEN_ARRAY:
          if (state === VALUE || state === FIRST_VALUE) {
            if (depth === 1 && this.opensContainer()) {
              this.index = index + 1;
              this.place = 'container';
              this.mode = 'between';
              this.start = -1;
              return undefined;
            }
            if (depth >= maxDepth) return this.fail(index, state, depth, tooDeep(maxDepth));
            stack[depth++] = ARRAY;
            state = FIRST_VALUE;
            index++;
            continue;
          }
          break;
        case CLOSE_OBJECT:
          if ((state === AFTER_VALUE && stack[depth - 1] === OBJECT) || state === FIRST_KEY) {
            index++;
            state = AFTER_VALUE;
            if (--depth === 0) return this.value(index);
            continue;
          }
          break;
        case CLOSE_ARRAY:
          if ((state === AFTER_VALUE && stack[depth - 1] === ARRAY) || state === FIRST_VALUE) {
            index++;
            state = AFTER_VALUE;
            if (--depth === 0) return this.value(index);
            continue;
          }
      }
      return this.fail(index, state, depth, `expected ${expected[state] ?? 'JSON'}, found ${show(byte)}`);
    }
    if (this.start >= 0 && this.used - this.start >= maxBytes) {
      return this.fail(index, state, depth, `longer than ${maxBytes} bytes`);
    }
    this.index = index;
    this.state = state;
    this.depth = depth;
    // A key that is too long to be a container's is not kept.
    if (this.start < 0 && this.keyAt >= 0 && index - this.keyAt > maxBytes) this.keyAt = -1;
    this.waiting = true;
    return undefined;
  }

  private opensContainer(): boolean {
    if (this.keyAt < 0 || this.stack[0] !== OBJECT) return false;
    if (this.place !== 'top' && this.place !== 'rest') return false;
    const { buffer, keyAt } = this;
    return quotedContainerKeys.some((key) => key.every((byte, offset) => buffer[keyAt + offset] === byte));
  }

  private value(end: number): Frame | undefined {
    const start = this.start;
    this.index = end;
    this.mode = 'between';
    this.start = -1;
    this.keyAt = -1;
    if (this.place === 'rest') {
      this.place = 'top';
      return undefined;
    }
    const bytes = this.buffer.subarray(start, end);
    if (this.place === 'top') this.lines = bytes.indexOf(0x0a) < 0;
    return { kind: 'value', at: this.base + start, bytes };
  }

  /** Notes what is wrong with the value at hand and goes on to look for its end. */
  private fail(index: number, state: number, depth: number, what: string): undefined {
    const from = this.start >= 0 ? this.start : index;
    if (this.place === 'rest') this.place = 'top';
    this.mode = 'broken';
    this.start = from;
    this.brokenAt = this.base + from;
    this.reason = `${what}, at byte ${this.base + index}`;
    this.index = index;
    this.skip = skipBroken({
      read: this.buffer.subarray(from, index),
      open: this.stack.subarray(0, depth),
      inString: state >= IN_STRING && this.buffer[index] !== 0x0a,
      at: this.base + index,
      inList: this.place !== 'top',
      lines: this.lines && this.place === 'top',
      maxDepth: this.limits.maxDepth,
    });
  }

  /** Goes on with the skip at hand; holds only the beginning of what it skips. */
  private skipping(): Frame | undefined {
    const bytes = this.buffer.subarray(this.index, this.used);
    const { next, end } = this.skip(bytes, this.base + this.index, this.ended);
    this.index = next - this.base;
    if (end !== undefined) {
      // At the end of the stream the broken value may have hidden the end of its list: say no more about that.
      if (this.ended && this.index >= this.used) this.place = 'top';
      return this.broken(end - this.base);
    }
    if (this.start >= 0 && this.index - this.start >= this.limits.keepBytes) {
      this.kept = this.copy(this.start, this.index);
      this.start = -1;
    }
    this.waiting = true;
    return undefined;
  }

  /** The first `keepBytes` of a stretch, in memory of their own so that they don't hold the whole buffer. */
  private copy(from: number, to: number): Uint8Array {
    return new Uint8Array(this.buffer.subarray(from, Math.min(to, from + this.limits.keepBytes)));
  }

  private broken(end: number): Frame {
    const length = this.base + end - this.brokenAt;
    const frame: Frame = {
      kind: 'broken',
      at: this.brokenAt,
      length,
      bytes: this.kept?.subarray(0, length) ?? this.copy(this.start, end),
      reason: this.reason,
    };
    this.mode = 'between';
    this.start = -1;
    this.keyAt = -1;
    this.kept = undefined;
    return frame;
  }

  /** What is left at the end of the stream; gives one frame at most, then nothing. */
  private finish(): Frame | undefined {
    if (this.mode === 'broken') return this.skipping();
    const end = this.used;
    const where = `at byte ${this.base + end}`;
    if (this.mode === 'inside' && this.start >= 0) {
      this.brokenAt = this.base + this.start;
      this.reason = `the content ends in the middle of a record, ${where}`;
      this.kept = this.copy(this.start, end);
    } else if (this.mode === 'inside' || this.place !== 'top') {
      this.brokenAt = this.base + end;
      this.reason = `the content ends before its list of records is closed, ${where}; records may be missing`;
      this.kept = new Uint8Array(0);
    } else {
      return undefined;
    }
    this.place = 'top';
    this.index = end;
    return this.broken(end);
  }
}

function isByteOrderMark(at: number, byte: number): boolean {
  return (at === 0 && byte === 0xef) || (at === 1 && byte === 0xbb) || (at === 2 && byte === 0xbf);
}

function tooDeep(limit: number): string {
  return `brackets nested more than ${limit} deep`;
}
