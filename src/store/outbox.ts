import { sql, type Kysely, type SelectQueryBuilder, type Transaction } from 'kysely';
import { raisedStanding, standingOf } from '../alert/standing.ts';
import { toColumn, toKey } from './column-text.ts';
import { fixedSql, listOf } from './fixed-sql.ts';
import { readAlert, readCause, readTold } from './rows.ts';
import type { Phase, Tables } from './schema.ts';
import type { SqlDialect } from './sql-dialect.ts';
import type { Delivery, DeliveryOutcome } from './delivery.ts';

// Literals and not parameters: a partial index is used only where the planner can see that its condition holds.
const is = (phase: Phase) => sql<boolean>`phase = ${sql.lit(phase)}`;
const putOff = sql<boolean>`phase in ('waiting', 'leased')`;

/** What a claim would find. */
interface Due {
  readonly isAnyReady: boolean;
  readonly isAnyPutOff: boolean;
}

/** Most claims are made to find that nothing is left, and a transaction for that has its price; undefined where it is so. */
export async function whatIsDue(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  channel: string,
  now: number,
): Promise<Due | undefined> {
  const isChannel = dialect.isChannel(toColumn(channel));
  const { rows } = await sql<{ readonly ready: number; readonly put_off: number }>`select
    case when exists (select 1 from deliveries where ${isChannel} and ${is('ready')}) then 1 else 0 end as ready,
    case when exists (select 1 from deliveries where ${isChannel} and ${putOff} and due <= ${now}) then 1 else 0 end as put_off`.execute(
    db,
  );
  const [found] = rows;
  const due = { isAnyReady: found?.ready === 1, isAnyPutOff: found?.put_off === 1 };
  return due.isAnyReady || due.isAnyPutOff ? due : undefined;
}

/**
 * Takes due deliveries in two steps that each read only what they change: what has come due becomes `ready`, then the
 * oldest of the ready ones are leased. So neither a long queue of ready deliveries nor one of put-off ones (a channel
 * that has been down for hours) makes a claim slow.
 * @param due what was found just before
 */
export async function claimDeliveries(
  trx: Transaction<Tables>,
  dialect: SqlDialect,
  channel: string,
  options: { readonly now: number; readonly leaseUntil: number; readonly limit: number },
  due: Due,
  place: string,
): Promise<readonly Delivery[]> {
  const isChannel = dialect.isChannel(toColumn(channel));
  const ofChannel = trx.selectFrom('deliveries').select('alert').where(isChannel);
  const comingDue = due.isAnyPutOff
    ? await chosen(ofChannel.where(putOff).where('due', '<=', options.now), dialect)
    : undefined;
  if (comingDue !== undefined)
    await trx
      .updateTable('deliveries')
      .set({ phase: 'ready' })
      .where(isChannel)
      .where('alert', 'in', comingDue)
      .execute();
  const oldest = await chosen(
    ofChannel.where(is('ready')).orderBy('follows').orderBy('alert').limit(options.limit),
    dialect,
  );
  if (oldest === undefined) return [];
  const taken = await trx
    .updateTable('deliveries')
    .set((eb) => ({ phase: 'leased', due: options.leaseUntil, attempts: eb('attempts', '+', 1) }))
    .where(isChannel)
    .where('alert', 'in', oldest)
    .returning(['id', 'alert', 'attempts', 'follows', 'revision', 'told', 'changed_at', 'cause'])
    .execute();
  if (taken.length === 0) return [];

  const rows = await trx
    .selectFrom('alerts')
    .select(['sequence', 'alert'])
    .where(
      'sequence',
      'in',
      taken.map((delivery) => delivery.alert),
    )
    .execute();
  const alerts = new Map(rows.map((row) => [row.sequence, row.alert]));
  return taken
    .toSorted((a, b) => a.follows - b.follows || a.alert - b.alert)
    .flatMap((delivery) => {
      const text = alerts.get(delivery.alert);
      if (text === undefined) return [];
      const alert = readAlert(text, place);
      const standing = standingOf(alert);
      // What was told before there were receipts is known to have been told as it was raised.
      const told =
        delivery.follows === 1
          ? (readTold(delivery.told, place) ?? { standing: raisedStanding(alert), receipt: {} })
          : undefined;
      const { id, attempts, revision } = delivery;
      const owedSince = delivery.changed_at ?? undefined;
      const cause = readCause(delivery.cause, place);
      return [
        {
          id,
          channel,
          alert,
          standing,
          attempts: attempts - 1,
          revision,
          told,
          owedSince,
          ...(cause === undefined ? {} : { cause }),
        },
      ];
    });
}

type Choice = SelectQueryBuilder<Tables, 'deliveries', { alert: number }>;

/**
 * The rows to change: where several may write, held first, without those that another claim has just taken. Held by a statement of its
 * own, because one that is within an update may be run more than once. Undefined where there are none.
 */
async function chosen(choice: Choice, dialect: SqlDialect): Promise<Choice | readonly number[] | undefined> {
  if (!dialect.skipsLocked) return choice;
  const rows = await choice.forUpdate().skipLocked().execute();
  return rows.length === 0 ? undefined : rows.map(({ alert }) => alert);
}

/** What channels are owed. Each half has an index of its own, so that what was delivered long ago is not read. */
export async function countOwed(
  db: Kysely<Tables>,
): Promise<readonly { readonly channel: string; readonly count: number }[]> {
  const open = db
    .selectFrom('deliveries')
    .select('channel')
    .where(is('ready'))
    .unionAll(db.selectFrom('deliveries').select('channel').where(putOff));
  return db
    .selectFrom(open.as('open'))
    .select(['channel', (query) => query.fn.countAll<number>().as('count')])
    .groupBy('channel')
    .execute();
}

const settleDelivered = fixedSql((next, count) => {
  const changedMeanwhile = (): string => `case when revision > ${next()}`;
  return `update deliveries set
    phase = ${changedMeanwhile()} then 'waiting' else 'delivered' end,
    follows = ${changedMeanwhile()} then 1 else follows end,
    attempts = ${changedMeanwhile()} then 0 else attempts end,
    due = ${changedMeanwhile()} then ${next()} else due end,
    told_revision = ${next()},
    told = coalesce(${next()}, told),
    reason = null,
    settled_at = ${next()}
    where id in (${listOf(count, next)}) and told_revision < ${next()}`;
});

/** Writes down how an attempt ended; see `Store.settle` for what counts when. */
export async function settleDelivery(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  id: string | readonly string[],
  outcome: DeliveryOutcome,
  now: number,
): Promise<void> {
  if (id.length === 0) return;
  const ids = (typeof id === 'string' ? [id] : id).map(toColumn);
  const update = () => db.updateTable('deliveries').where('id', 'in', ids).where(is('leased'));
  switch (outcome.type) {
    case 'delivered': {
      const { revision = 0, told } = outcome;
      const known = told === undefined ? null : JSON.stringify(told);
      const changes = [revision, revision, revision, revision, now, revision, known, now];
      await settleDelivered(db, dialect, [...changes, ...ids, revision], ids.length);
      return;
    }
    case 'retry':
      await update()
        .set({ phase: 'waiting', due: outcome.at, reason: toColumn(outcome.reason) })
        .execute();
      return;
    case 'postponed':
      await update()
        .set((eb) => ({
          phase: 'waiting',
          due: outcome.at,
          changed_at: outcome.at,
          attempts: eb('attempts', '-', 1),
          reason: toColumn(outcome.reason),
        }))
        .execute();
      return;
    case 'dead':
    case 'dropped':
      await update()
        .set({ phase: outcome.type, reason: toColumn(outcome.reason), settled_at: now })
        .execute();
      return;
    default:
      return outcome satisfies never;
  }
}

const idsAtOnce = 200;

/** See `Store.oweFollowUps`; part of the transaction that changes the alerts. */
export async function oweFollowUps(
  trx: Kysely<Tables>,
  alertIds: readonly string[],
  channels: readonly string[],
  { now, at }: { readonly now: number; readonly at: number },
): Promise<void> {
  if (channels.length === 0) return;
  const known = sql<boolean>`told_revision >= 0`;
  const over = sql<boolean>`(phase in ('delivered', 'dead', 'dropped') and ${known})`;
  // Not after a failed attempt, whose wait is the receiver's to say; nor a first message that is to wait for a time or a condition.
  const untried = sql<boolean>`(phase = 'waiting' and attempts = 0 and ${known})`;
  /** Whose time has not come is as old then as before. */
  const awaited = sql<boolean>`(phase = 'waiting' and attempts = 0 and not (${known}))`;
  for (let from = 0; from < alertIds.length; from += idsAtOnce)
    await trx
      .updateTable('deliveries')
      .set({
        revision: sql<number>`revision + 1`,
        changed_at: sql<number>`case when ${over} then ${sql.lit(at)} when ${awaited} then changed_at else ${sql.lit(now)} end`,
        phase: sql<Phase>`case when ${over} then 'waiting' else phase end`,
        follows: sql<0 | 1>`case when ${known} then 1 else 0 end`,
        attempts: sql<number>`case when ${over} then 0 else attempts end`,
        due: sql<number>`case when ${over} then ${sql.lit(at)} when ${untried} and due > ${sql.lit(at)} then ${sql.lit(at)} else due end`,
      })
      .where('channel', 'in', channels.map(toColumn))
      .where('alert', 'in', (query) =>
        query
          .selectFrom('alerts')
          .select('sequence')
          .where('id', 'in', alertIds.slice(from, from + idsAtOnce).map(toKey)),
      )
      .execute();
}
