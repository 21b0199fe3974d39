import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rateBins, type RateBinsSettings, type RateReached } from './rate-bins.ts';

const hour = 3_600_000;
const settings: RateBinsSettings = {
  window: 30_000,
  factor: 2,
  least: 4,
  weight: 0.5,
  lateness: hour,
  period: 4 * hour,
  withoutBaseline: true,
};
const base = 472_224 * hour;

interface Added {
  readonly bin: number;
  readonly time: number;
}

function found(batches: readonly (readonly Added[])[], given = settings): readonly RateReached[] {
  const bins = rateBins(given);
  const all = new Map<string, RateReached>();
  for (const batch of batches) {
    for (const { bin, time } of batch) bins.add(bin, time);
    bins.judge((one) => {
      const name = `${one.bin} ${one.start}`;
      const before = all.get(name) ?? one;
      const first = Math.min(before.first, one.first);
      const last = Math.max(before.last, one.last);
      all.set(name, { ...(one.count > before.count ? one : before), first, last });
    });
  }
  return [...all].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

const many = (count: number, bin: number, time: number, apart = 1): readonly Added[] =>
  Array.from({ length: count }, (_, i) => ({ bin, time: time + i * apart }));

describe('rateBins', () => {
  it('knows no baseline at first, and judges by the least alone, or not at all', () => {
    expect(found([many(4, 7, base)])).toMatchObject([{ bin: 7, count: 4, threshold: 4, usual: Number.NaN }]);
    expect(found([many(3, 7, base)])).toEqual([]);
    expect(found([many(400, 7, base)], { ...settings, withoutBaseline: false })).toEqual([]);
  });

  it('holds an hour against the whole hours that ended an hour before it', () => {
    // 1,200 an hour are 10 in half a minute. The first hour may have only a part of its requests, and does not count.
    const hours = (count: number): readonly (readonly Added[])[] =>
      Array.from({ length: count }, (_, i) => many(1_200, 7, base + i * hour, 3_000));
    const given = { ...settings, withoutBaseline: false };
    expect(found([...hours(2), many(25, 7, base + 2 * hour + 60_000)], given)).toEqual([]);
    const [reached] = found([...hours(3), many(25, 7, base + 3 * hour + 60_000)], given);
    expect(reached).toMatchObject({ count: 25, usual: 10, threshold: 20 });
    expect(found([...hours(3), many(19, 7, base + 3 * hour + 60_000)], given)).toEqual([]);
  });

  it('forgets nothing of what is usual in a silence without any logs', () => {
    const steady = [0, 1, 2, 3].flatMap((i) => many(1_200, 7, base + i * hour, 3_000));
    const later = base + 200 * hour;
    const reached = found([steady, many(25, 7, later)], { ...settings, withoutBaseline: false });
    expect(reached).toMatchObject([{ count: 25, usual: 10, threshold: 20 }]);
    expect(found([steady, many(19, 7, later)], { ...settings, withoutBaseline: false })).toEqual([]);
  });

  it('finds the same whatever the order within the lateness', () => {
    const added = fc.array(
      fc.record({
        bin: fc.integer({ min: 0, max: 3 }),
        time: fc.integer({ min: 0, max: 300_000 }).map((offset) => base + offset),
      }),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(added, fc.integer({ min: 1, max: 30 }), (rows, size) => {
        const ordered = rows.toSorted((a, b) => a.time - b.time);
        const batches: Added[][] = [];
        for (let i = 0; i < rows.length; i += size) batches.push(rows.slice(i, i + size));
        expect(found(batches)).toEqual(found([ordered]));
      }),
      { numRuns: 20 },
    );
  });
});
