import { sql, type Kysely } from 'kysely';
import { fromColumn, toColumn } from './column-text.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { checkLimit } from './limit.ts';
import { readAlert, readHistory } from './rows.ts';
import type { Tables } from './schema.ts';
import type { SqlDialect } from './sql-dialect.ts';
import type { DeadHandling, DeadPage, DeadQuery } from './store.ts';

/** Deliveries that were given up: to look at, to try again, and to drop. See `Store.deadDeliveries` and `Store.handleDead`. */

// A literal and not a parameter: a partial index is used only where the planner can see that its condition holds.
const isDead = sql<boolean>`phase = 'dead'`;

/** @throws {BadCursorError} @throws {RangeError} */
export async function selectDead(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  query: DeadQuery,
  place: string,
): Promise<DeadPage> {
  const { channel, since, until, reason, limit } = query;
  checkLimit(limit);
  const after = query.after === undefined ? undefined : readCursor(query.after);
  let select = db
    .selectFrom('deliveries')
    .innerJoin('alerts', 'alerts.sequence', 'deliveries.alert')
    .select([
      'deliveries.id',
      'channel',
      'attempts',
      'reason',
      'settled_at',
      'history',
      'alerts.alert as alert_text',
    ])
    .where(isDead)
    .orderBy('settled_at', 'desc')
    .orderBy('deliveries.id', 'desc')
    .limit(limit + 1);
  if (channel !== undefined) select = select.where(dialect.isChannel(toColumn(channel)));
  if (since !== undefined) select = select.where('settled_at', '>=', since);
  if (until !== undefined) select = select.where('settled_at', '<', until);
  if (reason !== undefined && reason !== '') select = select.where(dialect.reasonHolds(toColumn(reason)));
  if (after !== undefined)
    select = select.where(sql<boolean>`(settled_at, deliveries.id) < (${after.time}, ${after.id})`);
  const rows = await select.execute();
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    deliveries: page.map((row) => ({
      id: row.id,
      channel: fromColumn(row.channel),
      alert: readAlert(row.alert_text, place),
      attempts: row.attempts,
      reason: fromColumn(row.reason ?? ''),
      diedAt: row.settled_at ?? 0,
      history: readHistory(row.history, place),
    })),
    next: rows.length > limit && last ? writeCursor({ time: last.settled_at ?? 0, id: last.id }) : undefined,
  };
}

const idsAtOnce = 200;
const keptHistory = 20;

export async function handleDeadDeliveries(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  ids: readonly string[],
  handling: DeadHandling,
  place: string,
): Promise<readonly string[]> {
  const handled: string[] = [];
  for (let from = 0; from < ids.length; from += idsAtOnce)
    handled.push(
      ...(await db.transaction().execute(async (trx) => {
        await dialect.alone(trx);
        const rows = await trx
          .selectFrom('deliveries')
          .select(['id', 'reason', 'history'])
          .where('id', 'in', ids.slice(from, from + idsAtOnce).map(toColumn))
          .where(isDead)
          .execute();
        const { at } = handling;
        for (const row of rows) {
          const reason = fromColumn(row.reason ?? '');
          const history = [...readHistory(row.history, place), { ...handling, after: reason }];
          await trx
            .updateTable('deliveries')
            .set({
              history: JSON.stringify(history.slice(-keptHistory)),
              ...(handling.action === 'replayed'
                ? { phase: 'ready', due: at, attempts: 0, settled_at: null, changed_at: at }
                : { phase: 'dropped', settled_at: at }),
            })
            .where('id', '=', row.id)
            .execute();
        }
        return rows.map(({ id }) => id);
      })),
    );
  return handled;
}
