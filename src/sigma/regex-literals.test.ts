import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold } from './fold.ts';
import { compileRegex } from './regex.ts';
import { literalsOfRegex } from './regex-literals.ts';

describe('a regular expression matches nothing without', () => {
  it.each<[source: string, flags: string, literals: string[][]]>([
    ['Mimikatz', '', [['mimikatz']]],
    ['net\\s+user.*\\/add', '', [['net'], ['user'], ['/add']]],
    ['(?i)cmd(?:\\.exe)? /c', '', [['cmd /c', 'cmd.exe /c']]],
    ['(foo|bar)baz', '', [['foobaz', 'barbaz']]],
    ['(foo|ba.r)z', '', [['foo', 'ba'], ['z']]],
    ['x(abc)+y', '', [['x'], ['abc'], ['y']]],
    ['x(abc)*y', '', [['x'], ['y']]],
    ['x(abc){2,}y', '', [['x'], ['abc'], ['y']]],
    ['x{0}yz', '', [['yz']]],
    ['a{x}b', '', [['a{x}b']]],
    ['[ab]c\\x64\\.', '', [['acd.', 'bcd.']]],
    ['^\\bStart\\b$', '', [['start']]],
    ['(?P<name>abc)(?<other>d)', '', [['abcd']]],
    ['ÄB', '', [['äb']]],
  ])('%s what stands in it', (source, flags, literals) => {
    expect(literalsOfRegex(source, flags).map((set) => [...set])).toEqual(literals);
    compileRegex(source, flags);
  });

  it.each<[why: string, source: string, flags: string]>([
    ['it can match the empty text', 'a*', ''],
    ['one alternative is anything', 'abc|.*', ''],
    ['one alternative is empty', 'abc|', ''],
    ['a class is wide', '[a-z][^a]\\w', ''],
    ['letters beyond ASCII have cases of their own', 'ΣΑ', 'i'],
    ['a flag in front says so', '(?i)ΣΑ', ''],
    ['it has an escape that is not known here', '\\pLabc', ''],
    ['it has brackets that are not known here', '(?<=x)abc', ''],
    ['its brackets are nested very deep', `${'('.repeat(2000)}abc${')'.repeat(2000)}`, ''],
  ])('nothing that is known, as %s', (_, source, flags) => {
    expect(literalsOfRegex(source, flags)).toEqual([]);
  });
});

const piece = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'K',
    'ſ',
    'ß',
    'İ',
    '😀',
    '.',
    '\\.',
    '\\d',
    '\\w',
    '\\s',
    '[ab]',
    '[^a]',
    '[a-c]',
    '[[:alpha:]]',
    '\\x41',
    '^',
    '$',
    '\\b',
    '-',
    '{',
    '(?i)',
    '(?-i)',
  ),
);
const expression = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    { weight: 4, arbitrary: piece },
    fc.array(tie('any'), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')),
    fc.tuple(tie('any'), tie('any')).map(([one, other]) => `(?:${one}|${other})`),
    fc
      .tuple(tie('any'), fc.constantFrom('*', '+', '?', '{2}', '{0,1}', '{1,2}', '+?', '{2,}', '{0}'))
      .map(([inner, often]) => `(${inner})${often}`),
    fc.tuple(fc.constantFrom('(?i:', '(?-i:', '('), tie('any')).map(([open, inner]) => `${open}${inner})`),
  ),
})).any;
const text = fc.string({
  unit: fc.constantFrom(
    'a',
    'A',
    'b',
    'k',
    'K',
    '\u212a',
    's',
    'ſ',
    'ß',
    'ẞ',
    'i',
    'İ',
    '😀',
    '\ud83d',
    '\ude00',
    '1',
    '.',
    '-',
    '{',
    ' ',
  ),
  maxLength: 12,
});

it('every text that a regular expression matches has one of each set in it', () => {
  let matched = 0;
  fc.assert(
    fc.property(
      expression,
      fc.constantFrom('', 'i', 's'),
      fc.array(text, { minLength: 20, maxLength: 20 }),
      (source, flags, texts) => {
        let matches: (text: string) => boolean;
        try {
          matches = compileRegex(source, flags);
        } catch {
          return;
        }
        const sets = literalsOfRegex(source, flags);
        if (sets.length === 0) return;
        for (const one of texts) {
          if (!matches(one)) continue;
          matched++;
          const folded = fold(one);
          for (const set of sets)
            expect(
              [...set].some((literal) => folded.includes(literal)),
              `${source} on ${one}`,
            ).toBe(true);
        }
      },
    ),
    { numRuns: 4000 },
  );
  expect(matched).toBeGreaterThan(1000);
});
