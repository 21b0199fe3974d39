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

/** A body, as it comes or as a whole. */
export interface OpenBody extends Pick<LimitedBody, 'failure' | 'length'> {
  readonly content: AsyncIterable<Uint8Array> | Uint8Array;
}

/** Bodies of single events are; to read them in pieces costs more than to judge them. */
const smallBody = 64 * 1024;

/**
 * A small body as a whole, and any other as it comes, until it is longer than `limit` bytes.
 * @param declared its length, as its sender says; NaN where nothing is said
 */
export async function openBody(
  stream: Readable,
  { declared, limit }: { readonly declared: number; readonly limit: number },
): Promise<OpenBody> {
  if (!(declared <= Math.min(smallBody, limit))) {
    const { chunks: content, failure, length } = limitBody(stream, limit);
    return { content, failure, length };
  }
  let failure: unknown;
  const content = await readWhole(stream).catch((error: unknown) => {
    failure = error;
    return new Uint8Array(0);
  });
  return { content, failure: () => failure, length: () => content.length };
}

/** By events, because an iterator of a stream costs several times as much. */
function readWhole(stream: Readable): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const pieces: Uint8Array[] = [];
    stream.on('data', (piece: Uint8Array) => pieces.push(piece));
    stream.once('end', () => {
      const [first, second] = pieces;
      resolve(first !== undefined && second === undefined ? first : Buffer.concat(pieces));
    });
    stream.once('error', reject);
    // Comes after the end, too: an error that nobody sees would cost more than all the rest here.
    stream.once('close', () => {
      if (!stream.readableEnded) reject(new Error('the connection was closed'));
    });
  });
}

/**
 * Hands out a body until it is longer than `limit` bytes; then reading it throws the 413. Whoever reads may swallow
 * that error, so `failure` remembers it. The stream is never destroyed here: an answer must still be possible.
 */
function limitBody(stream: Readable, limit: number): LimitedBody {
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
