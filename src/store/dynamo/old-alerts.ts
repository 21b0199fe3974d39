import { markedAlert, type MarkedAlert } from '../alert-mark.ts';
import { toKey } from '../column-text.ts';
import { checkLimit } from '../limit.ts';
import { readDeliveryState } from '../rows.ts';
import type { OldAlert, OldAlertPage, OldAlertQuery } from '../store.ts';
import { severities } from '../../event/severity.ts';
import {
  alertKey,
  alertWithin,
  occurrenceKey,
  occurrencesPartition,
  placesOf,
  segmentKey,
  storedAlert,
  type StoredAlert,
} from './alert-item.ts';
import type { Changes, Plan } from './change.ts';
import {
  deliveryKey,
  placeInQueue,
  removalWrites,
  storedDelivery,
  Tallies,
  type StoredDelivery,
} from './delivery.ts';
import type { Head, HeadNumber } from './head.ts';
import { keyOf, numberOf, type Item } from './item.ts';
import { keyText } from './keys.ts';
import { readSegment, segmentItem } from './segment.ts';
import { textWithin, type Stage } from './stage.ts';
import type { Table } from './table.ts';
import type { Write } from './write.ts';

const partition = segmentKey(0).pk;

/**
 * A page of the oldest alerts, in the order of their numbers, which is that of storing them.
 * @throws {RangeError} where `limit` is out of its range
 */
export async function selectOldAlerts(table: Table, query: OldAlertQuery): Promise<OldAlertPage> {
  const { before, after, limit } = query;
  checkLimit(limit);
  const numbered: [number, string][] = [];
  for await (const page of table.pages({
    pk: partition,
    from: await firstSegment(table, after),
    limit: 100,
  })) {
    for (const item of page) {
      const { alerts } = await readSegment(table, item);
      numbered.push(
        ...alerts.filter(([sequence]) => sequence > (after ?? 0)).map(([n, id]): [number, string] => [n, id]),
      );
    }
    if (numbered.length >= limit) break;
  }
  const chosen = numbered.slice(0, limit);
  const items = await table.getMany(chosen.map(([, id]) => alertKey(id)));
  const stored = chosen.flatMap(([, id]) => {
    const item = items.get(keyText(alertKey(id)));
    return item === undefined ? [] : [storedAlert(item)];
  });
  // A clock that was set back leaves older ones behind younger ones; they are found when those have come of age.
  const young = stored.findIndex(({ storedAt }) => storedAt >= before);
  const old = young === -1 ? stored : stored.slice(0, young);
  const deliveries = await deliveriesOf(table, old);
  const alerts = await Promise.all(
    old.map(async (each): Promise<OldAlert> => ({
      alert: await alertWithin(table, each.item),
      storedAt: each.storedAt,
      deliveries: (deliveries.get(each.id) ?? []).map(({ row }) => readDeliveryState(row, table.place)),
    })),
  );
  const lastId = old.at(-1)?.id;
  return {
    alerts,
    next: young === -1 && chosen.length === limit ? chosen.at(-1)?.[0] : undefined,
    last: chosen.find(([, id]) => id === lastId)?.[0],
  };
}

/** The segment that holds the alert of a number is the last that begins at it or before. */
async function firstSegment(table: Table, after: number | undefined): Promise<string | undefined> {
  if (after === undefined) return undefined;
  const to = segmentKey(after).sk;
  for await (const [item] of table.pages({ pk: partition, to, newestFirst: true, limit: 1 }))
    if (item !== undefined) return segmentKey(numberOf(item, 'q') ?? 0).sk;
  return to;
}

/** The deliveries of alerts, by the alert's id, in the order of their channels. */
export async function deliveriesOf(
  table: Table,
  alerts: readonly StoredAlert[],
): Promise<ReadonlyMap<string, readonly StoredDelivery[]>> {
  const items = await table.getMany(alerts.flatMap(({ deliveries }) => deliveries.map(deliveryKey)));
  return new Map(
    alerts.map(({ id, deliveries }) => {
      const found = deliveries.flatMap((each) => {
        const item = items.get(keyText(deliveryKey(each)));
        return item === undefined ? [] : [storedDelivery(item)];
      });
      return [id, found.toSorted((a, b) => (a.row.channel < b.row.channel ? -1 : 1))];
    }),
  );
}

/** Well below what one transaction holds, because the deliveries must be as they were read. */
const mostWrites = 60;

/** As `Store.forget`. */
export async function forgetAlerts(
  table: Table,
  changes: Changes,
  marked: readonly MarkedAlert[],
): Promise<number> {
  let gone = 0;
  const marks = new Map(marked.map(({ id, mark }) => [toKey(id), mark]));
  let rest = [...marks];
  while (rest.length > 0) {
    const { looked, removed } = await changes.change('alerts', (head, stage) =>
      planForgetting(table, rest, head, stage),
    );
    gone += removed;
    rest = rest.slice(looked);
  }
  return gone;
}

const touchedStatuses = [
  'status.acknowledged',
  'status.in-progress',
  'status.resolved',
  'status.false-positive',
] as const;

interface Forgotten {
  /** How many of the ids, from the first, are dealt with. */
  readonly looked: number;
  readonly removed: number;
}

async function planForgetting(
  table: Table,
  marked: readonly (readonly [id: string, mark: string])[],
  head: Head,
  stage: Stage,
): Promise<Plan<Forgotten>> {
  const some = marked.slice(0, mostWrites);
  const items = await table.getMany(some.map(([id]) => alertKey(id)));
  const alerts = await Promise.all(
    some.map(async ([id, mark]) => {
      const item = items.get(keyText(alertKey(id)));
      const isAsRead = item !== undefined && markedAlert(await alertWithin(table, item)).mark === mark;
      return isAsRead ? item : undefined;
    }),
  );
  const known = alerts.flatMap((item) => (item === undefined ? [] : [storedAlert(item)]));
  const deliveries = await deliveriesOf(table, known);
  const writes: Write[] = [];
  const numbers: Partial<Record<HeadNumber, number>> = {};
  const tallies = new Tallies();
  const gone: StoredAlert[] = [];
  let looked = 0;
  for (const item of alerts) {
    const alert = item && storedAlert(item);
    const owed = alert === undefined ? [] : (deliveries.get(alert.id) ?? []);
    if (writes.length > 0 && writes.length + 2 * owed.length + 3 > mostWrites) break;
    looked += 1;
    if (alert === undefined || owed.some(({ row }) => placeInQueue(row) !== undefined)) continue;
    gone.push(alert);
    stage.replace(alert.item);
    writes.push({ type: 'remove', key: alertKey(alert.id) });
    for (const key of placesOf(alert)) writes.push({ type: 'remove', key });
    writes.push(...(await occurrenceRemovals(table, alert, stage)));
    const status = touchedStatuses.find((one) => `status.${alert.status}` === one);
    if (status !== undefined) numbers[status] = (numbers[status] ?? head.numbers[status]) - 1;
    const severity = severities.find((one) => one === alert.severity);
    const name =
      alert.excepted === 1 || severity === undefined ? 'alerts.excepted' : (`alerts.${severity}` as const);
    numbers[name] = (numbers[name] ?? head.numbers[name]) - 1;
    for (const delivery of owed) {
      writes.push(...removalWrites(delivery));
      tallies.add(delivery.row, -1);
    }
  }
  writes.push(...tallies.writes());
  writes.push(...(await shrinkSegments(table, gone, stage)));
  if (gone.length === 0) return { writes: [], result: { looked, removed: 0 } };
  return { writes, numbers, result: { looked, removed: gone.length } };
}

/** What has joined an alert goes with it. */
async function occurrenceRemovals(table: Table, alert: StoredAlert, stage: Stage): Promise<readonly Write[]> {
  const writes: Write[] = [];
  for await (const page of table.pages({ pk: occurrencesPartition(alert.id) }))
    for (const item of page) {
      const ids = JSON.parse(await textWithin(table, item, 'what has joined an alert')) as readonly string[];
      stage.replace(item);
      writes.push({ type: 'remove', key: keyOf(item) });
      for (const id of ids) writes.push({ type: 'remove', key: occurrenceKey(id) });
    }
  return writes;
}

/** Segments without those alerts; one that none is left of goes with its lists. */
async function shrinkSegments(
  table: Table,
  gone: readonly StoredAlert[],
  stage: Stage,
): Promise<readonly Write[]> {
  const ids = new Set(gone.map(({ id }) => id));
  const keys = [...new Set(gone.flatMap(({ segments }) => segments))].map(segmentKey);
  const items = await table.getMany(keys);
  return Promise.all(
    [...items.values()].map(async (item: Item): Promise<Write> => {
      const segment = await readSegment(table, item);
      const alerts = segment.alerts.filter(([, id]) => !ids.has(id));
      const grown = segment.grown.filter((id) => !ids.has(id));
      stage.replace(item);
      if (alerts.length + grown.length > 0)
        return { type: 'put', item: segmentItem({ ...segment, alerts, grown }, stage) };
      stage.old.push(...segment.lists);
      return { type: 'remove', key: segmentKey(segment.sequence) };
    }),
  );
}
