import { expect, it } from 'vitest';
import type { JsonObject } from '../event/json.ts';
import { explainRule } from './explain.ts';
import { compileField } from './field.ts';
import { parseRules } from './parse.ts';
import { whyNot } from './why-not.ts';

const view = { field: compileField, whole: (event: JsonObject) => event };

function why(detection: object, event: JsonObject): string {
  const document = { title: 'T', 'sigma-version': 3, logsource: {}, detection };
  const { rules, problems } = parseRules(JSON.stringify(document), 'r.yml');
  expect(problems).toEqual([]);
  return rules.map((rule) => whyNot(explainRule(rule, view, event))).join();
}

const selection = { eventName: ['StopLogging', 'DeleteTrail'], 'region|startswith': 'eu-' };

it.each<[string, object, JsonObject, string]>([
  [
    'nothing where it matches',
    { selection, condition: 'selection' },
    { eventName: 'StopLogging', region: 'eu-1' },
    '',
  ],
  [
    'the value and what was wanted',
    { selection, condition: 'selection' },
    { eventName: 'StartLogging', region: 'eu-1' },
    'selection: eventName is StartLogging, wanted StopLogging or DeleteTrail',
  ],
  [
    'what is missing',
    { selection, condition: 'selection' },
    { eventName: 'StopLogging' },
    'selection: region is missing, wanted eu-*',
  ],
  [
    'what must not be',
    { selection, known: { user: 'x' }, condition: 'selection and not known' },
    { eventName: 'StopLogging', region: 'eu-1', user: 'x' },
    'known is true of it, and must not be',
  ],
  [
    'a value that is not wanted',
    { s: { 'a|neq': 'x' }, condition: 's' },
    { a: 'x' },
    's: a is x, wanted not x',
  ],
  ['keywords', { s: ['one', 'two'], condition: 's' }, { a: 'x' }, 's: nothing in it holds *one* or *two*'],
  [
    'elements',
    { s: { 'a[any]': { b: 1 } }, condition: 's' },
    { a: [{ b: 2 }] },
    "s: of the 1 elements of a not 'any' is as wanted",
  ],
  [
    'no more than three reasons',
    { s: { a: 1, b: 1, c: 1, d: 1, e: 1 }, condition: 's' },
    {},
    's: a is missing, wanted 1; s: b is missing, wanted 1; s: c is missing, wanted 1; and 2 more',
  ],
])('says %s', (_, detection, event, reason) => expect(why(detection, event)).toBe(reason));

it('is short, whatever the event holds', () => {
  const text = why(
    { s: { a: Array.from({ length: 500 }, (_, i) => `v${i}`) }, condition: 's' },
    { a: 'x'.repeat(1e6) },
  );
  expect(text.length).toBeLessThan(500);
});
