import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reachOf } from './internet.ts';
import type { Breadth } from './internet.ts';
import { common, merged, parseRange, sizeOf } from './ranges.ts';
import type { Range } from './ranges.ts';

const parsed = (...texts: readonly string[]): readonly Range[] =>
  texts.map((text) => {
    const range = parseRange(text);
    if (range === undefined) throw new Error(`${text} is no range`);
    return range;
  });

/** Every block of `prefix` bits, 0.0.0.0 first. */
const blocks = (prefix: number, count = 2 ** prefix): string[] =>
  Array.from({ length: count }, (_, index) => {
    const first = index * 2 ** (32 - prefix);
    return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')}/${prefix}`;
  });

const allButPrivate: readonly string[] = `
  0.0.0.0/5 8.0.0.0/7 11.0.0.0/8 12.0.0.0/6 16.0.0.0/4 32.0.0.0/3 64.0.0.0/2 128.0.0.0/3
  160.0.0.0/5 168.0.0.0/6 172.0.0.0/12 172.32.0.0/11 172.64.0.0/10 172.128.0.0/9 173.0.0.0/8
  174.0.0.0/7 176.0.0.0/4 192.0.0.0/9 192.128.0.0/11 192.160.0.0/13 192.169.0.0/16 192.170.0.0/15
  192.172.0.0/14 192.176.0.0/12 192.192.0.0/10 193.0.0.0/8 194.0.0.0/7 196.0.0.0/6 200.0.0.0/5
  208.0.0.0/4
`
  .trim()
  .split(/\s+/);

describe('how much of the internet some ranges are', () => {
  it.each<readonly [string, readonly string[], Breadth, number]>([
    ['nothing', [], 'private', 0],
    ['all of IPv4', ['0.0.0.0/0'], 'internet', 1],
    ['all of IPv4, written with another address', ['10.1.2.3/0'], 'internet', 1],
    ['all of IPv6', ['::/0'], 'internet', 1],
    ['all of IPv6 that is given out', ['2000::/3'], 'internet', 1],
    ['the half of IPv6 in which all of it is', ['::/1'], 'internet', 1],
    ['the half of IPv6 in which none of it is', ['8000::/1'], 'private', 0],
    ['two halves of IPv4', ['0.0.0.0/1', '128.0.0.0/1'], 'internet', 1],
    ['one half of IPv4', ['0.0.0.0/1'], 'internet', 0.5653],
    ['the other half of IPv4, with multicast in it', ['128.0.0.0/1'], 'internet', 0.4347],
    ['four quarters of IPv4', blocks(2), 'internet', 1],
    ['256 blocks of /8', blocks(8), 'internet', 1],
    ['65,536 blocks of /16', blocks(16), 'internet', 1],
    ['the first 40 blocks of /8, with private ones among them', blocks(8, 40), 'wide', 0.1722],
    ['everything but private addresses', allButPrivate, 'internet', 1],
    ['a /8 of the internet', ['5.0.0.0/8'], 'narrow', 0.0045],
    ['a /7 of the internet', ['4.0.0.0/7'], 'wide', 0.0091],
    ['a /8 in two halves and one address more', ['5.0.0.0/9', '5.128.0.0/9', '6.0.0.0'], 'wide', 0.0045],
    ['a /32 of IPv6', ['2a00:1450::/32'], 'narrow', 0],
    ['a /31 of IPv6', ['2a00:1450::/31'], 'wide', 0],
    ['one address', ['8.8.8.8'], 'narrow', 0],
    ['the same address twice', ['8.8.8.8', '8.8.8.8/32'], 'narrow', 0],
    ['private networks', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'], 'private', 0],
    [
      "carriers' networks, link-local, loopback",
      ['100.64.0.0/10', '169.254.0.0/16', '127.0.0.0/8'],
      'private',
      0,
    ],
    ['documentation', ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32'], 'private', 0],
    ['unique local and link-local IPv6', ['fc00::/7', 'fe80::/10', '::1'], 'private', 0],
    ['multicast and reserved addresses', ['224.0.0.0/4', '240.0.0.0/4'], 'private', 0],
    ['a private network and one address beside it', ['10.0.0.0/8', '9.255.255.255'], 'narrow', 0],
    ['IPv4 addresses written as IPv6', ['::ffff:0.0.0.0/96'], 'private', 0],
  ])('%s', (_name, texts, breadth, share) => {
    const reach = reachOf(parsed(...texts));
    expect(reach.breadth).toBe(breadth);
    expect(reach.share).toBeCloseTo(share, 4);
  });
});

describe('a range', () => {
  it.each([
    '',
    '/',
    '0.0.0.0/',
    '0.0.0.0/33',
    '0.0.0.0/-1',
    '0.0.0.0/0/0',
    '0.0.0.0/ 0',
    '0.0.0.0/1e1',
    '0.0.0/0',
    '1',
    '0x0.0.0.0/0',
    '256.0.0.0/8',
    '::/129',
    '::%eth0/0',
    ':::/0',
    'pl-12345',
    '::/0000',
  ])('is not %j', (text) => {
    expect(parseRange(text)).toBeUndefined();
  });
});

// A plain oracle: the number of internet addresses in each IPv4 /16, counted by /24, and one flag for each /16.
const publicIn: readonly number[] = Array.from({ length: 65_536 }, (_, block) => {
  const [a, b] = [block >> 8, block & 255];
  if (a === 0 || a === 10 || a === 127 || a >= 224) return 0;
  if ((a === 100 && b >= 64 && b < 128) || (a === 172 && b >= 16 && b < 32)) return 0;
  if ((a === 169 && b === 254) || (a === 192 && b === 168) || (a === 198 && (b === 18 || b === 19))) return 0;
  if (a === 192 && b === 0) return 65_536 - 512;
  return (a === 198 && b === 51) || (a === 203 && b === 0) ? 65_536 - 256 : 65_536;
});

describe('address arithmetic', () => {
  const block = fc
    .tuple(fc.integer({ min: 0, max: 16 }), fc.nat({ max: 65_535 }))
    .map(([prefix, number]) => ({ prefix, number }));
  const textOf = ({ prefix, number }: { prefix: number; number: number }): string =>
    `${number >> 8}.${number & 255}.7.9/${prefix}`;

  it('agrees with counting, whatever the ranges and their order', () => {
    const all = publicIn.reduce((sum, count) => sum + count, 0);
    fc.assert(
      fc.property(fc.array(block, { maxLength: 40 }), (chosen) => {
        const covered = new Set<number>();
        for (const { prefix, number } of chosen) {
          const size = 2 ** (16 - prefix);
          const first = Math.floor(number / size) * size;
          for (let index = first; index < first + size; index++) covered.add(index);
        }
        let count = 0;
        for (const index of covered) count += publicIn[index] ?? 0;
        const ranges = parsed(...chosen.map(textOf));
        expect(sizeOf(merged(ranges))).toBe(BigInt(covered.size) * 65_536n);
        const reach = reachOf(ranges);
        expect(reach.share).toBeCloseTo(count / all, 12);
        const expected =
          count / all >= 0.25 ? 'internet' : count > 2 ** 24 ? 'wide' : count > 0 ? 'narrow' : 'private';
        expect(reach.breadth).toBe(expected);
        expect(reachOf(ranges.toReversed())).toEqual(reach);
      }),
      { numRuns: 60 },
    );
  });

  it('finds what is common to two lists as sets do', () => {
    const small = fc.array(
      fc
        .tuple(fc.constantFrom<4 | 6>(4, 6), fc.nat({ max: 60 }), fc.nat({ max: 12 }))
        .map(([family, first, length]) => ({
          family,
          first: BigInt(first),
          last: BigInt(first + length),
        })),
      { maxLength: 8 },
    );
    const members = (ranges: readonly Range[]): Set<string> => {
      const held = new Set<string>();
      for (const { family, first, last } of ranges)
        for (let number = first; number <= last; number++) held.add(`${family} ${number}`);
      return held;
    };
    fc.assert(
      fc.property(small, small, (left, right) => {
        const both = common(merged(left), merged(right));
        const ofRight = members(right);
        const expected = [...members(left)].filter((address) => ofRight.has(address));
        expect([...members(both)].sort()).toEqual(expected.sort());
        expect(sizeOf(both)).toBe(BigInt(expected.length));
      }),
    );
  });
});
