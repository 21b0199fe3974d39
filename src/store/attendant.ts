import type { Delivery } from './delivery.ts';

/**
 * Who takes deliveries of one channel from the commit that stores them, already held by a lease: a claim right after it would only write the same rows once
 * more. When the process ends in between, they come due with the lease, as claimed ones do.
 */
export interface Attendant {
  /** Asked once by each commit that owes the channel anything, while it is being written. */
  readonly room: () => Room;
}

export interface Room {
  /** As many as may be handed over, first messages that are owed at once and under no condition; 0 for none. */
  readonly limit: number;
  /** In milliseconds since the epoch. */
  readonly leaseUntil: number;
  /**
   * Called once, when the commit is durable or has failed; then with none.
   * @param deliveries in the order in which their alerts were stored
   * @param isMore whether the commit owes the channel more, which is to be claimed
   */
  readonly take: (deliveries: readonly Delivery[], isMore: boolean) => void;
}
