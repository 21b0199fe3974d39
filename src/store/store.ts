import type { Alert } from '../alert/alert.ts';
import type { Rejection } from '../event/record.ts';
import type { Severity } from '../event/severity.ts';

/** One alert owed to one channel. */
export interface Delivery {
  /** Also the idempotency key that the receiver sees: the same for every attempt. */
  readonly id: string;
  readonly channel: string;
  readonly alert: Alert;
  /** Attempts made before this one. */
  readonly attempts: number;
}

export type DeliveryOutcome =
  | { readonly type: 'delivered' }
  | { readonly type: 'retry'; readonly at: number; readonly reason: string }
  | { readonly type: 'dead'; readonly reason: string };

/** Everything that one batch of input leads to; stored whole or not at all. */
export interface Commit {
  readonly alerts: readonly { readonly alert: Alert; readonly channels: readonly string[] }[];
  readonly rejections?: readonly Rejection[];
  /** How far a source has been read, in that source's own notation. */
  readonly positions?: readonly { readonly source: string; readonly position: string }[];
  readonly now: number;
}

export interface CommitResult {
  /** Ids of the alerts that were not there before; the others are repeats and cause no delivery. */
  readonly created: readonly string[];
  readonly repeated: number;
}

export interface AlertQuery {
  /** Only alerts of this severity or worse. */
  readonly severity?: Severity | undefined;
  readonly ruleId?: string | undefined;
  readonly account?: string | undefined;
  /** Only event times in [since, until), in milliseconds since the epoch. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Continue after this cursor of an earlier page. */
  readonly after?: string | undefined;
  /** 1 to 500. */
  readonly limit: number;
}

export interface AlertPage {
  /** Newest event time first; ties by id. */
  readonly alerts: readonly Alert[];
  /** Undefined on the last page. */
  readonly next: string | undefined;
}

export interface StoreCounts {
  readonly alerts: Readonly<Record<Severity, number>>;
  readonly deliveries: { readonly pending: number; readonly delivered: number; readonly dead: number };
  readonly rejections: number;
}

/**
 * Where alerts, the outbox, rejected records and read positions live. Every promise that resolves has been
 * made durable: a process killed right after loses nothing of it.
 */
export interface Store {
  commit(batch: Commit): Promise<CommitResult>;
  alert(id: string): Promise<Alert | undefined>;
  /** @throws {BadCursorError} where `after` is not a cursor of this store. */
  alerts(query: AlertQuery): Promise<AlertPage>;
  /** How the deliveries of one alert stand. */
  deliveries(alertId: string): Promise<readonly DeliveryState[]>;
  /**
   * Takes deliveries of one channel that are due, oldest first, and holds them until `leaseUntil`: no other caller gets them before.
   * A holder that dies lets them go when the lease ends.
   */
  claim(channel: string, options: { now: number; leaseUntil: number; limit: number }): Promise<readonly Delivery[]>;
  settle(deliveryId: string, outcome: DeliveryOutcome, now: number): Promise<void>;
  position(source: string): Promise<string | undefined>;
  rejections(limit: number): Promise<readonly StoredRejection[]>;
  counts(): Promise<StoreCounts>;
  close(): Promise<void>;
}

export interface DeliveryState {
  readonly id: string;
  readonly channel: string;
  readonly state: 'pending' | 'delivered' | 'dead';
  readonly attempts: number;
  readonly reason: string | undefined;
}

export interface StoredRejection extends Rejection {
  readonly id: string;
}

/** A page cursor that this store did not make. */
export class BadCursorError extends Error {
  override readonly name = 'BadCursorError';
}
