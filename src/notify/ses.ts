import * as z from 'zod';
import { awsAnswer, awsSettings, clientSettings, once } from './aws.ts';
import type { Answer, Means, Sender } from './channel.ts';
import { alertEmail, changeEmail, emailSettings, type EmailMessage } from './email-message.ts';
import { sharedSettings } from './settings.ts';
import { templateSetting } from './wording.ts';

/** E-mail by Amazon SES: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html */

export const sesSettings = z.strictObject({
  type: z.literal('ses').describe('E-mail by Amazon SES.'),
  ...sharedSettings,
  template: templateSetting,
  ...emailSettings,
  configurationSet: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'is no name of a configuration set')
    .optional()
    .describe('Configuration set of SES to send with.'),
  changes: z
    .boolean()
    .default(true)
    .describe('Send a message when the status, the severity or the count of an alert changes.'),
  ...awsSettings,
});

export type SesSettings = z.output<typeof sesSettings>;

/** The input of `SendEmail`, pure. SES gives messages ids of its own and sets that header itself. */
export function sesEmail({ subject, text, html, headers }: EmailMessage, settings: SesSettings) {
  const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });
  return {
    FromEmailAddress: settings.from,
    Destination: { ToAddresses: settings.to },
    ...(settings.configurationSet === undefined ? {} : { ConfigurationSetName: settings.configurationSet }),
    Content: {
      Simple: {
        Subject: utf8(subject),
        Body: { Text: utf8(text), Html: utf8(html) },
        Headers: Object.entries(headers).map(([Name, Value]) => ({ Name, Value })),
      },
    },
  };
}

export const ses = {
  type: 'ses' as const,
  settings: sesSettings,

  open(settings: SesSettings): Sender {
    const client = once(async () => {
      const { SESv2Client, SendEmailCommand } = await import('@aws-sdk/client-sesv2');
      return { client: new SESv2Client(clientSettings(settings)), SendEmailCommand };
    });
    const sendMail = (message: EmailMessage, means: Means): Promise<Answer> =>
      awsAnswer('SES', settings.endpoint, means, async () => {
        const sdk = await client();
        const input = {
          ...sesEmail(message, settings),
          Destination: { ToAddresses: [...settings.to] },
        };
        const { MessageId } = await sdk.client.send(new sdk.SendEmailCommand(input), {
          abortSignal: means.signal,
        });
        return { type: 'accepted', receipt: MessageId === undefined ? {} : { sesId: MessageId } };
      });
    return {
      most: 10,
      send: (messages, means) =>
        Promise.all(
          messages
            .map(({ alert, context }) => alertEmail(alert, settings.from, context))
            .map((message) => sendMail(message, means)),
        ),
      ...(settings.changes
        ? {
            follow: ({ alert, context }, means) => {
              const message = changeEmail(alert, settings.from, context);
              return message === undefined ? Promise.resolve({ type: 'accepted' }) : sendMail(message, means);
            },
          }
        : {}),
    };
  },
};
