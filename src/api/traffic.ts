import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { boardNames, type TrafficState } from './traffic-page.ts';
import { problems } from './problem.ts';

const query = z.strictObject({
  hour: z
    .enum(boardNames)
    .default('current')
    .describe('This hour by the clock of reading, or the one before.'),
  top: z.coerce.number().int().min(1).max(100).default(10).describe('How many rows each list has.'),
});

const loose = z.looseObject({});

const answer = z.object({
  following: z.boolean().describe('Whether any access logs are configured.'),
  board: z
    .object({
      since: z.number().describe('Milliseconds since the epoch.'),
      until: z.number().describe('Milliseconds since the epoch.'),
      view: loose.describe("As 'board' of `tocsin traffic --json`."),
    })
    .nullable()
    .describe('Null where there is none, such as before the server has run for an hour.'),
  offences: z
    .array(loose)
    .describe("As 'offences' of `tocsin traffic --json`; of the last hours, the oldest first."),
});

/** The board and the offences of the access logs that are followed. */
export function trafficRoutes(
  parent: FastifyInstance,
  { traffic }: { readonly traffic: () => TrafficState | undefined },
): void {
  parent.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v1/traffic',
    config: { need: 'read' },
    schema: {
      operationId: 'showTraffic',
      summary: 'Who asks for what in the access logs that are followed, and who attacks',
      querystring: query,
      response: {
        200: answer.describe('The board of an hour, and offences.'),
        ...problems({ 400: 'A query parameter is wrong.', 401: 'No key, or none that may read.' }),
      },
    },
    handler: async ({ query: { hour, top } }) => {
      const state = traffic();
      const board = state?.hour(hour, { top, points: 60 });
      return {
        following: state?.isFollowing ?? false,
        board: board === undefined ? null : { ...board, view: { ...board.view } },
        offences: (state?.offences() ?? []).map((offence) => ({ ...offence })),
      };
    },
  });
}
