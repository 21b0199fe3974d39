import { isIpv4, maskOf, parseAddress, wordsInAddress } from '../address.ts';

/** Addresses from `first` to `last`, both of them inside. */
export interface Range<T extends number | bigint> {
  readonly first: T;
  readonly last: T;
}

export type AddressRange =
  ({ readonly family: 4 } & Range<number>) | ({ readonly family: 6 } & Range<bigint>);

/** What a list names: the addresses of both families. */
export interface AddressRanges {
  readonly v4: readonly Range<number>[];
  readonly v6: readonly Range<bigint>[];
}

const slash = 0x2f;
const dash = 0x2d;
const colon = 0x3a;
/** Two addresses of the longest form, with a dash between them. */
const longestRange = 96;

/**
 * Reads `192.0.2.1`, `192.0.2.0/24`, `192.0.2.1-192.0.2.9` and the same of IPv6 out of `bytes` from `start` to `end`. Bits behind a prefix
 * count for nothing, as in the lists that write a host with its prefix. Undefined where it is none of these.
 */
export function rangeAt(bytes: Uint8Array, start: number, end: number): AddressRange | undefined {
  if (end - start > longestRange) return undefined;
  for (let i = start; i < end; i++) {
    if (bytes[i] === slash) return network(bytes, start, i, end);
    if (bytes[i] === dash) return between(bytes, start, i, i + 1, end);
  }
  return between(bytes, start, end, start, end);
}

/** The same, out of a text. */
export function rangeOf(text: string): AddressRange | undefined {
  if (text.length > longestRange) return undefined;
  const bytes = Buffer.from(text.trim());
  return rangeAt(bytes, 0, bytes.length);
}

/** From the address that one text names to that of another. */
export function rangeBetween(first: string, last: string): AddressRange | undefined {
  return rangeOf(`${first.trim()}-${last.trim()}`);
}

function network(bytes: Uint8Array, start: number, slashAt: number, end: number): AddressRange | undefined {
  const words = new Uint32Array(wordsInAddress);
  if (!parseAddress(bytes, start, slashAt, words)) return undefined;
  const length = prefixLength(bytes, slashAt + 1, end);
  // An IPv4 address may be written as one of IPv6, and its prefix then counts the bits before it.
  const writtenShort = isIpv4(words) && !bytes.subarray(start, slashAt).includes(colon);
  const bits = writtenShort ? length + 96 : length;
  if (!(length >= 0) || bits > 128 || (writtenShort && length > 32)) return undefined;
  if (isIpv4(words) && bits < 96) return undefined;
  const first = words.map((word, i) => (word & maskOf(bits - i * 32)) >>> 0);
  const last = words.map((word, i) => (word | ~maskOf(bits - i * 32)) >>> 0);
  return rangeOfWords(first, last);
}

function prefixLength(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 1 || end - start > 3) return Number.NaN;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

function between(
  bytes: Uint8Array,
  firstStart: number,
  firstEnd: number,
  lastStart: number,
  lastEnd: number,
): AddressRange | undefined {
  const first = new Uint32Array(wordsInAddress);
  const last = new Uint32Array(wordsInAddress);
  const [a, b] = trimmed(bytes, firstStart, firstEnd);
  const [c, d] = trimmed(bytes, lastStart, lastEnd);
  if (!parseAddress(bytes, a, b, first) || !parseAddress(bytes, c, d, last)) return undefined;
  return rangeOfWords(first, last);
}

/** `192.0.2.1 - 192.0.2.9` has spaces around the dash. */
function trimmed(bytes: Uint8Array, start: number, end: number): readonly [number, number] {
  let from = start;
  let to = end;
  while (from < to && bytes[from] === 0x20) from++;
  while (to > from && bytes[to - 1] === 0x20) to--;
  return [from, to];
}

function rangeOfWords(first: Uint32Array, last: Uint32Array): AddressRange | undefined {
  if (isIpv4(first) !== isIpv4(last)) return undefined;
  if (isIpv4(first)) {
    const range = { family: 4, first: first[3] ?? 0, last: last[3] ?? 0 } as const;
    return range.first <= range.last ? range : undefined;
  }
  const range = { family: 6, first: valueOf(first), last: valueOf(last) } as const;
  return range.first <= range.last ? range : undefined;
}

function valueOf(words: Uint32Array): bigint {
  return words.reduce((value, word) => (value << 32n) | BigInt(word), 0n);
}
