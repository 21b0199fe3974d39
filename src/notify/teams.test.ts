import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { teams } from './teams.ts';
import { hostileAlert } from './testing/alerts.ts';
import { stringsIn } from './testing/block-kit.ts';
import { liveLinks, testChannel } from './testing/channel-contract.ts';

const path =
  '/workflows/0123456789abcdef/triggers/manual/paths/invoke?api-version=2016-06-01&sig=not-a-real-one';

/** https://adaptivecards.io/explorer/, version 1.5, as Teams wraps it: https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using#send-adaptive-cards-using-an-incoming-webhook */
const textRun = z.strictObject({
  type: z.literal('TextRun'),
  text: z.string(),
  weight: z.enum(['Default', 'Lighter', 'Bolder']).optional(),
  size: z.enum(['Default', 'Small', 'Medium', 'Large', 'ExtraLarge']).optional(),
  fontType: z.enum(['Default', 'Monospace']).optional(),
  italic: z.boolean().optional(),
  isSubtle: z.boolean().optional(),
});
const richText = z.strictObject({
  type: z.literal('RichTextBlock'),
  spacing: z.enum(['None', 'Small', 'Default', 'Medium', 'Large']),
  inlines: z.array(textRun).min(1),
});
const message = z.strictObject({
  type: z.literal('message'),
  attachments: z
    .array(
      z.strictObject({
        contentType: z.literal('application/vnd.microsoft.card.adaptive'),
        contentUrl: z.null(),
        content: z.strictObject({
          $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
          type: z.literal('AdaptiveCard'),
          version: z.literal('1.5'),
          msteams: z.strictObject({ width: z.literal('Full') }),
          body: z
            .array(
              z.union([
                z.strictObject({
                  type: z.literal('Container'),
                  style: z.enum(['default', 'emphasis', 'good', 'attention', 'warning', 'accent']),
                  bleed: z.boolean(),
                  items: z.array(richText).min(1),
                }),
                richText,
              ]),
            )
            .min(2),
          actions: z
            .array(
              z.strictObject({
                type: z.literal('Action.OpenUrl'),
                title: z.string(),
                url: z.url({ protocol: /^https?$/ }),
              }),
            )
            .max(6),
        }),
      }),
    )
    .length(1),
});

testChannel({
  channel: teams,
  settings: (base) => ({ type: 'teams', webhookUrl: base + path }),
  base: 'https://prod-00.westeurope.logic.azure.com',
  body: message,
  maxBytes: 28 * 1024,
  method: 'POST',
  path,
  accepted: { type: 'answer', status: 202 },
  unauthorised: {
    type: 'answer',
    status: 401,
    body: '{"error":{"code":"DirectApiAuthorizationRequired","message":"x"}}',
  },
  live: (body) => [
    ...liveLinks(body).filter((link) => !link.startsWith('http://adaptivecards.io/schemas/')),
    ...stringsIn(body).flatMap((text) => text.match(/[<>]|\{\{/g) ?? []),
  ],
});

describe('Teams', () => {
  it('says that it left parts out where an alert is too large for it', () => {
    const names = '\u4e00'.repeat(290);
    const step = (number: number) => `${number} ${names}`;
    const alert = {
      ...hostileAlert,
      response: [1, 2, 3, 4, 5, 6].map(step).join('\n'),
      facts: hostileAlert.facts.map((fact) => ({
        ...fact,
        explanation: names.repeat(2),
        unknowns: [names, names],
      })),
    };
    const settings = teams.settings.parse({ type: 'teams', webhookUrl: `https://x.example${path}` });
    const { body } = teams.render(alert, settings, { idempotencyKey: 'd', link: undefined, now: 0 });
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(24_000);
    expect(stringsIn(message.parse(JSON.parse(body))).join('\n')).toMatch(
      new RegExp(`… and \\d+ more parts?, too long for a message. Alert ${alert.id}`),
    );
  });

  it.each([
    ['closed', 400, 'TriggerInputSchemaMismatch'],
    ['closed', 404, 'WorkflowNotFound'],
    ['refused', 400, 'InvalidRequestContent'],
    ['later', 502, 'WorkflowNotFound'],
  ])('means %s with %i %s', (type, status, code) => {
    const body = JSON.stringify({ error: { code, message: 'x' } });
    expect(teams.read({ status, body, headers: new Headers(), retryAfterMs: undefined }).type).toBe(type);
  });
});
