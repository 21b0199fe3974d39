import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { problems } from './problem.ts';

const seconds = z.number().optional().describe('Seconds; absent where nothing came lately.');

const quantiles = z.object({ p50: seconds, p95: seconds, p99: seconds });

const latencySchema = z
  .object({
    sources: z
      .record(z.string(), z.record(z.string(), quantiles))
      .describe(
        'By source and stage of new alerts, each stage from the end of the one before: `received` (from the event), `decided`, `stored`; `all` of them together.',
      ),
    channels: z
      .record(z.string(), z.record(z.string(), quantiles))
      .describe(
        'By channel, of first messages that were owed at once: from the `decided` alert, and from the `event`, to the yes of the receiver.',
      ),
  })
  .readonly();

/** How long alerts took on their way. */
export type Latency = z.output<typeof latencySchema>;

/** `GET /v1/latency` */
export function latencyRoutes(
  parent: FastifyInstance,
  { latency }: { readonly latency: () => Promise<Latency> },
): void {
  parent.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v1/latency',
    config: { need: 'read' },
    schema: {
      operationId: 'readLatency',
      summary:
        'How long alerts took from the event to the store and to each channel, in the last ten minutes of this server',
      response: { 200: latencySchema, ...problems({ 401: 'No key, or none that may read.' }) },
    },
    handler: () => latency(),
  });
}
