import * as z from 'zod';
import { severities } from '../event/severity.ts';
import { cursor, limit, name, time } from './query-parts.ts';

const milliseconds = z.number().describe('Milliseconds since the epoch.');
const text = z.string();

/** What people did with a delivery that had been given up. */
export const handlingSchema = z.object({
  action: z.enum(['replayed', 'dropped']),
  at: milliseconds,
  by: text,
  after: text.optional().describe('Why it had been given up.'),
});

/** What `GET /v1/deliveries/dead` can be asked. */
export function deadQuerySchema(now: () => number) {
  return z.strictObject({
    channel: name('a channel').optional().describe('Only of the channel with this name.'),
    since: time(now).optional().describe('Only given up at this time or later.'),
    until: time(now).optional().describe('Only given up before this time.'),
    reason: name('a text').optional().describe('Only those in whose reason this stands, letter by letter.'),
    limit: limit.default(100).describe('Deliveries on one page.'),
    cursor,
  });
}

/** Which of them to handle: their ids, or what they have in common. */
export function handleDeadBody(now: () => number) {
  return z
    .strictObject({
      ids: z.array(z.string().min(1).max(100)).min(1).max(500).optional().describe('Ids of deliveries.'),
      channel: name('a channel').optional().describe('All of the channel with this name.'),
      since: time(now).optional().describe('Only given up at this time or later.'),
      until: time(now).optional().describe('Only given up before this time.'),
      reason: name('a text').optional().describe('Only those in whose reason this stands.'),
    })
    .refine(
      ({ ids, ...query }) =>
        (ids !== undefined) !== Object.values(query).some((value) => value !== undefined),
      'needs either ids, or some of channel, since, until and reason',
    );
}

export const deadPageSchema = z.object({
  deliveries: z
    .array(
      z.object({
        id: text.describe('Also the idempotency key that the receiver sees.'),
        channel: text,
        alert: z.object({
          id: text,
          severity: z.enum(severities),
          title: text,
          rule: z.object({ id: text, title: text }),
        }),
        attempts: z.int(),
        reason: text,
        diedAt: milliseconds.describe('When it was given up.'),
        history: z.array(handlingSchema).readonly().describe('What people did with it before.'),
      }),
    )
    .readonly(),
  next: text.nullable().describe("Pass as 'cursor' for the next page; null on the last."),
});
