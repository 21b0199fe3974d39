import { describe, expect, it } from 'vitest';
import { parseRules } from '../sigma/parse.ts';
import { lintTogether } from './lint-detection.ts';
import { noPlaces, placesIn } from './lint-places.ts';
import { lintRule } from './lint.ts';

const good = `
title: Trail stopped
id: 0b1e0f3c-6d2f-4c1b-9a59-0d1f6b1c2a3e
description: Nothing is recorded any more.
tags: [attack.defense-evasion, attack.t1562.008]
logsource: { product: aws, service: cloudtrail }
detection:
  selection: { eventName: StopLogging }
  condition: selection
falsepositives: [Somebody moves the trail]
level: high
tocsin: { headline: '{tocsin.actor.name} stopped {requestParameters.name}', response: Start it again. }
`;

function lint(change: (source: string) => string): string[] {
  const { rules, problems } = parseRules(change(good), 'r.yml');
  expect(problems).toEqual([]);
  return rules.flatMap((rule) => lintRule(rule)).map((problem) => `${problem.level}: ${problem.message}`);
}

it('has nothing to say about a rule that is complete', () => {
  expect(lint((source) => source)).toEqual([]);
});

const withElement = (source: string, asked: string): string =>
  `sigma-version: 3\n${source.replace('eventName: StopLogging', `'tocsin.transfer[any]': { ${asked} }`)}`;

it('knows the fields of a fact that are asked of one element', () => {
  expect(lint((source) => withElement(source, 'kind: replication'))).toEqual([]);
});

describe('finds', () => {
  it.each<[string, (source: string) => string, string]>([
    [
      'a field under tocsin. that does not exist',
      (s) => s.replace('eventName: StopLogging', 'tocsin.actor.nmae: alice'),
      "error: there is no field 'tocsin.actor.nmae'",
    ],
    [
      'the same of one element of a list',
      (s) => withElement(s, 'knd: replication'),
      "error: there is no field 'tocsin.transfer.knd'",
    ],
    [
      'the same in a headline',
      (s) => s.replace('{tocsin.actor.name}', '{tocsin.who}'),
      "error: there is no field 'tocsin.who'",
    ],
    [
      'an empty placeholder',
      (s) => s.replace('{requestParameters.name}', '{}'),
      'error: the headline has an empty placeholder',
    ],
    [
      'a key under tocsin that does not exist',
      (s) => s.replace('response:', 'respond:'),
      "error: 'tocsin.respond' is not a key; known are headline, response",
    ],
    [
      'a grouping by a field that does not exist',
      (s) => s.replace('tocsin: {', 'tocsin: { group-by: [tocsin.actor.nmae],'),
      "error: there is no field 'tocsin.actor.nmae'",
    ],
    [
      'a grouping by something that is no list',
      (s) => s.replace('tocsin: {', 'tocsin: { group-by: tocsin.actor.name,'),
      "error: 'tocsin.group-by' is a list of names of fields",
    ],
    [
      'a window of a grouping without a unit',
      (s) => s.replace('tocsin: {', "tocsin: { group-window: '30',"),
      "error: 'tocsin.group-window' is no time span such as",
    ],
    [
      'a detection that nothing uses',
      (s) => s.replace('  condition', '  other: { a: b }\n  condition'),
      "warning: the detection 'other' is not used by the condition",
    ],
    [
      'a technique that does not exist',
      (s) => s.replace('t1562.008', 't9999'),
      "warning: 'attack.t9999' is not a technique that Tocsin knows",
    ],
    [
      'a tactic that does not exist',
      (s) => s.replace('attack.defense-evasion', 'attack.defence'),
      "warning: 'attack.defence' is not an ATT&CK tactic",
    ],
    [
      'a condition that cannot hold',
      (s) => s.replace('condition: selection', 'condition: selection and not selection'),
      'warning: the condition can never hold',
    ],
    [
      'a condition that always holds',
      (s) => s.replace('condition: selection', 'condition: selection or not selection'),
      'warning: the condition holds for every event',
    ],
    [
      'a text that is in nearly every event',
      (s) => s.replace('eventName: StopLogging', 'eventName|contains: [st, longer]'),
      "warning: 'eventName' contains 'st' in nearly every event",
    ],
    [
      'a value that is there twice, whatever its case',
      (s) => s.replace('eventName: StopLogging', 'eventName: [StopLogging, stoplogging]'),
      "warning: 'eventName' has 'stoplogging' twice",
    ],
    [
      'a regular expression for the whole text',
      (s) => s.replace('eventName: StopLogging', () => "eventName|re|i: '^StopLogging$'"),
      "says no more than the plain value 'StopLogging'",
    ],
    [
      'a regular expression for the begin of a text',
      (s) => s.replace('eventName: StopLogging', String.raw`userAgent|re: '^aws\-cli.*'`),
      "says no more than 'startswith|cased' with 'aws-cli'",
    ],
    [
      'a regular expression for the end of a text',
      (s) => s.replace('eventName: StopLogging', () => "userAgent|re: '.*cli$'"),
      "says no more than 'endswith|cased' with 'cli'",
    ],
    [
      'a regular expression for a part of a text',
      (s) => s.replace('eventName: StopLogging', "userAgent|re|i: '.*cli.*'"),
      "says no more than 'contains' with 'cli'",
    ],
    [
      'a field in other letters than CloudTrail has',
      (s) => s.replace('eventName: StopLogging', 'eventname: StopLogging'),
      "warning: a CloudTrail record has no member 'eventname'; did you mean 'eventName'?",
    ],
    [
      'a member that no identity has',
      (s) => s.replace('eventName: StopLogging', 'userIdentity.user: alice'),
      "warning: a CloudTrail record has no member 'userIdentity.user'; did you mean 'userIdentity.userName'?",
    ],
    [
      'a title that is too long',
      (s) => s.replace('Trail stopped', 'x'.repeat(130)),
      'warning: the title is longer than 120 characters',
    ],
    [
      'a title that is a sentence',
      (s) => s.replace('Trail stopped', 'A trail was stopped.'),
      'warning: the title is no sentence',
    ],
    [
      'a title about the rule',
      (s) => s.replace('Trail stopped', 'Detects a stopped trail'),
      "warning: the title says what happened, so it does not begin with 'Detects'",
    ],
    ['an id that is no UUID', (s) => s.replace(/id: .*/, 'id: my-rule'), 'warning: has no UUID as id'],
    ['a missing description', (s) => s.replace(/description: .*\n/, ''), 'warning: has no description'],
    [
      'missing false positives',
      (s) => s.replace(/falsepositives: .*\n/, ''),
      'warning: names no false positives',
    ],
    ['a missing headline', (s) => s.replace(/tocsin: .*\n/, ''), 'warning: has no tocsin.headline'],
  ])('%s', (_, change, message) => {
    expect(lint(change).join('\n')).toContain(message);
  });
});

describe('says nothing of', () => {
  it.each<[string, string]>([
    ['short texts that must stand with others', 'userAgent|contains|all: [go, sdk]'],
    ['short texts at an end', 'userAgent|startswith: go'],
    ['signs, which are rare', "userAgent|contains: '()'"],
    ['values that differ in case where case counts', 'userAgent|cased: [go, Go]'],
    ['regular expressions that say more', "userAgent|re: '^a[bc]+'"],
    ['regular expressions with an escaped end', String.raw`userAgent|re: 'cost\$'`],
    ['what is inside of parameters', 'requestParameters.anything.at.all: x'],
  ])('%s', (_, field) => {
    expect(lint((source) => source.replace('eventName: StopLogging', () => field))).toEqual([]);
  });

  it('techniques and headlines in rules for other logs', () => {
    const change = (source: string) =>
      source
        .replace('product: aws, service: cloudtrail', 'product: windows')
        .replace('t1562.008', 't1003.001')
        .replace(/tocsin: .*\n/, '');
    expect(lint(change)).toEqual([]);
  });
});

describe('of rules together', () => {
  const asked = (detection: string) =>
    parseRules(good.replace(/ {2}selection: [^]*?selection\n/, detection), 'r.yml').rules;
  const one = '  a: { eventName: x }\n  b: { eventName|contains: y }\n  condition: a and not b\n';

  it('those that look for the same are told, whatever they call it', () => {
    const other = '  c: { eventName: X }\n  d: { eventName|contains: y }\n  condition: c and not d\n';
    const same = '  c: { eventName: x }\n  d: { eventName|contains: y }\n  condition: c and not d\n';
    const rules = [...asked(one), ...asked(same), ...asked(other)];
    expect(rules).toHaveLength(3);
    expect(lintTogether(rules, () => noPlaces).map(({ code }) => code)).toEqual(['same-detection']);
  });

  it('those that do not are not', () => {
    const other = '  a: { eventName: x }\n  b: { eventName|contains: y }\n  condition: b and not a\n';
    expect(lintTogether([...asked(one), ...asked(other)], () => noPlaces)).toEqual([]);
  });
});

describe('tells the place of', () => {
  const other = `title: Before\nlogsource: {}\ndetection: { a: { b: c }, condition: a }\n`;
  it.each<[string, string, string, string]>([
    ['an unknown field', '  selection: { eventName', '  selection: { tocsin.nmae|contains', '12:16'],
    [
      'a field that another is compared with',
      'eventName: StopLogging',
      'errorCode|fieldref: tocsin.nmae',
      '12:36',
    ],
    ['an unknown technique', 't1562.008', 't9999', '9:32'],
    ['a headline with an unknown field', '{tocsin.actor.name}', '{tocsin.who}', '16:11'],
    ['an unknown key', 'response:', 'respond:', '16:77'],
    ['an id that is no UUID', 'id: 0', 'id: x', '7:1'],
    ['what is missing: the rule', 'description: Nothing is recorded any more.\n', '', '6:1'],
  ])('%s', (_, before, after, place) => {
    const source = `${other}---\n# a comment\n${good.trimStart().replace(before, after)}`;
    const [, rule] = parseRules(source, 'r.yml').rules;
    if (rule === undefined) throw new Error('there is no second rule');
    const found = lintRule(rule, placesIn(source)(rule));
    expect(found.map(({ line, column }) => `${line}:${column}`)).toEqual([place]);
  });
});
