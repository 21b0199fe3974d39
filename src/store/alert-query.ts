import { sql, type Kysely, type RawBuilder } from 'kysely';
import { statuses } from '../alert/alert-life.ts';
import { severities, type Severity } from '../event/severity.ts';
import { toKey } from './column-text.ts';
import { readCursor, writeCursor, type Cursor } from './cursor.ts';
import { checkLimit } from './limit.ts';
import { zonesOf, type LastingRange, type TimeRange, type Zone } from './lasting.ts';
import { readAlert } from './rows.ts';
import type { Tables } from './schema.ts';
import { conditionTerms, searchTerms, type TermQuery } from './search-terms.ts';
import type { SqlDialect } from './sql-dialect.ts';
import type { AlertPage, AlertQuery, Exceptions } from './store.ts';

/**
 * One page of alerts, newest first.
 *
 * Each severity is asked for by itself, with exceptions and without, from an index that holds exactly the rows wanted in the page's order, and the
 * few rows of each are merged: no query sorts or skips more rows than a page has, however large the table is. Where a time is asked for, what went on
 * at it is found by how long it lasts, and only as many rows are skipped as there are alerts that lasted so long around that time.
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
  // One more than asked for tells whether there is a next page.
  const most = query.limit + 1;
  if (query.status?.length === 0) return { alerts: [], next: undefined };
  const terms = termsOf(query);
  const few = terms === undefined ? undefined : await fewWith(db, dialect, terms);
  if (few?.length === 0) return { alerts: [], next: undefined };
  const rows =
    few !== undefined
      ? await alertsAt(db, lookedUp(db, dialect, query, few, after, most))
      : terms !== undefined
        ? await alertsAt(db, listed(dialect, await search(db, dialect, query, terms, after, most)))
        : await inZones(query, after, most, (zone, limit) =>
            alertsAt(db, walked(db, query, zone, after, limit)),
          );

  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  return {
    alerts: page.map((row) => readAlert(row.alert, place)),
    next: rows.length > query.limit && last ? writeCursor({ time: last.time, id: last.id }) : undefined,
  };
}

function alertsAt(db: Kysely<Tables>, places: RawBuilder<Place>) {
  return db
    .selectFrom(places.as('page'))
    .innerJoin('alerts', 'alerts.sequence', 'page.sequence')
    .select(['alerts.alert', 'page.time', 'page.id'])
    .orderBy('page.time', 'desc')
    .orderBy('page.id', 'desc')
    .execute();
}

/** The first of what is asked for, from one zone after the other until there are enough. */
async function inZones<Row>(
  query: AlertQuery,
  after: Cursor | undefined,
  most: number,
  read: (zone: Zone, limit: number) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const found: Row[] = [];
  for (const zone of zonesOf(query, after)) {
    found.push(...(await read(zone, most - found.length)));
    if (found.length >= most) break;
  }
  return found;
}

/** The first places of what is asked for in a zone, without its search, from the indexes. */
function walked(
  db: Kysely<Tables>,
  query: AlertQuery,
  zone: Zone,
  after: Cursor | undefined,
  most: number,
): RawBuilder<Place> {
  const branches =
    zone.type === 'all'
      ? bySeverity(db, query, zone.range, after, most)
      : zone.ranges.flatMap((range) => byLasting(db, query, range, after, most));
  return sql<Place>`(${sql.join(branches, sql` union all `)} order by time desc, id desc limit ${most})`;
}

/** Every alert of a range. */
function bySeverity(
  db: Kysely<Tables>,
  query: AlertQuery,
  range: TimeRange,
  after: Cursor | undefined,
  most: number,
): readonly RawBuilder<Place>[] {
  return chosenSeverities(query).flatMap((severity) =>
    exceptedOf[query.exceptions ?? 'hide'].map((excepted) => {
      let select = inRange(db, range, after, most)
        .where('excepted', '=', excepted)
        .where('severity', '=', severity);
      if (query.account !== undefined) select = select.where('account', '=', toKey(query.account));
      if (query.ruleId !== undefined) select = select.where('rule_id', '=', toKey(query.ruleId));
      return sql<Place>`select * from (${select}) as one_severity`;
    }),
  );
}

/** Of the alerts of a range that last so long, those that were seen when it is asked for. */
function byLasting(
  db: Kysely<Tables>,
  query: AlertQuery,
  range: LastingRange,
  after: Cursor | undefined,
  most: number,
): readonly RawBuilder<Place>[] {
  return exceptedOf[query.exceptions ?? 'hide'].map((excepted) => {
    const select = chosen(
      inRange(db, range, after, most)
        .where('lasting', '=', sql.lit(range.lasting))
        .where('excepted', '=', excepted),
      query,
    );
    return sql<Place>`select * from (${select}) as one_severity`;
  });
}

/** The first places among a few: they are looked up, and no index is walked for them. */
function lookedUp(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  query: AlertQuery,
  few: readonly number[],
  after: Cursor | undefined,
  most: number,
): RawBuilder<Place> {
  const excepted = exceptedOf[query.exceptions ?? 'hide'];
  const select = chosen(
    inRange(db, {}, after, most)
      .where(dialect.isOneOf(few))
      .where(sql<boolean>`excepted + 0 in (${sql.join(excepted.map((one) => sql.lit(one)))})`),
    query,
  );
  return sql<Place>`(${select})`;
}

/** What else is asked for. Conditions are on expressions and not on the columns: no other index is walked for them. */
function chosen(
  select: ReturnType<typeof inRange>,
  { since, until, severity, account, ruleId }: AlertQuery,
): ReturnType<typeof inRange> {
  let narrowed = select;
  if (since !== undefined) narrowed = narrowed.where(sql<boolean>`last_seen + 0 >= ${since}`);
  if (until !== undefined) narrowed = narrowed.where(sql<boolean>`first_seen + 0 < ${until}`);
  if (severity !== undefined)
    narrowed = narrowed.where(sql<boolean>`severity || '' in (${sql.join(chosenSeverities({ severity }))})`);
  if (account !== undefined) narrowed = narrowed.where(sql<boolean>`account || '' = ${toKey(account)}`);
  if (ruleId !== undefined) narrowed = narrowed.where(sql<boolean>`rule_id || '' = ${toKey(ruleId)}`);
  return narrowed;
}

function inRange(db: Kysely<Tables>, { from, before }: TimeRange, after: Cursor | undefined, most: number) {
  let select = db
    .selectFrom('alerts')
    .select(['sequence', 'time', 'id'])
    .orderBy('time', 'desc')
    .orderBy('id', 'desc')
    .limit(most);
  if (from !== undefined && from !== -Infinity) select = select.where('time', '>=', from);
  // Only the tighter of the two upper ends is given: with both, a planner may start at the looser one and walk.
  if (after !== undefined && (before === undefined || after.time < before)) {
    select = select.where(sql<boolean>`(time, id) < (${after.time}, ${after.id})`);
  } else if (before !== undefined && before !== Infinity) {
    select = select.where('time', '<', before);
  }
  return select;
}

const firstLook = 1_000;
const longestLook = 16_000;

/** The first places that have terms which very many alerts have. */
function search(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  query: AlertQuery,
  terms: TermQuery,
  after: Cursor | undefined,
  most: number,
): Promise<readonly number[]> {
  return inZones(query, after, most, (zone, limit) =>
    searchZone(db, dialect, query, terms, zone, after, limit),
  );
}

/** Places are walked in order, and asked for their terms many at once. */
async function searchZone(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  query: AlertQuery,
  terms: TermQuery,
  zone: Zone,
  after: Cursor | undefined,
  most: number,
): Promise<readonly number[]> {
  const found: number[] = [];
  let from = after;
  for (let size = firstLook; ; size = Math.min(size * 2, longestLook)) {
    const places = await db
      .selectFrom(walked(db, query, zone, from, size).as('page'))
      .selectAll()
      .orderBy('time', 'desc')
      .orderBy('id', 'desc')
      .execute();
    if (places.length > 0) {
      const { rows } = await dialect
        .alertsWith(
          terms,
          places.map(({ sequence }) => sequence),
        )
        .execute(db);
      const having = new Set(rows.map(({ sequence }) => sequence));
      found.push(...places.flatMap(({ sequence }) => (having.has(sequence) ? [sequence] : [])));
    }
    if (found.length >= most || places.length < size) return found.slice(0, most);
    from = places.at(-1);
  }
}

function listed(dialect: SqlDialect, sequences: readonly number[]): RawBuilder<Place> {
  return sql<Place>`(select sequence, time, id from alerts where ${dialect.isOneOf(sequences)})`;
}

function chosenSeverities({ severity }: Pick<AlertQuery, 'severity'>): readonly Severity[] {
  return severity === undefined ? severities : severities.slice(Math.max(severities.indexOf(severity), 0));
}

/** What a search asks for, with what else is known to be a term, so that counting them says as much as it can; undefined where nothing is searched. */
function termsOf(query: AlertQuery): TermQuery | undefined {
  const asked = [
    ...searchTerms(query.text, query.about),
    ...(query.assignee === undefined ? [] : [conditionTerms('assignee', [query.assignee])]),
  ];
  const { any, none } = statusTerms(query.status);
  if (asked.length + any.length + none.length === 0) return undefined;
  const excepted = exceptedOf[query.exceptions ?? 'hide'].map(String);
  const more = [
    ...(query.severity === undefined ? [] : [conditionTerms('severity', chosenSeverities(query))]),
    ...(excepted.length > 1 ? [] : [conditionTerms('excepted', excepted)]),
    ...(query.ruleId === undefined ? [] : [conditionTerms('rule', [query.ruleId])]),
    ...(query.account === undefined ? [] : [conditionTerms('account', [query.account])]),
  ];
  const all = [...asked, ...any, ...more];
  // What must not be there is taken from something: every alert is either.
  return { all: all.length > 0 ? all : [conditionTerms('excepted', ['0', '1'])], none };
}

/** Alerts that are open say nothing of it, so that those are asked for which say nothing else. */
function statusTerms(status: AlertQuery['status']): {
  readonly any: TermQuery['all'];
  readonly none: readonly string[];
} {
  if (status === undefined) return { any: [], none: [] };
  if (!status.includes('open')) return { any: [conditionTerms('status', status)], none: [] };
  const others = statuses.filter((one) => one !== 'open' && !status.includes(one));
  return { any: [], none: conditionTerms('status', others) };
}

/** Of a search that finds no more than these the alerts are looked up and put in order; of others alerts are looked through, newest first. */
const mostLookedUp = 10_000;

async function fewWith(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  terms: TermQuery,
): Promise<readonly number[] | undefined> {
  const { rows } = await sql<{
    sequence: number;
  }>`${dialect.alertsWith(terms)} limit ${mostLookedUp + 1}`.execute(db);
  return rows.length > mostLookedUp ? undefined : rows.map(({ sequence }) => sequence);
}

const exceptedOf: Readonly<Record<Exceptions, readonly (0 | 1)[]>> = { hide: [0], show: [0, 1], only: [1] };

interface Place {
  sequence: number;
  time: number;
  id: string;
}
