import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import type { Rejection } from '../event/record.ts';
import { HttpProblem, problems, unavailable } from './problem.ts';

/** What became of one; see src/runtime/replay.ts. */
export const replayedSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('replayed'), events: z.int(), alerts: z.int() }),
  z.object({ type: z.literal('nothing') }),
  z.object({ type: z.literal('failed'), reason: z.string() }),
]);

type Replayed = z.output<typeof replayedSchema>;

export type ReplayRejection = (rejection: Rejection, isDryRun: boolean) => Promise<Replayed>;

const rejectionSchema = z.strictObject({
  reason: z.string().max(100_000),
  length: z.number().min(0),
  provenance: z.strictObject({
    source: z.string().max(1_000),
    object: z.string().max(10_000),
    position: z.number().min(0),
    receivedAt: z.number(),
    worker: z.string().max(100).optional(),
  }),
  bytes: z.base64().describe('What was refused, whole, in base64.'),
});

const bodySchema = z.strictObject({
  dryRun: z.boolean().default(false).describe('Only tell what would become of them.'),
  rejections: z.array(rejectionSchema).min(1).max(100).readonly(),
});

const longestBody = 64 * 1024 * 1024;

/** `POST /v1/rejections/replay`. */
export function replayRoutes(
  parent: FastifyInstance,
  { replay }: { readonly replay: ReplayRejection },
): void {
  parent.withTypeProvider<ZodTypeProvider>().route({
    method: 'POST',
    url: '/v1/rejections/replay',
    bodyLimit: longestBody,
    schema: {
      operationId: 'replayRejections',
      summary: 'Try rejected records again',
      description:
        'Puts each through the present rules, as if it came now from where it was found then. Replaying the same again makes no second alert. Needs a key of scope `all`. `tocsin replay` uses it.',
      body: bodySchema,
      response: {
        200: z
          .object({ results: z.array(replayedSchema).readonly().describe('In the order of the body.') })
          .describe('What became of each.'),
        ...problems({
          400: 'The body is wrong.',
          401: 'No key of scope all.',
          413: 'The body is too long.',
          503: 'The store could not be used, or another server takes the events; try again.',
        }),
      },
    },
    handler: async ({ body }) => {
      const results: Replayed[] = [];
      for (const { bytes, ...rest } of body.rejections) {
        const rejection = { ...rest, bytes: Buffer.from(bytes, 'base64') };
        try {
          results.push(await replay(rejection, body.dryRun));
        } catch (error) {
          if (error instanceof HttpProblem) throw error;
          throw unavailable('The records could not be replayed', error);
        }
      }
      return { results };
    },
  });
}
