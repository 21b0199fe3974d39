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
