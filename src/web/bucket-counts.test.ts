import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketCounts } from './bucket-counts.ts';

const step = fc.oneof(
  { weight: 20, arbitrary: fc.record({ key: fc.nat({ max: 40 }), bucket: fc.nat({ max: 12 }) }) },
  { weight: 1, arbitrary: fc.record({ expire: fc.nat({ max: 8 }) }) },
  { weight: 1, arbitrary: fc.record({ forget: fc.array(fc.nat({ max: 40 }), { maxLength: 10 }) }) },
);

describe.each([
  { small: true, keys: 'small keys' },
  { small: false, keys: 'keys of 32 bits' },
])('counts of $keys in buckets', ({ small }) => {
  it('are those of a plain map, whatever is added, expires and is forgotten', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const held = bucketCounts({ most: 10_000, small });
        const plain = new Map<string, number>();
        let floor = 0;
        const given: number[] = [];
        const expected: number[] = [];
        for (const one of steps) {
          if ('key' in one) {
            const name = `${one.key} ${one.bucket}`;
            const wanted = one.bucket < floor ? 0 : (plain.get(name) ?? 0) + 1;
            if (wanted > 0) plain.set(name, wanted);
            given.push(held.add(one.key, one.bucket));
            expected.push(wanted);
          } else if ('expire' in one) {
            held.expire(one.expire);
            floor = Math.max(floor, one.expire);
            for (const name of plain.keys()) if (Number(name.split(' ')[1]) < floor) plain.delete(name);
          } else {
            held.forget(new Set(one.forget));
            for (const name of plain.keys())
              if (one.forget.includes(Number(name.split(' ')[0]))) plain.delete(name);
          }
          expect(held.counters.entries).toBe(plain.size);
        }
        expect(given).toEqual(expected);
        for (let key = 0; key <= 40; key++)
          for (let bucket = 0; bucket <= 12; bucket++)
            expect(held.get(key, bucket)).toBe(plain.get(`${key} ${bucket}`) ?? 0);
        const seen = new Map<number, number>();
        held.forEach((key, count) => seen.set(key, (seen.get(key) ?? 0) + count));
        const wanted = new Map<number, number>();
        for (const [name, count] of plain)
          wanted.set(Number(name.split(' ')[0]), (wanted.get(Number(name.split(' ')[0])) ?? 0) + count);
        expect(seen).toEqual(wanted);
      }),
    );
  });

  it('let the oldest buckets go where there are too many', () => {
    const held = bucketCounts({ most: 100, small });
    for (let bucket = 0; bucket < 20; bucket++) for (let key = 0; key < 10; key++) held.add(key, bucket);
    expect(held.counters.entries).toBeLessThanOrEqual(100);
    expect(held.counters.entries + held.counters.squeezedOut).toBe(200);
    expect(held.get(3, 19)).toBe(1);
    expect(held.get(3, 0)).toBe(0);
    expect(held.add(3, 0)).toBe(0);
  });
});
