import { grownAlert } from '../../alert/grown.ts';
import { StoreError } from '../error.ts';
import { readAlert, type CommitRows } from '../rows.ts';
import { alertTerms } from '../search-terms.ts';
import type { CommitResult } from '../store.ts';
import { alertItem, alertKey, alertWithin, changedAlertItem, storedAlert } from './alert-item.ts';
import { planAssets } from './asset-commit.ts';
import { assetKey } from './asset-item.ts';
import type { Plan } from './change.ts';
import { deliveryWrites, newDelivery, Tallies } from './delivery.ts';
import type { Head, HeadNumber } from './head.ts';
import { keyItem, type Item } from './item.ts';
import { alone, keyPart, keyText, type Key } from './keys.ts';
import { listTerm, postingItems, type Posted } from './posting.ts';
import { planRejections, rejectionIdKey, type RejectionLimits } from './rejections.ts';
import { segmentItem } from './segment.ts';
import { keyOf } from './item.ts';
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
  const alerts = batches.flatMap((batch) => batch.alerts.map((entry) => ({ ...entry, batch })));
  const positions = new Map(batches.flatMap((batch) => batch.positions.map((row) => [row.source, row])));
  const state = new Map(batches.flatMap((batch) => batch.state.map(({ key, row }) => [key, row])));
  const rejections = batches.flatMap((batch) => batch.rejections);
  const assets = batches.flatMap((batch) => batch.assets);
  const there = await table.getMany([
    ...alerts.map(({ row }) => alertKey(row.id)),
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

  const planned = await planAlerts(alerts, there, head, stage, table);
  writes.push(...planned.writes);
  const refused = await planRejections(rejections, there, head, stage, table, options.rejections);
  writes.push(...refused.writes);
  for (const row of positions.values())
    put({ ...keyItem(positionKey(row.source)), ...stage.pack(row.position) });
  for (const [key, row] of state)
    if (row === undefined) remove(stateKey(key));
    else put({ ...keyItem(stateKey(key)), ...stage.pack(JSON.stringify([row.key, row.value])) });
  const remembered = await planAssets(batches, there, head, stage, table, options.own);
  writes.push(...remembered.writes);

  const { first, created } = planned;
  const results = batches.map((batch) => {
    const mine = batch.alerts.filter(({ row }) => created.has(row.id) && first.get(row.id) === row);
    return { created: mine.map(({ id }) => id), repeated: batch.alerts.length - mine.length };
  });
  return {
    writes,
    numbers: { ...planned.numbers, ...refused.numbers, ...remembered.numbers },
    result: { results, revision: remembered.revision },
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

type Entry = CommitRows['alerts'][number] & { readonly batch: CommitRows };

interface PlannedAlerts {
  readonly writes: readonly Write[];
  readonly numbers: Partial<Record<HeadNumber, number>>;
  /** Of each id, the row that came first. */
  readonly first: ReadonlyMap<string, Entry['row']>;
  readonly created: ReadonlySet<string>;
}

async function planAlerts(
  entries: readonly Entry[],
  there: ReadonlyMap<string, Item>,
  head: Head,
  stage: Stage,
  table: Table,
): Promise<PlannedAlerts> {
  const firsts = new Map<string, Entry>();
  for (const entry of entries) if (!firsts.has(entry.row.id)) firsts.set(entry.row.id, entry);
  const isThere = (id: string): boolean => there.has(keyText(alertKey(id)));
  const fresh = [...firsts.values()].filter(({ row }) => !isThere(row.id));
  const created = new Set(fresh.map(({ row }) => row.id));
  const repeats = entries.filter(
    ({ row, grows }) => grows !== undefined && (firsts.get(row.id)?.row !== row || !created.has(row.id)),
  );
  const grown = await growAlerts(repeats, firsts, there, table);
  const numbers: Record<string, number> = {};
  const writes: Write[] = [];
  const first = new Map([...firsts].map(([id, { row }]) => [id, row]));
  if (fresh.length === 0 && grown.size === 0) return { writes, numbers, first, created };

  const count = (name: HeadNumber): void => {
    numbers[name] = (numbers[name] ?? head.numbers[name]) + 1;
  };
  const sequence = head.numbers['alerts.sequence'] + 1;
  const posted: Posted[] = [];
  const tallies = new Tallies();
  const stored: [number, string][] = [];
  for (const [i, { id, row, terms, owes, batch }] of fresh.entries()) {
    const alert = { id, key: row.id, sequence: sequence + i };
    const deliveries = owes.map((owed) => newDelivery(alert, owed, batch.now));
    const found = grown.get(row.id)?.terms ?? terms.split(' ');
    posted.push({
      time: row.time,
      id: row.id,
      terms: [...found, listTerm(row.severity, row.excepted === 1 ? 1 : 0)],
    });
    stored.push([alert.sequence, row.id]);
    count(row.excepted === 1 ? 'alerts.excepted' : `alerts.${row.severity}`);
    const item = alertItem(
      { ...row, alert: grown.get(row.id)?.text ?? row.alert },
      { sequence: alert.sequence, deliveries: deliveries.map((each) => each.row.id), segment: sequence },
      stage,
    );
    writes.push({ type: 'put', item });
    for (const delivery of deliveries) {
      tallies.add(delivery.row, 1);
      writes.push(...deliveryWrites(undefined, delivery));
    }
  }
  const grownThere = [...grown].filter(([id]) => !created.has(id));
  const grownIds: string[] = [];
  for (const [id, { text, terms, before }] of grownThere) {
    const item = there.get(keyText(alertKey(id)));
    if (item === undefined) continue;
    const known = new Set(before);
    const news = terms.filter((term) => !known.has(term));
    const alert = storedAlert(item);
    writes.push({
      type: 'put',
      item: changedAlertItem(alert, text, news.length > 0 ? sequence : undefined, stage),
    });
    if (news.length === 0) continue;
    grownIds.push(id);
    posted.push({ time: alert.time, id, terms: news });
  }
  writes.push(...tallies.writes());
  if (posted.length > 0) {
    const lists = postingItems(stage.id, posted);
    stage.items.push(...lists);
    const storedAt = fresh[0]?.batch.now ?? entries[0]?.batch.now ?? 0;
    const segment = { sequence, storedAt, alerts: stored, grown: grownIds, lists: lists.map(keyOf) };
    writes.push({ type: 'put', item: segmentItem(segment, stage) });
    numbers['alerts.sequence'] = sequence + Math.max(fresh.length, 1) - 1;
  }
  return { writes, numbers, first, created };
}

interface Grown {
  readonly text: string;
  readonly terms: readonly string[];
  /** What it was found by before. */
  readonly before: readonly string[];
}

/** Alerts that are there, or come first in the same change, take over what is new about them. */
async function growAlerts(
  repeats: readonly Entry[],
  firsts: ReadonlyMap<string, Entry>,
  there: ReadonlyMap<string, Item>,
  table: Table,
): Promise<ReadonlyMap<string, Grown>> {
  const found = new Map<string, Grown>();
  for (const id of new Set(repeats.map(({ row }) => row.id))) {
    const item = there.get(keyText(alertKey(id)));
    const stored =
      item === undefined
        ? readAlert(firsts.get(id)?.row.alert ?? 'null', table.place)
        : await alertWithin(table, item);
    const grown = repeats.reduce(
      (known, { row, grows }) =>
        row.id === id && grows !== undefined ? (grownAlert(known, grows) ?? known) : known,
      stored,
    );
    if (grown !== stored)
      found.set(id, { text: JSON.stringify(grown), terms: alertTerms(grown), before: alertTerms(stored) });
  }
  return found;
}
