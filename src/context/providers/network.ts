import { parseRange } from '../../facts/network/ranges.ts';
import { kindOfAddress } from '../place.ts';

/** A network by its first address. Plain numbers for IPv4, because lists have a hundred thousand of them. */
export type Network =
  | { readonly family: 4; readonly first: number; readonly prefix: number }
  | { readonly family: 6; readonly first: bigint; readonly prefix: number };

/** Wider networks are nobody's alone. */
const widest = { 4: 8, 6: 16 } as const;

/** A network in CIDR notation, or a single address; undefined where it is none, or too wide to be one provider's. */
export function networkOf(text: string): Network | undefined {
  const [, a, b, c, d, length] =
    /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text) ?? [];
  if (a !== undefined) {
    const bytes = [a, b, c, d].map(Number);
    const prefix = Number(length ?? 32);
    if (bytes.some((byte) => byte > 255) || prefix > 32 || prefix < widest[4]) return undefined;
    const address = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    return { family: 4, first: firstOf4(address, prefix), prefix };
  }
  const range = text.includes(':') ? parseRange(text) : undefined;
  if (range === undefined) return undefined;
  const prefix = Number(text.split('/')[1] ?? 128);
  return prefix < widest[6] ? undefined : { family: 6, first: range.first, prefix };
}

/** The first address of the network of that length that holds an address. */
export function firstOf4(address: number, prefix: number): number {
  const size = 2 ** (32 - prefix);
  return address - (address % size);
}

/** First bytes of IPv4 below which the registries of special addresses have something; from 224 on there is nothing else. */
const special4: ReadonlySet<number> = new Set([0, 10, 100, 127, 169, 172, 192, 198, 203]);

/** Whether the network begins on the internet, and not among addresses that lie nowhere. */
export function isPublic(network: Network): boolean {
  // Nearly all do, and that is seen from the beginning; the whole look takes a hundred times as long.
  if (network.family === 4) {
    const top = Math.floor(network.first / 2 ** 24);
    if (top < 224 && !special4.has(top)) return true;
    return (
      kindOfAddress([24, 16, 8, 0].map((bits) => (network.first / 2 ** bits) & 255).join('.')) === 'internet'
    );
  }
  const top = Number(network.first >> 112n);
  return (
    (top >= 0x2400 && top < 0x2620) ||
    (top > 0x2620 && top < 0x3000) ||
    kindOfAddress(text6(network.first)) === 'internet'
  );
}

function text6(first: bigint): string {
  return first
    .toString(16)
    .padStart(32, '0')
    .replace(/(.{4})(?=.)/g, '$1:');
}
