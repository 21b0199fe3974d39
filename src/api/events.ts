import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { Readable } from 'node:stream';
import * as z from 'zod';
import { severities, type Severity } from '../event/severity.ts';
import { drain, openBody, tooLarge } from './body.ts';
import { HttpProblem, problems, unavailable } from './problem.ts';

const ingestedSchema = z.object({
  records: z.int(),
  events: z.int(),
  rejected: z.int(),
  skipped: z.int(),
  alerts: z
    .array(
      z.object({
        id: z.string(),
        severity: z.enum(severities),
        title: z.string(),
        repeated: z.boolean().describe('True where the alert was there before; nobody is told again.'),
        joined: z
          .string()
          .optional()
          .describe('The id of the alert that it joined instead of becoming one of its own.'),
      }),
    )
    .readonly(),
  rejections: z
    .array(z.object({ position: z.number(), reason: z.string() }))
    .readonly()
    .describe(`Of the first rejected records; /v1/rejections has them all.`),
});

/** What became of a body: records = events + rejected + skipped. */
export interface IngestResult {
  readonly records: number;
  readonly events: number;
  readonly rejected: number;
  readonly skipped: number;
  readonly alerts: readonly {
    readonly id: string;
    readonly severity: Severity;
    readonly title: string;
    readonly repeated: boolean;
    readonly joined?: string | undefined;
  }[];
  readonly rejections: readonly { readonly position: number; readonly reason: string }[];
}

/** Decodes, applies the rules and commits; resolves when what came of it is durable. */
export type Ingest = (
  body: AsyncIterable<Uint8Array> | Uint8Array,
  from: { readonly source: 'http'; readonly object: string; readonly receivedAt: number },
) => Promise<IngestResult>;

/** More reasons than this would only repeat themselves. */
const mostReasons = 100;

const encodings = new Set(['identity', 'gzip', 'x-gzip', 'zstd']);

/** `POST /v1/events`. The body goes to `ingest` as it arrives; nothing here holds or parses it. */
export function eventRoutes(
  parent: FastifyInstance,
  options: { readonly ingest: Ingest; readonly now: () => number; readonly bodyLimit: number },
): void {
  const { ingest, now, bodyLimit } = options;
  // A plugin of its own, so that the parser which parses nothing holds for this route alone.
  parent.register(async (app) => {
    app.addHook('onResponse', async (request) => drain(request.raw));
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (request, payload, done) => {
      const declared = Number(request.headers['content-length'] ?? 0);
      if (declared > bodyLimit) done(tooLarge(bodyLimit));
      else done(null, payload);
    });

    app.withTypeProvider<ZodTypeProvider>().route({
      method: 'POST',
      url: '/v1/events',
      config: { need: 'ingest' },
      // The framework's own limit reads the declared length and would answer before ours, with less to say.
      bodyLimit: Number.MAX_SAFE_INTEGER,
      schema: {
        operationId: 'sendEvents',
        summary: 'Send events',
        description:
          'Takes CloudTrail records in any of their forms: a delivery file, JSON lines, a JSON array, one event, an EventBridge envelope; plain or as gzip. ' +
          'Findings of GuardDuty, Security Hub, Access Analyzer, Macie and Inspector are taken in the same forms. ' +
          'Answers 200 when every alert that they lead to is stored durably. Sending the same again makes no second alert.',
        response: {
          200: ingestedSchema.describe('Taken in.'),
          ...problems({
            400: 'No record could be read; the reasons are in `rejections`.',
            401: 'No key, or none that may ingest.',
            413: 'The body is too long.',
            415: 'The content encoding is not known.',
            503: 'The store could not be used, or another server takes the events; try again.',
          }),
        },
      },
      handler: async (request) => {
        const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
        if (!encodings.has(encoding)) {
          throw new HttpProblem(
            415,
            `Content encoding '${encoding}' is not known; send gzip, zstd or plain.`,
          );
        }
        const body = await openBody(request.body instanceof Readable ? request.body : request.raw, {
          declared: Number(request.headers['content-length']),
          limit: bodyLimit,
        });
        if (body.failure() !== undefined) throw broken(body.failure());
        let result: IngestResult;
        try {
          result = await ingest(body.content, { source: 'http', object: request.id, receivedAt: now() });
        } catch (error) {
          if (error instanceof HttpProblem) throw error;
          throw body.failure() === undefined
            ? unavailable('The events could not be taken in', error)
            : broken(body.failure());
        }
        if (body.failure() !== undefined) throw broken(body.failure());
        const answer = { ...result, rejections: result.rejections.slice(0, mostReasons) };
        if (body.length() === 0) {
          throw new HttpProblem(400, 'The body is empty; send events as JSON, JSON lines or gzip of either.');
        }
        if (result.rejected > 0 && result.events === 0 && result.skipped === 0) {
          const first = result.rejections[0]?.reason ?? 'no reason known';
          throw new HttpProblem(400, `None of ${result.records} records could be read. The first: ${first}`, {
            members: answer,
          });
        }
        return answer;
      },
    });
  });
}

/** The client went away, or sent too much. */
function broken(failure: unknown): HttpProblem {
  if (failure instanceof HttpProblem) return failure;
  return new HttpProblem(400, 'The body ended before it was complete; send it again.', { cause: failure });
}
