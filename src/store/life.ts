import type { Kysely, Transaction } from 'kysely';
import type { Status } from '../alert/alert-life.ts';
import { changeAlert, isOpenAgain, lifecycleOf } from '../alert/lifecycle.ts';
import { awake } from '../alert/join.ts';
import type { Suppression } from '../alert/suppression.ts';
import { rewriteAlert, writeHistory } from './alert-rows.ts';
import type { Run } from './block-audit.ts';
import { fromColumn, toKey } from './column-text.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { deliverAgain, oweAnew } from './deliver-again.ts';
import type {
  AlertChange,
  AlertChangeResult,
  HistoryPage,
  HistoryQuery,
  LifeStore,
  RuleFigures,
} from './life-store.ts';
import { checkLimit } from './limit.ts';
import { oweFollowUps } from './outbox.ts';
import { selectOverflows } from './pace.ts';
import { owedOnce, readAlert, readJson } from './rows.ts';
import type { Tables } from './schema.ts';
import type { SqlDialect } from './sql-dialect.ts';

export function sqlLifeStore(db: Kysely<Tables>, dialect: SqlDialect, run: Run, place: string): LifeStore {
  return {
    change: (request) =>
      run('alert', () =>
        db.transaction().execute(async (trx) => {
          await dialect.alone(trx);
          return change(trx, request, { place, dialect });
        }),
      ),
    history: (query) => run('history', () => selectHistory(db, query)),
    overslept: (now, limit) =>
      run('alerts', async () => {
        const rows = await db
          .selectFrom('alerts')
          .select('alert')
          .where('snoozed_until', '<=', now)
          .orderBy('snoozed_until')
          .limit(limit)
          .execute();
        return rows.map(({ alert }) => readAlert(alert, place));
      }),
    statuses: () => run('counts', () => countStatuses(db)),
    figures: () =>
      run('figures', async () => {
        const rows = await db.selectFrom('rule_figures').selectAll().orderBy('rule_id').execute();
        return rows.map(({ rule, resolved, false_positives: falsePositives }) => ({
          rule: readJson(rule, 'the figures of a rule', place) as RuleFigures['rule'],
          resolved,
          falsePositives,
        }));
      }),
    overflows: (now) => run('overflows', () => selectOverflows(db, now, place)),
    suppressions: () =>
      run('suppressions', async () => {
        const rows = await db
          .selectFrom('suppressions')
          .select('suppression')
          .orderBy('sequence', 'desc')
          .execute();
        return rows.map(({ suppression }) => readJson(suppression, 'a suppression', place) as Suppression);
      }),
    suppress: (suppression) =>
      run('suppressions', async () => {
        const text = JSON.stringify(suppression);
        await db
          .insertInto('suppressions')
          .values({ id: toKey(suppression.id), suppression: text })
          .onConflict((conflict) => conflict.column('id').doUpdateSet({ suppression: text }))
          .execute();
      }),
  };
}

async function change(
  trx: Transaction<Tables>,
  { alertId, change: wanted, by, via, expected, channelsFor, followUps = [], now }: AlertChange,
  setting: { readonly place: string; readonly dialect: SqlDialect },
): Promise<AlertChangeResult> {
  const key = toKey(alertId);
  const row =
    (await trx.selectFrom('alerts').select(['sequence', 'alert']).where('id', '=', key).executeTakeFirst()) ??
    (await trx
      .selectFrom('occurrences')
      .innerJoin('alerts', 'alerts.sequence', 'occurrences.alert')
      .select(['alerts.sequence', 'alerts.alert'])
      .where('occurrences.id', '=', key)
      .executeTakeFirst());
  if (row === undefined) return { type: 'unknown' };
  const before = readAlert(row.alert, setting.place);
  if (expected !== undefined && lifecycleOf(before).revision !== expected)
    return { type: 'stale', alert: before };
  const result = changeAlert(before, wanted, by, now);
  if (result.type !== 'changed') return { ...result, alert: before };
  const owes = owedOnce(channelsFor?.(result.alert) ?? []);
  const alert = wanted.type === 'wake' && owes.length > 0 ? awake(result.alert) : result.alert;
  await rewriteAlert(trx, row.sequence, before, alert, setting);
  await writeHistory(trx, alert, [result.line], { by, via, now });
  if (isOpenAgain(before, alert)) await oweAnew(trx, row.sequence, now, setting.place);
  await deliverAgain(trx, { id: alert.id, sequence: row.sequence }, owes, now);
  await oweFollowUps(trx, [alert.id], followUps, { now, at: now });
  return { type: 'changed', alert };
}

async function selectHistory(
  db: Kysely<Tables>,
  { alertId, after, limit }: HistoryQuery,
): Promise<HistoryPage> {
  checkLimit(limit);
  let select = db
    .selectFrom('alert_history')
    .selectAll()
    .orderBy('sequence', 'desc')
    .limit(limit + 1);
  if (alertId !== undefined) select = select.where('alert', '=', toKey(alertId));
  if (after !== undefined) select = select.where('sequence', '<', readCursor(after).time);
  const rows = await select.execute();
  const lines = rows.slice(0, limit).map((row) => ({
    sequence: row.sequence,
    alertId: fromColumn(row.alert),
    time: row.time,
    action: row.action,
    by: fromColumn(row.by),
    via: fromColumn(row.via),
    detail: fromColumn(row.detail),
    revision: row.revision,
  }));
  const last = lines.at(-1);
  return {
    lines,
    next: rows.length > limit && last ? writeCursor({ time: last.sequence, id: 'history' }) : undefined,
  };
}

async function countStatuses(db: Kysely<Tables>): Promise<Readonly<Record<Status, number>>> {
  const rows = await db.selectFrom('counters').selectAll().execute();
  const values = new Map<string, number>(rows.map(({ name, value }) => [name, value]));
  const count = (name: Status): number => values.get(`status.${name}`) ?? 0;
  const all = rows.reduce((sum, { name, value }) => (name.startsWith('alerts.') ? sum + value : sum), 0);
  const touched = {
    acknowledged: count('acknowledged'),
    'in-progress': count('in-progress'),
    resolved: count('resolved'),
    'false-positive': count('false-positive'),
  };
  return { open: all - Object.values(touched).reduce((sum, value) => sum + value, 0), ...touched };
}
