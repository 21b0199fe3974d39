import { isIpv4, wordsInAddress } from '../address.ts';
import { segmentsOf, type Segment } from './merge.ts';
import type { AddressRanges } from './range.ts';

/** Tells in which of some lists an address is. */
export interface RangeIndex {
  /** One bit for each list that names the address whose words begin at `at`: 1 for the first list, 2 for the second ... */
  readonly maskOf: (words: Uint32Array, at?: number) => number;
  /** Whether any list has addresses of the family, one bit for each list as above. */
  readonly families: { readonly v4: number; readonly v6: number };
}

/** As many as there are bits in a mask that is not negative. */
export const mostLists = 31;

/**
 * Lays the lists over one another, so that one search answers for all of them. Eight bytes for each border of IPv4 and twenty for one of
 * IPv6, and 256 KB for where the borders of each /16 begin.
 * @param lists merged, at most `mostLists`
 */
export function rangeIndex(lists: readonly AddressRanges[]): RangeIndex {
  if (lists.length > mostLists)
    throw new Error(`${lists.length} lists; at most ${mostLists} can be asked at once`);
  const v4 = segmentsOf(
    lists.map((list) => list.v4),
    (value) => value + 1,
  ).filter(({ first }) => first < 2 ** 32);
  const v6 = segmentsOf(
    lists.map((list) => list.v6),
    (value) => value + 1n,
  ).filter(({ first }) => first < 1n << 128n);
  const starts4 = Uint32Array.from(v4, ({ first }) => first);
  const masks4 = Uint32Array.from(v4, ({ mask }) => mask);
  const firstOf4 = firstByTop(starts4);
  const [top6, rest6] = wordsOfSegments(v6);
  const masks6 = Uint32Array.from(v6, ({ mask }) => mask);
  const bitsOf = (family: 'v4' | 'v6'): number =>
    lists.reduce((mask, list, i) => (list[family].length > 0 ? mask | (1 << i) : mask), 0);
  return {
    families: { v4: bitsOf('v4'), v6: bitsOf('v6') },
    maskOf: (words, at = 0) => {
      if (isIpv4(words, at)) {
        const value = words[at + 3] ?? 0;
        const top = value >>> bitsBelow;
        const found = lastNotOver(starts4, value, firstOf4[top] ?? 0, firstOf4[top + 1] ?? 0);
        return found === -1 ? 0 : (masks4[found] ?? 0);
      }
      const found = lastNotOver6(top6, rest6, words, at);
      return found === -1 ? 0 : (masks6[found] ?? 0);
    },
  };
}

/** The first words apart, because they nearly always decide; the other three of each behind one another. */
function wordsOfSegments(segments: readonly Segment<bigint>[]): readonly [Uint32Array, Uint32Array] {
  const top = Uint32Array.from(segments, ({ first }) => Number(first >> 96n));
  const rest = new Uint32Array(segments.length * (wordsInAddress - 1));
  for (const [i, { first }] of segments.entries())
    for (let word = 0; word < wordsInAddress - 1; word++)
      rest[i * (wordsInAddress - 1) + word] = Number((first >> BigInt(64 - word * 32)) & 0xffffffffn);
  return [top, rest];
}

const topBits = 16;
const bitsBelow = 32 - topBits;

/** For every beginning of an address the place of the first value that has it or a later one, and behind them how many values there are. */
function firstByTop(values: Uint32Array): Uint32Array {
  const firsts = new Uint32Array(2 ** topBits + 1);
  let at = 0;
  for (let top = 0; top < firsts.length; top++) {
    while (at < values.length && (values[at] ?? 0) >>> bitsBelow < top) at++;
    firsts[top] = at;
  }
  return firsts;
}

/** The place of the last value from `from` to `to` that is not over `value`; `from - 1` where all are. */
function lastNotOver(values: Uint32Array, value: number, from: number, to: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function lastNotOver6(top: Uint32Array, rest: Uint32Array, words: Uint32Array, at: number): number {
  let low = 0;
  let high = top.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    let difference = (top[middle] ?? 0) - (words[at] ?? 0);
    for (let word = 0; difference === 0 && word < wordsInAddress - 1; word++)
      difference = (rest[middle * (wordsInAddress - 1) + word] ?? 0) - (words[at + 1 + word] ?? 0);
    if (difference <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
