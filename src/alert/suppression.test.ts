import { describe, expect, it } from 'vitest';
import type { Json } from '../event/json.ts';
import { readSelection } from '../sigma/selection.ts';
import { breadthProblem, periodProblem } from './suppression.ts';

const now = 1_700_000_000_000;
const day = 86_400_000;

describe('a suppression holds', () => {
  it.each<[what: string, from: number, until: number, problem: string | undefined]>([
    ['from now for a year', now, now + 366 * day, undefined],
    ['from the first of all times', -8.64e15, now + 1, undefined],
    ['from tomorrow', now + day, now + 2 * day, undefined],
    ['no longer than a year', now, now + 366 * day + 1, 'until: is more than a year away'],
    ['not for ever', now, 1e300, 'until: is more than a year away'],
    ['not for less than no time', now, now, 'until: must be a time in the future'],
    ['not until it begins', now + day, now + day, 'until: must be a time in the future'],
    ['not until a time that is none', now, Number.NaN, 'until: must be a time in the future'],
    ['not from a time that is none', Number.NaN, now + day, 'from: is no point in time'],
    ['not from before all times', -1e300, now + day, 'from: is no point in time'],
  ])('%s', (_, from, until, problem) => {
    const found = periodProblem({ from, until }, now);
    expect(found?.slice(0, problem?.length)).toBe(problem);
  });
});

describe('a search keeps too much quiet', () => {
  it.each<[what: string, when: Json, isTooBroad: boolean]>([
    ['where it asks for the absence of a field', { evntName: null }, true],
    ['where it asks for that in other words', { 'evntName|exists': false }, true],
    ['where all of it is about absence', { evntName: null, errorCode: null }, true],
    ['where one of several searches is', [{ eventName: 'PutObject' }, { evntName: null }], true],
    ['and not where something must be there', { eventName: 'PutObject', errorCode: null }, false],
    ['and not where any value will do', { 'tocsin.rule.id': '*' }, false],
    ['and not where a word is looked for', ['deploy'], false],
  ])('%s', (_, when, isTooBroad) => {
    expect(breadthProblem(readSelection(when)) !== undefined).toBe(isTooBroad);
  });
});
