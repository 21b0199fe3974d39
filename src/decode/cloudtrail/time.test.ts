import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTime } from './time.ts';

describe('parseTime', () => {
  it.each([
    ['nothing', ''],
    ['a bare year, which Date.parse would take', '2026'],
    ['a date alone', '2026-03-01'],
    ['a number of seconds', '1767225600'],
    ['a day that February lacks', '2026-02-30T00:00:00Z'],
    ['29 February of a common year', '2026-02-29T00:00:00Z'],
    ['29 February of 2100', '2100-02-29T00:00:00Z'],
    ['31 April', '2026-04-31T00:00:00Z'],
    ['month 13', '2026-13-01T00:00:00Z'],
    ['month 0', '2026-00-01T00:00:00Z'],
    ['day 0', '2026-01-00T00:00:00Z'],
    ['hour 24', '2026-03-01T24:00:00Z'],
    ['minute 60', '2026-03-01T09:60:00Z'],
    ['second 61', '2026-03-01T09:30:61Z'],
    ['the zero time of Go programs', '0001-01-01T00:00:00Z'],
    ['letters for digits', '2026-0a-01T09:30:00Z'],
    ['digits of another script', '٢٠٢٦-٠٣-٠١T٠٩:٣٠:٠٠Z'],
    ['something after the zone', '2026-03-01T09:30:00Zx'],
    ['an empty fraction', '2026-03-01T09:30:00.Z'],
    ['an offset past a day', '2026-03-01T09:30:00+24:00'],
    ['a weekday', 'Sun, 01 Mar 2026 09:30:00 GMT'],
    ['a text without end', `2026-03-01T09:30:00.${'0'.repeat(1_000_000)}Z`],
  ])('refuses %s', (_, text) => {
    expect(parseTime(text)).toBeUndefined();
  });

  it.each([
    ['2026-03-01T09:30:00Z', '2026-03-01T09:30:00.000Z'],
    ['2026-03-01T09:30:00.5Z', '2026-03-01T09:30:00.500Z'],
    ['2026-03-01T09:30:00.123456789Z', '2026-03-01T09:30:00.123Z'],
    ['2026-03-01T09:30:00+05:30', '2026-03-01T04:00:00.000Z'],
    ['2026-03-01T09:30:00-0800', '2026-03-01T17:30:00.000Z'],
    ['2026-03-01 09:30:00.000', '2026-03-01T09:30:00.000Z'],
    ['2026-03-01T09:30:00', '2026-03-01T09:30:00.000Z'],
    ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(new Date(parseTime(text) ?? Number.NaN).toISOString()).toBe(expected);
  });

  it('reads every time that Date writes as Date reads it', () => {
    const dates = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true });
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseTime(date.toISOString())).toBe(date.getTime());
      }),
    );
  });
});
