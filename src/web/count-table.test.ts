import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packedTable, wideTable } from './count-table.ts';

const largeKeys = [2 ** 24 - 2, 2 ** 24 - 1, 2 ** 24, 2 ** 32 - 1];

describe.each([
  { make: packedTable, keys: 'small keys' },
  { make: wideTable, keys: 'keys of 32 bits' },
])('a table of counts for $keys', ({ make }) => {
  it('counts as a plain map does, also keys that are large and counts that are high', () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.tuple(fc.nat({ max: 30 }), fc.constantFrom(1, 2, 254, 255, 300)) },
      { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...largeKeys), fc.constantFrom(1, 260)) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...largeKeys, 0, 7), fc.constant(0)) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat({ max: 50 }), (steps, expected) => {
        const held = make(expected);
        const plain = new Map<number, number>();
        const given: number[] = [];
        const wanted: number[] = [];
        for (const [key, times] of steps) {
          if (times === 0) {
            held.forget(new Set([key]));
            plain.delete(key);
          }
          for (let i = 0; i < times; i++) {
            const count = (plain.get(key) ?? 0) + 1;
            plain.set(key, count);
            given.push(held.add(key));
            wanted.push(count);
          }
          expect(held.entries()).toBe(plain.size);
        }
        expect(given).toEqual(wanted);
        const seen = new Map<number, number>();
        held.forEach((key, count) => seen.set(key, count));
        expect(seen).toEqual(plain);
        for (const key of [...plain.keys(), 5, 31]) expect(held.get(key)).toBe(plain.get(key) ?? 0);
      }),
    );
  });

  it('grows', () => {
    const held = make();
    const keys = Array.from({ length: 5_000 }, (_, i) => i * 3);
    expect(new Set(keys.map(held.add))).toEqual(new Set([1]));
    expect(new Set(keys.map(held.add))).toEqual(new Set([2]));
    expect(held.entries()).toBe(5_000);
    expect(held.get(4)).toBe(0);
  });
});
