import type { Requests } from '../event/requests.ts';
import type { Offence } from './offence.ts';

/**
 * One way of seeing something bad in traffic. Its state is bounded and its windows are of event time: requests that come shuffled and late,
 * but no later than the configured lateness, give the same offences as the same requests in order.
 */
export interface Signal {
  readonly name: string;
  /** Sees a batch. `clients[row]` is a number of the client table, or -1. Both are valid during the call only. */
  readonly take: (requests: Requests, clients: Int32Array) => void;
  /**
   * Time has come to `now` (event time in milliseconds: the latest that was seen), after every batch and at the end with Infinity. What lies
   * further back than the lateness is closed, told for the last time, and forgotten.
   */
  readonly tick: (now: number) => void;
  /** What is new or has changed since the last call; what has changed a little may wait, unless `all` is asked for. */
  readonly offences: (all?: boolean) => readonly Offence[];
  /** These clients are forgotten, and their numbers will be used for others. Called before `take` of the batch in which they are. */
  readonly forget?: (clients: readonly number[]) => void;
}
