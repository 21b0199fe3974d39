import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { sampleAlert } from '../store/testing/samples.ts';
import { send } from './testing/request.ts';
import { startServer, type TestServer } from './testing/server.ts';

let store: Store;
let server: TestServer;

beforeAll(async () => {
  store = await openSqliteStore({ path: ':memory:' });
  await store.commit({ alerts: [{ alert: sampleAlert(1), channels: ['chat', 'gone'] }], now: 1 });
  server = await startServer({
    store,
    channels: () => [
      { name: 'chat', type: 'slack', state: 'open', failuresInRow: 7, failingSince: 5, reason: 'HTTP 503' },
      { name: 'mail', type: 'webhook', state: 'closed', failuresInRow: 0 },
    ],
  });
});
afterAll(() => server.close());

it('GET /v1/channels tells how each channel does, what it is owed, and what is owed to those that are gone', async () => {
  const { status, body } = await send(server, '/v1/channels', {});
  expect(status).toBe(200);
  expect(JSON.parse(body)).toEqual({
    channels: [
      {
        name: 'chat',
        type: 'slack',
        state: 'open',
        failuresInRow: 7,
        failingSince: 5,
        reason: 'HTTP 503',
        owed: 1,
      },
      { name: 'mail', type: 'webhook', state: 'closed', failuresInRow: 0, owed: 0 },
    ],
    gone: { gone: 1 },
  });
});
