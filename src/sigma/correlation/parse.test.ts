import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseRules } from '../parse.ts';
import { formatProblem } from '../problem.ts';
import type { Correlation, CorrelationTest } from './correlation.ts';

function parsed(own: string, more = ''): Correlation {
  const { correlations, problems } = parseRules(`title: T\n${more}correlation:\n${own}`, 'c.yml');
  expect(problems.map(formatProblem)).toEqual([]);
  const [only] = correlations;
  if (only === undefined) throw new Error('no correlation was read');
  return only;
}

const base = '  rules: [a, b]\n  group-by: [user]\n  timespan: 5m\n';

describe('a correlation', () => {
  it.each<[string, string, CorrelationTest]>([
    [
      'counts events',
      'type: event_count\n  condition: { gte: 10 }',
      { type: 'event_count', bounds: [{ operator: 'gte', value: 10 }] },
    ],
    [
      'takes a range',
      'type: event_count\n  condition: { gt: 100, lte: 200 }',
      {
        type: 'event_count',
        bounds: [
          { operator: 'gt', value: 100 },
          { operator: 'lte', value: 200 },
        ],
      },
    ],
    [
      'takes a number that is written as a text',
      "type: event_count\n  condition: { eq: '3' }",
      { type: 'event_count', bounds: [{ operator: 'eq', value: 3 }] },
    ],
    [
      'counts values of a field',
      'type: value_count\n  condition: { field: ip, neq: 1 }',
      { type: 'value_count', fields: ['ip'], bounds: [{ operator: 'neq', value: 1 }] },
    ],
    [
      'counts combinations of several fields',
      'type: value_count\n  condition: { field: [ip, agent], gte: 2 }',
      { type: 'value_count', fields: ['ip', 'agent'], bounds: [{ operator: 'gte', value: 2 }] },
    ],
    [
      'sums',
      'type: value_sum\n  condition: { field: bytes, gt: 1.5 }',
      { type: 'value_sum', field: 'bytes', bounds: [{ operator: 'gt', value: 1.5 }] },
    ],
    [
      'takes a percentile',
      'type: value_percentile\n  condition: { field: bytes, gt: 10, percentile: 95 }',
      { type: 'value_percentile', field: 'bytes', percentile: 95, bounds: [{ operator: 'gt', value: 10 }] },
    ],
    [
      'asks for all rules where a temporal one has no condition',
      'type: temporal',
      { type: 'temporal', bounds: [{ operator: 'gte', value: 2 }] },
    ],
    [
      'takes a condition over rules',
      'type: temporal\n  condition: a and not b',
      {
        type: 'temporal',
        source: 'a and not b',
        expression: {
          type: 'and',
          of: [
            { type: 'detection', name: 'a' },
            { type: 'not', of: { type: 'detection', name: 'b' } },
          ],
        },
      },
    ],
    [
      'learns before it tells of new values',
      'type: tocsin_new_value\n  learning: 7d\n  condition: { field: ip }',
      { type: 'tocsin_new_value', fields: ['ip'], learning: 604_800_000 },
    ],
    [
      'sees a change',
      'type: tocsin_change\n  condition: { field: ip }',
      { type: 'tocsin_change', field: 'ip' },
    ],
    [
      'sees a journey',
      'type: tocsin_travel\n  minimum: 500\n  condition: { field: [lat, lon], gte: 1000 }',
      {
        type: 'tocsin_travel',
        fields: ['lat', 'lon'],
        bounds: [{ operator: 'gte', value: 1000 }],
        minimum: 500,
      },
    ],
    [
      'sees a spike',
      'type: tocsin_spike\n  minimum: 20\n  condition: { gte: 3 }',
      { type: 'tocsin_spike', bounds: [{ operator: 'gte', value: 3 }], minimum: 20, reference: 1 },
    ],
    ['sees silence', 'type: tocsin_flatline\n  condition: { lt: 1 }', { type: 'tocsin_flatline', below: 1 }],
    [
      'sees a share',
      'type: tocsin_percentage\n  condition: { gt: 50 }',
      { type: 'tocsin_percentage', bounds: [{ operator: 'gt', value: 50 }], minimum: 1 },
    ],
  ])('%s', (_, own, test) => {
    expect(parsed(`${base}  ${own}\n`).test).toEqual(test);
  });

  it('takes its rules from the condition where it lists none', () => {
    const { rules } = parsed('  type: temporal\n  timespan: 5m\n  condition: (a or b) and a\n');
    expect(rules).toEqual([
      { name: 'a', line: 5, column: 3 },
      { name: 'b', line: 5, column: 3 },
    ]);
  });

  it('knows where it names its rules', () => {
    const { rules } = parsed('  type: temporal\n  rules:\n    - a\n    - b\n  timespan: 5m\n');
    expect(rules).toEqual([
      { name: 'a', line: 5, column: 7 },
      { name: 'b', line: 6, column: 7 },
    ]);
  });

  it.each([
    ['30s', 30_000],
    ['90m', 5_400_000],
    ['12h', 43_200_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    ['1M', 2_629_746_000],
    ['1y', 31_556_952_000],
  ])('lasts %s', (text, timespan) => {
    expect(parsed(`  type: temporal\n  rules: [a]\n  timespan: ${text}\n`)).toMatchObject({
      timespan,
      timespanText: text,
    });
  });

  it('keeps its header, aliases and custom keys as any rule', () => {
    const correlation = parsed(
      `${base}  type: temporal\n  aliases:\n    ip: { a: src, b: dst }\n`,
      'id: x\nname: n\nlevel: high\ntags: [attack.t1078]\nfalsepositives: one\ngenerate: true\ntocsin: { headline: H }\n',
    );
    expect(correlation).toMatchObject({
      id: 'x',
      name: 'n',
      level: 'high',
      tags: ['attack.t1078'],
      falsePositives: ['one'],
      generate: true,
      custom: { tocsin: { headline: 'H' } },
      groupBy: ['user'],
      aliases: [
        {
          name: 'ip',
          fields: [
            { rule: 'a', field: 'src' },
            { rule: 'b', field: 'dst' },
          ],
        },
      ],
    });
  });

  it.each([
    ['type: event_count', '2:1', "'condition' is missing; event_count needs one"],
    ['type: event_counts', '6:3', "'event_counts' is not a type of correlation; there are event_count, "],
    ['type: event_count\n  condition: {}', '7:3', "'condition' needs one of gt, gte, lt, lte, eq, neq"],
    ['type: event_count\n  condition: { gte: many }', '7:16', "'gte' is not a number"],
    ['type: event_count\n  condition: { gte: 1, field: x }', '7:24', "of event_count has no 'field'"],
    ['type: event_count\n  condition: { gt: 1, gte: 2 }', '7:3', 'may have one bound, or a range'],
    ['type: event_count\n  condition: { gt: 5, lt: 6 }', '7:3', 'can never hold'],
    ['type: event_count\n  condition: { lt: 1 }', '7:3', 'for a source gone silent, use tocsin_flatline'],
    ['type: value_avg\n  condition: { gt: 6, lt: 5 }', '7:3', "needs 'field'"],
    ['type: value_avg\n  condition: { field: x, gt: 6, lt: 5 }', '7:3', 'nothing lies between'],
    ['type: value_count\n  condition: { gte: 2 }', '7:3', "needs 'field'"],
    ['type: value_sum\n  condition: { field: [a, b], gte: 2 }', '7:16', 'not several'],
    ['type: value_percentile\n  condition: { field: a, gte: 2, percentile: 101 }', '7:34', 'up to 100'],
    ['type: event_count\n  condition: a and b', '7:3', 'only temporal and temporal_ordered take'],
    ['type: temporal\n  condition: a and c', '7:3', "no rule is called 'c'; there is 'a', 'b'"],
    ['type: temporal\n  condition: a', '7:3', "says nothing of 'b'"],
    ['type: temporal\n  condition: { gte: 3 }', '7:3', "it asks for 3 rules, and 'rules' names 2"],
    ['type: temporal_ordered\n  condition: not a and not b', '7:3', 'name at least one that must'],
    ['type: temporal_ordered\n  condition: 2 of them', '7:3', "has '2 of'"],
    ['type: temporal\n  minimum: 4', '7:3', "'minimum' means nothing to temporal"],
    ['type: tocsin_flatline\n  condition: { gt: 4 }', '7:3', 'takes lt or lte'],
    ['type: tocsin_spike\n  condition: { lt: 4 }', '7:3', 'takes gt or gte with the ratio'],
    ['type: tocsin_travel\n  condition: { field: lat, gte: 1 }', '7:3', 'the latitude and the longitude'],
    ['type: tocsin_travel\n  condition: { field: [lat, lon], lt: 1 }', '7:3', 'a speed in kilometres'],
    [
      'type: tocsin_new_value\n  learning: soon\n  condition: { field: x }',
      '7:3',
      "'learning' is no time span",
    ],
    ['type: tocsin_new_value\n  condition: { field: x, gte: 1 }', '7:26', 'takes a field alone'],
    ['type: temporal\n  aliases: { ip: { c: src } }', '7:20', "the alias 'ip' names the rule 'c'"],
  ])('is refused where it has %j', (own, place, reason) => {
    const { correlations, problems } = parseRules(`title: T\ncorrelation:\n${base}  ${own}\n`, 'c.yml');
    expect(correlations).toEqual([]);
    expect(problems.map(formatProblem)).toEqual([expect.stringContaining(reason)]);
    expect(
      formatProblem(problems[0] ?? { level: 'error', path: '', line: 0, column: 0, message: '' }),
    ).toMatch(new RegExp(`^c.yml:${place}: `));
  });

  it.each([
    ['60', "'60' lacks its unit: write 60s for seconds"],
    ['5 m', 'is no time span such as'],
    ['0m', 'must be longer than nothing'],
    ['11y', 'longer than ten years'],
    ['1H', 'is no time span such as'],
  ])('is refused where it lasts %s', (timespan, reason) => {
    const { problems } = parseRules(
      `title: T\ncorrelation:\n  type: temporal\n  rules: [a]\n  timespan: ${timespan}\n`,
      'c.yml',
    );
    expect(problems.map(formatProblem)).toEqual([
      expect.stringMatching(`^c.yml:5:3: 'timespan' .*${reason}`),
    ]);
  });

  it.each([
    ['rules: [a, a]', "'rules' names the rule 'a' twice"],
    ['rules: []', "'rules' names no rule"],
    ['rules: [a]\n  group-by: [x, x]', "'group-by' names the field 'x' twice"],
  ])('is refused where it has %j', (own, reason) => {
    const { problems } = parseRules(
      `title: T\ncorrelation:\n  type: temporal\n  timespan: 1m\n  ${own}\n`,
      'c.yml',
    );
    expect(problems.map(formatProblem)).toEqual([expect.stringContaining(reason)]);
  });

  it('is read with a warning where a key of it means nothing', () => {
    const { correlations, problems } = parseRules(
      'title: T\ncorrelation:\n  type: temporal\n  rules: [a]\n  timespan: 1m\n  groupby: [x]\n',
      'c.yml',
    );
    expect(correlations).toHaveLength(1);
    expect(problems).toEqual([
      {
        level: 'warning',
        path: 'c.yml',
        line: 6,
        column: 3,
        message: "'groupby' is not a key of correlations and changes nothing",
      },
    ]);
  });

  it('stands in one file with the rules that it is about', () => {
    const { rules, correlations } = parseRules(
      `title: C\ncorrelation: { type: event_count, rules: [r], timespan: 1m, condition: { gte: 2 } }\n---\ntitle: R\nname: r\nlogsource: {}\ndetection: { a: { x: y }, condition: a }\n`,
      'c.yml',
    );
    expect(rules.map(({ name }) => name)).toEqual(['r']);
    expect(correlations.map(({ title }) => title)).toEqual(['C']);
  });
});

/** Examples of the specification, read where they lie; without them this is skipped and counted as such. */
const data = process.env['TOCSIN_TEST_DATA'] ?? join(import.meta.dirname, '../../../../shared/data');
const specification = join(data, 'sigma-specification');

describe.skipIf(!existsSync(specification))('the examples of the specification', () => {
  const folder = join(specification, 'tests/schema/correlation');
  const files = existsSync(folder) ? readdirSync(folder).sort() : [];
  it.each(files)('%s is read', (file) => {
    const { correlations, problems } = parseRules(readFileSync(join(folder, file), 'utf8'), file);
    expect(problems).toEqual([]);
    expect(correlations).toHaveLength(1);
  });

  it('in its text are read as well, where they are whole documents', () => {
    const text = readFileSync(
      join(specification, 'specification/sigma-correlation-rules-specification.md'),
      'utf8',
    );
    const blocks = [...text.matchAll(/```ya?ml\n([^]*?)```/g)].map(([, block = '']) => block);
    const whole = blocks.filter(
      (block) => /^title: \S/m.test(block) && /^correlation:\n\s+type/m.test(block),
    );
    expect(whole.length).toBeGreaterThanOrEqual(6);
    for (const block of whole) expect(parseRules(block, 'x.yml').problems.map(formatProblem)).toEqual([]);
  });
});
