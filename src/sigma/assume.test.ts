import { describe, expect, it } from 'vitest';
import { assume } from './assume.ts';
import { parseRules } from './parse.ts';
import type { RuleLogic } from './rule.ts';

function ruleOf(detection: string): RuleLogic {
  const { rules, problems } = parseRules(
    `title: T\nsigma-version: 3\nlogsource: { product: aws }\ndetection:\n${detection.replace(/^/gm, '  ')}\n`,
    'r.yml',
  );
  const [rule] = rules;
  if (rule === undefined) throw new Error(problems[0]?.message);
  return rule;
}

/** What is left where every test of field `t` holds and none of field `f` does, as conditions with the fields that they still ask for. */
function left(detection: string): unknown {
  const rest = assume(ruleOf(detection), ({ field }) =>
    field === 't' ? true : field === 'f' ? false : undefined,
  );
  if (typeof rest === 'boolean') return rest;
  const fields = JSON.stringify(rest.detections).match(/"field":"\w+"/g) ?? [];
  return [
    ...fields.map((field) => field.slice(9, -1)).sort(),
    ...rest.conditions.map(({ type }) => type),
  ].join(' ');
}

describe('where every test of t is known to hold and none of f, there is left of', () => {
  it.each<[detection: string, rest: unknown]>([
    ['a: { t: 1, x: 1, y: 1 }; condition: a', 'x y detection'],
    ['a: { t: 1 }; condition: a', true],
    ['a: { t: 1, f: 1, x: 1 }; condition: a', false],
    ['a: [{ f: 1 }, { x: 1 }, { y: 1 }]; condition: a', 'x y detection'],
    ['a: [{ f: 1 }, { t: 1 }, { y: 1 }]; condition: a', true],
    ['a: { x: 1 }; b: { f: 1 }; condition: a and not b', 'x detection'],
    ['a: { x: 1 }; b: { t: 1 }; condition: a and not b', false],
    ['a: { x: 1 }; condition: not a', 'x not'],
    ['a: { x: 1 }; b: { t: 1, y: 1 }; condition: a or b', 'x y or'],
    ['a: { x: 1 }; b: { t: 1 }; c: { y: 1 }; d: { f: 1 }; condition: 2 of them', 'x y atLeast'],
    ['a: { x: 1 }; b: { t: 1 }; c: { t: 2 }; d: { f: 1 }; condition: 2 of them', true],
    ['a: { x: 1 }; b: { f: 1 }; c: { f: 2 }; condition: 2 of them', false],
    ['a: { f: 1 }; b: { x: 1 }; condition: [a, b]', 'x detection'],
    ['a: { f: 1 }; b: { t: 1 }; condition: [a, b]', true],
    ['a: [word]; b: { t: 1 }; condition: a and b', 'detection'],
    ["a: { 'x[any]': { t: 1 } }; b: { t: 1 }; condition: a and b", 't x detection'],
  ])('%s: %s', (detection, rest) => {
    expect(left(detection.replaceAll('; ', '\n'))).toBe(rest);
  });
});
