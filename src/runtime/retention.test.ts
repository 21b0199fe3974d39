import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { afterAll, expect, it } from 'vitest';
import { occurrencesOf } from '../alert/occurrences.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import { hostileTexts, sampleAlert, sampleId } from '../store/testing/samples.ts';
import { exportOldAlerts } from './retention.ts';

const root = mkdtempSync(join(tmpdir(), 'tocsin-retention-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => join(root, String((folders += 1)), 'export');

function exported(folder: string): readonly Record<string, unknown>[] {
  return readdirSync(folder).flatMap((name) => {
    expect(name).toMatch(/^alerts-\d{4}-\d\d-\d\dT[\d-]+\.\d{3}Z-[0-9a-f]{8}\.jsonl\.gz$/);
    const lines = gunzipSync(readFileSync(join(folder, name)))
      .toString('utf8')
      .split('\n');
    expect(lines.pop()).toBe('');
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  });
}

async function storeWith(count: number, channels: readonly string[] = []) {
  const store = await openSqliteStore({ path: ':memory:' });
  for (let n = 0; n < count; n++)
    await store.commit({
      alerts: [{ alert: sampleAlert(n, { title: hostileTexts[n % 12]?.[1] ?? '' }), channels }],
      now: n,
    });
  return store;
}

it('writes what is old into a file, whole, and then takes it out; what is not stays', async () => {
  const store = await storeWith(1_300);
  const folder = newFolder();
  const wanted = [];
  for (let n = 0; n < 1_234; n++)
    wanted.push({ ...(await store.alert(sampleId(n))), storedAt: n, deliveries: [] });
  expect(await exportOldAlerts({ store, folder }, 1_234)).toBe(1_234);
  expect(exported(folder)).toEqual(wanted);
  expect((await store.counts()).alerts.high).toBe(66);
  expect(await exportOldAlerts({ store, folder }, 1_234)).toBe(0);
  expect(readdirSync(folder)).toHaveLength(1);
  await store.close();
});

it('leaves alerts of which a delivery is owed, and goes on behind them', async () => {
  const store = await storeWith(3, ['slack']);
  const folder = newFolder();
  const [, second] = await store.claim('slack', { now: 9, leaseUntil: 99, limit: 3 });
  await store.settle(second?.id ?? '', { type: 'delivered' }, 10);
  expect(await exportOldAlerts({ store, folder }, 100)).toBe(1);
  expect(exported(folder)).toMatchObject([
    { id: sampleId(1), deliveries: [{ channel: 'slack', state: 'delivered' }] },
  ]);
  await store.close();
});

const day = 86_400_000;

it('leaves what was stored long ago and goes on, or was worked on lately', async () => {
  const store = await openSqliteStore({ path: ':memory:' });
  const folder = newFolder();
  const before = Date.now() - 30 * day;
  const alertOf = (n: number, lastSeen: number) => ({
    ...sampleAlert(n),
    occurrences: { ...occurrencesOf(sampleAlert(n)), lastSeen },
  });
  const ongoing = alertOf(1, Date.now());
  const over = alertOf(2, before - day);
  // Whoever writes a log may write any time into it.
  const ofTheFuture = alertOf(3, Date.now() + 9_999 * day);
  const taken = alertOf(4, before - day);
  for (const alert of [ongoing, over, ofTheFuture, taken])
    await store.commit({ alerts: [{ alert, channels: [] }], now: before - 10 * day });
  await store.life.change({
    alertId: taken.id,
    change: { type: 'status', status: 'in-progress' },
    by: 'jane',
    via: 'api',
    now: Date.now(),
  });
  expect(await exportOldAlerts({ store, folder }, before)).toBe(2);
  expect(exported(folder).map(({ id }) => id)).toEqual([over.id, ofTheFuture.id]);
  await store.close();
});

it('leaves what somebody decided on, or something joined, while it was written', async () => {
  const store = await storeWith(3);
  const folder = newFolder();
  const busy = {
    ...store,
    forget: async (alerts: Parameters<typeof store.forget>[0]) => {
      await store.life.change({
        alertId: sampleId(1),
        change: { type: 'status', status: 'acknowledged' },
        by: 'jane',
        via: 'api',
        now: 5,
      });
      return store.forget(alerts);
    },
  };
  expect(await exportOldAlerts({ store: busy, folder }, 100)).toBe(2);
  expect(await exportOldAlerts({ store, folder }, 100)).toBe(1);
  expect(exported(folder)).toHaveLength(4);
  expect(exported(folder)).toContainEqual(
    expect.objectContaining({
      id: sampleId(1),
      lifecycle: expect.objectContaining({ status: 'acknowledged' }),
    }),
  );
  await store.close();
});

it('makes no file where nothing is old', async () => {
  const store = await storeWith(2, ['slack']);
  const folder = newFolder();
  expect(await exportOldAlerts({ store, folder }, 100)).toBe(0);
  expect(existsSync(folder)).toBe(false);
  await store.close();
});

it('takes nothing out that it could not write, and writes again what it could not take out', async () => {
  const store = await storeWith(4);
  const folder = newFolder();
  const failing = { ...store, forget: () => Promise.reject(new Error('the database is gone')) };
  await expect(exportOldAlerts({ store: failing, folder }, 100)).rejects.toThrow('is gone');
  expect(exported(folder)).toHaveLength(4);
  await expect(exportOldAlerts({ store, folder: '/dev/null/export' }, 100)).rejects.toThrow('ENOTDIR');
  expect((await store.counts()).alerts.high).toBe(4);
  await store.commit({ alerts: [{ alert: sampleAlert(9), channels: [] }], now: 9 });
  expect(await exportOldAlerts({ store, folder }, 100)).toBe(5);
  // Under the same name, which the first of them gives.
  expect(exported(folder)).toHaveLength(5);
  await store.close();
});

it('writes Parquet whose columns say what the alerts do, whatever stands in them', async () => {
  const store = await storeWith(5_700);
  const folder = newFolder();
  await store.commit({
    alerts: [{ alert: sampleAlert(5_700, { time: Number.MAX_VALUE, title: '\ud800' }), channels: ['slack'] }],
    now: 5_700,
  });
  const [owed] = await store.claim('slack', { now: 9, leaseUntil: 99, limit: 1 });
  await store.settle(owed?.id ?? '', { type: 'delivered' }, 10);
  const wanted = [];
  for (let n = 0; n <= 5_700; n++) wanted.push(await store.alert(sampleId(n)));
  expect(await exportOldAlerts({ store, folder, format: 'parquet' }, 6_000)).toBe(5_701);
  const [name = '', ...others] = readdirSync(folder);
  expect(others).toEqual([]);
  expect(name).toMatch(/^alerts-[\dT-]+\.\d{3}Z-[0-9a-f]{8}\.parquet$/);
  const path = join(folder, name);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const rows = await parquetReadObjects({
    file: await asyncBufferFromFile(path),
    compressors: { ZSTD: (bytes) => zstdDecompressSync(bytes) },
  });
  expect(rows.map(({ alert }) => JSON.parse(String(alert)) as unknown)).toEqual(wanted);
  expect(rows[1_296]).toMatchObject({
    id: sampleId(1_296),
    stored_at: new Date(1_296),
    time: new Date(wanted[1_296]?.time ?? 0),
    severity: wanted[1_296]?.severity,
    status: 'open',
    rule: wanted[1_296]?.rule.id,
    title: wanted[1_296]?.title,
    actor: wanted[1_296]?.who.name,
    techniques: wanted[1_296]?.techniques.map(({ id }) => id),
    count: 1n,
    deliveries: '[]',
  });
  expect(rows[5_700]).toMatchObject({ time: null, title: '\ufffd' });
  expect(JSON.parse(String(rows[5_700]?.['deliveries']))).toMatchObject([
    { channel: 'slack', state: 'delivered' },
  ]);
  await store.close();
});
