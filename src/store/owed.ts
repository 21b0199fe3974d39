import type { Alert } from '../alert/alert.ts';
import type { DeliveryCause } from '../alert/delivery-cause.ts';
import type { Joining } from '../alert/join.ts';
import type { Json } from '../event/json.ts';

/** What a channel is owed of an alert, where there is more to say than its name. */
export interface OwedDelivery {
  readonly channel: string;
  /** Not to be claimed before this, in milliseconds since the epoch; at once, where left out. */
  readonly due?: number | undefined;
  readonly cause?: DeliveryCause | undefined;
}

/** A name alone is owed at once. */
export type Owes = readonly (string | OwedDelivery)[];

/** An entry of the state. */
export interface JoinedNote {
  readonly key: string;
  readonly value: Json;
}

/** How findings join alerts, with what is the store's part of it. */
export interface CommitJoining extends Joining {
  /** What is owed of an alert as it is now, when people are to be told of it again. Pure; may be called again. */
  readonly channelsFor: (alert: Alert) => Owes;
  /** What the state is to hold of a finding that joins an alert, in the same commit; `before` is the alert without it. Pure; may be called again. */
  readonly noteOf?: ((finding: Alert, before: Alert) => JoinedNote | undefined) | undefined;
}

const minute = 60_000;

/**
 * When a delivery comes due that waits for its time and its condition, if its time begins now; undefined where it waits for none. In milliseconds
 * since the epoch.
 */
export function dueAnew(cause: DeliveryCause | undefined, now: number): number | undefined {
  return cause?.type === 'escalation' || cause?.type === 'fallback'
    ? now + cause.minutes * minute
    : undefined;
}

/** Who is told only where others do not act, or are not reached, has not been told. */
export function tellsNow(one: Owes[number]): boolean {
  return typeof one === 'string' || one.cause === undefined || one.cause.type === 'client';
}
