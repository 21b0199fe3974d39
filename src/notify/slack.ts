import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import type { ChannelRequest, DeliveryContext } from './channel.ts';
import { addressProblem, secretText, sharedSettings } from './settings.ts';
import { slackMessage } from './slack-message.ts';
import { readSlackAnswer } from './slack-answer.ts';

/**
 * Slack, over an incoming webhook (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks) or as a
 * bot (https://docs.slack.dev/reference/methods/chat.postMessage). Plain HTTP through the shared delivery code: Slack's
 * own client repeats calls by itself, and its retries would multiply with those of the outbox.
 */

export const slackSettings = z
  .strictObject({
    type: z.literal('slack').describe('Messages in a Slack channel.'),
    ...sharedSettings,
    webhookUrl: secretText(
      'Address of an incoming webhook, https://hooks.slack.com/services/...; the webhook itself says which Slack channel. Use this or `token` with `channel`.',
    ).optional(),
    token: secretText(
      'Bot token (xoxb-...) of a Slack app with the scope chat:write, whose bot was invited to the channel.',
    ).optional(),
    channel: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('With `token`: id (C0123456789, safest) or name (#alerts) of the Slack channel.'),
    apiUrl: z
      .string()
      .default('https://slack.com/api')
      .describe('With `token`: base address of the Slack Web API; https://slack-gov.com/api for GovSlack.'),
  })
  .superRefine((settings, context) => {
    const { webhookUrl, token, channel, apiUrl } = settings;
    const problem = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (webhookUrl !== undefined && token !== undefined) {
      problem('token', 'is one of two ways into Slack, and `webhookUrl` is the other; keep one of them');
    } else if (webhookUrl === undefined && token === undefined) {
      problem('webhookUrl', 'is missing; set `webhookUrl`, or `token` and `channel`');
    } else if (token !== undefined && channel === undefined) {
      problem('channel', 'is missing; `token` needs to know which Slack channel to write to');
    } else if (webhookUrl !== undefined && channel !== undefined) {
      problem('channel', 'has no effect with `webhookUrl`, whose Slack channel is fixed; remove it');
    }
    const addresses = { webhookUrl, apiUrl };
    for (const [key, address] of Object.entries(addresses)) {
      const wrong = address === undefined ? undefined : addressProblem(address, { allowHttp: false });
      if (wrong !== undefined) problem(key, wrong);
    }
    if (token !== undefined && !/^[\w.-]+$/.test(token)) {
      problem('token', 'holds characters that no Slack token has; expected something like xoxb-...');
    }
  });

export type SlackSettings = z.output<typeof slackSettings>;

export const slack = {
  type: 'slack' as const,
  settings: slackSettings,

  render(alert: Alert, settings: SlackSettings, context: DeliveryContext): ChannelRequest {
    const message = slackMessage(alert, context.link);
    const contentType = { 'content-type': 'application/json; charset=utf-8' };
    if (settings.webhookUrl !== undefined) {
      return {
        url: settings.webhookUrl,
        method: 'POST',
        headers: contentType,
        body: JSON.stringify(message),
      };
    }
    return {
      url: `${settings.apiUrl.replace(/\/+$/, '')}/chat.postMessage`,
      method: 'POST',
      headers: { ...contentType, authorization: `Bearer ${settings.token ?? ''}` },
      body: JSON.stringify({ channel: settings.channel, ...message }),
    };
  },

  read: readSlackAnswer,
};
