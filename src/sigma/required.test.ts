import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isList, type Json, type JsonObject } from '../event/json.ts';
import { compileField } from './field.ts';
import { fold } from './fold.ts';
import { parseRules } from './parse.ts';
import { requirementsOf, type Requirement } from './required.ts';
import type { Rule } from './rule.ts';
import { eventsFor } from './testing/matching-events.ts';
import { oracleMatches } from './testing/oracle.ts';
import { someEvents, someRules } from './testing/some-rules.ts';
import { triggersOf } from './trigger.ts';

function ruleOf(detection: object): Rule {
  const { rules, problems } = parseRules(JSON.stringify({ title: 'T', logsource: {}, detection }), 'r.yml');
  const [rule] = rules;
  if (rule === undefined) throw new Error(problems[0]?.message);
  return rule;
}

/** Short enough to stand in a table: `a = x, y`, `a ~ x`, `a`, `~ x`. */
function shown(requirements: readonly Requirement[]): string[] {
  return requirements.map((requirement) => {
    if (requirement.kind === 'exists') return requirement.field;
    const texts = [...requirement.texts].join(', ');
    if (requirement.kind === 'anywhere') return `~ ${texts}`;
    return `${requirement.field} ${requirement.kind === 'equals' ? '=' : '~'} ${texts}`;
  });
}

describe('a rule cannot match without', () => {
  it.each<[what: string, detection: object, requirements: string[]]>([
    ['the text that it asks for', { s: { a: 'Xy' }, condition: 's' }, ['a = xy']],
    ['one of the texts of a list', { s: { a: ['x', 'y'] }, condition: 's' }, ['a = x, y']],
    [
      'each text of a list where all are asked for',
      { s: { 'a|contains|all': ['x', 'y'] }, condition: 's' },
      ['a ~ x', 'a ~ y'],
    ],
    ['a number as text', { s: { a: 4688 }, condition: 's' }, ['a = 4688']],
    ['a truth value as text', { s: { a: true }, condition: 's' }, ['a = true']],
    ['each part of a pattern', { s: { a: 'ab*Cde?f' }, condition: 's' }, ['a ~ ab', 'a ~ cde', 'a ~ f']],
    [
      'a part, where some values are whole and some are parts',
      { s: { a: ['x', 'y*'] }, condition: 's' },
      ['a ~ x, y'],
    ],
    ['the field, where its value can be anything', { s: { a: '*' }, condition: 's' }, ['a']],
    [
      'the field, where a value is empty and others are parts',
      { s: { a: ['', 'y*'] }, condition: 's' },
      ['a'],
    ],
    ['the field, where it is to exist', { s: { 'a|exists': true }, condition: 's' }, ['a']],
    ['one of its keywords', { s: ['x', 'Yz'], condition: 's' }, ['~ x, yz']],
    [
      'each of its keywords, where all are asked for',
      { s: { '|all': ['x', 'y'] }, condition: 's' },
      ['~ x', '~ y'],
    ],
    [
      'what both of two detections need',
      { s: { a: 'x' }, t: { b: 'y' }, condition: 's and t' },
      ['a = x', 'b = y'],
    ],
    [
      'the fields that are common to alternatives, with the texts of all',
      { s: { a: 'x', b: 'y' }, t: { a: 'z', c: 'y' }, condition: 's or t' },
      ['a = x, z'],
    ],
    [
      'the field, where alternatives have no more in common',
      { s: { a: 'x' }, t: { 'a|re': '.' }, condition: '1 of them' },
      ['a'],
    ],
    ['the keywords of alternatives', { s: ['x'], t: ['y'], condition: 's or t' }, ['~ x, y']],
    [
      'one of the fewest that must hold',
      { s: { a: 'x' }, t: { a: 'y' }, u: { a: 'z' }, condition: '2 of them' },
      ['a = x, y, z'],
    ],
  ])('%s', (_, detection, requirements) => {
    expect(shown(requirementsOf(ruleOf(detection)))).toEqual(requirements);
  });
});

describe('nothing is needed', () => {
  it.each<[what: string, detection: object]>([
    ['where the field may be missing', { s: { a: null }, condition: 's' }],
    ['where one value is null', { s: { a: ['x', null] }, condition: 's' }],
    ['where the field must be missing', { s: { 'a|exists': false }, condition: 's' }],
    ['by what must not hold', { s: { a: 'x' }, condition: 'not s' }],
    ['by a value that must differ', { s: { 'a|neq': 'x' }, condition: 's' }],
    ['by alternatives in different fields', { s: [{ a: 'x' }, { b: 'x' }], condition: 's' }],
    ['by a keyword or a field', { s: ['x', { a: 'x' }], condition: 's' }],
    ['by a keyword that is anything', { s: ['x', '*'], condition: 's' }],
  ])('%s', (_, detection) => {
    expect(shown(requirementsOf(ruleOf(detection)))).toEqual([]);
  });
});

it('the case-sensitive half of a surrogate pair is not looked for in folded texts, where pairs are one', () => {
  expect(shown(requirementsOf(ruleOf({ s: { 'a|cased|contains': '\udc00' }, condition: 's' })))).toEqual([
    'a',
  ]);
});

/** All texts of a value, lists opened. */
function textsOf(value: Json | undefined): string[] {
  if (isList(value)) return value.flatMap(textsOf);
  return value === undefined || value === null || typeof value === 'object' ? [] : [fold(String(value))];
}

function leavesOf(value: Json): string[] {
  if (typeof value !== 'object' || value === null) return textsOf(value);
  return Object.values(value).flatMap((item) => (item === undefined ? [] : leavesOf(item)));
}

function isKept(requirement: Requirement, event: JsonObject): boolean {
  switch (requirement.kind) {
    case 'equals':
      return textsOf(compileField(requirement.field)(event)).some((text) => requirement.texts.has(text));
    case 'contains':
      return textsOf(compileField(requirement.field)(event)).some((text) =>
        [...requirement.texts].some((part) => text.includes(part)),
      );
    case 'exists':
      return compileField(requirement.field)(event) !== undefined;
    case 'anywhere':
      return leavesOf(event).some((text) => [...requirement.texts].some((part) => text.includes(part)));
  }
}

it('every event that a rule matches keeps each of its requirements, and one at least of its trigger', () => {
  let kept = 0;
  fc.assert(
    fc.property(
      fc
        .array(someRules, { minLength: 1, maxLength: 8 })
        .chain((rules) =>
          fc.tuple(
            fc.constant(rules),
            fc.array(fc.oneof(eventsFor(rules), someEvents), { minLength: 10, maxLength: 10 }),
          ),
        ),
      ([rules, events]) => {
        const triggers = triggersOf(rules, () => false);
        for (const [i, rule] of rules.entries()) {
          const requirements = requirementsOf(rule);
          const trigger = triggers[i];
          for (const event of events) {
            if ((requirements.length === 0 && trigger === undefined) || !oracleMatches(rule, event)) continue;
            expect(requirements.filter((requirement) => !isKept(requirement, event))).toEqual([]);
            expect(trigger?.some((requirement) => isKept(requirement, event)) ?? true).toBe(true);
            kept++;
          }
        }
      },
    ),
    { numRuns: 400 },
  );
  expect(kept).toBeGreaterThan(400);
}, 180_000);
