import type { Selectable, Transaction } from 'kysely';
import type { Alert } from '../alert/alert.ts';
import { isClosed, isOpenAgain, type HistoryLine } from '../alert/lifecycle.ts';
import { rewriteAlert, writeHistory, writeTerms } from './alert-rows.ts';
import { deliverAgain, oweAnew } from './deliver-again.ts';
import { fixedSql, listOf, rowInserter } from './fixed-sql.ts';
import { addTo, decideArrivals, heldAlert, type Arrival, type Held } from './joining.ts';
import { readPace, rulePaces, writePace, type RulePaces } from './pace.ts';
import type { Handing } from './handing.ts';
import { alertRow, readAlert, type CommitRows } from './rows.ts';
import type { AlertRow, Tables } from './schema.ts';
import { alertTerms } from './search-terms.ts';
import type { SqlDialect } from './sql-dialect.ts';

export interface Arrived {
  /** Keys of those that were not there before. */
  readonly created: ReadonlySet<string>;
  /** Ids of the alerts that the others joined, by the key that they came with; what was there already is in neither. */
  readonly joined: ReadonlyMap<string, string>;
  /** What the state is to hold of them. */
  readonly notes: CommitRows['state'];
  readonly mutedOf: RulePaces['mutedOf'];
}

/** Rows in one statement at most: well below any database's limit on parameters. */
const rowsAtOnce = 200;

interface Setting {
  readonly place: string;
  readonly dialect: SqlDialect;
  readonly handing: Handing;
}

/**
 * Stores what is new, lets what belongs to an alert that is there join it, and leaves out what is known; with all that it leads to. They are taken in their
 * order, each seeing what became of those before it.
 */
export async function writeArrivals(
  trx: Transaction<Tables>,
  arrivals: readonly Arrival[],
  setting: Setting,
): Promise<Arrived> {
  const known = await knownKeys(trx, arrivals, setting.dialect);
  const unknown = arrivals.filter(({ entry }) => !known.has(entry.row.id));
  const groups = await heldGroups(trx, unknown, setting.dialect);
  const paces = rulePaces((ruleId) => readPace(trx, ruleId, setting.place));
  const { fresh, changed, joined, notes } = await decideArrivals(unknown, groups, paces, (held) =>
    storedAlert(trx, held, setting.place),
  );

  await insertAlerts(trx, fresh, setting);
  for (const held of changed) if (held.arrival === undefined) await writeChanged(trx, held, setting);
  for (const held of fresh)
    if (held.alert !== undefined) await writeLines(trx, held.alert, held.lines, held.now);
  const occurrences = unknown.flatMap(({ entry: { row, alert } }) => {
    const sequence = joined.get(row.id)?.sequence;
    return sequence === undefined ? [] : [{ id: row.id, alert: sequence, time: alert.time }];
  });
  await insertOccurrences(trx, setting.dialect, occurrences);
  for (const pace of paces.changed()) await writePace(trx, pace);
  return {
    created: new Set(fresh.flatMap(({ arrival }) => arrival?.entry.row.id ?? [])),
    joined: new Map([...joined].flatMap(([key, { alert }]) => (alert ? [[key, alert.id] as const] : []))),
    notes,
    mutedOf: paces.mutedOf,
  };
}

async function storedAlert(trx: Transaction<Tables>, { sequence }: Held, place: string): Promise<Alert> {
  const { alert } = await trx
    .selectFrom('alerts')
    .select('alert')
    .where('sequence', '=', sequence ?? -1)
    .executeTakeFirstOrThrow();
  return readAlert(alert, place);
}

const selectKnown = fixedSql(
  (next, count) =>
    `select id from alerts where id in (${listOf(count, next)}) union all select id from occurrences where id in (${listOf(count, next)})`,
);

const selectGroups = fixedSql(
  (next, count) =>
    `select sequence, group_key, first_seen, last_seen, status, excepted from alerts
    where group_key in (${listOf(count, next)}) and last_seen >= ${next()} and first_seen <= ${next()}`,
);

type GroupRow = Pick<
  Selectable<AlertRow>,
  'sequence' | 'group_key' | 'first_seen' | 'last_seen' | 'status' | 'excepted'
>;

const insertRows = rowInserter(
  'alerts',
  [
    'id',
    'time',
    'severity',
    'rule_id',
    'account',
    'excepted',
    'group_key',
    'first_seen',
    'last_seen',
    'lasting',
    'status',
    'snoozed_until',
    'stored_at',
    'alert',
  ],
  'returning id, sequence',
);

const insertDeliveries = rowInserter('deliveries', [
  'alert',
  'channel',
  'id',
  'phase',
  'due',
  'attempts',
  'reason',
  'settled_at',
  'told',
  'changed_at',
  'cause',
  'history',
]);

const insertOccurrences = rowInserter('occurrences', ['id', 'alert', 'time']);

/** Those that are stored already, as alerts or as findings that joined one. */
async function knownKeys(
  trx: Transaction<Tables>,
  arrivals: readonly Arrival[],
  dialect: SqlDialect,
): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  for (const some of chunks(arrivals)) {
    const keys = some.map(({ entry }) => entry.row.id);
    const rows = await selectKnown<{ readonly id: string }>(trx, dialect, [...keys, ...keys], keys.length);
    for (const { id } of rows) known.add(id);
  }
  return known;
}

/** Stored alerts of the groups that arrive, as far as one of the arrivals may be near enough. */
async function heldGroups(
  trx: Transaction<Tables>,
  arrivals: readonly Arrival[],
  dialect: SqlDialect,
): Promise<Map<string, Held[]>> {
  const groups = new Map<string, Held[]>();
  const wanted = Map.groupBy(
    arrivals.filter(({ entry, batch }) => entry.alert.group !== undefined && batch.joining !== undefined),
    ({ entry }) => entry.alert.group?.key ?? '',
  );
  const reaches = [...wanted].map(([key, some]) => {
    const windows = some.map(({ entry }) => entry.alert.group?.windowMs ?? 0);
    const widest = windows.reduce((a, b) => Math.max(a, b));
    const times = some.map(({ entry }) => entry.alert.time);
    // Each that joins carries the reach of the alert further, by a window at most.
    const [from, to] = [times.reduce((a, b) => Math.min(a, b)), times.reduce((a, b) => Math.max(a, b))];
    return { key, from: from - widest, to: to + widest };
  });
  for (const some of chunks(reaches)) {
    const from = some.reduce((least, reach) => Math.min(least, reach.from), Infinity);
    const to = some.reduce((most, reach) => Math.max(most, reach.to), -Infinity);
    const keys = some.map(({ key }) => key);
    const rows = await selectGroups<GroupRow>(trx, dialect, [...keys, from, to], keys.length);
    for (const {
      sequence,
      group_key: key,
      first_seen: firstSeen,
      last_seen: lastSeen,
      status,
      excepted,
    } of rows) {
      if (key === null) continue;
      addTo(
        groups,
        key,
        heldAlert({
          sequence,
          span: { firstSeen, lastSeen },
          isClosed: isClosed({ status }),
          isExcepted: excepted === 1,
        }),
      );
    }
  }
  return groups;
}

async function insertAlerts(
  trx: Transaction<Tables>,
  fresh: readonly Held[],
  { place, dialect, handing }: Setting,
): Promise<void> {
  const texts = new Map<string, string>();
  for (const some of chunks(fresh)) {
    const ready = some.flatMap(({ arrival, alert, isChanged, now }) => {
      if (arrival === undefined || alert === undefined) return [];
      const { row, terms } = arrival.entry;
      return [
        isChanged ? { row: alertRow(alert, now, place), terms: alertTerms(alert).join(' ') } : { row, terms },
      ];
    });
    const rows = await insertRows<Pick<Selectable<AlertRow>, 'id' | 'sequence'>>(
      trx,
      dialect,
      ready.map(({ row }) => row),
    );
    const sequences = new Map(rows.map(({ id, sequence }) => [id, sequence]));
    const terms = ready.flatMap(({ row, terms: text }) => {
      const sequence = sequences.get(row.id);
      return sequence === undefined ? [] : [{ sequence, terms: text }];
    });
    await writeTerms(trx, dialect, terms);
    for (const { row } of ready) texts.set(row.id, row.alert);
    for (const held of some) held.sequence = sequences.get(held.arrival?.entry.row.id ?? '');
  }
  const deliveries = fresh.flatMap(({ sequence, arrival, owes, now }) =>
    sequence === undefined || arrival === undefined
      ? []
      : [...owes.values()].map((one) => {
          const { id, row } = arrival.entry;
          return handing.row({ id, sequence, text: texts.get(row.id) ?? row.alert }, one, now);
        }),
  );
  await insertDeliveries(trx, dialect, deliveries);
}

async function writeChanged(trx: Transaction<Tables>, held: Held, setting: Setting): Promise<void> {
  const { sequence, before, alert, lines, owes, now } = held;
  for (const channel of owes.keys()) setting.handing.leave(channel);
  if (sequence === undefined || before === undefined || alert === undefined) return;
  await rewriteAlert(trx, sequence, before, alert, setting);
  await writeLines(trx, alert, lines, now);
  if (owes.size > 0 && isOpenAgain(before, alert)) await oweAnew(trx, sequence, now, setting.place);
  await deliverAgain(trx, { id: alert.id, sequence }, [...owes.values()], now);
}

function writeLines(
  trx: Transaction<Tables>,
  alert: Alert,
  lines: readonly HistoryLine[],
  now: number,
): Promise<void> {
  return writeHistory(trx, alert, lines, { by: 'tocsin', via: 'system', now });
}

function* chunks<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let start = 0; start < rows.length; start += rowsAtOnce) yield rows.slice(start, start + rowsAtOnce);
}
