import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { StoreError } from '../error.ts';
import type { Commit, Store } from '../store.ts';
import {
  forgetNow,
  sampleAlert,
  sampleFinding,
  sampleId,
  sampleJoining,
  sampleRejection,
} from '../testing/samples.ts';
import { openDynamoStore } from './dynamo-store.ts';
import { sweep } from './intent.ts';
import { workOffSettlements } from './settle.ts';
import { dynamoTable } from './table.ts';
import {
  dynamoEnvironment,
  hasDynamoDb,
  startDynamoDb,
  type LocalDynamoDb,
} from './testing/dynamodb-local.ts';
import { startProxy, type Fate } from './testing/faulty-proxy.ts';
import { contradictions } from './testing/raw-table.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

const region = 'eu-west-1';
let database: LocalDynamoDb;
let direct: DynamoDBClient;
let tables = 0;
const newTable = (): string => `failing-${(tables += 1)}`;

const open = (endpoint: string, table: string): Promise<Store> =>
  openDynamoStore({ endpoint, region, table, create: true, leaseMs: 1_000 });

const settledTable = async (name: string): Promise<readonly string[]> => {
  await sweep(dynamoTable(direct, name, name), Date.now() + 1);
  return contradictions(direct, name);
};

/** Calls again until it comes through, as everything that uses a store does. */
async function again<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const passes =
        error instanceof StoreError && (error.problem === 'unreachable' || error.problem === 'busy');
      if (!passes) throw error;
    }
  }
}

describe.skipIf(!hasDynamoDb)('a DynamoDB store in trouble', () => {
  beforeAll(async () => {
    Object.assign(process.env, dynamoEnvironment);
    database = await startDynamoDb();
    direct = new DynamoDBClient({ region, endpoint: database.endpoint });
  });
  afterAll(async () => {
    direct.destroy();
    await database.stop();
  });

  // More than one transaction holds, with a text that is too long for its item.
  const noise = Array.from({ length: 60_000 }, (_, i) =>
    String.fromCodePoint(0x4e00 + ((i * 7_919) % 20_000)),
  ).join('');
  const large: Commit = {
    alerts: Array.from({ length: 24 }, (_, n) => ({
      alert: sampleAlert(
        n,
        n === 3 ? { fields: { noise: noise + noise.toLowerCase().split('').toReversed().join('') } } : {},
      ),
      channels: ['slack', 'siem'],
    })),
    rejections: [sampleRejection(1)],
    positions: [{ source: 's', position: '1' }],
    state: [{ key: 'k', value: 1 }],
    now: 1,
  };
  const small: Commit = { ...large, alerts: large.alerts.slice(0, 2) };

  it.each<readonly [name: string, commit: Commit, fate: Fate]>([
    ['a large commit, before a request arrives', large, 'lost request'],
    ['a large commit, after a request has arrived', large, 'lost answer'],
    ['a small commit, before a request arrives', small, 'lost request'],
    ['a small commit, after a request has arrived', small, 'lost answer'],
  ])('keeps all or nothing where it dies in %s, whichever request it is', async (_, commit, fate) => {
    const outcomes = { whole: 0, nothing: 0 };
    /** Dies with the request of a number; false where there were fewer. */
    const dieAt = async (fatal: number): Promise<boolean> => {
      const table = newTable();
      await (await open(database.endpoint, table)).close();
      let opened = Infinity;
      let died = false;
      const proxy = await startProxy(database.endpoint, (number) => {
        if (number === opened + fatal) {
          died = true;
          return fate;
        }
        return died ? 'lost request' : 'pass';
      });
      let requests = 0;
      const counting = await startProxy(proxy.endpoint, (number) => {
        requests = number;
        return 'pass';
      });
      const store = await open(counting.endpoint, table);
      opened = requests;
      await store.commit(commit).catch(() => {});
      await store.close();
      await Promise.all([counting.close(), proxy.close()]);
      const next = await open(database.endpoint, table);
      const count = (await next.counts()).alerts.high;
      expect([0, commit.alerts.length]).toContain(count);
      expect((await next.alerts({ limit: 100 })).alerts).toHaveLength(count);
      expect(await next.position('s')).toBe(count === 0 ? undefined : '1');
      expect(await next.state()).toHaveLength(count === 0 ? 0 : 1);
      outcomes[count === 0 ? 'nothing' : 'whole'] += 1;
      expect(await settledTable(table)).toEqual([]);
      // Made again, it is there, and once.
      await next.commit(commit);
      expect((await next.counts()).alerts.high).toBe(commit.alerts.length);
      expect(
        (await next.claim('slack', { now: 2, leaseUntil: 3, limit: 100 })).map(({ alert }) => alert),
      ).toEqual(commit.alerts.map(({ alert }) => alert));
      await next.close();
      expect(await settledTable(table)).toEqual([]);
      return died;
    };
    for (let fatal = 1; ; fatal += 4) {
      const died = await Promise.all([0, 1, 2, 3].map((n) => dieAt(fatal + n)));
      if (died.includes(false)) break;
    }
    expect(outcomes.nothing).toBeGreaterThan(2);
    expect(outcomes.whole).toBeGreaterThan(1);
  });

  it('agrees with a model, whatever two processes do by turns while the network and the database fail', async () => {
    const fates = fc.constantFrom<Fate>(
      'throttle',
      'conflict',
      'fail',
      'lost request',
      'lost answer',
      'twice',
    );
    const trouble = fc.infiniteStream(
      fc.oneof({ weight: 12, arbitrary: fc.constant<Fate>('pass') }, { weight: 1, arbitrary: fates }),
    );
    const channel = fc.constantFrom('slack', 'siem');
    const step = fc.oneof(
      fc.record({
        type: fc.constant('commit' as const),
        numbers: fc.array(fc.nat(30), { maxLength: 4 }),
        channels: fc.subarray(['slack', 'siem']),
      }),
      fc.record({ type: fc.constant('claim' as const), channel, limit: fc.integer({ min: 1, max: 5 }) }),
      fc.record({
        type: fc.constant('settle' as const),
        which: fc.nat(10),
        outcome: fc.constantFrom('delivered' as const, 'retry' as const, 'dead' as const),
      }),
      fc.record({ type: fc.constant('forget' as const), numbers: fc.array(fc.nat(30), { maxLength: 3 }) }),
      fc.record({ type: fc.constant('replay' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), trouble, async (steps, stream) => {
        const table = newTable();
        const stores: Store[] = [await open(database.endpoint, table)];
        const proxy = await startProxy(database.endpoint, () => stream.next().value ?? 'pass');
        stores.push(await again(() => open(proxy.endpoint, table)));
        const model = new Map<string, Map<string, { state: string; id: string }>>();
        const held: { readonly alert: string; readonly channel: string; readonly id: string }[] = [];
        const odd: string[] = [];
        const hold = (holds: boolean, what: string): void => {
          if (!holds) odd.push(what);
        };
        let now = 10;
        for (const [turn, each] of steps.entries()) {
          const store = stores[turn % 2];
          if (store === undefined) throw new Error('two stores take turns');
          now += 10;
          switch (each.type) {
            case 'commit': {
              const alerts = each.numbers.map((number) => ({
                alert: sampleAlert(number),
                channels: each.channels,
              }));
              const { created, repeated } = await again(() => store.commit({ alerts, now }));
              hold(created.length + repeated === alerts.length, 'what was committed is counted');
              for (const { alert } of alerts)
                if (!model.has(alert.id))
                  model.set(
                    alert.id,
                    new Map(each.channels.map((name) => [name, { state: 'pending', id: '' }])),
                  );
              break;
            }
            case 'claim': {
              const got = await again(() =>
                store.claim(each.channel, { now, leaseUntil: now + 5, limit: each.limit }),
              );
              for (const { id, alert, channel: name } of got) {
                const known = model.get(alert.id)?.get(name);
                hold(known?.state === 'pending', `${alert.id} is claimed while it is ${known?.state}`);
                if (known !== undefined) known.id = id;
                held.push({ alert: alert.id, channel: name, id });
              }
              break;
            }
            case 'settle': {
              const mine = held[each.which % Math.max(held.length, 1)];
              const known = mine && model.get(mine.alert)?.get(mine.channel);
              if (mine === undefined || known === undefined) break;
              const outcome =
                each.outcome === 'retry'
                  ? { type: each.outcome, at: now + 20, reason: 'later' }
                  : each.outcome === 'dead'
                    ? { type: each.outcome, reason: 'no' }
                    : { type: each.outcome };
              await again(() => store.settle(mine.id, outcome, now));
              const [stands] = (await again(() => store.deliveries(mine.alert))).filter(
                ({ id }) => id === mine.id,
              );
              // Whether it was still held depends on what was lost; what was delivered stays so.
              const allowed =
                each.outcome === 'delivered' || known.state === 'delivered'
                  ? ['delivered']
                  : each.outcome === 'retry'
                    ? [known.state]
                    : ['pending', 'dead'];
              hold(
                allowed.some((state) => state === stands?.state),
                `after ${each.outcome}, ${known.state} became ${stands?.state}`,
              );
              known.state = stands?.state ?? 'gone';
              break;
            }
            case 'forget': {
              const ids = each.numbers.map(sampleId);
              await again(() => forgetNow(store, ids));
              for (const id of ids)
                if ([...(model.get(id)?.values() ?? [])].every(({ state }) => state !== 'pending'))
                  model.delete(id);
              break;
            }
            case 'replay': {
              const dead = [...model.values()]
                .flatMap((each_) => [...each_.values()])
                .filter(({ state }) => state === 'dead');
              await again(() =>
                store.handleDead(
                  dead.map(({ id }) => id),
                  { action: 'replayed', at: now, by: 'jane' },
                ),
              );
              for (const one of dead) one.state = 'pending';
              break;
            }
            default:
              each satisfies never;
          }
        }
        expect(odd).toEqual([]);
        for (const store of stores) {
          const listed = await again(() => store.alerts({ limit: 500 }));
          expect(listed.alerts.map(({ id }) => id)).toEqual([...model.keys()].toSorted().toReversed());
          const states = [...model.values()].flatMap((each) => [...each.values()]);
          const count = (state: string): number => states.filter((each) => each.state === state).length;
          expect((await again(() => store.counts())).deliveries).toEqual({
            pending: count('pending'),
            delivered: count('delivered'),
            dead: count('dead'),
            dropped: 0,
          });
        }
        await Promise.all(stores.map((store) => store.close()));
        await proxy.close();
        expect(await settledTable(table)).toEqual([]);
        // What was held by nobody knows whom comes due again.
        const last = await open(database.endpoint, table);
        for (const name of ['slack', 'siem']) {
          const due = await last.claim(name, { now: 1e9, leaseUntil: 2e9, limit: 100 });
          const owed = [...model].filter(([, each]) => each.get(name)?.state === 'pending').map(([id]) => id);
          expect(due.map(({ alert }) => alert.id).toSorted()).toEqual(owed.toSorted());
        }
        await last.close();
      }),
      { numRuns: 15 },
    );
  });

  /** A table with findings of as many groups as there are numbers, each told to a channel. */
  async function toldOf(count: number): Promise<string> {
    const table = newTable();
    const store = await open(database.endpoint, table);
    const findings = Array.from({ length: count }, (_, n) =>
      sampleFinding(n, 0, { group: `${n}`, severity: 'low' }),
    );
    await store.commit({
      alerts: findings.map((alert) => ({ alert, channels: ['slack'] })),
      joining: sampleJoining(),
      now: 1,
    });
    await store.close();
    return table;
  }

  it.each([1, 6, 15])(
    'owes every follow-up of a commit with very many, or none, where it dies at request %i from the end',
    async (fromTheEnd) => {
      const count = 40;
      const worse = Array.from({ length: count }, (_, n) =>
        sampleFinding(100 + n, 1, { group: `${n}`, severity: 'high' }),
      );
      const commit = {
        alerts: worse.map((alert) => ({ alert, channels: ['slack'] })),
        joining: sampleJoining(),
        now: 9,
      };
      let total = Infinity;
      /** Returns how many requests there were. */
      const attempt = async (fatal: number): Promise<number> => {
        const table = await toldOf(count);
        let requests = 0;
        const proxy = await startProxy(database.endpoint, (number) => {
          requests = number;
          return number > fatal ? 'lost request' : 'pass';
        });
        const store = await open(proxy.endpoint, table);
        for (const { id } of await store.claim('slack', { now: 2, leaseUntil: 5, limit: 100 }))
          await store.settle(id, { type: 'delivered' }, 3);
        await store.commit(commit).catch(() => {});
        await store.close();
        await proxy.close();
        const next = await open(database.endpoint, table);
        await (await next.lead())?.release();
        await next.close();
        const last = await open(database.endpoint, table);
        const { alerts } = await last.counts();
        expect([0, count]).toContain(alerts.high);
        expect(alerts.high + alerts.low).toBe(count);
        const again = await last.claim('slack', { now: 10, leaseUntil: 20, limit: 100 });
        expect(again).toHaveLength(alerts.high);
        expect(again.every(({ told }) => told !== undefined)).toBe(true);
        await last.close();
        expect(await settledTable(table)).toEqual([]);
        return requests;
      };
      total = await attempt(total);
      await attempt(total - fromTheEnd);
    },
  );

  it.each([1, 2, 30])('settles very many deliveries or none, where it dies at request %i', async (fatal) => {
    const count = 60;
    const table = await toldOf(count);
    let left = Infinity;
    const proxy = await startProxy(database.endpoint, () => ((left -= 1) < 0 ? 'lost request' : 'pass'));
    const store = await open(proxy.endpoint, table);
    const ids = (await store.claim('slack', { now: 2, leaseUntil: 50, limit: 100 })).map(({ id }) => id);
    left = fatal;
    await store.settle(ids, { type: 'delivered' }, 3).catch(() => {});
    await store.close();
    await proxy.close();
    await workOffSettlements(dynamoTable(direct, table, table), Date.now() + 1);
    const next = await open(database.endpoint, table);
    const { pending, delivered } = (await next.counts()).deliveries;
    expect([pending, delivered]).toEqual(fatal === 1 ? [count, 0] : [0, count]);
    await next.close();
    expect(await settledTable(table)).toEqual([]);
  });

  it('waits out throttling, and says what helps where it does not end', async () => {
    const table = newTable();
    await (await open(database.endpoint, table)).close();
    let left = 0;
    const proxy = await startProxy(database.endpoint, () => ((left -= 1) >= 0 ? 'throttle' : 'pass'));
    const store = await open(proxy.endpoint, table);
    left = 4;
    expect((await store.commit(small)).created).toHaveLength(2);
    left = Infinity;
    await expect(store.counts()).rejects.toMatchObject({
      problem: 'busy',
      message: expect.stringContaining('raise the capacity') as unknown,
    });
    left = 0;
    expect((await store.counts()).alerts.high).toBe(2);
    await store.close();
    await proxy.close();
  });

  it('the leader hears that it leads no more when it cannot renew its lease', async () => {
    const table = newTable();
    let cut = false;
    const proxy = await startProxy(database.endpoint, () => (cut ? 'lost request' : 'pass'));
    const [store, other] = [await open(proxy.endpoint, table), await open(database.endpoint, table)];
    const first = await store.lead();
    const lost = new Promise((resolve) => first?.lost.addEventListener('abort', resolve));
    cut = true;
    expect(await other.lead()).toBeUndefined();
    let second = await other.lead();
    for (; second === undefined; second = await other.lead()) await delay(20);
    await lost;
    cut = false;
    await expect(first?.commit(small)).rejects.toMatchObject({ problem: 'superseded' });
    expect((await second.commit(small)).created).toHaveLength(2);
    await second.release();
    await Promise.all([store.close(), other.close()]);
    await proxy.close();
  });
});
