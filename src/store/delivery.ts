import type { Alert } from '../alert/alert.ts';
import type { DeliveryCause } from '../alert/delivery-cause.ts';
import type { Standing } from '../alert/standing.ts';
import type { Told } from './told.ts';

/** One alert owed to one channel. */
export interface Delivery {
  /** Also the idempotency key that the receiver sees: the same for every attempt. */
  readonly id: string;
  readonly channel: string;
  readonly alert: Alert;
  /** Attempts begun before this one. Taking a delivery counts as an attempt, so that one which kills its process is not tried for ever. */
  readonly attempts: number;
  /** How the alert stands now. */
  readonly standing: Standing;
  /** 0 until the alert has changed after it was stored; what the channel then knows is settled with the same number. */
  readonly revision: number;
  /** Undefined until a message about the alert arrived; after that, the delivery is to tell how the alert stands now. */
  readonly told: Told | undefined;
  /**
   * Since when there is something to tell, in milliseconds since the epoch: a change, or the time that a message was to wait for, or its replay;
   * undefined where that is when the alert was decided.
   */
  readonly owedSince: number | undefined;
  /** Why it is owed, where it is so only under a condition. */
  readonly cause?: DeliveryCause | undefined;
}

export type DeliveryOutcome =
  /** `revision` is that of the delivery, 0 where it is left out; `told` is kept for later messages about the alert. */
  | { readonly type: 'delivered'; readonly revision?: number | undefined; readonly told?: Told | undefined }
  | { readonly type: 'retry'; readonly at: number; readonly reason: string }
  /** Nothing was attempted: it is to be looked at again at this time, as if it came due then. */
  | { readonly type: 'postponed'; readonly at: number; readonly reason: string }
  | { readonly type: 'dead'; readonly reason: string }
  /** It is owed no longer, because its condition does not hold. */
  | { readonly type: 'dropped'; readonly reason: string };
