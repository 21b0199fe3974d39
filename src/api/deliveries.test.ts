import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { sampleAlert, sampleId } from '../store/testing/samples.ts';
import { send } from './testing/request.ts';
import { startServer, type TestServer } from './testing/server.ts';

const keys = [
  { name: 'console', key: 'read-key-0123456789', scope: 'read' },
  { name: 'admin', key: 'all-key-0123456789', scope: 'all' },
] as const;

let store: Store;
let server: TestServer;

beforeAll(async () => {
  store = await openSqliteStore({ path: ':memory:' });
  server = await startServer({ store, keys });
  const reasons = ['HTTP 400', 'HTTP 413', 'HTTP 413'];
  await store.commit({
    alerts: reasons.map((_, n) => ({ alert: sampleAlert(n), channels: ['chat'] })),
    now: 1,
  });
  const claimed = await store.claim('chat', { now: 1, leaseUntil: 9, limit: 9 });
  for (const [n, { id }] of claimed.entries())
    await store.settle(id, { type: 'dead', reason: reasons[n] ?? '' }, 1_000_000_000_000 + n);
});
afterAll(() => server.close());

async function get(path: string): Promise<{ readonly status: number; readonly body: unknown }> {
  const { status, body } = await send(server, path, { headers: { 'x-api-key': keys[0].key } });
  return { status, body: JSON.parse(body) };
}

async function post(path: string, asked: unknown, key: string = keys[1].key) {
  const { status, body } = await send(server, path, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify(asked),
  });
  return { status, body: JSON.parse(body) as unknown };
}

describe('what was given up, over HTTP', () => {
  it('is listed with alert and reason', async () => {
    expect(await get('/v1/deliveries/dead?reason=400&channel=chat')).toMatchObject({
      status: 200,
      body: {
        deliveries: [
          { channel: 'chat', reason: 'HTTP 400', alert: { id: sampleId(0) }, attempts: 1, history: [] },
        ],
        next: null,
      },
    });
  });

  it.each<[name: string, asked: unknown]>([
    ['nothing', {}],
    ['both ids and what they have in common', { ids: ['a'], channel: 'chat' }],
    ['something unknown', { chanel: 'chat' }],
    ['a time that is none', { since: 'yesterday' }],
  ])('is not changed where the body says %s', async (_name, asked) => {
    expect((await post('/v1/deliveries/dead/drop', asked)).status).toBe(400);
    expect((await store.counts()).deliveries.dead).toBe(3);
  });

  it('is changed by nobody who may only read', async () => {
    expect((await post('/v1/deliveries/dead/drop', { channel: 'chat' }, keys[0].key)).status).toBe(401);
    expect((await store.counts()).deliveries.dead).toBe(3);
  });

  it('is tried again by id, and the alert says by whom', async () => {
    const [{ id } = { id: '' }] = await store.deliveries(sampleId(0));
    expect(await post('/v1/deliveries/dead/replay', { ids: [id, 'x'] })).toEqual({
      status: 200,
      body: { handled: 1, all: true },
    });
    expect(await get(`/v1/alerts/${sampleId(0)}`)).toMatchObject({
      body: { deliveries: [{ id, state: 'pending', history: [{ action: 'replayed', by: 'key admin' }] }] },
    });
  });

  it('is dropped by reason, and counted', async () => {
    expect((await post('/v1/deliveries/dead/drop', { reason: '413' })).body).toEqual({
      handled: 2,
      all: true,
    });
    expect((await store.counts()).deliveries).toEqual({ pending: 1, delivered: 0, dead: 0, dropped: 2 });
  });
});
