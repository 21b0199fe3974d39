/**
 * Splits a stream of bytes into JSON values without parsing them.
 *
 * A value is: a top-level value, an element of a top-level array, or an element of the array under one of
 * `containerKeys` in a top-level object. The scanner checks the grammar's skeleton (quotes, brackets, commas,
 * colons), so the end of a value is certain; what is inside strings, numbers and words is left to the parser.
 */

/** Keys of a top-level object whose array holds records. */
const containerKeys = ['Records', 'Events', 'Messages', 'QueryResultRows'].map((key) =>
  Buffer.from(`"${key}"`, 'latin1'),
);

export interface FrameLimits {
  /** The longest value, in bytes; longer ones are broken frames. */
  readonly maxBytes: number;
  /** How many brackets may be open at once. */
  readonly maxDepth: number;
  /** How many bytes of a broken frame are kept. */
  readonly keepBytes: number;
}

export const defaultFrameLimits: FrameLimits = {
  maxBytes: 16 * 1024 * 1024,
  maxDepth: 1000,
  keepBytes: 64 * 1024,
};

export type Frame =
  | { readonly kind: 'value'; readonly at: number; readonly bytes: Uint8Array }
  | {
      readonly kind: 'broken';
      readonly at: number;
      readonly length: number;
      /** The first `keepBytes` of it, a copy. */
      readonly bytes: Uint8Array;
      readonly reason: string;
    };

// Byte classes.
const SPACE = 1;
const QUOTE = 2;
const OPEN_OBJECT = 3;
const CLOSE_OBJECT = 4;
const OPEN_ARRAY = 5;
const CLOSE_ARRAY = 6;
const COLON = 7;
const COMMA = 8;
const TOKEN = 9;

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

const classOf = new Uint8Array(256);
for (const code of [0x20, 0x09, 0x0a, 0x0d]) classOf[code] = SPACE;
for (const char of '0123456789+-.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ')
  classOf[char.charCodeAt(0)] = TOKEN;
classOf[0x22] = QUOTE;
classOf[0x7b] = OPEN_OBJECT;
classOf[0x7d] = CLOSE_OBJECT;
classOf[0x5b] = OPEN_ARRAY;
classOf[0x5d] = CLOSE_ARRAY;
classOf[0x3a] = COLON;
classOf[0x2c] = COMMA;

/** 1 for the bytes that end a run of plain characters in a string: quote, backslash, and line feed (never legal in one). */
const endsRun = new Uint8Array(256);
endsRun[0x22] = 1;
endsRun[0x5c] = 1;
endsRun[0x0a] = 1;

/** A buffer up to this size is kept; a larger one, left behind by a long value, is given up when it is no longer needed. */
const keepRoom = 1024 * 1024;

const OBJECT = 0;
const ARRAY = 1;

/** Where the next value stands: at the top, in a top-level array, in a container's array, or in what is left of a container after its array. */
type Place = 'top' | 'array' | 'container' | 'rest';

/** What the splitter is doing: looking for a value, inside one, past an error in one, or in bytes that are no value. */
type Mode = 'between' | 'inside' | 'lost' | 'stray';

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
  private quoted = false;
  private escaped = false;
  private over = 0;
  private lastSign = 0;
  private lastByte = 0;
  /** Stream offset of the end of a broken value that seems closed, until what follows confirms it; -1 otherwise. */
  private closedAt = -1;

  constructor(limits: FrameLimits = defaultFrameLimits) {
    this.limits = limits;
    this.stack = new Uint8Array(limits.maxDepth + 1);
  }

  push(chunk: Uint8Array): void {
    const from = this.firstNeeded();
    const held = this.used - from;
    const size = held + chunk.length;
    if (size <= this.buffer.length && (size > keepRoom || this.buffer.length <= keepRoom)) {
      this.buffer.copyWithin(0, from, this.used);
    } else {
      // Twice what is needed, so that a long value in small chunks is not moved again and again.
      const buffer = Buffer.allocUnsafeSlow(size * 2);
      buffer.set(this.buffer.subarray(from, this.used));
      this.buffer = buffer;
    }
    this.buffer.set(chunk, held);
    this.used = size;
    this.base += from;
    this.index -= from;
    if (this.start >= 0) this.start -= from;
    if (this.keyAt >= 0) this.keyAt -= from;
  }

  end(): void {
    this.ended = true;
  }

  next(): Frame | undefined {
    for (;;) {
      const frame =
        this.mode === 'inside'
          ? this.inside()
          : this.mode === 'between'
            ? this.between()
            : this.mode === 'lost'
              ? this.lost()
              : this.stray();
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
      }
      if (isByteOrderMark(this.base + this.index, byte)) {
        this.index++;
        continue;
      }
      this.mode = 'stray';
      this.start = this.index;
      this.brokenAt = this.base + this.index;
      this.reason = `expected a JSON object or array, found ${show(byte)}`;
      this.kept = undefined;
      this.quoted = false;
      this.lastByte = 0;
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
    return containerKeys.some((key) => key.every((byte, offset) => buffer[keyAt + offset] === byte));
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
    let back = index - 1;
    while (back >= from && classOf[this.buffer[back] ?? 0] === SPACE) back--;
    this.lastSign = back >= from ? (this.buffer[back] ?? 0) : 0;
    this.lastByte = index > from ? (this.buffer[index - 1] ?? 0) : 0;
    this.mode = 'lost';
    this.start = from;
    this.brokenAt = this.base + from;
    this.reason = `${what}, at byte ${this.base + index}`;
    this.kept = undefined;
    this.quoted = state >= IN_STRING && this.buffer[index] !== 0x0a;
    this.escaped = false;
    this.over = 0;
    this.closedAt = depth === 0 ? this.base + index : -1;
    this.index = index;
    this.depth = depth;
    if (this.place === 'rest') this.place = 'top';
  }

  /** Skips the rest of a broken value; not strict, as its grammar is gone. */
  private lost(): Frame | undefined {
    const { buffer, used, stack } = this;
    while (this.index < used) {
      const index = this.index;
      const byte = buffer[index] as number;
      const previous = this.lastByte;

      if (byte === 0x0a) {
        if (this.lines && this.place === 'top') return this.broken(index);
        this.quoted = false;
        this.escaped = false;
      } else if (this.quoted) {
        if (this.escaped) this.escaped = false;
        else if (byte === 0x5c) this.escaped = true;
        else if (byte === 0x22) {
          if (index + 1 >= used && !this.ended) {
            this.waiting = true;
            return undefined;
          }
          // A quote after an opening sign that no closing sign follows opens a string: the one before it was never closed.
          if (!(
            opensString(this.lastSign) && !closesString(index + 1 < used ? buffer[index + 1] : undefined)
          ))
            this.quoted = false;
        }
      } else if (this.closedAt >= 0) {
        switch (classOf[byte]) {
          case SPACE:
          case COMMA:
            break;
          case OPEN_OBJECT:
          case OPEN_ARRAY:
            return this.broken(this.closedAt - this.base);
          case CLOSE_ARRAY:
            if (this.place !== 'top') return this.broken(this.closedAt - this.base);
            break;
          default:
            // Not what follows a record, so the bracket did not close it.
            this.closedAt = -1;
            this.depth = 1;
            stack[0] = OBJECT;
            continue;
        }
      } else {
        const kind = classOf[byte];
        if (kind === QUOTE) {
          if (opensString(this.lastSign)) this.quoted = true;
        } else if (kind === OPEN_OBJECT) {
          const atLineStart = this.place === 'top' && previous === 0x0a;
          const cannotHold = this.over === 0 && this.lastSign !== 0x3a && stack[this.depth - 1] === OBJECT;
          if (cannotHold && !atLineStart && index + 1 >= used && !this.ended) {
            this.waiting = true;
            return undefined;
          }
          if (atLineStart || (cannotHold && beginsObject(buffer[index + 1]))) return this.broken(index);
          this.open(OBJECT);
        } else if (kind === OPEN_ARRAY) {
          this.open(ARRAY);
        } else if (kind === CLOSE_OBJECT || kind === CLOSE_ARRAY) {
          if (
            !this.close(kind === CLOSE_OBJECT ? OBJECT : ARRAY) &&
            kind === CLOSE_ARRAY &&
            this.place !== 'top'
          )
            return this.broken(index);
          if (this.depth === 0) this.closedAt = this.base + index + 1;
        }
      }
      this.step(byte);
    }
    return undefined;
  }

  private open(kind: number): void {
    if (this.depth < this.limits.maxDepth) this.stack[this.depth++] = kind;
    else this.over++;
  }

  /** Closes the innermost open bracket of this kind with all inside it; false where there is none. */
  private close(kind: number): boolean {
    if (this.over > 0) {
      this.over--;
      return true;
    }
    let level = this.depth - 1;
    while (level >= 0 && this.stack[level] !== kind) level--;
    if (level < 0) return false;
    this.depth = level;
    return true;
  }

  /** Skips bytes between values that are none. */
  private stray(): Frame | undefined {
    const { buffer, used } = this;
    while (this.index < used) {
      const byte = buffer[this.index] as number;
      const kind = classOf[byte];
      if (this.place === 'top') {
        // `quoted` says here that something else than brackets was seen on this line.
        if ((kind === OPEN_OBJECT || kind === OPEN_ARRAY) && !this.quoted) return this.broken(this.index);
        if (byte === 0x0a) this.quoted = false;
        else if (kind !== SPACE && kind !== CLOSE_OBJECT && kind !== CLOSE_ARRAY && kind !== COMMA)
          this.quoted = true;
      } else if (kind === COMMA || kind === OPEN_OBJECT || kind === OPEN_ARRAY || kind === CLOSE_ARRAY) {
        return this.broken(this.index);
      }
      this.step(byte);
    }
    return undefined;
  }

  /** One byte further in a broken frame, of which only the beginning is held. */
  private step(byte: number): void {
    this.lastByte = byte;
    if (classOf[byte] !== SPACE) this.lastSign = byte;
    this.index++;
    if (this.start >= 0 && this.index - this.start >= this.limits.keepBytes) {
      this.kept = this.copy(this.start, this.index);
      this.start = -1;
    }
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
    const end = this.used;
    if (this.mode === 'lost' || this.mode === 'stray') {
      const frame = this.broken(this.closedAt >= 0 && this.mode === 'lost' ? this.closedAt - this.base : end);
      this.index = end;
      // The broken value may have hidden the end of its list: say no more about it.
      this.place = 'top';
      return frame;
    }
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

/** Whether a `{` before this byte looks like an object's; keeps a run of brackets from being a record each. */
function beginsObject(next: number | undefined): boolean {
  return next === 0x22 || (next !== undefined && classOf[next] === SPACE);
}

/** A string may open after this byte (the last one that is not a space). */
function opensString(byte: number): boolean {
  return byte === 0x7b || byte === 0x5b || byte === 0x2c || byte === 0x3a;
}

/** A string may have closed before this byte. */
function closesString(byte: number | undefined): boolean {
  if (byte === undefined) return true;
  const kind = classOf[byte];
  return kind === SPACE || kind === COMMA || kind === COLON || kind === CLOSE_OBJECT || kind === CLOSE_ARRAY;
}

function tooDeep(limit: number): string {
  return `brackets nested more than ${limit} deep`;
}

function show(byte: number): string {
  return byte > 0x20 && byte < 0x7f
    ? `'${String.fromCharCode(byte)}'`
    : `byte 0x${byte.toString(16).padStart(2, '0')}`;
}
