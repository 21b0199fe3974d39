import { afterAll, describe } from 'vitest';
import { describeAlerts } from './contract-alerts.ts';
import { describeCommit } from './contract-commit.ts';
import { describeDurability } from './contract-durability.ts';
import { describeOutbox } from './contract-outbox.ts';
import type { Store } from './store.ts';

/** One empty place to store things in, opened. */
export interface OpenedStore {
  readonly store: Store;
  /** A further connection to the same data, as another process would have it; the caller closes it. */
  connect(): Promise<Store>;
  /** Closes `store` and opens the same data again. */
  reopen(): Promise<Store>;
  /** Closes what is open and removes the data. */
  destroy(): Promise<void>;
  /** What to run node with for a process that opens the same data and runs `commitUntilKilled`; the number of its first batch is added. */
  readonly child: readonly string[];
}

/** Gives the test at hand a store of its own. */
export type Open = () => Promise<OpenedStore>;

/** Everything that `store.ts` promises, as tests. Each store runs them against its real engine. */
export function describeStore(name: string, open: Open): void {
  describe(name, () => {
    const places: OpenedStore[] = [];
    const openHere: Open = async () => {
      const opened = await open();
      places.push(opened);
      return opened;
    };
    afterAll(async () => {
      for (const place of places) await place.destroy();
    });

    describeCommit(openHere);
    describeAlerts(openHere);
    describeOutbox(openHere);
    describeDurability(openHere);
  });
}
