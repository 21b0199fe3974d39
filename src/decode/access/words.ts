import { find, wordEnd } from './search.ts';

const space = 0x20;
const quote = 0x22;

/** Goes over the words of a line, from `at` on; a word in quotes is given without them. */
export interface Words {
  /** The word that was taken last. */
  start: number;
  end: number;
  /** Where the next begins; behind the line's end where there is none. */
  at: number;
}

/** Takes the next word as far as the next space; false at the line's end. */
export function nextWord(bytes: Uint8Array, end: number, words: Words): boolean {
  if (words.at >= end) return false;
  words.start = words.at;
  words.end = wordEnd(bytes, words.at, end);
  words.at = words.end + 1;
  return true;
}

export function skipWords(bytes: Uint8Array, end: number, words: Words, count: number): boolean {
  for (let word = 0; word < count; word++) if (!nextWord(bytes, end, words)) return false;
  return true;
}

/** Takes a word, or what stands in quotes up to one with a space (or nothing) behind it. */
export function nextQuoted(bytes: Uint8Array, end: number, words: Words): boolean {
  if (words.at >= end || bytes[words.at] !== quote) return nextWord(bytes, end, words);
  const start = words.at + 1;
  let close = find(bytes, quote, start, end);
  while (close !== -1 && close + 1 < end && bytes[close + 1] !== space)
    close = find(bytes, quote, close + 1, end);
  if (close === -1) return false;
  words.start = start;
  words.end = close;
  words.at = close + 2;
  return true;
}

/**
 * Where the request line in quotes that begins at `start` ends, although quotes in it are not escaped: at the quote that has the protocol in
 * front of it and what follows a request behind it; or else at the first that has what follows behind it. -1 where there is none.
 */
export function requestEnd(
  bytes: Uint8Array,
  start: number,
  end: number,
  isFollowed: (quote: number) => boolean,
): number {
  let first = -1;
  for (let at = find(bytes, quote, start, end); at !== -1; at = find(bytes, quote, at + 1, end)) {
    if (!isFollowed(at)) continue;
    if (bytes[at - 4] === slash && bytes[at - 2] === dot && bytes[at - 8] === capitalH) return at;
    if (first === -1) first = at;
  }
  return first;
}

const slash = 0x2f;
const dot = 0x2e;
const capitalH = 0x48;
