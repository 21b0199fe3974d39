import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../event/json.ts';
import { compileRule } from './compile.ts';
import { explainRule, type ExplainedDetection } from './explain.ts';
import { compileField } from './field.ts';
import { parseRules } from './parse.ts';

const view = { field: compileField, whole: (event: JsonObject) => event };

function ruleOf(detection: object) {
  const source = JSON.stringify({ title: 't', logsource: {}, detection });
  const { rules, problems } = parseRules(source, 'r.yml');
  const [rule] = rules;
  if (rule === undefined) throw new Error(problems.map(({ message }) => message).join());
  return rule;
}

function explain(fields: object, event: JsonObject): ExplainedDetection {
  const { detections } = explainRule(ruleOf({ it: fields, condition: 'it' }), view, event);
  const found = detections.it;
  if (found === undefined) throw new Error('there is no detection');
  return found;
}

/** Detections as rules write them, so that each form that the parser knows is met. */
const texts = fc.constantFrom('', 'x', 'X', 'xy', 'y', '1', 'true', 'x*', '?', '10.0.0.1');
const keys = fc.constantFrom('a', 'b', 'a.b', 'c');
const field: fc.Arbitrary<JsonObject> = fc.oneof(
  fc
    .tuple(
      keys,
      fc.constantFrom(
        '',
        '|neq',
        '|cased',
        '|all',
        '|contains',
        '|startswith',
        '|endswith|all',
        '|contains|neq',
      ),
      fc.array(texts, { minLength: 1, maxLength: 3 }),
    )
    .map(([key, modifiers, values]) => ({ [`${key}${modifiers}`]: values })),
  fc.tuple(keys, fc.constantFrom<Json>(null, 1, true, 'x')).map(([key, value]) => ({ [key]: value })),
  fc.tuple(keys, fc.boolean()).map(([key, wanted]) => ({ [`${key}|exists`]: wanted })),
  fc.tuple(keys, keys).map(([key, other]) => ({ [`${key}|fieldref`]: other })),
  keys.map((key) => ({ [`${key}|re`]: '^x.?$' })),
  keys.map((key) => ({ [`${key}|cidr`]: '10.0.0.0/8' })),
  keys.map((key) => ({ [`${key}|gte`]: 1 })),
);
const detection = fc.oneof(
  field,
  fc.array(field, { minLength: 1, maxLength: 3 }).map((all) => Object.assign({}, ...all) as JsonObject),
  fc.array(field, { minLength: 1, maxLength: 3 }),
  fc.array(fc.constantFrom('x', 'y', '1'), { minLength: 1, maxLength: 3 }),
);
const conditions = fc.constantFrom(
  'one',
  'one and not two',
  'one or two and three',
  'not (one or two) or three',
  '2 of them',
  'all of t*',
  'not 1 of them',
);
const rules = fc
  .tuple(detection, detection, detection, fc.array(conditions, { minLength: 1, maxLength: 2 }))
  .map(([one, two, three, condition]) => ruleOf({ one, two, three, condition }));
const scalar: fc.Arbitrary<Json> = fc.oneof(texts, fc.constantFrom(null, 0, 1, 2, true, false));
const value: fc.Arbitrary<Json> = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  fc.record({ b: scalar }),
  fc.array(fc.record({ b: scalar }), { maxLength: 2 }),
);
const events: fc.Arbitrary<JsonObject> = fc.record({ a: value, b: value, c: value }, { requiredKeys: [] });

it('its verdict is that of the compiled rule', () => {
  fc.assert(
    fc.property(rules, events, (rule, event) => {
      expect(explainRule(rule, view, event).matches).toBe(compileRule(rule, view)(event));
    }),
    { numRuns: 3000 },
  );
});

it('the verdict on each detection is that of a rule that has this one alone', () => {
  fc.assert(
    fc.property(rules, events, (rule, event) => {
      const { detections } = explainRule(rule, view, event);
      for (const [name, found] of Object.entries(detections)) {
        const alone = { ...rule, conditions: [{ type: 'detection' as const, name }] };
        expect(found.holds).toBe(compileRule(alone, view)(event));
      }
    }),
    { numRuns: 1000 },
  );
});

describe('a field', () => {
  it('tells which of the wanted values is there', () => {
    expect(explain({ a: ['x', 'y*'] }, { a: 'yes' })).toEqual({
      type: 'field',
      holds: true,
      field: 'a',
      quantifier: 'any',
      negated: false,
      value: 'yes',
      tests: [
        { holds: false, wanted: 'x' },
        { holds: true, wanted: 'y*' },
      ],
    });
  });

  it('that is missing has no value, and one that is null has null', () => {
    expect(explain({ a: 'x' }, {})).not.toHaveProperty('value');
    expect(explain({ a: 'x' }, { a: null })).toHaveProperty('value', null);
  });

  it('that is negated holds where none of its tests does', () => {
    expect(explain({ 'a|neq': 'x' }, { a: 'y' })).toMatchObject({ holds: true, tests: [{ holds: false }] });
  });

  it.each<[string, JsonObject, string]>([
    ['an empty text', { a: '' }, "''"],
    ['a star that is meant itself', { a: 'x\\*y*' }, 'x\\*y*'],
    ['a part of a text', { 'a|contains': 'x' }, '*x*'],
    ['case', { 'a|cased': 'X' }, 'X (in this case)'],
    ['null', { a: null }, 'null, or no value'],
    ['a value whatever it is', { 'a|exists': true }, 'any value'],
    ['no value', { 'a|exists': false }, 'no value'],
    ['a regular expression', { 'a|re|i': '^x' }, '/^x/i'],
    ['a network', { 'a|cidr': '10.0.0.0/8' }, 'an address in 10.0.0.0/8'],
    ['a bound', { 'a|gt': 5 }, 'over 5'],
    ['another field', { 'a|fieldref': 'b' }, 'the value of b'],
  ])('says that it wants %s', (_, fields, wanted) => {
    expect(explain(fields, {})).toMatchObject({ tests: [{ wanted }] });
  });
});
