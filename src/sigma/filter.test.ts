import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../event/json.ts';
import { explainRule } from './explain.ts';
import { compileField } from './field.ts';
import { joinRules, readRules } from './parse.ts';
import { formatProblem } from './problem.ts';
import { compileRules } from './ruleset.ts';

const view = { field: compileField, whole: (event: JsonObject) => event };

const rule = (id: string, detection = 'selection: { x: 1 }\n  condition: selection') =>
  `title: Rule ${id}\nid: ${id}\nname: name-of-${id}\nlogsource: { product: aws, service: cloudtrail }\ndetection:\n  ${detection}\n`;

const filter = (rules: string, rest = 'selection: { user: admin }\n  condition: not selection') =>
  `title: Admins\nid: f1\nlogsource: { product: aws }\nfilter:\n  rules: ${rules}\n  ${rest}\n`;

function load(...texts: readonly string[]) {
  const { rules, problems } = joinRules(texts.map((text, i) => readRules(text, `${i}.yml`)));
  const run = compileRules(rules, view);
  return {
    rules,
    problems: problems.map(formatProblem),
    found: (event: JsonObject) => run(event).map(({ id }) => id),
  };
}

describe('a filter', () => {
  it.each<[string, readonly string[]]>([
    ['in another file', [rule('a'), filter('[a]')]],
    ['in a file read before the rule', [filter('[a]'), rule('a')]],
    ['in another document of the same file', [`${rule('a')}---\n${filter('[a]')}`]],
    ['that names the rule by its name', [rule('a'), filter('[name-of-a]')]],
    ['that names one rule without a list', [rule('a'), filter('a')]],
    ['for any rule of its log source', [rule('a'), filter('any')]],
  ])('%s leaves out what it says', (_, texts) => {
    const { found, problems } = load(...texts);
    expect(problems).toEqual([]);
    expect([found({ x: 1 }), found({ x: 1, user: 'Admin' }), found({ user: 'bob' })]).toEqual([
      ['a'],
      [],
      [],
    ]);
  });

  it('changes no rule that it does not name', () =>
    expect(load(rule('a'), rule('b'), filter('[a]')).found({ x: 1, user: 'admin' })).toEqual(['b']));

  it('for any rule leaves rules of other log sources as they are', () => {
    const other = rule('b').replace('aws', 'gcp');
    expect(load(rule('a'), other, filter('any')).found({ x: 1, user: 'admin' })).toEqual(['b']);
  });

  it('never meets a search of the rule that has the same name', () => {
    const { found } = load(rule('a'), filter('[a]', 'selection: { x: 1, y: 2 }\n  condition: not selection'));
    expect([found({ x: 1 }), found({ x: 1, y: 2 }), found({ y: 2 })]).toEqual([['a'], [], []]);
  });

  it('never meets a search that is called as its own would be', () => {
    const own = "'Admins: selection': { x: 1 }\n  other: { z: 1 }\n  condition: '1 of *selection and other'";
    const { rules, found } = load(rule('a', own), filter('[a]'));
    expect(Object.keys(rules[0]?.detections ?? {})).toEqual([
      'Admins: selection',
      'other',
      'Admins (1): selection',
    ]);
    expect([found({ x: 1, z: 1 }), found({ x: 1, z: 1, user: 'admin' })]).toEqual([['a'], []]);
  });

  it('is no part of what the rule calls them', () =>
    expect(load(rule('a', 's: { x: 1 }\n  condition: all of them'), filter('[a]')).found({ x: 1 })).toEqual([
      'a',
    ]));

  it('has its own sense of them and of patterns', () => {
    const { found } = load(
      rule('a'),
      filter(
        '[a]',
        'sel_1: { user: u }\n  sel_2: { host: h }\n  selection: { x: 9 }\n  condition: not all of sel_*',
      ),
    );
    expect([found({ x: 1, user: 'u' }), found({ x: 1, user: 'u', host: 'h' })]).toEqual([['a'], []]);
  });

  it('is joined to each of several conditions', () => {
    const { found } = load(rule('a', 's: { x: 1 }\n  t: { y: 1 }\n  condition: [s, t]'), filter('[a]'));
    expect([found({ y: 1 }), found({ y: 1, user: 'admin' }), found({ x: 1, user: 'admin' })]).toEqual([
      ['a'],
      [],
      [],
    ]);
  });

  it('and another are both asked', () => {
    const second = filter('[a]', 'selection: { host: test }\n  condition: not selection').replaceAll(
      'Admins',
      'Test',
    );
    const { rules, found } = load(rule('a'), filter('[a]'), second.replace('f1', 'f2'));
    expect([found({ x: 1 }), found({ x: 1, user: 'admin' }), found({ x: 1, host: 'test' })]).toEqual([
      ['a'],
      [],
      [],
    ]);
    expect(rules[0]?.filters?.map(({ id }) => id)).toEqual(['f1', 'f2']);
  });

  it('may ask one element of a list', () => {
    const { found, problems } = load(
      rule('a'),
      `sigma-version: 3\n${filter('[a]', 'selection:\n    l[any]: { p: 1, q: 2 }\n  condition: not selection')}`,
    );
    expect(problems).toEqual([]);
    expect([found({ x: 1, l: [{ p: 1 }, { q: 2 }] }), found({ x: 1, l: [{ p: 1, q: 2 }] })]).toEqual([
      ['a'],
      [],
    ]);
  });
});

describe('it is said, with place and way out,', () => {
  it.each<[string, readonly string[], string]>([
    [
      'where a filter names a rule that is not there',
      [rule('a'), filter('[a, nope]')],
      "1.yml:5:14: no rule with the id or name 'nope' is loaded; check it, or load the rule's file as well",
    ],
    [
      'where it is for none of the rules',
      [rule('a'), filter('[nope]')],
      "1.yml:5:3: the filter 'Admins' is for none of the loaded rules",
    ],
    [
      'where its log source does not fit the rule that it names',
      [rule('a').replace('aws', 'gcp'), filter('[a]')],
      "1.yml:5:11: the filter is for product: aws, and the rule 'a' for product: gcp, service: cloudtrail",
    ],
    [
      'where it names a correlation',
      [
        rule('a'),
        'title: C\nid: c\ncorrelation: { type: event_count, rules: [a], timespan: 1m, condition: { gte: 2 } }\n',
        filter('[a, c]'),
      ],
      "2.yml:5:14: 'c' is a correlation, which has no event of its own",
    ],
    [
      'where its condition takes nothing out',
      [rule('a'), filter('[a]', 'selection: { user: admin }\n  condition: selection')],
      "1.yml:7:3: the rules will match only where 'selection' holds, as a filter's condition is joined to theirs by 'and'; to leave such events out, write 'not ...'",
    ],
    [
      'where a search is not used',
      [rule('a'), filter('[a]', 'selection: { user: a }\n  more: { y: 1 }\n  condition: not selection')],
      "1.yml:7:3: the search 'more' is not used by the condition",
    ],
    [
      'where it has a level',
      [rule('a'), `level: low\n${filter('[a]')}`],
      "1.yml:1:1: 'level' has no sense in a filter",
    ],
    ['where it names a rule twice', [rule('a'), filter('[a, a]')], "1.yml:5:14: names the rule 'a' twice"],
  ])('%s', (_, texts, message) => {
    const { rules, problems } = load(...texts);
    expect(rules).toHaveLength(1);
    expect(problems.join('\n')).toContain(message);
  });

  it.each<[string, string, string]>([
    ['without rules', 'rules: []', '1.yml:5:3: names no rule'],
    ['with rules of another sort', 'rules: { a: b }', "1.yml:5:3: 'filter.rules' takes ids or names"],
    ['without a log source', 'nothing', "'logsource'"],
    ['without a search', 'empty', 'there is no search beside the condition'],
    [
      'with an unknown search in its condition',
      'unknown',
      "1.yml:7:3: condition 'not other': no detection is called 'other'",
    ],
    ['with several conditions', 'several', "1.yml:7:3: 'filter.condition' is wrong"],
    ['with a modifier that is none', 'modifier', "1.yml:6:16: 'contain' is not a modifier"],
  ])('where a filter is refused: %s', (_, which, message) => {
    const whole = filter('[a]');
    const changed: Readonly<Record<string, string>> = {
      nothing: whole.replace(/^logsource.*$/m, ''),
      empty: whole.replace(/^ {2}selection.*\n/m, ''),
      unknown: whole.replace('not selection', 'not other'),
      several: whole.replace('not selection', '[not selection]'),
      modifier: whole.replace('user:', 'user|contain:'),
    };
    const { problems, found } = load(rule('a'), changed[which] ?? whole.replace('rules: [a]', which));
    expect(problems.join('\n')).toContain(message);
    expect(found({ x: 1, user: 'admin' })).toEqual(['a']);
  });
});

describe('an explanation names the filter', () => {
  const explained = (event: JsonObject) => {
    const [only] = load(rule('a'), filter('[a]')).rules;
    if (only === undefined) throw new Error('there is no rule');
    return explainRule(only, view, event);
  };

  it.each<[string, JsonObject, boolean, boolean, boolean]>([
    ['that keeps the rule from matching', { x: 1, user: 'admin' }, false, false, true],
    ['that lets the event through', { x: 1 }, true, true, false],
    ['that has nothing to hold back', { user: 'admin' }, false, false, false],
  ])('%s', (_, event, matches, holds, suppresses) => {
    const found = explained(event);
    expect(found.matches).toBe(matches);
    expect(found.filters).toEqual([{ id: 'f1', title: 'Admins', path: '1.yml', holds, suppresses }]);
  });
});

it('many filters on many rules make no deep tree', () => {
  const many = Array.from({ length: 2000 }, (_, i) =>
    filter('any').replace('f1', `f${i}`).replace('admin', `u${i}`),
  );
  const { rules, found, problems } = load(rule('a'), ...many);
  expect(problems).toEqual([]);
  expect(rules[0]?.filters).toHaveLength(2000);
  expect([found({ x: 1 }), found({ x: 1, user: 'u1999' })]).toEqual([['a'], []]);
});

const data = process.env['TOCSIN_TEST_DATA'] ?? join(import.meta.dirname, '../../../shared/data');
const examples = join(data, 'sigma-specification/tests/schema/filter');

describe.skipIf(!existsSync(examples))("the specification's own examples", () => {
  it.each(existsSync(examples) ? readdirSync(examples) : [])('%s is read', (name) => {
    const { filters, problems } = readRules(readFileSync(join(examples, name), 'utf8'), name);
    expect(filters).toHaveLength(1);
    expect(problems.map(({ level }) => level)).toEqual(['warning']);
  });
});
