import * as z from 'zod';
import { statuses } from '../alert/alert-life.ts';
import { historyActions } from '../alert/lifecycle.ts';
import { severities } from '../event/severity.ts';

const milliseconds = z.number().describe('Milliseconds since the epoch.');
const text = z.string();
const maybeText = z.string().optional();
const severity = z.enum(severities);

const origin = z.discriminatedUnion('type', [
  z.object({ type: z.literal('address'), address: text }),
  z.object({ type: z.literal('service'), service: text }),
  z.object({ type: z.literal('internal') }),
  z.object({ type: z.literal('unknown'), text }),
]);

const strings = z.array(text).readonly();

const occurrence = z
  .object({
    id: text.describe('The id that the finding would have as an alert of its own; it finds this alert.'),
    time: milliseconds,
    severity,
    title: text,
    who: text,
    result: z.enum(['success', 'failure', 'unknown']),
    origin,
    country: maybeText,
    target: maybeText,
    eventId: text,
    provenance: z.object({
      source: text,
      object: text,
      position: z.number(),
      receivedAt: milliseconds,
      worker: maybeText,
    }),
  })
  .describe('One finding; its texts are cut to 200 characters.');

/** What an alert has of its life, beside what the finding says. */
export const alertLifeMembers = {
  group: z
    .object({ key: text, windowMs: z.number() })
    .optional()
    .describe('Findings with the same key within the window join this alert; absent where none can.'),
  occurrences: z
    .object({
      count: z.int().describe('Different findings, the first included.'),
      firstSeen: milliseconds,
      lastSeen: milliseconds,
      samples: z.array(occurrence).readonly().describe('The earliest and the ten latest.'),
      varied: z
        .object({
          result: strings,
          person: strings,
          country: strings,
          target: strings,
          fact: strings,
          actor: strings,
          principal: strings.optional().describe('ARNs of who did it.'),
          'access-key': strings.optional(),
          account: strings.optional(),
          region: strings.optional(),
          address: strings,
          agent: strings,
        })
        .describe('What they differ in: the first 32 of each.'),
      told: z
        .object({ at: milliseconds, count: z.int(), times: z.int() })
        .describe('What was known when somebody was last told.'),
      stepped: z.boolean().describe('Whether news among them raised the severity a step.'),
    })
    .optional()
    .describe('The findings that it stands for, once there are several.'),
  lifecycle: z
    .object({
      status: z.enum(statuses),
      revision: z
        .int()
        .describe('Give it with a change, so that it is refused where somebody else was faster.'),
      assignee: maybeText,
      snoozedUntil: milliseconds.optional(),
      since: milliseconds.describe('When it got its status.'),
      by: text,
      reason: maybeText,
    })
    .optional()
    .describe(
      'What people made of it. Absent while nobody has touched it: then it is open, with revision 0.',
    ),
  news: z
    .object({ type: z.enum(['raised', 'again', 'reopened', 'woken']), sentence: text, number: z.int() })
    .optional()
    .describe('Why people were told of it again, the last time.'),
  muted: z
    .object({ until: milliseconds })
    .optional()
    .describe('Nobody was told, because its rule had told too much within the hour, which ends then.'),
  incident: z
    .object({
      id: text.describe('See `GET /v1/incidents/{id}`.'),
      name: text,
      mutes: z
        .array(text)
        .readonly()
        .optional()
        .describe('Channels that were not told of the alert, because they had been told of the incident.'),
    })
    .optional()
    .describe('The incident that it was part of when it came, of which people had been told by then.'),
  follows: z
    .object({ id: text, status: z.enum(statuses) })
    .optional()
    .describe('The closed alert that it would have joined.'),
};

const shared = {
  revision: z
    .int()
    .min(0)
    .optional()
    .describe(
      '`lifecycle.revision` that this was decided from, 0 for none; refused with 409 where it has changed.',
    ),
  by: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Who does it; the name of the key is written down in any case.'),
};

const reason = z.string().max(4_000).optional();

export const statusBody = z.strictObject({
  ...shared,
  status: z.enum(statuses),
  reason: reason.describe('Why; a false positive needs one.'),
});

export const assigneeBody = z.strictObject({
  ...shared,
  assignee: z.string().min(1).max(200).nullable().describe('Who takes care of it; null for nobody.'),
});

export const commentBody = z.strictObject({ ...shared, text: z.string().min(1).max(4_000) });

export const snoozeBody = z.strictObject({
  ...shared,
  until: z
    .union([z.number(), z.iso.datetime({ offset: true }).transform((value) => Date.parse(value))])
    .nullable()
    .describe('A time with its zone, or milliseconds since the epoch; null wakes it.'),
  reason,
});

export const historySchema = z.object({
  lines: z
    .array(
      z.object({
        sequence: z.int(),
        alertId: text,
        time: milliseconds,
        action: z.enum(historyActions),
        by: text,
        via: text.describe('api, console, cli, slack, or system for what Tocsin did by itself.'),
        detail: text.describe('One sentence, or the comment.'),
        revision: z.int(),
      }),
    )
    .readonly()
    .describe('The newest first.'),
  next: text.nullable().describe("Pass as 'cursor' for the next page; null on the last."),
});

export const figuresSchema = z.object({
  statuses: z
    .record(z.enum(statuses), z.int())
    .describe('Alerts by status, those under an exception included.'),
  rules: z
    .array(
      z.object({
        rule: z.object({ id: text, title: text }),
        resolved: z.int().describe('Alerts that were resolved as what they said they were.'),
        falsePositives: z.int(),
        precision: z.number().describe('resolved / (resolved + falsePositives)').nullable(),
      }),
    )
    .readonly()
    .describe('Of rules whose alerts were judged; alerts that are gone count too.'),
});

export const suppressionSchema = z.object({
  id: text,
  name: text,
  when: z.unknown().meta({ description: 'A Sigma search, as in `alerts.exceptions`.' }),
  reason: text,
  owner: text,
  from: milliseconds,
  until: milliseconds,
  createdAt: milliseconds,
  createdBy: text,
  ended: z.object({ at: milliseconds, by: text }).optional(),
});
