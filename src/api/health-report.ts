import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { problems } from './problem.ts';

const time = z.number().describe('Milliseconds since the epoch.');

const healthSchema = z
  .object({
    ok: z.boolean().describe('Whether there is no problem that is not over.'),
    watchedSince: time,
    watchedUntil: time.describe('When a server last looked; milliseconds since the epoch.'),
    problems: z
      .array(
        z.object({
          rule: z
            .string()
            .describe('`silence`, `channel`, `queue`, `trouble`, `clock`, `noisy`, `unfired` or `latency`.'),
          subject: z.string(),
          title: z.string(),
          since: time,
          alertId: z.string().describe('The alert that tells of it.'),
        }),
      )
      .readonly(),
    subjects: z
      .array(
        z.object({
          kind: z.enum(['source', 'worker', 'account', 'region']),
          name: z.string(),
          state: z
            .enum(['expected', 'learning', 'heard', 'silent'])
            .describe('`expected`: may go silent; `learning`: not known long enough to be missed.'),
          lastSeen: time,
          newestEvent: time.describe("By the event's own clock, in milliseconds since the epoch."),
          silentSeconds: z.int().describe('For how long it was listened for in vain.'),
          limitSeconds: z.int().describe('For how long that may last at this time of the week.'),
          alertId: z.string().optional(),
        }),
      )
      .readonly(),
    rulesThatNeverFired: z
      .array(z.object({ id: z.string(), title: z.string() }))
      .readonly()
      .describe('Rules that run and have made no alert since `watchedSince`.'),
  })
  .readonly();

/** What Tocsin knows of its own health. */
export type HealthReport = z.output<typeof healthSchema>;

/** `GET /v1/health` */
export function healthReportRoutes(
  parent: FastifyInstance,
  { report }: { readonly report: () => HealthReport },
): void {
  parent.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v1/health',
    config: { need: 'read' },
    schema: {
      operationId: 'readHealth',
      summary:
        'What is wrong now, and how everything does that is heard of: sources, workers, accounts, regions',
      response: {
        200: healthSchema,
        ...problems({
          401: 'No key, or none that may read.',
          503: 'Another server takes the events, and this one stands by.',
        }),
      },
    },
    handler: () => report(),
  });
}
