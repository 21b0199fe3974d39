import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distinctCounter, type DistinctReached, type DistinctSettings } from './distinct-windows.ts';

const minute = 60_000;
const settings: DistinctSettings = {
  window: 15 * minute,
  threshold: 3,
  lateness: 60 * minute,
  period: 4 * 60 * minute,
  mostOfOne: 100,
  most: 10_000,
};
const base = 1_699_999_200_000;

interface Added {
  readonly key: number;
  readonly item: number;
  readonly time: number;
}

function sorted(all: ReadonlyMap<string, DistinctReached>): readonly DistinctReached[] {
  return [...all].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function merge(all: Map<string, DistinctReached>, one: DistinctReached): void {
  const name = `${one.key} ${one.start}`;
  const before = all.get(name) ?? one;
  const first = Math.min(before.first, one.first);
  const last = Math.max(before.last, one.last);
  all.set(name, { ...one, first, last, count: Math.max(before.count, one.count) });
}

function found(batches: readonly (readonly Added[])[], given = settings): readonly DistinctReached[] {
  const counter = distinctCounter(given);
  const all = new Map<string, DistinctReached>();
  let latest = 0;
  for (const batch of batches) {
    for (const { key, item, time } of batch) {
      counter.add(key, item, time);
      latest = Math.max(latest, time);
    }
    counter.judge((one) => merge(all, one));
    counter.expire(latest);
  }
  return sorted(all);
}

/** The same by trying every window. */
function oracle(added: readonly Added[], given = settings): readonly DistinctReached[] {
  const { step } = distinctCounter(given);
  const length = Math.ceil(given.window / step);
  const all = new Map<string, DistinctReached>();
  for (const { key, time } of added) {
    const end = Math.floor(time / step);
    const inside = added
      .filter((one) => one.key === key)
      .map(({ item, time: at }) => ({ item, bucket: Math.floor(at / step) }))
      .filter(({ bucket }) => bucket > end - length && bucket <= end);
    const count = new Set(inside.map(({ item }) => item)).size;
    if (count < given.threshold) continue;
    const last = (end + 1) * step - 1;
    merge(all, {
      key,
      start: Math.floor(last / given.period) * given.period,
      first: Math.min(...inside.map(({ bucket }) => bucket)) * step,
      last,
      count,
    });
  }
  return sorted(all);
}

describe('distinctCounter', () => {
  const at = (item: number, minutes: number, key = 1): Added => ({
    key,
    item,
    time: base + minutes * minute,
  });
  it.each([
    ['three different', [at(1, 0), at(2, 5), at(3, 10)], true],
    ['the same three times', [at(1, 0), at(1, 5), at(1, 10)], false],
    ['two and one of another key', [at(1, 0), at(2, 5), at(3, 10, 2)], false],
    ['three in an hour', [at(1, 0), at(2, 25), at(3, 50)], false],
    ['three of which the first comes last', [at(3, 70), at(2, 65), at(1, 60)], true],
  ])('%s: %#', (_, added, reached) => {
    expect(found([added]).length > 0).toBe(reached);
  });

  it('holds no more of one key than it may, and says what it turned away', () => {
    const counter = distinctCounter({ ...settings, mostOfOne: 10 });
    for (let item = 0; item < 100; item++) counter.add(1, item, base);
    expect(counter.counters).toEqual({ entries: 10, turnedAway: 90 });
    expect(counter.totalOf(1)).toBe(10);
  });

  it('forgets a key whose number is given to another, and what is over', () => {
    const counter = distinctCounter(settings);
    for (const item of [1, 2]) for (const key of [1, 2]) counter.add(key, item, base);
    counter.forget([1]);
    expect([counter.totalOf(1), counter.totalOf(2)]).toEqual([0, 2]);
    counter.expire(base + 100 * minute);
    expect(counter.counters.entries).toBe(0);
  });

  it('tells of one window, and where in it there was anything', () => {
    const counter = distinctCounter(settings);
    for (const item of [1, 2, 3]) counter.add(1, item, base);
    const first = Math.floor(base / counter.step) * counter.step;
    expect(counter.windowAt(1, base)).toEqual({ count: 3, buckets: 1, first });
    expect(counter.windowAt(1, base + 10 * minute)).toBeUndefined();
    counter.add(1, 1, base + 10 * minute);
    expect(counter.windowAt(1, base + 10 * minute)).toEqual({ count: 3, buckets: 2, first });
  });

  it('finds what trying every window finds, whatever the order within the lateness', () => {
    const added = fc.array(
      fc.record({
        key: fc.integer({ min: 0, max: 2 }),
        item: fc.integer({ min: 0, max: 5 }),
        time: fc.integer({ min: 0, max: 59 * minute }).map((offset) => base + offset),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(added, added, fc.integer({ min: 1, max: 20 }), (earlier, later, size) => {
        const rows = [...earlier, ...later.map((one) => ({ ...one, time: one.time + 120 * minute }))];
        const batches: Added[][] = [];
        for (let i = 0; i < rows.length; i += size) batches.push(rows.slice(i, i + size));
        // A batch over the gap would hold rows that are more than the lateness apart, in order.
        expect(found(batches)).toEqual(oracle(rows));
      }),
      { numRuns: 300 },
    );
  });
});
