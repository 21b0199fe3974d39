import { parseRange, type Family, type Range } from '../facts/network/ranges.ts';

/** A network of one's own: an office, a VPN, the way out of a cloud. Plain data. */
export interface OwnNetwork {
  /** As people call it: `Berlin office`. */
  readonly name: string;
  /** Addresses and networks in CIDR notation. */
  readonly ranges: readonly string[];
  /** Where the people are who come from it (ISO 3166-1 alpha-2); undefined where that tells nothing, as of a VPN. */
  readonly country?: string | undefined;
}

const bits: Readonly<Record<Family, number>> = { 4: 32, 6: 128 };

/** Wider ones are nobody's: everything would be at home. `fc00::/7` is all of the private addresses of IPv6. */
const widest: Readonly<Record<Family, number>> = { 4: 8, 6: 7 };

/** What is wrong with a range of an own network; undefined where nothing is. */
export function rangeProblem(text: string): string | undefined {
  const range = parseRange(text);
  if (range === undefined) return 'must be an address or a network such as 203.0.113.0/24 or 2001:db8::/32';
  return prefixOf(range) < widest[range.family]
    ? `is wider than /${widest[range.family]}, so that strangers would count as one's own; name smaller networks`
    : undefined;
}

function prefixOf({ family, first, last }: Range): number {
  return bits[family] - (last - first).toString(2).replace(/^0$/, '').length;
}

/**
 * Tells in which of one's own networks an address is: the narrowest that holds it, of equal ones the first. The time that takes grows with
 * how many prefix lengths there are, not with the networks. Ranges that cannot be read are none.
 */
export function ownNetworks(networks: readonly OwnNetwork[]): (address: string) => OwnNetwork | undefined {
  /** By family and prefix, the first addresses. */
  const byPrefix = new Map<string, { family: Family; prefix: number; first: Map<bigint, OwnNetwork> }>();
  for (const network of networks)
    for (const text of network.ranges) {
      const range = parseRange(text);
      if (range === undefined) continue;
      const { family } = range;
      const prefix = prefixOf(range);
      const key = `${family}/${prefix}`;
      const held = byPrefix.get(key) ?? { family, prefix, first: new Map<bigint, OwnNetwork>() };
      byPrefix.set(key, held);
      if (!held.first.has(range.first)) held.first.set(range.first, network);
    }
  const narrowestFirst = [...byPrefix.values()].sort((a, b) => b.prefix - a.prefix);
  if (narrowestFirst.length === 0) return () => undefined;
  return (address) => {
    const own = parseRange(address);
    if (own === undefined) return undefined;
    for (const { family, prefix, first } of narrowestFirst) {
      if (family !== own.family) continue;
      const free = BigInt(bits[family] - prefix);
      const found = first.get((own.first >> free) << free);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}
