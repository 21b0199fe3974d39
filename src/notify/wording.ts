import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import type { BoundChannel, DeliveryContext } from './channel.ts';
import { jsonTemplateProblem } from './json-template.ts';
import { fillTemplate, longestTemplate, templateProblem, type Escape } from './template.ts';

const templateText = z
  .string()
  .min(1)
  .max(longestTemplate)
  .superRefine((text, context) => {
    const message = templateProblem(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

export const templateSetting = z
  .strictObject({
    title: templateText
      .optional()
      .describe('Instead of the sentence that says what happened; text without markup.'),
    body: templateText
      .optional()
      .describe(
        'Instead of what stands below the title, in the markup of the receiver; values are escaped for it.',
      ),
  })
  .optional()
  .describe(
    'Messages in your own words, in Mustache: `{{severityWord}} in {{account}}`. docs/delivery.md lists the values.',
  );

export const jsonTemplateSetting = z
  .strictObject({
    body: templateText
      .superRefine((text, context) => {
        const message = templateProblem(text) === undefined ? jsonTemplateProblem(text) : undefined;
        if (message !== undefined) context.addIssue({ code: 'custom', message });
      })
      .describe('The body of the request, as JSON; put quotes around values.'),
  })
  .optional()
  .describe(
    'A body of your own, in Mustache: `{"text": "{{severityWord}}: {{title}}"}`. docs/delivery.md lists the values.',
  );

type Templates = z.output<typeof templateSetting>;

/** A channel that says things as its settings want. Digests stay as they are: they have other values. */
export function worded(channel: BoundChannel, templates: Templates): BoundChannel {
  if (templates === undefined) return channel;
  const { follow } = channel;
  return {
    ...channel,
    send: (messages, means) =>
      channel.send(
        messages.map((message) => inWords(message, templates)),
        means,
      ),
    ...(follow === undefined
      ? {}
      : { follow: (message, means) => follow(inWords(message, templates), means) }),
  };
}

/** A title is a text that the channel escapes as any other, and so its values are not escaped before. */
export function inWords<Message extends { readonly alert: Alert; readonly context: DeliveryContext }>(
  message: Message,
  { title, body }: NonNullable<Templates>,
): Message {
  const { alert, context } = message;
  if (alert.digest !== undefined) return message;
  const ownTitle = title === undefined ? undefined : fillTemplate(title, alert, context.link, asItIs, 600);
  return {
    ...message,
    alert: ownTitle === undefined || ownTitle === '' ? alert : { ...alert, title: ownTitle },
    ...(body === undefined
      ? {}
      : {
          context: {
            ...context,
            wording: (escape: Escape, max: number) => fillTemplate(body, alert, context.link, escape, max),
          },
        }),
  };
}

function asItIs(shown: string): string {
  return shown;
}
