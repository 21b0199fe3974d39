import * as z from 'zod';
import type { Schedule } from '../alert/schedule.ts';

/** `18:30` as minutes of the day; `24:00` is its end. */
export const clockTime = z.string().transform((text, context): number => {
  const [, hours = '', minutes = ''] = /^(\d{2}):(\d{2})$/.exec(text) ?? [];
  const minute = Number(hours) * 60 + Number(minutes);
  if (hours !== '' && Number(minutes) < 60 && minute <= 24 * 60) return minute;
  context.addIssue({ code: 'custom', message: 'must be a time of day from 00:00 to 24:00, in quotes' });
  return z.NEVER;
});

export const timeZone = z.string().refine(isTimeZone, 'must be a time zone such as Europe/Berlin or UTC');

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** When digests go out; its output is a `Schedule`. */
export const digestSetting = z
  .strictObject({
    everyMinutes: z
      .int()
      .min(1)
      .max(7 * 24 * 60)
      .optional()
      .describe('Every so many minutes, counted from midnight UTC for what divides a day.'),
    at: z
      .array(clockTime)
      .min(1)
      .max(24)
      .optional()
      .describe('At these times of day, such as ["08:00", "16:30"].'),
    timeZone: timeZone.optional().describe('On whose clock, with `at`; UTC, where left out.'),
  })
  .transform(({ everyMinutes, at, timeZone: zone }, context): Schedule => {
    if (everyMinutes !== undefined && at === undefined && zone === undefined)
      return { type: 'every', minutes: everyMinutes };
    if (at !== undefined && everyMinutes === undefined)
      return { type: 'at', times: at, timeZone: zone ?? 'UTC' };
    context.addIssue({
      code: 'custom',
      message: 'needs either `everyMinutes`, or `at` with or without `timeZone`',
    });
    return z.NEVER;
  });
