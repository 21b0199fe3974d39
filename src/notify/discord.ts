import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import { alertText, type Markup } from './alert-text.ts';
import type { Answer, ChannelRequest, ChannelResponse, DeliveryContext } from './channel.ts';
import { jsonBody } from './json-answer.ts';
import { markdown, markdownText, markdownTitle } from './markdown.ts';
import { alertSections } from './sections.ts';
import { readStatus } from './send.ts';
import { checkAddress, secretText, sharedSettings } from './settings.ts';
import { templateSetting } from './wording.ts';

/**
 * Discord, over a webhook: https://docs.discord.com/developers/resources/webhook#execute-webhook, one embed an alert
 * (limits: https://docs.discord.com/developers/resources/message#embed-object-embed-limits).
 */

export const discordSettings = z.strictObject({
  type: z.literal('discord').describe('Messages in a Discord channel.'),
  ...sharedSettings,
  template: templateSetting,
  webhookUrl: secretText(
    'Address of a webhook, https://discord.com/api/webhooks/...; the webhook itself says which Discord channel.',
  ).superRefine(checkAddress),
  threadId: z
    .string()
    .regex(/^\d{1,20}$/, 'is no id; it has digits only')
    .optional()
    .describe('Id of a thread of that channel to write to.'),
});

export type DiscordSettings = z.output<typeof discordSettings>;

const limits = { title: 256, description: 4096 } as const;

const markup: Markup = {
  ...markdown,
  moment: (time, shown) => `<t:${Math.floor(time / 1000)}:F> (${markdownText(shown)})`,
};

export const discord = {
  type: 'discord' as const,
  settings: discordSettings,

  render(alert: Alert, settings: DiscordSettings, context: DeliveryContext): ChannelRequest {
    const sections = alertSections(alert, context.link, context.wording);
    const { look, links } = sections;
    const headline = `${look.emoji} ${look.word}  `;
    const title = headline + markdownTitle(sections.title, limits.title - headline.length);
    const isCut = !title.endsWith(markdownText(sections.title));
    const message = {
      embeds: [
        {
          title,
          ...(links[0] === undefined ? {} : { url: links[0].url }),
          color: Number.parseInt(look.colour.slice(1), 16),
          description: alertText(sections, markup, limits.description, { withTitle: isCut }),
        },
      ],
      // Nobody is called, whatever a text from a log holds.
      allowed_mentions: { parse: [] },
    };
    const url = URL.parse(settings.webhookUrl);
    // Discord tells only then whether the message was kept.
    url?.searchParams.set('wait', 'true');
    if (settings.threadId !== undefined) url?.searchParams.set('thread_id', settings.threadId);
    return {
      url: url?.href ?? settings.webhookUrl,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
    };
  },

  read(response: ChannelResponse): Answer {
    const answer = jsonBody(response.body, answerSchema);
    if (response.status === 429 && answer?.retry_after !== undefined) {
      return {
        type: 'later',
        reason: 'HTTP 429: too many requests',
        afterMs: Math.ceil(answer.retry_after * 1000),
      };
    }
    const way = response.status === 400 ? closedCodes[answer?.code ?? 0] : undefined;
    return way === undefined
      ? readStatus(response)
      : { type: 'closed', reason: `HTTP 400 from Discord: ${way}` };
  },
};

const answerSchema = z.object({
  code: z.int().optional(),
  /** Seconds, with a fraction: https://docs.discord.com/developers/topics/rate-limits */
  retry_after: z.number().min(0).max(1e6).optional(),
});

/** https://docs.discord.com/developers/topics/opcodes-and-status-codes#json */
const closedCodes: Readonly<Record<number, string>> = {
  10003: 'the channel is gone; make a new webhook and set its address',
  10015: 'the webhook is gone; make a new one and set its address',
  50027: 'the webhook was reset; set its new address',
  50083: 'the thread is archived; open it again or remove `threadId`',
  220001: 'the webhook belongs to a forum; set `threadId`',
};
