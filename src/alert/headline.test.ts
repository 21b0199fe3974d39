import { describe, expect, it } from 'vitest';
import { cloudTrailEvent } from '../decode/cloudtrail/event.ts';
import type { Json, JsonObject } from '../event/json.ts';
import { Subject } from './finding.ts';
import { compileHeadline } from './headline.ts';

function subject(requestParameters: JsonObject): Subject {
  const event = cloudTrailEvent(
    {
      eventVersion: '1.11',
      eventTime: '2026-11-20T10:00:00Z',
      eventSource: 'ec2.amazonaws.com',
      eventName: 'RunInstances',
      userIdentity: { type: 'IAMUser', userName: 'alice', accountId: '111122223333' },
      requestParameters,
    },
    { source: 'test', object: 'test', position: 0, receivedAt: 0 },
  );
  if ('problem' in event) throw new Error(event.problem);
  return new Subject(event);
}

describe('a headline prints', () => {
  it.each<[string, string, JsonObject, string]>([
    ['text as it is', 'Somebody did something', {}, 'Somebody did something'],
    ['a raw field', 'made {requestParameters.name}', { name: 'web-1' }, 'made web-1'],
    ['what is known of the actor', 'by {tocsin.actor.name}', {}, 'by alice'],
    [
      'the first of several fields that is there',
      '{requestParameters.a|requestParameters.b}',
      { b: 'second' },
      'second',
    ],
    ['"unknown" for a field that is missing', 'made {requestParameters.name}', {}, 'made unknown'],
    [
      '"unknown" for a field that is empty or null',
      '{requestParameters.a} {requestParameters.b}',
      { a: '', b: null },
      'unknown unknown',
    ],
    ['numbers and booleans', '{requestParameters.a} {requestParameters.b}', { a: 22, b: false }, '22 false'],
    ['a list with commas', '{requestParameters.a}', { a: ['x', 'y'] }, 'x, y'],
    ['each member of a list once', '{requestParameters.a}', { a: ['x', 'x', 'y'] }, 'x, y'],
    [
      'three members of a long list, and how many more there are',
      '{requestParameters.a}',
      { a: ['1', '2', '3', '4', '5'] },
      '1, 2, 3 and 2 more',
    ],
    ['lists inside a list', '{requestParameters.a}', { a: [['x', 'y'], 'z'] }, 'x, y, z'],
    ['one line, however the rule is written', '  {requestParameters.a}\n  went\n', { a: 'x' }, 'x went'],
    ['an object as JSON', '{requestParameters.a}', { a: { b: 1 } }, '{"b":1}'],
    [
      'one line, whatever the log holds',
      '{requestParameters.a}',
      { a: 'x\r\n\u001b[31m\u202ey\u2028z' },
      'x [31m y z',
    ],
    [
      'a placeholder that stands in a value as plain text',
      '{requestParameters.a}',
      { a: '{tocsin.actor.name}' },
      '{tocsin.actor.name}',
    ],
  ])('%s', (_, template, parameters, expected) => {
    expect(compileHeadline(template).render(subject(parameters))).toBe(expected);
  });

  it('at most 120 characters of a value, and never half of one', () => {
    const printed = compileHeadline('{requestParameters.a}').render(subject({ a: '😀'.repeat(1_000_000) }));
    expect(Array.from(printed)).toHaveLength(121);
    expect(printed).toBe(`${'😀'.repeat(120)}…`);
  });
});

it('tells which fields it names', () => {
  expect(compileHeadline('{a.b} and {c|tocsin.actor.name}').fields).toEqual([
    'a.b',
    'c',
    'tocsin.actor.name',
  ]);
});

it('a headline is short, however deep the lists of a value lie', () => {
  const deep = (depth: number, path: string): Json =>
    depth === 0 ? path + 'x'.repeat(200) : ['0', '1', '2'].map((name) => deep(depth - 1, path + name));
  const printed = compileHeadline('{requestParameters.a}').render(subject({ a: deep(6, '') }));
  expect(printed.length).toBeLessThan(400);
});
