import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import type { Blocker } from '../respond/blocker.ts';
import type { StoredBlock } from '../store/block-store.ts';
import type { Store } from '../store/store.ts';
import { stateAt } from '../web/block.ts';
import { networkText, type Network } from '../web/network.ts';
import {
  approvalSchema,
  auditLineSchema,
  auditQuerySchema,
  blockBody,
  blockQuerySchema,
  blockSchema,
  networkBody,
} from './block-schema.ts';
import { HttpProblem, fromStore, problems } from './problem.ts';

/** What the routes need of blocking. */
export interface Blocks {
  readonly blocker: Blocker;
  /** Called after a change, so that it is enforced soon. */
  readonly nudge: () => void;
}

const closed = { 401: 'No key, or none that may read.', 503: 'The store could not be used; try again.' };
const closedToMost = {
  400: 'The body is not what is expected.',
  401: 'No key of scope `all`.',
  503: 'The store could not be used; try again.',
};
const cursor = z.string().nullable().describe("Pass as 'cursor' for the next page; null on the last.");

/** `/v1/blocks` and below: the ledger, approvals and the audit log. Changing anything takes a key of scope `all`. */
export function blockRoutes(
  parent: FastifyInstance,
  { store, blocks, now }: { readonly store: Store; readonly blocks: Blocks; readonly now: () => number },
): void {
  const app = parent.withTypeProvider<ZodTypeProvider>();
  const { blocker, nudge } = blocks;
  const asker = (request: FastifyRequest) => ({
    by: request.keyName === '' ? 'http' : `key ${request.keyName}`,
    now: now(),
  });
  const networkOf = (text: string): Network => {
    const network = blocker.networkOf(text);
    if (network === undefined)
      throw new HttpProblem(
        400,
        'That is no address and no network; expected something like 198.51.100.7 or 198.51.100.0/24.',
      );
    return network;
  };

  app.route({
    method: 'GET',
    url: '/v1/blocks',
    config: { need: 'read' },
    schema: {
      operationId: 'listBlocks',
      summary: 'List blocks, the newest first, with their reasons',
      querystring: blockQuerySchema,
      response: {
        200: z.object({ blocks: z.array(blockSchema).readonly(), next: cursor }).describe('One page.'),
        ...problems({ 400: 'A query parameter is wrong.', ...closed }),
      },
    },
    handler: async ({ query }) => {
      const at = now();
      const { address, ...rest } = query;
      const subject = address === undefined ? undefined : networkText(networkOf(address));
      const page = await fromStore(() =>
        store.blocks.list({
          state: rest.state === 'any' ? undefined : rest.state,
          subject,
          now: at,
          after: rest.cursor,
          limit: rest.limit,
        }),
      );
      return { blocks: page.blocks.map((block) => shown(block, at)), next: page.next ?? null };
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/blocks',
    schema: {
      operationId: 'addBlock',
      summary: 'Block an address or a network',
      body: blockBody,
      response: {
        200: z
          .object({
            block: blockSchema,
            prolonged: z.boolean().describe('True where it was blocked already; its end is another now.'),
          })
          .describe('It is in the ledger; enforcement follows within seconds, except in a dry run.'),
        ...problems({ ...closedToMost, 409: 'It must not be blocked; `detail` says why.' }),
      },
    },
    handler: async (request) => {
      const { address, reason, minutes } = request.body;
      const who = asker(request);
      const period = minutes === undefined ? undefined : minutes * 60_000;
      const network = networkOf(address);
      const verdict = await fromStore(() => blocker.add({ network, reason, period }, who));
      if (verdict.type === 'refuse') throw new HttpProblem(409, `${verdict.subject}: ${verdict.detail}.`);
      nudge();
      return { block: shown(verdict.block, who.now), prolonged: verdict.type === 'prolong' };
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/blocks/remove',
    schema: {
      operationId: 'removeBlock',
      summary: 'End a block before its time',
      body: networkBody,
      response: {
        200: z.object({ block: blockSchema }).describe('The block as it ended.'),
        ...problems({ ...closedToMost, 404: 'Exactly this is not blocked.' }),
      },
    },
    handler: async (request) => {
      const who = asker(request);
      const network = networkOf(request.body.address);
      const block = await fromStore(() => blocker.remove(network, request.body.reason, who));
      if (block === undefined)
        throw new HttpProblem(404, `${networkText(network)} is not blocked; GET /v1/blocks lists what is.`);
      nudge();
      return { block: shown(block, who.now) };
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/blocks/approved',
    config: { need: 'read' },
    schema: {
      operationId: 'listApproved',
      summary: 'List approved and shared networks that people or lists have named',
      response: {
        200: z.object({ approved: z.array(approvalSchema).readonly() }).describe('All of them.'),
        ...problems(closed),
      },
    },
    handler: async () => ({ approved: await fromStore(() => store.blocks.approvals()) }),
  });

  app.route({
    method: 'POST',
    url: '/v1/blocks/approve',
    schema: {
      operationId: 'approve',
      summary: 'Never block an address or a network, and end what blocks it',
      body: networkBody,
      response: {
        200: z
          .object({ ended: z.array(blockSchema).readonly().describe('Blocks that ended by it.') })
          .describe('Approved.'),
        ...problems(closedToMost),
      },
    },
    handler: async (request) => {
      const who = asker(request);
      const network = networkOf(request.body.address);
      const ended = await fromStore(() => blocker.approve(network, request.body.reason, who));
      nudge();
      return { ended: ended.map((block) => shown(block, who.now)) };
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/blocks/disapprove',
    schema: {
      operationId: 'disapprove',
      summary: 'Take an approval back that a person gave',
      body: networkBody,
      response: {
        200: z.object({ disapproved: z.literal(true) }).describe('It may be blocked from now on.'),
        ...problems({ ...closedToMost, 404: 'Nobody had approved exactly this.' }),
      },
    },
    handler: async (request) => {
      const network = networkOf(request.body.address);
      const found = await fromStore(() => blocker.disapprove(network, request.body.reason, asker(request)));
      if (!found)
        throw new HttpProblem(
          404,
          `Nobody approved exactly ${networkText(network)}; GET /v1/blocks/approved lists what is. What comes from a list or the configuration is changed there.`,
        );
      return { disapproved: true as const };
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/blocks/audit',
    config: { need: 'read' },
    schema: {
      operationId: 'listBlockAudit',
      summary: 'The audit log of blocking, the newest line first',
      querystring: auditQuerySchema,
      response: {
        200: z.object({ lines: z.array(auditLineSchema).readonly(), next: cursor }).describe('One page.'),
        ...problems({ 400: 'A query parameter is wrong.', ...closed }),
      },
    },
    handler: async ({ query }) => {
      const { address, cursor: after, limit } = query;
      const subject = address === undefined ? undefined : networkText(networkOf(address));
      const page = await fromStore(() => store.blocks.audit({ subject, after, limit }));
      return { lines: page.lines, next: page.next ?? null };
    },
  });
}

function shown(block: Omit<StoredBlock, 'sequence'>, now: number) {
  const state = stateAt(block, now);
  const { id, subject, rule, reason, evidence, first, last, count, decidedAt, decidedBy, expiresAt, times } =
    block;
  return {
    id,
    address: subject,
    state,
    rule,
    reason,
    evidence,
    first,
    last,
    count,
    decidedAt,
    decidedBy,
    expiresAt,
    secondsLeft: state === 'active' ? Math.ceil((expiresAt - now) / 1000) : 0,
    times,
    ...(block.ended === undefined ? {} : { ended: block.ended }),
  };
}
