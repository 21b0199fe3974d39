import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Alert } from '../alert/alert.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { sampleFinding, sampleId, sampleJoining } from '../store/testing/samples.ts';
import { overKeptConnections } from './kept-connections.ts';
import { startOutbox } from './outbox.ts';
import { boundTo } from './testing/aws-contract.ts';
import { fakeClock } from './testing/fake-clock.ts';
import { startFakeServer } from './testing/fake-server.ts';

it('tells news of an alert that came before a restart, once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-news-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const opsgenie = await startFakeServer(() => ({ type: 'answer', status: 202, body: '{}' }));
  onTestFinished(() => opsgenie.close());
  const channel = boundTo({ type: 'opsgenie', apiKey: 'k', apiUrl: opsgenie.url });
  const clock = fakeClock(1_700_000_100_000);

  const withStore = async (work: (store: Store) => Promise<void>): Promise<void> => {
    const store = await openSqliteStore({ path: join(folder, 'tocsin.db') });
    try {
      await work(store);
    } finally {
      await store.close();
    }
  };
  const put = (finding: Alert) =>
    withStore(async (store) => {
      const joining = sampleJoining({ channelsFor: () => ['on-call'] });
      await store.commit({
        alerts: [{ alert: finding, channels: ['on-call'] }],
        joining,
        now: clock.now(),
      });
    });
  /** A server from its start until there is nothing left to tell. */
  const serve = () =>
    withStore(async (store) => {
      const outbox = startOutbox({
        store,
        channels: [{ name: 'on-call', channel }],
        fetch: overKeptConnections,
        clock,
        random: () => 0.5,
        link: () => undefined,
        log: { info: () => {}, warn: () => {}, error: () => {} },
      });
      await expect.poll(async () => (await store.counts()).deliveries.pending).toBe(0);
      await outbox.stop();
    });

  await put(sampleFinding(1, 0));
  await serve();
  const second = sampleFinding(2, 1);
  await put({ ...second, where: { ...second.where, place: { kind: 'internet', country: 'FR' } } });
  await put({
    ...sampleFinding(3, 2),
    what: { ...second.what, targets: [{ type: 'AWS::S3::Bucket', name: 'salaries' }] },
  });
  await serve();
  await serve();

  expect(opsgenie.requests.map(({ path }) => path)).toEqual([
    '/v2/alerts',
    `/v2/alerts/${sampleId(1)}/priority?identifierType=alias`,
    `/v2/alerts/${sampleId(1)}/notes?identifierType=alias`,
  ]);
  expect(opsgenie.requests[2]?.body).toContain('salaries');
});
