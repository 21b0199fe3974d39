import * as z from 'zod';
import { addressProblem, secretText } from '../notify/settings.ts';

/** What the settings of every provider have; the defaults are what its owner gives for nothing, or by the smallest plan. */
export function sharedSettings(defaults: {
  readonly url: string;
  readonly perMinute: number;
  readonly perDay: number;
}) {
  return {
    key: secretText('The API key.').regex(/^[\x21-\x7e]{4,500}$/, 'holds characters that no key has'),
    url: z
      .string()
      .default(defaults.url)
      .superRefine((address, context) => {
        const message = addressProblem(address, { allowHttp: false });
        if (message !== undefined) context.addIssue({ code: 'custom', message });
      })
      .describe('Base address, for a proxy or another region.'),
    perMinute: z
      .int()
      .min(1)
      .max(60_000)
      .default(defaults.perMinute)
      .describe('At most so many questions a minute.'),
    perDay: z
      .int()
      .min(1)
      .max(100_000_000)
      .default(defaults.perDay)
      .describe('At most so many questions a day, by UTC; what is more is not asked, and alerts say so.'),
    timeoutSeconds: z.number().min(0.1).max(60).default(5).describe('How long one answer may take.'),
  };
}
