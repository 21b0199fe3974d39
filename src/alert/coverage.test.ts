import { expect, it } from 'vitest';
import { parseRules } from '../sigma/parse.ts';
import { coverageOf } from './coverage.ts';

function rules(...given: readonly { level: string; tags: readonly string[] }[]) {
  return given.flatMap(
    (rule, i) =>
      parseRules(
        JSON.stringify({
          title: `r${i}`,
          logsource: {},
          detection: { a: { b: 'c' }, condition: 'a' },
          ...rule,
        }),
        `r${i}.yml`,
      ).rules,
  );
}

it('counts the rules of a technique and takes the worst of their levels', () => {
  const { techniques } = coverageOf(
    rules(
      { level: 'low', tags: ['attack.T1562.008'] },
      { level: 'critical', tags: ['attack.t1562.008', 'attack.t1562.008'] },
    ),
  );
  expect(techniques).toMatchObject([
    { id: 'T1562.008', level: 'critical', rules: [{ title: 'r0' }, { title: 'r1' }] },
  ]);
});

it('a parent of a technique with rules is not among those without', () => {
  const uncovered = coverageOf(rules({ level: 'low', tags: ['attack.t1562.008'] })).uncovered.map(
    ({ id }) => id,
  );
  expect(uncovered).not.toContain('T1562');
  expect(uncovered).not.toContain('T1562.008');
  expect(uncovered).toContain('T1562.001');
});

it('shows every tactic, in both spellings of the tags, and a technique that is not known', () => {
  const { tactics, techniques } = coverageOf(
    rules({ level: 'low', tags: ['attack.defense_evasion', 'attack.t9999'] }),
  );
  expect(tactics).toHaveLength(14);
  expect(tactics.filter(({ level }) => level !== undefined).map(({ name }) => name)).toEqual([
    'Defense Evasion',
  ]);
  expect(techniques).toMatchObject([{ id: 'T9999', name: undefined }]);
});

it('counts rules that name no technique', () => {
  expect(coverageOf(rules({ level: 'low', tags: ['attack.impact'] }))).toMatchObject({
    untagged: 1,
    techniques: [],
  });
});
