import { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { parseNotification, type S3Object } from './s3-notification.ts';
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
const defaultStallMs = 30_000;
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

  async function run(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        const received = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: queueUrl,
            MaxNumberOfMessages: 10,
            WaitTimeSeconds: options.waitSeconds ?? 20,
            VisibilityTimeout: options.visibilitySeconds ?? defaultVisibilitySeconds,
          }),
          { abortSignal: stopping.signal },
        );
        failures = 0;
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
    stop: async () => {
      stopping.abort();
      const patience = setTimeout(() => cut.abort(), options.graceMs ?? defaultGraceMs);
      await running;
      clearTimeout(patience);
    },
  };
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

async function readObject(
  { bucket, key }: S3Object,
  { s3, ingest, clock, log, reject, stallMs = defaultStallMs }: S3QueueOptions,
  cut: AbortSignal,
): Promise<void> {
  const object = `s3://${bucket}/${key}`;
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: cut });
    if (Body === undefined) return;
    if (!(Body instanceof Readable)) throw new Error('the object has no readable body');
    await ingest(moving(Body, stallMs, cut), {
      source: 's3',
      object,
      receivedAt: clock(),
    });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'NoSuchKey') throw error;
    // Deleted before we came: trying again would never help.
    log.warn({ object }, 'an object is gone before it could be read');
    await reject({
      provenance: { source: 's3', object, position: 0, receivedAt: clock() },
      reason: 'the object was deleted before it could be read',
      length: 0,
      bytes: new Uint8Array(),
    });
  }
}

/** The same bytes, until they stop coming for `stallMs` or `cut` says so: the client's own time limits end with the headers. */
async function* moving(body: Readable, stallMs: number, cut: AbortSignal): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array, unknown> = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await inTime(chunks.next(), stallMs, cut);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // The iterator's own end would wait for a stream that hangs.
    body.destroy();
  }
}

async function inTime<Result>(work: Promise<Result>, ms: number, cut: AbortSignal): Promise<Result> {
  const limit = Promise.withResolvers<never>();
  const onCut = () => limit.reject(new Error('reading was stopped'));
  const timer = setTimeout(
    () => limit.reject(new Error(`the object sent nothing for ${Math.round(ms / 1000)} seconds`)),
    ms,
  );
  cut.addEventListener('abort', onCut);
  if (cut.aborted) onCut();
  try {
    return await Promise.race([work, limit.promise]);
  } finally {
    clearTimeout(timer);
    cut.removeEventListener('abort', onCut);
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

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
