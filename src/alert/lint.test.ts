import { describe, expect, it } from 'vitest';
import { parseRules } from '../sigma/parse.ts';
import { placesIn } from './lint-places.ts';
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

describe('finds', () => {
  it.each<[string, (source: string) => string, string]>([
    [
      'a field under tocsin. that does not exist',
      (s) => s.replace('eventName: StopLogging', 'tocsin.actor.nmae: alice'),
      "error: there is no field 'tocsin.actor.nmae'",
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

describe('tells the place of', () => {
  const other = `title: Before\nlogsource: {}\ndetection: { a: { b: c }, condition: a }\n`;
  it.each<[string, string, string, string]>([
    ['an unknown field', '  selection: { eventName', '  selection: { tocsin.nmae|contains', '12:16'],
    ['a field that another is compared with', 'eventName: StopLogging', 'a|fieldref: tocsin.nmae', '12:28'],
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
