import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { headerFields } from '../../src/sigma/header.ts';
import { parseRules } from '../../src/sigma/parse.ts';
import { someRuleDocuments } from '../../src/sigma/testing/some-rules.ts';
import { publishedRules } from '../support/published-rules.ts';
import { root, tocsin } from '../support/cli.ts';
import { docTexts, snippetsOf } from '../docs/snippets.ts';

/** As an editor reads them: from their files. `strict` refuses whatever in a schema has no effect. */
const ajv = new Ajv({
  strict: true,
  strictTypes: false,
  strictRequired: false,
  allowMatchingProperties: true,
});
const schemaAt = (name: string): { readonly properties: object } =>
  JSON.parse(readFileSync(join(root, `schema/${name}.schema.json`), 'utf8'));
const isRule = ajv.compile(schemaAt('rule'));
const isTest = ajv.compile(schemaAt('test'));

/** The problems of each document of a YAML text. */
function problems(validate: ValidateFunction, text: string): readonly string[] {
  const documents = parseAllDocuments(text, { prettyErrors: false });
  return (Array.isArray(documents) ? documents : []).flatMap((document) => {
    const plain: unknown = JSON.parse(JSON.stringify(document.toJS() ?? null));
    if (validate(plain)) return [];
    return (validate.errors ?? []).map(({ instancePath, message = '' }) => `${instancePath} ${message}`);
  });
}

describe('the schemas take', () => {
  const own = ['rules', 'examples/rules'].flatMap((folder) => globSync(join(root, folder, '**/*.yml')));

  it('every rule and every test that comes with Tocsin', () => {
    expect(own.length).toBeGreaterThan(150);
    for (const path of own)
      expect(
        problems(path.endsWith('.test.yml') ? isTest : isRule, readFileSync(path, 'utf8')),
        path,
      ).toEqual([]);
  });

  it('every rule, correlation and filter of the docs', () => {
    const snippets = docTexts()
      .flatMap(({ path, text }) => snippetsOf(path, text))
      .filter(({ text }) => /^(?:detection|correlation|filter):/m.test(text) && /^title:/m.test(text));
    expect(snippets.length).toBeGreaterThan(3);
    for (const { place, text, file } of snippets)
      expect(problems(file.endsWith('.test.yml') ? isTest : isRule, text), place).toEqual([]);
  });

  it.skipIf(publishedRules.length === 0)('every rule that SigmaHQ publishes', () => {
    expect(publishedRules.length).toBe(3141);
    for (const { path, text } of publishedRules) expect(problems(isRule, text), path).toEqual([]);
  });

  const specification = join(
    process.env['TOCSIN_TEST_DATA'] ?? join(root, '../shared/data'),
    'sigma-specification/tests/schema',
  );

  it.skipIf(!existsSync(specification))("the specification's own examples", () => {
    const paths = globSync(join(specification, '**/*.yml'));
    expect(paths.length).toBeGreaterThan(8);
    for (const path of paths) expect(problems(isRule, readFileSync(path, 'utf8')), path).toEqual([]);
  });

  it('whatever rule the parser takes', () => {
    fc.assert(
      fc.property(someRuleDocuments, (document) => {
        isRule(document);
        expect(isRule.errors ?? []).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

const good = `title: T
logsource: { product: aws, service: cloudtrail }
detection:
  selection:
    eventName: StopLogging
  condition: selection
`;
const field = (line: string) => good.replace('eventName: StopLogging', line);

it('takes the rule that the broken ones are made of', () => expect(problems(isRule, good)).toEqual([]));

describe('the schema of rules refuses', () => {
  it.each<[string, string]>([
    ['no title', good.replace('title: T\n', '')],
    ['no log source', good.replace(/logsource: .*\n/, '')],
    ['no detection', good.replace(/detection:[^]*/, '')],
    ['no condition', good.replace('  condition: selection\n', '')],
    ['nothing but a condition', good.replace(/ {2}selection:[^]*Logging\n/, '')],
    ['a level that is none', `${good}level: severe\n`],
    ['a level in capitals', `${good}level: High\n`],
    ['a status that is none', `${good}status: beta\n`],
    ['a date with slashes', `${good}date: 2024/01/15\n`],
    ['an id that is no UUID', `${good}id: 12\n`],
    ['a tag without a namespace', `${good}tags: [persistence]\n`],
    ['a title that is too long', good.replace('title: T', `title: ${'x'.repeat(257)}`)],
    ['a modifier that is none', field('eventName|contain: x')],
    ['a modifier in capitals', field('eventName|Contains: x')],
    ['an empty modifier', field('eventName|: x')],
    ['a text where a number is needed', field("a|gte: '5'")],
    ['a text where true or false is needed', field('a|exists: maybe')],
    ['true where a text is needed', field('a|contains: true')],
    ['nothing where a text is needed', field('a|startswith: null')],
    ['a number where a regular expression is needed', field('a|re: 5')],
    ['half an hour', field('eventTime|hour: 1.5')],
    ['an empty list', field('eventName: []')],
    ['an empty map', good.replace('selection:\n    eventName: StopLogging', 'selection: {}')],
    ['a map as a value', field('eventName: { a: b }')],
    ['a field under tocsin. that there is not', field('tocsin.actor.nmae: alice')],
    ['a key under tocsin that there is not', `${good}tocsin: { headlin: x }\n`],
    ['a time frame', good.replace('  condition', '  timeframe: 5m\n  condition')],
    ['a selector without a field to ask', field('items[any]: {}')],
    [
      'a type of correlation that there is not',
      'title: T\ncorrelation: { type: count, rules: [a], timespan: 5m }\n',
    ],
    ['a correlation without rules', 'title: T\ncorrelation: { type: event_count, timespan: 5m }\n'],
    ['a time span without a unit', 'title: T\ncorrelation: { type: event_count, rules: [a], timespan: 5 }\n'],
    [
      'a bound that is none',
      'title: T\ncorrelation: { type: event_count, rules: [a], timespan: 5m, condition: { ge: 5 } }\n',
    ],
    [
      'a key of correlations that there is not',
      'title: T\ncorrelation: { type: temporal, rules: [a], timespan: 5m, groupby: [b] }\n',
    ],
    ['a filter without rules', 'title: T\nlogsource: {}\nfilter: { s: { a: b }, condition: not s }\n'],
    ['a filter without a log source', 'title: T\nfilter: { rules: any, s: { a: b }, condition: not s }\n'],
    ['a filter without a search', 'title: T\nlogsource: {}\nfilter: { rules: any, condition: not s }\n'],
  ])('%s', (_, text) => expect(problems(isRule, text).length).toBeGreaterThan(0));

  it('no modifier that the parser knows, and each that it does not know', () => {
    const words = [
      'contains',
      'all',
      'base64offset',
      'windash',
      're',
      'hour',
      'expand',
      'fieldref',
      'neq',
      'upper',
      'iregex',
      'i',
    ];
    for (const word of words) {
      const message = parseRules(field(`a|${word}: x`), 'r.yml')
        .problems.map((one) => one.message)
        .join();
      const told = problems(isRule, field(`a|${word}: x`)).some((one) => one.includes('property name'));
      expect(told, word).toBe(message.includes('is not a modifier'));
    }
  });

  it('no key of a header', () => {
    expect(Object.keys(schemaAt('rule').properties)).toEqual(
      expect.arrayContaining(Object.keys(headerFields)),
    );
  });
});

describe('the schema of tests refuses', () => {
  const test = 'base: { eventName: x }\ncases:\n  - { name: n, expect: match, change: { a: null } }\n';
  it('but not a good one', () => expect(problems(isTest, test)).toEqual([]));

  it.each<[string, string]>([
    ['no cases', 'base: { a: b }\ncases: []\n'],
    ['another key', `${test}more: 1\n`],
    ['an expectation that is none', test.replace('match', 'matches')],
    ['a case without a name', test.replace('name: n, ', '')],
    ['a record that is a text', test.replace('{ eventName: x }', 'x')],
    ['a key of a case that there is not', test.replace('change', 'changes')],
  ])('%s', (_, text) => expect(problems(isTest, text).length).toBeGreaterThan(0));
});

it.each(['rule', 'test'])('tocsin rules schema %s prints what lies in schema/', async (kind) => {
  const { code, stdout } = await tocsin(['rules', 'schema', kind]);
  expect(JSON.parse(stdout)).toEqual(schemaAt(kind));
  expect(code).toBe(0);
});

it('a folder of rules can name its schema in each file', () => {
  const text = `# yaml-language-server: $schema=../schema/rule.schema.json\n${good}`;
  expect(parseRules(text, 'r.yml').problems).toEqual([]);
  expect(problems(isRule, text)).toEqual([]);
});
