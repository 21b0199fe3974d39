import { sql, type Kysely, type Transaction } from 'kysely';
import { grownAlert } from '../alert/grown.ts';
import { amendAlert } from './amend.ts';
import { selectAllAssets, selectAsset, selectAssetChanges, selectAssets, writeAssets } from './assets.ts';
import { selectAlerts } from './alert-query.ts';
import { rewriteAlert } from './alert-rows.ts';
import { writeArrivals } from './arrivals.ts';
import type { Attendant } from './attendant.ts';
import type { Arrival } from './joining.ts';
import { sqlBlockStore } from './blocks.ts';
import { checkLimit } from './limit.ts';
import { fromColumn, toKey } from './column-text.ts';
import { nextNumber } from './counters.ts';
import { handleDeadDeliveries, selectDead } from './dead.ts';
import { StoreError } from './error.ts';
import { fixedSql, rowInserter } from './fixed-sql.ts';
import { noFlusher, type Flusher } from './flusher.ts';
import { grouped, noPace } from './grouped.ts';
import { beginHanding, type Handing } from './handing.ts';
import type { LockOfLeader } from './leadership.ts';
import { sqlLifeStore } from './life.ts';
import { deleteAlerts, selectOldAlerts } from './old-alerts.ts';
import { claimDeliveries, whatIsDue, countOwed, oweFollowUps, settleDelivery } from './outbox.ts';
import { endOverflows } from './pace.ts';
import {
  commitRows,
  deliveryStateColumns,
  readAlert,
  readCounts,
  readDeliveryState,
  readRejection,
  readState,
  type CommitRows,
} from './rows.ts';
import { dropOldestRejections, sqlRejectionLedger } from './rejections.ts';
import type { CounterRow, Tables } from './schema.ts';
import type { SqlDialect } from './sql-dialect.ts';
import type { Commit, CommitResult, Leadership, Store } from './store.ts';

/** How many rows go into one statement: well below any database's limit on parameters. */
const rowsAtOnce = 200;

export interface SqlStoreOptions {
  /** What messages call this store: the file path or address. */
  readonly place: string;
  /** How much of rejected records is kept; beyond it the oldest are dropped, and counted in `counts().rejectionsDropped`. */
  readonly rejections: { readonly most: number; readonly bytes: number };
  /** How many commits may share one transaction. */
  readonly groupSize: number;
  readonly dialect: SqlDialect;
  readonly leadership: LockOfLeader;
  /** Makes transactions durable; where left out, they are when they end. */
  readonly flusher?: Pick<Flusher, 'mark' | 'flush' | 'flushSoon'> | undefined;
}

/**
 * A store on any SQL database that kysely speaks to and that knows `ON CONFLICT`, `RETURNING` and row values.
 * The tables must be there, and a transaction must be durable when it ends or is flushed; both are the dialect's part.
 */
export function createSqlStore(db: Kysely<Tables>, options: SqlStoreOptions): Store {
  const { place, dialect, flusher = noFlusher } = options;
  const underway = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  /** Revisions of the assets that were written here. */
  const own = new Set<number>();
  /** Alerts that are committed and not yet durable, with the mark until which has to be flushed for them. */
  const fresh = new Map<string, number>();
  const attendants = new Map<string, Attendant>();
  const commitAll = async (batches: readonly CommitRows[]): Promise<readonly CommitResult[]> => {
    const created: string[] = [];
    const handing = beginHanding(attendants, place);
    try {
      const { results, revision } = await db.transaction().execute(async (trx) => {
        const written = await writeBatches(trx, batches, { ...options, handing }, own);
        created.push(...written.results.flatMap((result) => result.created));
        // Before anybody else can see them.
        for (const id of created) fresh.set(id, flusher.mark() + 1);
        return written;
      });
      if (revision !== undefined) own.add(revision);
      const flushed = flusher.flush();
      handing.prepare();
      // Whoever committed is told of an error.
      void flushed.then(
        () => handing.end(true),
        () => handing.end(false),
      );
      return results;
    } catch (error) {
      handing.end(false);
      for (const id of created) fresh.delete(id);
      throw error;
    }
  };
  const commitGroup = grouped(commitAll, options.groupSize, undefined, {
    ...noPace,
    isGathered: (rows: CommitRows) => rows.isGathered,
  });

  /**
   * Runs one call, unless the store is closed; `close` waits for those that are under way. What it wrote, and what it read that others
   * have just written, is durable when it resolves.
   */
  async function run<T>(subject: string, work: () => Promise<T>): Promise<T> {
    return runUnflushed(subject, async () => {
      const result = await work();
      await flusher.flush();
      return result;
    });
  }

  async function runUnflushed<T>(subject: string, work: () => Promise<T>): Promise<T> {
    if (closing) {
      throw new StoreError('closed', {
        subject,
        place,
        reason: 'the store has been closed',
        wayOut: 'open it again',
      });
    }
    const promise = work();
    underway.add(promise);
    try {
      return await promise;
    } finally {
      underway.delete(promise);
    }
  }

  const commit = (batch: Commit, leader?: number): Promise<CommitResult> =>
    runUnflushed('commit', async () => {
      const rows = commitRows(batch, place, leader);
      const { alerts, rejections, positions, state, assets, overflowsTold } = rows;
      const empty = [alerts, rejections, positions, state, assets, overflowsTold].every(
        ({ length }) => length === 0,
      );
      if (empty) return { created: [], repeated: 0 };
      const result = await commitGroup(rows);
      const flushed = flushNew(result.created);
      // Whoever waits for it is told; perhaps nobody does any more.
      flushed.catch(() => {});
      if (batch.early === true) return { ...result, durable: () => flushed };
      await flushed;
      return result;
    });

  async function flushNew(created: readonly string[]): Promise<void> {
    await flusher.flush();
    for (const id of created) fresh.delete(id);
  }

  /** From now on only the commits of this leader count, and not those that an earlier one still has under way. */
  async function lead(): Promise<Leadership | undefined> {
    const lock = await options.leadership();
    if (lock === undefined) return undefined;
    try {
      const number = await db.transaction().execute(async (trx) => {
        await dialect.alone(trx);
        return nextNumber(trx, dialect, 'leader');
      });
      return {
        lost: lock.lost,
        commit: (batch) => commit(batch, number),
        release: lock.release,
      };
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  return {
    commit: (batch) => commit(batch),
    lead: () => run('leadership', lead),

    alert: (id) =>
      run('alert', async () => {
        const key = toKey(id);
        const row =
          (await db.selectFrom('alerts').select('alert').where('id', '=', key).executeTakeFirst()) ??
          (await db
            .selectFrom('occurrences')
            .innerJoin('alerts', 'alerts.sequence', 'occurrences.alert')
            .select('alerts.alert')
            .where('occurrences.id', '=', key)
            .executeTakeFirst());
        return row && readAlert(row.alert, place);
      }),

    alerts: (query) => run('alerts', () => selectAlerts(db, dialect, query, place)),

    oldAlerts: (query) => run('alerts', () => selectOldAlerts(db, query, place)),
    forget: (alerts) => run('alerts', () => deleteAlerts(db, dialect, alerts, place)),

    deliveries: (alertId) =>
      run('deliveries', async () => {
        const rows = await db
          .selectFrom('deliveries')
          .innerJoin('alerts', 'alerts.sequence', 'deliveries.alert')
          .select(deliveryStateColumns)
          .where('alerts.id', '=', toKey(alertId))
          .orderBy('channel')
          .execute();
        return rows.map((row) => readDeliveryState(row, place));
      }),

    // Leases, and how attempts ended, hold when the process is killed. When the power fails before they are flushed, a message is sent once
    // more; waiting for that would make each message late. What is claimed is durable itself.
    attend: (channel, attendant) => {
      attendants.set(channel, attendant);
      return () => void attendants.delete(channel);
    },

    claim: (channel, claim) =>
      runUnflushed('claim', async () => {
        const due = await whatIsDue(db, dialect, channel, claim.now);
        if (due === undefined) return [];
        const claimed = await db
          .transaction()
          .execute((trx) => claimDeliveries(trx, dialect, channel, claim, due, place));
        const marks = claimed.flatMap(({ alert }) => fresh.get(alert.id) ?? []);
        if (marks.length > 0) await flusher.flush(marks.reduce((a, b) => Math.max(a, b)));
        return claimed;
      }),

    settle: (deliveryId, outcome, now) =>
      runUnflushed('settle', async () => {
        await settleDelivery(db, dialect, deliveryId, outcome, now);
        flusher.flushSoon();
      }),

    oweFollowUps: (alertIds, channels, times) =>
      run('oweFollowUps', () =>
        db.transaction().execute(async (trx) => {
          await dialect.alone(trx);
          await oweFollowUps(trx, alertIds, channels, times);
        }),
      ),

    amend: (amendment) => run('alert', () => amendAlert(db, dialect, amendment, place)),

    deadDeliveries: (query) => run('deadDeliveries', () => selectDead(db, dialect, query, place)),
    handleDead: (ids, handling) =>
      run('handleDead', () => handleDeadDeliveries(db, dialect, ids, handling, place)),

    owed: () =>
      run('owed', async () => {
        const rows = await countOwed(db);
        return Object.fromEntries(rows.map(({ channel, count }) => [fromColumn(channel), count]));
      }),

    position: (source) =>
      run('position', async () => {
        const row = await db
          .selectFrom('positions')
          .select('position')
          .where('source', '=', toKey(source))
          .executeTakeFirst();
        return row && fromColumn(row.position);
      }),

    state: (prefix = '') =>
      run('state', async () => {
        const rows = await db
          .selectFrom('state')
          .select(['key', 'value'])
          .where(sql`substr(key, 1, ${sql.lit(prefix.length)})`, '=', prefix)
          .execute();
        return rows.map((row) => readState(row, place));
      }),

    assets: (query) => run('assets', () => selectAssets(db, dialect, query, place)),
    asset: (key) => run('asset', () => selectAsset(db, key, place)),
    allAssets: () => selectAllAssets(db, place),
    // Read for the next commit, which is durable only with all that is read here.
    assetChanges: (since) => runUnflushed('assetChanges', () => selectAssetChanges(db, since, own, place)),

    blocks: sqlBlockStore(db, dialect, run, place),
    ledger: sqlRejectionLedger(db, run, place),
    life: sqlLifeStore(db, dialect, run, place),

    rejections: (limit) =>
      run('rejections', async () => {
        checkLimit(limit);
        const rows = await db
          .selectFrom('rejections')
          .selectAll()
          .orderBy('sequence', 'desc')
          .limit(limit)
          .execute();
        return rows.map((row) => readRejection(row, place));
      }),

    counts: () =>
      run('counts', async () => readCounts(await db.selectFrom('counters').selectAll().execute())),

    close: () => {
      closing ??= Promise.allSettled(underway).then(() => db.destroy());
      return closing;
    },
  };
}

/** All batches of a group, in order, in one transaction. An alert that several of them bring belongs to the first. */
async function writeBatches(
  trx: Transaction<Tables>,
  batches: readonly CommitRows[],
  options: SqlStoreOptions & { readonly handing: Handing },
  own: ReadonlySet<number>,
): Promise<{ readonly results: readonly CommitResult[]; readonly revision: number | undefined }> {
  const { dialect } = options;
  await dialect.alone(trx);
  await checkLeader(trx, batches, options);

  const first = new Map<string, Arrival>();
  for (const batch of batches) {
    for (const entry of batch.alerts) {
      if (!first.has(entry.row.id)) first.set(entry.row.id, { entry, batch });
    }
  }

  const { created, joined, mutedOf, notes } = await writeArrivals(trx, [...first.values()], options);
  await growAlerts(
    trx,
    batches.flatMap((batch) =>
      batch.alerts.filter(({ row }) => first.get(row.id)?.entry.row !== row || !created.has(row.id)),
    ),
    options,
  );

  const rejections = batches.flatMap((batch) => batch.rejections);
  for (const rows of chunks(rejections)) {
    await trx
      .insertInto('rejections')
      .values(rows)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  }
  if (rejections.length > 0) await dropOldestRejections(trx, options.rejections);

  // The last word on each source: one statement must not change the same row twice.
  const positions = new Map(batches.flatMap((batch) => batch.positions.map((row) => [row.source, row])));
  for (const rows of chunks([...positions.values()])) {
    await trx
      .insertInto('positions')
      .values(rows)
      .onConflict((conflict) =>
        conflict.column('source').doUpdateSet((eb) => ({
          position: eb.ref('excluded.position'),
          stored_at: eb.ref('excluded.stored_at'),
        })),
      )
      .execute();
  }

  // Likewise.
  const changes = [...batches.flatMap((batch) => batch.state), ...notes];
  const state = new Map(changes.map((change) => [change.key, change.row]));
  const kept = [...state.values()].filter((row) => row !== undefined);
  const gone = [...state].filter(([, row]) => row === undefined).map(([key]) => key);
  await insertState(trx, dialect, kept);
  if (gone.length > 0) await trx.deleteFrom('state').where(dialect.isOneOfTexts('key', gone)).execute();

  await endOverflows(
    trx,
    batches.flatMap(({ overflowsTold }) => overflowsTold),
  );

  const revision = await writeAssets(trx, batches, own, options);

  const results = batches.map((batch) => {
    const mine = batch.alerts.filter((entry) => first.get(entry.row.id)?.entry === entry);
    const isNew = mine.filter(({ row }) => created.has(row.id));
    const joins = mine.flatMap(({ id, row }) => {
      const alertId = joined.get(row.id);
      return alertId === undefined ? [] : [{ id, alertId }];
    });
    return {
      created: isNew.map(({ id }) => id),
      repeated: batch.alerts.length - isNew.length - joins.length,
      ...(joins.length > 0 && { joined: joins }),
      ...(mutedOf(batch) > 0 && { muted: mutedOf(batch) }),
    };
  });
  return { results, revision };
}

const selectLeader = fixedSql(() => `select value from counters where name = 'leader'`);

const insertState = rowInserter(
  'state',
  ['key', 'value', 'stored_at'],
  'on conflict (key) do update set value = excluded.value, stored_at = excluded.stored_at',
);

/** @throws {StoreError} `superseded` where a batch was decided by who is the leader no more */
async function checkLeader(
  trx: Transaction<Tables>,
  batches: readonly CommitRows[],
  { place, dialect }: Pick<SqlStoreOptions, 'place' | 'dialect'>,
): Promise<void> {
  const leaders = new Set(batches.flatMap(({ leader }) => leader ?? []));
  if (leaders.size === 0) return;
  const [counter] = await selectLeader<Pick<CounterRow, 'value'>>(trx, dialect, []);
  const value = counter?.value;
  if ([...leaders].every((leader) => leader === value)) return;
  throw new StoreError('superseded', {
    subject: 'commit',
    place,
    reason: 'another server has become the leader',
    wayOut: 'send it to that server; nothing of it has been kept here',
  });
}

/** Alerts that are there take over what is new about them. */
async function growAlerts(
  trx: Transaction<Tables>,
  repeated: CommitRows['alerts'],
  options: Pick<SqlStoreOptions, 'place' | 'dialect'>,
): Promise<void> {
  for (const entries of chunks(repeated.filter(({ grows }) => grows))) {
    const ids = [...new Set(entries.map(({ row }) => row.id))];
    const rows = await trx
      .selectFrom('alerts')
      .select(['id', 'sequence', 'alert'])
      .where('id', 'in', ids)
      .execute();
    for (const { id, sequence, alert } of rows) {
      const stored = readAlert(alert, options.place);
      const grown = entries.reduce(
        (known, { row, alert: newer }) => (row.id === id ? (grownAlert(known, newer) ?? known) : known),
        stored,
      );
      if (grown !== stored) await rewriteAlert(trx, sequence, stored, grown, options);
    }
  }
}

function* chunks<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let start = 0; start < rows.length; start += rowsAtOnce) yield rows.slice(start, start + rowsAtOnce);
}
