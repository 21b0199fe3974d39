import type { S3Client } from '@aws-sdk/client-s3';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { parseNotification } from './s3-notification.ts';
import { describe, pause, readObject } from './s3-object.ts';
import type { Ingest, Reject, RunningSource, SourceLog } from './source.ts';

export interface S3QueueOptions {
  readonly queueUrl: string;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly ingest: Ingest;
  readonly reject: Reject;
  readonly clock: () => number;
  readonly log: SourceLog;
  /** How long SQS waits for a message before it answers with none; 20 at most. */
  readonly waitSeconds?: number | undefined;
  /** How long a message is ours before another reader may take it; prolonged while we hold it. */
  readonly visibilitySeconds?: number | undefined;
  /** How long an object may send nothing before it is given up for now. */
  readonly stallMs?: number | undefined;
  /** How long the message in hand may go on once the source is stopped. */
  readonly graceMs?: number | undefined;
}

const defaultVisibilitySeconds = 120;
const defaultGraceMs = 5_000;

const pauseAfterTroubleMs = [1_000, 2_000, 5_000, 15_000, 30_000];

/**
 * Reads the objects that an SQS queue tells of, until stopped. A message is deleted only when all that came of its objects is
 * durable; what fails comes back after the visibility timeout, and the queue's own redrive policy says how often.
 */
export function startS3Queue(options: S3QueueOptions): RunningSource {
  const { sqs, queueUrl, log } = options;
  const stopping = new AbortController();
  const cut = new AbortController();
  let trouble: string | undefined;
  let waitedMs: number | undefined;

  async function run(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        const received = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: queueUrl,
            MaxNumberOfMessages: 10,
            MessageSystemAttributeNames: ['SentTimestamp'],
            WaitTimeSeconds: options.waitSeconds ?? 20,
            VisibilityTimeout: options.visibilitySeconds ?? defaultVisibilitySeconds,
          }),
          { abortSignal: stopping.signal },
        );
        failures = 0;
        waitedMs = shortestWait(received.Messages ?? [], options.clock());
        trouble = await handleMessages(received.Messages ?? [], options, stopping.signal, cut.signal);
      } catch (error) {
        if (stopping.signal.aborted) return;
        trouble = `the queue cannot be read: ${describe(error)}`;
        log.error({ queue: queueUrl, error: describe(error) }, 'the queue cannot be read');
        await pause(
          pauseAfterTroubleMs[Math.min(failures++, pauseAfterTroubleMs.length - 1)] ?? 0,
          stopping.signal,
        );
      }
    }
  }

  const running = run();
  return {
    name: `s3 queue ${queueUrl}`,
    trouble: () => trouble,
    waitedMs: () => waitedMs,
    stop: async () => {
      stopping.abort();
      const patience = setTimeout(() => cut.abort(), options.graceMs ?? defaultGraceMs);
      await running;
      clearTimeout(patience);
    },
  };
}

/**
 * How long the newest of these messages has waited; none is no wait. The older ones may have been here before and failed, which says nothing of
 * how far behind the reader is.
 */
function shortestWait(messages: readonly Message[], now: number): number {
  const waits = messages.map(({ Attributes }) => now - Number(Attributes?.SentTimestamp ?? now));
  return waits.length === 0 ? 0 : Math.max(0, Math.min(...waits));
}

/** One after the other; those that wait are held meanwhile, or a long object would have the rest read twice. Returns what went wrong. */
async function handleMessages(
  messages: readonly Message[],
  options: S3QueueOptions,
  stopping: AbortSignal,
  cut: AbortSignal,
): Promise<string | undefined> {
  const waiting = messages.map((message) => ({ message, heartbeat: keepInvisible(message, options) }));
  let trouble: string | undefined;
  try {
    for (const { message, heartbeat } of waiting) {
      // What we hold and have not begun goes back to the queue by itself.
      if (stopping.aborted) break;
      trouble = (await handleMessage(message, options, cut)) ?? trouble;
      clearInterval(heartbeat);
    }
  } finally {
    for (const { heartbeat } of waiting) clearInterval(heartbeat);
  }
  return trouble;
}

/** Returns what went wrong, if anything did. */
async function handleMessage(
  message: Message,
  options: S3QueueOptions,
  cut: AbortSignal,
): Promise<string | undefined> {
  const { sqs, queueUrl, log, clock } = options;
  const body = message.Body ?? '';
  const notification = parseNotification(body);
  try {
    if (notification.type === 'objects') {
      for (const object of notification.objects) await readObject(object, options, cut);
    } else if (notification.type === 'unreadable') {
      const bytes = Buffer.from(body);
      log.warn(
        { queue: queueUrl, messageId: message.MessageId, problem: notification.problem },
        'a message was rejected',
      );
      await options.reject({
        provenance: {
          source: 'sqs',
          object: `${queueUrl}#${message.MessageId ?? ''}`,
          position: 0,
          receivedAt: clock(),
        },
        reason: notification.problem,
        length: bytes.length,
        bytes,
      });
    }
    await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message.ReceiptHandle }), {
      abortSignal: cut,
    });
    return undefined;
  } catch (error) {
    log.error(
      { queue: queueUrl, messageId: message.MessageId, error: describe(error) },
      'a message could not be worked off and stays in the queue',
    );
    return `a message could not be worked off: ${describe(error)}`;
  }
}

/** A large object may take longer than the visibility timeout; without this another reader would begin it again. */
function keepInvisible(
  message: Message,
  { sqs, queueUrl, visibilitySeconds = defaultVisibilitySeconds, log }: S3QueueOptions,
): NodeJS.Timeout {
  return setInterval(() => {
    sqs
      .send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: queueUrl,
          ReceiptHandle: message.ReceiptHandle,
          VisibilityTimeout: visibilitySeconds,
        }),
      )
      .catch((error: unknown) =>
        log.warn({ queue: queueUrl, error: describe(error) }, 'a message could not be held longer'),
      );
  }, visibilitySeconds * 500);
}
