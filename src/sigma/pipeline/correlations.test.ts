import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { joinRules, readRules } from '../parse.ts';
import { formatProblem } from '../problem.ts';
import { readPipeline } from './pipeline.ts';

const rule = (id: string, product: string) => ({
  title: id,
  id,
  name: `${id}-name`,
  logsource: { product },
  detection: { s: { User: 'x' }, condition: 's' },
});

function load(mapping: object, ...correlations: readonly object[]) {
  const { pipeline, problems: wrong } = readPipeline(
    stringify({ transformations: [mapping].flat() }),
    'p.yml',
  );
  if (pipeline === undefined) throw new Error(wrong.map(formatProblem).join());
  const documents = [rule('a', 'one'), rule('b', 'two'), ...correlations];
  const { correlations: found, problems } = joinRules(
    documents.map((document, i) => readRules(stringify(document), `${i}.yml`)),
    [pipeline],
  );
  return { found, problems: problems.map(formatProblem) };
}

const correlation = (more: object) => ({
  title: 'C',
  id: 'c',
  correlation: {
    type: 'value_count',
    rules: ['a'],
    'group-by': ['User'],
    timespan: '1h',
    condition: { field: 'Ip', gte: 2 },
    ...more,
  },
});
const everywhere = { type: 'field_name_mapping', mapping: { User: 'user.name', Ip: 'source.ip' } };
const inOne = { ...everywhere, rule_conditions: [{ type: 'logsource', product: 'one' }] };

describe('a correlation reads the fields of its rules under the names that pipelines give them', () => {
  it.each<[string, object, object]>([
    ['where a step is for all rules', everywhere, {}],
    ['where a step is for the rule that it names', inOne, {}],
    ['by the name of the rule', inOne, { rules: ['a-name'] }],
  ])('%s', (_, step, more) => {
    const { found, problems } = load(step, correlation(more));
    expect(problems).toEqual([]);
    expect(found[0]).toMatchObject({ groupBy: ['user.name'], test: { fields: ['source.ip'] } });
  });

  it('not where the step is for other rules', () =>
    expect(load(inOne, correlation({ rules: ['b'] })).found[0]).toMatchObject({ groupBy: ['User'] }));

  it('through another correlation', () => {
    const outer = {
      title: 'O',
      id: 'o',
      correlation: {
        type: 'event_count',
        rules: ['c'],
        'group-by': ['User'],
        timespan: '1h',
        condition: { gte: 2 },
      },
    };
    expect(load(inOne, correlation({}), outer).found[1]).toMatchObject({ groupBy: ['user.name'] });
  });

  it('for each rule its own behind an alias, whose name stays', () => {
    const { found, problems } = load(
      inOne,
      correlation({
        rules: ['a', 'b'],
        'group-by': ['who'],
        aliases: { who: { a: 'User', b: 'User' } },
        condition: { field: 'who', gte: 2 },
      }),
    );
    expect(problems).toEqual([]);
    expect(found[0]).toMatchObject({
      groupBy: ['who'],
      aliases: [
        {
          fields: [
            { rule: 'a', field: 'user.name' },
            { rule: 'b', field: 'User' },
          ],
        },
      ],
    });
  });

  it('and it is left out where they would be several', () => {
    const { found, problems } = load(inOne, correlation({ rules: ['a', 'b'] }));
    expect(found).toEqual([]);
    expect(problems.join()).toContain(
      "2.yml:6:7: pipelines give 'User' several names in its rules (user.name, User); give it one with 'aliases'",
    );
  });
});
