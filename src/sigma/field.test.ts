import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../event/json.ts';
import { compileField } from './field.ts';

const permissions: JsonObject = {
  requestParameters: {
    ipPermissions: {
      items: [
        { fromPort: 22, ipRanges: { items: [{ cidrIp: '0.0.0.0/0' }, { cidrIp: '10.0.0.0/8' }] } },
        { fromPort: 443, ipRanges: {} },
        'not an object',
      ],
    },
  },
};

describe('a field name', () => {
  it.each<[string, JsonObject, string, Json | undefined]>([
    ['finds a top-level key', { eventName: 'X' }, 'eventName', 'X'],
    ['finds a nested key', { a: { b: { c: 1 } } }, 'a.b.c', 1],
    ['is missing where a parent is', { a: {} }, 'a.b.c', undefined],
    ['is missing under a text', { a: 'text' }, 'a.length', undefined],
    ['finds a null that is there', { a: { b: null } }, 'a.b', null],
    [
      'collects from arrays on the way',
      permissions,
      'requestParameters.ipPermissions.items.ipRanges.items.cidrIp',
      ['0.0.0.0/0', '10.0.0.0/8'],
    ],
    ['may mark arrays with []', permissions, 'requestParameters.ipPermissions.items[].fromPort', [22, 443]],
    ['may mark an array at the top with []', { a: [1, 2] }, 'a[]', [1, 2]],
    ['finds a key that holds dots beside one that leads nowhere', { a: { c: 1 }, 'a.b': 2 }, 'a.b', 2],
    ['finds it deeper too', { a: { b: { x: 1 }, 'b.c': 2 } }, 'a.b.c', 2],
    ['finds it beside a text', { a: 'text', 'a.b': 2 }, 'a.b', 2],
    ['finds it beside an array without it', { a: [{ c: 1 }], 'a.b': 2 }, 'a.b', 2],
    [
      'is missing where no member has it',
      permissions,
      'requestParameters.ipPermissions.items.toPort',
      undefined,
    ],
    ['finds an empty list in a member of an array', { a: [{ b: [] }] }, 'a.b', []],
    ['finds it before a key that holds dots', { a: [[{ b: [] }]], 'a.b': 2 }, 'a.b', []],
    ['finds a key that holds dots', { 'a.b': { c: 1 } }, 'a.b.c', 1],
    ['finds a key with dots at the end', { a: { 'b.c': 1 } }, 'a.b.c', 1],
    ['prefers the nested reading', { a: { b: 1 }, 'a.b': 2 }, 'a.b', 1],
    ['never finds inherited names', { a: {} }, 'a.constructor', undefined],
    ['never finds an inherited name at the top', {}, 'toString', undefined],
    ['never finds a prototype', { a: {} }, 'a.__proto__', undefined],
    ['finds an own key with such a name', { a: { constructor: 'x' } }, 'a.constructor', 'x'],
  ])('%s', (_, root, name, expected) => {
    expect(compileField(name)(root)).toEqual(expected);
  });
});
