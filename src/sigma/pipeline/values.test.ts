import fc from 'fast-check';
import { RE2JS } from 're2js';
import { expect, it } from 'vitest';
import { parsePattern } from '../pattern.ts';
import { replaceIn, writtenOf } from './values.ts';

const texts = fc.string({ unit: fc.constantFrom('a', 'b', '\\', '*', '?', '%', '😀'), maxLength: 8 });

it('a pattern that is written and read again is the same', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const pattern = parsePattern(text);
      expect(parsePattern(writtenOf(pattern))).toEqual(pattern);
    }),
  );
});

it.each([false, true])('what is not replaced keeps its sense (skip_special: %s)', (skip_special) => {
  const to = { replacement: '\\1', skip_special, interpret_special: false };
  fc.assert(
    fc.property(texts, (text) => {
      const pattern = parsePattern(text);
      expect(replaceIn(pattern, RE2JS.compile('(a)'), to) ?? pattern).toEqual(pattern);
      expect(replaceIn(pattern, RE2JS.compile('(zz)'), to)).toBeUndefined();
      expect(replaceIn(pattern, RE2JS.compile('(b*)'), to) ?? pattern).toEqual(pattern);
    }),
  );
});
