import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSqliteStore } from '../store/sqlite.ts';
import { send } from './testing/request.ts';
import { startServer, type TestServer } from './testing/server.ts';

const figures = {
  sources: { http: { all: { p50: 0.2, p95: 0.4, p99: 1.5 } } },
  channels: { chat: { event: { p50: 0.3 } } },
};

let server: TestServer;

beforeAll(async () => {
  server = await startServer({
    store: await openSqliteStore({ path: ':memory:' }),
    latency: async () => figures,
  });
});
afterAll(() => server.close());

it('GET /v1/latency tells how long alerts took, by source and by channel', async () => {
  const { status, body } = await send(server, '/v1/latency', {});
  expect(status).toBe(200);
  expect(JSON.parse(body)).toEqual(figures);
});
