import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StoreError } from './error.ts';
import { openPostgresStore } from './postgres.ts';
import { postgresMigrations } from './postgres-migrations.ts';
import type { Commit, Store } from './store.ts';
import { describeStore } from './testing/contract.ts';
import { sampleAlert, sampleId } from './testing/samples.ts';
import { hasPostgres, startCluster, type Cluster } from './testing/postgres-cluster.ts';

let cluster: Cluster;
let schemas = 0;
const newSchema = (): string => `store_${(schemas += 1)}`;
const child = fileURLToPath(new URL('./testing/postgres-child.ts', import.meta.url));

function openSchema(schema: string): Promise<Store> {
  const { host, port, user } = cluster;
  return openPostgresStore({ host, port, user, database: 'postgres', schema, connections: 4 });
}

describe.skipIf(!hasPostgres)('on a real PostgreSQL', () => {
  beforeAll(async () => {
    cluster = await startCluster();
  }, 180_000);
  afterAll(() => cluster.remove(), 60_000);

  describeStore('the PostgreSQL store', async () => {
    const schema = newSchema();
    let current = await openSchema(schema);
    return {
      store: current,
      connect: () => openSchema(schema),
      reopen: async () => {
        await current.close();
        current = await openSchema(schema);
        return current;
      },
      destroy: () => current.close(),
      child: [child, cluster.host, schema],
      leader: [child, cluster.host, schema, 'lead'],
    };
  });

  function one(number: number): Commit {
    return { alerts: [{ alert: sampleAlert(number), channels: ['slack'] }], now: 1 };
  }

  /** Calls again until it comes through, as everything that uses a store does. */
  async function again<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof StoreError && error.problem === 'unreachable')) throw error;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }

  /** The counters, against a recount of the tables. */
  async function recount(schema: string): Promise<void> {
    const differing = await cluster.query(
      `set search_path = ${schema};
       select name, value, n from counters join (
         select alert_counter(excepted, severity) as name, count(*) as n from alerts group by 1
         union all select delivery_counter(phase), count(*) from deliveries group by 1
         union all select 'rejections', count(*) from rejections) as counted using (name) where value <> n`,
    );
    expect(differing).toEqual([]);
  }

  describe('the schema', () => {
    it('may be made by several servers at once', async () => {
      const schema = newSchema();
      const stores = await Promise.all([1, 2, 3, 4].map(() => openSchema(schema)));
      await Promise.all(stores.map((store, i) => store.commit(one(i))));
      expect((await stores[0]?.counts())?.alerts.high).toBe(4);
      await Promise.all(stores.map((store) => store.close()));
      const rows = await cluster.query(`select version from ${schema}.meta`);
      expect(rows).toEqual([{ version: postgresMigrations.length }]);
    });

    it('of a newer Tocsin is refused and left as it is', async () => {
      const schema = newSchema();
      await (await openSchema(schema)).close();
      await cluster.query(`update ${schema}.meta set version = 999`);
      await expect(openSchema(schema)).rejects.toMatchObject({
        problem: 'newer',
        message: expect.stringContaining('store version 999'),
      });
    });

    it.each([
      ['other tables', 'create table notes (text text)'],
      ['a table that is called like ours', 'create table meta (key text)'],
      [
        'a table that looks like ours',
        "create table meta (program text, version int); insert into meta values ('other', 1)",
      ],
    ])('that holds %s is refused and left as it is', async (_, sql) => {
      const schema = newSchema();
      await cluster.query(`create schema ${schema}; set search_path = ${schema}; ${sql}`);
      await expect(openSchema(schema)).rejects.toMatchObject({ problem: 'foreign' });
      const tables = await cluster.query(`select 1 from pg_tables where schemaname = '${schema}'`);
      expect(tables).toHaveLength(1);
    });

    it('is not made where the user has no right to', async () => {
      await cluster.query('create role reader login');
      const { host, port } = cluster;
      const options = { host, port, database: 'postgres', connections: 2 };
      await expect(
        openPostgresStore({ ...options, user: 'reader', schema: newSchema() }),
      ).rejects.toMatchObject({ problem: 'read-only', message: expect.stringContaining('all rights') });
      await expect(
        openPostgresStore({ ...options, user: 'tocsin', database: 'none', schema: 'a' }),
      ).rejects.toMatchObject({ message: expect.stringContaining('there is no such database') });
    });
  });

  it('flushes each commit, whatever the database does by itself', async () => {
    await cluster.query('alter role tocsin set synchronous_commit = off');
    const schema = newSchema();
    const store = await openSchema(schema);
    // What a session has been told can be seen by a trigger in it.
    await cluster.query(
      `set search_path = ${schema}; create function see() returns trigger language plpgsql as
       $$ begin new.position = current_setting('synchronous_commit'); return new; end $$;
       create trigger see before insert on positions for each row execute function see()`,
    );
    await store.commit({ alerts: [], positions: [{ source: 's', position: '1' }], now: 1 });
    expect(await store.position('s')).toBe('on');
    await store.close();
    await cluster.query('alter role tocsin reset synchronous_commit');
  });

  describe('when the connection breaks', () => {
    const breakAll = () =>
      cluster.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tocsin'",
      );

    it('goes on with a new one, and neither loses nor doubles what is sent again', async () => {
      const schema = newSchema();
      const store = await openSchema(schema);
      const wanted = 60;
      const sent = { begun: 0, done: 0 };
      const lane = async (): Promise<void> => {
        while (sent.begun < wanted) {
          const mine = (sent.begun += 1);
          await again(() => store.commit(one(mine)));
          sent.done += 1;
        }
      };
      // Something has to come through between two breaks, or nothing ever might.
      const breaker = async (): Promise<void> => {
        for (let before = -1; sent.done < wanted;) {
          if (sent.done > before) {
            before = sent.done;
            await breakAll();
          } else await new Promise((resolve) => setTimeout(resolve, 1));
        }
      };
      await Promise.all([breaker(), lane(), lane(), lane(), lane()]);
      expect(await again(() => store.counts())).toMatchObject({
        alerts: { high: wanted },
        deliveries: { pending: wanted },
      });
      await store.close();
      await recount(schema);
    });

    it('goes on after the database crashed and came back, with all that it had confirmed', async () => {
      const schema = newSchema();
      const store = await openSchema(schema);
      await store.commit(one(1));
      await cluster.kill();
      await expect(store.commit(one(2))).rejects.toMatchObject({
        problem: 'unreachable',
        message: expect.stringContaining('tries again by itself'),
      });
      await cluster.start();
      await again(() => store.commit(one(2)));
      expect(await store.alert(sampleId(1))).toBeDefined();
      expect((await store.claim('slack', { now: 1, leaseUntil: 2, limit: 5 })).length).toBe(2);
      await store.close();
    });

    it('the leader hears that it leads no more', async () => {
      const schema = newSchema();
      const [store, other] = [await openSchema(schema), await openSchema(schema)];
      const first = await store.lead();
      const lost = new Promise((resolve) => first?.lost.addEventListener('abort', resolve));
      await breakAll();
      await lost;
      const second = await again(() => other.lead());
      expect(second).toBeDefined();
      await again(() => store.counts());
      await expect(first?.commit(one(1))).rejects.toMatchObject({ problem: 'superseded' });
      await second?.release();
      await Promise.all([store.close(), other.close()]);
    });
  });

  it('counts right, however many claim, settle and commit at once', async () => {
    const schema = newSchema();
    const stores = await Promise.all([1, 2, 3].map(() => openSchema(schema)));
    const committed = stores.map(async (store, i) => {
      for (let n = 0; n < 30; n++)
        await store.commit({
          alerts: ['high', 'low'].map((severity, k) => ({
            alert: sampleAlert(i * 1_000 + n * 2 + k, { severity: severity === 'high' ? 'high' : 'low' }),
            channels: ['slack', 'siem'],
          })),
          now: 1,
        });
    });
    let claimed = 0;
    const settled = stores.flatMap((store) =>
      ['slack', 'siem'].map(async (channel) => {
        for (let n = 0; n < 40; n++) {
          const got = await store.claim(channel, { now: 1, leaseUntil: 1e12, limit: 2 });
          claimed += got.length;
          await Promise.all(
            got.map(({ id }, i) =>
              store.settle(id, i === 0 ? { type: 'delivered' } : { type: 'dead', reason: 'no' }, 2),
            ),
          );
        }
      }),
    );
    await Promise.all([...committed, ...settled]);
    const { alerts, deliveries } = (await stores[0]?.counts()) ?? {};
    expect([alerts?.high, alerts?.low]).toEqual([90, 90]);
    expect([deliveries?.pending, (deliveries?.delivered ?? 0) + (deliveries?.dead ?? 0)]).toEqual([
      360 - claimed,
      claimed,
    ]);
    await Promise.all(stores.map((store) => store.close()));
    await recount(schema);
  });
});
