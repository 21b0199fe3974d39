import type { Alert } from '../../alert/alert.ts';
import { raisedStanding, standingOf } from '../../alert/standing.ts';
import { readCause, readTold } from '../rows.ts';
import { fromColumn, toColumn } from '../column-text.ts';
import type { Delivery } from '../delivery.ts';
import type { StoreCounts } from '../store.ts';
import { alertKey, alertWithin } from './alert-item.ts';
import {
  countsPartition,
  deliveryKey,
  moveWrites,
  placeInQueue,
  putOffPrefix,
  queuePartition,
  readyPrefix,
  storedDelivery,
  type StoredDelivery,
} from './delivery.ts';
import { numberOf, textOf, unpackText, type Item } from './item.ts';
import { keyText, last, rising } from './keys.ts';
import { backOff, type Table } from './table.ts';
import { transactItem } from './write.ts';

interface Claim {
  readonly now: number;
  readonly leaseUntil: number;
  readonly limit: number;
}

/** Put-off deliveries of one channel that are due are looked at so many at once: more than that, and the order among them is that of when they were due. */
const mostDue = 5_000;
/** Three writes for each, and a transaction has room for a hundred. */
const takenAtOnce = 30;
const groupsAtOnce = 4;

/** Takes due deliveries, those of the oldest alerts first. Whom another was faster to take is passed over. */
export async function claimDeliveries(
  table: Table,
  channel: string,
  claim: Claim,
): Promise<readonly Delivery[]> {
  const taken: StoredDelivery[] = [];
  const column = toColumn(channel);
  for (let tries = 1; taken.length < claim.limit; tries++) {
    const due = await dueItems(table, column, claim.now, claim.limit - taken.length);
    if (due.length === 0) break;
    const before = taken.length;
    const groups = Array.from({ length: Math.ceil(due.length / takenAtOnce) }, (_, i) =>
      due.slice(i * takenAtOnce, (i + 1) * takenAtOnce),
    );
    for (let from = 0; from < groups.length; from += groupsAtOnce) {
      const some = groups.slice(from, from + groupsAtOnce);
      taken.push(...(await Promise.all(some.map((group) => take(table, group, claim.leaseUntil)))).flat());
    }
    if (taken.length === before) await backOff(Math.min(tries, 4));
  }
  const items = await table.getMany(taken.map(({ alertId }) => alertKey(alertId)));
  const deliveries = await Promise.all(
    taken
      .toSorted((a, b) => a.row.follows - b.row.follows || a.row.alert - b.row.alert)
      .map(async ({ row, alertId }): Promise<readonly Delivery[]> => {
        const item = items.get(keyText(alertKey(alertId)));
        return item === undefined ? [] : [claimed(row, channel, await alertWithin(table, item), table.place)];
      }),
  );
  return deliveries.flat();
}

function claimed(row: StoredDelivery['row'], channel: string, alert: Alert, place: string): Delivery {
  const standing = standingOf(alert);
  const cause = readCause(row.cause, place);
  return {
    id: row.id,
    channel,
    alert,
    standing,
    attempts: row.attempts - 1,
    revision: row.revision,
    told:
      row.follows === 1
        ? (readTold(row.told, place) ?? { standing: raisedStanding(alert), receipt: {} })
        : undefined,
    owedSince: row.changed_at ?? undefined,
    ...(cause === undefined ? {} : { cause }),
  };
}

async function dueItems(table: Table, channel: string, now: number, limit: number): Promise<readonly Item[]> {
  const pk = queuePartition(channel);
  const [ready, putOff] = await Promise.all([
    some(table, { pk, from: readyPrefix, to: `${readyPrefix}${last}`, limit }, limit),
    some(table, { pk, from: putOffPrefix, to: `${putOffPrefix}${rising(now)}${last}` }, mostDue),
  ]);
  return [...ready, ...putOff]
    .toSorted((a, b) => order(a, 'follows') - order(b, 'follows') || order(a, 'q') - order(b, 'q'))
    .slice(0, limit);
}

function order(item: Item, name: 'follows' | 'q'): number {
  return numberOf(item, name) ?? 0;
}

async function some(
  table: Table,
  range: Parameters<Table['pages']>[0],
  most: number,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  for await (const page of table.pages(range)) {
    items.push(...page);
    if (items.length >= most) break;
  }
  return items.slice(0, most);
}

/** Those for which nobody else was faster: all in one transaction, or, where that fails for one of them, each by itself. */
async function take(
  table: Table,
  queued: readonly Item[],
  leaseUntil: number,
): Promise<readonly StoredDelivery[]> {
  const keys = queued.map((item) => deliveryKey(textOf(item, 'id') ?? ''));
  const items = await table.getMany(keys);
  const moves = keys.flatMap((key, i) => {
    const item = items.get(keyText(key));
    const before = item && storedDelivery(item);
    if (before === undefined || placeInQueue(before.row) !== textOf(queued[i], 'sk')) return [];
    const { row } = before;
    return [
      { before, after: { ...row, phase: 'leased', due: leaseUntil, attempts: row.attempts + 1 } as const },
    ];
  });
  if (moves.length === 0) return [];
  const writes = moveWrites(moves).map((write) => transactItem(write, table.name));
  if (await table.transact(writes)) return moves.map(({ before, after }) => ({ ...before, row: after }));
  if (queued.length === 1) return [];
  const singly = await Promise.all(queued.map((item) => take(table, [item], leaseUntil)));
  return singly.flat();
}

/** The running totals of deliveries, by channel. */
async function tallies(
  table: Table,
): Promise<readonly { readonly channel: string; readonly tally: StoreCounts['deliveries'] }[]> {
  const items = await table.list({ pk: countsPartition });
  return items.map((item) => ({
    channel: unpackText(item['b']?.B ?? new Uint8Array([0])),
    tally: {
      pending: numberOf(item, 'pending') ?? 0,
      delivered: numberOf(item, 'delivered') ?? 0,
      dead: numberOf(item, 'dead') ?? 0,
      dropped: numberOf(item, 'dropped') ?? 0,
    },
  }));
}

/** What channels are owed. */
export async function countOwed(table: Table): Promise<Readonly<Record<string, number>>> {
  const owed = new Map<string, number>();
  for (const { channel, tally } of await tallies(table))
    owed.set(channel, (owed.get(channel) ?? 0) + tally.pending);
  return Object.fromEntries(
    [...owed].flatMap(([channel, count]) => (count === 0 ? [] : [[fromColumn(channel), count]])),
  );
}

export async function countDeliveries(table: Table): Promise<StoreCounts['deliveries']> {
  const sum = { pending: 0, delivered: 0, dead: 0, dropped: 0 };
  for (const { tally } of await tallies(table)) {
    sum.pending += tally.pending;
    sum.delivered += tally.delivered;
    sum.dead += tally.dead;
    sum.dropped += tally.dropped;
  }
  return sum;
}
