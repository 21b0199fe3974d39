import { sql, type Transaction } from 'kysely';
import { fromColumn } from './column-text.ts';
import { oweFollowUps } from './outbox.ts';
import { dueAnew, type OwedDelivery } from './owed.ts';
import { deliveryRow, readCause } from './rows.ts';
import type { Tables } from './schema.ts';

/**
 * Owes channels an alert again: a follow-up to those that are owed it or were told of it, a first message to the others.
 * What waits for a time or a condition is owed once; see `oweAnew`.
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
  const again = Map.groupBy(
    owed.filter(({ channel, cause }) => known.has(channel) && cause === undefined),
    // What goes into a digest waits for the digest.
    ({ due = now }) => Math.max(due, now),
  );
  for (const [at, some] of again)
    await oweFollowUps(
      trx,
      [alert.id],
      some.map(({ channel }) => channel),
      { now, at },
    );
  const first = owed.filter(({ channel }) => !known.has(channel)).map((one) => deliveryRow(alert, one, now));
  if (first.length > 0) await trx.insertInto('deliveries').values(first).execute();
}

/**
 * Begins anew the time of what an alert owes only under a condition, such as that nobody acknowledges it; for an alert that nobody is at any
 * more. Not where a message is being sent, or waits to tell what the channel has not heard yet.
 */
export async function oweAnew(
  trx: Transaction<Tables>,
  sequence: number,
  now: number,
  place: string,
): Promise<void> {
  const rows = await trx
    .selectFrom('deliveries')
    .select(['id', 'cause'])
    .where('alert', '=', sequence)
    .where('cause', 'is not', null)
    .where(
      sql<boolean>`(phase in ('delivered', 'dead', 'dropped') or (phase = 'waiting' and told_revision < 0))`,
    )
    .execute();
  for (const { id, cause } of rows) {
    const due = dueAnew(readCause(cause, place), now);
    if (due === undefined) continue;
    await trx
      .updateTable('deliveries')
      .set({
        phase: 'waiting',
        due,
        changed_at: due,
        attempts: 0,
        reason: null,
        settled_at: null,
        revision: sql<number>`revision + 1`,
        follows: sql<0 | 1>`case when told_revision >= 0 then 1 else 0 end`,
      })
      .where('id', '=', id)
      .execute();
  }
}
