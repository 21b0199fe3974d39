import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parseRules } from './parse.ts';
import { formatProblem } from './problem.ts';

const body = { title: 'T', logsource: { product: 'aws' }, detection: { s: { x: 1 }, condition: 's' } };

function read(more: object) {
  const { rules, problems } = parseRules(stringify({ ...body, ...more }), 'r.yml');
  return { rule: rules[0], problems: problems.map(formatProblem) };
}

const other = '08fbc97d-0a2f-491c-ae21-8ffcfd3174e9';

describe('a rule keeps', () => {
  it.each<[string, object, object]>([
    [
      'what it is related to',
      { related: [{ id: other, type: 'derived' }] },
      { related: [{ id: other, type: 'derived' }] },
    ],
    ['its taxonomy', { taxonomy: 'sigma' }, { taxonomy: 'sigma' }],
    ['its licence', { license: 'MIT' }, { license: 'MIT' }],
    ['its author', { author: 'Florian, me ' }, { author: 'Florian, me' }],
    ['authors in a list, as one text', { author: ['a', 'b'] }, { author: 'a, b' }],
    [
      'its days',
      { date: '2026-01-02', modified: '2026-01-02' },
      { date: '2026-01-02', modified: '2026-01-02' },
    ],
    ['days in an old form, as they are written now', { date: '2019/1/30' }, { date: '2019-01-30' }],
    ['its fields', { fields: ['a', 7] }, { fields: ['a', '7'] }],
    ['one field without a list', { fields: 'a' }, { fields: ['a'] }],
    ['its scope', { scope: ['server'] }, { scope: ['server'] }],
    [
      'how its log source is set up',
      { logsource: { product: 'aws', definition: 'log it', vendor: { x: 1 } } },
      { logsource: { product: 'aws', definition: 'log it', custom: { vendor: { x: 1 } } } },
    ],
    ['keys of its own', { mine: { deep: [1] } }, { custom: { mine: { deep: [1] } } }],
  ])('%s', (_, more, expected) => {
    const { rule, problems } = read(more);
    expect(problems).toEqual([]);
    expect(rule).toMatchObject(expected);
  });

  it('nothing that it does not say', () =>
    expect(Object.keys(read({ author: '', related: null, fields: [] }).rule ?? {})).not.toEqual(
      expect.arrayContaining(['author']),
    ));
});

describe('advice is given, and the rule runs,', () => {
  it.each<[string, object, string]>([
    [
      'where a relation is none',
      { related: [{ id: other, type: 'cousin' }] },
      "'cousin' is no relation; there are derived, obsolete",
    ],
    ['where a related rule has no id', { related: [{ type: 'derived' }] }, "has an 'id' and a 'type'"],
    ['where related rules are no list', { related: other }, "'related' is a list"],
    ['where a day is none', { date: '2026-02-30' }, "'date' is no day (2026-02-30)"],
    ['where a day is a word', { modified: 'yesterday' }, "'modified' is no day"],
    [
      'where it was changed before it was made',
      { date: '2026-01-02', modified: '2026-01-01' },
      'lies before',
    ],
    ['where an author is a map', { author: { name: 'x' } }, "'author' is no text"],
    ['where a field stands twice', { fields: ['a', 'a'] }, "'fields' has 'a' twice"],
    ['where a field is a map', { fields: [{ a: 1 }] }, "'fields' holds something that is no text"],
    ['where a tag stands twice', { tags: ['attack.t1', 'attack.t1'] }, "'tags' has 'attack.t1' twice"],
    ['where a reference stands twice', { references: ['a', 'b', 'a'] }, "'references' has 'a' twice"],
    ['where a name is long', { name: 'n'.repeat(257) }, "'name' is longer than 256"],
    ['where a licence is longer than any text', { license: 'n'.repeat(70_000) }, "'license' is longer than"],
    [
      'where a log source is not in lower case',
      { logsource: { product: 'AWS' } },
      "'AWS' is written in lower case",
    ],
    [
      'where names are those of another taxonomy',
      { taxonomy: 'ecs' },
      "those of 'ecs'; where the logs have others",
    ],
  ])('%s', (_, more, message) => {
    const { rule, problems } = read(more);
    expect(rule?.title).toBe('T');
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^r\.yml:\d+:\d+: /);
    expect(problems[0]).toContain(message);
  });

  it('at its place', () =>
    expect(
      read({
        related: [
          { id: other, type: 'similar' },
          { id: other, type: 'cousin' },
        ],
      }).problems,
    ).toEqual([
      "r.yml:12:5: 'cousin' is no relation; there are derived, obsolete, merged, renamed, similar; this one is left out",
    ]));
});

describe('a rule is refused', () => {
  it.each<[string, object, string]>([
    ['without a title', { title: undefined }, "'title'"],
    ['with a title that is too long', { title: 't'.repeat(257) }, 'is longer than 256 characters'],
    ['with an unknown status', { status: 'final' }, "'status' is wrong"],
    ['with an unknown level', { level: 'urgent' }, "'level' is wrong"],
    ['without a log source', { logsource: undefined }, "'logsource'"],
    ['with a log source of lists', { logsource: { product: ['aws'] } }, "'logsource.product'"],
  ])('%s', (_, more, message) => {
    const { rule, problems } = read(more);
    expect(rule).toBeUndefined();
    expect(problems.join()).toContain(message);
  });
});
