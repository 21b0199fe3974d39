import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../address.ts';
import { merged } from './merge.ts';
import { mostLists, rangeIndex, type RangeIndex } from './range-index.ts';
import { rangeOf, type AddressRange, type AddressRanges } from './range.ts';

function listOf(texts: readonly string[]): AddressRanges {
  const ranges = texts.map((text) => rangeOf(text) ?? fail(text));
  return {
    v4: merged(
      ranges.filter((range) => range.family === 4),
      (value) => value + 1,
    ),
    v6: merged(
      ranges.filter((range) => range.family === 6),
      (value) => value + 1n,
    ),
  };
}

function fail(text: string): AddressRange {
  throw new Error(`${text} is no range`);
}

function ask(index: RangeIndex, address: string): number {
  const words = new Uint32Array(8);
  const bytes = Buffer.from(address);
  expect(parseAddress(bytes, 0, bytes.length, words, 4)).toBe(true);
  return index.maskOf(words, 4);
}

describe('an index of ranges', () => {
  const index = rangeIndex([
    listOf(['192.0.2.0/24', '192.0.3.0/24', '255.255.255.255', '0.0.0.0']),
    listOf(['192.0.2.128/25', '2001:db8::/32']),
    listOf(['2001:db8:0:1::/64', '::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']),
  ]);

  it.each([
    ['192.0.1.255', 0],
    ['192.0.2.0', 1],
    ['192.0.2.127', 1],
    ['192.0.2.128', 3],
    ['192.0.3.255', 1],
    ['192.0.4.0', 0],
    ['0.0.0.0', 1],
    ['0.0.0.1', 0],
    ['255.255.255.254', 0],
    ['255.255.255.255', 1],
    ['2001:db8::', 2],
    ['2001:db8:0:1::', 6],
    ['2001:db8:0:1:ffff:ffff:ffff:ffff', 6],
    ['2001:db8:0:2::', 2],
    ['2001:db9::', 0],
    ['::', 4],
    ['::1', 0],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 4],
  ])('%s is in the lists of mask %i', (address, mask) => {
    expect(ask(index, address)).toBe(mask);
  });

  it('tells which lists know of a family', () => {
    expect(index.families).toEqual({ v4: 3, v6: 6 });
  });

  it('answers nothing where there are no lists', () => {
    expect(ask(rangeIndex([]), '192.0.2.1')).toBe(0);
    expect(ask(rangeIndex([listOf([])]), '2001:db8::1')).toBe(0);
  });

  it('holds as many lists as it says and refuses more', () => {
    const list = listOf(['192.0.2.1', '2001:db8::1']);
    const full = rangeIndex(Array.from({ length: mostLists }, () => list));
    expect(ask(full, '192.0.2.1')).toBe(2 ** mostLists - 1);
    expect(ask(full, '2001:db8::1')).toBe(2 ** mostLists - 1);
    expect(() => rangeIndex(Array.from({ length: mostLists + 1 }, () => list))).toThrow(/at most 31/);
  });

  /** Close together, so that ranges touch and lie in one another. */
  const near4 = fc.nat(600).map((value) => `192.0.${2 + (value >> 8)}.${value & 255}`);
  const near6 = fc
    .tuple(fc.constantFrom('2001:db8::', '2001:db8:0:1::', '2001:db9::', 'ffff::'), fc.nat(40))
    .map(([prefix, value]) => `${prefix}${value.toString(16)}`);
  const entry = fc.oneof(
    fc.tuple(near4, fc.integer({ min: 20, max: 32 })).map(([address, length]) => `${address}/${length}`),
    fc.tuple(near6, fc.integer({ min: 30, max: 128 })).map(([address, length]) => `${address}/${length}`),
    fc.tuple(near4, near4).map(([a, b]) => {
      const [first, last] = [rangeOf(a), rangeOf(b)];
      return first?.family === 4 && last?.family === 4 && first.first > last.first
        ? `${b}-${a}`
        : `${a}-${b}`;
    }),
  );

  it('answers as one does who looks at every entry of every list', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(entry, { maxLength: 12 }), { maxLength: 5 }),
        fc.array(fc.oneof(near4, near6, fc.ipV4(), fc.ipV6()), { minLength: 1, maxLength: 20 }),
        (lists, addresses) => {
          const built = rangeIndex(lists.map(listOf));
          for (const address of addresses) {
            const value = rangeOf(address) ?? fail(address);
            const plain = lists.reduce((mask, texts, i) => {
              const inside = texts.some((text) => {
                const range = rangeOf(text);
                return (
                  range?.family === value.family && range.first <= value.first && value.first <= range.last
                );
              });
              return inside ? mask + 2 ** i : mask;
            }, 0);
            expect(ask(built, address)).toBe(plain);
          }
        },
      ),
    );
  });
});
