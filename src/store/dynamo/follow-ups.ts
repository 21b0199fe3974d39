import { fromColumn, toColumn, toKey } from '../column-text.ts';
import { dueAnew, type OwedDelivery } from '../owed.ts';
import { readCause } from '../rows.ts';
import { alertKey, storedAlert, type StoredAlert } from './alert-item.ts';
import { isSmall, type Changes } from './change.ts';
import { deliveryWrites, moveWrites, newDelivery, Tallies, type StoredDelivery } from './delivery.ts';
import { deliveriesOf } from './old-alerts.ts';
import { keyItem, keyOf } from './item.ts';
import { textWithin, type Stage } from './stage.ts';
import type { Table } from './table.ts';
import type { Write } from './write.ts';

/** So many alerts at once that their deliveries can be held to how they were read; see `Where` of a write. */
const alertsAtOnce = 4;

interface Times {
  readonly now: number;
  readonly at: number;
}

/** See `Store.oweFollowUps`. */
export async function oweFollowUps(
  table: Table,
  changes: Changes,
  alertIds: readonly string[],
  channels: readonly string[],
  times: Times,
): Promise<void> {
  if (channels.length === 0) return;
  const told = channels.map(toColumn);
  const ids = [...new Set(alertIds.map(toKey))];
  for (let from = 0; from < ids.length; from += alertsAtOnce)
    await changes.change('oweFollowUps', async () => {
      const some = ids.slice(from, from + alertsAtOnce).map((id) => ({ id, channels: told, ...times }));
      return { writes: await followUpWrites(table, some), result: undefined };
    });
}

/** Channels that know of an alert, and are to be told how it stands now. */
export interface FollowUp extends Times {
  /** As `toKey` makes it. */
  readonly id: string;
  /** As `toColumn` makes them. */
  readonly channels: readonly string[];
  /** Whether the time of what is owed only under a condition begins anew, whatever the channel, before the others are told. */
  readonly anew?: boolean | undefined;
}

async function followUpWrites(table: Table, followUps: readonly FollowUp[]): Promise<readonly Write[]> {
  const items = await table.getMany(followUps.map(({ id }) => alertKey(id)));
  const deliveries = await deliveriesOf(table, [...items.values()].map(storedAlert));
  // One write for each delivery, whatever concerns it.
  const moves = [...Map.groupBy(followUps, ({ id }) => id)].flatMap(([id, concerning]) =>
    (deliveries.get(id) ?? []).flatMap((before) => {
      const after = concerning.reduce((row, followUp) => changed(row, followUp, table.place), before.row);
      return after === before.row ? [] : [{ before, after }];
    }),
  );
  return moveWrites(moves);
}

function changed(
  before: StoredDelivery['row'],
  { channels, now, at, anew = false }: FollowUp,
  place: string,
): StoredDelivery['row'] {
  const row = anew ? owedAnew(before, now, place) : before;
  if (!channels.includes(row.channel)) return row;
  const known = row.told_revision >= 0;
  const over = known && (row.phase === 'delivered' || row.phase === 'dead' || row.phase === 'dropped');
  // Not after a failed attempt, whose wait is the receiver's to say; nor a first message that is to wait for a time or a condition.
  const untried = row.phase === 'waiting' && row.attempts === 0 && known;
  return {
    ...row,
    revision: row.revision + 1,
    // Whose time has not come is as old then as before.
    changed_at: over ? at : row.phase === 'waiting' && row.attempts === 0 && !known ? row.changed_at : now,
    phase: over ? 'waiting' : row.phase,
    follows: known ? 1 : 0,
    attempts: over ? 0 : row.attempts,
    due: over ? at : untried && row.due > at ? at : row.due,
  };
}

/**
 * Begins anew the time of what is owed only under a condition. Not where a message is being sent, or waits to tell what the channel has not
 * heard yet.
 */
function owedAnew(row: StoredDelivery['row'], now: number, place: string): StoredDelivery['row'] {
  const isTold = row.told_revision >= 0;
  const isFree =
    row.phase === 'delivered' ||
    row.phase === 'dead' ||
    row.phase === 'dropped' ||
    (row.phase === 'waiting' && !isTold);
  const due = dueAnew(readCause(row.cause, place), now);
  if (!isFree || due === undefined) return row;
  return {
    ...row,
    phase: 'waiting',
    due,
    changed_at: due,
    attempts: 0,
    reason: null,
    settled_at: null,
    revision: row.revision + 1,
    follows: isTold ? 1 : 0,
  };
}

/** What an alert that is there owes again. */
export interface OwedAgain {
  readonly alert: StoredAlert;
  /** Its id as it is. */
  readonly id: string;
  readonly owes: readonly OwedDelivery[];
  readonly now: number;
  readonly isOpenAgain: boolean;
}

export interface DeliveredAgain {
  readonly followUps: readonly FollowUp[];
  /** Ids of new deliveries, by the key of their alert. */
  readonly added: ReadonlyMap<string, readonly string[]>;
  readonly writes: readonly Write[];
}

/**
 * A follow-up to those that are owed an alert or were told of it, a first message to the others. What waits for a time or a condition is owed
 * once, and anew where the alert is open again.
 */
export async function deliverAgain(table: Table, owed: readonly OwedAgain[]): Promise<DeliveredAgain> {
  const known = await deliveriesOf(
    table,
    owed.filter(({ owes }) => owes.length > 0).map(({ alert }) => alert),
  );
  const tallies = new Tallies();
  const writes: Write[] = [];
  const followUps: FollowUp[] = [];
  const added = new Map<string, readonly string[]>();
  for (const { alert, id, owes, now, isOpenAgain } of owed) {
    const channels = new Set((known.get(alert.id) ?? []).map(({ row }) => fromColumn(row.channel)));
    const again = owes.filter(({ channel, cause }) => channels.has(channel) && cause === undefined);
    if (isOpenAgain) followUps.push({ id: alert.id, channels: [], now, at: now, anew: true });
    // What goes into a digest waits for the digest.
    for (const [at, some] of Map.groupBy(again, ({ due = now }) => Math.max(due, now)))
      followUps.push({ id: alert.id, channels: some.map(({ channel }) => toColumn(channel)), now, at });
    const first = owes
      .filter(({ channel }) => !channels.has(channel))
      .map((one) => newDelivery({ id, key: alert.id, sequence: alert.sequence }, one, now));
    for (const delivery of first) {
      tallies.add(delivery.row, 1);
      writes.push(...deliveryWrites(undefined, delivery));
    }
    if (first.length > 0)
      added.set(
        alert.id,
        first.map(({ row }) => row.id),
      );
  }
  writes.push(...tallies.writes());
  return { followUps, added, writes };
}

/** Follow-ups that a change has left for later. */
const laterList = 'FU';

/**
 * The writes of a change together with its follow-ups. Those are held to the state of deliveries as they were read, which only a change of one
 * transaction can be: a larger one writes down that they are owed, and `workOffFollowUps` makes them afterwards.
 */
export async function withFollowUps(
  table: Table,
  writes: readonly Write[],
  followUps: readonly FollowUp[],
  stage: Stage,
): Promise<readonly Write[]> {
  if (followUps.length === 0) return writes;
  const moves = await followUpWrites(table, followUps);
  if (isSmall([...writes, ...moves])) return [...writes, ...moves];
  const later = followUps.map((followUp, i): Write => {
    const key = { pk: laterList, sk: `${stage.id}.${i}` };
    return { type: 'put', item: { ...keyItem(key), ...stage.pack(JSON.stringify(followUp)) } };
  });
  return [...writes, ...later];
}

/** Makes what larger changes have left. */
export async function workOffFollowUps(table: Table, changes: Changes): Promise<void> {
  for await (const page of table.pages({ pk: laterList, limit: 50 }))
    for (const item of page) {
      const key = keyOf(item);
      await changes.change('follow-up', async (_, stage) => {
        // Another process may have made it meanwhile.
        const still = await table.get(key);
        if (still === undefined) return { writes: [], result: undefined };
        const followUp = JSON.parse(await textWithin(table, still, 'a follow-up')) as FollowUp;
        stage.replace(still);
        return {
          writes: [...(await followUpWrites(table, [followUp])), { type: 'remove', key }],
          result: undefined,
        };
      });
    }
}
