import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { severities } from '../event/severity.ts';
import { describeStore } from './testing/contract.ts';
import { occurrencesOf } from '../alert/occurrences.ts';
import { killAfter } from './testing/crash.ts';
import { sampleAlert, sampleId, sampleRejection } from './testing/samples.ts';
import { applicationId, openSqliteFile } from './sqlite-file.ts';
import { sqliteMigrations } from './sqlite-migrations.ts';
import { openSqliteStore, sqliteStoreOn } from './sqlite.ts';
import type { Store } from './store.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-sqlite-'));
const child = fileURLToPath(new URL('./testing/sqlite-child.ts', import.meta.url));
let files = 0;
const newPath = (): string => join(folder, String((files += 1)), 'tocsin.db');

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeStore('the SQLite store', async () => {
  const path = newPath();
  let current = await openSqliteStore({ path });
  return {
    store: current,
    connect: () => openSqliteStore({ path }),
    reopen: async () => {
      await current.close();
      current = await openSqliteStore({ path });
      return current;
    },
    destroy: () => current.close(),
    child: [child, path],
    leader: [child, path, 'lead'],
  };
});

function one(number: number): Parameters<Store['commit']>[0] {
  return { alerts: [{ alert: sampleAlert(number), channels: ['slack'] }], now: 1 };
}

/** What a recount of the tables gives, to hold against the counters. */
function recount(path: string): Record<string, number> {
  const database = new BetterSqlite3(path, { readonly: true });
  const rows = database
    .prepare<[], { name: string; value: number }>(
      `select 'alerts.' || severity as name, count(*) as value from alerts group by severity
       union all select 'deliveries.' || iif(phase in ('delivered', 'dead'), phase, 'pending'), count(*) from deliveries group by 1
       union all select 'rejections', count(*) from rejections
       union all select 'rejections.bytes', coalesce(sum(size), 0) from rejections`,
    )
    .all();
  const counters = database
    .prepare<[], { name: string; value: number }>(
      "select name, value from counters where name <> 'rejections.dropped'",
    )
    .all();
  database.close();
  const expected = Object.fromEntries(counters.map(({ name }) => [name, 0]));
  for (const { name, value } of rows) expected[name] = value;
  expect(Object.fromEntries(counters.map(({ name, value }) => [name, value]))).toEqual(expected);
  return expected;
}

describe('the file', () => {
  it('and the folders made for it are their owner’s alone', async () => {
    const path = newPath();
    const store = await openSqliteStore({ path });
    await store.commit(one(1));
    for (const name of ['tocsin.db', 'tocsin.db-wal', 'tocsin.db-shm']) {
      expect(statSync(join(path, '..', name)).mode & 0o777).toBe(0o600);
    }
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
    await store.close();
    expect(readdirSync(join(path, '..'))).toEqual(['tocsin.db']);
  });

  it('keeps the rights that its owner gave it, unless it was empty', async () => {
    const path = newPath();
    await (await openSqliteStore({ path })).close();
    chmodSync(path, 0o640);
    await (await openSqliteStore({ path })).close();
    expect(statSync(path).mode & 0o777).toBe(0o640);
    writeFileSync(path, '', { mode: 0o644 });
    chmodSync(path, 0o644);
    await (await openSqliteStore({ path })).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is let go by a store that was closed before it was used', async () => {
    const path = newPath();
    await (await openSqliteStore({ path })).close();
    expect(readdirSync(join(path, '..'))).toEqual(['tocsin.db']);
  });

  it('is flushed at each commit, in WAL mode, and checks its references', () => {
    const database = openSqliteFile(newPath());
    const settings = ['journal_mode', 'synchronous', 'foreign_keys', 'user_version'].map((name) =>
      database.pragma(name, { simple: true }),
    );
    database.close();
    expect(settings).toEqual(['wal', 2, 1, sqliteMigrations.length]);
  });

  it('is taken up where the process died between marking and filling it', async () => {
    const path = newPath();
    openSqliteFile(path).close();
    rmSync(path);
    const half = new BetterSqlite3(path);
    half.pragma(`application_id = ${applicationId}`);
    half.close();
    const store = await openSqliteStore({ path });
    await store.commit(one(1));
    expect(await store.alert(sampleId(1))).toBeDefined();
    await store.close();
  });

  const foreignFiles: readonly (readonly [name: string, write: (path: string) => void])[] = [
    ['a text file', (path) => writeFileSync(path, 'notes to self\n'.repeat(100))],
    ['a short file', (path) => writeFileSync(path, 'x')],
    ['a file that only begins like a database', (path) => writeFileSync(path, 'SQLite format 3\0')],
    ['a database without a mark', (path) => makeDatabase(path, () => {})],
    [
      'the database of another program',
      (path) => makeDatabase(path, (db) => db.pragma('application_id = 252006675')),
    ],
    [
      'a database in WAL mode without a mark',
      (path) => makeDatabase(path, (db) => db.pragma('journal_mode = WAL')),
    ],
  ];

  function makeDatabase(path: string, prepare: (database: Database) => void): void {
    const database = new BetterSqlite3(path);
    prepare(database);
    database.exec('create table notes (text)');
    database.close();
  }

  it.each(foreignFiles)('that is %s is refused and left as it is', async (_, write) => {
    const path = newPath();
    openSqliteFile(path).close();
    rmSync(path);
    write(path);
    const before = readFileSync(path);
    await expect(openSqliteStore({ path })).rejects.toMatchObject({
      name: 'StoreError',
      problem: 'foreign',
      message: expect.stringMatching(/^\/.*tocsin\.db: store: it is .* left as it is; choose another path/),
    });
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(join(path, '..'))).toEqual(['tocsin.db']);
  });

  it('that an older Tocsin wrote is brought up to date, with all that is in it', async () => {
    const searchable = sqliteMigrations.findIndex((step) => step.includes('terms_of_alert'));
    for (const [i, last] of sqliteMigrations.entries()) {
      const path = newPath();
      openSqliteFile(path).close();
      rmSync(path);
      const older = new BetterSqlite3(path);
      older.pragma(`application_id = ${applicationId}`);
      older.function('terms_of_alert', (text) => String(text));
      older.exec(sqliteMigrations.slice(0, i).concat(last).join('\n'));
      older.pragma(`user_version = ${i + 1}`);
      older.prepare("INSERT INTO positions VALUES ('s', '7', 1)").run();
      const old = sampleAlert(9, { title: 'written long ago' });
      older
        .prepare(
          "INSERT INTO alerts (id, time, severity, rule_id, stored_at, alert) VALUES (?, 1, 'high', 'r', 1, ?)",
        )
        .run(old.id, JSON.stringify(old));
      older.close();
      const store = await openSqliteStore({ path });
      await store.commit({ ...one(1), state: [{ key: 'k', value: 1 }] });
      expect([await store.position('s'), await store.state()]).toEqual(['7', [{ key: 'k', value: 1 }]]);
      const { alerts } = await store.alerts({ text: 'written long', limit: 5 });
      // Where the step that makes old alerts searchable has been through already, this one came behind its back.
      expect(alerts).toEqual(i < searchable ? [old] : []);
      await store.close();
    }
    expect(sqliteMigrations.length).toBeGreaterThan(1);
  });

  it('that an older Tocsin wrote finds what went on at a time, by how long it lasted', async () => {
    const path = newPath();
    openSqliteFile(path).close();
    rmSync(path);
    const older = new BetterSqlite3(path);
    older.pragma(`application_id = ${applicationId}`);
    older.function('terms_of_alert', (text) => String(text));
    const before = sqliteMigrations.findIndex((step) => step.includes('COLUMN lasting'));
    older.exec(sqliteMigrations.slice(0, before).join('\n'));
    older.pragma(`user_version = ${before}`);
    const insert = older.prepare(
      "INSERT INTO alerts (id, time, severity, rule_id, stored_at, alert, first_seen, last_seen) VALUES (?, ?, 'high', 'r', 1, ?, ?, ?)",
    );
    const long = { time: 1_000, firstSeen: 900, lastSeen: 50_000_000 };
    for (const [n, { time, firstSeen, lastSeen }] of [
      long,
      { ...long, lastSeen: 1_000, firstSeen: 1_000 },
    ].entries()) {
      const alert = sampleAlert(n, { time });
      const occurrences = { ...occurrencesOf(alert), firstSeen, lastSeen };
      insert.run(alert.id, time, JSON.stringify({ ...alert, occurrences }), firstSeen, lastSeen);
    }
    older.close();
    const store = await openSqliteStore({ path });
    const found = async (since: number) =>
      (await store.alerts({ since, limit: 5 })).alerts.map(({ id }) => id);
    expect(await found(2_000)).toEqual([sampleId(0)]);
    expect(await found(50_000_000)).toEqual([sampleId(0)]);
    expect(await found(50_000_001)).toEqual([]);
    expect(await found(1_000)).toEqual([1, 0].map(sampleId));
    await store.close();
  });

  it('that a newer Tocsin wrote is refused and left as it is', async () => {
    const path = newPath();
    const database = openSqliteFile(path);
    database.pragma(`user_version = ${sqliteMigrations.length + 1}`);
    database.close();
    const before = readFileSync(path);
    await expect(openSqliteStore({ path })).rejects.toMatchObject({
      problem: 'newer',
      message: expect.stringMatching(/newer Tocsin \(store version \d+; this one knows up to \d+\)/),
    });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it.each([
    ['a folder', (path: string) => join(path, '..'), 'foreign'],
    ['below a file', (path: string) => join(path, 'deeper', 'tocsin.db'), 'failed'],
    ['an empty path', () => '', 'failed'],
    ['a path that ends in a space', (path: string) => `${path} `, 'failed'],
  ])('cannot be %s', async (_, place, problem) => {
    const path = newPath();
    openSqliteFile(path).close();
    await expect(openSqliteStore({ path: place(path) })).rejects.toMatchObject({
      name: 'StoreError',
      problem,
    });
  });

  it('whose folder is a link to nothing is refused with a way out', async () => {
    const path = newPath();
    openSqliteFile(path).close();
    symlinkSync('/nowhere/at/all', `${path}.link`);
    await expect(openSqliteStore({ path: join(`${path}.link`, 'tocsin.db') })).rejects.toMatchObject({
      name: 'StoreError',
      message: expect.stringContaining('its folder is not there and cannot be made'),
    });
  });

  it('that is damaged is told from one that is not ours', async () => {
    const path = newPath();
    const store = await openSqliteStore({ path });
    await store.commit(one(1));
    await store.close();
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xab, 4_096));
    const readDamaged = async (): Promise<unknown> => {
      const damaged = await openSqliteStore({ path });
      try {
        return await damaged.alerts({ limit: 1 });
      } finally {
        await damaged.close();
      }
    };
    await expect(readDamaged()).rejects.toMatchObject({
      problem: 'corrupt',
      wayOut: expect.stringContaining('restore a backup'),
    });
  });

  it('may be opened for the first time by several processes at once', async () => {
    const path = newPath();
    const printed = await Promise.all(
      [1, 2, 3].map((number) => killAfter(5, [child, path, String(number * 100_000)])),
    );
    const store = await openSqliteStore({ path });
    for (const line of printed.flat()) expect(await store.alert(sampleId(Number(line) * 3))).toBeDefined();
    await store.close();
    recount(path);
  }, 180_000);

  it('may be absent: a store in memory does all the same', async () => {
    const store = await openSqliteStore({ path: ':memory:' });
    await store.commit(one(1));
    expect((await store.claim('slack', { now: 1, leaseUntil: 2, limit: 1 }))[0]?.alert.id).toBe(sampleId(1));
    await store.close();
  });
});

describe('when the disk or another process stands in the way', () => {
  it('a full disk fails the commit whole, and the store goes on when there is room', async () => {
    const path = newPath();
    const database = openSqliteFile(path);
    const store = sqliteStoreOn(database, { path });
    await store.commit(one(1));
    const pages = Number(database.pragma('page_count', { simple: true }));
    database.pragma(`max_page_count = ${pages + 3}`);
    const long = sampleAlert(3, { title: 'x'.repeat(100_000) });
    const [before, fails, after] = await Promise.allSettled([
      store.commit(one(2)),
      store.commit({
        alerts: [{ alert: long, channels: ['slack'] }],
        rejections: [sampleRejection(1)],
        now: 1,
      }),
      store.commit(one(4)),
    ]);
    expect([before.status, after.status]).toEqual(['fulfilled', 'fulfilled']);
    expect(fails).toMatchObject({
      reason: { name: 'StoreError', problem: 'full', message: expect.stringContaining('no room left') },
    });
    expect(await store.alert(long.id)).toBeUndefined();
    expect((await store.counts()).rejections).toBe(0);
    database.pragma('max_page_count = 1000000');
    expect((await store.commit({ alerts: [{ alert: long, channels: [] }], now: 1 })).created).toEqual([
      long.id,
    ]);
    await store.close();
    recount(path);
  });

  it('a store that cannot be written says so and can still be read', async () => {
    const path = newPath();
    const writer = await openSqliteStore({ path });
    await writer.commit(one(1));
    const store = sqliteStoreOn(new BetterSqlite3(path, { readonly: true }), { path });
    await expect(store.commit(one(2))).rejects.toMatchObject({
      problem: 'read-only',
      message: expect.stringContaining('give this user the right to write'),
    });
    expect(await store.alert(sampleId(1))).toBeDefined();
    await store.close();
    await writer.close();
  });

  it('a lock that another holds for too long is an error, and nothing is lost after it', async () => {
    const path = newPath();
    const store = await openSqliteStore({ path, busyTimeout: 5 });
    const other = new BetterSqlite3(path);
    other.exec('begin immediate');
    await expect(store.commit(one(1))).rejects.toMatchObject({ name: 'StoreError', problem: 'busy' });
    await expect(store.settle('x', { type: 'delivered' }, 1)).rejects.toMatchObject({ problem: 'busy' });
    await expect(openSqliteStore({ path, busyTimeout: 5 })).rejects.toMatchObject({ problem: 'busy' });
    expect(await store.alert(sampleId(1))).toBeUndefined();
    other.exec('rollback');
    expect((await store.commit(one(1))).created).toEqual([sampleId(1)]);
    other.close();
    await store.close();
  });

  it('a lock that is let go in time is waited for, without holding up anything else', async () => {
    const path = newPath();
    const store = await openSqliteStore({ path, busyTimeout: 60_000 });
    const other = new BetterSqlite3(path);
    other.exec('begin immediate');
    const commit = store.commit(one(1));
    setTimeout(() => other.exec('commit'), 20);
    expect((await commit).created).toEqual([sampleId(1)]);
    other.close();
    await store.close();
  });
});

describe('rejections', () => {
  it.each([
    ['their number', { most: 3, bytes: 1_000_000 }],
    ['their bytes', { most: 1_000, bytes: 800 }],
  ])('are limited in %s: the oldest go, and are counted', async (_, rejections) => {
    const path = newPath();
    const store = await openSqliteStore({ path, rejections });
    for (let number = 0; number < 600; number += 200) {
      const batch = Array.from({ length: 200 }, (_, index) => sampleRejection(number + index));
      await store.commit({ alerts: [], rejections: batch, now: 1 });
    }
    const kept = await store.rejections(500);
    const counts = await store.counts();
    expect(kept[0]?.provenance.position).toBe(599);
    expect(kept.length).toBeGreaterThan(1);
    expect(kept.length).toBeLessThan(10);
    expect(counts.rejections).toBe(kept.length);
    expect(counts.rejectionsDropped).toBe(600 - kept.length);
    await store.close();
    expect(recount(path)['rejections.bytes']).toBeLessThanOrEqual(rejections.bytes);
  });

  it('keep the newest even where it alone is over the limit', async () => {
    const store = await openSqliteStore({ path: ':memory:', rejections: { most: 0, bytes: 0 } });
    await store.commit({ alerts: [], rejections: [sampleRejection(1), sampleRejection(2)], now: 1 });
    expect((await store.rejections(5)).map((rejection) => rejection.provenance.position)).toEqual([2]);
    await store.close();
  });
});

describe('the counters', () => {
  it('equal a recount after any series of commits, claims, settlements and deletions', async () => {
    const path = newPath();
    const database = openSqliteFile(path);
    const store = sqliteStoreOn(database, { path, rejections: { most: 5, bytes: 2_000 } });
    const step = fc.oneof(
      fc.record({
        type: fc.constant('commit' as const),
        number: fc.nat(60),
        severity: fc.constantFrom(...severities),
      }),
      fc.record({ type: fc.constant('reject' as const), number: fc.nat(20) }),
      fc.record({ type: fc.constantFrom('delivered', 'dead', 'retry') }),
      fc.record({ type: fc.constantFrom('remove', 'raise') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        for (const [now, action] of steps.entries()) {
          if ('severity' in action) {
            const alert = sampleAlert(action.number, { severity: action.severity });
            await store.commit({ alerts: [{ alert, channels: ['slack', 'siem'] }], now });
          } else if ('number' in action) {
            await store.commit({ alerts: [], rejections: [sampleRejection(action.number)], now });
          } else if (action.type === 'remove') {
            database.exec('delete from alerts where sequence in (select min(sequence) from alerts)');
          } else if (action.type === 'raise') {
            database.exec(
              "update alerts set severity = 'critical' where sequence in (select max(sequence) from alerts)",
            );
          } else {
            const [delivery] = await store.claim('slack', { now, leaseUntil: now, limit: 1 });
            const reason = 'because';
            if (action.type === 'retry')
              await store.settle(delivery?.id ?? '', { type: 'retry', at: now, reason }, now);
            else if (action.type === 'dead')
              await store.settle(delivery?.id ?? '', { type: 'dead', reason }, now);
            else await store.settle(delivery?.id ?? '', { type: 'delivered' }, now);
          }
        }
        recount(path);
      }),
      { numRuns: 30 },
    );
    await store.close();
  });
});
