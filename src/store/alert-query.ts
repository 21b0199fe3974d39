import { sql, type Kysely, type RawBuilder } from 'kysely';
import { severities, type Severity } from '../event/severity.ts';
import { toKey } from './column-text.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { checkLimit } from './limit.ts';
import { readAlert } from './rows.ts';
import type { Tables } from './schema.ts';
import type { AlertPage, AlertQuery, Exceptions } from './store.ts';

/**
 * One page of alerts, newest first.
 *
 * Each severity is asked for by itself, with exceptions and without, from an index that holds exactly the rows wanted in the page's order, and the
 * few rows of each are merged: no query sorts or skips more rows than a page has, however large the table is.
 *
 * @throws {BadCursorError} where `after` was not made here
 * @throws {RangeError} where `limit` is not a whole number from 1 to 500
 */
export async function selectAlerts(db: Kysely<Tables>, query: AlertQuery, place: string): Promise<AlertPage> {
  checkLimit(query.limit);
  const after = query.after === undefined ? undefined : readCursor(query.after);
  const floor = query.severity === undefined ? 0 : severities.indexOf(query.severity);
  // One more than asked for tells whether there is a next page.
  const most = query.limit + 1;

  const ofSeverity = (severity: Severity, excepted: 0 | 1): RawBuilder<Place> => {
    let select = db
      .selectFrom('alerts')
      .select(['sequence', 'time', 'id'])
      .where('excepted', '=', excepted)
      .where('severity', '=', severity)
      .orderBy('time', 'desc')
      .orderBy('id', 'desc')
      .limit(most);
    if (query.account !== undefined) select = select.where('account', '=', toKey(query.account));
    if (query.ruleId !== undefined) select = select.where('rule_id', '=', toKey(query.ruleId));
    if (query.since !== undefined) select = select.where('time', '>=', query.since);
    // Only the tighter of the two upper ends is given: with both, a planner may start at the looser one and walk.
    if (after !== undefined && (query.until === undefined || after.time < query.until)) {
      select = select.where(sql<boolean>`(time, id) < (${after.time}, ${after.id})`);
    } else if (query.until !== undefined) {
      select = select.where('time', '<', query.until);
    }
    return sql<Place>`select * from (${select}) as one_severity`;
  };

  const branches = severities
    .slice(Math.max(floor, 0))
    .flatMap((severity) =>
      exceptedOf[query.exceptions ?? 'hide'].map((excepted) => ofSeverity(severity, excepted)),
    );
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

const exceptedOf: Readonly<Record<Exceptions, readonly (0 | 1)[]>> = { hide: [0], show: [0, 1], only: [1] };

interface Place {
  sequence: number;
  time: number;
  id: string;
}
