import { common, merged, parseRange, sizeOf } from './ranges.ts';
import type { Family, Range } from './ranges.ts';

/**
 * How much of the internet a set of addresses is. `internet`: a quarter of it or more, by IPv4 or by IPv6, which keeps
 * nobody out who tries from several places; `wide`: so much that AWS calls a policy for it public (past an IPv4 /8 or an IPv6 /32); `private`: none of it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
 */
export type Breadth = 'internet' | 'wide' | 'narrow' | 'private';

export interface Reach {
  readonly breadth: Breadth;
  /** The share of the addresses of the internet, from 0 to 1: of IPv4's or of IPv6's, whichever is more. */
  readonly share: number;
}

// What is not the internet, though it looks like an address: private networks, this host, carriers' networks, link-local,
// documentation, benchmarks, multicast, reserved.
// https://www.iana.org/assignments/iana-ipv4-special-registry
// https://www.iana.org/assignments/iana-ipv6-special-registry
const special4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
];
const special6 = ['2001:2::/48', '2001:10::/28', '2001:20::/28', '2001:db8::/32', '3fff::/20'];

const internet: readonly Range[] = merged([
  ...without('0.0.0.0/0', special4),
  // Of IPv6, IANA has given out addresses under 2000::/3 alone.
  ...without('2000::/3', special6),
]);

const total: Readonly<Record<Family, bigint>> = {
  4: sizeOfFamily(internet, 4),
  6: sizeOfFamily(internet, 6),
};
const widest: Readonly<Record<Family, bigint>> = { 4: 1n << 24n, 6: 1n << 96n };

/** How much of the internet some ranges are together. */
export function reachOf(ranges: readonly Range[]): Reach {
  const covered = common(merged(ranges), internet);
  let share = 0;
  let breadth: Breadth = covered.length === 0 ? 'private' : 'narrow';
  for (const family of [4, 6] as const) {
    const size = sizeOfFamily(covered, family);
    share = Math.max(share, Number(size) / Number(total[family]));
    if (size > widest[family]) breadth = 'wide';
  }
  return { breadth: share >= 0.25 ? 'internet' : breadth, share };
}

function sizeOfFamily(ranges: readonly Range[], family: Family): bigint {
  return sizeOf(ranges.filter((range) => range.family === family));
}

/** The addresses of a block that are in none of the others. */
function without(whole: string, holes: readonly string[]): readonly Range[] {
  const range = parseRange(whole);
  if (range === undefined) return [];
  const rest: Range[] = [];
  let next = range.first;
  for (const hole of merged(holes.flatMap((text) => parseRange(text) ?? []))) {
    if (hole.first > next) rest.push({ family: range.family, first: next, last: hole.first - 1n });
    next = hole.last + 1n;
  }
  if (next <= range.last) rest.push({ family: range.family, first: next, last: range.last });
  return rest;
}
