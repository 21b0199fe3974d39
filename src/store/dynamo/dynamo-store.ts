import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { toKey } from '../column-text.ts';
import { fromColumn } from '../column-text.ts';
import { StoreError } from '../error.ts';
import { grouped } from '../grouped.ts';
import { checkLimit } from '../limit.ts';
import { commitRows, readDeliveryState, readState, type CommitRows } from '../rows.ts';
import type { Commit, CommitResult, Leadership, StateEntry, Store, StoreCounts } from '../store.ts';
import { alertKey, alertWithin, foundAlert, storedAlert } from './alert-item.ts';
import { selectAlerts } from './alert-query.ts';
import { amendAlert } from './amend.ts';
import { selectAllAssets, selectAsset, selectAssetChanges, selectAssets } from './assets.ts';
import { dynamoBlocks } from './blocks.ts';
import { changesOf } from './change.ts';
import { planCommit, positionKey, statePartition, stateShards } from './commit.ts';
import { prepareTable } from './definition.ts';
import { handleDeadDeliveries, selectDead } from './dead.ts';
import { oweFollowUps, workOffFollowUps } from './follow-ups.ts';
import type { Head } from './head.ts';
import { sweep } from './intent.ts';
import { dynamoLeadership } from './leadership.ts';
import { dynamoLife } from './life.ts';
import { deliveriesOf, forgetAlerts, selectOldAlerts } from './old-alerts.ts';
import { claimDeliveries, countDeliveries, countOwed } from './outbox.ts';
import { settleDeliveries, workOffSettlements } from './settle.ts';
import { dynamoRejectionLedger, newestRejections } from './rejections.ts';
import { textWithin } from './stage.ts';
import { dynamoTable, type Table } from './table.ts';

export interface DynamoStoreOptions {
  readonly table: string;
  readonly region: string;
  /** Another address than that of AWS in the region: a VPC endpoint, or a stand-in. */
  readonly endpoint?: string | undefined;
  /** Makes the table where it is missing. */
  readonly create?: boolean | undefined;
  /** How much of rejected records is kept before the oldest are dropped (and counted): 100,000 records and 256 MB by default. */
  readonly rejections?: { readonly most: number; readonly bytes: number } | undefined;
  /** How long another process waits before it takes over from a leader that has fallen silent, in milliseconds; 15,000 by default. */
  readonly leaseMs?: number | undefined;
}

/** How many commits may share one change: each reads and writes its own alerts, and a change of many takes long. */
const groupSize = 64;
/** What a change that was cut off has left is cleared away so much later, in milliseconds. */
const sweptAfter = 15 * 60_000;
/** What was to be settled when a process died is settled so much later. */
const workedOffAfter = 10_000;
/** How often the leader looks for that. */
const keptHouse = 10 * 60_000;

/**
 * A store in one table of DynamoDB, for any number of processes at once. Commits follow one another through one item, the head; a commit that
 * is too large for one transaction is written down first and then published by the head, so that it is there whole or not at all whatever
 * dies meanwhile. Every read is strongly consistent. Credentials are those that the AWS SDK finds.
 *
 * @throws {StoreError} where it cannot be used: not reachable, not there, not ours, newer, no right
 */
export async function openDynamoStore(options: DynamoStoreOptions): Promise<Store> {
  const { region, endpoint } = options;
  const client = new DynamoDBClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  });
  const place = `dynamodb://${endpoint === undefined ? region : new URL(endpoint).host}/${options.table}`;
  const table = dynamoTable(client, options.table, place);
  try {
    await prepareTable(client, table, options.create === true);
  } catch (error) {
    client.destroy();
    throw error;
  }
  return storeOn(table, options, () => client.destroy());
}

function storeOn(table: Table, options: DynamoStoreOptions, end: () => void): Store {
  const { place } = table;
  const changes = changesOf(table);
  const rejections = options.rejections ?? { most: 100_000, bytes: 256 * 1024 * 1024 };
  const takeLock = dynamoLeadership(table, options.leaseMs ?? 15_000);
  const underway = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  /** Revisions of the assets that were written here. */
  const own = new Set<number>();
  const commitGroup = grouped<CommitRows, CommitResult>(async (batches) => {
    const { results, revision, followUps } = await changes.change('commit', (head, stage) =>
      planCommit(batches, head, stage, { table, rejections, own }),
    );
    // What fails here is made by the next that comes this way.
    if (followUps > 0) await workOffFollowUps(table, changes).catch(() => {});
    if (revision !== undefined) own.add(revision);
    return results;
  }, groupSize);

  /** Runs one call, unless the store is closed; `close` waits for those that are under way. */
  async function run<T>(subject: string, work: () => Promise<T>): Promise<T> {
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

  const read = <T>(subject: string, work: () => Promise<T>): Promise<T> =>
    run(subject, () => changes.read(work));

  const commit = (batch: Commit, leader?: number): Promise<CommitResult> =>
    run('commit', async () => {
      const rows = commitRows(batch, place, leader);
      const { alerts, positions, state, assets, overflowsTold } = rows;
      const empty = [alerts, rows.rejections, positions, state, assets, overflowsTold].every(
        ({ length }) => length === 0,
      );
      if (empty) return { created: [], repeated: 0 };
      return commitGroup(rows);
    });

  /** Brings to its end, or clears away, what others have left. What fails of it is tried again the next time. */
  function keepHouse(): void {
    if (closing) return;
    const work = async (): Promise<void> => {
      const now = Date.now();
      await workOffSettlements(table, now - workedOffAfter);
      await workOffFollowUps(table, changes);
      await sweep(table, now - sweptAfter);
    };
    const promise = work().catch(() => {});
    underway.add(promise);
    void promise.finally(() => underway.delete(promise));
  }

  /** From now on only the commits of this leader count, and not those that an earlier one still has under way. */
  async function lead(): Promise<Leadership | undefined> {
    const lock = await takeLock();
    if (lock === undefined) return undefined;
    try {
      const number = await changes.change('leadership', async ({ numbers }) => ({
        writes: [],
        numbers: { leader: numbers.leader + 1 },
        result: numbers.leader + 1,
      }));
      keepHouse();
      const timer = setInterval(keepHouse, keptHouse);
      timer.unref();
      lock.lost.addEventListener('abort', () => clearInterval(timer), { once: true });
      return { lost: lock.lost, commit: (batch) => commit(batch, number), release: lock.release };
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  return {
    commit: (batch) => commit(batch),
    lead: () => run('leadership', lead),

    alert: (id) =>
      read('alert', async () => {
        const item = await foundAlert(table, id);
        return item && alertWithin(table, item);
      }),
    alerts: (query) => read('alerts', () => selectAlerts(table, query)),
    oldAlerts: (query) => read('alerts', () => selectOldAlerts(table, query)),
    forget: (alerts) => run('alerts', () => forgetAlerts(table, changes, alerts)),

    deliveries: (alertId) =>
      read('deliveries', async () => {
        const item = await table.get(alertKey(toKey(alertId)));
        if (item === undefined) return [];
        const alert = storedAlert(item);
        return ((await deliveriesOf(table, [alert])).get(alert.id) ?? []).map(({ row }) =>
          readDeliveryState(row, place),
        );
      }),
    claim: (channel, claim) =>
      run('claim', async () => {
        // Not as a read, which may be done twice.
        await changes.head();
        return claimDeliveries(table, channel, claim);
      }),
    settle: (deliveryId, outcome, now) =>
      run('settle', () => settleDeliveries(table, [deliveryId].flat(), outcome, now)),
    oweFollowUps: (alertIds, channels, times) =>
      run('oweFollowUps', () => oweFollowUps(table, changes, alertIds, channels, times)),
    amend: (amendment) => run('alert', () => amendAlert(table, changes, amendment)),
    deadDeliveries: (query) => read('deadDeliveries', () => selectDead(table, query)),
    handleDead: (ids, handling) =>
      run('handleDead', () => handleDeadDeliveries(table, changes, ids, handling)),
    owed: () => read('owed', () => countOwed(table)),

    position: (source) =>
      read('position', async () => {
        const item = await table.get(positionKey(toKey(source)));
        return item && fromColumn(await textWithin(table, item, `the position of ${source}`));
      }),
    state: (prefix = '') =>
      read('state', async () => (await selectState(table)).filter(({ key }) => key.startsWith(prefix))),

    assets: (query) => read('assets', () => selectAssets(table, query)),
    asset: (key) => read('asset', () => selectAsset(table, key)),
    allAssets: async function* () {
      // Checked before the first piece, since a sequence cannot be read again from its beginning.
      await run('assets', () => changes.head());
      yield* selectAllAssets(table);
    },
    assetChanges: (since) =>
      run('assetChanges', async () => selectAssetChanges(table, await changes.head(), since, own)),

    blocks: dynamoBlocks(table, changes, run),
    life: dynamoLife(table, changes, run),

    rejections: (limit) =>
      read('rejections', async () => {
        checkLimit(limit);
        return newestRejections(table, limit);
      }),
    ledger: dynamoRejectionLedger(table, changes, run),
    counts: () =>
      run('counts', async () => {
        const head = await changes.head();
        return countsOf(head, await countDeliveries(table));
      }),

    close: () => {
      closing ??= Promise.allSettled(underway)
        .then(() => changes.idle())
        .then(end);
      return closing;
    },
  };
}

async function selectState(table: Table): Promise<readonly StateEntry[]> {
  const shards = await Promise.all(
    Array.from({ length: stateShards }, async (_, shard) => table.list({ pk: statePartition(shard) })),
  );
  return Promise.all(
    shards.flat().map(async (item) => {
      const [key, value] = JSON.parse(await textWithin(table, item, 'an entry of the state')) as [
        string,
        string,
      ];
      return readState({ key, value }, table.place);
    }),
  );
}

function countsOf({ numbers }: Head, deliveries: StoreCounts['deliveries']): StoreCounts {
  return {
    alerts: {
      informational: numbers['alerts.informational'],
      low: numbers['alerts.low'],
      medium: numbers['alerts.medium'],
      high: numbers['alerts.high'],
      critical: numbers['alerts.critical'],
    },
    excepted: numbers['alerts.excepted'],
    deliveries,
    rejections: numbers.rejections,
    rejectionsDropped: numbers['rejections.dropped'],
  };
}
