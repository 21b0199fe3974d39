import type { Alert } from '../alert/alert.ts';
import type { DeliveryOutcome } from '../store/delivery.ts';
import type { Store } from '../store/store.ts';
import type { Answer, BoundChannel } from './channel.ts';
import type { Clock } from './clock.ts';
import type { Fetch } from './send.ts';

/** A pino logger is one. */
export interface OutboxLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface OutboxChannel {
  readonly name: string;
  readonly channel: BoundChannel;
  /** At most so many messages a minute; as many as there are, where left out. */
  readonly messagesPerMinute?: number | undefined;
  /** At most so many on their way at once; one, and so all in order, where left out. */
  readonly messagesAtOnce?: number | undefined;
}

/** For metrics: one attempt and what came of it. */
export interface DeliveryResult {
  readonly channel: string;
  readonly deliveryId: string;
  readonly alertId: string;
  /** This attempt included. */
  readonly attempts: number;
  readonly answer: Answer;
  readonly outcome: DeliveryOutcome;
  /** How long the attempt took. */
  readonly tookMs: number;
  /** Times of the alert, where it was the first message about it and owed at once: what tells how fast alerts arrive. */
  readonly since?: { readonly event: number; readonly decided: number } | undefined;
}

export interface OutboxOptions {
  readonly store: Pick<Store, 'claim' | 'attend' | 'settle' | 'deliveries' | 'alerts'>;
  readonly channels: readonly OutboxChannel[];
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** The alert's page in the console; undefined where no public address is configured. */
  readonly link: (alert: Alert) => string | undefined;
  /** The page of all alerts in the console, for digests. */
  readonly listLink?: string | undefined;
  readonly log: OutboxLog;
  readonly onResult?: ((result: DeliveryResult) => void) | undefined;
  /** Deliveries not yet made, by channel; tells of those owed to a channel that is no longer configured. */
  readonly owed?: (() => Promise<Readonly<Record<string, number>>>) | undefined;
  /** For one attempt. */
  readonly timeoutMs?: number | undefined;
  readonly allowPrivateAddresses?: boolean | undefined;
  /** How often an idle channel looks for retries that have come due. */
  readonly pollMs?: number | undefined;
}
