import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../event/json.ts';
import { compileRule } from './compile.ts';
import { explainRule } from './explain.ts';
import { compileField } from './field.ts';
import { parseRules } from './parse.ts';
import { formatProblem } from './problem.ts';

const view = { field: compileField, whole: (event: JsonObject) => event };

function parse(selection: string, head = 'sigma-version: 3\n') {
  const text = `title: T\n${head}logsource: { product: aws }\ndetection:\n  condition: selection\n  selection:\n${selection.replace(/^/gm, '    ')}\n`;
  return parseRules(text, 'r.yml');
}

function ruleOf(selection: string, head?: string) {
  const { rules, problems } = parse(selection, head);
  const [rule] = rules;
  if (rule === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  return rule;
}

const permission = (port: number, ...cidrs: string[]) => ({ fromPort: port, ranges: cidrs });
const group = (...permissions: JsonObject[]): JsonObject => ({ permissions, owner: '111122223333' });
const openPort = "permissions[any]:\n  fromPort: 22\n  ranges: '0.0.0.0/0'";

describe('conditions on elements of a list hold', () => {
  it.each<[string, string, JsonObject, boolean]>([
    ['where one element has it all', openPort, group(permission(22, '10.0.0.0/8', '0.0.0.0/0')), true],
    [
      'not where two elements have it together',
      openPort,
      group(permission(443, '0.0.0.0/0'), permission(22, '10.0.0.0/8')),
      false,
    ],
    [
      'not so where [any] does not stand',
      "permissions.fromPort: 22\npermissions.ranges: '0.0.0.0/0'",
      group(permission(443, '0.0.0.0/0'), permission(22, '10.0.0.0/8')),
      true,
    ],
    ['not where the list is missing', openPort, {}, false],
    ['not where the list is empty', openPort, group(), false],
    ['where one stands in place of the list', openPort, { permissions: permission(22, '0.0.0.0/0') }, true],
    [
      'where the list stands behind other lists',
      'a[].items[any]:\n  x: 1\n  y: 2',
      { a: [{ items: [{ x: 1 }] }, { items: [{ y: 2 }, { x: 1, y: 2 }] }] },
      true,
    ],
    ['[all]: where each does', 'a[all]: { x: 1 }', { a: [{ x: 1 }, { x: 1, y: 2 }] }, true],
    ['[all]: not where one does not', 'a[all]: { x: 1 }', { a: [{ x: 1 }, {}] }, false],
    ['[all]: not where there is none', 'a[all]: { x: 1 }', { a: [] }, false],
    ['[all]: not of nulls', 'a[all]: { x: null }', { a: [null] }, false],
    ['[all_or_empty]: where there is none', 'a[all_or_empty]: { x: 1 }', { a: [] }, true],
    ['[all_or_empty]: where the list is missing', 'a[all_or_empty]: { x: 1 }', {}, true],
    ['[all_or_empty]: not where one does not', 'a[all_or_empty]: { x: 1 }', { a: [{ x: 2 }] }, false],
    ['[none]: where none does', 'a[none]: { x: 1 }', { a: [{ x: 2 }] }, true],
    ['[none]: where the list is null', 'a[none]: { x: 1 }', { a: null }, true],
    ['[none]: not where one does', 'a[none]: { x: 1 }', { a: [{ x: 2 }, { x: 1 }] }, false],
    ['of texts: behind the name', 'tags[all]|startswith: prod', { tags: ['prod-1', 'Prod-2'] }, true],
    ['of texts: each of them', 'tags[all]|startswith: prod', { tags: ['prod-1', 'test'] }, false],
    ['of texts: as a dot', 'tags[any]:\n  .|contains: a\n  .|endswith: b', { tags: ['a', 'b', 'xab'] }, true],
    [
      'of texts: not two of them',
      'tags[any]:\n  .|contains: a\n  .|endswith: b',
      { tags: ['a', 'b'] },
      false,
    ],
    ['a field behind the selector', 'a[all].x.y|gte: 2', { a: [{ x: { y: 2 } }, { x: { y: 3 } }] }, true],
    ['elements of elements', 'a[any].b[all]|lt: 3', { a: [{ b: [1, 5] }, { b: [1, 2] }] }, true],
    ['elements of elements, none', 'a[any].b[all]|lt: 3', { a: [{ b: [1, 5] }, { b: [] }] }, false],
    ['one of several maps', 'a[all]:\n  - x: 1\n  - y: 2', { a: [{ x: 1 }, { y: 2 }] }, true],
    [
      'a condition of their own',
      'a[any]:\n  inside: { ip|cidr: 10.0.0.0/8 }\n  tcp: { proto: TCP }\n  condition: inside and not tcp',
      { a: [{ ip: '192.0.2.1' }, { ip: '10.0.0.1', proto: 'udp' }] },
      true,
    ],
    [
      'a condition of their own, for no element',
      'a[any]:\n  inside: { ip|cidr: 10.0.0.0/8 }\n  tcp: { proto: TCP }\n  condition: inside and not tcp',
      { a: [{ ip: '192.0.2.1' }, { ip: '10.0.0.1', proto: 'tcp' }] },
      false,
    ],
    [
      'compared with a field of the event',
      'shares[any]:\n  account|fieldref|neq: owner\n  account|exists: true',
      { owner: '1', shares: [{ account: '1' }, { account: '2' }] },
      true,
    ],
    [
      'compared with a field of the event, from an element of an element',
      'a[any].b[any].c|fieldref: owner',
      { owner: '1', c: 'x', a: [{ b: [{ c: '1' }] }] },
      true,
    ],
    ['besides other fields', 'name: A\na[any]: { x: 1 }', { name: 'a', a: [{ x: 1 }] }, true],
    ['a bracket of the name', 'a\\[any\\]: 1', { 'a[any]': 1 }, true],
    ['an inherited name is no element', 'a[any].constructor|exists: true', { a: [{}] }, false],
  ])('%s', (_, selection, event, expected) => {
    expect(compileRule(ruleOf(selection), view)(event)).toBe(expected);
  });

  it('however deep lists lie in lists', () => {
    let deep: JsonObject['x'] = [{ x: 1 }];
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(compileRule(ruleOf('a[any]: { x: 1 }'), view)({ a: deep })).toBe(true);
  });

  it('reading what all elements are compared with once for each event', () => {
    let reads = 0;
    const counting = {
      ...view,
      field: (name: string) => {
        const read = view.field(name);
        return (event: JsonObject) => {
          if (name === 'o') reads++;
          return read(event);
        };
      },
    };
    const matches = compileRule(ruleOf('a[any].b|fieldref: o'), counting);
    const many = Array.from({ length: 5000 }, (_, i) => ({ b: `b${i}` }));
    expect(matches({ a: many, o: Array.from({ length: 5000 }, (_, i) => `o${i}`) })).toBe(false);
    expect(matches({ a: many, o: ['b7'] })).toBe(true);
    expect(reads).toBe(2);
  });
});

describe('without sigma-version: 3', () => {
  it.each(['', 'sigma-version: 2\n', "sigma-version: '2.1.0'\n"])(
    '(%j) brackets are part of the name',
    (head) => {
      const matches = compileRule(ruleOf('a[any]: 1', head), view);
      expect([matches({ a: [1] }), matches({ 'a[any]': 1 })]).toEqual([false, true]);
    },
  );

  it('which is told', () =>
    expect(parse('a[any].b: 1', '').problems.map(formatProblem)).toEqual([
      "r.yml:6:5: 'a[any].b' is the whole name of a field here; to ask elements of a list, write 'sigma-version: 3' at the top",
    ]));

  it('a map below them is refused', () =>
    expect(parse('a[any]: { x: 1 }', '').problems.map(formatProblem)).toEqual([
      "r.yml:6:5: 'a[any]' has a map below it, which asks for one element of a list; that needs 'sigma-version: 3' at the top of the rule",
    ]));
});

describe('a selector is refused', () => {
  it.each([
    ['a[one]: 1', "r.yml:7:5: '[one]' is no selector; known are [any], [all], [all_or_empty], [none]"],
    ['a[0].b: 1', "'[0]' asks for a place in a list"],
    ['a[-1]: 1', "'[-1]' asks for a place in a list"],
    ['a[any: 1', "'[any' lacks its ']'"],
    ['a[any]b: 1', "behind '[any]' stands '.'"],
    ['a[any].: 1', "behind '[any]' stands '.'"],
    ['"[any]": 1', "'[any]' needs the name of a field before it"],
    ['a[any][any]: 1', "behind '[any]' stands '.'"],
    ['.: 1', "'.' is an element of a list"],
    ['a[any]: []', 'an empty list can never match'],
    ['a[any]: {}', 'an empty map would match every event'],
    ['a[any]|contains: { b: 1 }', "the modifiers 'contains' need values"],
    ['a[any]:\n  - x\n  - b: 1', 'texts without a field are looked for in the whole event'],
    ["a[any]:\n  '|all': [x, y]", 'texts without a field are looked for in the whole event'],
    ['a[any]: { condition: x }', 'no search beside the condition'],
    [
      'a[any]:\n  x: { b: 1 }\n  condition: x and z',
      "r.yml:9:7: condition 'x and z': no detection is called 'z'",
    ],
    ['a[any]:\n  x: { b: 1 }\n  condition: [x]', 'the condition of an element is a text'],
    [`${'a[any].'.repeat(21)}b: 1`, 'asks for elements in elements more than 20 deep'],
    ['a[any]: { b|contain: 1 }', "r.yml:7:15: 'contain' is not a modifier"],
  ])('%s', (selection, reason) => {
    const { rules, problems } = parse(selection);
    expect(rules).toEqual([]);
    expect(problems.map(formatProblem).join('\n')).toContain(reason);
  });

  it.each(['4', 'three', '3.x', '[3]'])('and so is sigma-version: %s', (version) => {
    const { rules, problems } = parse('a: 1', `sigma-version: ${version}\n`);
    expect(rules).toEqual([]);
    expect(problems[0]?.message).toContain('sigma-version');
  });
});

describe('an explanation', () => {
  it('shows the elements that decide, with what holds in each', () => {
    const many = Array.from({ length: 30 }, (_, i) => ({ x: i }));
    const found = explainRule(ruleOf('a[any]: { x: 20 }'), view, { a: many }).detections.selection;
    if (found?.type !== 'element') throw new Error('no elements');
    expect([found.holds, found.count, found.elements.map(({ position }) => position)]).toEqual([
      true,
      30,
      [1, 2, 3, 4, 21],
    ]);
    expect(found.elements.at(-1)?.detections.element).toMatchObject({
      type: 'field',
      holds: true,
      value: 20,
    });
  });

  it('of [all] shows those that do not hold', () => {
    const found = explainRule(ruleOf('a[all]|lt: 7'), view, { a: [1, 2, 3, 4, 5, 6, 7, 8] }).detections
      .selection;
    if (found?.type !== 'element') throw new Error('no elements');
    expect(found.elements.map(({ position, holds }) => [position, holds])).toEqual([
      [1, true],
      [2, true],
      [3, true],
      [7, false],
      [8, false],
    ]);
  });
});

it('a rule with elements survives being written as JSON', () => {
  const rule = ruleOf(openPort);
  const again = JSON.parse(JSON.stringify(rule)) as typeof rule;
  expect(compileRule(again, view)(group(permission(22, '0.0.0.0/0')))).toBe(true);
});
