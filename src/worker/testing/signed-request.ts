import { gzipSync } from 'node:zlib';
import { batchName, batchPath, type WorkerBatch, type WorkerItem } from '../protocol.ts';
import { sha256, signedHeaders } from '../signature.ts';

export const testKey = 'a-key-of-a-worker-that-is-long-enough';

export interface SignedParts {
  readonly worker?: string;
  readonly key?: string;
  readonly time: number;
  readonly method?: string;
  readonly path?: string;
  readonly encoding?: string;
  /** What is sent in place of the batch's own JSON. */
  readonly body?: Buffer;
  /** What is signed in place of what is sent. */
  readonly signedBody?: Buffer;
  readonly batch?: string;
}

export function testBatch(items: readonly WorkerItem[], change: Partial<WorkerBatch> = {}): WorkerBatch {
  return { version: 1, stream: 'stream-0001', first: 1, ends: false, items, ...change };
}

/** A request as a worker makes it, with whatever a test wants to be different. */
export function signedRequest(
  batch: WorkerBatch,
  parts: SignedParts,
): {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
} {
  const { worker = 'eu-west', key = testKey, method = 'POST', path = batchPath, encoding = 'gzip' } = parts;
  const json = Buffer.from(JSON.stringify(batch));
  const body = parts.body ?? (encoding === 'gzip' ? gzipSync(json) : json);
  const name = parts.batch ?? batchName(batch.stream, batch.first, batch.items.length);
  const digest = sha256(parts.signedBody ?? body);
  const signed = { method, path, worker, time: parts.time, batch: name, encoding, digest };
  return {
    method,
    path,
    headers: {
      'content-type': 'application/json',
      ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
      ...signedHeaders(signed, key),
    },
    body,
  };
}
