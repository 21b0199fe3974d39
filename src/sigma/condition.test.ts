import { describe, expect, it } from 'vitest';
import { parseCondition } from './condition.ts';
import type { Condition } from './rule.ts';

const names = ['selection', 'selection_a', 'selection_b', 'filter', '_hidden'];

function print(condition: Condition): string {
  switch (condition.type) {
    case 'detection':
      return condition.name;
    case 'not':
      return `(not ${print(condition.of)})`;
    case 'atLeast':
      return `(${condition.count} of ${condition.of.map(print).join(',')})`;
    default:
      return `(${condition.of.map(print).join(` ${condition.type} `)})`;
  }
}

describe('a condition', () => {
  it.each([
    ['selection', 'selection'],
    ['selection and not filter', '(selection and (not filter))'],
    ['selection or filter and selection_a', '(selection or (filter and selection_a))'],
    ['not selection and filter', '((not selection) and filter)'],
    ['not not filter', '(not (not filter))'],
    ['1 of *_a*', 'selection_a'],
    ['1 of s*e*t*_*b', 'selection_b'],
    ['all of **filter**', 'filter'],
    ['(selection or filter) and selection_a', '((selection or filter) and selection_a)'],
    ['1 of selection_*', '(selection_a or selection_b)'],
    ['any of selection_*', '(selection_a or selection_b)'],
    ['all of selection_*', '(selection_a and selection_b)'],
    ['2 of selection*', '(2 of selection,selection_a,selection_b)'],
    ['1 of filter', 'filter'],
    ['all of them', '(selection and selection_a and selection_b and filter)'],
    ['selection AND NOT 1 OF filter*', '(selection and (not filter))'],
  ])('%s is read as %s', (source, expected) => {
    expect(print(parseCondition(source, names))).toBe(expected);
  });

  it.each([
    ['', 'ends where a detection name is expected'],
    ['selection and', 'ends where a detection name is expected'],
    ['selektion', "no detection is called 'selektion'; there is 'selection'"],
    ['(selection', "lacks a ')'"],
    ['selection)', "')' is not expected here"],
    ['selection filter', "'filter' is not expected here"],
    ['and selection', "'and' stands where a detection name is expected"],
    ['1 of nothing*', "no detection is called 'nothing*'"],
    ['0 of them', 'can never fail'],
    ['9 of them', 'can never hold'],
    ['selection | count() > 5', "'|' is not expected here"],
    ['('.repeat(2000) + 'selection', 'nested more than 100 deep'],
  ])('%s is refused', (source, reason) => {
    expect(() => parseCondition(source, names)).toThrow(reason);
  });
});

it('a pattern of many stars is tried in bounded time', () => {
  const name = 'a'.repeat(600);
  expect(() => parseCondition(`1 of ${'a*'.repeat(12)}b`, [name])).toThrow('no detection is called');
  expect(print(parseCondition(`1 of ${'a*'.repeat(12)}a`, [name]))).toBe(name);
});

it('a condition that would be huge when written out is refused', () => {
  const many = Array.from({ length: 5000 }, (_, i) => `d${i}`);
  const source = Array(50).fill('1 of them').join(' or ');
  expect(() => parseCondition(source, many)).toThrow('stands for more than 20000 parts');
  expect(print(parseCondition('1 of d499*', many))).toContain('d4999');
});
