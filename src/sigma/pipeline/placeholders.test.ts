import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { JsonObject } from '../../event/json.ts';
import { joinRules, readRules } from '../parse.ts';
import { compileRules } from '../ruleset.ts';
import { placeholderPipeline } from './placeholders.ts';
import { load, pipelineFrom, pipelineOf, view } from './testing/fitted.ts';

describe('placeholders', () => {
  const vars = {
    admins: ['root', 'adm_*'],
    one: 'x',
    number: 7,
    odd: ['50%', 'a\\', '%one%'],
    net: '10.0.0.0/8',
    re: ['a+', '\\d'],
  };
  const filled = pipelineFrom({ vars, transformations: [{ type: 'value_placeholders' }] });

  it.each<[string, unknown, JsonObject, boolean]>([
    ['are filled with any of the values', { 'A|expand': '%admins%' }, { A: 'ROOT' }, true],
    ['with patterns', { 'A|expand': '%admins%' }, { A: 'adm_7' }, true],
    ['and nothing else', { 'A|expand': '%admins%' }, { A: '%admins%' }, false],
    ['within texts', { 'A|expand': 'a-%one%-%number%-b' }, { A: 'a-x-7-b' }, true],
    ['several in one text', { 'A|expand': '%admins%@%one%' }, { A: 'adm_1@x' }, true],
    ['with modifiers behind', { 'A|expand|endswith': '/%one%' }, { A: 'user/x' }, true],
    ['with modifiers in front', { 'A|contains|expand': '%admins%' }, { A: 'is root?' }, true],
    ['before they are encoded', { 'A|expand|base64': '%one%' }, { A: 'eA==' }, true],
    ['in networks', { 'A|cidr|expand': '%net%' }, { A: '10.1.2.3' }, true],
    ['in regular expressions, as such', { 'A|re|expand': '^%re%$' }, { A: 'aaa' }, true],
    ['in regular expressions, each', { 'A|re|expand': '^%re%$' }, { A: '5' }, true],
    ['with percent signs that begin nothing', { 'A|expand': '%odd%-%one%' }, { A: '50%-x' }, true],
    ['with values that look like placeholders', { 'A|expand': '%odd%' }, { A: '%one%' }, true],
    ['with a backslash that escapes nothing behind', { 'A|expand': '%odd%*' }, { A: 'a\\zzz' }, true],
    ['not where the sign is escaped', { 'A|expand': '\\%one%%one%' }, { A: '%one%x' }, true],
    ['but where it is not', { 'A|expand': '\\%plain%one%' }, { A: '%plainx' }, true],
    ['not without the modifier', { A: '%one%' }, { A: '%one%' }, true],
    ['in keywords', { '|expand': ['%one%'] }, { any: 'axb' }, true],
    ['with all, where there is one value', { 'A|expand|contains|all': ['%one%', 'y'] }, { A: 'yx' }, true],
  ])('%s', (_, selection, event, expected) => {
    const { problems, matches: run } = load({ s: selection, condition: 's' }, [filled]);
    expect(problems).toEqual([]);
    expect(run(event)).toBe(expected);
  });

  it('within an element of a list', () =>
    expect(
      load({ s: { 'L[any]': { 'A|expand': '%one%' } }, condition: 's' }, [filled], {
        'sigma-version': 3,
      }).matches({
        L: [{ A: 'x' }],
      }),
    ).toBe(true));

  it('of the configuration are filled last, and those that it does not know are left', () => {
    const own = placeholderPipeline({ one: ['p', 'q'] });
    const selection = { s: { 'A|expand': '%one%-%two%' }, condition: 's' };
    const two = pipelineFrom({
      vars: { two: 't' },
      transformations: [{ type: 'value_placeholders', include: ['two'] }],
    });
    expect(load(selection, [own, two]).matches({ A: 'q-t' })).toBe(true);
    expect(load(selection, [own]).problems).toEqual([
      "r.yml:6:5: the placeholder '%two%' has no values; give it some with 'rules.placeholders' in the configuration, or with 'vars' and the transformation 'value_placeholders' in a pipeline",
    ]);
  });

  it('may be any text, as the last resort', () => {
    const any = pipelineOf({ type: 'wildcard_placeholders', exclude: ['kept'] });
    expect(load({ s: { 'A|expand': 'a%x%b' }, condition: 's' }, [any]).matches({ A: 'a--b' })).toBe(true);
    expect(load({ s: { 'A|re|expand': '^a%x%b$' }, condition: 's' }, [any]).matches({ A: 'a--b' })).toBe(
      true,
    );
    expect(load({ s: { 'A|expand': '%kept%' }, condition: 's' }, [any]).problems[0]).toContain(
      "'%kept%' has no values",
    );
  });

  it('of a filter are filled too', () => {
    const rule = {
      title: 'R',
      id: 'r',
      logsource: { product: 'w' },
      detection: { s: { A: 1 }, condition: 's' },
    };
    const filter = {
      title: 'F',
      logsource: { product: 'w' },
      filter: { rules: 'any', s: { 'B|cidr|expand': '%net%' }, condition: 'not s' },
    };
    const files = [rule, filter].map((document, i) => readRules(stringify(document), `${i}.yml`));
    const { rules, problems } = joinRules(files, [filled]);
    expect(problems).toEqual([]);
    expect(compileRules(rules, view)({ A: 1, B: '10.0.0.1' })).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    [
      'without vars',
      { 'A|expand': '%nope%' },
      "the placeholder '%nope%' has no values; give it some below 'vars' of p.yml",
    ],
    [
      'that stand for several where all must hold',
      { 'A|expand|all': ['%admins%', 'y'] },
      "'all' asks for each",
    ],
    ['that make too many texts', { 'A|expand': '%admins%'.repeat(14) }, 'make more than 10000 texts'],
  ])('%s are refused', (_, selection, message) =>
    expect(load({ s: selection, condition: 's' }, [filled]).problems.join('\n')).toContain(message),
  );
});
