import { grownAlert } from '../../alert/grown.ts';
import type { Alert } from '../../alert/alert.ts';
import { isClosed, isOpenAgain } from '../../alert/lifecycle.ts';
import type { Status } from '../../alert/alert-life.ts';
import { toKey } from '../column-text.ts';
import { addTo, decideArrivals, heldAlert, type Arrival, type Held } from '../joining.ts';
import { rulePaces, type Pace, type RulePaces } from '../pace.ts';
import { alertRow, readAlert, type CommitRows } from '../rows.ts';
import { alertTerms } from '../search-terms.ts';
import {
  alertKey,
  alertWithin,
  groupPartition,
  occurrenceKey,
  occurrencesPartition,
  storedAlert,
  type StoredAlert,
} from './alert-item.ts';
import { alertWriter } from './alert-writer.ts';
import { deliveryWrites, newDelivery, Tallies } from './delivery.ts';
import { deliverAgain, type FollowUp } from './follow-ups.ts';
import type { Head, HeadNumber } from './head.ts';
import { keyItem, textOf, type Item } from './item.ts';
import { keyText, rising } from './keys.ts';
import { paceWrites, readPace } from './pace.ts';
import type { Stage } from './stage.ts';
import type { Table } from './table.ts';
import type { Write } from './write.ts';

type Entry = CommitRows['alerts'][number];

export interface PlannedAlerts {
  readonly writes: readonly Write[];
  readonly numbers: Partial<Record<HeadNumber, number>>;
  readonly followUps: readonly FollowUp[];
  /** Of each key, the entry that came first. */
  readonly first: ReadonlyMap<string, Entry>;
  /** Keys of those that were not there before. */
  readonly created: ReadonlySet<string>;
  /** Ids of the alerts that the others joined, by the key that they came with. */
  readonly joined: ReadonlyMap<string, string>;
  /** What the state is to hold of them. */
  readonly notes: CommitRows['state'];
  readonly mutedOf: RulePaces['mutedOf'];
}

/** Stores what is new, lets what belongs to an alert that is there join it, and lets grow what is known; see `writeArrivals` of the SQL stores. */
export async function planAlerts(
  batches: readonly CommitRows[],
  there: ReadonlyMap<string, Item>,
  head: Head,
  stage: Stage,
  table: Table,
): Promise<PlannedAlerts> {
  const firsts = new Map<string, Arrival>();
  for (const batch of batches)
    for (const entry of batch.alerts)
      if (!firsts.has(entry.row.id)) firsts.set(entry.row.id, { entry, batch });
  const isThere = (id: string): boolean =>
    there.has(keyText(alertKey(id))) || there.has(keyText(occurrenceKey(id)));
  const unknown = [...firsts.values()].filter(({ entry }) => !isThere(entry.row.id));

  const { groups, stored } = await heldGroups(table, unknown);
  const hours = new Map<string, Pace | undefined>();
  const paces = rulePaces(async (ruleId) => {
    if (!hours.has(ruleId)) hours.set(ruleId, await readPace(table, ruleId));
    return hours.get(ruleId);
  });
  const decided = await decideArrivals(unknown, groups, paces, async ({ sequence }) => {
    const known = stored.get(sequence ?? -1);
    return known === undefined ? readAlert('', table.place) : alertWithin(table, known.item);
  });
  const { fresh, changed, joined, notes } = decided;

  const created = new Set(fresh.flatMap(({ arrival }) => arrival?.entry.row.id ?? []));
  const grown = await growAlerts(batches, firsts, created, fresh, there, table);
  const writer = alertWriter(head, stage, table.place);
  const writes: Write[] = [];
  const tallies = new Tallies();
  const system = (now: number) => ({ by: 'tocsin', via: 'system', now }) as const;
  const now = batches[0]?.now ?? 0;

  for (const held of fresh) {
    const { arrival, owes } = held;
    if (arrival === undefined || held.alert === undefined) continue;
    const { entry } = arrival;
    held.sequence = writer.next();
    const alert = grown.get(entry.row.id)?.after ?? held.alert;
    const isChanged = held.isChanged || alert !== held.alert;
    const row = isChanged ? alertRow(alert, held.now, table.place) : entry.row;
    const terms = isChanged ? alertTerms(alert) : entry.terms.split(' ');
    const key = { id: entry.id, key: entry.row.id, sequence: held.sequence };
    const deliveries = [...owes.values()].map((one) => newDelivery(key, one, held.now));
    for (const delivery of deliveries) {
      tallies.add(delivery.row, 1);
      writes.push(...deliveryWrites(undefined, delivery));
    }
    writer.insert({
      id: entry.row.id,
      columns: row,
      text: row.alert,
      terms,
      deliveries: deliveries.map((each) => each.row.id),
      now: arrival.batch.now,
    });
    writer.history(alert, held.lines, system(held.now));
  }

  /** What is there and changes: by what joined it, by what it has grown, or by both. */
  const rewritten = new Map<number, { alert: StoredAlert; before: Alert; after: Alert; held?: Held }>();
  for (const held of changed) {
    const known = held.arrival === undefined ? stored.get(held.sequence ?? -1) : undefined;
    if (known !== undefined && held.before !== undefined && held.alert !== undefined)
      rewritten.set(known.sequence, { alert: known, before: held.before, after: held.alert, held });
  }
  for (const [id, { item, before, after }] of grown) {
    if (item === undefined || created.has(id)) continue;
    const alert = storedAlert(item);
    const joins = rewritten.get(alert.sequence);
    rewritten.set(
      alert.sequence,
      joins === undefined
        ? { alert, before, after }
        : { ...joins, after: grownAlert(joins.after, after) ?? joins.after },
    );
  }
  const again = await deliverAgain(
    table,
    [...rewritten.values()].flatMap(({ alert, before, after, held }) =>
      held === undefined || held.owes.size === 0
        ? []
        : [
            {
              alert,
              id: after.id,
              owes: [...held.owes.values()],
              now: held.now,
              isOpenAgain: isOpenAgain(before, after),
            },
          ],
    ),
  );
  for (const { alert, before, after, held } of rewritten.values()) {
    writer.rewrite(alert, before, after, again.added.get(alert.id));
    if (held !== undefined) writer.history(after, held.lines, system(held.now));
  }
  writes.push(...again.writes, ...tallies.writes(), ...occurrenceWrites(unknown, joined, stage));
  for (const pace of paces.changed()) writes.push(...paceWrites(pace, hours.get(pace.rule.id), stage));
  const finished = writer.finish(fresh[0]?.arrival?.batch.now ?? now);
  return {
    writes: [...finished.writes, ...writes],
    numbers: finished.numbers,
    followUps: again.followUps,
    first: new Map([...firsts].map(([id, { entry }]) => [id, entry])),
    created,
    joined: new Map([...joined].flatMap(([key, { alert }]) => (alert ? [[key, alert.id] as const] : []))),
    notes,
    mutedOf: paces.mutedOf,
  };
}

/** Which alert each finding has joined, and what has joined each alert. */
function occurrenceWrites(
  arrivals: readonly Arrival[],
  joined: ReadonlyMap<string, Held>,
  stage: Stage,
): readonly Write[] {
  const writes: Write[] = [];
  const ids = new Map<string, string[]>();
  for (const { entry } of arrivals) {
    const alert = joined.get(entry.row.id)?.alert;
    if (alert === undefined) continue;
    const key = toKey(alert.id);
    writes.push({ type: 'put', item: { ...keyItem(occurrenceKey(entry.row.id)), a: { S: key } } });
    const known = ids.get(key);
    if (known === undefined) ids.set(key, [entry.row.id]);
    else known.push(entry.row.id);
  }
  for (const [key, findings] of ids)
    writes.push({
      type: 'put',
      item: {
        ...keyItem({ pk: occurrencesPartition(key), sk: stage.id }),
        ...stage.pack(JSON.stringify(findings)),
      },
    });
  return writes;
}

interface Groups {
  readonly groups: Map<string, Held[]>;
  /** By their numbers. */
  readonly stored: ReadonlyMap<number, StoredAlert>;
}

/** Stored alerts of the groups that arrive, as far as one of the arrivals may be near enough. */
async function heldGroups(table: Table, arrivals: readonly Arrival[]): Promise<Groups> {
  const wanted = Map.groupBy(
    arrivals.filter(({ entry, batch }) => entry.alert.group !== undefined && batch.joining !== undefined),
    ({ entry }) => entry.alert.group?.key ?? '',
  );
  const groups = new Map<string, Held[]>();
  const stored = new Map<number, StoredAlert>();
  const reaches = [...wanted].map(([key, some]) => {
    const widest = some.reduce((most, { entry }) => Math.max(most, entry.alert.group?.windowMs ?? 0), 0);
    const times = some.map(({ entry }) => entry.alert.time);
    // Each that joins carries the reach of the alert further, by a window at most.
    const from = times.reduce((a, b) => Math.min(a, b)) - widest;
    const to = times.reduce((a, b) => Math.max(a, b)) + widest;
    return { key, from, to };
  });
  const found = await Promise.all(
    reaches.map(async ({ key, from, to }) => {
      const places = await table.list({ pk: groupPartition(toKey(key)), from: rising(from) });
      const items = await table.getMany(places.map((place) => alertKey(textOf(place, 'id') ?? '')));
      const alerts = [...items.values()].map(storedAlert).filter(({ firstSeen }) => firstSeen <= to);
      return { key, alerts };
    }),
  );
  for (const { key, alerts } of found)
    for (const alert of alerts.toSorted((a, b) => a.sequence - b.sequence)) {
      const { sequence, firstSeen, lastSeen, status, excepted } = alert;
      stored.set(sequence, alert);
      const held = heldAlert({
        sequence,
        span: { firstSeen, lastSeen },
        isClosed: isClosed({ status: status as Status }),
        isExcepted: excepted === 1,
      });
      addTo(groups, key, held);
    }
  return { groups, stored };
}

interface Grown {
  /** Undefined for one that comes first in the same change. */
  readonly item: Item | undefined;
  readonly before: Alert;
  readonly after: Alert;
}

/** Alerts that are there, or come first in the same change, take over what is new about them; by their keys. */
async function growAlerts(
  batches: readonly CommitRows[],
  firsts: ReadonlyMap<string, Arrival>,
  created: ReadonlySet<string>,
  fresh: readonly Held[],
  there: ReadonlyMap<string, Item>,
  table: Table,
): Promise<ReadonlyMap<string, Grown>> {
  const repeats = batches
    .flatMap((batch) => batch.alerts)
    .filter(
      (entry) => entry.grows && (firsts.get(entry.row.id)?.entry !== entry || !created.has(entry.row.id)),
    );
  const found = new Map<string, Grown>();
  for (const id of new Set(repeats.map(({ row }) => row.id))) {
    const item = there.get(keyText(alertKey(id)));
    const held = fresh.find(({ arrival }) => arrival?.entry.row.id === id);
    const before = item === undefined ? held?.alert : await alertWithin(table, item);
    // One that has joined another does not grow by itself.
    if (before === undefined) continue;
    const after = repeats.reduce(
      (known, { row, alert }) => (row.id === id ? (grownAlert(known, alert) ?? known) : known),
      before,
    );
    if (after !== before) found.set(id, { item, before, after });
  }
  return found;
}
