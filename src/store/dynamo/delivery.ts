import type { Selectable } from 'kysely';
import { deliveryRow, readHistory } from '../rows.ts';
import type { DeliveryRow, Phase } from '../schema.ts';
import type { OwedDelivery } from '../owed.ts';
import type { StoreCounts } from '../store.ts';
import { keyItem, numberOf, numeral, packed, packText, textOf, unpackText, type Item } from './item.ts';
import { alone, keyPart, rising, type Key } from './keys.ts';
import type { Write } from './write.ts';

/** A delivery as it is stored. */
export interface StoredDelivery {
  readonly row: Selectable<DeliveryRow>;
  /** Id of its alert, as `toKey` makes it. */
  readonly alertId: string;
  /** Rises with each change of it. */
  readonly version: number;
}

/** @param id as `toColumn` makes it */
export function deliveryKey(id: string): Key {
  return { pk: `D#${keyPart(id)}`, sk: alone };
}

/** What a new alert owes. */
export function newDelivery(
  alert: { readonly id: string; readonly key: string; readonly sequence: number },
  owed: OwedDelivery,
  now: number,
): StoredDelivery {
  const row = { ...deliveryRow(alert, owed, now), follows: 0, revision: 0, told_revision: -1 } as const;
  return {
    row: {
      ...row,
      reason: row.reason ?? null,
      settled_at: row.settled_at ?? null,
      told: row.told ?? null,
      changed_at: row.changed_at ?? null,
      cause: row.cause ?? null,
      history: row.history ?? null,
    },
    alertId: alert.key,
    version: 1,
  };
}

export function storedDelivery(item: Item): StoredDelivery {
  const row = JSON.parse(unpackText(item['b']?.B ?? packText('{}'))) as Selectable<DeliveryRow>;
  return { row, alertId: textOf(item, 'a') ?? '', version: numberOf(item, 'v') ?? 0 };
}

function deliveryItem({ row, alertId, version }: StoredDelivery): Item {
  return {
    ...keyItem(deliveryKey(row.id)),
    a: { S: alertId },
    v: numeral(version),
    b: { B: packText(JSON.stringify(fitted(row))) },
  };
}

const mostBytes = 250_000;
const keptOfReason = 10_000;

/** An item has room for 400 KB; reasons that do not fit, packed, are cut. */
function fitted(row: Selectable<DeliveryRow>): Selectable<DeliveryRow> {
  if (packText(JSON.stringify(row)).length < mostBytes) return row;
  const cut = (text: string): string =>
    text.length <= keptOfReason ? text : `${text.slice(0, keptOfReason)} ...`;
  const history = readHistory(row.history, '').map((each) => ({ ...each, after: cut(each.after ?? '') }));
  return {
    ...row,
    reason: row.reason === null ? null : cut(row.reason),
    history: row.history === null ? null : JSON.stringify(history),
  };
}

/** The queue of a channel: first what may be taken, first messages before later ones, each in the order in which alerts were stored; then what is put off, by when it is due. */
export function queuePartition(channel: string): string {
  return `Q#${keyPart(channel)}`;
}

export const readyPrefix = 'R#';
export const putOffPrefix = 'W#';

/** Where a delivery stands in the queue, while it is owed. */
export function placeInQueue({ phase, due, follows, alert }: Selectable<DeliveryRow>): string | undefined {
  const order = `${follows}#${rising(alert)}`;
  if (phase === 'ready') return `${readyPrefix}${order}`;
  return phase === 'waiting' || phase === 'leased' ? `${putOffPrefix}${rising(due)}#${order}` : undefined;
}

/** What was given up, by when it was. */
export const deadList = 'DL';

function placeAmongDead({ phase, settled_at, id }: Selectable<DeliveryRow>): string | undefined {
  return phase === 'dead' ? `${rising(settled_at ?? 0)}#${keyPart(id)}` : undefined;
}

/** All that changes with a delivery: its place in the queue, among those given up, and the totals. Held to the state that it was decided from. */
export function deliveryWrites(before: StoredDelivery | undefined, after: StoredDelivery): readonly Write[] {
  const { row } = after;
  const where = before && { name: 'v', value: before.version };
  const writes: Write[] = [{ type: 'put', item: deliveryItem(after), where }];
  const queue = queuePartition(row.channel);
  const [from, to] = [before && placeInQueue(before.row), placeInQueue(row)];
  if (from !== undefined && from !== to) writes.push({ type: 'remove', key: { pk: queue, sk: from } });
  if (to !== undefined && from !== to) {
    const entry = { id: { S: row.id }, q: numeral(row.alert), follows: numeral(row.follows) };
    writes.push({ type: 'put', item: { ...keyItem({ pk: queue, sk: to }), ...entry } });
  }
  const [died, dies] = [before && placeAmongDead(before.row), placeAmongDead(row)];
  if (died !== undefined && died !== dies) writes.push({ type: 'remove', key: { pk: deadList, sk: died } });
  if (dies !== undefined && died !== dies)
    writes.push({ type: 'put', item: { ...keyItem({ pk: deadList, sk: dies }), id: { S: row.id } } });
  return writes;
}

export function removalWrites({ row, version }: StoredDelivery): readonly Write[] {
  const died = placeAmongDead(row);
  const where = { name: 'v', value: version };
  return [
    { type: 'remove', key: deliveryKey(row.id), where },
    ...(died === undefined ? [] : [{ type: 'remove', key: { pk: deadList, sk: died } } as const]),
  ];
}

export const countsPartition = 'N';
const shards = 8;

type Tally = { -readonly [State in keyof StoreCounts['deliveries']]?: number };

function tallied(phase: Phase): keyof Tally {
  return phase === 'delivered' || phase === 'dead' || phase === 'dropped' ? phase : 'pending';
}

/** Changes of the running totals of channels, added up. */
export class Tallies {
  readonly #channels = new Map<string, Tally>();

  add({ channel, phase }: Selectable<DeliveryRow>, by: 1 | -1): void {
    const tally = this.#channels.get(channel) ?? {};
    const name = tallied(phase);
    tally[name] = (tally[name] ?? 0) + by;
    this.#channels.set(channel, tally);
  }

  /** Totals are spread over several items, so that those who settle seldom meet at one. */
  writes(): readonly Write[] {
    return [...this.#channels].flatMap(([channel, tally]): readonly Write[] => {
      const numbers = Object.fromEntries(Object.entries(tally).filter(([, by]) => by !== 0));
      if (Object.keys(numbers).length === 0) return [];
      const shard = Math.floor(Math.random() * shards);
      return [
        {
          type: 'add',
          key: { pk: countsPartition, sk: `${keyPart(channel)}#${shard}` },
          numbers,
          set: packed(channel),
        },
      ];
    });
  }
}

/** Changes of deliveries with all that changes with them. */
export function moveWrites(
  moves: readonly { readonly before: StoredDelivery | undefined; readonly after: Selectable<DeliveryRow> }[],
): readonly Write[] {
  const tallies = new Tallies();
  const writes = moves.flatMap(({ before, after }) => {
    if (before !== undefined) tallies.add(before.row, -1);
    tallies.add(after, 1);
    if (before === undefined) return [];
    return deliveryWrites(before, { ...before, row: after, version: before.version + 1 });
  });
  return [...writes, ...tallies.writes()];
}
