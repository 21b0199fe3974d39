import { expect, it } from 'vitest';
import { openSqliteStore } from '../store/sqlite.ts';
import { followTraffic } from './follow-traffic.ts';
import { openTrafficJournal } from './traffic-journal.ts';
import { watchTraffic } from './watched-traffic.ts';

const now = Date.parse('2026-03-02T12:00:00Z');
const line = (i: number) =>
  `203.0.113.66 - - [02/Mar/2026:11:59:${String(i % 60).padStart(2, '0')} +0000] "GET /missing HTTP/1.1" 404 5 "-" "-"\n`;
const log = Array.from({ length: 40 }, (_, i) => line(i)).join('');
const silent = { info: () => {}, warn: () => {}, error: () => {} };

async function opened() {
  const store = await openSqliteStore({ path: ':memory:' });
  const journal = await openTrafficJournal(store);
  const watch = watchTraffic({ tellsFresh: true });
  const followed = followTraffic({
    store,
    journal,
    watch,
    conclude: async () => [],
    rereadMs: 3_600_000,
    rememberMs: 3_600_000,
    clock: () => now,
    log: silent,
    onCommit: () => {},
  });
  const requests = () => watch.board({ top: 1, points: 10 }).requests;
  return { store, journal, followed, requests, ingest: followed.ingest('queue:x', {}) };
}

async function* chunks(parts: readonly string[], breaks = false): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
  if (breaks) throw new Error('the connection broke');
}

const object = { source: 's3', object: 's3://logs/a', receivedAt: now };

it('counts an object once, however often it is named', async () => {
  const { ingest, requests, journal, store } = await opened();
  await ingest(chunks([log]), object);
  await ingest(chunks([log]), object);
  expect(requests()).toBe(40);
  expect(journal.isRead(object.object)).toBe(true);
  expect((await openTrafficJournal(store)).isRead(object.object)).toBe(true);
});

it('counts nothing twice of an object whose reading broke off', async () => {
  const { ingest, requests, journal } = await opened();
  const half = log.slice(0, log.length / 2);
  await expect(
    ingest(chunks([half, log.slice(half.length, half.length + 50)], true), object),
  ).rejects.toThrow('the connection broke');
  expect(requests()).toBeGreaterThan(0);
  expect(requests()).toBeLessThan(40);
  expect(journal.isRead(object.object)).toBe(false);
  await ingest(chunks([log]), object);
  expect(requests()).toBe(40);
});
