import { describe, expect, it } from 'vitest';
import { hoursWords, weekdays, withinHours, type Hours } from './hours.ts';

const night: Hours = { days: ['mon', 'fri'], from: 18 * 60, to: 8 * 60, timeZone: 'Europe/Berlin' };
const office: Hours = { days: ['mon', 'fri'], from: 8 * 60, to: 18 * 60, timeZone: 'Europe/Berlin' };
const always: Hours = { days: weekdays, from: 0, to: 24 * 60, timeZone: 'UTC' };

describe('hours of the week', () => {
  it.each<[name: string, hours: Hours, time: string, within: boolean]>([
    ['the first minute counts', office, '2026-11-20T07:00:00Z', true],
    ['the minute before does not', office, '2026-11-20T06:59:59Z', false],
    ['the last minute does not', office, '2026-11-20T17:00:00Z', false],
    ['another day does not', office, '2026-11-19T09:00:00Z', false],
    ['in summer the clock is an hour further', office, '2026-07-20T06:00:00Z', true],
    ['a night begins on its day', night, '2026-11-20T17:00:00Z', true],
    ['and ends on the next one', night, '2026-11-21T06:59:00Z', true],
    ['but not later', night, '2026-11-21T07:00:00Z', false],
    [
      'the morning of its day belongs to the night before, which is not among them',
      night,
      '2026-11-20T03:00:00Z',
      false,
    ],
    ['every hour of every day', always, '2026-11-21T23:59:59Z', true],
    [
      'the same time to end as to begin is a day',
      { ...office, from: 540, to: 540 },
      '2026-11-21T07:59:00Z',
      true,
    ],
    [
      'a day that begins in another zone is that day there',
      { ...always, days: ['sat'], timeZone: 'Pacific/Kiritimati' },
      '2026-11-20T11:00:00Z',
      true,
    ],
  ])('%s', (_name, hours, time, within) => expect(withinHours(hours)(Date.parse(time))).toBe(within));

  it('hold no moment that is none', () => expect(withinHours(always)(Number.NaN)).toBe(false));

  it('are told in words', () =>
    expect(hoursWords(night)).toBe('mon, fri from 18:00 to 08:00 (Europe/Berlin)'));
});
