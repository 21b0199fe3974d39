import { isEntityAt } from './inject-decode.ts';

/** Texts that are looked for in bytes, without regard to the case of ASCII letters. */
export interface ByteLiterals {
  /** Whether one of them is in a decoded text. */
  readonly has: (bytes: Uint8Array, start: number, end: number) => boolean;
  /**
   * The same for a text that is not decoded yet: `undecided` where something in it would be decoded, so that this has to be done first. One look
   * at each byte.
   */
  readonly scan: (bytes: Uint8Array, start: number, end: number) => 'found' | 'clean' | 'undecided';
  /** Tells whose literals are in a decoded text, some more than once. */
  readonly collect: (bytes: Uint8Array, start: number, end: number, found: (owner: number) => void) => void;
}

interface Placed {
  readonly literal: Uint8Array;
  /** How many of its bytes stand before the second one of its pair. */
  readonly before: number;
  /** Who looks for it. */
  readonly owners: readonly number[];
}

const small = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte,
);

/** What a pair of bytes leads to, besides the number of a list of literals. */
const active = 0xffff;
const entity = 0xfffe;

/**
 * @param literals folded texts of ASCII, not empty, each with who looks for it
 * @param quotes whether quoting counts as something to decode
 * @param isAgent whether the texts will be user agents, which have other letters in them than addresses
 */
export function byteLiterals(
  literals: ReadonlyMap<string, readonly number[]>,
  quotes: boolean,
  isAgent: boolean,
): ByteLiterals {
  const lists: Placed[][] = [[]];
  const decoded = new Uint16Array(0x10000);
  const place = (pair: number, placed: Placed): void => {
    const known = decoded[pair] ?? 0;
    if (known > 0) lists[known]?.push(placed);
    else decoded[pair] = lists.push([placed]) - 1;
  };
  for (const [text, owners] of literals) {
    const literal = Uint8Array.from(text, (letter) => small[letter.charCodeAt(0)] ?? 0);
    if (literal.length === 1)
      for (let first = 0; first < 256; first++)
        place((first << 8) | (literal[0] ?? 0), { literal, before: 0, owners });
    else {
      const before = rarestPair(literal, isAgent);
      place(((literal[before - 1] ?? 0) << 8) | (literal[before] ?? 0), { literal, before, owners });
    }
  }
  const raw = decoded.slice();
  for (let first = 0; first < 256; first++)
    for (let second = 0; second < 256; second++)
      if (isActive(first, second, quotes)) raw[(first << 8) | second] = active;
      else if (first === 0x26 && isLetter(second)) raw[(first << 8) | second] = entity;

  const isAt = (placed: Placed, bytes: Uint8Array, at: number, start: number, end: number): boolean => {
    const { literal } = placed;
    const first = at - placed.before;
    if (first < start || first + literal.length > end) return false;
    let i = 0;
    while (i < literal.length && small[bytes[first + i] ?? 0] === literal[i]) i++;
    return i === literal.length;
  };
  const standsAt = (list: number, bytes: Uint8Array, at: number, start: number, end: number): boolean => {
    for (const placed of lists[list] ?? []) if (isAt(placed, bytes, at, start, end)) return true;
    return false;
  };

  return {
    has: (bytes, start, end) => {
      let before = 0;
      for (let i = start; i < end; i++) {
        const byte = small[bytes[i] ?? 0] ?? 0;
        const list = decoded[(before << 8) | byte] ?? 0;
        if (list !== 0 && standsAt(list, bytes, i, start, end)) return true;
        before = byte;
      }
      return false;
    },
    scan: (bytes, start, end) => {
      let before = 0;
      for (let i = start; i < end; i++) {
        const byte = small[bytes[i] ?? 0] ?? 0;
        const list = raw[(before << 8) | byte] ?? 0;
        if (list !== 0) {
          if (list === active) return 'undecided';
          if (list === entity) {
            if (isEntityAt(bytes, i, end)) return 'undecided';
            const inText = decoded[(before << 8) | byte] ?? 0;
            if (inText !== 0 && standsAt(inText, bytes, i, start, end)) return 'found';
          } else if (standsAt(list, bytes, i, start, end)) return 'found';
        }
        before = byte;
      }
      return 'clean';
    },
    collect: (bytes, start, end, found) => {
      let before = 0;
      for (let i = start; i < end; i++) {
        const byte = small[bytes[i] ?? 0] ?? 0;
        const list = decoded[(before << 8) | byte] ?? 0;
        before = byte;
        if (list === 0) continue;
        for (const placed of lists[list] ?? [])
          if (isAt(placed, bytes, i, start, end)) for (const owner of placed.owners) found(owner);
      }
    },
  };
}

/** Whether the second of two bytes is something that decoding would change, as far as the two tell. */
function isActive(first: number, second: number, quotes: boolean): boolean {
  // Control characters, `%`, `+`, `\`, and everything beyond ASCII.
  if (second < 0x20 || second === 0x25 || second === 0x2b || second === 0x5c || second >= 0x80) return true;
  if (first === 0x20 && second === 0x20) return true;
  if (first === 0x26 && second === 0x23) return true;
  if (first === 0x2f && second === 0x2a) return true;
  if (!quotes) return false;
  // Quotes, `^`, `[`, `]`; `$@`, `$*`, `$i`, `${`.
  if (second === 0x22 || second === 0x27 || second === 0x5e || second === 0x5b || second === 0x5d)
    return true;
  return first === 0x24 && (second === 0x40 || second === 0x2a || second === 0x69 || second === 0x7b);
}

function isLetter(byte: number): boolean {
  return byte >= 0x61 && byte <= 0x7a;
}

/** Where the pair of bytes ends that is likely to be met least often in a request. */
function rarestPair(literal: Uint8Array, isAgent: boolean): number {
  let best = 1;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 1; i < literal.length; i++) {
    const share = shareOf(literal[i - 1] ?? 0, isAgent) * shareOf(literal[i] ?? 0, isAgent);
    if (share < least) {
      least = share;
      best = i;
    }
  }
  return best;
}

/** What requests that nobody minds are full of. */
const ordinaryAgent =
  'mozilla/5.0 (windows nt 10.0; win64; x64) applewebkit/537.36 (khtml, like gecko) chrome/120.0.0.0 safari/537.36 ' +
  '(macintosh; intel mac os x 10_15_7) (iphone; cpu iphone os 17_0 like mac os x) version/17.0 mobile/15e148 ' +
  '(linux; android 13) firefox/121.0 (compatible; bot/1.0; +http://www. https://www. )';
const ordinaryValues = [
  'https://www.example.com/index.html',
  'search=images&page=1&id=2',
  '.php.jpg.png.css.js',
];

/**
 * A rough guess of how often in a hundred texts of requests one is met that has this in it; 100 for the empty one.
 * @param isAgent whether the text is a user agent
 */
export function chanceOf(text: string, isAgent: boolean): number {
  if ((isAgent ? [ordinaryAgent] : ordinaryValues).some((ordinary) => ordinary.includes(text))) return 100;
  let chance = 100;
  for (let i = 0; i < text.length; i++) chance *= shareOf(text.charCodeAt(i), isAgent) / (i === 0 ? 10 : 100);
  return chance;
}

/** A rough guess of how often a byte is met in addresses and headers; the ratio alone counts. */
function shareOf(byte: number, isAgent: boolean): number {
  const letter = String.fromCharCode(byte);
  if ('eaitonsrlc/.'.includes(letter)) return 10;
  if ('dmphgub-0123456789'.includes(letter)) return 5;
  if ('fvwyk=&_:'.includes(letter)) return 2;
  if ('xjzq'.includes(letter)) return 0.7;
  return ' (;),'.includes(letter) ? (isAgent ? 10 : 0.5) : 0.1;
}
