import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { crowdSecStream, type CrowdSecDecision } from '../respond/crowdsec.ts';
import type { StoredBlock } from '../store/block-store.ts';
import type { Store } from '../store/store.ts';
import { cidrText, compareNetworks, parseNetwork } from '../web/network.ts';
import type { Blocks } from './blocks.ts';
import { fromStore, problems } from './problem.ts';

const decision = z.object({
  id: z.int(),
  origin: z.string(),
  scenario: z.string(),
  scope: z.enum(['Ip', 'Range']),
  type: z.literal('ban'),
  value: z.string(),
  duration: z.string().describe('As Go writes durations: 3h59m12s.'),
  uuid: z.string(),
  simulated: z.boolean(),
});

const streamQuery = z.looseObject({
  startup: z.string().optional().describe('Taken and not needed: each answer is whole.'),
  scopes: z.string().max(200).optional().describe('Only these, such as `ip,range`.'),
});

const closed = problems({
  401: 'No key, or none that may read.',
  503: 'The store could not be used; try again.',
});

/** Lists that other tools poll. In a dry run they are empty: whoever polls them would block. */
export function decisionRoutes(
  parent: FastifyInstance,
  { store, blocks, now }: { readonly store: Store; readonly blocks: Blocks; readonly now: () => number },
): void {
  const app = parent.withTypeProvider<ZodTypeProvider>();
  const { blocker } = blocks;

  /** What stands and may be blocked at this moment. */
  async function enforceable(at: number): Promise<readonly StoredBlock[]> {
    if (blocker.dryRun) return [];
    const active = await store.blocks.active(at);
    // Last, so that what is approved meanwhile counts.
    const protections = await blocker.protections();
    return active.filter(({ subject }) => {
      const network = parseNetwork(subject);
      return network !== undefined && protections.over(network) === undefined;
    });
  }

  app.route({
    method: 'GET',
    url: '/v1/blocks/list',
    config: { need: 'read' },
    schema: {
      operationId: 'blockList',
      summary: 'What is blocked, one network in CIDR notation a line',
      description: 'For firewalls and proxies that poll such a list. Empty in a dry run.',
      produces: ['text/plain'],
      response: { 200: z.string().describe('The list.'), ...closed },
    },
    handler: async (_request, reply) => {
      const active = await fromStore(() => enforceable(now()));
      const networks = active.flatMap(({ subject }) => parseNetwork(subject) ?? []);
      const lines = networks.toSorted(compareNetworks).map((network) => `${cidrText(network)}\n`);
      return reply.type('text/plain; charset=utf-8').send(lines.join(''));
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/decisions/stream',
    config: { need: 'read' },
    schema: {
      operationId: 'decisionStream',
      summary: "What is blocked, in the form of CrowdSec's local API, for its bouncers",
      querystring: streamQuery,
      response: {
        200: z
          .object({ new: z.array(decision).readonly(), deleted: z.array(decision).readonly() })
          .describe('All decisions that stand, and those that were ended before their time.'),
        ...closed,
      },
    },
    handler: async ({ query }) => {
      const at = now();
      const active = await fromStore(() => enforceable(at));
      const ended = await fromStore(() => store.blocks.endedEarly(at));
      const stream = crowdSecStream(active, ended, at);
      const scopes = query.scopes?.toLowerCase().split(',');
      const wanted = (each: CrowdSecDecision): boolean =>
        scopes === undefined || scopes.includes(each.scope.toLowerCase());
      return { new: stream.new.filter(wanted), deleted: stream.deleted.filter(wanted) };
    },
  });
}
