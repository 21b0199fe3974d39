import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeLine } from './time-line.ts';

const start = Date.parse('2026-03-02T08:00:00Z');

function lineOf(times: readonly number[]) {
  const line = timeLine(1);
  for (const time of times) {
    const at = line.at(time);
    const [column] = line.columns;
    if (column !== undefined) column[at] = (column[at] ?? 0) + 1;
  }
  return line;
}

describe('counts over time', () => {
  it('has no points where nothing came', () => expect(lineOf([]).view(10).points).toEqual([]));

  it('has a point for each second of a short stretch, empty ones too', () => {
    const { step, points } = lineOf([start + 3_000, start, start + 100]).view(10);
    expect(step).toBe(1_000);
    expect(points.map(({ sums }) => sums[0])).toEqual([2, 0, 0, 1]);
    expect(points[0]?.time).toBe(start);
  });

  it('loses nothing and never shows more points than were asked for', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1e12, max: 4e12 }), { maxLength: 300 }),
        fc.integer({ min: 2, max: 60 }),
        (times, most) => {
          const { points, outside } = lineOf(times).view(most);
          expect(points.length).toBeLessThanOrEqual(most);
          expect(points.reduce((sum, { sums }) => sum + (sums[0] ?? 0), outside)).toBe(times.length);
        },
      ),
    );
  });

  it('grows its steps where the log is long, without losing any', () => {
    const times = Array.from({ length: 20_000 }, (_, i) => start + i * 60_000);
    const { step, points } = lineOf(times).view(1_000);
    expect(step).toBeGreaterThanOrEqual(1_200_000);
    expect(points.reduce((sum, { sums }) => sum + (sums[0] ?? 0), 0)).toBe(20_000);
  });

  it('does not let a few wrong clocks hide the rest, and counts them', () => {
    const times = [0, ...Array.from({ length: 5_000 }, (_, i) => start + i * 1_000), start * 1.2];
    const { step, points, outside } = lineOf(times).view(100);
    expect(outside).toBe(2);
    expect(points[0]?.time).toBe(start);
    expect(step).toBeLessThanOrEqual(60_000);
  });
});
