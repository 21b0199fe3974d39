import { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { S3Object } from './s3-notification.ts';
import type { Ingest, Reject, SourceLog } from './source.ts';

export interface S3ReadOptions {
  readonly s3: S3Client;
  readonly ingest: Ingest;
  readonly reject: Reject;
  readonly clock: () => number;
  readonly log: SourceLog;
  /** How long an object may send nothing before it is given up for now. */
  readonly stallMs?: number | undefined;
}

const defaultStallMs = 30_000;

/**
 * Reads an object and resolves when all that came of it is durable. One that is gone is rejected, since trying again would never help.
 * @throws what reading and ingesting throw
 */
export async function readObject(
  { bucket, key }: S3Object,
  { s3, ingest, clock, log, reject, stallMs = defaultStallMs }: S3ReadOptions,
  cut: AbortSignal,
): Promise<void> {
  const object = `s3://${bucket}/${key}`;
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: cut });
    if (Body === undefined) return;
    if (!(Body instanceof Readable)) throw new Error('the object has no readable body');
    try {
      await ingest(moving(Body, stallMs, cut), {
        source: 's3',
        object,
        receivedAt: clock(),
      });
    } finally {
      // Who knows the object already does not begin to read it.
      Body.destroy();
    }
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

/** The bytes of `s3://bucket/key`; undefined where it is gone. */
export async function bytesOf(object: string, s3: S3Client): Promise<AsyncIterable<Uint8Array> | undefined> {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/([^]+)$/.exec(object) ?? [];
  if (bucket === undefined || key === undefined) return undefined;
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Body instanceof Readable ? moving(Body, defaultStallMs, new AbortController().signal) : undefined;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'NoSuchKey') throw error;
    return undefined;
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

export function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** Resolves after so long, or when the signal says so. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
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
