import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../event/json.ts';
import { compileRule } from './compile.ts';
import { compileField, topKeysOf } from './field.ts';
import type { Condition, Detection, Rule, ValueTest } from './rule.ts';
import { compileRules } from './ruleset.ts';
import { parsePattern } from './pattern.ts';

const view = { field: compileField, whole: (event: JsonObject) => event, topKeys: topKeysOf };

const families = { keys: ['eventSource', 'eventName'], after: 0 };

const fields = fc.constantFrom('eventName', 'eventSource', 'a', 'a.b');
const texts = fc.constantFrom('', 'x', 'X', 'y', 'é', 'É', '1', 'true', 'x*', '?');

const tests: fc.Arbitrary<ValueTest> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('text' as const),
      pattern: texts.map(parsePattern),
      cased: fc.boolean(),
    }),
  },
  fc.constant({ type: 'null' as const }),
  fc.constantFrom(
    { type: 'number' as const, value: 0, text: '0' },
    { type: 'number' as const, value: 1, text: '1' },
    { type: 'number' as const, value: 1, text: '0x1' },
  ),
  fc.record({ type: fc.constant('exists' as const), wanted: fc.boolean() }),
);

const detections: fc.Arbitrary<Detection> = fc.letrec<{ any: Detection }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({
      type: fc.constant('field' as const),
      field: fields,
      quantifier: fc.constantFrom('any' as const, 'all' as const),
      negated: fc.boolean(),
      tests: fc.array(tests, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      type: fc.constantFrom('all' as const, 'any' as const),
      of: fc.array(tie('any'), { minLength: 1, maxLength: 3 }),
    }),
  ),
})).any;

const names = fc.constantFrom('one', 'two', 'three');
const conditions: fc.Arbitrary<Condition> = fc.letrec<{ any: Condition }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.record({ type: fc.constant('detection' as const), name: names }),
    fc.record({ type: fc.constant('not' as const), of: tie('any') }),
    fc.record({
      type: fc.constantFrom('and' as const, 'or' as const),
      of: fc.array(tie('any'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      type: fc.constant('atLeast' as const),
      count: fc.constantFrom(1, 2),
      of: fc.array(tie('any'), { minLength: 2, maxLength: 3 }),
    }),
  ),
})).any;

const rules: fc.Arbitrary<Rule> = fc
  .record({
    one: detections,
    two: detections,
    three: detections,
    conditions: fc.array(conditions, { minLength: 1, maxLength: 2 }),
  })
  .map(({ conditions: any, ...named }) => ({
    id: 'r',
    title: 'r',
    name: undefined,
    status: undefined,
    description: '',
    level: 'low',
    tags: [],
    references: [],
    falsePositives: [],
    logsource: { product: undefined, category: undefined, service: undefined },
    detections: named,
    conditions: any,
    custom: {},
    path: 'r',
  }));

const scalar: fc.Arbitrary<Json> = fc.oneof(texts, fc.constantFrom(null, 0, 1, true, false));
const value: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: scalar },
  fc.array(scalar, { maxLength: 3 }),
  fc.array(fc.record({ b: scalar }), { maxLength: 3 }),
  fc.record({ b: scalar }),
  fc.array(fc.array(scalar, { maxLength: 2 }), { maxLength: 2 }),
);
const events: fc.Arbitrary<JsonObject> = fc.record(
  { eventName: value, eventSource: value, a: value, 'a.b': scalar },
  { requiredKeys: [] },
);

it('the index finds exactly the rules that match when each is tried by itself', () => {
  fc.assert(
    fc.property(
      fc.array(rules, { minLength: 1, maxLength: 6 }),
      fc.array(events, { minLength: 1, maxLength: 6 }),
      (given, stream) => {
        const numbered = given.map((rule, i) => ({ ...rule, id: String(i) }));
        const sets = [view, { ...view, families }].map((seen) => compileRules(numbered, seen));
        const alone = numbered.map((rule) => ({ rule, matches: compileRule(rule, view) }));
        for (const event of stream) {
          const expected = alone.filter(({ matches }) => matches(event)).map(({ rule }) => rule.id);
          for (const set of sets) expect(set(event).map((rule) => rule.id)).toEqual(expected);
        }
      },
    ),
    { numRuns: 3000 },
  );
});

function fieldRule(fields: Readonly<Record<string, readonly string[]>>): Rule {
  const all = Object.entries(fields).map(([field, wanted]): Detection => ({
    type: 'field',
    field,
    quantifier: 'any',
    negated: false,
    tests: wanted.map((text) => ({ type: 'text', pattern: [text], cased: false })),
  }));
  return {
    id: 'r',
    title: 'r',
    name: undefined,
    status: undefined,
    description: '',
    level: 'low',
    tags: [],
    references: [],
    falsePositives: [],
    logsource: { product: undefined, category: undefined, service: undefined },
    detections: { it: { type: 'all', of: all } },
    conditions: [{ type: 'detection', name: 'it' }],
    custom: {},
    path: 'r',
  };
}

it('a rule with very many values is found by each of them', () => {
  const wanted = Array.from({ length: 150_000 }, (_, i) => `v${i}`);
  const match = compileRules([fieldRule({ eventName: wanted })], view);
  expect(match({ eventName: 'V149999' })).toHaveLength(1);
  expect(match({ eventName: 'v150000' })).toHaveLength(0);
});

it('a value in a list too long for the call stack is found', () => {
  const match = compileRules([fieldRule({ 'a.b': ['last'] })], view);
  const long = [...Array<string>(200_000).fill('x'), 'last'];
  expect(match({ a: { b: long } })).toHaveLength(1);
  expect(match({ a: [{ b: long }] })).toHaveLength(1);
});

it('a rule is tried once for an event, however often a list repeats what it needs', () => {
  let reads = 0;
  const counting = {
    ...view,
    field: (name: string) => {
      const read = view.field(name);
      return (event: JsonObject) => {
        if (name === 'other') reads++;
        return read(event);
      };
    },
  };
  const match = compileRules([fieldRule({ items: ['x', 'y'], other: ['never'] })], counting);
  expect(match({ items: Array<string>(1000).fill('x'), other: 'o' })).toHaveLength(0);
  expect(reads).toBeLessThan(3);
});

describe('an event that was made to be slow', () => {
  const mebibyte = 1 << 20;
  const contains = (field: string, texts: readonly string[]): Rule => ({
    ...fieldRule({}),
    detections: {
      it: {
        type: 'field',
        field,
        quantifier: 'any',
        negated: false,
        tests: texts.map((text) => ({
          type: 'text',
          pattern: [{ wildcard: '*' }, text, { wildcard: '*' }],
          cased: false,
        })),
      },
    },
  });
  const nested = (levels: number) => {
    let list: Json = ['needle'];
    for (let i = 0; i < levels; i++) list = [list];
    return list;
  };
  const many = (length: number, make: (i: number) => Json) => Array.from({ length }, (_, i) => make(i));
  const rules = [
    contains('a', ['needle', `${'x'.repeat(200)}y`, 'abababab']),
    contains('a.b', ['needle']),
    fieldRule({ a: ['needle'] }),
    {
      ...fieldRule({}),
      detections: {
        it: {
          type: 'keywords' as const,
          quantifier: 'any' as const,
          tests: [
            {
              type: 'text' as const,
              pattern: [{ wildcard: '*' as const }, 'needle', { wildcard: '*' as const }],
              cased: false,
            },
          ],
        },
      },
    },
  ].map((rule, i) => ({ ...rule, id: String(i) }));
  const set = compileRules(rules, view);

  it.each<[what: string, event: JsonObject, found: string]>([
    ['nearly a literal at every place', { a: 'x'.repeat(mebibyte) }, ''],
    ['a literal at every place', { a: `${'ab'.repeat(mebibyte)}needle` }, '0,3'],
    ['a long text whose last letter needs folding', { a: `${'x'.repeat(mebibyte)}NEEDLE中` }, '0,3'],
    ['as many members as fit', { a: many(100_000, () => 'needle') }, '0,2,3'],
    ['as many different members as fit', { a: many(100_000, (i) => `needle${i}`) }, '0,3'],
    ['members with the field inside', { a: many(100_000, () => ({ b: 'NEEDLE' })) }, '1,3'],
    ['lists nested deeper than the call stack', { a: nested(100_000) }, '0,2,3'],
    ['lists with the field nested deeper than the call stack', { a: [[{ b: nested(100_000) }]] }, '1,3'],
    [
      'very many keys',
      Object.fromEntries(Array.from({ length: 100_000 }, (_key, i) => [`k${i}`, 'needle'])),
      '3',
    ],
  ])('%s is matched all the same', (_, event, found) => {
    expect(
      set(event)
        .map(({ id }) => id)
        .join(),
    ).toBe(found);
    // Nothing is left over for the next event.
    expect(set({ a: 'none' })).toEqual([]);
  });
});
