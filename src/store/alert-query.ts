import { sql, type Kysely, type RawBuilder } from 'kysely';
import { severities } from '../event/severity.ts';
import { toKey } from './column-text.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { checkLimit } from './limit.ts';
import { readAlert } from './rows.ts';
import type { Tables } from './schema.ts';
import { conditionTerms, searchTerms, type TermQuery } from './search-terms.ts';
import type { SqlDialect } from './sql-dialect.ts';
import type { AlertPage, AlertQuery, Exceptions } from './store.ts';

/**
 * One page of alerts, newest first.
 *
 * Each severity is asked for by itself, with exceptions and without, from an index that holds exactly the rows wanted in the page's order, and the
 * few rows of each are merged: no query sorts or skips more rows than a page has, however large the table is.
 *
 * A search by terms first asks how many alerts have them.
 *
 * @throws {BadCursorError} where `after` was not made here
 * @throws {RangeError} where `limit` is not a whole number from 1 to 500
 */
export async function selectAlerts(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  query: AlertQuery,
  place: string,
): Promise<AlertPage> {
  checkLimit(query.limit);
  const after = query.after === undefined ? undefined : readCursor(query.after);
  const floor = query.severity === undefined ? 0 : severities.indexOf(query.severity);
  // One more than asked for tells whether there is a next page.
  const most = query.limit + 1;

  const terms = termsOf(query, floor);
  const found = terms === undefined ? undefined : await fewWith(db, dialect, terms);
  if (found?.length === 0) return { alerts: [], next: undefined };

  /** One page of what fulfils the conditions, besides the filters that every query may have. */
  const pageOf = (
    conditions: readonly RawBuilder<boolean>[],
    column: (name: 'account' | 'rule_id') => RawBuilder<unknown>,
  ): RawBuilder<Place> => {
    let select = db
      .selectFrom('alerts')
      .select(['sequence', 'time', 'id'])
      .orderBy('time', 'desc')
      .orderBy('id', 'desc')
      .limit(most);
    for (const condition of conditions) select = select.where(condition);
    if (query.account !== undefined)
      select = select.where(sql<boolean>`${column('account')} = ${toKey(query.account)}`);
    if (query.ruleId !== undefined)
      select = select.where(sql<boolean>`${column('rule_id')} = ${toKey(query.ruleId)}`);
    if (query.since !== undefined) select = select.where('time', '>=', query.since);
    // Only the tighter of the two upper ends is given: with both, a planner may start at the looser one and walk.
    if (after !== undefined && (query.until === undefined || after.time < query.until)) {
      select = select.where(sql<boolean>`(time, id) < (${after.time}, ${after.id})`);
    } else if (query.until !== undefined) {
      select = select.where('time', '<', query.until);
    }
    return sql<Place>`select * from (${select}) as one_severity`;
  };

  const chosen = severities.slice(Math.max(floor, 0));
  const excepted = exceptedOf[query.exceptions ?? 'hide'];
  const branches =
    found === undefined
      ? chosen.flatMap((severity) =>
          excepted.map((one) =>
            pageOf(
              [
                sql<boolean>`excepted = ${one}`,
                sql<boolean>`severity = ${severity}`,
                ...(terms === undefined ? [] : [dialect.hasTerms(terms)]),
              ],
              (name) => sql.ref(name),
            ),
          ),
        )
      : [
          // Expressions and not the columns themselves: the few that are known are looked up, and no index is walked for them.
          pageOf(
            [
              dialect.isOneOf(found),
              sql<boolean>`excepted + 0 in (${sql.join(excepted.map((one) => sql.lit(one)))})`,
              sql<boolean>`severity || '' in (${sql.join(chosen)})`,
            ],
            (name) => sql`${sql.ref(name)} || ''`,
          ),
        ];
  const places = sql<Place>`(${sql.join(branches, sql` union all `)} order by time desc, id desc limit ${most})`;
  const rows = await db
    .selectFrom(places.as('page'))
    .innerJoin('alerts', 'alerts.sequence', 'page.sequence')
    .select(['alerts.alert', 'page.time', 'page.id'])
    .orderBy('page.time', 'desc')
    .orderBy('page.id', 'desc')
    .execute();

  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  return {
    alerts: page.map((row) => readAlert(row.alert, place)),
    next: rows.length > query.limit && last ? writeCursor({ time: last.time, id: last.id }) : undefined,
  };
}

/** What a search asks for, with what else is known to be a term, so that counting them says as much as it can; undefined where nothing is searched. */
function termsOf(query: AlertQuery, floor: number): TermQuery | undefined {
  const terms = searchTerms(query.text, query.about);
  if (terms.length === 0) return undefined;
  const excepted = exceptedOf[query.exceptions ?? 'hide'].map(String);
  return [
    ...terms,
    ...(floor <= 0 ? [] : [conditionTerms('severity', severities.slice(floor))]),
    ...(excepted.length > 1 ? [] : [conditionTerms('excepted', excepted)]),
    ...(query.ruleId === undefined ? [] : [conditionTerms('rule', [query.ruleId])]),
    ...(query.account === undefined ? [] : [conditionTerms('account', [query.account])]),
  ];
}

/** Of a search that finds no more than these the alerts are looked up and put in order; of others alerts are looked through, newest first. */
const few = 10_000;

async function fewWith(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  terms: TermQuery,
): Promise<readonly number[] | undefined> {
  const { rows } = await sql<{ sequence: number }>`${dialect.alertsWith(terms)} limit ${few + 1}`.execute(db);
  return rows.length > few ? undefined : rows.map(({ sequence }) => sequence);
}

const exceptedOf: Readonly<Record<Exceptions, readonly (0 | 1)[]>> = { hide: [0], show: [0, 1], only: [1] };

interface Place {
  sequence: number;
  time: number;
  id: string;
}
