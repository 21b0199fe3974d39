import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { send } from './testing/request.ts';
import { startServer, type TestServer } from './testing/server.ts';

const operation = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  security: z.array(z.unknown()).optional(),
  parameters: z
    .array(z.looseObject({ name: z.string(), in: z.enum(['query', 'path']), schema: z.unknown() }))
    .optional(),
  requestBody: z.looseObject({ content: z.record(z.string(), z.unknown()) }).optional(),
  responses: z.record(z.string().regex(/^\d{3}$/), z.looseObject({ description: z.string().min(1) })),
});
const document = z.looseObject({
  openapi: z.literal('3.1.0'),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  servers: z.array(z.looseObject({ url: z.string() })),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  components: z.looseObject({ securitySchemes: z.record(z.string(), z.unknown()) }),
  paths: z.record(z.string(), z.partialRecord(z.enum(['get', 'post', 'head']), operation)),
});

let servers: readonly TestServer[];
let contentType: string | null;
let described: z.output<typeof document>;

beforeAll(async () => {
  servers = [
    await startServer({
      keys: [{ name: 'a', key: 'a-key', scope: 'all' }],
      publicUrl: 'https://tocsin.example.com',
    }),
    await startServer(),
  ];
  const answer = await fetch(`${servers[0]?.url}/openapi.json`, { headers: { 'x-api-key': 'a-key' } });
  contentType = answer.headers.get('content-type');
  described = document.parse(await answer.json());
});

afterAll(async () => {
  for (const server of servers) await server.close();
});

describe('/openapi.json', () => {
  it('is JSON', () => expect(contentType).toContain('application/json'));

  it('describes every route of the API and none of the pages', () => {
    const routes = Object.entries(described.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(routes.toSorted()).toEqual([
      'get /healthz',
      'get /metrics',
      'get /readyz',
      'get /v1/alerts',
      'get /v1/alerts/{id}',
      'get /v1/alerts/{id}/history',
      'get /v1/asset',
      'get /v1/assets',
      'get /v1/blocks',
      'get /v1/blocks/approved',
      'get /v1/blocks/audit',
      'get /v1/blocks/list',
      'get /v1/channels',
      'get /v1/counts',
      'get /v1/decisions/stream',
      'get /v1/deliveries/dead',
      'get /v1/health',
      'get /v1/history',
      'get /v1/incidents',
      'get /v1/incidents/{id}',
      'get /v1/latency',
      'get /v1/rejections',
      'get /v1/rules/figures',
      'get /v1/suppressions',
      'get /v1/traffic',
      'post /v1/alerts/status',
      'post /v1/alerts/{id}/assignee',
      'post /v1/alerts/{id}/comments',
      'post /v1/alerts/{id}/snooze',
      'post /v1/alerts/{id}/status',
      'post /v1/blocks',
      'post /v1/blocks/approve',
      'post /v1/blocks/disapprove',
      'post /v1/blocks/remove',
      'post /v1/deliveries/dead/drop',
      'post /v1/deliveries/dead/replay',
      'post /v1/events',
      'post /v1/incidents/{id}/status',
      'post /v1/rejections/replay',
      'post /v1/suppressions',
      'post /v1/suppressions/{id}/end',
      'post /v1/worker/batches',
    ]);
  });

  it('gives every operation a name of its own, and every parameter of a path a description', () => {
    const operations = Object.entries(described.paths).flatMap(([path, methods]) =>
      Object.values(methods).map((each) => ({ path, ...each })),
    );
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    for (const { path, parameters = [] } of operations) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(parameters.filter((each) => each.in === 'path').map(({ name }) => name)).toEqual(named);
    }
  });

  it('names the filters of the alerts', () => {
    expect(described.paths['/v1/alerts']?.get?.parameters?.map(({ name }) => name)).toEqual([
      'severity',
      'rule',
      'account',
      'text',
      'actor',
      'address',
      'resource',
      'action',
      'service',
      'region',
      'technique',
      'incident',
      'muted',
      'status',
      'assignee',
      'since',
      'until',
      'exceptions',
      'limit',
      'cursor',
    ]);
  });

  it('says what events may be sent as, and how errors look', () => {
    const post = described.paths['/v1/events']?.post;
    expect(Object.keys(post?.requestBody?.content ?? {})).toContain('application/json');
    expect(post?.responses['413']).toMatchObject({ content: { 'application/problem+json': {} } });
  });

  it('asks for a key where one is needed', async () => {
    const schemes = Object.keys(described.components.securitySchemes).filter((name) => name !== 'worker');
    expect(described.security.flatMap((each) => Object.keys(each)).toSorted()).toEqual(schemes.toSorted());
    expect(described.paths['/healthz']?.get?.security).toEqual([]);
    expect(described.servers).toEqual([{ url: 'https://tocsin.example.com' }]);
    const [, open] = servers;
    if (open === undefined) throw new Error('no server');
    const without = document.parse(JSON.parse((await send(open, '/openapi.json')).body));
    expect(without.security).toEqual([]);
  });

  it('refers only to what is in it', () => {
    const references = [...JSON.stringify(described).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, target]) => target ?? '',
    );
    for (const reference of references) {
      const found = reference
        .replace('#/', '')
        .split('/')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], described);
      expect([reference, found]).not.toEqual([reference, undefined]);
    }
  });
});
