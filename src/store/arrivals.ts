import type { Transaction } from 'kysely';
import type { Alert } from '../alert/alert.ts';
import { isClosed, type HistoryLine } from '../alert/lifecycle.ts';
import { rewriteAlert, writeHistory, writeTerms } from './alert-rows.ts';
import { deliverAgain } from './deliver-again.ts';
import { addTo, decideArrivals, heldAlert, type Arrival, type Held } from './joining.ts';
import { readPace, rulePaces, writePace } from './pace.ts';
import type { Handing } from './handing.ts';
import { alertRow, readAlert } from './rows.ts';
import type { Tables } from './schema.ts';
import { alertTerms } from './search-terms.ts';
import type { SqlDialect } from './sql-dialect.ts';

export interface Arrived {
  /** Keys of those that were not there before. */
  readonly created: ReadonlySet<string>;
  /** Ids of the alerts that the others joined, by the key that they came with; what was there already is in neither. */
  readonly joined: ReadonlyMap<string, string>;
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
  const known = await knownKeys(trx, arrivals);
  const unknown = arrivals.filter(({ entry }) => !known.has(entry.row.id));
  const groups = await heldGroups(trx, unknown);
  const paces = rulePaces((ruleId) => readPace(trx, ruleId, setting.place));
  const { fresh, changed, joined } = await decideArrivals(unknown, groups, paces, (held) =>
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
  for (const rows of chunks(occurrences)) await trx.insertInto('occurrences').values(rows).execute();
  for (const pace of paces.changed()) await writePace(trx, pace);
  return {
    created: new Set(fresh.flatMap(({ arrival }) => arrival?.entry.row.id ?? [])),
    joined: new Map([...joined].flatMap(([key, { alert }]) => (alert ? [[key, alert.id] as const] : []))),
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

/** Those that are stored already, as alerts or as findings that joined one. */
async function knownKeys(
  trx: Transaction<Tables>,
  arrivals: readonly Arrival[],
): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  for (const some of chunks(arrivals)) {
    const keys = some.map(({ entry }) => entry.row.id);
    const rows = await trx
      .selectFrom('alerts')
      .select('id')
      .where('id', 'in', keys)
      .unionAll(trx.selectFrom('occurrences').select('id').where('id', 'in', keys))
      .execute();
    for (const { id } of rows) known.add(id);
  }
  return known;
}

/** Stored alerts of the groups that arrive, as far as one of the arrivals may be near enough. */
async function heldGroups(
  trx: Transaction<Tables>,
  arrivals: readonly Arrival[],
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
    const rows = await trx
      .selectFrom('alerts')
      .select(['sequence', 'group_key', 'first_seen', 'last_seen', 'status', 'excepted'])
      .where(
        'group_key',
        'in',
        some.map(({ key }) => key),
      )
      .where(
        'last_seen',
        '>=',
        some.reduce((least, { from }) => Math.min(least, from), Infinity),
      )
      .where(
        'first_seen',
        '<=',
        some.reduce((most, { to }) => Math.max(most, to), -Infinity),
      )
      .execute();
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
    const rows = await trx
      .insertInto('alerts')
      .values(ready.map(({ row }) => row))
      .returning(['id', 'sequence'])
      .execute();
    const sequences = new Map(rows.map(({ id, sequence }) => [id, sequence]));
    const terms = ready.flatMap(({ row, terms: text }) => {
      const sequence = sequences.get(row.id);
      return sequence === undefined ? [] : [dialect.termValues(sequence, text)];
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
  for (const rows of chunks(deliveries)) await trx.insertInto('deliveries').values(rows).execute();
}

async function writeChanged(trx: Transaction<Tables>, held: Held, setting: Setting): Promise<void> {
  const { sequence, before, alert, lines, owes, now } = held;
  for (const channel of owes.keys()) setting.handing.leave(channel);
  if (sequence === undefined || before === undefined || alert === undefined) return;
  await rewriteAlert(trx, sequence, before, alert, setting);
  await writeLines(trx, alert, lines, now);
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
