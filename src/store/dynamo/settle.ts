import { randomUUID } from 'node:crypto';
import { toColumn } from '../column-text.ts';
import { StoreError } from '../error.ts';
import type { DeliveryOutcome } from '../delivery.ts';
import { isSmall } from './change.ts';
import { deliveryKey, moveWrites, storedDelivery, type StoredDelivery } from './delivery.ts';
import { keyItem, keyOf, numberOf, numeral, packed, unpackText } from './item.ts';
import { backOff, type Table } from './table.ts';
import { transactItem } from './write.ts';

/** What is to be settled and does not fit into one transaction: once this is written, it will be. */
const pendingList = 'SE';

interface Settlement {
  /** As `toColumn` makes them. */
  readonly ids: readonly string[];
  readonly outcome: DeliveryOutcome;
  readonly now: number;
}

/** Three writes for each at most, and a transaction has room for a hundred. */
const settledAtOnce = 25;
const mostTries = 30;

/** Writes down how attempts ended, of all or of none; see `Store.settle` for what counts when. */
export async function settleDeliveries(
  table: Table,
  ids: readonly string[],
  outcome: DeliveryOutcome,
  now: number,
): Promise<void> {
  const settlement = { ids: [...new Set(ids.map(toColumn))], outcome, now };
  if (await settleTogether(table, settlement)) return;
  const key = { pk: pendingList, sk: randomUUID() };
  await table.putAll([{ ...keyItem(key), at: numeral(Date.now()), ...packed(JSON.stringify(settlement)) }]);
  await settleInTurns(table, settlement);
  await table.removeAll([key]);
}

/** Brings to their end what processes have left that died while they settled, before a time. */
export async function workOffSettlements(table: Table, before: number): Promise<void> {
  for await (const page of table.pages({ pk: pendingList, limit: 10 }))
    for (const item of page) {
      if ((numberOf(item, 'at') ?? 0) >= before) continue;
      await settleInTurns(table, JSON.parse(unpackText(item['b']?.B ?? new Uint8Array())) as Settlement);
      await table.removeAll([keyOf(item)]);
    }
}

/** In one transaction; false where that has no room for them. */
async function settleTogether(table: Table, { ids, outcome, now }: Settlement): Promise<boolean> {
  for (let tries = 1; tries <= mostTries; tries++) {
    const items = await table.getMany(ids.map(deliveryKey));
    const moves = [...items.values()].flatMap((item) => {
      const before = storedDelivery(item);
      const after = settled(before.row, outcome, now);
      return after === undefined ? [] : [{ before, after }];
    });
    const writes = moveWrites(moves);
    if (writes.length === 0) return true;
    if (!isSmall(writes)) return false;
    if (await table.transact(writes.map((write) => transactItem(write, table.name)))) return true;
    await backOff(Math.min(tries, 5));
  }
  throw new StoreError('busy', {
    subject: 'settle',
    place: table.place,
    reason: 'others keep changing the same delivery',
    wayOut: 'try again',
  });
}

async function settleInTurns(table: Table, settlement: Settlement): Promise<void> {
  const { ids } = settlement;
  for (let from = 0; from < ids.length; from += settledAtOnce)
    await settleTogether(table, { ...settlement, ids: ids.slice(from, from + settledAtOnce) });
}

/** Undefined where the outcome changes nothing. */
function settled(
  row: StoredDelivery['row'],
  outcome: DeliveryOutcome,
  now: number,
): StoredDelivery['row'] | undefined {
  switch (outcome.type) {
    case 'delivered': {
      const { revision = 0, told } = outcome;
      if (row.told_revision >= revision) return undefined;
      const known = {
        ...row,
        told_revision: revision,
        ...(told === undefined ? {} : { told: JSON.stringify(told) }),
        reason: null,
        settled_at: now,
      };
      return row.revision > revision
        ? { ...known, phase: 'waiting', follows: 1, attempts: 0, due: now }
        : { ...known, phase: 'delivered' };
    }
    case 'retry':
      if (row.phase !== 'leased') return undefined;
      return { ...row, phase: 'waiting', due: outcome.at, reason: toColumn(outcome.reason) };
    case 'postponed':
      if (row.phase !== 'leased') return undefined;
      return {
        ...row,
        phase: 'waiting',
        due: outcome.at,
        changed_at: outcome.at,
        attempts: row.attempts - 1,
        reason: toColumn(outcome.reason),
      };
    case 'dead':
    case 'dropped':
      if (row.phase !== 'leased') return undefined;
      return { ...row, phase: outcome.type, reason: toColumn(outcome.reason), settled_at: now };
    default:
      return outcome satisfies never;
  }
}
