import * as z from 'zod';
import { weekdays, type Hours } from '../alert/hours.ts';
import { clockTime, timeZone } from '../notify/digest-setting.ts';

/** Hours of the week. Its output is `Hours`. */
export const hours = z
  .strictObject({
    days: z
      .array(z.enum(weekdays))
      .min(1)
      .default([...weekdays])
      .describe('The days on which it begins.'),
    from: clockTime.default(0).describe('From this time of day, such as "18:00".'),
    to: clockTime
      .default(24 * 60)
      .describe('To this time of day; where it is not after `from`, on the next day.'),
    timeZone: timeZone.default('UTC').describe('On whose clock, such as Europe/Berlin.'),
  })
  .transform((given): Hours => given)
  .describe('Only in these hours; always, where left out.');
