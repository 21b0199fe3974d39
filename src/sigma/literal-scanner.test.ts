import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fold } from './fold.ts';
import { compileScanner } from './literal-scanner.ts';

function scan(literals: readonly string[], texts: readonly string[]): string[][] {
  const scanner = compileScanner(literals);
  return texts.map((text, i) => {
    const found: string[] = [];
    const sink = {
      folded: undefined,
      found: (literal: number) => {
        found.push(literals[literal] ?? '');
      },
    };
    scanner(text, sink, i + 1);
    return found.sort();
  });
}

const unit = fc.constantFrom(
  'a',
  'A',
  'b',
  'B',
  'k',
  '\u212a',
  'ſ',
  's',
  'ß',
  'ẞ',
  'İ',
  'σ',
  'Σ',
  'ς',
  'א',
  '中',
  '😀',
  '😁',
  '\ud83d',
  '\ude00',
  '\0',
  'ÿ',
  'Ÿ',
  'µ',
  'μ',
);
const text = fc.string({ unit, maxLength: 24 });

it('tells exactly the literals that the folded text has in it, once each', () => {
  let told = 0;
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ unit, minLength: 1, maxLength: 7 }).map(fold), {
        minLength: 1,
        maxLength: 30,
      }),
      fc.array(text, { minLength: 5, maxLength: 5 }),
      (literals, texts) => {
        // Texts of their own hardly ever have a long literal in them.
        const filled = texts.map((one, i) => one + (literals[i]?.toUpperCase() ?? '') + one);
        const expected = filled.map((one) =>
          literals.filter((literal) => fold(one).includes(literal)).sort(),
        );
        expect(scan(literals, filled)).toEqual(expected);
        told += expected.flat().length;
      },
    ),
    { numRuns: 3000 },
  );
  expect(told).toBeGreaterThan(10_000);
});

it('tells each of very many literals, also those that have their grams in common', () => {
  const literals = Array.from({ length: 20_000 }, (_, i) => `c:\\windows\\system32\\${i.toString(36)}.exe`);
  const some = literals.filter((_, i) => i % 1009 === 0);
  expect(
    scan(
      literals,
      some.map((literal) => `"${literal.toUpperCase()}"`),
    ),
  ).toEqual(some.map((literal) => [literal]));
});

it('tells a literal once for all texts of an event, and again for the next event', () => {
  const scanner = compileScanner(['abcd']);
  let told = 0;
  const sink = { folded: undefined, found: () => told++ };
  for (const epoch of [1, 1, 2]) scanner('xabcd', { ...sink }, epoch);
  expect(told).toBe(2);
});
