import fc from 'fast-check';
import type { Json, JsonObject } from '../../event/json.ts';
import { parseRules } from '../parse.ts';
import type { Rule } from '../rule.ts';

// So few letters that rules and events meet; among them such as fold in odd ways, need two code units, or have a sense in rules.
const letter = fc.constantFrom(
  'a',
  'A',
  'b',
  'k',
  '\u212a',
  'σ',
  'ς',
  'Σ',
  'ß',
  'ẞ',
  'İ',
  'ı',
  'i',
  '😀',
  '-',
  '/',
  ' ',
);
const held = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.string({ unit: fc.oneof(letter, fc.constantFrom('*', '?', '\\', '%')), maxLength: 5 }),
  },
  fc.constantFrom(
    'true',
    'False',
    '1',
    '01',
    '1.10',
    '16',
    '0x10',
    ' 2 ',
    '1e3',
    '10.0.0.7',
    '10.1.2.3',
    'null',
  ),
  fc.constantFrom('2026-05-11T09:12:33Z', '2027-01-01T00:00:00Z', '2024-12-30T23:59:00Z'),
);
// Without percent signs: between two of them is a placeholder, which 'expand' refuses.
const written = fc
  .oneof(
    {
      weight: 6,
      arbitrary: fc.string({ unit: fc.oneof(letter, fc.constantFrom('*', '?', '\\')), maxLength: 4 }),
    },
    held,
  )
  .map((text) => text.replaceAll('%', ''));
const number = fc.constantFrom(0, -0, 1, 1.1, 2, 16, 9, 11, 1e21, 2 ** 53, 1778490753);
const scalar: fc.Arbitrary<Json> = fc.oneof(
  { weight: 5, arbitrary: held },
  number,
  fc.constantFrom(null, true, false),
);
const fieldName = fc.constantFrom('a', 'b', 'a.b', 'a[].b', 'a.b.c', 'b.c', 'constructor');

const key = fc.constantFrom('a', 'b', 'c', 'a.b', 'b.c', 'a.b.c');
const value: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'medium' },
    { weight: 3, arbitrary: scalar },
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;
export const someEvents: fc.Arbitrary<JsonObject> = fc.dictionary(key, value, {
  maxKeys: 4,
  noNullPrototype: true,
});

/** Chains with values that each takes; as a rule file writes them. */
const textChain = fc
  .tuple(
    fc.constantFrom('', '|contains', '|startswith', '|endswith', '|windash', '|contains|windash', '|expand'),
    fc.constantFrom('', '|cased', '|all', '|neq', '|all|neq'),
  )
  .map((parts) => parts.join(''));
const list = <T>(one: fc.Arbitrary<T>) => fc.oneof(one, fc.array(one, { minLength: 1, maxLength: 3 }));
const asked: fc.Arbitrary<readonly [chain: string, values: unknown]> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(textChain, list(written)) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom('', '|neq', '|all'), list(scalar)) },
  fc.tuple(fc.constant('|exists'), fc.boolean()),
  fc.tuple(
    fc.constantFrom('|re', '|re|i', '|re|s', '|re|neq'),
    list(fc.constantFrom('^a', 'a+b?', '[ab]$', '^.$', 'k|σ', '^$', '(a|b){2}')),
  ),
  fc.tuple(
    fc.constantFrom('|cidr', '|cidr|neq'),
    list(fc.constantFrom('10.0.0.0/8', '10.0.0.0/24', '0.0.0.0/0')),
  ),
  fc.tuple(fc.constantFrom('|lt', '|lte', '|gt', '|gte', '|gt|neq'), list(number)),
  fc.tuple(
    fc.constantFrom('|hour', '|day|gte', '|week', '|minute|lt', '|month'),
    fc.constantFrom(1, 5, 9, 11),
  ),
  fc.tuple(fc.constant('|week'), fc.constant(53)),
  fc.tuple(
    fc.constantFrom(
      '|fieldref',
      '|fieldref|contains',
      '|fieldref|startswith',
      '|endswith|fieldref',
      '|fieldref|cased',
    ),
    list(fieldName),
  ),
  fc.tuple(fc.constantFrom('|base64', '|wide|base64'), fc.constantFrom('a', 'kk')),
);
const mapOf = (name: fc.Arbitrary<string>) =>
  fc
    .array(fc.tuple(name, asked), { minLength: 1, maxLength: 3 })
    .map((items): Record<string, unknown> =>
      Object.fromEntries(items.map(([field, [chain, values]]) => [`${field}${chain}`, values])),
    );
const selector = fc.constantFrom('[any]', '[all]', '[all_or_empty]', '[none]');
const inElement = fc.constantFrom('b', 'c', 'b.c', 'a[].b', '.');
/** What is asked of the elements of lists: in one key, below a key, with a condition, and elements of elements. */
const elementMap: fc.Arbitrary<Record<string, unknown>> = fc
  .tuple(
    fc.constantFrom('a', 'b', 'a.b', 'a[].b'),
    selector,
    fc.oneof(
      fc.tuple(fc.constantFrom('', '.b', '.b[any]', '.b[none].c'), asked).map(([rest, [chain, values]]) => ({
        rest: `${rest}${chain}`,
        below: values,
      })),
      mapOf(inElement).map((below) => ({ rest: '', below })),
      fc.array(mapOf(inElement), { minLength: 1, maxLength: 2 }).map((below) => ({ rest: '', below })),
      fc
        .tuple(selector, mapOf(inElement))
        .map(([inner, below]) => ({ rest: '', below: { [`b${inner}`]: below } })),
      fc
        .record({
          one: mapOf(inElement),
          two: mapOf(inElement),
          condition: fc.constantFrom('one and not two', 'one or two', '1 of them', 'not 2 of them'),
        })
        .map((below) => ({ rest: '', below })),
    ),
  )
  .map(([field, which, { rest, below }]) => ({ [`${field}${which}${rest}`]: below }));
const map = fc.oneof(
  { weight: 4, arbitrary: mapOf(fieldName) },
  elementMap,
  fc.tuple(mapOf(fieldName), elementMap).map(([fields, elements]) => ({ ...fields, ...elements })),
);
const keywords = fc.array(fc.oneof(written, number, fc.boolean()), { minLength: 1, maxLength: 3 });
const detection: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: map },
  fc.array(map, { minLength: 1, maxLength: 3 }),
  keywords,
  fc.record({ '|all': keywords }),
);
const condition = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        's1',
        's2',
        't',
        '1 of s*',
        '2 of s*',
        'all of s*',
        '1 of them',
        '2 of them',
        'all of them',
      ),
    },
    tie('any').map((inner) => `not (${inner})`),
    fc
      .tuple(tie('any'), fc.constantFrom('and', 'or', 'and not', 'or not'), tie('any'))
      .map(([left, word, right]) => `(${left}) ${word} (${right})`),
    fc.constantFrom('s1 or s2 and t', 'not s1 and t', 's1 and not s2 or t'),
  ),
})).any;

/** The documents of rules, as a file holds them. */
export const someRuleDocuments: fc.Arbitrary<Readonly<Record<string, unknown>>> = fc
  .record({ s1: detection, s2: detection, t: detection, condition: list(condition) })
  .map((parts) => ({ title: 'T', 'sigma-version': 3, logsource: {}, detection: parts }));

export const someRules: fc.Arbitrary<Rule> = someRuleDocuments.map((document) => {
  const { rules: parsed, problems } = parseRules(JSON.stringify(document), 'r.yml');
  const [rule] = parsed;
  // A generator that makes rules the engine refuses would test nothing and look like a test.
  if (rule === undefined) throw new Error(`${JSON.stringify(document)}: ${problems[0]?.message ?? ''}`);
  return rule;
});
