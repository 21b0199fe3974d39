import { describe, expect, it } from 'vitest';
import { parseConditions } from './condition.ts';
import { meets } from './condition-match.ts';

type Case = readonly [
  operator: string,
  wanted: readonly string[],
  had: readonly string[] | undefined,
  'yes' | 'no' | 'unknown',
];

const cases: readonly Case[] = [
  ['StringEquals', ['a'], ['a'], 'yes'],
  ['StringEquals', ['a'], ['A'], 'no'],
  ['StringEquals', ['a*'], ['abc'], 'no'],
  ['StringEquals', ['${*}'], ['*'], 'yes'],
  ['StringEquals', ['${aws:username}'], ['maria'], 'unknown'],
  ['StringEquals', ['a'], [], 'no'],
  ['StringEquals', ['a'], undefined, 'unknown'],
  ['StringEquals', [], ['a'], 'no'],
  ['StringEqualsIfExists', ['a'], [], 'yes'],
  ['StringEqualsIgnoreCase', ['Ab'], ['aB'], 'yes'],
  ['StringNotEquals', ['a', 'b'], ['b'], 'no'],
  ['StringNotEquals', ['a', 'b'], ['c'], 'yes'],
  ['StringNotEquals', ['a'], [], 'yes'],
  ['StringNotEquals', ['a'], ['a', 'b'], 'no'],
  ['StringLike', ['a?c*'], ['abcd'], 'yes'],
  ['StringNotLike', ['a*'], ['b'], 'yes'],
  ['ArnLike', ['arn:aws:iam::*:role/*'], ['arn:aws:iam::111122223333:role/a/b'], 'yes'],
  ['ArnLike', ['arn:aws:*'], ['arn:aws:iam::111122223333:role/a'], 'no'],
  ['ArnEquals', ['arn:aws:sns:*:111122223333:t*'], ['arn:aws:sns:eu-west-1:111122223333:topic:sub'], 'yes'],
  ['ArnNotEquals', ['arn:aws:iam::111122223333:role/a'], ['arn:aws:iam::111122223333:role/b'], 'yes'],
  ['Bool', ['TRUE'], ['true'], 'yes'],
  ['Bool', ['false'], [], 'no'],
  ['BoolIfExists', ['false'], [], 'yes'],
  ['Null', ['true'], [], 'yes'],
  ['Null', ['true'], ['a'], 'no'],
  ['Null', ['false'], ['a'], 'yes'],
  ['Null', ['false'], undefined, 'unknown'],
  ['IpAddress', ['192.0.2.0/24'], ['192.0.2.9'], 'yes'],
  ['IpAddress', ['192.0.2.0/24'], ['198.51.100.1'], 'no'],
  ['IpAddress', ['2001:db8::/32'], ['2001:db8::1'], 'yes'],
  ['IpAddress', ['2001:db8::/32'], ['192.0.2.9'], 'no'],
  ['IpAddress', ['192.0.2.0/99'], ['192.0.2.9'], 'unknown'],
  ['IpAddress', ['office'], ['192.0.2.9'], 'unknown'],
  ['NotIpAddress', ['192.0.2.0/24'], ['192.0.2.9'], 'no'],
  ['NumericLessThan', ['1.2'], ['1.1'], 'yes'],
  ['NumericGreaterThanEquals', ['7'], ['7'], 'yes'],
  ['NumericEquals', ['7'], ['seven'], 'unknown'],
  ['NumericNotEquals', ['7'], ['8'], 'yes'],
  ['DateGreaterThan', ['2026-01-01T00:00:00Z'], ['2026-02-01T00:00:00Z'], 'yes'],
  ['DateLessThan', ['1767225600'], ['2026-02-01T00:00:00Z'], 'no'],
  ['DateLessThan', ['soon'], ['2026-02-01T00:00:00Z'], 'unknown'],
  ['BinaryEquals', ['QQ=='], ['QQ=='], 'yes'],
  ['ForAnyValue:StringEquals', ['a', 'b'], ['c', 'b'], 'yes'],
  ['ForAnyValue:StringEquals', ['a'], [], 'no'],
  ['ForAnyValue:StringNotEquals', ['a'], [], 'no'],
  ['ForAllValues:StringEquals', ['a', 'b'], ['c', 'b'], 'no'],
  ['ForAllValues:StringEquals', ['a', 'b'], ['b', 'b'], 'yes'],
  ['ForAllValues:StringEquals', ['a'], [], 'yes'],
  ['ForAllValues:StringLike', ['a*'], ['ab', 'ac'], 'yes'],
  ['StringSomething', ['a'], ['a'], 'unknown'],
  ['constructor', ['a'], ['a'], 'unknown'],
];

describe('a condition', () => {
  it.each(cases)('%s %j, where the request has %j: %s', (operator, wanted, had, expected) => {
    const tests = parseConditions({ [operator]: { 'x:Key': wanted } });
    const [test] = 'problem' in tests ? [] : tests;
    expect(
      test === undefined ? undefined : meets(test, new Map(had === undefined ? [] : [['x:key', had]])),
    ).toBe(expected);
  });
});
