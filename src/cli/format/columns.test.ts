import fc from 'fast-check';
import { expect, it } from 'vitest';
import { renderColumns } from './columns.ts';

const terminal = (width: number) => ({ colour: false, interactive: false, width });
const columns = [
  { head: 'level' },
  { head: 'rule', gives: true },
  { head: 'what', gives: true, wraps: true },
];

it('is as narrow as its texts where there is room', () => {
  expect(renderColumns(columns, [['high', 'one', 'two three']], terminal(80))).toBe(
    ' level   rule   what\n high    one    two three',
  );
});

it('cuts and wraps what gives way', () => {
  const text = renderColumns(
    columns,
    [['high', 'x'.repeat(40), 'some words in a row that go on']],
    terminal(50),
  );
  expect(text).toContain('x…');
  expect(text).toContain('that go on');
});

it('is never wider than the terminal', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'é', ' '), maxLength: 120 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(word, word), { maxLength: 5 }),
      fc.integer({ min: 50, max: 140 }),
      (rows, width) => {
        const text = renderColumns(
          columns,
          rows.map((row) => ['high', ...row]),
          terminal(width),
        );
        for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(width);
      },
    ),
  );
});
