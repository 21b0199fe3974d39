import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import type { Store } from '../store/store.ts';
import { provenance } from './alert-schema.ts';
import { fromStore, problems } from './problem.ts';
import { limit } from './query-parts.ts';

export interface Health {
  readonly ready: boolean;
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly detail?: string | undefined;
  }[];
}

const rejectionsSchema = z.object({
  rejections: z
    .array(
      z.object({
        id: z.string(),
        provenance,
        reason: z.string(),
        length: z.number().describe('Length in bytes of what was refused.'),
        bytes: z.string().describe('What was refused, or its beginning, in base64.'),
      }),
    )
    .readonly(),
});

const countsSchema = z.object({
  alerts: z.object({
    informational: z.int(),
    low: z.int(),
    medium: z.int(),
    high: z.int(),
    critical: z.int(),
  }),
  excepted: z.int().describe('Alerts that fall under an exception; the others are counted above.'),
  deliveries: z.object({ pending: z.int(), delivered: z.int(), dead: z.int(), dropped: z.int() }),
  rejections: z.int(),
});

const rejectionQuerySchema = z.strictObject({ limit: limit.default(100) });

const healthSchema = z.object({ status: z.literal('ok') });

const readySchema = z.object({
  ready: z.boolean(),
  checks: z
    .array(
      z.object({
        name: z.string(),
        ok: z.boolean(),
        detail: z.string().optional().describe('Only for callers who may read.'),
      }),
    )
    .readonly(),
});

const closed = problems({
  401: 'No key, or none that may read.',
  503: 'The store could not be used; try again.',
});

/** What was rejected, and the sums. */
export function stateRoutes(parent: FastifyInstance, { store }: { readonly store: Store }): void {
  const app = parent.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/v1/rejections',
    config: { need: 'read' },
    schema: {
      operationId: 'listRejections',
      summary: 'Records that could not become events, newest first',
      querystring: rejectionQuerySchema,
      response: {
        200: rejectionsSchema.describe('What was rejected, why, and its bytes.'),
        ...problems({ 400: 'A query parameter is wrong.' }),
        ...closed,
      },
    },
    handler: async (request) => {
      const found = await fromStore(() => store.rejections(request.query.limit));
      return {
        rejections: found.map((each) => ({ ...each, bytes: Buffer.from(each.bytes).toString('base64') })),
      };
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/counts',
    config: { need: 'read' },
    schema: {
      operationId: 'getCounts',
      summary: 'How many alerts, deliveries and rejected records the store holds',
      response: { 200: countsSchema.describe('The sums.'), ...closed },
    },
    handler: async () => fromStore(() => store.counts()),
  });
}

/** What machines ask in order to watch a process. */
export function healthRoutes(
  parent: FastifyInstance,
  { health, metrics }: { readonly health: () => Health; readonly metrics: () => Promise<string> },
): void {
  const app = parent.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/healthz',
    config: { need: 'open' },
    schema: {
      operationId: 'getHealth',
      summary: 'Whether the process answers',
      security: [],
      response: { 200: healthSchema.describe('It does.') },
    },
    handler: async () => ({ status: 'ok' as const }),
  });

  app.route({
    method: 'GET',
    url: '/readyz',
    config: { need: 'open' },
    schema: {
      operationId: 'getReadiness',
      summary: 'Whether the server can do its work now',
      security: [],
      response: {
        200: readySchema.describe('It can.'),
        503: readySchema.describe('It cannot; the checks say why.'),
      },
    },
    handler: async (request, reply) => {
      const { ready, checks } = health();
      // Details can name files, queues and hosts: nothing for callers who have shown no key.
      const shown = request.mayRead ? checks : checks.map(({ name, ok }) => ({ name, ok }));
      return reply.code(ready ? 200 : 503).send({ ready, checks: shown });
    },
  });

  app.route({
    method: 'GET',
    url: '/metrics',
    config: { need: 'read' },
    schema: {
      operationId: 'getMetrics',
      summary: 'Metrics for Prometheus',
      response: {
        200: { description: 'Prometheus text format.', content: { 'text/plain': { schema: z.string() } } },
        ...problems({ 401: 'No key, or none that may read.' }),
      },
    },
    handler: async (_request, reply) => {
      const text = await metrics();
      return reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8').send(text);
    },
  });
}
