import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import { alertText, type Markup } from './alert-text.ts';
import type { Answer, ChannelRequest, ChannelResponse, DeliveryContext } from './channel.ts';
import { jsonBody } from './json-answer.ts';
import { unlinked } from './plain-text.ts';
import { alertSections } from './sections.ts';
import { readStatus } from './send.ts';
import { checkAddress, secretText, sharedSettings } from './settings.ts';
import { templateSetting } from './wording.ts';

/**
 * Telegram, as a bot: https://core.telegram.org/bots/api#sendmessage. The text is HTML, in which only `&`, `<` and `>`
 * have a meaning (https://core.telegram.org/bots/api#html-style). Telegram also makes links by itself of addresses,
 * bare names of hosts, `@names`, `#words` and `/commands`, but not in `<code>`: values from a log stand there, where
 * they can be copied as they are, and sentences have them broken up.
 */

export const telegramSettings = z.strictObject({
  type: z.literal('telegram').describe('Messages in a Telegram chat, group or channel.'),
  ...sharedSettings,
  template: templateSetting,
  token: secretText('Token of the bot, as BotFather gives it: 123456789:AA...').regex(
    /^\d{1,20}:[\w-]{1,100}$/,
    'is no token of a bot; expected digits, a colon, and letters',
  ),
  chatId: z
    .string()
    .regex(/^(?:-?\d{1,20}|@\w{1,64})$/, 'is no id such as "-1001234567890" and no name such as "@alerts"')
    .describe('Id of the chat or group, in quotes (groups start with -), or @name of a public channel.'),
  threadId: z.int().min(1).optional().describe('Id of the topic, in a group that has topics.'),
  apiUrl: z
    .string()
    .superRefine(checkAddress)
    .default('https://api.telegram.org')
    .describe('Base address of the Bot API.'),
});

export type TelegramSettings = z.output<typeof telegramSettings>;

const maxText = 4096;
const wordJoiner = '\u2060';

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function html(shown: string): string {
  return shown.replace(/[&<>"]/g, (character) => entities[character] ?? '');
}

function prose(shown: string): string {
  return html(
    unlinked(shown)
      .replace(/[@#/$](?=\S)/g, `$&${wordJoiner}`)
      .replace(/\.(?=\p{L})/gu, `.${wordJoiner}`),
  );
}

const markup: Markup = {
  text: prose,
  bold: (shown) => `<b>${prose(shown)}</b>`,
  code: (shown) => `<code>${html(shown)}</code>`,
  item: (item) => `• ${item}`,
  box: (lines) => `<pre>${lines.map(html).join('\n')}</pre>`,
  link: (text, url) => `<a href="${html(url)}">${html(text)}</a>`,
  value: (shown) => `<code>${html(shown)}</code>`,
};

export const telegram = {
  type: 'telegram' as const,
  settings: telegramSettings,

  render(alert: Alert, settings: TelegramSettings, context: DeliveryContext): ChannelRequest {
    const message = {
      chat_id: settings.chatId,
      ...(settings.threadId === undefined ? {} : { message_thread_id: settings.threadId }),
      text: alertText(alertSections(alert, context.link, context.wording), markup, maxText, {
        withTitle: true,
      }),
      parse_mode: 'HTML',
      link_preview_options: { is_disabled: true },
    };
    return {
      url: `${settings.apiUrl.replace(/\/+$/, '')}/bot${settings.token}/sendMessage`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
    };
  },

  read(response: ChannelResponse): Answer {
    const answer = jsonBody(response.body, answerSchema);
    const after = answer?.parameters?.retry_after;
    if (response.status === 429 && after !== undefined) {
      return { type: 'later', reason: 'HTTP 429: too many requests', afterMs: after * 1000 };
    }
    if (response.status >= 200 && response.status < 300 && answer?.ok !== true) {
      return {
        type: 'later',
        reason: `HTTP ${response.status} with an answer that is not Telegram's; check for a proxy and \`apiUrl\``,
      };
    }
    if (response.status === 400) {
      const way = closedWords.find(([words]) => words.test(answer?.description ?? ''))?.[1];
      if (way !== undefined) return { type: 'closed', reason: `HTTP 400 from Telegram: ${way}` };
    }
    if (response.status === 404) {
      return { type: 'closed', reason: 'HTTP 404: Telegram does not know the bot; check `token`' };
    }
    return readStatus(response);
  },
};

/** https://core.telegram.org/bots/api#making-requests and https://core.telegram.org/bots/api#responseparameters */
const answerSchema = z.object({
  ok: z.boolean(),
  description: z.string().optional(),
  parameters: z.object({ retry_after: z.int().min(0).max(1e6).optional() }).optional(),
});

/** Telegram has no codes for these, only words. */
const closedWords: readonly (readonly [RegExp, string])[] = [
  [/chat not found/i, 'it does not know the chat; check `chatId`, and that the bot is a member'],
  [/upgraded to a supergroup/i, 'the group has a new id; set `chatId` to it'],
  [/thread not found|TOPIC_(?:CLOSED|DELETED)/i, 'the topic is closed or gone; check `threadId`'],
  [
    /not enough rights|need administrator rights|CHAT_WRITE_FORBIDDEN/i,
    'the bot may not write there; give it the right',
  ],
];
