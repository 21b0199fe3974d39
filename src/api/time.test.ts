import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ago, clock, iso, longDay, parseTime, shortDay, span } from './time.ts';

const now = Date.UTC(2026, 10, 21, 12, 0, 0);

describe('parseTime', () => {
  it.each([
    ['2026-11-21', Date.UTC(2026, 10, 21)],
    ['2026-11-21T07:41Z', Date.UTC(2026, 10, 21, 7, 41)],
    ['2026-11-21T07:41:03Z', Date.UTC(2026, 10, 21, 7, 41, 3)],
    ['2026-11-21T07:41:03.250Z', Date.UTC(2026, 10, 21, 7, 41, 3, 250)],
    ['2026-11-21T07:41:03+02:00', Date.UTC(2026, 10, 21, 5, 41, 3)],
    ['1795246863', 1_795_246_863_000],
    ['1795246863123', 1_795_246_863_123],
    ['0', 0],
    ['90s', now - 90_000],
    ['90m', now - 90 * 60_000],
    ['24h', now - 86_400_000],
    ['7d', now - 7 * 86_400_000],
    ['2w', now - 14 * 86_400_000],
  ])('reads %s', (text, time) => expect(parseTime(text, now)).toBe(time));

  it.each([
    '',
    'yesterday',
    '2026',
    '24',
    '2026-13-01',
    '2026-11-21T25:00Z',
    '2026-11-21T07:41',
    '2026-11-21 07:41:03',
    '21.11.2026',
    '-1',
    '1.5',
    '1e3',
    '24 h',
    '9999999h',
    '1234567890123456',
    ' 24h',
  ])("'%s' is no time", (text) => expect(parseTime(text, now)).toBeUndefined());

  it('gives a finite number or nothing for any text', () => {
    fc.assert(fc.property(fc.string(), (text) => Number.isFinite(parseTime(text, now) ?? 0)));
  });
});

describe('ago', () => {
  it.each([
    [0, 'just now'],
    [59_999, 'just now'],
    [60_000, '1 min ago'],
    [59 * 60_000, '59 min ago'],
    [3_600_000, '1 h ago'],
    [23 * 3_600_000, '23 h ago'],
    [86_400_000, '1 day ago'],
    [2 * 86_400_000, '2 days ago'],
    [31 * 86_400_000, '21 Oct 2026'],
    [-30_000, 'just now'],
    [-120_000, '21 Nov 2026'],
  ])('%d ms before now is %s', (before, words) => expect(ago(now - before, now)).toBe(words));
});

describe('span', () => {
  it.each([
    [0, '0 ms'],
    [38, '38 ms'],
    [4230, '4.2 s'],
    [12_000, '12 s'],
    [60_000, '1 min'],
    [95_000, '1 min 35 s'],
    [7_500_000, '2 h 5 min'],
    [273_600_000, '3 d 4 h'],
  ])('%d ms is %s', (milliseconds, words) => expect(span(milliseconds)).toBe(words));
});

describe('dates', () => {
  it('are in UTC', () => {
    expect([shortDay(now), longDay(now), clock(now), iso(now)]).toEqual([
      '21 Nov 2026',
      'Saturday 21 November 2026',
      '12:00 UTC',
      '2026-11-21T12:00:00.000Z',
    ]);
  });

  it.each([Number.NaN, Infinity, 8.64e15 + 1, -8.64e15 - 1])('say so where %d is none', (time) => {
    expect([shortDay(time), longDay(time), clock(time), iso(time)]).toEqual([
      'unknown day',
      'Unknown day',
      '',
      undefined,
    ]);
  });
});
