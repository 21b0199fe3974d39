import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSqliteStore } from '../store/sqlite.ts';
import { send } from './testing/request.ts';
import { startServer, type TestServer } from './testing/server.ts';

const report = {
  ok: false,
  watchedSince: 1,
  watchedUntil: 2,
  problems: [{ rule: 'channel', subject: 'chat', title: 'Channel chat fails', since: 1, alertId: 'a' }],
  subjects: [
    {
      kind: 'account' as const,
      name: '111122223333',
      state: 'heard' as const,
      lastSeen: 2,
      newestEvent: 1,
      silentSeconds: 0,
      limitSeconds: 3_600,
    },
  ],
  rulesThatNeverFired: [],
};

let server: TestServer;

beforeAll(async () => {
  server = await startServer({
    store: await openSqliteStore({ path: ':memory:' }),
    keys: [{ name: 'jane', key: 'k'.repeat(32), scope: 'read' }],
    healthReport: () => report,
  });
});
afterAll(() => server.close());

it('GET /v1/health tells what is wrong and what is heard of', async () => {
  const { status, body } = await send(server, '/v1/health', {
    headers: { authorization: `Bearer ${'k'.repeat(32)}` },
  });
  expect(status).toBe(200);
  expect(JSON.parse(body)).toEqual(report);
});

it('GET /v1/health tells nothing to who has no key', async () =>
  expect((await send(server, '/v1/health')).status).toBe(401));
