import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Readable } from 'node:stream';
import {
  batchHeaders,
  batchLimits,
  batchName,
  batchPath,
  batchSchema,
  takenSchema,
  type Taken,
  type WorkerBatch,
} from '../worker/protocol.ts';
import { drain } from './body.ts';
import { HttpProblem, problems, unavailable } from './problem.ts';
import { closeUnanswered } from './worker-door.ts';

/** Decides on a batch and commits what came of it. */
export type TakeBatch = (worker: string, batch: WorkerBatch) => Promise<Taken>;

/** So many batches are worked on at once; the next ones are told to wait. */
const mostAtOnce = 8;
const retryAfterSeconds = 1;

/** The length of batch that the controller asks for, by how busy it is. */
const wished = { idle: 4 * 1024 * 1024, busy: 1024 * 1024, full: 256 * 1024 } as const;

const unpack = promisify(gunzip);

/** `POST /v1/worker/batches`. `addWorkerDoor` has let nobody through but workers. */
export function workerRoutes(
  parent: FastifyInstance,
  options: { readonly take: TakeBatch; readonly onClosed: () => void },
): void {
  let atOnce = 0;
  parent.register(async (app) => {
    app.addHook('onResponse', async (request) => drain(request.raw));
    // Ahead of all that looks at the body or its type, and would tell what is wrong with it to whoever sent another than was signed.
    const signedBodies = new WeakMap<FastifyRequest, SignedBody>();
    app.addHook('preParsing', async (request, reply) => {
      const { sentBy } = request;
      const body = await readSigned(request.raw, sentBy?.digest);
      // The same request may come twice at a time, and both have been let in by their heads.
      if (body === undefined || sentBy?.spend() !== true) {
        // Not counted where the sender has gone, or the door has closed it.
        if (!request.raw.socket.destroyed) options.onClosed();
        closeUnanswered(request, reply, 'the body is not the one that was signed, or is replayed');
      } else signedBodies.set(request, body);
      return undefined;
    });
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', async () => undefined);
    app.addHook('preValidation', async (request) => {
      const body = signedBodies.get(request);
      request.body = body && (await valueOf(body, request.headers['content-encoding'] ?? 'identity'));
    });

    app.withTypeProvider<ZodTypeProvider>().route({
      method: 'POST',
      url: batchPath,
      config: { need: 'signed' },
      bodyLimit: Number.MAX_SAFE_INTEGER,
      schema: {
        operationId: 'sendWorkerBatch',
        summary: 'Send a batch as a worker',
        description:
          'For workers whose keys are in the configuration: every request is signed, and who is no worker gets no answer (docs/workers.md). ' +
          `Answers 200 when what came of the batch is stored durably. Sending the same again does nothing. \`${batchHeaders.maxBytes}\` in every answer is the longest unpacked body that the controller would like next.`,
        security: [{ worker: [] }],
        body: batchSchema,
        response: {
          200: takenSchema.describe('Taken.'),
          ...problems({
            400: 'The body is no batch of this version.',
            413: 'The body is too long, packed or unpacked; send less at a time.',
            415: 'The content encoding is not known.',
            429: 'Too many batches at once; wait as long as Retry-After says.',
            503: 'The store could not be used, or another server takes the batches; try again.',
          }),
        },
      },
      handler: async (request, reply) => {
        const { sentBy } = request;
        // Never without the door, which sets it.
        if (sentBy === undefined) throw new HttpProblem(404, 'There is nothing here.');
        const { body } = request;
        if (batchName(body.stream, body.first, body.items.length) !== sentBy.batch)
          throw new HttpProblem(400, `The header ${batchHeaders.batch} does not tell of this body.`);
        if (atOnce >= mostAtOnce) throw tooBusy(reply);
        atOnce += 1;
        try {
          const taken = await options.take(sentBy.worker, body);
          wish(reply, atOnce * 2 > mostAtOnce ? wished.busy : wished.idle);
          return taken;
        } catch (error) {
          wish(reply, wished.busy);
          if (error instanceof HttpProblem) throw error;
          throw unavailable('The batch could not be taken', error);
        } finally {
          atOnce -= 1;
        }
      },
    });
  });
}

function wish(reply: FastifyReply, bytes: number): void {
  reply.header(batchHeaders.maxBytes, String(bytes));
}

function tooBusy(reply: FastifyReply): HttpProblem {
  wish(reply, wished.full);
  return new HttpProblem(
    429,
    `${mostAtOnce} batches are being worked on; send this one again in ${retryAfterSeconds} s.`,
    { headers: { 'retry-after': String(retryAfterSeconds) } },
  );
}

/** What a worker sent, as it came; undefined inside where it is longer than a batch may be. */
interface SignedBody {
  readonly sent: Buffer | undefined;
}

/** Who signs more than this learns nothing from an answer either: nobody reads for ever to find out who somebody is. */
const mostRead = 4 * batchLimits.packed;

/** @returns undefined where it is not whole, or not what was signed: somebody else has sent it, and must not hear of it */
async function readSigned(payload: Readable, digest: string | undefined): Promise<SignedBody | undefined> {
  const hash = createHash('sha256');
  let chunks: Uint8Array[] = [];
  let length = 0;
  try {
    const read: AsyncIterable<unknown> = payload.iterator({ destroyOnReturn: false });
    for await (const chunk of read) {
      if (!(chunk instanceof Uint8Array)) return undefined;
      length += chunk.length;
      if (length > mostRead) return undefined;
      hash.update(chunk);
      if (length > batchLimits.packed) chunks = [];
      else chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  if (hash.digest('hex') !== digest) return undefined;
  return { sent: length > batchLimits.packed ? undefined : Buffer.concat(chunks) };
}

/** @returns what the schema is then held against */
async function valueOf({ sent }: SignedBody, encoding: string): Promise<unknown> {
  const { packed, unpacked, items } = batchLimits;
  if (sent === undefined) throw tooLong(`longer than ${packed} bytes`);
  const text = await plain(sent, encoding, unpacked);
  let value: unknown;
  try {
    value = JSON.parse(text.toString('utf8'));
  } catch {
    throw new HttpProblem(400, 'The body is not JSON.');
  }
  // Before the schema looks at each of them.
  if (itemsOf(value) > items) throw tooLong(`of more than ${items} items`);
  return value;
}

async function plain(sent: Buffer, encoding: string, most: number): Promise<Buffer> {
  if (encoding === 'identity') return sent;
  if (encoding !== 'gzip')
    throw new HttpProblem(415, `Content encoding '${encoding}' is not known; send gzip or plain.`);
  try {
    return await unpack(sent, { maxOutputLength: most });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLong(`longer than ${most} bytes when unpacked`);
    throw new HttpProblem(400, 'The body is not whole gzip.', { cause: error });
  }
}

function tooLong(how: string): HttpProblem {
  return new HttpProblem(413, `The batch is ${how}; send less at a time.`, {
    headers: { [batchHeaders.maxBytes]: String(wished.full) },
  });
}

function itemsOf(value: unknown): number {
  return typeof value === 'object' && value !== null && 'items' in value && Array.isArray(value.items)
    ? value.items.length
    : 0;
}
