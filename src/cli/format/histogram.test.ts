import fc from 'fast-check';
import { expect, it } from 'vitest';
import { renderHistogram } from './histogram.ts';

const day = 86_400_000;
const start = Date.UTC(2026, 0, 1);
const range = (days: number) => ({ from: start, to: start + days * day - 1, size: day, unit: 'day' });
const terminal = (width: number, interactive = false) => ({ colour: false, width, interactive });

it('has a column for each day, empty ones too, in plain characters where it is no terminal', () => {
  const bars = [
    { time: start, value: 6 },
    { time: start + 12 * day, value: 3 },
    { time: start + 29 * day, value: 1 },
  ];
  expect(renderHistogram(bars, range(30), terminal(80))).toBe(`       6 |#
         |#
         |#
         |#           #
         |#           #
         |#           #                #
       0 +------------------------------
          2026-01-01          2026-01-30
          each column is one day (UTC)`);
});

it('draws eighths on a terminal', () => {
  const bars = [
    { time: start, value: 48 },
    { time: start + day, value: 5 },
  ];
  expect(renderHistogram(bars, range(2), terminal(80, true))).toContain('│█▅\n');
});

it('puts several days into a column where there is no room', () => {
  const bars = Array.from({ length: 365 }, (_, i) => ({ time: start + i * day, value: 1 }));
  const text = renderHistogram(bars, range(365), terminal(60));
  expect(text).toContain('each column is 8 days (UTC)');
  expect(text).toMatch(/^ +8 \|#/);
});

it('is never wider than the terminal, loses nothing, and shows whatever is not nothing', () => {
  const bar = fc.record({ day: fc.nat(2000), value: fc.integer({ min: 1, max: 1e6 }) });
  fc.assert(
    fc.property(
      fc.array(bar, { minLength: 1, maxLength: 50 }),
      fc.integer({ min: 40, max: 200 }),
      fc.boolean(),
      (days, width, interactive) => {
        const bars = days.map((one) => ({ time: start + one.day * day, value: one.value }));
        const text = renderHistogram(bars, range(2001), terminal(width, interactive));
        const lines = text.split('\n');
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
        const each = Number(/each column is (\d+) /.exec(text)?.[1]);
        const filled = new Set(days.map((one) => Math.floor(one.day / each)));
        const floor = lines[5]?.slice(lines[5].indexOf(interactive ? '│' : '|') + 1) ?? '';
        expect(floor.split('').filter((cell) => cell !== ' ')).toHaveLength(filled.size);
      },
    ),
  );
});
