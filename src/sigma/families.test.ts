import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../event/json.ts';
import { compileFamilies, type Rests } from './families.ts';
import { compileField } from './field.ts';
import { parseRules } from './parse.ts';

const view = { field: compileField, whole: (event: JsonObject) => event };
const { rules } = parseRules(
  ['a: { name: put*, size|gt: 5 }', 'a: { name: get }', 'a: { name|fieldref: other }', 'a: { meaning: x }']
    .map((detection) => `title: T\nlogsource: {}\ndetection:\n  ${detection}\n  condition: a\n`)
    .join('---\n'),
  'r.yml',
);

/** The families asked for in their order, each as which rules are left: `.` ruled out, `?` to be asked, `!` sure. */
function familiesOf(events: readonly JsonObject[], options: object = {}): readonly (string | undefined)[] {
  const show = (rests: Rests) =>
    rests.map((rest) => (typeof rest === 'boolean' ? (rest ? '!' : '.') : '?')).join('');
  const find = compileFamilies(rules, view, { keys: ['name'], after: 0, ...options }, show);
  return events.map((event) => find(event));
}

describe('a family leaves of the rules', () => {
  it.each<[what: string, event: JsonObject, left: string | undefined]>([
    ['what its texts do not decide', { name: 'Put1' }, '?.??'],
    ['nothing to ask where they decide all', { name: 'GET' }, '.!??'],
    ['nothing, for an event without the key', { size: 9 }, undefined],
    ['nothing, for a key that holds no text', { name: ['put'] }, undefined],
    ['nothing, for a text longer than any name', { name: 'p'.repeat(201) }, undefined],
  ])('%s', (_, event, left) => {
    expect(familiesOf([event])).toEqual([left]);
  });

  it('those out that ask for a field that it lacks', () => {
    const lacks = (field: string, [name]: readonly string[]) => field === 'meaning' && name !== 'put';
    expect(familiesOf([{ name: 'get' }, { name: 'put' }], { lacks })).toEqual(['.!?.', '?.??']);
  });
});

it('a family is worked out when it has been seen as often as is worth it', () => {
  const events = Array.from({ length: 40 }, () => ({ name: 'get' }));
  expect(familiesOf(events, { after: undefined }).map((left) => left !== undefined)).toEqual([
    ...Array<boolean>(32).fill(false),
    ...Array<boolean>(8).fill(true),
  ]);
});

it('an event that is made otherwise than its texts say is of no family', () => {
  const includes = ({ size }: JsonObject) => size !== 1;
  expect(familiesOf([{ name: 'get', size: 1 }, { name: 'get' }], { includes })).toEqual([undefined, '.!??']);
});

it('however many families events invent, the known ones are found again', () => {
  const events = Array.from({ length: 30_000 }, (_, i) => ({ name: i % 2 === 0 ? 'get' : `put${i}` }));
  const found = familiesOf(events, { after: 4 });
  // Each time that there are too many, all are forgotten, and four of its events make the known one known again.
  expect(found.filter((left) => left === '.!??').length).toBeGreaterThan(14_900);
});
