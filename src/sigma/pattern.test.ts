import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern, parsePattern, widen } from './pattern.ts';

const star = { wildcard: '*' };
const question = { wildcard: '?' };

describe('a Sigma string', () => {
  it.each<[string, string, unknown[]]>([
    ['plain text stands for itself', 'abc', ['abc']],
    ['the empty text has no parts', '', []],
    ['a star and a question mark are wildcards', 'a*b?', ['a', star, 'b', question]],
    ['a backslash before a letter is a backslash', 'a\\b', ['a\\b']],
    ['a backslash at the end is a backslash', 'a\\', ['a\\']],
    ['an escaped star is a star', 'a\\*', ['a*']],
    ['an escaped question mark is a question mark', '\\?', ['?']],
    ['two backslashes are one', 'a\\\\b', ['a\\b']],
    ['two backslashes before a star are a backslash and a wildcard', 'a\\\\*', ['a\\', star]],
    ['three backslashes before a star are a backslash and a star', 'a\\\\\\*', ['a\\*']],
    ['three backslashes are two', '\\\\\\', ['\\\\']],
    ['four backslashes are two', '\\\\\\\\', ['\\\\']],
  ])('%s', (_, source, parts) => {
    expect(parsePattern(source)).toEqual(parts);
  });
});

describe('a compiled pattern', () => {
  it.each<[string, string, string, boolean]>([
    ['ignores case', 'DeleteTrail', 'deletetrail', true],
    ['ignores case outside ASCII', 'ÄÖ', 'äö', true],
    ['takes both Greek sigmas for the same letter', 'ΟΔΟΣ', 'οδος', true],
    ['must cover the whole text', 'abc', 'abcd', false],
    ['matches a prefix before a star', 'arn:aws:*', 'arn:aws:s3:::b', true],
    ['matches a suffix after a star', '*/admin', 'role/admin', true],
    ['does not match a part only', '*/admin', 'role/admin2', false],
    ['matches an empty stretch with a star', 'a*b', 'ab', true],
    ['matches exactly one character with a question mark', 'a?c', 'ac', false],
    ['takes an emoji for one character', 'a?c', 'a😀c', true],
    ['tries later places for the rest', '*ab*abc', 'ab_ab_abc', true],
    ['matches across lines', 'a*z', 'a\n\r\u2028z', true],
    ['finds a literal star only where there is one', 'a\\*b', 'axb', false],
    ['the empty pattern matches the empty text only', '', 'x', false],
  ])('%s', (_, source, text, expected) => {
    expect(compilePattern(parsePattern(source), false)(text)).toBe(expected);
  });

  it('minds case where asked', () => {
    expect(compilePattern(parsePattern('Abc*'), true)('abcd')).toBe(false);
    expect(compilePattern(parsePattern('Abc*'), true)('Abcd')).toBe(true);
  });

  it('widens only where there is no star yet', () => {
    expect(widen(parsePattern('*a'), 'contains')).toEqual([star, 'a', star]);
    expect(widen(parsePattern('a'), 'startswith')).toEqual(['a', star]);
    expect(widen(parsePattern('a'), 'endswith')).toEqual([star, 'a']);
  });

  it('agrees with a regular expression that says the same', () => {
    const piece = fc.constantFrom('*', '?', 'a', 'b', 'ab', 'é', '😀');
    const text = fc
      .array(fc.constantFrom('a', 'b', 'é', '😀', '\n'), { maxLength: 12 })
      .map((points) => points.join(''));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 7 }), text, (pieces, subject) => {
        const regex = new RegExp(
          `^${pieces.map((part) => (part === '*' ? '.*' : part === '?' ? '.' : part)).join('')}$`,
          'su',
        );
        expect(compilePattern(parsePattern(pieces.join('')), true)(subject)).toBe(regex.test(subject));
      }),
      { numRuns: 2000 },
    );
  });
});
