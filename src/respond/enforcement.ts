import type { Network } from '../web/network.ts';

/** A list of addresses outside, as it was read. */
export interface ListedAddresses {
  readonly entries: readonly Network[];
  /** Whether there is no such list yet: it is made then, also where nothing is to be blocked. */
  readonly absent?: boolean;
  /** What the list gives out with each reading and wants back with a change; meaningless to others. */
  readonly token?: string | undefined;
}

/** A place that holds off those whose addresses are in its list: a WAF's IP set, a file, a web server. */
export interface Enforcement {
  /** For people and for what is remembered of it; the same after each start. */
  readonly name: string;
  /** The only family that the list takes; undefined where it takes both. */
  readonly family: Network['family'] | undefined;
  /** How many entries it can have. */
  readonly capacity: number;
  /** Whether nobody else writes to it. */
  readonly exclusive: boolean;
  /** Lists of the same pace are changed one at a time, so many milliseconds apart. */
  readonly pace: { readonly name: string; readonly apart: number };
  readonly read: () => Promise<ListedAddresses>;
  /**
   * Replaces the whole list. To be called through the guard only.
   * @throws {EnforcementError}
   */
  readonly write: (entries: readonly Network[], listed: ListedAddresses) => Promise<void>;
}

/**
 * `conflict`: somebody else has changed the list since it was read. `busy`: refused or unanswered for now; it may have come through all
 * the same. `refused`: trying again will not help.
 */
export type EnforcementProblem = 'conflict' | 'busy' | 'refused';

export class EnforcementError extends Error {
  override readonly name = 'EnforcementError';
  readonly problem: EnforcementProblem;

  constructor(problem: EnforcementProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}
