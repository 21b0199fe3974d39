import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { assetKey } from '../facts/assets/memory.ts';
import type { Store } from '../store/store.ts';
import { HttpProblem, fromStore, problems } from './problem.ts';

const milliseconds = z.number().describe('Milliseconds since the epoch.');
const moment = z.object({
  time: milliseconds,
  event: z.string().describe('Id of the event; empty where a look at the account told it.'),
  action: z.string(),
  by: z.string(),
  principal: z.string().optional().describe('The user or role behind it, whatever the session.'),
});

const assetSchema = z
  .object({
    type: z.string(),
    id: z.string(),
    name: z.string(),
    arn: z.string().optional(),
    account: z.string().optional(),
    region: z.string().optional(),
    firstSeen: milliseconds,
    lastSeen: milliseconds,
    created: moment.optional(),
    deleted: moment.optional(),
    history: z.array(moment).readonly().describe('What was done to it, the newest first; the last ten.'),
    aspects: z
      .unknown()
      .meta({ type: 'object', description: 'What is known of it, by name, with when it was told.' }),
  })
  .describe('What is remembered of an asset. Strings come from logs and can hold anything.');

const word = (what: string) => z.string().min(1).max(2_100).describe(what);

const assetQuerySchema = z.strictObject({
  type: word('Only this type, such as AWS::S3::Bucket.').optional(),
  account: word('Only this account.').optional(),
  text: word('Only where this is a part of the name, id or ARN.').optional(),
  cursor: word("'next' of the page before.").optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50).describe('How many at most.'),
});

/** `GET /v1/assets` and `GET /v1/asset`. */
export function rememberedAssetRoutes(parent: FastifyInstance, { store }: { readonly store: Store }): void {
  const app = parent.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/v1/assets',
    config: { need: 'read' },
    schema: {
      operationId: 'listAssets',
      summary: 'List remembered assets, those first that were heard of last',
      querystring: assetQuerySchema,
      response: {
        200: z
          .object({
            assets: z.array(assetSchema).readonly(),
            next: z.string().nullable().describe("Pass as 'cursor' for the next page; null on the last."),
          })
          .describe('One page.'),
        ...problems({
          400: 'A query parameter is wrong.',
          401: 'No key, or none that may read.',
          503: 'The store could not be used; try again.',
        }),
      },
    },
    handler: async (request) => {
      const { cursor, ...rest } = request.query;
      const page = await fromStore(() => store.assets({ ...rest, after: cursor }));
      return { assets: page.assets, next: page.next ?? null };
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/asset',
    config: { need: 'read' },
    schema: {
      operationId: 'getAsset',
      summary: 'What is remembered of one asset',
      querystring: assetIdentity,
      response: {
        200: z.object({ asset: assetSchema }).describe('The asset.'),
        ...problems({
          401: 'No key, or none that may read.',
          404: 'No such asset is remembered.',
          503: 'The store could not be used; try again.',
        }),
      },
    },
    handler: async (request) => ({ asset: await findAsset(store, request.query) }),
  });
}

export const assetIdentity = z.object({ type: word('Its type.'), id: word('Its id, as the list has it.') });

/** @throws {HttpProblem} 404 where none is remembered */
export async function findAsset(store: Store, identity: { readonly type: string; readonly id: string }) {
  const asset = await fromStore(() => store.asset(assetKey(identity)));
  if (asset === undefined)
    throw new HttpProblem(404, 'No such asset is remembered; /v1/assets lists those that are.');
  return asset;
}
