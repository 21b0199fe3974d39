import * as z from 'zod';
import { parseTime } from './time.ts';

/** How many on one page. */
export const limit = z.coerce
  .number('expected a number from 1 to 500')
  .int('expected a whole number from 1 to 500')
  .min(1, 'expected a number from 1 to 500')
  .max(500, 'expected a number from 1 to 500');

/** Where a page begins. */
export const cursor = z
  .string()
  .min(1, "expected 'next' of the page before")
  .max(2000, "expected 'next' of the page before")
  .optional()
  .describe("Where to go on: 'next' of the page before.");

/** A point in time, as people write it. */
export function time(now: () => number) {
  return z.string().transform((value, context) => {
    const found = parseTime(value, now());
    if (found !== undefined) return found;
    context.addIssue(
      'expected a time such as 2026-11-21T07:41:03Z, 2026-11-21, seconds or milliseconds since the epoch, or how long ago: 24h, 7d',
    );
    return z.NEVER;
  });
}

/** A text that names one thing. */
export function name(what: string) {
  return z.string().min(1, `expected ${what}`).max(200, `expected ${what} of at most 200 characters`);
}
