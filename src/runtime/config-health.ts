import * as z from 'zod';
import { parseTimespan } from '../sigma/correlation/timespan.ts';

const timespan = z.string().transform((text, context): number => {
  const span = parseTimespan(text);
  if (typeof span === 'number') return span;
  context.addIssue({ code: 'custom', message: `'${text}' ${span.problem}` });
  return z.NEVER;
});

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** What Tocsin watches of itself, and from when on it raises an alert. */
export const healthSection = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether alerts are raised about Tocsin itself.'),
    silence: z
      .strictObject({
        learning: timespan
          .default(7 * day)
          .describe('How long a source, worker, account or region must be known before it is missed.'),
        atLeast: timespan.default(hour).describe('Nothing is missed sooner than this.'),
        tolerance: z
          .number()
          .min(1)
          .max(100)
          .default(4)
          .describe(
            'How many times the longest gap that is usual at an hour of the week a silence may last before it raises an alert.',
          ),
      })
      .prefault({})
      .describe('When something is missed that was heard of.'),
    expected: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Names of what may go silent, such as accounts that were closed: sources, workers, accounts (their regions with them), `ACCOUNT/REGION`.',
      ),
    channelFailing: timespan
      .default(15 * minute)
      .describe('How long a channel may take nothing before the others are told.'),
    sourceTrouble: timespan
      .default(15 * minute)
      .describe('How long a source may be unreadable before it raises an alert.'),
    sourceBehind: timespan.default(30 * minute).describe('How long messages of a queue may wait to be read.'),
    queue: z
      .int()
      .min(1)
      .default(500)
      .describe('So many deliveries may be owed to one channel, unless they become fewer.'),
    clockOff: timespan
      .default(2 * minute)
      .describe('How far in the future events may lie before clocks are said to disagree.'),
    rulePerHour: z
      .int()
      .min(1)
      .default(200)
      .describe('How many new alerts one rule may bring in an hour of the clock.'),
    ruleFindingsPerHour: z
      .int()
      .min(1)
      .default(10_000)
      .describe(
        'How many events one rule may find in an hour of the clock, those too that join an alert that is there.',
      ),
    rulesUnfired: timespan
      .nullable()
      .default(90 * day)
      .describe(
        'How long rules may make no alert before one low alert tells which they are. Not watched, where it is `null`.',
      ),
    latencyObjective: timespan
      .nullable()
      .default(null)
      .describe(
        'How long it may take from an event to its alert being stored, for 95 % of the alerts of each source. Not watched, where it is `null`.',
      ),
  })
  .prefault({})
  .describe('What Tocsin watches of itself (docs/health.md).');

export type HealthSettings = z.output<typeof healthSection>;
