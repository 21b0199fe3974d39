import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { covers, overlaps, setCovers, setOverlaps } from './pattern.ts';

describe('covers', () => {
  it.each([
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['?', '', false],
    ['?', 'a', true],
    ['?', '?', true],
    ['?', '*', false],
    ['*', '*', true],
    ['**', '?*', true],
    ['a*', 'a', true],
    ['a*', 'a/b/c', true],
    ['a*c', 'abcbc', true],
    ['a*c', 'abcb', false],
    ['s3:*', 's3:get*', true],
    ['s3:get*', 's3:*', false],
    ['s3:get?bject', 's3:getobject', true],
    ['arn:aws:s3:::b/*', 'arn:aws:s3:::b', false],
    ['arn:aws:s3:::b*', 'arn:aws:s3:::b/x', true],
    ['[a]', 'a', false],
    ['a.c', 'abc', false],
  ])('%j covers %j: %s', (outer, inner, expected) => {
    expect(covers(outer, inner)).toBe(expected);
  });

  it('takes a long hostile pattern without blowing up', () => {
    expect(covers(`${'*a'.repeat(1000)}*b`, 'a'.repeat(2000))).toBe(false);
  });
});

describe('overlaps', () => {
  it.each([
    ['*', '', true],
    ['', 'a', false],
    ['a*', '*b', true],
    ['a*', 'b*', false],
    ['a?c', 'ab*', true],
    ['a?c', 'abcd*', false],
    ['*', '*', true],
    ['arn:*:s3:*/*', 'arn:aws:s3:::b/*', true],
    ['arn:*:s3:*/*', 'arn:aws:s3:::b', false],
    ['arn:*:s3:*/*', 'arn:aws:s3:::b*', true],
  ])('%j and %j: %s', (a, b, expected) => {
    expect(overlaps(a, b)).toBe(expected);
    expect(overlaps(b, a)).toBe(expected);
  });
});

const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '?'), maxLength: 8 });
const text = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 8 });

/** Plain recursive matching, to hold the quick forms against. */
function matches(p: string, t: string): boolean {
  if (p === '') return t === '';
  if (p[0] === '*') return matches(p.slice(1), t) || (t !== '' && matches(p, t.slice(1)));
  return t !== '' && (p[0] === '?' || p[0] === t[0]) && matches(p.slice(1), t.slice(1));
}

describe('patterns in general', () => {
  it('match a text as the plain recursive definition does', () => {
    fc.assert(fc.property(pattern, text, (p, t) => covers(p, t) === matches(p, t)));
  });

  it('that cover another match all that the other matches', () => {
    fc.assert(
      fc.property(pattern, pattern, text, (outer, inner, t) => {
        expect(!covers(outer, inner) || !matches(inner, t) || matches(outer, t)).toBe(true);
      }),
    );
  });

  it('that match one text in common overlap', () => {
    fc.assert(
      fc.property(pattern, pattern, text, (a, b, t) => {
        expect(!matches(a, t) || !matches(b, t) || overlaps(a, b)).toBe(true);
      }),
    );
  });

  it('that match no text in common do not overlap', () => {
    const words = [
      '',
      'a',
      'b',
      'aa',
      'ab',
      'ba',
      'bb',
      'aaa',
      'aab',
      'aba',
      'abb',
      'baa',
      'bab',
      'bba',
      'bbb',
    ];
    const short = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 2 });
    fc.assert(
      fc.property(
        short,
        short,
        (a, b) => overlaps(a, b) === words.some((w) => matches(a, w) && matches(b, w)),
      ),
    );
  });
});

describe('a set with exceptions', () => {
  const set = { include: ['*'], exclude: ['s3:delete*'] };
  it.each([
    ['s3:getobject', true, true],
    ['s3:deletebucket', false, false],
    ['s3:*', false, true],
    ['s3:d*', false, true],
  ])('%s: surely in it %s, maybe in it %s', (name, sure, maybe) => {
    expect(setCovers(set, name)).toBe(sure);
    expect(setOverlaps(set, name)).toBe(maybe);
  });
});
