import type { Store } from '../store.ts';

/** One empty place to store things in, opened. */
export interface OpenedStore {
  readonly store: Store;
  /** A further connection to the same data, as another process would have it; the caller closes it. */
  readonly connect: () => Promise<Store>;
  /** Closes `store` and opens the same data again. */
  readonly reopen: () => Promise<Store>;
  /** Closes what is open and removes the data. */
  readonly destroy: () => Promise<void>;
  /** What to run node with for a process that opens the same data and runs `commitUntilKilled`; the number of its first batch is added. */
  readonly child: readonly string[];
  /** What to run node with for a process that opens the same data, leads, prints a line, and stays. */
  readonly leader: readonly string[];
}

/** Gives the test at hand a store of its own. */
export type Open = () => Promise<OpenedStore>;
