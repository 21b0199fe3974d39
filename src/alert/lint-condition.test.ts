import { expect, it } from 'vitest';
import { parseRules } from '../sigma/parse.ts';
import { singleFields } from './lint-cloudtrail.ts';
import { constantOf } from './lint-condition.ts';

function judged(detections: Record<string, unknown>, condition: string | string[]): string | undefined {
  const rule = { title: 'T', logsource: {}, detection: { ...detections, condition } };
  const { rules, problems } = parseRules(JSON.stringify(rule), 'r.yml');
  expect(problems).toEqual([]);
  return rules.map((one) => constantOf(one, singleFields))[0];
}

const some = { a: { x: 1 }, b: { y: 1 }, c: { z: 1 } };

it.each<[string, string | string[], string | undefined]>([
  ['a plain condition', 'a', undefined],
  ['what is asked for and excluded', 'a and not a', 'never'],
  ['the same in brackets', '(a or b) and not (b or a)', 'never'],
  ['a half of it', '(a or b) and not a', undefined],
  ['a thing or its opposite', 'a or not a', 'always'],
  ['more than can be', '2 of them and not a and not b', 'never'],
  ['as many as there are', 'all of them', undefined],
  ['two conditions that leave nothing out', ['a', 'not a'], 'always'],
  ['two conditions of which one can hold', ['a and not a', 'b'], undefined],
])('%s', (_, condition, expected) => expect(judged(some, condition)).toBe(expected));

const calls = {
  stop: { eventName: ['StopLogging', 'DeleteTrail'] },
  start: { eventName: 'StartLogging' },
  both: { eventName: ['STARTLOGGING', 'StopLogging'] },
  kms: { 'eventSource|startswith': 'kms', eventName: 'Encrypt' },
  type: { 'resources.type': 'a' },
  other: { 'resources.type': 'b' },
  negated: { 'eventName|neq': 'StartLogging' },
};

it.each<[string, string, string | undefined]>([
  ['two calls at once', 'stop and start', 'never'],
  ['calls that have one in common, in other letters', 'both and start', undefined],
  ['calls of which one is possible', '(stop and start) or kms', undefined],
  ['calls of which none is', '(stop and start) or (start and kms)', 'never'],
  ['branches without a call in common', '(stop or kms) and start', 'never'],
  ['a branch that asks for no call', '(stop or type) and start', undefined],
  ['a list, which may hold both', 'type and other', undefined],
  ['a call that is not another', 'negated and start', undefined],
])('%s', (_, condition, expected) => expect(judged(calls, condition)).toBe(expected));
