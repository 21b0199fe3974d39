import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { AccessOptions } from '../read.ts';
import { rowsOf } from './rows.ts';

/**
 * Holds a format to what is true of all: cut anywhere, packed or plain, the same comes out; and of lines that are damaged anywhere each is a
 * request or a rejection, and whole lines behind them are read.
 * @param head lines of the header, if there is one
 * @param lines good lines, all different
 */
export async function holdsForEveryFormat(
  head: readonly string[],
  lines: readonly string[],
  options: AccessOptions = {},
): Promise<void> {
  const text = `${[...head, ...lines].join('\n')}\n`;
  const whole = await rowsOf(text, options);
  expect(whole.rejections).toEqual([]);
  expect(whole.rows).toHaveLength(lines.length);
  await sameHoweverCut(text, whole.rows, options);
  await noLineIsLost(head, lines, options);
}

async function sameHoweverCut(text: string, rows: readonly unknown[], options: AccessOptions): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 1_000_000 }), { maxLength: 6 }),
      fc.boolean(),
      async (cuts, packed) => {
        const bytes = packed ? gzipSync(text) : Buffer.from(text);
        const places = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
        expect((await rowsOf(chunks, options)).rows).toEqual(rows);
      },
    ),
    { numRuns: 40 },
  );
}

async function noLineIsLost(
  head: readonly string[],
  lines: readonly string[],
  options: AccessOptions,
): Promise<void> {
  const damage = fc.record({
    line: fc.nat({ max: lines.length - 1 }),
    at: fc.nat({ max: 10_000 }),
    cut: fc.nat({ max: 40 }),
    put: fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replace(/[\r\n#]/g, ' ')),
  });
  const last = lines.at(-1) ?? '';
  const [expected] = (await rowsOf([...head, last].join('\n'), options)).rows;
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 20 }), async (damages) => {
      const damaged = damages.map(({ line, at, cut, put }) => {
        const good = lines[line] ?? '';
        const place = at % good.length;
        // A line that begins otherwise could be a header.
        return `${good.slice(0, Math.max(1, place))}${put}${good.slice(Math.max(1, place) + cut)}`;
      });
      const { rows, rejections, records } = await rowsOf(
        [...head, lines[0], ...damaged, last].join('\n'),
        options,
      );
      expect(rows.length + rejections.length).toBe(records);
      expect(records).toBe(damaged.length + 2);
      expect(rows.at(-1)).toEqual(expected);
    }),
    { numRuns: 60 },
  );
}
