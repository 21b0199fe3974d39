import { StoreError } from '../error.ts';
import type { CommitRows } from '../rows.ts';
import type { CommitResult } from '../store.ts';
import { alertKey, occurrenceKey } from './alert-item.ts';
import { planAlerts } from './arrivals.ts';
import { planAssets } from './asset-commit.ts';
import { assetKey } from './asset-item.ts';
import type { Plan } from './change.ts';
import { withFollowUps } from './follow-ups.ts';
import type { Head } from './head.ts';
import { keyItem, keyOf, type Item } from './item.ts';
import { alone, keyPart, keyText, type Key } from './keys.ts';
import { overflowsEnd } from './pace.ts';
import { planRejections, rejectionIdKey, type RejectionLimits } from './rejections.ts';
import type { Stage } from './stage.ts';
import type { Table } from './table.ts';
import type { Write } from './write.ts';

export interface CommitOptions {
  readonly table: Table;
  readonly rejections: RejectionLimits;
  /** Revisions of the assets that were written here. */
  readonly own: ReadonlySet<number>;
}

export interface CommitOutcome {
  readonly results: readonly CommitResult[];
  /** The revision of assets that this wrote. */
  readonly revision: number | undefined;
  /** How many were owed; some may be left to `workOffFollowUps`. */
  readonly followUps: number;
}

export function positionKey(source: string): Key {
  return { pk: `P#${keyPart(source)}`, sk: alone };
}

export const stateShards = 8;

export function statePartition(shard: number): string {
  return `S#${shard}`;
}

function stateKey(key: string): Key {
  const part = keyPart(key);
  const sum = Array.from(part).reduce(
    (before, sign) => (before * 31 + (sign.codePointAt(0) ?? 0)) % 65_536,
    0,
  );
  return { pk: statePartition(sum % stateShards), sk: part };
}

/** All batches of a group, in order, as one change. An alert that several of them bring belongs to the first. */
export async function planCommit(
  batches: readonly CommitRows[],
  head: Head,
  stage: Stage,
  options: CommitOptions,
): Promise<Plan<CommitOutcome>> {
  const { table } = options;
  checkLeader(batches, head, table.place);
  const alerts = batches.flatMap((batch) => batch.alerts);
  const positions = new Map(batches.flatMap((batch) => batch.positions.map((row) => [row.source, row])));
  const state = new Map(batches.flatMap((batch) => batch.state.map(({ key, row }) => [key, row])));
  const rejections = batches.flatMap((batch) => batch.rejections);
  const assets = batches.flatMap((batch) => batch.assets);
  const there = await table.getMany([
    ...alerts.flatMap(({ row }) => [alertKey(row.id), occurrenceKey(row.id)]),
    ...[...positions.keys()].map(positionKey),
    ...[...state.keys()].map(stateKey),
    ...rejections.map(({ id }) => rejectionIdKey(id)),
    ...assets.map(({ key }) => assetKey(key)),
  ]);

  const writes: Write[] = [];
  const put = (item: Item): void => {
    stage.replace(there.get(keyText(keyOf(item))));
    writes.push({ type: 'put', item });
  };
  const remove = (key: Key): void => {
    const item = there.get(keyText(key));
    if (item === undefined) return;
    stage.replace(item);
    writes.push({ type: 'remove', key });
  };

  const planned = await planAlerts(batches, there, head, stage, table);
  writes.push(...planned.writes);
  const refused = await planRejections(rejections, there, head, stage, table, options.rejections);
  writes.push(...refused.writes);
  for (const row of positions.values())
    put({ ...keyItem(positionKey(row.source)), ...stage.pack(row.position) });
  for (const { key, row } of planned.notes) if (!state.has(key)) state.set(key, row);
  for (const [key, row] of state)
    if (row === undefined) remove(stateKey(key));
    else put({ ...keyItem(stateKey(key)), ...stage.pack(JSON.stringify([row.key, row.value])) });
  const remembered = await planAssets(batches, there, head, stage, table, options.own);
  writes.push(...remembered.writes);

  writes.push(...overflowsEnd(batches.flatMap(({ overflowsTold }) => overflowsTold)));

  const { first, created, joined, mutedOf } = planned;
  const results = batches.map((batch) => {
    const mine = batch.alerts.filter((entry) => first.get(entry.row.id) === entry);
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
  return {
    writes: await withFollowUps(table, writes, planned.followUps, stage),
    numbers: { ...planned.numbers, ...refused.numbers, ...remembered.numbers },
    result: { results, revision: remembered.revision, followUps: planned.followUps.length },
  };
}

/** @throws {StoreError} `superseded` where a batch was decided by who is the leader no more */
function checkLeader(batches: readonly CommitRows[], head: Head, place: string): void {
  if (batches.every(({ leader }) => leader === undefined || leader === head.numbers.leader)) return;
  throw new StoreError('superseded', {
    subject: 'commit',
    place,
    reason: 'another server has become the leader',
    wayOut: 'send it to that server; nothing of it has been kept here',
  });
}
