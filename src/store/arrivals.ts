import type { Transaction } from 'kysely';
import type { Alert } from '../alert/alert.ts';
import type { FollowedAlert } from '../alert/alert-life.ts';
import { isWithin, joinFinding, type Span } from '../alert/join.ts';
import { isClosed, lifecycleOf, type HistoryLine } from '../alert/lifecycle.ts';
import { occurrencesOf } from '../alert/occurrences.ts';
import { rewriteAlert, writeHistory, writeTerms } from './alert-rows.ts';
import { deliverAgain } from './deliver-again.ts';
import { rulePaces, type RulePaces } from './pace.ts';
import { alertRow, deliveryRow, owedOnce, readAlert, type CommitRows } from './rows.ts';
import type { Tables } from './schema.ts';
import { alertTerms } from './search-terms.ts';
import type { SqlDialect } from './sql-dialect.ts';
import type { OwedDelivery } from './owed.ts';

/** One alert of a batch, the first under its id. */
export interface Arrival {
  readonly entry: CommitRows['alerts'][number];
  readonly batch: CommitRows;
}

export interface Arrived {
  /** Keys of those that were not there before. */
  readonly created: ReadonlySet<string>;
  /** Ids of the alerts that the others joined, by the key that they came with; what was there already is in neither. */
  readonly joined: ReadonlyMap<string, string>;
}

/** An alert that findings may join: one that is stored, or one that this transaction stores. */
interface Held {
  /** Undefined until it is stored. */
  sequence: number | undefined;
  /** Undefined until somebody may join it. */
  alert: Alert | undefined;
  /** As it is stored. */
  before: Alert | undefined;
  span: Span;
  isClosed: boolean;
  readonly isExcepted: boolean;
  readonly arrival: Arrival | undefined;
  /** Who is to be told of it, where somebody is. */
  readonly owes: Map<string, OwedDelivery>;
  readonly lines: HistoryLine[];
  isChanged: boolean;
  now: number;
}

/** Rows in one statement at most: well below any database's limit on parameters. */
const rowsAtOnce = 200;

interface Setting {
  readonly place: string;
  readonly dialect: SqlDialect;
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
  const paces = rulePaces(trx, setting.place);

  const fresh: Held[] = [];
  const changed = new Set<Held>();
  const joined = new Map<string, Held>();
  for (const arrival of unknown) {
    const { row, alert } = arrival.entry;
    const held = joiners(arrival, groups);
    const taken = await take(trx, arrival, held, paces, setting.place);
    if (taken.type === 'joined') {
      joined.set(row.id, taken.held);
      changed.add(taken.held);
      continue;
    }
    fresh.push(taken.held);
    if (alert.group !== undefined) addTo(groups, alert.group.key, taken.held);
  }

  await insertAlerts(trx, fresh, setting);
  for (const held of changed) if (held.arrival === undefined) await writeChanged(trx, held, setting);
  for (const held of fresh)
    if (held.alert !== undefined) await writeLines(trx, held.alert, held.lines, held.now);
  const occurrences = unknown.flatMap(({ entry: { row, alert } }) => {
    const sequence = joined.get(row.id)?.sequence;
    return sequence === undefined ? [] : [{ id: row.id, alert: sequence, time: alert.time }];
  });
  for (const rows of chunks(occurrences)) await trx.insertInto('occurrences').values(rows).execute();
  await paces.write();
  return {
    created: new Set(fresh.flatMap(({ arrival }) => arrival?.entry.row.id ?? [])),
    joined: new Map([...joined].flatMap(([key, { alert }]) => (alert ? [[key, alert.id] as const] : []))),
  };
}

type Taken =
  { readonly type: 'joined'; readonly held: Held } | { readonly type: 'fresh'; readonly held: Held };

/** Decides what becomes of one that is not known. */
async function take(
  trx: Transaction<Tables>,
  arrival: Arrival,
  candidates: readonly Held[],
  paces: RulePaces,
  place: string,
): Promise<Taken> {
  const { entry, batch } = arrival;
  const { joining, now } = batch;
  let follows: FollowedAlert | undefined;
  if (joining !== undefined)
    for (const held of candidates) {
      const stored = await alertOf(trx, held, place);
      const verdict = joinFinding(stored, entry.alert, joining, now);
      if (verdict.type === 'apart') {
        follows ??= verdict.follows;
        continue;
      }
      const isNew = held.arrival !== undefined;
      held.alert = isNew ? untold(verdict.alert) : verdict.alert;
      held.span = occurrencesOf(verdict.alert);
      held.isClosed = isClosed(lifecycleOf(verdict.alert));
      held.isChanged = true;
      held.now = now;
      held.lines.push(...verdict.lines);
      if (verdict.tells) {
        const owes = owedOnce(joining.channelsFor(verdict.alert));
        const isTold =
          held.owes.size > 0 || (owes.length > 0 && (await paces.admits(verdict.alert, joining, now)));
        if (isTold) {
          for (const one of owes) if (!held.owes.has(one.channel)) held.owes.set(one.channel, one);
          held.alert = { ...held.alert, muted: undefined };
        }
      }
      return { type: 'joined', held };
    }
  const alert = follows === undefined ? entry.alert : { ...entry.alert, follows };
  const isMuted =
    joining !== undefined && entry.owes.length > 0 && !(await paces.admits(alert, joining, now));
  return {
    type: 'fresh',
    held: {
      sequence: undefined,
      alert: isMuted ? { ...alert, muted: { until: paces.endOf(alert) } } : alert,
      before: undefined,
      span: occurrencesOf(alert),
      isClosed: false,
      isExcepted: alert.exception !== undefined,
      arrival,
      owes: new Map(isMuted ? [] : entry.owes.map((one) => [one.channel, one])),
      lines: [],
      isChanged: isMuted || follows !== undefined,
      now,
    },
  };
}

/** Of an alert that nobody was told of yet, what joins it is no news. */
function untold(alert: Alert): Alert {
  const { news: _, ...rest } = alert;
  const { occurrences } = rest;
  if (occurrences === undefined) return rest;
  return {
    ...rest,
    occurrences: { ...occurrences, told: { at: occurrences.lastSeen, count: occurrences.count, times: 1 } },
  };
}

/** What of a group is near enough for one to join it: what is open first, then the latest. */
function joiners(
  { entry: { alert }, batch }: Arrival,
  groups: ReadonlyMap<string, readonly Held[]>,
): readonly Held[] {
  const { group } = alert;
  if (group === undefined || batch.joining === undefined) return [];
  return (groups.get(group.key) ?? [])
    .filter(
      ({ isExcepted, span }) =>
        isExcepted === (alert.exception !== undefined) && isWithin(alert.time, span, group.windowMs),
    )
    .toSorted((a, b) => Number(a.isClosed) - Number(b.isClosed) || b.span.lastSeen - a.span.lastSeen);
}

async function alertOf(trx: Transaction<Tables>, held: Held, place: string): Promise<Alert> {
  if (held.alert !== undefined) return held.alert;
  const { alert } = await trx
    .selectFrom('alerts')
    .select('alert')
    .where('sequence', '=', held.sequence ?? -1)
    .executeTakeFirstOrThrow();
  held.before = readAlert(alert, place);
  held.alert = held.before;
  return held.alert;
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
      const held: Held = {
        sequence,
        alert: undefined,
        before: undefined,
        span: { firstSeen, lastSeen },
        isClosed: isClosed({ status }),
        isExcepted: excepted === 1,
        arrival: undefined,
        owes: new Map(),
        lines: [],
        isChanged: false,
        now: 0,
      };
      addTo(groups, key, held);
    }
  }
  return groups;
}

function addTo(groups: Map<string, Held[]>, key: string, held: Held): void {
  const some = groups.get(key);
  if (some === undefined) groups.set(key, [held]);
  else some.push(held);
}

async function insertAlerts(
  trx: Transaction<Tables>,
  fresh: readonly Held[],
  { place, dialect }: Setting,
): Promise<void> {
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
    for (const held of some) held.sequence = sequences.get(held.arrival?.entry.row.id ?? '');
  }
  const deliveries = fresh.flatMap(({ sequence, arrival, owes, now }) =>
    sequence === undefined || arrival === undefined
      ? []
      : [...owes.values()].map((one) => deliveryRow({ id: arrival.entry.id, sequence }, one, now)),
  );
  for (const rows of chunks(deliveries)) await trx.insertInto('deliveries').values(rows).execute();
}

async function writeChanged(trx: Transaction<Tables>, held: Held, setting: Setting): Promise<void> {
  const { sequence, before, alert, lines, owes, now } = held;
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
