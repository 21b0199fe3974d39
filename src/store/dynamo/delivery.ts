import type { DeliveryState } from '../store.ts';
import { fromColumn } from '../column-text.ts';
import type { Phase } from '../schema.ts';
import { keyItem, numberOf, numeral, packText, textOf, unpackText, type Item } from './item.ts';
import { alone, keyPart, rising, type Key } from './keys.ts';
import type { Write } from './write.ts';

/** A delivery as it is stored. `queued` is the sort key of its item in the queue of its channel, while it is owed. */
export interface StoredDelivery {
  readonly id: string;
  /** Id of its alert, as `toKey` makes it. */
  readonly alert: string;
  readonly sequence: number;
  /** As `toColumn` makes it. */
  readonly channel: string;
  readonly phase: Phase;
  readonly attempts: number;
  readonly queued: string | undefined;
  readonly reason: string | undefined;
  readonly settledAt: number | undefined;
}

export function deliveryKey(id: string): Key {
  return { pk: `D#${keyPart(id)}`, sk: alone };
}

/** The queue of a channel: first what may be taken, in the order in which alerts were stored, then what is put off, by when it is due. */
export function queuePartition(channel: string): string {
  return `Q#${keyPart(channel)}`;
}

export const readyPrefix = 'R#';
export const putOffPrefix = 'W#';

export function readyKey(sequence: number): string {
  return `${readyPrefix}${rising(sequence)}`;
}

export function putOffKey(due: number, sequence: number): string {
  return `${putOffPrefix}${rising(due)}#${rising(sequence)}`;
}

export function deliveryItem(delivery: StoredDelivery): Item {
  const { id, alert, sequence, channel, phase, attempts, queued, reason, settledAt } = delivery;
  return {
    ...keyItem(deliveryKey(id)),
    id: { S: id },
    a: { S: alert },
    q: numeral(sequence),
    f: { S: phase },
    tries: numeral(attempts),
    // Of every state that it is in, so that a change can be held to the state that it was made from.
    state: { S: stateOf(delivery) },
    ...(queued !== undefined && { w: { S: queued } }),
    ...(settledAt !== undefined && { at: numeral(settledAt) }),
    b: { B: packText(JSON.stringify([channel, fitted(reason)])) },
  };
}

/** A text that differs whenever the delivery has moved on. */
export function stateOf({ phase, attempts, queued }: StoredDelivery): string {
  return `${phase} ${attempts} ${queued ?? ''}`;
}

/** An item has room for 400 KB; a reason that does not fit, packed, is cut. */
function fitted(reason: string | undefined): string | null {
  if (reason === undefined) return null;
  return packText(reason).length < 150_000 ? reason : `${reason.slice(0, 30_000)} ...`;
}

export function queueItem({ channel, id, alert, sequence }: StoredDelivery, queued: string): Item {
  return {
    pk: { S: queuePartition(channel) },
    sk: { S: queued },
    id: { S: id },
    a: { S: alert },
    q: numeral(sequence),
  };
}

export function storedDelivery(item: Item): StoredDelivery {
  const [channel = '', reason] = JSON.parse(
    unpackText(item['b']?.B ?? packText('[]')),
  ) as readonly [channel?: string, reason?: string | null];
  return {
    id: textOf(item, 'id') ?? '',
    alert: textOf(item, 'a') ?? '',
    sequence: numberOf(item, 'q') ?? 0,
    channel,
    phase: (textOf(item, 'f') ?? 'dead') as Phase,
    attempts: numberOf(item, 'tries') ?? 0,
    queued: textOf(item, 'w'),
    reason: reason ?? undefined,
    settledAt: numberOf(item, 'at'),
  };
}

export function deliveryState({ id, channel, phase, attempts, reason }: StoredDelivery): DeliveryState {
  return {
    id,
    channel: fromColumn(channel),
    state: phase === 'delivered' || phase === 'dead' ? phase : 'pending',
    attempts,
    reason: reason === undefined ? undefined : fromColumn(reason),
  };
}

export const countsPartition = 'N';
const shards = 8;

export interface Tally {
  readonly pending?: number;
  readonly delivered?: number;
  readonly dead?: number;
}

/** Changes the running totals of a channel. They are spread over several items, so that those who settle seldom meet at one. */
export function tallyWrite(channel: string, tally: Tally): Write {
  const shard = Math.floor(Math.random() * shards);
  return {
    type: 'add',
    key: { pk: countsPartition, sk: `${keyPart(channel)}#${shard}` },
    numbers: { ...tally },
    keep: { b: { B: packText(channel) } },
  };
}
