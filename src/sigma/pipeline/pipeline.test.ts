import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { JsonObject } from '../../event/json.ts';
import { joinRules, readRules } from '../parse.ts';
import { formatProblem } from '../problem.ts';
import { compileRules } from '../ruleset.ts';
import { readPipeline } from './pipeline.ts';
import { load, map, matches, pipelineFrom, pipelineOf, view } from './testing/fitted.ts';

describe('field names are mapped', () => {
  it.each<[string, unknown, readonly object[], JsonObject, boolean]>([
    ['one to one', { A: 1 }, [map({ A: 'b' })], { b: 1 }, true],
    ['and the old name means nothing any more', { A: 1 }, [map({ A: 'b' })], { A: 1 }, false],
    ['with the modifiers that they have', { 'A|startswith': 'x' }, [map({ A: 'b' })], { b: 'xy' }, true],
    ['to names with dots', { A: 1 }, [map({ A: 'b.c' })], { b: { c: 1 } }, true],
    ['one to many: any of them', { A: 1 }, [map({ A: ['b', 'c'] })], { c: 1 }, true],
    ['one to many: none of them for neq', { 'A|neq': 1 }, [map({ A: ['b', 'c'] })], { b: 2, c: 1 }, false],
    ['one to many: all absent', { 'A|exists': false }, [map({ A: ['b', 'c'] })], { c: 1 }, false],
    ['one to many: any there', { 'A|exists': true }, [map({ A: ['b', 'c'] })], { c: 1 }, true],
    ['one to many: all null', { A: null }, [map({ A: ['b', 'c'] })], { c: 1 }, false],
    ['one after the other', { A: 1 }, [map({ A: 'b' }), map({ b: 'c' })], { c: 1 }, true],
    ['not twice in one step', { A: 1 }, [map({ A: 'b', b: 'c' })], { b: 1 }, true],
    ['in lists of maps', [{ A: 1 }, { B: 1 }], [map({ B: 'c' })], { c: 1 }, true],
    ['where they are compared with', { 'A|fieldref': 'B' }, [map({ B: 'c' })], { A: 'x', c: 'X' }, true],
    [
      'where they are compared with, to many',
      { 'A|fieldref': 'B' },
      [map({ B: ['c', 'd'] })],
      { A: 'x', d: 'x' },
      true,
    ],
    [
      'by their beginning',
      { 'win.A': 1 },
      [{ type: 'field_name_prefix_mapping', mapping: { 'win.': 'w_' } }],
      { w_A: 1 },
      true,
    ],
    [
      'by their beginning, to many',
      { 'win.A': 1 },
      [{ type: 'field_name_prefix_mapping', mapping: { 'win.': ['w_', 'x_'] } }],
      { x_A: 1 },
      true,
    ],
    ['with a prefix', { A: 1 }, [{ type: 'field_name_prefix', prefix: 'e.' }], { e: { A: 1 } }, true],
    ['with a suffix', { A: 1 }, [{ type: 'field_name_suffix', suffix: '_s' }], { A_s: 1 }, true],
    ['inherited names are not mapped', { constructor: 1 }, [map({ A: 'b' })], { constructor: 1 }, true],
    [
      'texts without a field are left',
      ['x'],
      [{ type: 'field_name_prefix', prefix: 'e.' }],
      { any: 'x' },
      true,
    ],
  ])('%s', (_, selection, steps, event, expected) => {
    expect(matches(selection, steps, event)).toBe(expected);
  });

  it('of a list whose elements are asked, and not within the elements', () => {
    const selection = { 'A[any]': { x: 1, y: 2, 'z|fieldref': 'B' } };
    const steps = [map({ A: 'list', x: 'never', B: 'owner' })];
    const event = { list: [{ x: 1, y: 2, z: 'o' }], owner: 'o' };
    expect(matches(selection, steps, event, { 'sigma-version': 3 })).toBe(true);
  });

  it('also in filters', () => {
    const rule = {
      title: 'R',
      id: 'r',
      logsource: { product: 'w' },
      detection: { s: { A: 1 }, condition: 's' },
    };
    const filter = {
      title: 'F',
      logsource: { product: 'w' },
      filter: { rules: ['r'], s: { B: 1 }, condition: 'not s' },
    };
    const files = [rule, filter].map((document, i) => readRules(stringify(document), `${i}.yml`));
    const run = compileRules(joinRules(files, [pipelineOf(map({ A: 'a', B: 'b' }))]).rules, view);
    expect([run({ a: 1 }).length, run({ a: 1, b: 1 }).length]).toEqual([1, 0]);
  });
});

describe('a step is taken where its conditions hold', () => {
  const rule = { A: 1, B: 'x*' };
  const head = { level: 'high', status: 'test', tags: ['attack.t1059'], author: 'me', x_own: 5 };
  const taken = (conditions: object, selection: unknown = rule) => {
    const { rule: fitted } = load(
      { s: selection, condition: 's' },
      [
        pipelineOf(
          { id: 'state', type: 'set_state', key: 'k', val: 3 },
          { id: 'before', ...map({ A: 'A2' }) },
          { type: 'field_name_suffix', suffix: '!', ...conditions },
        ),
      ],
      head,
    );
    return (
      JSON.stringify(fitted?.detections)
        .match(/"field":"[^"]*!"/g)
        ?.map((found) => found.slice(9, -2)) ?? []
    );
  };
  const both = ['A2', 'B'];
  const rules = (...conditions: readonly object[]) => ({ rule_conditions: conditions });

  it.each<[string, object, readonly string[]]>([
    ['always, without any', {}, both],
    ['for its log source', rules({ type: 'logsource', product: 'windows' }), both],
    ['not for another', rules({ type: 'logsource', product: 'windows', service: 'x' }), []],
    ['where the rule has the field', rules({ type: 'contains_field', field: 'B' }), both],
    ['not where it had it before', rules({ type: 'contains_field', field: 'A' }), []],
    ['where the rule has the item', rules({ type: 'contains_detection_item', field: 'A2', value: 1 }), both],
    ['where it has the text', rules({ type: 'contains_detection_item', field: 'B', value: 'x*' }), both],
    ['not where the text is another', rules({ type: 'contains_detection_item', field: 'B', value: 'x' }), []],
    ['for rules', rules({ type: 'is_sigma_rule' }), both],
    ['not for correlations', rules({ type: 'is_sigma_correlation_rule' }), []],
    ['for a tag', rules({ type: 'tag', tag: 'attack.t1059' }), both],
    [
      'for a level and over',
      rules({ type: 'rule_attribute', attribute: 'level', value: 'medium', op: 'gte' }),
      both,
    ],
    [
      'not under a status',
      rules({ type: 'rule_attribute', attribute: 'status', value: 'test', op: 'lt' }),
      [],
    ],
    ['for a key of its own', rules({ type: 'rule_attribute', attribute: 'x_own', value: 4, op: 'gt' }), both],
    ['for a title', rules({ type: 'rule_attribute', attribute: 'title', value: 'T' }), both],
    [
      'for one of its tags',
      rules({ type: 'rule_attribute', attribute: 'tags', value: 'a', op: 'not_in' }),
      both,
    ],
    ['not for an unknown attribute', rules({ type: 'rule_attribute', attribute: 'no', value: 1 }), []],
    ['after a step', rules({ type: 'processing_item_applied', processing_item_id: 'before' }), both],
    ['in a state', rules({ type: 'processing_state', key: 'k', val: 2, op: 'gt' }), both],
    ['not in a state that is not set', rules({ type: 'processing_state', key: 'z', val: 2, op: 'ne' }), []],
    ['where all hold', rules({ type: 'is_sigma_rule' }, { type: 'tag', tag: 'x' }), []],
    [
      'where one holds',
      { ...rules({ type: 'is_sigma_rule' }, { type: 'tag', tag: 'x' }), rule_cond_op: 'or' },
      both,
    ],
    ['where they do not hold', { ...rules({ type: 'tag', tag: 'x' }), rule_cond_not: true }, both],
    [
      'by an expression over names',
      {
        rule_conditions: { a: { type: 'is_sigma_rule' }, b: { type: 'tag', tag: 'x' } },
        rule_cond_expr: 'a and not b',
      },
      both,
    ],
    ['for fields', { field_name_conditions: [{ type: 'include_fields', fields: ['B'] }] }, ['B']],
    ['not for fields', { field_name_conditions: [{ type: 'exclude_fields', fields: ['B'] }] }, ['A2']],
    [
      'for fields that begin so',
      { field_name_conditions: [{ type: 'include_fields', fields: ['A'], mode: 're' }] },
      ['A2'],
    ],
    [
      'for fields that a step has named',
      { field_name_conditions: [{ type: 'processing_item_applied', processing_item_id: 'before' }] },
      ['A2'],
    ],
    [
      'for items that a step has changed',
      { detection_item_conditions: [{ type: 'processing_item_applied', processing_item_id: 'before' }] },
      ['A2'],
    ],
    ['for wildcards', { detection_item_conditions: [{ type: 'contains_wildcard', cond: 'any' }] }, ['B']],
    ['for a value', { detection_item_conditions: [{ type: 'match_value', cond: 'all', value: 1 }] }, ['A2']],
    [
      'for texts',
      { detection_item_conditions: [{ type: 'match_string', cond: 'any', pattern: 'x\\*$' }] },
      ['B'],
    ],
    [
      'for other texts',
      { detection_item_conditions: [{ type: 'match_string', cond: 'any', pattern: 'x', negate: true }] },
      ['A2'],
    ],
    [
      'where both sorts hold',
      {
        detection_item_conditions: [{ type: 'contains_wildcard', cond: 'any' }],
        field_name_conditions: [{ type: 'include_fields', fields: ['A2'] }],
      },
      [],
    ],
  ])('%s', (_, conditions, fields) => expect(taken(conditions)).toEqual(fields));

  it('sees the wildcards of modifiers in texts, as pySigma does', () => {
    const found = taken(
      { detection_item_conditions: [{ type: 'match_string', cond: 'any', pattern: '\\*x' }] },
      { 'A|contains': 'x', 'B|startswith': 'x' },
    );
    expect(found).toEqual(['A2']);
  });

  it('is null', () =>
    expect(
      taken({ detection_item_conditions: [{ type: 'is_null', cond: 'all' }] }, { A: null, B: 'x' }),
    ).toEqual(['A2']));
});

describe('conditions are added', () => {
  const add = (more: object = {}) => ({
    type: 'add_condition',
    conditions: { src: 'w', 'n|gte': 2 },
    ...more,
  });

  it.each<[string, object, JsonObject, boolean]>([
    ['that must hold', add(), { A: 1, src: 'W', n: 3 }, true],
    ['each of them', add(), { A: 1, src: 'W', n: 1 }, false],
    ['besides what the rule asks', add(), { src: 'W', n: 3 }, false],
    ['that must not hold', add({ negated: true }), { A: 1, src: 'W', n: 3 }, false],
    [
      'with the log source in them',
      add({ conditions: { src: '${product}-$product-$x' }, template: true }),
      { A: 1, src: 'windows-windows-$x' },
      true,
    ],
    ['as they are written', add({ conditions: { src: '$product' } }), { A: 1, src: '$product' }, true],
  ])('%s', (_, step, event, expected) => expect(matches({ A: 1 }, [step], event)).toBe(expected));

  it('not meeting a search that is called so', () =>
    expect(matches({ A: 1 }, [add({ name: 's' })], { A: 1, src: 'w', n: 2 })).toBe(true));

  it('and are no part of what the rule calls them', () => {
    const { matches: run } = load({ s: { A: 1 }, t: { B: 1 }, condition: '1 of them' }, [pipelineOf(add())]);
    expect([run({ src: 'w', n: 2 }), run({ B: 1, src: 'w', n: 2 })]).toEqual([false, true]);
  });

  it('and the next step fits them as well', () =>
    expect(matches({ A: 1 }, [add(), map({ src: 'from' })], { A: 1, from: 'w', n: 2 })).toBe(true));
});

describe('items are dropped', () => {
  const drop = (...fields: readonly string[]) => ({
    type: 'drop_detection_item',
    field_name_conditions: [{ type: 'include_fields', fields }],
  });

  it('and the others stay', () => expect(matches({ A: 1, B: 1 }, [drop('A')], { B: 1 })).toBe(true));

  it('but not the last of a search', () =>
    expect(
      load({ s: { A: 1 }, t: { B: 1 }, condition: 's and t' }, [pipelineOf(drop('A'))]).problems,
    ).toEqual([
      "r.yml:5:3: step 1 of p.yml leaves nothing of 's', which would then match every event; drop less, or leave the rule out",
    ]));
});

describe('texts are replaced', () => {
  const replace = (regex: string, replacement: string, more: object = {}) => ({
    type: 'replace_string',
    regex,
    replacement,
    ...more,
  });

  it.each<[string, unknown, object, JsonObject, boolean]>([
    ['in texts', { A: 'C:\\x' }, replace('^C:', 'D:'), { A: 'd:\\x' }, true],
    [
      'with groups',
      { A: 'ab-cd' },
      replace('(\\w+)-(?P<n>\\w+)', '\\2.\\g<1>.\\g<n>'),
      { A: 'cd.ab.cd' },
      true,
    ],
    ['everywhere', { A: 'a-a' }, replace('a', 'b'), { A: 'b-b' }, true],
    ['in numbers', { A: 17 }, replace('^1', '2'), { A: '27' }, true],
    ['with wildcards where they are written', { A: 'abc' }, replace('b', '*'), { A: 'aXXc' }, true],
    ['with a wildcard that means itself', { A: 'abc' }, replace('b', '\\\\*'), { A: 'a*c' }, true],
    ['beside wildcards, which stay', { A: '*\\x?' }, replace('x', 'y'), { A: 'C:\\yz' }, true],
    ['beside escaped wildcards, which stay', { A: '\\*x' }, replace('x', 'y'), { A: 'zy' }, false],
    [
      'beside a backslash and a wildcard, which stay',
      { A: 'x\\\\*' },
      replace('x', 'y'),
      { A: 'y\\z' },
      true,
    ],
    [
      'with the wildcards of contains in sight',
      { 'A|contains': 'x' },
      replace('^\\*', ''),
      { A: 'xyz' },
      true,
    ],
    [
      'with the wildcards of contains in sight, as they are then',
      { 'A|contains': 'x' },
      replace('^\\*', ''),
      { A: 'yx' },
      false,
    ],
    ['in each of several', { 'A|endswith': ['x', 'y'] }, replace('x', 'z'), { A: 'by' }, true],
    ['not in regular expressions', { 'A|re': '^x' }, replace('x', 'y'), { A: 'x' }, true],
    ['not in what is encoded', { 'A|base64': 'x' }, replace('e', 'f'), { A: 'eA==' }, true],
    [
      'besides wildcards only',
      { A: '*a*' },
      replace('^.*$', 'b', { skip_special: true }),
      { A: 'xbx' },
      true,
    ],
    ['with a star that is none', { A: 'a' }, replace('a', '*', { skip_special: true }), { A: 'z' }, false],
    [
      'with a star that is one',
      { A: 'a' },
      replace('a', '*', { skip_special: true, interpret_special: true }),
      { A: 'z' },
      true,
    ],
    ['in keywords', ['x'], replace('x', 'y'), { any: 'ayb' }, true],
    ['by a table', { A: ['x', 'y'] }, { type: 'map_string', mapping: { x: ['p', 'q*'] } }, { A: 'qq' }, true],
    [
      'by a table, the others stay',
      { A: ['x', 'y'] },
      { type: 'map_string', mapping: { x: 'p' } },
      { A: 'y' },
      true,
    ],
  ])('%s', (_, selection, step, event, expected) => expect(matches(selection, [step], event)).toBe(expected));
});

it('the log source is changed, for the steps behind as well', () => {
  const { rule } = load({ s: { A: 1 }, condition: 's' }, [
    pipelineOf(
      { type: 'change_logsource', product: 'aws', service: 'cloudtrail' },
      map({ A: 'b' }, { rule_conditions: [{ type: 'logsource', service: 'cloudtrail' }] }),
    ),
  ]);
  expect(rule?.logsource).toEqual({ product: 'aws', service: 'cloudtrail', category: undefined });
  expect(rule?.detections.s).toMatchObject({ field: 'b' });
});

describe('a rule is refused', () => {
  it('by rule_failure', () =>
    expect(
      load({ s: { A: 1 }, condition: 's' }, [pipelineOf({ type: 'rule_failure', message: 'not here' })])
        .problems,
    ).toEqual(['r.yml:1:1: is refused by p.yml: not here']));

  it('by detection_item_failure, at the item', () => {
    const step = {
      type: 'detection_item_failure',
      message: 'no B',
      field_name_conditions: [{ type: 'include_fields', fields: ['B'] }],
    };
    expect(load({ s: { A: 1, B: 1 }, condition: 's' }, [pipelineOf(step)]).problems).toEqual([
      'r.yml:7:5: is refused by p.yml: no B',
    ]);
    expect(load({ s: { A: 1 }, condition: 's' }, [pipelineOf(step)]).problems).toEqual([]);
  });
});

describe('several pipelines', () => {
  const named = (priority: number, from: string, to: string) =>
    pipelineFrom({ priority, transformations: [map({ [from]: to })] });

  it('run by priority, and in the given order where it is the same', () => {
    const selection = { s: { A: 1 }, condition: 's' };
    expect(load(selection, [named(20, 'b', 'c'), named(10, 'A', 'b')]).matches({ c: 1 })).toBe(true);
    expect(load(selection, [named(10, 'b', 'c'), named(10, 'A', 'b')]).matches({ b: 1 })).toBe(true);
  });

  it('share vars and state', () => {
    const first = pipelineFrom({
      vars: { x: 1 },
      transformations: [{ type: 'set_state', key: 'k', val: true }],
    });
    const second = pipelineOf({
      type: 'value_placeholders',
      rule_conditions: [{ type: 'processing_state', key: 'k', val: true }],
    });
    expect(load({ s: { 'A|expand': '%x%' }, condition: 's' }, [first, second]).matches({ A: '1' })).toBe(
      true,
    );
  });
});

describe('a pipeline is refused, with place and way out', () => {
  const step = (text: string) => `transformations:\n  - id: a\n${text.replace(/^/gm, '    ')}\n`;

  it.each<[string, string, string]>([
    [
      'an unknown transformation',
      step('type: hashes_fields'),
      "p.yml:3:5: 'hashes_fields' is not a transformation that Tocsin knows; there are field_name_mapping,",
    ],
    [
      'a transformation for queries',
      step('type: query_expression_placeholders'),
      'is a transformation for tools that write queries',
    ],
    ['a transformation that reads from outside', step('type: http_placeholders'), 'reads from outside'],
    ['no type', step('mapping: {}'), "has no 'type'; a transformation is one of field_name_mapping"],
    [
      'an unknown key',
      step('type: set_state\nkey: k\nval: 1\nmore: 2'),
      "p.yml:6:5: there is no such key as 'more' here",
    ],
    ['a missing key', step('type: set_state\nkey: k'), "'val' is wrong"],
    [
      'an unknown condition',
      step('type: drop_detection_item\nrule_conditions:\n  - type: moon'),
      "p.yml:5:9: 'moon' is not a condition of rules that Tocsin knows; there are logsource,",
    ],
    [
      'an unknown condition with a name',
      step('type: drop_detection_item\nfield_name_conditions:\n  x: { type: moon }'),
      "p.yml:5:12: 'moon' is not a condition of field names",
    ],
    [
      'a regular expression that needs backtracking',
      step('type: replace_string\nregex: (?=a)\nreplacement: b'),
      'p.yml:4:5: the regular expression (?=a) cannot be run in linear time',
    ],
    [
      'a regular expression in a condition',
      step(
        'type: drop_detection_item\ndetection_item_conditions:\n  - { type: match_string, cond: any, pattern: "(" }',
      ),
      'p.yml:5:42: the regular expression ( cannot',
    ],
    [
      'a condition that cannot be read',
      step('type: add_condition\nconditions: { "a|contain": b }'),
      "'contain' is not a modifier",
    ],
    [
      'an expression without names',
      step('type: drop_detection_item\nrule_conditions: [{ type: is_sigma_rule }]\nrule_cond_expr: a'),
      'p.yml:5:5: needs names for the conditions',
    ],
    [
      'an expression with an unknown name',
      step(
        'type: drop_detection_item\nrule_conditions: { a: { type: is_sigma_rule } }\nrule_cond_expr: a and b',
      ),
      "no detection is called 'b'",
    ],
    [
      'an expression and an operator',
      step(
        'type: drop_detection_item\nrule_conditions: { a: { type: is_sigma_rule } }\nrule_cond_expr: a\nrule_cond_op: or',
      ),
      'say the same thing twice',
    ],
    [
      'a mapping to nothing',
      step('type: field_name_mapping\nmapping: { a: [] }'),
      'p.yml:4:16: has an empty list',
    ],
    [
      'a mapping of keywords',
      step('type: field_name_mapping\nmapping: { null: a }'),
      'an empty name; texts without a field cannot be given one',
    ],
    ['no log source', step('type: change_logsource'), 'names no log source'],
    [
      'include and exclude',
      step('type: value_placeholders\ninclude: [a]\nexclude: [b]'),
      'one of them says it all',
    ],
    [
      'postprocessing',
      'postprocessing: [{ type: embed }]\n',
      "'postprocessing' changes queries after they were made",
    ],
    ['finalizers', 'finalizers: []\n', "'finalizers' changes queries"],
    [
      'other backends',
      'allowed_backends: [splunk]\n',
      'p.yml:1:1: the pipeline is for splunk and not for Tocsin',
    ],
    ['no YAML', 'a: [', 'not YAML'],
    ['an unknown key at the top', 'transformation: []\n', "there is no such key as 'transformation' here"],
    ['a list', '- a\n', 'is wrong'],
  ])('%s', (_, text, message) => {
    const { pipeline, problems } = readPipeline(text, 'p.yml');
    expect(pipeline).toBeUndefined();
    expect(problems.map(formatProblem).join('\n')).toContain(message);
  });

  it('and an empty one changes nothing', () =>
    expect(load({ s: { A: 1 }, condition: 's' }, [pipelineFrom({ name: 'none' })]).matches({ A: 1 })).toBe(
      true,
    ));
});
