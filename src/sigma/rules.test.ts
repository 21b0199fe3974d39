import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../event/json.ts';
import { compileField } from './field.ts';
import { parseRules } from './parse.ts';
import { formatProblem } from './problem.ts';
import { compileRules } from './ruleset.ts';

const view = { field: compileField, whole: (event: JsonObject) => event };

function ruleWith(detection: string): string {
  return `title: T\nlogsource: { product: aws }\ndetection:\n${detection.replace(/^/gm, '  ')}\n`;
}

function matches(detection: string, event: JsonObject): boolean {
  const { rules, problems } = parseRules(ruleWith(detection), 'r.yml');
  expect(problems).toEqual([]);
  return compileRules(rules, view)(event).length > 0;
}

describe('a rule matches', () => {
  it.each<[string, string, JsonObject, boolean]>([
    ['where all fields of a map hold', 'a: { x: 1, y: b }\ncondition: a', { x: 1, y: 'B' }, true],
    ['not where one field fails', 'a: { x: 1, y: b }\ncondition: a', { x: 1, y: 'c' }, false],
    ['where one value of a list holds', 'a: { x: [p, q] }\ncondition: a', { x: 'Q' }, true],
    ['where one map of a list holds', 'a:\n  - x: p\n  - y: q\ncondition: a', { y: 'q' }, true],
    ['where one member of an array holds', 'a: { x: p }\ncondition: a', { x: ['o', 'p'] }, true],
    ['a number written as text', "a: { x: '443' }\ncondition: a", { x: 443 }, true],
    ['a text that is a number', 'a: { x: 443 }\ncondition: a', { x: '443' }, true],
    [
      'an account id with a zero in front',
      'a: { x: 012345678901 }\ncondition: a',
      { x: '012345678901' },
      true,
    ],
    ['an account id at the start', 'a: { x|startswith: 0123 }\ncondition: a', { x: '012345' }, true],
    ['an account id as a keyword', 'a: [012345678901]\ncondition: a', { x: 'of 012345678901:root' }, true],
    ['not the account id without its zero', 'a: { x: 0123 }\ncondition: a', { x: '123' }, false],
    ['a version that ends in zero', 'a: { x: [2, 1.10] }\ncondition: a', { x: '1.10' }, true],
    [
      'not another version than the one that ends in zero',
      'a: { x: 1.10 }\ncondition: a',
      { x: '1.1' },
      false,
    ],
    ['a number that ends in zero as a number', 'a: { x: 1.10 }\ncondition: a', { x: 1.1 }, true],
    [
      'a number too long to be exact',
      'a: { x: 12345678901234567891 }\ncondition: a',
      { x: '12345678901234567891' },
      true,
    ],
    [
      'not its neighbour',
      'a: { x: 12345678901234567891 }\ncondition: a',
      { x: '12345678901234567890' },
      false,
    ],
    ['a hexadecimal number as it is written', 'a: { x: 0x10 }\ncondition: a', { x: '0x10' }, true],
    ['a hexadecimal number as a number', 'a: { x: 0x10 }\ncondition: a', { x: 16 }, true],
    ['a hexadecimal number in plain digits', 'a: { x: 0x10 }\ncondition: a', { x: '16' }, true],
    ['more than a number that ends in zero', 'a: { x|gt: 1.50 }\ncondition: a', { x: 1.6 }, true],
    ['a boolean written as text', "a: { x: 'true' }\ncondition: a", { x: true }, true],
    ['a text that is a boolean, whatever its case', 'a: { x: true }\ncondition: a', { x: 'True' }, true],
    ['null where the field is null', 'a: { x: null }\ncondition: a', { x: null }, true],
    ['null where the field is missing', 'a: { x: null }\ncondition: a', {}, true],
    ['null not where there is a value', 'a: { x: null }\ncondition: a', { x: '' }, false],
    ['the empty text only where it is empty', "a: { x: '' }\ncondition: a", { x: '' }, true],
    ['the empty text not where the field is missing', "a: { x: '' }\ncondition: a", {}, false],
    ['contains', 'a: { x|contains: bc }\ncondition: a', { x: 'aBCd' }, true],
    ['contains with all of a list', 'a: { x|contains|all: [a, d] }\ncondition: a', { x: 'abcd' }, true],
    ['contains with all, one missing', 'a: { x|contains|all: [a, e] }\ncondition: a', { x: 'abcd' }, false],
    ['all over members of an array', 'a: { x|all: [p, q] }\ncondition: a', { x: ['q', 'p'] }, true],
    ['startswith', 'a: { x|startswith: ab }\ncondition: a', { x: 'ABc' }, true],
    ['endswith', 'a: { x|endswith: bc }\ncondition: a', { x: 'abcd' }, false],
    ['cased', 'a: { x|cased: Ab }\ncondition: a', { x: 'ab' }, false],
    ['cased contains', 'a: { x|contains|cased: Ab }\ncondition: a', { x: 'xAbx' }, true],
    ['exists', 'a: { x|exists: true }\ncondition: a', { x: null }, true],
    ['exists false', 'a: { x|exists: false }\ncondition: a', { x: null }, false],
    ['a regular expression anywhere in the text', 'a: { x|re: "b+c" }\ncondition: a', { x: 'abbbcd' }, true],
    ['a regular expression with case', 'a: { x|re: BC }\ncondition: a', { x: 'abc' }, false],
    ['a regular expression without case', 'a: { x|re|i: BC }\ncondition: a', { x: 'abc' }, true],
    ['cidr', 'a: { x|cidr: 198.51.100.0/24 }\ncondition: a', { x: '198.51.100.200' }, true],
    ['cidr of everything', 'a: { x|cidr: 0.0.0.0/0 }\ncondition: a', { x: '203.0.113.9' }, true],
    ['cidr of one address', 'a: { x|cidr: 203.0.113.9/32 }\ncondition: a', { x: '203.0.113.8' }, false],
    ['cidr of IPv6', 'a: { x|cidr: "2001:db8::/32" }\ncondition: a', { x: '2001:db8:1::1' }, true],
    [
      'cidr on a service name is false',
      'a: { x|cidr: 0.0.0.0/0 }\ncondition: a',
      { x: 'ec2.amazonaws.com' },
      false,
    ],
    ['cidr on a bare number is false', 'a: { x|cidr: 0.0.0.0/0 }\ncondition: a', { x: '22' }, false],
    ['gte', 'a: { x|gte: 10 }\ncondition: a', { x: '10' }, true],
    ['lt, not on a missing field', 'a: { x|lt: 10 }\ncondition: a', {}, false],
    ['lt, not on an empty text', 'a: { x|lt: 10 }\ncondition: a', { x: '' }, false],
    ['neq where different', 'a: { x|neq: p }\ncondition: a', { x: 'q' }, true],
    ['neq not where equal', 'a: { x|neq: [p, q] }\ncondition: a', { x: 'Q' }, false],
    ['fieldref', 'a: { x|fieldref: y }\ncondition: a', { x: 'A', y: 'a' }, true],
    [
      'fieldref with endswith',
      'a: { x|fieldref|endswith: y }\ncondition: a',
      { x: 'user/alice', y: 'alice' },
      true,
    ],
    [
      'fieldref with startswith',
      'a: { x|fieldref|startswith: y }\ncondition: a',
      { x: 'Alice/1', y: 'aLice' },
      true,
    ],
    [
      'fieldref with contains',
      'a: { x|fieldref|contains: y }\ncondition: a',
      { x: 'by alice:1', y: 'ALICE' },
      true,
    ],
    ['fieldref over lists', 'a: { x|fieldref: y }\ncondition: a', { x: ['p', 'q'], y: ['o', 7, 'Q'] }, true],
    [
      'fieldref over lists with endswith',
      'a: { x|fieldref|endswith: y }\ncondition: a',
      { x: ['p', 'xyq'], y: ['o', 'yq'] },
      true,
    ],
    [
      'fieldref not where the wanted text is longer',
      'a: { x|fieldref|endswith: y }\ncondition: a',
      { x: 'q', y: 'xq' },
      false,
    ],
    [
      'fieldref with the empty text',
      'a: { x|fieldref|startswith: y }\ncondition: a',
      { x: 'q', y: '' },
      true,
    ],
    ['fieldref, cased', 'a: { x|fieldref|cased: y }\ncondition: a', { x: 'A', y: 'a' }, false],
    ['fieldref not where both are missing', 'a: { x|fieldref: y }\ncondition: a', {}, false],
    ['fieldref with neq', 'a: { x|fieldref|neq: y }\ncondition: a', { x: 'alice', y: 'bob' }, true],
    ['a keyword in any value', 'a: [mimi]\ncondition: a', { deep: [{ x: 'a MIMIkatz' }] }, true],
    ['keywords, all of them', "a: { '|all': [one, two] }\ncondition: a", { x: 'one', y: ['Two'] }, true],
    ['keywords, not in keys', 'a: [secret]\ncondition: a', { secret: 'x' }, false],
    ['a filter takes back', 'a: { x: p }\nf: { y: q }\ncondition: a and not f', { x: 'p', y: 'q' }, false],
    ['two of three', 'a: { x: 1 }\nb: { y: 1 }\nc: { z: 1 }\ncondition: 2 of them', { x: 1, z: 1 }, true],
    ['either of several conditions', 'a: { x: 1 }\nb: { y: 1 }\ncondition: [a, b]', { y: 1 }, true],
  ])('%s', (_, detection, event, expected) => {
    expect(matches(detection, event)).toBe(expected);
  });
});

/** Ten levels of ten aliases each: 10^10 texts when written out. */
const bomb = Array.from(
  { length: 10 },
  (_, i) =>
    `k${i}: &a${i} [${Array(10)
      .fill(i === 0 ? 'x' : `*a${i - 1}`)
      .join(', ')}]`,
).join('\n');

describe('a broken rule is refused with its place and the way out', () => {
  it.each([
    [
      'title: T\nlogsource: {}\ndetection:\n  a: { x|contain: y }\n  condition: a',
      "r.yml:4:8: 'contain' is not a modifier; did you mean 'contains'?",
    ],
    [
      'title: T\nlogsource: {}\ndetection:\n  a:\n    x|re: "(a"\n  condition: a',
      'r.yml:5:5: the regular expression (a cannot be run in linear time',
    ],
    [
      'title: T\nlogsource: {}\ndetection:\n  a: { x|re: "(?=a)b" }\n  condition: a',
      'cannot be run in linear time',
    ],
    [
      'title: T\nlogsource: {}\ndetection:\n  a: { x|cidr: 300.0.0.0/8 }\n  condition: a',
      "'300.0.0.0/8' is not a network",
    ],
    ['title: T\nlogsource: {}\ndetection:\n  a: { x|lt: many }\n  condition: a', "'lt' takes a number"],
    [
      'title: T\nlogsource: {}\ndetection:\n  a: { x|i: y }\n  condition: a',
      "'i' is only for regular expressions",
    ],
    [
      'title: T\nlogsource: {}\ndetection:\n  a: { x|contains|startswith: y }\n  condition: a',
      "'startswith' cannot follow 'contains'",
    ],
    ['title: T\nlogsource: {}\ndetection:\n  a: {}\n  condition: a', 'an empty map would match every event'],
    ['title: T\nlogsource: {}\ndetection:\n  a: { x: [] }\n  condition: a', 'an empty list can never match'],
    ['title: T\nlogsource: {}\ndetection:\n  a: { x: { y: z } }\n  condition: a', 'a value is a text'],
    [
      'title: T\nlogsource: {}\ndetection:\n  a: { x: y }\n  condition: b',
      "r.yml:5:3: condition 'b': no detection is called 'b'",
    ],
    ['title: T\nlogsource: {}\ndetection: { condition: a }', 'there is no detection beside the condition'],
    [
      'title: T\nlevel: urgent\nlogsource: {}\ndetection:\n  a: { x: y }\n  condition: a',
      "r.yml:2:1: 'level'",
    ],
    ['logsource: {}\ndetection:\n  a: { x: y }\n  condition: a', "'title'"],
    [
      'title: T\nlogsource: {}\ndetection:\n  a: { x: y }\n  timeframe: 5m\n  condition: a',
      "'timeframe' belongs to an old form",
    ],
    [
      'title: T\ncorrelation: { type: event_count, timespan: 1m }',
      "r.yml:2:1: 'condition' is missing; event_count needs one",
    ],
    ['title: T\nlogsource: {}\nfilter: { rules: [x] }', "r.yml:3:1: 'filter.condition' is wrong"],
    ['a: [', 'not YAML'],
    ['just text', 'the rule'],
    ['', 'the file holds no rule'],
    ['---\n---\n', 'the file holds no rule'],
    [
      'title: T\nlogsource: {}\ndetection:\n  a: { x: {{ name }} }\n  condition: a',
      'r.yml:4:12: a key is a list or a map here',
    ],
    [bomb, 'Excessive alias count'],
  ])('%s', (source, expected) => {
    const { rules, problems } = parseRules(source, 'r.yml');
    expect(rules).toEqual([]);
    expect(problems.map(formatProblem).join('\n')).toContain(expected);
  });

  it('leaves out the broken one of several documents only', () => {
    const good = ruleWith('a: { x: y }\ncondition: a');
    const { rules, problems } = parseRules(`${good}---\ntitle: Broken\n---\n${good}`, 'r.yml');
    expect(rules).toHaveLength(2);
    expect(problems.length).toBeGreaterThan(0);
  });
});
