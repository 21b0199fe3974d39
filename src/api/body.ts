import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { HttpProblem } from './problem.ts';

/** The bytes of a request, counted on the way. */
export interface LimitedBody {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Why the bytes that were handed out are not the whole body; undefined where they are, as far as they went. */
  readonly failure: () => unknown;
  readonly length: () => number;
}

/**
 * Hands out a body until it is longer than `limit` bytes; then reading it throws the 413. Whoever reads may swallow
 * that error, so `failure` remembers it. The stream is never destroyed here: an answer must still be possible.
 */
export function limitBody(stream: Readable, limit: number): LimitedBody {
  let length = 0;
  let failure: unknown;
  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      const chunks: AsyncIterable<unknown> = stream.iterator({ destroyOnReturn: false });
      for await (const chunk of chunks) {
        if (!(chunk instanceof Uint8Array)) throw new TypeError('a request body is a stream of bytes');
        length += chunk.byteLength;
        if (length > limit) throw tooLarge(limit);
        yield chunk;
      }
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  return { chunks: read(), failure: () => failure, length: () => length };
}

export function tooLarge(limit: number): HttpProblem {
  return new HttpProblem(
    413,
    `The body is longer than the limit of ${limit} bytes; send it in smaller parts, or compressed with gzip. ` +
      `Records before the limit may have been taken in already: sending them again makes no second alert.`,
  );
}

/** How long the rest of a body that nobody wants may take. */
const longestDrain = 10_000;

/**
 * Reads what is left of a body and throws it away, for an answer that was given before the body's end: a client that is
 * still sending would otherwise wait for ever, or find the connection broken before it has read the answer.
 */
export function drain(request: IncomingMessage): void {
  if (request.readableEnded || request.destroyed) return;
  request.resume();
  const timer = setTimeout(() => request.destroy(), longestDrain);
  request.once('close', () => clearTimeout(timer));
}
