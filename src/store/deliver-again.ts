import type { Transaction } from 'kysely';
import { fromColumn } from './column-text.ts';
import { oweFollowUps } from './outbox.ts';
import { deliveryRow } from './rows.ts';
import type { Tables } from './schema.ts';
import type { OwedDelivery } from './owed.ts';

/**
 * Owes channels an alert again: a follow-up to those that are owed it or were told of it, a first message to the others.
 * What waits for a time or a condition is owed once.
 */
export async function deliverAgain(
  trx: Transaction<Tables>,
  alert: { readonly id: string; readonly sequence: number },
  owed: readonly OwedDelivery[],
  now: number,
): Promise<void> {
  if (owed.length === 0) return;
  const rows = await trx
    .selectFrom('deliveries')
    .select('channel')
    .where('alert', '=', alert.sequence)
    .execute();
  const known = new Set(rows.map(({ channel }) => fromColumn(channel)));
  const again = owed.filter(({ channel, cause }) => known.has(channel) && cause === undefined);
  await oweFollowUps(
    trx,
    [alert.id],
    again.map(({ channel }) => channel),
    { now, at: now },
  );
  const first = owed.filter(({ channel }) => !known.has(channel)).map((one) => deliveryRow(alert, one, now));
  if (first.length > 0) await trx.insertInto('deliveries').values(first).execute();
}
