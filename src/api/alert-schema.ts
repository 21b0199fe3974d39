import * as z from 'zod';
import { lookupVerdicts } from '../alert/lookup.ts';
import { indicatorTypes } from '../context/intel/indicator.ts';
import { observableTypes } from '../context/observable.ts';
import { severities } from '../event/severity.ts';
import { handlingSchema } from './delivery-schema.ts';
import { alertLifeMembers } from './life-schema.ts';

const milliseconds = z.number().describe('Milliseconds since the epoch.');
const text = z.string();
const maybeText = z.string().optional();
const severity = z.enum(severities);

/** Something JSON of any shape: sent as it is, and only described. */
function anything(type: 'object', description: string) {
  return z.unknown().meta({ type, description });
}

const attackRef = z.object({ id: text, name: text }).describe('An ATT&CK tactic or technique.');

const target = z.object({ type: maybeText, name: text, arn: maybeText, account: maybeText });

const origin = z.discriminatedUnion('type', [
  z.object({ type: z.literal('address'), address: text }),
  z.object({ type: z.literal('service'), service: text }),
  z.object({ type: z.literal('internal') }),
  z.object({ type: z.literal('unknown'), text }),
]);

const place = z
  .object({
    kind: z
      .enum(['own', 'internet', 'private', 'reserved', 'aws', 'unknown'])
      .describe('own: one of the networks in the configuration. aws: AWS itself.'),
    network: maybeText.describe('What the configuration calls that network.'),
    country: maybeText.describe('ISO 3166-1 alpha-2.'),
    countryName: maybeText,
    city: maybeText,
    latitude: z.number().optional(),
    longitude: z.number().optional(),
    asn: z.int().optional().describe('Number of the autonomous system.'),
    asName: maybeText.describe('Who runs it.'),
    provider: z
      .object({
        name: text,
        service: maybeText.describe('What of it the address serves.'),
        region: maybeText,
      })
      .optional()
      .describe('The cloud or vendor that publishes the address as one of its own.'),
  })
  .optional()
  .describe('Where the call came from, as far as data on addresses tells.');

/** Where a record comes from. */
export const provenance = z
  .object({
    source: text.describe('How it reached Tocsin: file, stdin, http, s3, lambda.'),
    object: text.describe('The file, object or request that held it.'),
    position: z.number().describe('Byte offset in the unpacked content.'),
    receivedAt: milliseconds,
    worker: maybeText.describe('The worker that found it and sent it on.'),
  })
  .describe('Where a record came from.');

const evidence = z.object({ eventId: text, provenance });

const correlatedEvent = z
  .object({
    id: text,
    time: milliseconds,
    kind: text,
    service: text,
    action: text,
    result: z.enum(['success', 'failure', 'unknown']),
    reason: maybeText,
    target: maybeText.describe('The first thing that the call was about.'),
    who: z.object({
      kind: text,
      name: text,
      arn: maybeText,
      account: maybeText,
      accessKeyId: maybeText,
    }),
    person: maybeText.describe('Whom the configuration knows to be behind it.'),
    account: maybeText,
    region: maybeText,
    origin,
    place,
    userAgent: maybeText,
    provenance,
  })
  .describe('One of several events; its texts are cut to 200 characters.');

const correlation = z
  .object({
    type: text.describe('The type of the correlation rule, such as event_count.'),
    summary: text.describe('What was found and what was asked for: 12 events within 10m (at least 10).'),
    group: z
      .array(z.object({ field: text, value: text }))
      .readonly()
      .describe('What the events have in common because the rule groups by it.'),
    value: z.number().describe('What was held against the condition of the rule.'),
    start: milliseconds.describe('Time of the first event.'),
    end: milliseconds.describe('End of the window.'),
    total: z.int().describe('How many events there were.'),
    events: z
      .array(correlatedEvent)
      .readonly()
      .describe('The newest of them, at most 100, the oldest first.'),
  })
  .describe(
    'Where several events together made the rule match: who, what and where then say what they have in common, evidence is the last event, and there is no raw event.',
  );

const alertContext = z
  .object({
    warnings: z
      .array(z.object({ type: z.enum(indicatorTypes), value: text, feed: text, label: maybeText }))
      .readonly()
      .optional()
      .describe('What feeds of indicators warn of in its event.'),
    lookups: z
      .array(
        z.object({
          provider: text,
          about: z.object({ type: z.enum(observableTypes), value: text }),
          verdict: z
            .enum(lookupVerdicts)
            .describe('none: neither good nor bad. unanswered: nothing was said, and the summary is why.'),
          summary: text,
          link: maybeText.describe('The page of the provider about it.'),
          at: milliseconds.describe('When that was asked.'),
        }),
      )
      .readonly()
      .optional()
      .describe('What others said of addresses, domains and files that it names, the worst first.'),
  })
  .describe('What is known around it besides what its events say.');

export const alertSummarySchema = z
  .object({
    id: text.describe('32 hex digits; the same input always gives the same id.'),
    rule: z.object({ id: text, title: text }),
    severity: severity.describe('After policy.'),
    severityChanges: z
      .array(text)
      .readonly()
      .optional()
      .describe("Why it is not the rule's own level, in order: raised from high to critical: production."),
    exception: z
      .object({ name: text, reason: text, owner: text, until: milliseconds })
      .optional()
      .describe('What is known and accepted for a time; such an alert is delivered to nobody.'),
    title: text.describe('One sentence that says what happened.'),
    description: text,
    response: text.describe('What to do first.'),
    time: milliseconds.describe('When it happened, in milliseconds since the epoch.'),
    receivedAt: milliseconds,
    decidedAt: milliseconds,
    who: z.object({
      kind: text,
      name: text,
      arn: maybeText,
      account: maybeText,
      accessKeyId: maybeText,
      mfa: z.boolean().optional(),
      person: z
        .object({ name: text, team: maybeText, contact: maybeText })
        .optional()
        .describe('Whom the configuration knows to be behind it.'),
      chain: z.array(text).readonly().describe('The names behind an assumed role, the origin first.'),
    }),
    what: z.object({
      kind: text,
      service: text,
      action: text,
      result: z.enum(['success', 'failure', 'unknown']),
      reason: maybeText,
      targets: z.array(target).readonly(),
    }),
    where: z.object({
      account: maybeText,
      accountName: maybeText.describe('What the configuration calls the account.'),
      region: maybeText,
      origin,
      place,
      userAgent: maybeText,
    }),
    tactics: z.array(attackRef).readonly(),
    techniques: z.array(attackRef).readonly(),
    facts: z
      .array(
        z.object({
          explanation: text,
          unknowns: z.array(text).readonly(),
          diff: z
            .array(z.object({ sign: z.enum(['+', '-', ' ']), text }))
            .readonly()
            .optional()
            .describe('What came, what went, and what stays for orientation, line by line.'),
        }),
      )
      .readonly()
      .describe('What the event means, and what it alone cannot tell.'),
    falsePositives: z.array(text).readonly(),
    references: z.array(text).readonly(),
    correlation: correlation.optional(),
    context: alertContext.optional(),
    ...alertLifeMembers,
    evidence,
  })
  .describe('An alert without its raw event. Strings come from logs and can hold anything.');

const alertSchema = alertSummarySchema
  .extend({ evidence: evidence.extend({ fields: anything('object', 'The raw event, unchanged.') }) })
  .describe('An alert. Strings come from logs and can hold anything.');

export const alertPageSchema = z.object({
  alerts: z.array(alertSummarySchema).readonly().describe('Newest event first.'),
  next: text.nullable().describe("Pass as 'cursor' for the next page; null on the last."),
});

const cause = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('escalation'), route: text, step: z.int(), minutes: z.number() }),
    z.object({
      type: z.literal('fallback'),
      route: text,
      channels: z.array(text).readonly(),
      minutes: z.number(),
    }),
    z.object({ type: z.literal('client') }),
  ])
  .describe(
    'Why it is owed only under a condition: while nobody has acknowledged the alert, while it has not reached another channel, or while the channel is not told of a worse alert about the same client of a web site.',
  );

export const alertDetailSchema = z.object({
  alert: alertSchema,
  deliveries: z
    .array(
      z.object({
        id: text,
        channel: text,
        state: z
          .enum(['pending', 'delivered', 'dead', 'dropped'])
          .describe('dead: given up. dropped: owed no longer, and not made.'),
        attempts: z.int(),
        reason: maybeText.describe('Why the last attempt failed, or why it was dropped.'),
        toldBefore: z.boolean().optional().describe('Made once, and owed again because the alert changed.'),
        due: milliseconds.optional().describe('Before this it is not tried, or not tried again.'),
        cause: cause.optional(),
        history: z
          .array(handlingSchema)
          .readonly()
          .optional()
          .describe('What people did with it after it was given up.'),
      }),
    )
    .readonly(),
});
