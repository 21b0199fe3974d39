import { describe, expect, it } from 'vitest';
import { nextTime, type Schedule } from './schedule.ts';

const mornings: Schedule = { type: 'at', times: [8 * 60], timeZone: 'Europe/Berlin' };
const twice: Schedule = { type: 'at', times: [8 * 60, 16 * 60 + 30], timeZone: 'UTC' };
const hourly: Schedule = { type: 'every', minutes: 60 };

describe('the next digest', () => {
  it.each<[name: string, schedule: Schedule, now: string, next: string]>([
    ['of every hour is at the hour', hourly, '2026-11-21T10:12:13.456Z', '2026-11-21T11:00:00.000Z'],
    ['at the hour is the next one', hourly, '2026-11-21T11:00:00.000Z', '2026-11-21T12:00:00.000Z'],
    ['is later today', mornings, '2026-11-21T06:59:59Z', '2026-11-21T07:00:00.000Z'],
    ['is tomorrow where that has passed', mornings, '2026-11-21T07:00:00Z', '2026-11-22T07:00:00.000Z'],
    ['is the nearest of several', twice, '2026-11-21T09:00:00Z', '2026-11-21T16:30:00.000Z'],
    ['is the first of tomorrow after the last', twice, '2026-11-21T17:00:00Z', '2026-11-22T08:00:00.000Z'],
    ['keeps to the clock when it is put back', mornings, '2026-10-24T12:00:00Z', '2026-10-25T07:00:00.000Z'],
    [
      'keeps to the clock when it is put forward',
      mornings,
      '2026-03-28T12:00:00Z',
      '2026-03-29T06:00:00.000Z',
    ],
    [
      'at midnight is not at once',
      { ...twice, times: [24 * 60] },
      '2026-11-21T00:00:00Z',
      '2026-11-22T00:00:00.000Z',
    ],
  ])('%s', (_name, schedule, now, next) =>
    expect(new Date(nextTime(schedule, Date.parse(now))).toISOString()).toBe(next),
  );
});
