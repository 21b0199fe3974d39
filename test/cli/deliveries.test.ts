import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { sampleAlert } from '../../src/store/testing/samples.ts';
import { temporaryFolder, tocsin } from '../support/cli.ts';

const folder = temporaryFolder();
const file = join(folder.path, 'tocsin.db');
const deliveries = (...args: readonly string[]) => tocsin(['deliveries', ...args, '--store', file]);

beforeAll(async () => {
  const store = await openSqliteStore({ path: file });
  const titles = ['first', 'second \u001b[31m', 'third'];
  await store.commit({
    alerts: titles.map((title, n) => ({ alert: sampleAlert(n, { title }), channels: ['chat'] })),
    now: 1,
  });
  for (const { id, alert } of await store.claim('chat', { now: 1, leaseUntil: 9, limit: 9 }))
    await store.settle(id, { type: 'dead', reason: `HTTP 400 for ${alert.title}` }, 1_000 + alert.time);
  await store.close();
});
afterAll(() => folder.remove());

describe('tocsin deliveries', () => {
  it('lists what was given up, with nothing that a terminal acts on', async () => {
    const { code, stdout } = await deliveries('list');
    expect(code).toBe(0);
    expect(stdout).toMatch(/third[\s\S]*second[\s\S]*first/);
    expect(stdout).not.toContain('\u001b');
    const json = JSON.parse((await deliveries('list', '--json', '--reason', 'first')).stdout) as unknown;
    expect(json).toMatchObject([{ channel: 'chat', reason: 'HTTP 400 for first', attempts: 1 }]);
  });

  it('does nothing before it is told to what', async () => {
    const { code, stderr } = await deliveries('drop');
    expect(code).toBe(2);
    expect(stderr).toContain('say which');
  });

  it('has some tried again and drops others, and says how many', async () => {
    const replayed = await deliveries('replay', '--reason', 'for first', '--by', 'jane');
    expect([replayed.code, replayed.stdout]).toEqual([0, '1 delivery will be tried again\n']);
    const dropped = await deliveries('drop', '--all');
    expect([dropped.code, dropped.stdout]).toEqual([0, '2 deliveries dropped\n']);
    expect((await deliveries('list')).stdout).toBe('Nothing was given up.\n');
    const store = await openSqliteStore({ path: file });
    expect((await store.counts()).deliveries).toEqual({ pending: 1, delivered: 0, dead: 0, dropped: 2 });
    const [state] = await store.deliveries(sampleAlert(0).id);
    expect(state?.history).toMatchObject([{ action: 'replayed', by: 'operator jane' }]);
    await store.close();
  });
});
