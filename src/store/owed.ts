import type { Alert } from '../alert/alert.ts';
import type { DeliveryCause } from '../alert/delivery-cause.ts';
import type { Joining } from '../alert/join.ts';

/** What a channel is owed of an alert, where there is more to say than its name. */
export interface OwedDelivery {
  readonly channel: string;
  /** Not to be claimed before this, in milliseconds since the epoch; at once, where left out. */
  readonly due?: number | undefined;
  readonly cause?: DeliveryCause | undefined;
}

/** A name alone is owed at once. */
export type Owes = readonly (string | OwedDelivery)[];

/** How findings join alerts, with what is the store's part of it. */
export interface CommitJoining extends Joining {
  /** What is owed of an alert as it is now, when people are to be told of it again. Pure; may be called again. */
  readonly channelsFor: (alert: Alert) => Owes;
}
