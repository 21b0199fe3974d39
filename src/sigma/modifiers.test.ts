import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../event/json.ts';
import { compileField } from './field.ts';
import { parseRules } from './parse.ts';
import { compileRules } from './ruleset.ts';

const view = { field: compileField, whole: (event: JsonObject) => event };

function parse(selection: unknown) {
  const rule = { title: 'T', logsource: {}, detection: { a: selection, condition: 'a' } };
  return parseRules(JSON.stringify(rule), 'r.yml');
}

function matches(key: string, value: Json, held: Json): boolean {
  const { rules, problems } = parse({ [key]: value });
  expect(problems).toEqual([]);
  return compileRules(rules, view)({ x: held }).length > 0;
}

function refusal(key: string, value: Json = 'text'): string {
  const { rules, problems } = parse({ [key]: value });
  expect(rules).toEqual([]);
  return problems.map(({ message }) => message).join('\n');
}

describe('windash', () => {
  it.each<[string, Json, string, boolean]>([
    ['x|contains|windash', ' -enc', 'powershell /enc abc', true],
    ['x|windash|contains', ' -enc', 'powershell /ENC abc', true],
    ['x|contains|windash', ' -enc', 'powershell \u2013enc', true],
    ['x|contains|windash', ' -enc', 'powershell \u2014enc', true],
    ['x|contains|windash', ' /enc', 'powershell \u2015enc', true],
    ['x|contains|windash', ' -enc', 'powershell +enc', false],
    ['x|windash', '-a -b', '/a \u2013b', true],
    ['x|windash', '*-a*', 'cmd /a b', true],
    ['x|windash', '-', '/', false],
    ['x|windash', 'well-known', 'well/known', false],
    ['x|windash', 'http://a', 'http:/-a', true],
    ['x|windash', 'http://a', 'http:--a', false],
    ['x|windash|contains|all', ['-a', '-b'], '/b \u2014a', true],
    ['x|windash|contains|all', ['-a', '-b'], '/b', false],
    ['x|windash|contains|all|neq', ['-a', '-b'], '/b', true],
    ['x|windash|contains|all|neq', ['-a', '-b'], '/b /a', false],
    ['x|windash|contains|neq', ['-a', '-b'], '/b', false],
    ['x|windash|contains|cased', '-A', '/a', false],
  ])('%s %j on %j: %j', (key, value, held, expected) => {
    expect(matches(key, value, held)).toBe(expected);
  });

  it('is refused where the texts would be too many', () => {
    expect(refusal('x|windash', '-a -b -c -d -e')).toContain('more than 625 texts');
    expect(refusal('x|windash', '-a*-b*-c*-d*-e')).toContain('more than 625 texts');
  });
});

describe('encodings', () => {
  const base64 = (text: string, encoding: BufferEncoding = 'utf8') =>
    Buffer.from(text, encoding).toString('base64');

  it.each<[string, string, string, boolean]>([
    ['x|base64', 'foobar', 'Zm9vYmFy', true],
    ['x|base64', 'foobar', 'Zm9vYmFyCg==', false],
    ['x|base64|contains', 'foobar', 'x Zm9vYmFy y', true],
    ['x|base64|cased', 'foobar', 'zM9vYmFy', false],
    ['x|base64', '\\*', 'Kg==', true],
    ['x|base64', 'ä€😀', base64('ä€😀'), true],
    ['x|base64|base64', 'a', base64(base64('a')), true],
    ['x|wide|base64', 'cmd', 'YwBtAGQA', true],
    ['x|utf16le|base64', 'ä😀', base64('ä😀', 'utf16le'), true],
    ['x|utf16be|base64', 'cmd', 'AGMAbQBk', true],
    ['x|utf16|base64', 'cmd', '//5jAG0AZAA=', true],
    ['x|base64|wide', 'a', 'Y\0Q\0=\0=\0', true],
    ['x|wide', 'c*d', 'c\0--d\0', true],
    ['x|utf16be', 'cd', '\0c\0d', true],
    ['x|windash|wide|base64offset|contains', '-enc', base64(`a /enc b`, 'utf16le'), true],
    ['x|utf16le|base64offset|contains', 'http', base64('iex http://a', 'utf16le'), true],
  ])('%s %j on %j: %j', (key, value, held, expected) => {
    expect(matches(key, value, held)).toBe(expected);
  });

  it('base64offset finds a text wherever it stands in encoded data', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 8 });
    fc.assert(
      fc.property(text, fc.stringMatching(/^[a-z0-9äö€]{3,12}$/), text, (before, wanted, after) => {
        const held = base64(`${before}${wanted}${after}`);
        expect(matches('x|base64offset|contains|cased', wanted, held)).toBe(true);
      }),
    );
  });

  it('work on keywords, where a text is looked for anyway', () => {
    const { rules } = parse({ '|base64offset': ['foobar'] });
    const run = compileRules(rules, view);
    expect(run({ deep: { x: [base64('a foobar')] } })).toHaveLength(1);
    expect(run({ deep: { x: ['foobar'] } })).toHaveLength(0);
  });
});

describe('parts of a time', () => {
  it.each<[string, Json, Json, boolean]>([
    ['x|hour', 9, '2026-05-11T09:12:33Z', true],
    ['x|hour', 9, '2026-05-11T11:12:33+02:00', true],
    ['x|hour', 9, '2026-05-11 09:12:33', true],
    ['x|hour|gte', 20, '2026-05-11T09:12:33Z', false],
    ['x|hour|lt', 10, '2026-05-11T09:12:33.123456Z', true],
    ['x|hour', [1, 9], '2026-05-11T09:12:33Z', true],
    ['x|hour|neq', 9, '2026-05-11T10:12:33Z', true],
    ['x|hour', 0, '2026-05-11', false],
    ['x|minute', 12, '2026-05-11T09:12:33Z', true],
    ['x|day', 11, '2026-05-11', true],
    ['x|week', 53, '2027-01-01', true],
    ['x|week', 1, '2024-12-30', true],
    ['x|month|lte', 5, '2026-05-11', true],
    ['x|year', 2026, 1778490753, true],
    ['x|year', 2026, '1778490753', true],
    ['x|year', 2026, 1778490753123, true],
    ['x|year', 1970, 5, false],
    ['x|day', 1, '2026-04-31', false],
    ['x|year', 2026, 'in 2026', false],
    ['x|year', 2026, null, false],
    ['x|day', 11, ['no', '2026-05-11'], true],
  ])('%s %j on %j: %j', (key, value, held, expected) => {
    expect(matches(key, value, held)).toBe(expected);
  });

  it.each<[string, Json, string]>([
    ['x|hour', 24, 'lies between 0 and 23'],
    ['x|hour', 1.5, 'takes a whole number'],
    ['x|hour', 'nine', 'takes a whole number'],
  ])('%s %j is refused', (key, value, reason) => expect(refusal(key, value)).toContain(reason));
});

describe('a chain without sense is refused with the reason', () => {
  it.each([
    ['x|contains|base64', "write 'base64|contains'"],
    ['x|contains|base64offset', "write 'base64offset|contains'"],
    ['x|base64offset', "write 'base64offset|contains'"],
    ['x|base64offset|startswith', "write 'base64offset|contains'"],
    ['x|base64offset|base64|contains', 'it is the last encoding'],
    ['x|base64|windash', 'flags are found in the plain text only'],
    ['x|wide|utf16le', 'encoded as UTF-16 already'],
    ['x|utf16', "write 'utf16|base64'"],
    ['x|re|windash', 'it changes texts'],
    ['x|base64|re', "'re' reads the value in a way of its own"],
    ['x|contains|cidr', "'cidr' reads the value in a way of its own"],
    ['x|gte|hour', "write 'hour|gte'"],
    ['x|hour|gte|lt', 'compared in one way'],
    ['x|hour|contains', 'it is for texts'],
    ['x|hour|day', "'day' cannot follow 'hour'"],
    ['x|cidr|cased', "'cased' is for texts"],
    ['x|re|i|cased', 'opposite things'],
    ['x|exists|all', "'exists' takes one value"],
    ['x|windash|fieldref', 'plain name of a field'],
    ['x|windash|windash', "'windash' is given twice"],
    ['x|gte|expand', "'expand' fills in texts"],
    ['|hour', 'need a field'],
  ])('%s', (key, reason) => expect(refusal(key)).toContain(reason));

  it('and so is a value that an encoding cannot take', () => {
    expect(refusal('x|base64', 'a*b')).toContain('wildcards cannot be encoded');
    expect(refusal('x|base64', '')).toContain('an empty text');
    expect(refusal('x|base64offset|contains', 'a')).toContain('too short');
    expect(refusal('x|wide', 'ä')).toContain('is no text');
  });
});

describe('expand', () => {
  it('is refused with the name of the placeholder that has no values', () => {
    expect(refusal('x|expand', 'a%admins%')).toContain("the placeholder '%admins%' has no values");
    expect(refusal('x|re|expand', '^%admins%$')).toContain("the placeholder '%admins%' has no values");
  });

  it('changes nothing in a text without one', () => expect(matches('x|expand', '100%', '100%')).toBe(true));

  it('is what makes a placeholder: without it the signs mean themselves', () =>
    expect(matches('x', '%temp%', '%TEMP%')).toBe(true));
});

describe('action', () => {
  const shared =
    'action: global\ntitle: Both\nlogsource: { product: aws }\ndetection:\n  condition: a\n---\n';
  const one = 'id: one\ndetection:\n  a: { x: 1 }\n';
  const summary = (text: string) => {
    const { rules, problems } = parseRules(text, 'r.yml');
    return {
      ids: rules.map(({ id, title }) => `${id} ${title}`),
      levels: problems.map(({ level }) => level),
    };
  };

  it.each<[string, string, readonly string[], readonly string[]]>([
    [
      'global: its content is given to all documents behind it',
      `${shared}${one}---\nid: two\ntitle: Own\ndetection:\n  a: { x: 2 }\n`,
      ['one Both', 'two Own'],
      ['warning'],
    ],
    [
      'global with an id: the rules after the first get a number behind it',
      `id: all\n${shared}${one.replace('id: one\n', '')}---\n${one.replace('id: one\n', '')}---\n${one}`,
      ['all Both', 'all#2 Both', 'one Both'],
      ['warning', 'warning'],
    ],
    [
      'repeat without an id of its own gets a number too',
      `title: T\nlogsource: {}\n${one.replace('a: { x: 1 }', 'a: { x: 1 }\n  condition: a')}---\naction: repeat\ntitle: U\n`,
      ['one T', 'one#2 U'],
      ['warning'],
    ],
    ['global without a rule behind it is no rule', shared, [], ['warning', 'error']],
    [
      'reset ends it',
      `${shared}${one}---\naction: reset\n---\n${one}`,
      ['one Both'],
      ['warning', 'warning', 'error'],
    ],
    [
      'repeat takes the rule before it',
      `${shared}${one}---\naction: repeat\nid: two\n`,
      ['one Both', 'two Both'],
      ['warning', 'warning'],
    ],
  ])('%s', (_, text, ids, levels) => {
    const found = summary(text);
    expect(found.ids).toEqual(ids);
    expect(found.levels.slice(0, levels.length)).toEqual(levels);
  });

  it('global merges detections', () => {
    const { rules } = parseRules(`${shared}${one}`, 'r.yml');
    const run = compileRules(rules, view);
    expect([run({ x: 1 }).length, run({ x: 2 }).length]).toEqual([1, 0]);
  });
});
