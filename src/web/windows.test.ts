import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { windowCounter, type WindowSettings, type WindowsReached } from './windows.ts';

const minute = 60_000;
const settings: WindowSettings = {
  limits: [{ window: minute, threshold: 5 }],
  bucket: 10_000,
  exact: true,
  lateness: 60 * minute,
  period: 4 * 60 * minute,
  small: true,
  most: 100_000,
};

interface Added {
  readonly key: number;
  readonly time: number;
}

/** What is found in the end: first, last and highest count for each key and period. */
function found(batches: readonly (readonly Added[])[], given: WindowSettings): readonly WindowsReached[] {
  const counter = windowCounter(given);
  const all = new Map<string, WindowsReached>();
  let latest = 0;
  for (const batch of batches) {
    for (const { key, time } of batch) {
      counter.add(key, time);
      latest = Math.max(latest, time);
    }
    counter.judge((one) => {
      const name = `${one.key} ${one.limit} ${one.start}`;
      const before = all.get(name) ?? one;
      const first = Math.min(before.first, one.first);
      const last = Math.max(before.last, one.last);
      all.set(name, { ...one, first, last, count: Math.max(before.count, one.count) });
    });
    counter.expire(latest);
  }
  return [...all].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** The same by trying every window of every key. */
function oracle(added: readonly Added[], given: WindowSettings): readonly WindowsReached[] {
  const unit = given.exact ? 1_000 : given.bucket;
  const all = new Map<string, WindowsReached>();
  for (const [limit, { window, threshold }] of given.limits.entries()) {
    const length = Math.ceil(window / unit);
    for (const key of new Set(added.map((one) => one.key))) {
      const units = added.filter((one) => one.key === key).map(({ time }) => Math.floor(time / unit));
      for (const end of new Set(units.flatMap((at) => Array.from({ length }, (_, i) => at + i)))) {
        const inside = units.filter((at) => at > end - length && at <= end);
        if (inside.length < threshold) continue;
        const first = Math.min(...inside) * unit;
        const last = (Math.max(...inside) + 1) * unit - 1;
        const start = Math.floor(last / given.period) * given.period;
        const name = `${key} ${limit} ${start}`;
        const before = all.get(name);
        all.set(name, {
          key,
          limit,
          start,
          first: Math.min(before?.first ?? first, first),
          last: Math.max(before?.last ?? last, last),
          count: Math.max(before?.count ?? 0, inside.length),
        });
      }
    }
  }
  return [...all].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

const base = 1_700_000_000_000;

describe('windowCounter', () => {
  it.each([
    ['five within a second', [0, 1, 2, 3, 4], true],
    ['five over the edge of a minute', [58_000, 59_000, 60_000, 61_000, 62_000], true],
    ['five in just a minute', [0, 15_000, 30_000, 45_000, 59_999], true],
    ['the fifth a minute after the first', [0, 15_000, 30_000, 45_000, 60_000], false],
    ['a minute that begins in the middle of a bucket', [7_000, 20_000, 40_000, 60_000, 66_999], true],
    ['four', [0, 1, 2, 3], false],
    ['five in order of arrival and not of time', [30_000, 0, 45_000, 15_000, 59_000], true],
    ['five of which the first comes last, an hour late', [3_599_000, 0, 1, 2, 3, 4], true],
  ])('%s: %j', (_, offsets, reached) => {
    // A whole minute and a whole bucket.
    const added = offsets.map((offset) => ({ key: 3, time: 1_699_999_980_000 + offset }));
    expect(found([added], settings).length > 0).toBe(reached);
    expect(
      found(
        added.map((one) => [one]),
        settings,
      ),
    ).toEqual(found([added], settings));
  });

  it('does not count one key for another', () => {
    const added = Array.from({ length: 100 }, (_, key) => ({ key, time: base }));
    expect(found([added], settings)).toEqual([]);
  });

  it('does not count what is later than the lateness', () => {
    const late = Array.from({ length: 5 }, () => ({ key: 1, time: base }));
    expect(found([[{ key: 2, time: base + 60 * minute + 1 }], late], settings)).toEqual([]);
    expect(found([[{ key: 2, time: base + 60 * minute }], late], settings)).toHaveLength(1);
  });

  it('forgets a key whose number is given to another', () => {
    const counter = windowCounter(settings);
    for (let i = 0; i < 4; i++) counter.add(1, base);
    counter.forget([1]);
    for (let i = 0; i < 4; i++) counter.add(1, base);
    const reached: WindowsReached[] = [];
    counter.judge((one) => reached.push(one));
    expect(reached).toEqual([]);
  });

  it('lets the oldest go where there are too many, and says how many', () => {
    const counter = windowCounter({ ...settings, exact: false, most: 2_000 });
    for (let i = 0; i < 10_000; i++) counter.add(i, base + i * 1_000);
    expect(counter.squeezedOut()).toBeGreaterThanOrEqual(8_000);
    for (let i = 0; i < 5; i++) counter.add(7, base + 10_000_000);
    const reached: WindowsReached[] = [];
    counter.judge((one) => reached.push(one));
    expect(reached).toMatchObject([{ key: 7, count: 5 }]);
  });

  const added = fc.array(
    fc.record({
      key: fc.integer({ min: 0, max: 2 }),
      // Dense around some places, so that windows are reached, and over more than the lateness would let lie open.
      time: fc
        .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 90_000 }))
        .map(([place, offset]) => base + place * 1_000_000 + offset),
    }),
    { maxLength: 120 },
  );
  const variants: readonly [string, Partial<WindowSettings>][] = [
    ['exact', {}],
    ['by buckets', { exact: false }],
    ['with hashed keys', { small: false }],
    ['with two limits', { limits: [...settings.limits, { window: 5 * minute, threshold: 9 }] }],
    ['over the edge of a period', { period: 50_000 }],
  ];
  it.each(variants)('finds what trying every window finds, %s', (_, variant) => {
    const given = { ...settings, ...variant };
    fc.assert(
      fc.property(added, fc.integer({ min: 1, max: 40 }), (rows, size) => {
        const batches: Added[][] = [];
        for (let i = 0; i < rows.length; i += size) batches.push(rows.slice(i, i + size));
        expect(found(batches, given)).toEqual(oracle(rows, given));
      }),
      { numRuns: 200 },
    );
  });
});
