import { sql, type Transaction } from 'kysely';
import type { Alert } from '../alert/alert.ts';
import type { Status } from '../alert/alert-life.ts';
import { lifecycleOf, type HistoryLine } from '../alert/lifecycle.ts';
import { toColumn, toKey } from './column-text.ts';
import { fixedSql, listOf } from './fixed-sql.ts';
import { alertRow } from './rows.ts';
import type { Tables } from './schema.ts';
import { alertTerms } from './search-terms.ts';
import type { SqlDialect } from './sql-dialect.ts';

interface Setting {
  readonly place: string;
  readonly dialect: SqlDialect;
}

/**
 * Writes an alert over what is stored of it, with everything that follows from it: columns, what it is found by, figures of its rule.
 * When it was stored, and by what it is listed, stay.
 */
export async function rewriteAlert(
  trx: Transaction<Tables>,
  sequence: number,
  before: Alert,
  after: Alert,
  { place, dialect }: Setting,
): Promise<void> {
  const { stored_at: _, id: __, time: ___, ...row } = alertRow(after, 0, place);
  await trx.updateTable('alerts').set(row).where('sequence', '=', sequence).execute();
  // Much of what changes often is nothing that an alert is found by.
  const terms = alertTerms(after).join(' ');
  if (terms !== alertTerms(before).join(' ')) {
    await sql`delete from alert_terms where ${sql.ref(dialect.termKey)} = ${sequence}`.execute(trx);
    await writeTerms(trx, dialect, [{ sequence, terms }]);
  }
  await countVerdict(trx, after.rule, lifecycleOf(before).status, lifecycleOf(after).status);
}

export async function writeTerms(
  trx: Transaction<Tables>,
  dialect: SqlDialect,
  rows: readonly { readonly sequence: number; readonly terms: string }[],
): Promise<void> {
  const parameters = rows.flatMap(({ sequence, terms }) => [sequence, terms]);
  await insertTerms(trx, dialect, parameters, rows.length);
}

const insertTerms = fixedSql(
  (next, count, dialect) =>
    `insert into alert_terms (${dialect.termKey}, terms) values ${listOf(count, () => dialect.termRow(next))}`,
);

/** Keeps the figures of a rule at what its alerts were closed as: one that is opened again is judged no more. */
async function countVerdict(
  trx: Transaction<Tables>,
  rule: Alert['rule'],
  before: Status,
  after: Status,
): Promise<void> {
  const change = (status: Status): number => Number(after === status) - Number(before === status);
  const [resolved, falsePositives] = [change('resolved'), change('false-positive')];
  if (resolved === 0 && falsePositives === 0) return;
  const about = JSON.stringify(rule);
  await trx
    .insertInto('rule_figures')
    .values({
      rule_id: toKey(rule.id),
      rule: about,
      resolved: Math.max(resolved, 0),
      false_positives: Math.max(falsePositives, 0),
    })
    .onConflict((conflict) =>
      conflict.column('rule_id').doUpdateSet((eb) => ({
        rule: about,
        resolved: eb('rule_figures.resolved', '+', resolved),
        false_positives: eb('rule_figures.false_positives', '+', falsePositives),
      })),
    )
    .execute();
}

export async function writeHistory(
  trx: Transaction<Tables>,
  alert: Alert,
  lines: readonly HistoryLine[],
  { by, via, now }: { readonly by: string; readonly via: string; readonly now: number },
): Promise<void> {
  if (lines.length === 0) return;
  await trx
    .insertInto('alert_history')
    .values(
      lines.map(({ action, detail }) => ({
        alert: toKey(alert.id),
        time: now,
        action,
        by: toColumn(by),
        via: toColumn(via),
        detail: toColumn(detail),
        revision: lifecycleOf(alert).revision,
      })),
    )
    .execute();
}
