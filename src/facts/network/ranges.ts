import ipaddr from 'ipaddr.js';

export type Family = 4 | 6;

/** Addresses of one family from the first to the last, both included, as numbers. */
export interface Range {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
}

const bits: Readonly<Record<Family, number>> = { 4: 32, 6: 128 };

/**
 * A CIDR block or a single address; undefined for anything else. Bits past the prefix are ignored, as EC2 does: `10.1.2.3/8`
 * is `10.0.0.0/8`. https://www.rfc-editor.org/rfc/rfc4632#section-3.1
 */
export function parseRange(text: string): Range | undefined {
  const [address = '', mask, more] = text.trim().split('/', 3);
  if (more !== undefined || (mask !== undefined && !/^\d{1,3}$/.test(mask))) return undefined;
  const family: Family | undefined = familyOf(address);
  if (family === undefined) return undefined;
  const prefix = mask === undefined ? bits[family] : Number(mask);
  if (prefix > bits[family]) return undefined;
  let number = 0n;
  const bytes = (family === 4 ? ipaddr.IPv4 : ipaddr.IPv6).parse(address).toByteArray();
  for (const byte of bytes) number = number * 256n + BigInt(byte);
  const free = BigInt(bits[family] - prefix);
  const first = (number >> free) << free;
  return { family, first, last: first + (1n << free) - 1n };
}

function familyOf(address: string): Family | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return 4;
  return address.includes(':') && !address.includes('%') && ipaddr.IPv6.isValid(address) ? 6 : undefined;
}

/** The same addresses in as few ranges as it takes: sorted, apart from each other, IPv4 first. */
export function merged(ranges: readonly Range[]): readonly Range[] {
  const sorted = [...ranges].sort((a, b) => a.family - b.family || compare(a.first, b.first));
  const result: Range[] = [];
  for (const range of sorted) {
    const held = result.at(-1);
    if (held === undefined || held.family !== range.family || range.first > held.last + 1n) {
      result.push(range);
    } else if (range.last > held.last) {
      result[result.length - 1] = { ...held, last: range.last };
    }
  }
  return result;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** How many addresses ranges hold that `merged` gave. */
export function sizeOf(ranges: readonly Range[]): bigint {
  let size = 0n;
  for (const range of ranges) size += range.last - range.first + 1n;
  return size;
}

/** The addresses that are in both of two lists that `merged` gave. */
export function common(left: readonly Range[], right: readonly Range[]): readonly Range[] {
  const result: Range[] = [];
  let l = 0;
  let r = 0;
  for (;;) {
    const a = left[l];
    const b = right[r];
    if (a === undefined || b === undefined) return result;
    if (a.family === b.family) {
      const first = a.first > b.first ? a.first : b.first;
      const last = a.last < b.last ? a.last : b.last;
      if (first <= last) result.push({ family: a.family, first, last });
    }
    if ((a.family - b.family || compare(a.last, b.last)) <= 0) l++;
    else r++;
  }
}
