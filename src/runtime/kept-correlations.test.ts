import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRules } from '../sigma/parse.ts';
import { StoreError } from '../store/error.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { openAssets } from './kept-assets.ts';
import { createEngine } from './engine.ts';
import { commitTick, createIngest, type IngestOptions } from './ingest.ts';
import { openCorrelations } from './kept-correlations.ts';

const { rules, correlations } = parseRules(
  `title: Many stops
id: many
correlation: { type: event_count, rules: [stop], group-by: [userIdentity.userName], timespan: 10m, condition: { gte: 3 } }
tocsin: { headline: '{userIdentity.userName} did it {tocsin.count} times' }
---
title: Few stops
id: few
correlation: { type: event_count, rules: [stop], group-by: [userIdentity.userName], timespan: 5m, condition: { lt: 2 } }
---
title: A trail was stopped
id: stop
logsource: { product: aws, service: cloudtrail }
detection: { selection: { eventName: StopLogging }, condition: selection }
`,
  'c.yml',
);
const engine = createEngine(rules, correlations);
const start = Date.parse('2026-11-20T10:00:00Z');
const second = 1_000;
const lateness = 60 * second;

function record(id: number, time: number, user: string): string {
  return JSON.stringify({
    eventVersion: '1.11',
    userIdentity: { type: 'IAMUser', userName: user, accountId: '111122223333' },
    eventTime: new Date(start + time * second).toISOString(),
    eventSource: 'cloudtrail.amazonaws.com',
    eventName: 'StopLogging',
    awsRegion: 'eu-west-1',
    eventID: `event-${id}`,
    recipientAccountId: '111122223333',
  });
}

/** A server's way of a record, without the server. */
async function running(store: Store, now: () => number) {
  const options: IngestOptions = {
    engine,
    store,
    assets: await openAssets(store),
    correlations: await openCorrelations(engine, store, { lateness, clock: now }),
    channelsFor: () => ['channel'],
    clock: now,
    onCommit: () => {},
  };
  const ingest = createIngest(options);
  return {
    take: (records: readonly string[]) =>
      ingest(
        (async function* () {
          yield Buffer.from(records.join('\n'));
        })(),
        { source: 'http', object: 'request', receivedAt: now() },
      ),
    tick: () => commitTick(options),
  };
}

async function storedIds(store: Store): Promise<readonly string[]> {
  const { alerts } = await store.alerts({ limit: 500 });
  return alerts.map(({ id }) => id).sort();
}

const end = () => start + 24 * 3_600 * second;

describe('correlations with their state in the store', () => {
  it('raise each alert once, however often the server stops, stores fail and records come again', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ after: fc.integer({ min: 0, max: 200 }), user: fc.constantFrom('alice', 'bob') }),
          {
            minLength: 1,
            maxLength: 25,
          },
        ),
        fc.array(fc.constantFrom('well', 'well', 'stop', 'fail', 'again'), { minLength: 25, maxLength: 25 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, fates, size) => {
          let time = 0;
          const records = steps.map(({ after, user }, i) => record(i, (time += after), user));
          const batches: string[][] = [];
          for (let from = 0; from < records.length; from += size)
            batches.push(records.slice(from, from + size));
          // Another rule's silence at the end: time goes on.
          batches.push([record(1_000, time + 3_600, 'nobody')]);

          const calm = await openSqliteStore({ path: ':memory:' });
          const undisturbed = await running(calm, end);
          for (const batch of batches) await undisturbed.take(batch);
          const wanted = await storedIds(calm);
          await calm.close();

          const path = join(mkdtempSync(join(tmpdir(), 'tocsin-')), 'store.db');
          let store = await openSqliteStore({ path });
          let failing = false;
          const flaky = (): Store => ({
            ...store,
            commit: (batch) => {
              if (!failing) return store.commit(batch);
              failing = false;
              return Promise.reject(
                new StoreError('busy', { subject: 'commit', place: path, reason: 'no', wayOut: 'again' }),
              );
            },
          });
          let server = await running(flaky(), end);
          for (const [i, batch] of batches.entries()) {
            const fate = fates[i % fates.length];
            if (fate === 'stop') {
              // What was not stored is lost with the process.
              await store.close();
              store = await openSqliteStore({ path });
              server = await running(flaky(), end);
            }
            failing = fate === 'fail';
            // A source hands over again what was not taken.
            await server.take(batch).catch(() => server.take(batch));
            failing = false;
            if (fate === 'again') await server.take(batch);
          }
          expect(await storedIds(store)).toEqual(wanted);
          expect((await store.counts()).deliveries.pending).toBe(wanted.length);
          await store.close();
          for (const id of wanted) seen.add(id);
        },
      ),
      { numRuns: 25 },
    );
    expect(seen.size).toBeGreaterThan(10);
  }, 180_000);

  it('leave alone what others keep in the same store', async () => {
    const store = await openSqliteStore({ path: ':memory:' });
    const theirs = { key: 'worker/eu/1', value: { through: 7 } };
    await store.commit({ alerts: [], state: [theirs], now: start });
    const server = await running(store, end);
    await server.take([record(1, 0, 'alice')]);
    expect(await store.state()).toContainEqual(theirs);
    await store.close();
  });

  it('hold what came to them until the lateness is over, by the clock where nothing comes any more', async () => {
    const store = await openSqliteStore({ path: ':memory:' });
    let now = start;
    const server = await running(store, () => now);
    await server.take([record(1, -3, 'alice'), record(2, -2, 'alice'), record(3, -1, 'alice')]);
    now += lateness - second;
    await server.tick();
    expect(await storedIds(store)).toEqual([]);
    now += 2 * second;
    await server.tick();
    const [alert, ...others] = (await store.alerts({ limit: 10 })).alerts;
    expect(others).toEqual([]);
    expect(alert).toMatchObject({
      title: 'alice did it 3 times',
      correlation: {
        summary: '3 events within 10m (at least 3)',
        group: [{ field: 'userIdentity.userName', value: 'alice' }],
        total: 3,
        events: [{ id: 'event-1' }, { id: 'event-2' }, { id: 'event-3', action: 'StopLogging' }],
      },
      who: { name: 'alice' },
    });
    await store.close();
  });

  it('take batches at the same time in turn, and lose nothing', async () => {
    const store = await openSqliteStore({ path: ':memory:' });
    const server = await running(store, end);
    await Promise.all(Array.from({ length: 20 }, (_, i) => server.take([record(i, i, 'alice')])));
    await server.take([record(100, 3_600, 'bob')]);
    expect((await store.alerts({ limit: 10 })).alerts).toMatchObject([{ correlation: { total: 3 } }]);
    await store.close();
  });
});
