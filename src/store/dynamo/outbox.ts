import { StoreError } from '../error.ts';
import { fromColumn, toColumn } from '../column-text.ts';
import type { Delivery, DeliveryOutcome, StoreCounts } from '../store.ts';
import { alertKey, alertWithin } from './alert-item.ts';
import {
  countsPartition,
  deliveryItem,
  deliveryKey,
  putOffKey,
  putOffPrefix,
  queueItem,
  queuePartition,
  readyPrefix,
  stateOf,
  storedDelivery,
  tallyWrite,
  type StoredDelivery,
  type Tally,
} from './delivery.ts';
import { numberOf, textOf, unpackText, type Item } from './item.ts';
import { keyText, last, rising } from './keys.ts';
import { backOff, type Table } from './table.ts';
import { transactItem, type Write } from './write.ts';

interface Claim {
  readonly now: number;
  readonly leaseUntil: number;
  readonly limit: number;
}

/** Put-off deliveries of one channel that are due are looked at so many at once: more than that, and the order among them is that of when they were due. */
const mostDue = 5_000;
const takenAtOnce = 20;

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
    for (let from = 0; from < due.length; from += takenAtOnce) {
      const got = await Promise.all(
        due.slice(from, from + takenAtOnce).map((item) => take(table, item, claim.leaseUntil)),
      );
      taken.push(...got.flatMap((delivery) => delivery ?? []));
    }
    if (taken.length === before) await backOff(Math.min(tries, 4));
  }
  const items = await table.getMany(taken.map(({ alert }) => alertKey(alert)));
  const deliveries = await Promise.all(
    taken
      .toSorted((a, b) => a.sequence - b.sequence)
      .map(async ({ id, alert, attempts }): Promise<readonly Delivery[]> => {
        const item = items.get(keyText(alertKey(alert)));
        if (item === undefined) return [];
        return [{ id, channel, alert: await alertWithin(table, item), attempts: attempts - 1 }];
      }),
  );
  return deliveries.flat();
}

async function dueItems(
  table: Table,
  channel: string,
  now: number,
  limit: number,
): Promise<readonly Item[]> {
  const pk = queuePartition(channel);
  const [ready, putOff] = await Promise.all([
    some(table, { pk, from: readyPrefix, to: `${readyPrefix}${last}`, limit }, limit),
    some(table, { pk, from: putOffPrefix, to: `${putOffPrefix}${rising(now)}${last}` }, mostDue),
  ]);
  return [...ready, ...putOff]
    .toSorted((a, b) => (numberOf(a, 'q') ?? 0) - (numberOf(b, 'q') ?? 0))
    .slice(0, limit);
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

/** Undefined where another was faster. */
async function take(table: Table, queued: Item, leaseUntil: number): Promise<StoredDelivery | undefined> {
  const item = await table.get(deliveryKey(textOf(queued, 'id') ?? ''));
  if (item === undefined) return undefined;
  const delivery = storedDelivery(item);
  if (delivery.queued !== textOf(queued, 'sk')) return undefined;
  const next: StoredDelivery = {
    ...delivery,
    phase: 'leased',
    attempts: delivery.attempts + 1,
    queued: putOffKey(leaseUntil, delivery.sequence),
  };
  return (await moveOn(table, delivery, next)) ? next : undefined;
}

/** Writes the next state of a delivery, with its place in the queue and the totals; false where it has moved on meanwhile. */
async function moveOn(
  table: Table,
  before: StoredDelivery,
  after: StoredDelivery,
  tally?: Tally,
): Promise<boolean> {
  const pk = queuePartition(before.channel);
  const writes: Write[] = [];
  if (before.queued !== undefined && before.queued !== after.queued)
    writes.push({ type: 'remove', key: { pk, sk: before.queued } });
  if (after.queued !== undefined) writes.push({ type: 'put', item: queueItem(after, after.queued) });
  if (tally !== undefined) writes.push(tallyWrite(before.channel, tally));
  return table.transact([
    {
      Put: {
        TableName: table.name,
        Item: deliveryItem(after),
        ConditionExpression: '#state = :state',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':state': { S: stateOf(before) } },
      },
    },
    ...writes.map((write) => transactItem(write, table.name)),
  ]);
}

const mostTries = 30;

/** Writes down how an attempt ended; see `Store.settle` for what counts when. */
export async function settleDelivery(
  table: Table,
  id: string,
  outcome: DeliveryOutcome,
  now: number,
): Promise<void> {
  for (let tries = 1; tries <= mostTries; tries++) {
    const item = await table.get(deliveryKey(toColumn(id)));
    if (item === undefined) return;
    const delivery = storedDelivery(item);
    const next = settled(delivery, outcome, now);
    if (next === undefined || (await moveOn(table, delivery, next.delivery, next.tally))) return;
    await backOff(Math.min(tries, 5));
  }
  throw new StoreError('busy', {
    subject: 'settle',
    place: table.place,
    reason: 'others keep changing the same delivery',
    wayOut: 'try again',
  });
}

/** Undefined where the outcome changes nothing. */
function settled(
  delivery: StoredDelivery,
  outcome: DeliveryOutcome,
  now: number,
): { readonly delivery: StoredDelivery; readonly tally?: Tally } | undefined {
  const { phase, sequence } = delivery;
  switch (outcome.type) {
    case 'delivered':
      if (phase === 'delivered') return undefined;
      return {
        delivery: { ...delivery, phase: 'delivered', queued: undefined, reason: undefined, settledAt: now },
        tally: { ...(phase === 'dead' ? { dead: -1 } : { pending: -1 }), delivered: 1 },
      };
    case 'retry':
      if (phase !== 'leased') return undefined;
      return {
        delivery: {
          ...delivery,
          phase: 'waiting',
          queued: putOffKey(outcome.at, sequence),
          reason: toColumn(outcome.reason),
        },
      };
    case 'dead':
      if (phase !== 'leased') return undefined;
      return {
        delivery: {
          ...delivery,
          phase: 'dead',
          queued: undefined,
          reason: toColumn(outcome.reason),
          settledAt: now,
        },
        tally: { pending: -1, dead: 1 },
      };
    default:
      return outcome satisfies never;
  }
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
  const sum = { pending: 0, delivered: 0, dead: 0 };
  for (const { tally } of await tallies(table)) {
    sum.pending += tally.pending;
    sum.delivered += tally.delivered;
    sum.dead += tally.dead;
  }
  return sum;
}
