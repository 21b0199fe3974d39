import type { Escaping } from '../event/requests.ts';

/**
 * Texts of a request as whatever runs behind the server may come to read them: what attackers do to get past a search for plain texts is
 * undone, on bytes. Percent-encoding, also twice and more; `%u0027`, `\u0027` and `\x27`; HTML entities; overlong UTF-8; fullwidth letters;
 * plus for space; null bytes; runs of white space; comments inside SQL; capitals.
 */
export interface Decoder {
  /**
   * Decodes `bytes[start, end)` into `out`, and gives how many bytes that are. What is longer than `longestText` is cut.
   * `escaping` is what the log itself has done to the text, and is undone first.
   */
  readonly decode: (bytes: Uint8Array, start: number, end: number, escaping: Escaping) => number;
  /** Valid until the next call. */
  readonly out: Uint8Array;
  /** What the last text was hidden with: bits of `trickBit`. */
  readonly tricks: () => number;
  /**
   * Takes out of what `decode` left what a shell drops between the letters of a command (`w'h'o\am^i`, `ca$@t`, `pa[s]swd`), and puts a
   * space for `$IFS`. Gives how many bytes are then in `unquoted`; -1 where that is the same.
   */
  readonly unquote: (length: number) => number;
  readonly unquoted: Uint8Array;
  /** Undoes what the log did and no more. Gives how many bytes are then in `unescaped`. */
  readonly unescape: (bytes: Uint8Array, start: number, end: number, escaping: Escaping) => number;
  readonly unescaped: Uint8Array;
}

/** No server takes longer request lines or headers without being told to: nginx 8 kB, load balancers of AWS 16 kB. */
export const longestText = 16_384;

export const tricks = [
  'double-encoding',
  'unicode-escape',
  'overlong',
  'fullwidth',
  'entity',
  'null-byte',
  'line-break',
  'comment',
] as const;

export type Trick = (typeof tricks)[number];

export const trickBit: Readonly<Record<Trick, number>> = Object.fromEntries(
  tricks.map((name, i) => [name, 1 << i]),
) as Record<Trick, number>;

/** More layers than three are met in nobody's programs; each round is linear. */
const mostRounds = 4;

/** How far a look ahead may go beyond the end. */
const sentinels = 8;

const space = 0x20;
const percent = 0x25;
const ampersand = 0x26;
const plus = 0x2b;
const slash = 0x2f;
const star = 0x2a;
const semicolon = 0x3b;
const hash = 0x23;
const dollar = 0x24;
const backslash = 0x5c;

/** Value of a hexadecimal digit; -1 for what is none. */
const hexValues = Int8Array.from({ length: 256 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(value) ? -1 : value;
});

/** Entities without which no markup or expression gets through, and those that break up words. https://html.spec.whatwg.org/multipage/named-characters.html */
const entities: ReadonlyMap<string, number> = new Map([
  ['lt', 0x3c],
  ['gt', 0x3e],
  ['quot', 0x22],
  ['apos', 0x27],
  ['amp', 0x26],
  ['lpar', 0x28],
  ['rpar', 0x29],
  ['colon', 0x3a],
  ['sol', 0x2f],
  ['bsol', 0x5c],
  ['dollar', 0x24],
  ['lbrace', 0x7b],
  ['lcub', 0x7b],
  ['rbrace', 0x7d],
  ['rcub', 0x7d],
  ['grave', 0x60],
  ['equals', 0x3d],
  ['semi', 0x3b],
  ['tab', 0x09],
  ['newline', 0x0a],
]);
const longestEntity = 7;

/** A decoder with buffers of its own: one text at a time. */
export function createDecoder(): Decoder {
  // An escape is never shorter than what it stands for, so that no round makes a text longer.
  let from = new Uint8Array(longestText + sentinels);
  let to = new Uint8Array(longestText + sentinels);
  const out = new Uint8Array(longestText);
  const unquoted = new Uint8Array(longestText);
  const unescaped = new Uint8Array(longestText);
  let seen = 0;
  let written = 0;
  let at = 0;

  const putPoint = (point: number): void => {
    if (point < 0x80) to[written++] = point;
    else if (point < 0x800) {
      to[written++] = 0xc0 | (point >> 6);
      to[written++] = 0x80 | (point & 0x3f);
    } else if (point < 0x10000) {
      to[written++] = 0xe0 | (point >> 12);
      to[written++] = 0x80 | ((point >> 6) & 0x3f);
      to[written++] = 0x80 | (point & 0x3f);
    } else {
      to[written++] = 0xf0 | ((point >> 18) & 7);
      to[written++] = 0x80 | ((point >> 12) & 0x3f);
      to[written++] = 0x80 | ((point >> 6) & 0x3f);
      to[written++] = 0x80 | (point & 0x3f);
    }
  };

  /** The number that so many hexadecimal digits are; -1 where there are not as many. */
  const hexAt = (place: number, digits: number, end: number): number => {
    if (place + digits > end) return -1;
    let value = 0;
    for (let i = place; i < place + digits; i++) {
      const digit = hexValues[from[i] ?? 0] ?? -1;
      if (digit < 0) return -1;
      value = value * 16 + digit;
    }
    return value;
  };

  /** `%41`, `%u0041`; true where something stood there, which is then written and passed. */
  const readPercent = (end: number, round: number): boolean => {
    const byte = hexAt(at + 1, 2, end);
    if (byte >= 0) {
      to[written++] = byte;
      at += 3;
      if (round > 0) seen |= trickBit['double-encoding'];
      return true;
    }
    if (((from[at + 1] ?? 0) | 0x20) !== 0x75) return false;
    const point = hexAt(at + 2, 4, end);
    if (point < 0) return false;
    putPoint(point);
    at += 6;
    seen |= trickBit['unicode-escape'];
    return true;
  };

  /** `\x41`, `\u0041`, `\u{41}`. */
  const readBackslash = (end: number): boolean => {
    const kind = (from[at + 1] ?? 0) | 0x20;
    let point = -1;
    let length = 0;
    if (kind === 0x78) {
      point = hexAt(at + 2, 2, end);
      length = 4;
    } else if (kind === 0x75 && from[at + 2] === 0x7b) {
      let close = at + 3;
      while (close < end && close < at + 9 && (hexValues[from[close] ?? 0] ?? -1) >= 0) close++;
      if (close > at + 3 && close < end && from[close] === 0x7d) point = hexAt(at + 3, close - at - 3, end);
      length = close + 1 - at;
    } else if (kind === 0x75) {
      point = hexAt(at + 2, 4, end);
      length = 6;
    }
    if (point < 0 || point > 0x10ffff) return false;
    // One byte of a longer character, or a character.
    if (kind === 0x78) to[written++] = point;
    else putPoint(point);
    at += length;
    seen |= trickBit['unicode-escape'];
    return true;
  };

  /** `&#65;`, `&#x41;`, `&lt;`; numbers may have zeros before them, and lack the semicolon. */
  const readEntity = (end: number): boolean => {
    let place = at + 1;
    let point = -1;
    if (from[place] === hash) {
      place++;
      const isHex = ((from[place] ?? 0) | 0x20) === 0x78;
      if (isHex) place++;
      const first = place;
      let value = 0;
      for (; place < end; place++) {
        const digit = hexValues[from[place] ?? 0] ?? -1;
        if (digit < 0 || (!isHex && digit > 9)) break;
        value = Math.min(value * (isHex ? 16 : 10) + digit, 0x110000);
      }
      if (place > first && value < 0x110000) point = value;
    } else {
      const first = place;
      while (place < end && place - first <= longestEntity && isLetter(from[place] ?? 0)) place++;
      if (place === first || from[place] !== semicolon) return false;
      let name = '';
      for (let i = first; i < place; i++) name += String.fromCharCode((from[i] ?? 0) | 0x20);
      point = entities.get(name) ?? -1;
    }
    if (point < 0) return false;
    putPoint(point);
    at = from[place] === semicolon ? place + 1 : place;
    seen |= trickBit.entity;
    return true;
  };

  /** Overlong and fullwidth forms of ASCII, and the two letters outside ASCII that fold into it. */
  const readForm = (end: number): boolean => {
    const first = from[at] ?? 0;
    const second = at + 1 < end ? (from[at + 1] ?? 0) : 0;
    const third = at + 2 < end ? (from[at + 2] ?? 0) : 0;
    if (first === 0xc0 || first === 0xc1) {
      // Some servers took `%c0%2f` too; other bytes behind it are letters of Latin-1.
      const isLenient = second === slash || second === backslash || second === 0x2e;
      if (!isTrail(second) && !isLenient) return false;
      to[written++] = isLenient ? second : ((first & 1) << 6) | (second & 0x3f);
      at += 2;
      seen |= trickBit.overlong;
      return true;
    }
    if (first === 0xe0 && second >= 0x80 && second < 0xa0 && isTrail(third)) {
      putPoint(((second & 0x3f) << 6) | (third & 0x3f));
      at += 3;
      seen |= trickBit.overlong;
      return true;
    }
    if (first === 0xf0 && second >= 0x80 && second < 0x90 && isTrail(third) && at + 3 < end) {
      putPoint(((second & 0x3f) << 12) | ((third & 0x3f) << 6) | ((from[at + 3] ?? 0) & 0x3f));
      at += 4;
      seen |= trickBit.overlong;
      return true;
    }
    if (first === 0xef && (second === 0xbc || second === 0xbd) && isTrail(third)) {
      const point = 0xf000 | ((second & 0x3f) << 6) | (third & 0x3f);
      if (point < 0xff01 || point > 0xff5e) return false;
      to[written++] = point - 0xfee0;
      at += 3;
      seen |= trickBit.fullwidth;
      return true;
    }
    if (first === 0xc5 && second === 0xbf) {
      to[written++] = 0x73;
      at += 2;
      return true;
    }
    if (first === 0xe2 && second === 0x84 && third === 0xaa) {
      to[written++] = 0x6b;
      at += 3;
      return true;
    }
    return false;
  };

  /** One layer; true where there may be another. */
  const runRound = (length: number, round: number): boolean => {
    let changed = false;
    written = 0;
    // What an earlier text left behind must not be taken for the end of this one.
    from.fill(0, length, length + sentinels);
    for (at = 0; at < length;) {
      const byte = from[at] ?? 0;
      let done = false;
      if (byte === percent) done = readPercent(length, round);
      else if (byte === backslash) done = readBackslash(length);
      else if (byte === ampersand) done = readEntity(length);
      else if (byte >= 0xc0) done = readForm(length);
      else if (byte === plus) {
        to[written++] = space;
        at++;
        continue;
      }
      if (done) changed = true;
      else {
        to[written++] = byte;
        at++;
      }
    }
    [from, to] = [to, from];
    return changed;
  };

  /** Capitals, white space, null bytes, comments: from `from` into `out`. */
  const finish = (length: number): number => {
    let end = 0;
    // Where the last comment that is still open begins; a comment is closed once, so that all is looked at twice at most.
    let noCloseAfter = -1;
    const put = (byte: number): void => {
      if (byte === space && end > 0 && out[end - 1] === space) return;
      out[end++] = byte;
    };
    let codeComments = 0;
    for (let i = 0; i < length; i++) {
      const byte = from[i] ?? 0;
      if (byte === 0) {
        seen |= trickBit['null-byte'];
        continue;
      }
      if (byte === 0x0d || byte === 0x0a) seen |= trickBit['line-break'];
      if ((byte >= 0x09 && byte <= 0x0d) || byte === space) {
        put(space);
        continue;
      }
      if (byte === 0xc2 && from[i + 1] === 0xa0 && i + 1 < length) {
        put(space);
        i++;
        continue;
      }
      if (byte === slash && from[i + 1] === star && i + 1 < length) {
        // `/*!50000select*/` is run by MySQL, so that only its marks go.
        if (from[i + 2] === 0x21 && i + 2 < length) {
          i += 2;
          while (i + 1 < length && isDigit(from[i + 1] ?? 0)) i++;
          codeComments++;
          seen |= trickBit.comment;
          put(space);
          continue;
        }
        const close = noCloseAfter === -1 ? closeOf(from, i + 2, length) : -1;
        if (close >= 0) {
          i = close + 1;
          seen |= trickBit.comment;
          put(space);
          continue;
        }
        noCloseAfter = i;
      }
      if (codeComments > 0 && byte === star && from[i + 1] === slash && i + 1 < length) {
        codeComments--;
        i++;
        put(space);
        continue;
      }
      put(byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);
    }
    return end;
  };

  const decode = (bytes: Uint8Array, start: number, end: number, escaping: Escaping): number => {
    seen = 0;
    let length = unescapeInto(bytes, start, Math.min(end, start + longestText), escaping, from);
    for (let round = 0; round < mostRounds; round++) {
      const changed = runRound(length, round);
      length = written;
      if (!changed) break;
    }
    return finish(length);
  };

  const unquote = (length: number): number => {
    let end = 0;
    for (let i = 0; i < length; i++) {
      const byte = out[i] ?? 0;
      if (isQuoting[byte] === 1) continue;
      if (byte === dollar && i + 1 < length) {
        const next = out[i + 1] ?? 0;
        // `$@` and `$*` are nothing where there are no arguments.
        if (next === 0x40 || next === star) {
          i++;
          continue;
        }
        const brace = next === 0x7b ? 1 : 0;
        const name = i + 1 + brace;
        if (out[name] === 0x69 && out[name + 1] === 0x66 && out[name + 2] === 0x73 && name + 2 < length) {
          unquoted[end++] = space;
          i = name + 2;
          if (brace === 1) while (i + 1 < length && out[i] !== 0x7d && i < name + 12) i++;
          continue;
        }
      }
      unquoted[end++] = byte;
    }
    return end === length ? -1 : end;
  };

  return {
    decode,
    out,
    tricks: () => seen,
    unquote,
    unquoted,
    unescape: (bytes, start, end, escaping) =>
      unescapeInto(bytes, start, Math.min(end, start + longestText), escaping, unescaped),
    unescaped,
  };
}

/** What a shell, or cmd.exe, takes away: quotes, backslash, caret; brackets around one letter of a name that is looked for. */
const isQuoting = Uint8Array.from({ length: 256 }, (_, byte) =>
  '\\\'"^[]'.includes(String.fromCharCode(byte)) ? 1 : 0,
);

/** Undoes once what the log did; see `textAt`. */
function unescapeInto(
  bytes: Uint8Array,
  start: number,
  end: number,
  escaping: Escaping,
  into: Uint8Array,
): number {
  let length = 0;
  if (escaping === 'none') {
    for (let i = start; i < end; i++) into[length++] = bytes[i] ?? 0;
    return length;
  }
  for (let i = start; i < end; i++) {
    const byte = bytes[i] ?? 0;
    const digits = escaping === 'percent' ? i + 1 : i + 2;
    const isEscape = escaping === 'percent' ? byte === percent : byte === backslash && bytes[i + 1] === 0x78;
    if (isEscape && digits + 1 < end) {
      const high = hexValues[bytes[digits] ?? 0] ?? -1;
      const low = hexValues[bytes[digits + 1] ?? 0] ?? -1;
      if (high >= 0 && low >= 0) {
        into[length++] = high * 16 + low;
        i = digits + 1;
        continue;
      }
    }
    if (escaping === 'backslash' && byte === backslash && i + 1 < end) {
      const next = bytes[i + 1] ?? 0;
      if (next === 0x22 || next === backslash) i++;
      into[length++] = next === 0x22 ? next : byte;
      continue;
    }
    into[length++] = byte;
  }
  return length;
}

/** Whether a name that may be an entity's stands here, with its semicolon. `at` is its first letter. */
export function isEntityAt(bytes: Uint8Array, at: number, end: number): boolean {
  const last = Math.min(end, at + longestEntity + 1);
  let i = at;
  while (i < last && isLetter(bytes[i] ?? 0)) i++;
  return i < end && bytes[i] === semicolon;
}

function closeOf(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i + 1 < end; i++) if (bytes[i] === star && bytes[i + 1] === slash) return i;
  return -1;
}

function isLetter(byte: number): boolean {
  const small = byte | 0x20;
  return small >= 0x61 && small <= 0x7a;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isTrail(byte: number): boolean {
  return byte >= 0x80 && byte < 0xc0;
}
