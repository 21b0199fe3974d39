import { afterAll, describe } from 'vitest';
import { describeAlerts } from './contract-alerts.ts';
import { describeAmending } from './contract-amending.ts';
import { describeAssets } from './contract-assets.ts';
import { describeBlocks } from './contract-blocks.ts';
import { describeBulk } from './contract-bulk.ts';
import { describeCommit } from './contract-commit.ts';
import { describeConditions } from './contract-conditions.ts';
import { describeDead } from './contract-dead.ts';
import { describeDurability } from './contract-durability.ts';
import { describeIncidents } from './contract-incidents.ts';
import { describeJoining } from './contract-joining.ts';
import { describeLeadership } from './contract-leadership.ts';
import { describeLife } from './contract-life.ts';
import { describeOutbox } from './contract-outbox.ts';
import { describeRetention } from './contract-retention.ts';
import type { Open, OpenedStore } from './opened-store.ts';

/** Everything that `store.ts` promises, as tests. Each store runs them against its real engine. */
export function describeStore(name: string, open: Open): void {
  describe(`${name} keeps the contract`, () => {
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
    describeAssets(openHere);
    describeBlocks(openHere);
    describeAlerts(openHere);
    describeOutbox(openHere);
    describeDead(openHere);
    describeConditions(openHere);
    describeJoining(openHere);
    describeLife(openHere);
    describeBulk(openHere);
    describeIncidents(openHere);
    describeAmending(openHere);
    describeLeadership(openHere);
    describeRetention(openHere);
    describeDurability(openHere);
  });
}
