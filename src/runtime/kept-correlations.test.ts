import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parseRules } from '../sigma/parse.ts';
import { StoreError, type StoreProblem } from '../store/error.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Commit, CommitResult, Store } from '../store/store.ts';
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
/** Raises an alert of every stop as well. */
const telling = createEngine([...rules, ...rules.map((rule) => ({ ...rule, id: 'each' }))], correlations);
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
async function running(store: Store, now: () => number, using = engine) {
  const options: IngestOptions = {
    engine: using,
    store,
    assets: await openAssets(store),
    correlations: await openCorrelations(using, store, { lateness, clock: now }),
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

const root = mkdtempSync(join(tmpdir(), 'tocsin-kept-correlations-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

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

          const path = join(mkdtempSync(join(root, 'own-')), 'store.db');
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

  describe('of batches that come at the same time', () => {
    /** What may become of a commit: it is stored, it fails, or it is stored and nobody hears of it. */
    type Fate = 'well' | 'fail' | 'busy' | 'unheard';

    it('raise the same as of batches one by one, whatever commits fail', async () => {
      const seen = { alerts: 0, commits: 0, batches: 0 };
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.record({
              after: fc.integer({ min: 0, max: 400 }),
              // Less than the lateness together, so that their order means nothing.
              batches: fc.array(
                fc.array(
                  fc.record({
                    time: fc.integer({ min: 0, max: 50 }),
                    user: fc.constantFrom('alice', 'bob', 'carol'),
                  }),
                  { minLength: 0, maxLength: 3 },
                ),
                { minLength: 1, maxLength: 8 },
              ),
              restarts: fc.boolean(),
            }),
            { minLength: 1, maxLength: 6 },
          ),
          fc.infiniteStream(fc.constantFrom<Fate>('well', 'well', 'fail', 'busy', 'unheard')),
          async (waves, fates) => {
            let now = 0;
            let id = 0;
            const sent = waves.map(({ after, batches, restarts }) => {
              now += after + 60;
              const records = batches.map((some) =>
                some.map(({ time, user }) => record((id += 1), now + time, user)),
              );
              return { records, restarts };
            });
            sent.push({ records: [[record(1_000, now + 3_600, 'nobody')]], restarts: false });

            const calm = await openSqliteStore({ path: ':memory:' });
            const oneByOne = await running(calm, end);
            for (const { records } of sent) for (const batch of records) await oneByOne.take(batch);

            const store = await openSqliteStore({ path: ':memory:' });
            const flaky: Store = {
              ...store,
              commit: async (batch) => {
                seen.commits += 1;
                const { value: fate } = fates.next();
                if (fate === 'well') return store.commit(batch);
                if (fate === 'unheard') await store.commit(batch);
                throw problem(fate === 'fail' ? 'failed' : fate === 'busy' ? 'busy' : 'unreachable');
              },
            };
            let server = await running(flaky, end);
            for (const { records, restarts } of sent) {
              let left = records;
              while (left.length > 0) {
                const taken = await Promise.allSettled(left.map((batch) => server.take(batch)));
                seen.batches += left.length;
                left = left.filter((_, index) => taken[index]?.status === 'rejected');
                if (restarts) server = await running(flaky, end);
              }
            }
            const wanted = await storedIds(calm);
            expect(await storedIds(store)).toEqual(wanted);
            expect((await store.counts()).deliveries.pending).toBe(wanted.length);
            seen.alerts += wanted.length;
            await calm.close();
            await store.close();
          },
        ),
        { numRuns: 30 },
      );
      expect(seen.alerts).toBeGreaterThan(50);
      expect(seen.commits).toBeLessThan(seen.batches);
    }, 60_000);

    it('store them together, and answer each with its own alerts', async () => {
      const store = await openSqliteStore({ path: ':memory:' });
      const commits: Commit[] = [];
      const server = await running(watched(store, commits), end, telling);
      const first = server.take([record(1, 1, 'alice')]);
      const others = [
        [record(2, 2, 'alice')],
        [record(1, 1, 'alice')],
        [record(2, 2, 'alice'), record(3, 3, 'bob')],
      ];
      const answers = await Promise.all([first, ...others.map(server.take)]);
      expect(commits).toHaveLength(1);
      expect(answers.map(({ alerts }) => alerts.map(({ repeated }) => repeated))).toEqual([
        [false],
        [false],
        [true],
        [true, false],
      ]);
      expect(answers.map(({ events }) => events)).toEqual([1, 1, 1, 2]);
      await store.close();
    });

    it('fail by themselves where one of them cannot be stored, and leave nothing of it in memory', async () => {
      const store = await openSqliteStore({ path: ':memory:' });
      const poisoned: Store = {
        ...store,
        commit: async (batch) => {
          if (batch.alerts.some(({ alert }) => alert.evidence.eventId === 'event-2')) throw problem('failed');
          return store.commit(batch);
        },
      };
      const server = await running(poisoned, end, telling);
      const taken = await Promise.allSettled([1, 2, 3].map((id) => server.take([record(id, id, 'alice')])));
      expect(taken.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      await server.take([record(100, 3_600, 'bob')]);
      // Two of three: not many.
      expect((await store.alerts({ limit: 10 })).alerts.map(({ rule }) => rule.id).sort()).toEqual([
        'each',
        'each',
        'each',
      ]);
      await store.close();
    });

    it('fail together where the store takes nothing at all', async () => {
      const store = await openSqliteStore({ path: ':memory:' });
      let tries = 0;
      const full: Store = {
        ...store,
        commit: async () => {
          tries += 1;
          throw problem('full');
        },
      };
      const server = await running(full, end);
      const taken = await Promise.allSettled(
        Array.from({ length: 9 }, (_, id) => server.take([record(id, id, 'alice')])),
      );
      expect(taken.every(({ status }) => status === 'rejected')).toBe(true);
      expect(tries).toBe(1);
      await store.close();
    });
  });
});

function problem(kind: StoreProblem): StoreError {
  return new StoreError(kind, { subject: 'commit', place: 'test', reason: 'no', wayOut: 'again' });
}

function watched(store: Store, commits: Commit[]): Store {
  return {
    ...store,
    commit: (batch): Promise<CommitResult> => {
      commits.push(batch);
      return store.commit(batch);
    },
  };
}
