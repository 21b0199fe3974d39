import { sql, type Kysely } from 'kysely';
import { markedAlert, type MarkedAlert } from './alert-mark.ts';
import { toKey } from './column-text.ts';
import { checkLimit } from './limit.ts';
import { deliveryStateColumns, readAlert, readDeliveryState } from './rows.ts';
import type { Tables } from './schema.ts';
import type { SqlDialect } from './sql-dialect.ts';
import type { OldAlertPage, OldAlertQuery } from './store.ts';

/**
 * A page of the oldest alerts. Read in the order of their numbers, which is that of storing them, so that no index is needed for it and nothing
 * young is read but the last page's end.
 *
 * @throws {RangeError} where `limit` is out of its range
 */
export async function selectOldAlerts(
  db: Kysely<Tables>,
  { before, after, limit }: OldAlertQuery,
  place: string,
): Promise<OldAlertPage> {
  checkLimit(limit);
  const rows = await db
    .selectFrom('alerts')
    .select(['sequence', 'stored_at', 'alert'])
    .where('sequence', '>', after ?? 0)
    .orderBy('sequence')
    .limit(limit)
    .execute();
  // A clock that was set back leaves older ones behind younger ones; they are found when those have come of age.
  const young = rows.findIndex((row) => row.stored_at >= before);
  const old = young === -1 ? rows : rows.slice(0, young);
  if (old.length === 0) return { alerts: [], next: undefined, last: undefined };
  const deliveries = await db
    .selectFrom('deliveries')
    .select(['deliveries.alert', ...deliveryStateColumns])
    .where(
      'alert',
      'in',
      old.map(({ sequence }) => sequence),
    )
    .orderBy('channel')
    .execute();
  const byAlert = Map.groupBy(deliveries, (row) => row.alert);
  return {
    alerts: old.map((row) => ({
      alert: readAlert(row.alert, place),
      storedAt: row.stored_at,
      deliveries: (byAlert.get(row.sequence) ?? []).map((one) => readDeliveryState(one, place)),
    })),
    next: young === -1 && rows.length === limit ? old.at(-1)?.sequence : undefined,
    last: old.at(-1)?.sequence,
  };
}

const rowsAtOnce = 100;

/** What belongs to an alert goes with it, by the rules of the schema. */
export async function deleteAlerts(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  alerts: readonly MarkedAlert[],
  place: string,
): Promise<number> {
  let gone = 0;
  for (let from = 0; from < alerts.length; from += rowsAtOnce) {
    const marks = new Map(alerts.slice(from, from + rowsAtOnce).map(({ id, mark }) => [toKey(id), mark]));
    gone += await db.transaction().execute(async (trx) => {
      await dialect.alone(trx);
      const rows = await trx
        .selectFrom('alerts')
        .select(['id', 'sequence', 'alert'])
        .where('id', 'in', [...marks.keys()])
        .execute();
      const asRead = rows.filter(
        ({ id, alert }) => markedAlert(readAlert(alert, place)).mark === marks.get(id),
      );
      if (asRead.length === 0) return 0;
      const deleted = await trx
        .deleteFrom('alerts')
        .where(
          'sequence',
          'in',
          asRead.map(({ sequence }) => sequence),
        )
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('deliveries')
                .select(sql`1`.as('one'))
                .whereRef('deliveries.alert', '=', 'alerts.sequence')
                .where('phase', 'not in', ['delivered', 'dead', 'dropped']),
            ),
          ),
        )
        .returning('alerts.id')
        .execute();
      return deleted.length;
    });
  }
  return gone;
}
