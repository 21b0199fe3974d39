import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import { alertText, type Markup } from './alert-text.ts';
import type { Answer, ChannelRequest, ChannelResponse, DeliveryContext } from './channel.ts';
import { jsonBody } from './json-answer.ts';
import { plainLine, unlinked } from './plain-text.ts';
import { slackEscape } from './safe-text.ts';
import { alertSections } from './sections.ts';
import { readStatus } from './send.ts';
import { checkAddress, secretText, sharedSettings } from './settings.ts';
import { placeWords } from './words.ts';
import { templateSetting } from './wording.ts';

/**
 * Google Chat, over an incoming webhook: https://developers.google.com/workspace/chat/quickstart/webhooks. One card an
 * alert (https://developers.google.com/workspace/chat/api/reference/rest/v1/cards); its text knows a few HTML tags
 * (https://developers.google.com/workspace/chat/format-messages#card-formatting). A message has 32,000 bytes at most.
 */

export const googlechatSettings = z.strictObject({
  type: z.literal('googlechat').describe('Messages in a space of Google Chat.'),
  ...sharedSettings,
  template: templateSetting,
  webhookUrl: secretText(
    'Address of an incoming webhook of the space, https://chat.googleapis.com/v1/spaces/.../messages?key=...&token=...',
  ).superRefine(checkAddress),
});

export type GooglechatSettings = z.output<typeof googlechatSettings>;

/** A character has three bytes at most for each UTF-16 unit, so the whole stays under 32,000 bytes. */
const limits = { text: 8000, title: 300 } as const;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function html(shown: string): string {
  return unlinked(shown).replace(/[&<>"]/g, (character) => entities[character] ?? '');
}

const markup: Markup = {
  text: html,
  bold: (shown) => `<b>${html(shown)}</b>`,
  code: (shown) => `<b>${html(shown)}</b>`,
  item: (item) => `• ${item}`,
  box: (lines) => lines.map(html).join('\n'),
  link: (text, url) => `<a href="${html(url)}">${html(text)}</a>`,
};

export const googlechat = {
  type: 'googlechat' as const,
  settings: googlechatSettings,

  render(alert: Alert, settings: GooglechatSettings, context: DeliveryContext): ChannelRequest {
    const sections = alertSections(alert, context.link, context.wording);
    const { look, links } = sections;
    // Headers and fallback texts are plain; look-alikes stand for `<` in case that a program thinks otherwise.
    const title = slackEscape(plainLine(sections.title, limits.title));
    const place = slackEscape(plainLine(placeWords(alert.where), limits.title));
    const isCut = sections.title.length > limits.title;
    const buttons = links.map(({ text, url }) => ({ text, onClick: { openLink: { url } } }));
    const message = {
      fallbackText: `${look.emoji} ${look.word}: ${title} (${place})`,
      cardsV2: [
        {
          cardId: alert.id,
          card: {
            header: { title: `${look.emoji} ${look.word}  ${title}`, subtitle: place },
            sections: [
              {
                widgets: [
                  {
                    textParagraph: {
                      text: alertText(sections, markup, limits.text, { withTitle: isCut, withLinks: false }),
                    },
                  },
                  ...(buttons.length === 0 ? [] : [{ buttonList: { buttons } }]),
                ],
              },
            ],
          },
        },
      ],
    };
    const url = URL.parse(settings.webhookUrl);
    // The same id again gives back the message that is there already.
    url?.searchParams.set('requestId', context.idempotencyKey);
    return {
      url: url?.href ?? settings.webhookUrl,
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=UTF-8' },
      body: JSON.stringify(message),
    };
  },

  read(response: ChannelResponse): Answer {
    const { error } = jsonBody(response.body, answerSchema) ?? {};
    const isKey = error?.details?.some(({ reason }) => reason === 'API_KEY_INVALID') === true;
    return response.status === 400 && isKey
      ? { type: 'closed', reason: 'HTTP 400: Google does not know the key in the address; set a new webhook' }
      : readStatus(response);
  },
};

/** https://google.aip.dev/193 */
const answerSchema = z.object({
  error: z.object({ details: z.array(z.object({ reason: z.string().optional() })).optional() }),
});
