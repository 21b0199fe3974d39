import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyBaseline, hourOfWeek, judge, learn } from './baseline.ts';

const settings = { newest: 0.2, learning: 3, deviations: 5, leastSpread: 0.1 };

describe('what is usual', () => {
  it.each([
    ['2026-03-02T00:00:00Z', 0],
    ['2026-03-02T09:59:59Z', 9],
    ['2026-03-08T23:00:00Z', 167],
    ['1970-01-01T00:00:00Z', 72],
    ['1969-12-31T23:00:00Z', 71],
  ])('counts hours from Monday: %s', (time, expected) => expect(hourOfWeek(Date.parse(time))).toBe(expected));

  it('is the mean of the first weeks, all alike', () => {
    const baseline = emptyBaseline();
    for (const value of [10, 20, 30]) learn(baseline, 5, value, undefined, settings);
    expect(judge(baseline, 5, 20, 0, settings)).toMatchObject({ expected: 20, deviations: 0, weeks: 3 });
    expect(judge(baseline, 6, 20, 0, settings)).toBeUndefined();
  });

  it('always lies between the least and the most that was seen, with a spread no wider than that', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 1_000_000 }), { minLength: 3 }), (values) => {
        const baseline = emptyBaseline();
        for (const value of values)
          learn(baseline, 0, value, judge(baseline, 0, value, 0, settings), settings);
        const judged = judge(baseline, 0, 0, 0, settings);
        const [least, most] = [Math.min(...values), Math.max(...values)];
        expect(judged?.expected).toBeGreaterThanOrEqual(least - 1e-6);
        expect(judged?.expected).toBeLessThanOrEqual(most + 1e-6);
        expect(Math.sqrt(baseline.variance[0] ?? 0)).toBeLessThanOrEqual(most - least + 1e-6);
      }),
    );
  });

  it('moves by one far-out value no further than by one that is just unusual', () => {
    const [far, near] = [1e9, 150].map((value) => {
      const baseline = emptyBaseline();
      for (let i = 0; i < 10; i++) learn(baseline, 0, 100, undefined, settings);
      learn(baseline, 0, value, judge(baseline, 0, value, 0, settings), settings);
      return judge(baseline, 0, 0, 0, settings)?.expected;
    });
    expect(far).toBe(near);
  });
});
