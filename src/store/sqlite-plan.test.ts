import type { Database } from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleAlert, sampleRejection } from './testing/samples.ts';
import type { SqliteHandle } from './sqlite-driver.ts';
import { openSqliteFile } from './sqlite-file.ts';
import { sqliteStoreOn } from './sqlite.ts';
import type { AlertQuery, Store } from './store.ts';

let database: Database;
let store: Store;
let plans: string[] = [];
let sqls: string[] = [];

/** Runs what the store asks for and notes how SQLite means to find it, with the same parameters as in earnest. */
function explaining(real: Database): SqliteHandle & Pick<Database, 'close'> {
  const notePlan = (sql: string, parameters: readonly unknown[]): void => {
    sqls.push(sql);
    if (!/^\s*(select|update|delete|insert)/i.test(sql)) return;
    const steps = real.prepare<unknown[], { detail: string }>(`explain query plan ${sql}`).all(...parameters);
    plans.push(...steps.map((step) => step.detail));
  };
  return {
    name: real.name,
    get inTransaction() {
      return real.inTransaction;
    },
    close: () => real.close(),
    prepare: ((sql: string) => {
      const statement = real.prepare(sql);
      return new Proxy(statement, {
        get(target, key) {
          if (key === 'all' || key === 'run') {
            return (...parameters: unknown[]) => {
              notePlan(sql, parameters);
              return target[key](...parameters);
            };
          }
          return Reflect.get(target, key, target);
        },
      });
    }) as SqliteHandle['prepare'],
  };
}

beforeAll(async () => {
  database = openSqliteFile(':memory:');
  store = sqliteStoreOn(explaining(database), { path: ':memory:' });
  const alerts = Array.from({ length: 20 }, (_, n) => ({ alert: sampleAlert(n), channels: ['slack'] }));
  await store.commit({ alerts, rejections: [sampleRejection(1)], now: 1 });
});
afterAll(() => store.close());

async function planOf(work: () => Promise<unknown>): Promise<readonly string[]> {
  plans = [];
  sqls = [];
  await work();
  expect(plans.length).toBeGreaterThan(0);
  return plans;
}

/** Reads of a whole table or index. The page itself, at most a few hundred rows that were found already, may be read through. */
function scans(steps: readonly string[]): readonly string[] {
  return steps.filter((step) => /^SCAN (?!CONSTANT ROW$|page\b|one_severity\b|\(subquery)/.test(step));
}

/** The index for these filters, and the part of it that is read. */
function searchOf(query: AlertQuery): string {
  const by = query.ruleId ? 'rule' : 'severity';
  const index = query.account ? `account${query.ruleId ? '_and_rule' : ''}` : by;
  const end = query.after === undefined ? query.until && 'time<?' : '(time,id)<(?,?)';
  const conditions = [
    query.account && 'account=?',
    query.ruleId && 'rule_id=?',
    'excepted=?',
    'severity=?',
    query.since && 'time>?',
    end,
  ];
  return `alerts_by_${index} (${conditions.filter(Boolean).join(' AND ')})`;
}

/** What lasts so long, around a time. */
const around = /alerts_by_lasting \(lasting=\? AND excepted=\? AND \(?time/;

describe('no query reads a whole table', () => {
  const filters = {
    severity: { severity: 'high' },
    ruleId: { ruleId: 'r' },
    account: { account: '1' },
    since: { since: 5 },
    until: { until: 1e15 },
  } as const;
  const names = Object.keys(filters) as (keyof typeof filters)[];
  const mixes = Array.from({ length: 2 ** names.length }, (_, bits) =>
    names.filter((_name, index) => bits & (1 << index)),
  );

  it.each(mixes.map((mix) => [mix.join(', ') || 'nothing', mix] as const))(
    'a page of alerts by %s',
    async (_, mix) => {
      const query = Object.assign({ limit: 2 }, ...mix.map((name) => filters[name])) as AlertQuery;
      const { next: after } = await store.alerts({ limit: 2 });
      for (const page of [query, { ...query, after }]) {
        const steps = await planOf(() => store.alerts(page));
        expect(scans(steps)).toEqual([]);
        const searches = steps.filter((step) => step.startsWith('SEARCH alerts USING COVERING INDEX'));
        const [lasting, all] = [true, false].map((one) =>
          searches.filter((step) => step.includes('alerts_by_lasting') === one),
        );
        const expected = `SEARCH alerts USING COVERING INDEX ${searchOf(page)}`;
        expect(all).toEqual(Array.from({ length: query.severity ? 2 : 5 }, () => expected));
        // What went on at a time is looked for by how long it lasts, around that time.
        const asksForTime = page.since !== undefined || page.until !== undefined;
        expect((lasting ?? []).filter((step) => !asksForTime || !around.test(step))).toEqual([]);
      }
    },
  );

  it('a page that has room for what went on at `since` looks at what lasted long enough alone', async () => {
    for (const more of [{}, { severity: 'high' }, { ruleId: 'r', account: '1' }] as const) {
      const steps = await planOf(() => store.alerts({ limit: 2, since: 1e15, ...more }));
      expect(scans(steps)).toEqual([]);
      const searches = steps.filter((step) => step.includes('alerts_by_lasting'));
      expect(searches).toHaveLength(8);
      expect(searches.filter((step) => !around.test(step) || !step.includes('COVERING INDEX'))).toEqual([]);
    }
  });

  it('a page whose cursor is newer than `until` begins at `until`', async () => {
    const { next: after } = await store.alerts({ limit: 2 });
    const steps = await planOf(() => store.alerts({ limit: 2, after, until: 50 }));
    expect(steps.filter((step) => step.includes('(excepted=? AND severity=? AND time<?)'))).toHaveLength(5);
  });

  it.each<[name: string, work: () => Promise<unknown>]>([
    ['one alert', () => store.alert('a')],
    ['the deliveries of an alert', () => store.deliveries('a')],
    ['a claim', () => store.claim('slack', { now: 1, leaseUntil: 2, limit: 5 })],
    ['a settlement', () => store.settle('a', { type: 'dead', reason: 'x' }, 1)],
    ['a position', () => store.position('a')],
    ['a commit', () => store.commit({ alerts: [], rejections: [sampleRejection(2)], now: 1 })],
  ])('%s', async (_, work) => {
    const steps = await planOf(work);
    // The oldest rejections are read by a scan in the table's own order that stops after a few rows.
    expect(scans(steps).filter((step) => step !== 'SCAN rejections')).toEqual([]);
    expect(steps.filter((step) => step.includes('TEMP B-TREE'))).toEqual([]);
  });

  it('a claim goes through the two small indexes of what is open', async () => {
    const steps = await planOf(() => store.claim('slack', { now: 1, leaseUntil: 2, limit: 5 }));
    expect(steps.join('\n')).toMatch(/deliveries_due \(channel=\? AND due<\?\)/);
    expect(steps.join('\n')).toMatch(/COVERING INDEX deliveries_ready \(channel=\?\)/);
  });

  it('the counts touch no table but the counters', async () => {
    expect(await planOf(() => store.counts())).toEqual(['SCAN counters']);
  });
});

describe('commits that come in together', () => {
  it('share one transaction, and one flush of the disk', async () => {
    sqls = [];
    await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        store.commit({ alerts: [{ alert: sampleAlert(1_000 + n), channels: ['slack'] }], now: 1 }),
      ),
    );
    expect(sqls.filter((sql) => sql.startsWith('begin'))).toHaveLength(1);
    expect(sqls.filter((sql) => sql === 'commit')).toHaveLength(1);
  });
});
