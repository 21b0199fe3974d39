import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countOf, dayOf, firstOf, readDays, upTo, withDay, writeDays, type Days } from './days.ts';

const daysOf = (days: readonly number[]) =>
  days.reduce<Days | undefined>((known, day) => withDay(known, day), undefined);
const aDay = fc.integer({ min: 20_000, max: 20_250 });

describe('days', () => {
  it('are the same in whatever order and however often they come', () => {
    fc.assert(
      fc.property(
        fc.array(aDay, { minLength: 1, maxLength: 40 }),
        fc.array(fc.nat(), { maxLength: 40 }),
        (days, again) => {
          const repeats = again.flatMap((index) => days[index % days.length] ?? []);
          const shuffled = [...repeats, ...days.toReversed()];
          expect(daysOf(shuffled)).toEqual(daysOf(days));
        },
      ),
    );
  });

  it('count what lies within the 90 days that end with a day, as a set of numbers would', () => {
    fc.assert(
      fc.property(fc.array(aDay, { minLength: 1, maxLength: 40 }), fc.nat(6), (days, back) => {
        const to = Math.max(...days) - back;
        const wanted = [...new Set(days)].filter((day) => day <= to && day > to - 90);
        const known = upTo(daysOf(days), to);
        expect(countOf(known)).toBe(wanted.length);
        expect(known === undefined ? Infinity : firstOf(known)).toBe(Math.min(...wanted));
      }),
    );
  });

  it('come back from the text that a store keeps', () => {
    fc.assert(
      fc.property(fc.array(aDay, { minLength: 1, maxLength: 40 }), (days) => {
        const known = daysOf(days);
        expect(known && readDays(writeDays(known))).toEqual(known);
      }),
    );
  });

  it.each([undefined, 7, '', '1', '/', '1/', '/1', '1/g', '-1/1', '1/1/1', `1/${'f'.repeat(25)}`])(
    'are not read from %j',
    (text) => expect(readDays(text)).toBeUndefined(),
  );

  it('change at midnight in UTC', () => {
    expect(dayOf(Date.parse('2026-11-20T00:00:00Z')) - dayOf(Date.parse('2026-11-19T23:59:59.999Z'))).toBe(1);
  });
});
