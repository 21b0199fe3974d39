import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amounts } from './amounts.ts';

describe('amounts', () => {
  it('says null where nothing was seen, and leaves out what is not known', () => {
    const seen = amounts();
    for (const amount of [Number.NaN, -1]) seen.add(amount);
    expect(seen.view()).toEqual({
      count: 0,
      total: 0,
      mean: null,
      median: null,
      p95: null,
      p99: null,
      most: null,
    });
  });

  it('is exact in count, sum and most, and 3.2 % off at most in quantiles', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(), fc.nat({ max: 40 }), fc.double({ min: 0, max: 1e15, noNaN: true })), {
          minLength: 1,
        }),
        (values) => {
          const seen = amounts();
          for (const value of values) seen.add(value);
          const view = seen.view();
          const sorted = values.toSorted((a, b) => a - b);
          expect(view.count).toBe(values.length);
          expect(view.most).toBe(sorted.at(-1));
          const median = sorted[Math.ceil(values.length / 2) - 1] ?? 0;
          // Below 1 and to the next whole number is as good as right.
          expect(Math.abs((view.median ?? -1) - median)).toBeLessThanOrEqual(1 + median * 0.032);
        },
      ),
    );
  });
});
