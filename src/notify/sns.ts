import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import { changedEvent, createdEvent } from './alert-event.ts';
import { alertText, plainMarkup } from './alert-text.ts';
import { awsAnswer, awsSettings, clientSettings, once, regionOf } from './aws.ts';
import type { Answer, DeliveryContext, Means, Sender } from './channel.ts';
import { changeWords } from './change-words.ts';
import { plainLine } from './plain-text.ts';
import { alertSections } from './sections.ts';
import { sharedSettings } from './settings.ts';
import { severityLook, titleOf } from './words.ts';

/**
 * Amazon SNS. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: a message has 262,144 bytes with its attributes, a subject
 * 100 ASCII characters.
 */

export const snsSettings = z.strictObject({
  type: z.literal('sns').describe('Messages to a topic of Amazon SNS.'),
  ...sharedSettings,
  topicArn: z
    .string()
    .regex(/^arn:aws[\w-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(?:\.fifo)?$/, 'is no ARN of a topic')
    .describe('ARN of the topic, such as arn:aws:sns:eu-west-1:111122223333:alerts.'),
  format: z
    .enum(['json', 'text'])
    .default('json')
    .describe('`json` for programs: the whole alert. `text` for people who subscribe by e-mail or SMS.'),
  changes: z
    .boolean()
    .default(true)
    .describe('Tell also when the status, the severity or the count of an alert changes.'),
  ...awsSettings,
});

export type SnsSettings = z.output<typeof snsSettings>;

const limits = { body: 250_000, subject: 100, attribute: 256, text: 8_000 } as const;

/** ASCII only, and nothing that SNS refuses in a subject: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
function subjectOf(alert: Alert, prefix: string): string {
  const ascii = plainLine(`${prefix}${titleOf(alert)}`, 400).replace(/[^\x20-\x7e]/g, '?');
  return ascii.slice(0, limits.subject).trim();
}

/** What a filter policy of a subscription can ask for. */
function attributesOf(
  alert: Alert,
  kind: string,
): Readonly<Record<string, { DataType: 'String'; StringValue: string }>> {
  const values = {
    type: kind,
    severity: alert.severity,
    rule: alert.rule.id,
    account: alert.where.account ?? 'unknown',
  };
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      { DataType: 'String', StringValue: plainLine(value, limits.attribute) || 'unknown' },
    ]),
  );
}

/** The input of `Publish`, pure. */
export function snsMessage(
  alert: Alert,
  settings: SnsSettings,
  context: DeliveryContext,
  change?: { readonly text: string; readonly json: string },
) {
  const { word } = severityLook[alert.severity];
  const text = () =>
    alertText(alertSections(alert, context.link), plainMarkup, limits.text, { withTitle: true });
  const message =
    settings.format === 'text'
      ? (change?.text ?? text())
      : (change?.json ?? createdEvent(alert, context, limits.body));
  return {
    TopicArn: settings.topicArn,
    Subject: subjectOf(alert, change === undefined ? `${word}: ` : 'Changed: '),
    Message: message,
    MessageAttributes: attributesOf(alert, change === undefined ? 'alert.created' : 'alert.changed'),
    ...(settings.topicArn.endsWith('.fifo')
      ? { MessageGroupId: alert.id, MessageDeduplicationId: context.idempotencyKey }
      : {}),
  };
}

export const sns = {
  type: 'sns' as const,
  settings: snsSettings,

  open(settings: SnsSettings): Sender {
    const client = once(async () => {
      const { SNSClient, PublishCommand } = await import('@aws-sdk/client-sns');
      return { client: new SNSClient(clientSettings(settings, regionOf(settings.topicArn))), PublishCommand };
    });
    const publish = (input: ReturnType<typeof snsMessage>, means: Means): Promise<Answer> =>
      awsAnswer('SNS', settings.endpoint, means, async () => {
        const sdk = await client();
        const { MessageId } = await sdk.client.send(new sdk.PublishCommand(input), {
          abortSignal: means.signal,
        });
        return { type: 'accepted', receipt: MessageId === undefined ? {} : { messageId: MessageId } };
      });
    return {
      most: 10,
      send: (messages, means) =>
        Promise.all(
          messages
            .map(({ alert, context }) => snsMessage(alert, settings, context))
            .map((input) => publish(input, means)),
        ),
      ...(settings.changes
        ? {
            follow: ({ alert, context }, means) =>
              publish(
                snsMessage(alert, settings, context, {
                  text: changeWords(alert, context).join('\n'),
                  json: changedEvent(alert, context),
                }),
                means,
              ),
          }
        : {}),
    };
  },
};
