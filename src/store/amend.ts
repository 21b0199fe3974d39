import { sql, type Kysely, type Transaction } from 'kysely';
import type { Alert } from '../alert/alert.ts';
import { withLookups } from '../alert/looked-up.ts';
import { rewriteAlert } from './alert-rows.ts';
import { toColumn, toKey } from './column-text.ts';
import { oweFollowUps } from './outbox.ts';
import { readAlert } from './rows.ts';
import type { Tables } from './schema.ts';
import type { SqlDialect } from './sql-dialect.ts';
import type { Amendment } from './store.ts';

/** See `Store.amend`. */
export function amendAlert(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  amendment: Amendment,
  place: string,
): Promise<Alert | undefined> {
  const { alertId, lookups, release, followUps = [], now } = amendment;
  return db.transaction().execute(async (trx) => {
    await dialect.alone(trx);
    const row = await trx
      .selectFrom('alerts')
      .select(['sequence', 'alert'])
      .where('id', '=', toKey(alertId))
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const before = readAlert(row.alert, place);
    const after = withLookups(before, lookups);
    if (after !== undefined) {
      await rewriteAlert(trx, row.sequence, before, after, { place, dialect });
      await oweFollowUps(trx, [alertId], followUps, { now, at: now });
    }
    if (release !== undefined) await releaseDeliveries(trx, row.sequence, release, now);
    return after ?? before;
  });
}

async function releaseDeliveries(
  trx: Transaction<Tables>,
  sequence: number,
  { channels, until }: NonNullable<Amendment['release']>,
  now: number,
): Promise<void> {
  if (channels.length === 0) return;
  await trx
    .updateTable('deliveries')
    .set({ phase: 'ready', due: now })
    .where('alert', '=', sequence)
    .where('channel', 'in', channels.map(toColumn))
    .where('due', '<=', until)
    .where(sql<boolean>`phase = 'waiting' and attempts = 0 and told_revision < 0 and cause is null`)
    .execute();
}
