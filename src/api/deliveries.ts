import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { handleAllDead } from '../store/handle-dead.ts';
import type { DeadHandling, Store } from '../store/store.ts';
import { fromStore, problems } from './problem.ts';
import { deadPageSchema, deadQuerySchema, handleDeadBody } from './delivery-schema.ts';

/** `/v1/deliveries/dead` and below: what was given up, to try again and to drop. Changing anything takes a key of scope `all`. */
export function deliveryRoutes(
  parent: FastifyInstance,
  { store, now }: { readonly store: Store; readonly now: () => number },
): void {
  const app = parent.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/v1/deliveries/dead',
    config: { need: 'read' },
    schema: {
      operationId: 'listDeadDeliveries',
      summary: 'List deliveries that were given up, the last first, with the reason',
      querystring: deadQuerySchema(now),
      response: {
        200: deadPageSchema.describe('One page.'),
        ...problems({
          400: 'A query parameter is wrong.',
          401: 'No key, or none that may read.',
          503: 'The store could not be used; try again.',
        }),
      },
    },
    handler: async ({ query }) => {
      const { cursor: after, ...rest } = query;
      const page = await fromStore(() => store.deadDeliveries({ ...rest, after }));
      return {
        deliveries: page.deliveries.map(({ alert, ...delivery }) => ({
          ...delivery,
          alert: { id: alert.id, severity: alert.severity, title: alert.title, rule: alert.rule },
        })),
        next: page.next ?? null,
      };
    },
  });

  for (const [url, action, operationId, summary] of [
    [
      '/v1/deliveries/dead/replay',
      'replayed',
      'replayDeadDeliveries',
      'Try deliveries again that were given up, from the beginning and with their old idempotency keys',
    ],
    [
      '/v1/deliveries/dead/drop',
      'dropped',
      'dropDeadDeliveries',
      'Drop deliveries that were given up: nobody will be told',
    ],
  ] as const)
    app.route({
      method: 'POST',
      url,
      schema: {
        operationId,
        summary,
        body: handleDeadBody(now),
        response: {
          200: z
            .object({
              handled: z.int().describe('How many there were.'),
              all: z.boolean().describe('False where there are more: ask again.'),
            })
            .describe('Done, and written down with the name of the key.'),
          ...problems({
            400: 'The body is not what is expected.',
            401: 'No key of scope `all`.',
            503: 'The store could not be used; try again.',
          }),
        },
      },
      handler: async (request) => {
        const { ids, ...query } = request.body;
        const handling: DeadHandling = { action, at: now(), by: byOf(request) };
        if (ids !== undefined) {
          const handled = await fromStore(() => store.handleDead(ids, handling));
          return { handled: handled.length, all: true };
        }
        const { count, isAll } = await fromStore(() => handleAllDead(store, query, handling));
        return { handled: count, all: isAll };
      },
    });
}

function byOf({ keyName }: FastifyRequest): string {
  return keyName === '' ? 'http' : `key ${keyName}`;
}
