import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import { changedEvent, createdEvent } from './alert-event.ts';
import { awsAnswer, awsSettings, clientSettings, once } from './aws.ts';
import type { Answer, DeliveryContext, Means, Sender } from './channel.ts';
import { checkAddress, sharedSettings } from './settings.ts';

/**
 * Amazon SQS: one message an alert. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html: of the
 * characters that XML has, and at most 262,144 bytes, which every queue takes.
 */

export const sqsSettings = z.strictObject({
  type: z.literal('sqs').describe('Messages in a queue of Amazon SQS.'),
  ...sharedSettings,
  queueUrl: z
    .string()
    .superRefine(checkAddress)
    .describe('Address of the queue, such as https://sqs.eu-west-1.amazonaws.com/111122223333/alerts.'),
  changes: z
    .boolean()
    .default(true)
    .describe('Tell also when the status, the severity or the count of an alert changes.'),
  ...awsSettings,
});

export type SqsSettings = z.output<typeof sqsSettings>;

const maxBytes = 250_000;

/** The input of `SendMessage`, pure. */
export function sqsMessage(alert: Alert, settings: SqsSettings, context: DeliveryContext, change?: string) {
  const kind = change === undefined ? 'alert.created' : 'alert.changed';
  return {
    QueueUrl: settings.queueUrl,
    MessageBody: change ?? createdEvent(alert, context, maxBytes),
    MessageAttributes: {
      type: { DataType: 'String', StringValue: kind },
      severity: { DataType: 'String', StringValue: alert.severity },
      'idempotency-key': { DataType: 'String', StringValue: context.idempotencyKey },
    },
    ...(settings.queueUrl.endsWith('.fifo')
      ? { MessageGroupId: alert.id, MessageDeduplicationId: context.idempotencyKey }
      : {}),
  };
}

export const sqs = {
  type: 'sqs' as const,
  settings: sqsSettings,

  open(settings: SqsSettings): Sender {
    const named = /^https:\/\/sqs\.([a-z0-9-]+)\.amazonaws\./.exec(settings.queueUrl)?.[1];
    const client = once(async () => {
      const { SQSClient, SendMessageCommand } = await import('@aws-sdk/client-sqs');
      return { client: new SQSClient(clientSettings(settings, named)), SendMessageCommand };
    });
    const put = (input: ReturnType<typeof sqsMessage>, means: Means): Promise<Answer> =>
      awsAnswer('SQS', settings.endpoint ?? settings.queueUrl, means, async () => {
        const sdk = await client();
        const { MessageId } = await sdk.client.send(new sdk.SendMessageCommand(input), {
          abortSignal: means.signal,
        });
        return { type: 'accepted', receipt: MessageId === undefined ? {} : { messageId: MessageId } };
      });
    return {
      most: 10,
      send: (messages, means) =>
        Promise.all(
          messages
            .map(({ alert, context }) => sqsMessage(alert, settings, context))
            .map((input) => put(input, means)),
        ),
      ...(settings.changes
        ? {
            follow: ({ alert, context }, means) =>
              put(sqsMessage(alert, settings, context, changedEvent(alert, context)), means),
          }
        : {}),
    };
  },
};
