import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import type { Store } from '../store/store.ts';
import { HttpProblem, fromStore, problems } from './problem.ts';
import { alertDetailSchema, alertPageSchema } from './alert-schema.ts';
import { alertQuerySchema, storeQuery } from './alert-query.ts';

/** `GET /v1/alerts` and `GET /v1/alerts/:id`. */
export function alertRoutes(
  parent: FastifyInstance,
  { store, now }: { store: Store; now: () => number },
): void {
  const app = parent.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/v1/alerts',
    config: { need: 'read' },
    schema: {
      operationId: 'listAlerts',
      summary: 'List alerts, newest first',
      description:
        'By `time`, which is that of the event that raised the alert and stays what it is while findings join. Raw events are left out here; `GET /v1/alerts/{id}` has them.',
      querystring: alertQuerySchema(now),
      response: {
        200: alertPageSchema.describe('One page.'),
        ...problems({
          400: 'A query parameter is wrong.',
          401: 'No key, or none that may read.',
          503: 'The store could not be used; try again.',
        }),
      },
    },
    handler: async (request) => {
      const page = await fromStore(() => store.alerts(storeQuery(request.query)));
      return { alerts: page.alerts, next: page.next ?? null };
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/alerts/:id',
    config: { need: 'read' },
    schema: {
      operationId: 'getAlert',
      summary: 'One alert with its raw event and its deliveries',
      params: z.object({
        id: z.string().describe('The id of the alert, or of a finding that joined it: 32 hex digits.'),
      }),
      response: {
        200: alertDetailSchema.describe('The alert.'),
        ...problems({
          401: 'No key, or none that may read.',
          404: 'There is no such alert.',
          503: 'The store could not be used; try again.',
        }),
      },
    },
    handler: async (request) => findAlert(store, request.params.id),
  });
}

/** @throws {HttpProblem} 404 where there is no such alert */
export async function findAlert(store: Store, id: string) {
  const found = /^[0-9a-f]{32}$/.test(id) ? await fromStore(() => store.alert(id)) : undefined;
  if (found === undefined) {
    throw new HttpProblem(404, `There is no alert with this id; /v1/alerts lists those that there are.`);
  }
  return { alert: found, deliveries: await fromStore(() => store.deliveries(found.id)) };
}
