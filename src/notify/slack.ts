import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import { isClosed } from '../alert/lifecycle.ts';
import type { Standing } from '../alert/standing.ts';
import { atLeast } from '../event/severity.ts';
import { changeSentences, newsSince } from './change-words.ts';
import type { Answer, ChannelRequest, DeliveryContext, FollowUpContext, Means } from './channel.ts';
import { addressProblem, joined, secretText, sharedSettings } from './settings.ts';
import { slackMessage, slackReply, type SlackMessageOptions } from './slack-message.ts';
import { lostMessage, readSlackAnswer } from './slack-answer.ts';
import { templateSetting } from './wording.ts';

/**
 * Slack, over an incoming webhook (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks) or as a
 * bot (https://docs.slack.dev/reference/methods/chat.postMessage). Plain HTTP through the shared delivery code: Slack's
 * own client repeats calls by itself, and its retries would multiply with those of the outbox.
 */

export const slackSettings = z
  .strictObject({
    type: z.literal('slack').describe('Messages in a Slack channel.'),
    ...sharedSettings,
    template: templateSetting,
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
    signingSecret: secretText(
      'With `token`: the signing secret of the Slack app. With it, messages have buttons, and clicks on them are taken at `/v1/slack/actions`.',
    )
      .regex(/^[\x21-\x7e]{8,200}$/, 'is no signing secret of Slack')
      .optional(),
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
    if (webhookUrl !== undefined && settings.signingSecret !== undefined)
      problem('signingSecret', 'has no effect with `webhookUrl`, over which no buttons work; use `token`');
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
    if (settings.webhookUrl === undefined)
      return call(settings, 'chat.postMessage', {
        channel: settings.channel,
        ...slackMessage(alert, context.link, messageOptions(settings, context)),
      });
    return {
      url: settings.webhookUrl,
      method: 'POST',
      headers: contentType,
      body: JSON.stringify(
        slackMessage(alert, context.link, { standing: context.standing, wording: context.wording }),
      ),
    };
  },

  read: readSlackAnswer,

  // A webhook does not say by what a message is known, and so cannot come back to it.
  follows: (settings: SlackSettings) => settings.webhookUrl === undefined,

  /**
   * Writes the first message anew, and what has changed as a reply to it, which people who follow the thread are told of. A message that cannot be
   * changed gets the reply alone; where it is gone, another one takes its place.
   */
  async follow(
    alert: Alert,
    settings: SlackSettings,
    context: FollowUpContext,
    means: Means,
  ): Promise<Answer> {
    const send = async (request: ChannelRequest) => {
      const exchange = await means.exchange(request);
      return exchange.type === 'response'
        ? { answer: readSlackAnswer(exchange.response), lost: lostMessage(exchange.response) }
        : { answer: exchange, lost: undefined };
    };
    const sendAnew = async (): Promise<Answer> => (await send(slack.render(alert, settings, context))).answer;
    const { told, standing } = context;
    const { channel, ts } = told.receipt;
    // What was sent before receipts were kept is sent anew, and followed from then on.
    if (channel === undefined || ts === undefined) return sendAnew();
    const { text, blocks, attachments, parse, link_names } = slackMessage(
      alert,
      context.link,
      messageOptions(settings, context),
    );
    const update = { channel, ts, text, blocks, attachments, parse, link_names };
    const updated = await send(call(settings, 'chat.update', update));
    if (updated.answer.type !== 'accepted' && updated.lost === undefined) return updated.answer;
    const sentences = changeSentences(alert, standing, told.standing);
    if (sentences.length === 0) return { type: 'accepted' };
    if (updated.lost === 'gone') return sendAnew();
    const reply = {
      channel,
      thread_ts: ts,
      // What is worse than people thought is for all to see, and not for those alone who read the thread.
      ...(isWorse(alert, standing, told.standing) ? { reply_broadcast: true } : {}),
      ...slackReply(sentences),
    };
    const replied = await send(call(settings, 'chat.postMessage', reply));
    if (replied.lost === 'gone') return sendAnew();
    // The receipt stays that of the first message.
    return replied.answer.type === 'accepted' ? { type: 'accepted' } : replied.answer;
  },
};

const contentType = { 'content-type': 'application/json; charset=utf-8' };

function call(settings: SlackSettings, method: string, body: object): ChannelRequest {
  return {
    url: joined(settings.apiUrl, `/${method}`),
    method: 'POST',
    headers: { ...contentType, authorization: `Bearer ${settings.token ?? ''}` },
    body: JSON.stringify(body),
  };
}

function messageOptions(
  settings: SlackSettings,
  { standing, wording }: DeliveryContext,
): SlackMessageOptions {
  return { standing, wording, withButtons: settings.signingSecret !== undefined };
}

function isWorse(alert: Alert, standing: Standing, before: Standing): boolean {
  const isMore = newsSince(alert, before)?.type === 'raised';
  const isReopened = isClosed(before) && !isClosed(standing);
  const isRaised = standing.severity !== before.severity && atLeast(standing.severity, before.severity);
  return isReopened || ((isRaised || isMore) && !isClosed(standing));
}
