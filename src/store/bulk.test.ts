import { afterEach, describe, expect, it } from 'vitest';
import { bulkTargets } from './bulk.ts';
import { openSqliteStore } from './sqlite.ts';
import type { Store } from './store.ts';
import { sampleAlert } from './testing/samples.ts';

const stores: Store[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

describe('what a search finds over several pages', () => {
  it.each([
    [600, 3, false],
    [600, 299, false],
    [600, 300, true],
    [600, 10_000, true],
    [1_200, 10_000, true],
    [0, 1, true],
  ])('of %i alerts is counted up to %i, and it is said whether that is all', async (alerts, most, isAll) => {
    const store = await openSqliteStore({ path: ':memory:' });
    stores.push(store);
    await store.commit({
      alerts: Array.from({ length: alerts }, (_, n) => ({
        alert: sampleAlert(n + 1, { ruleId: n % 2 === 0 ? 'even' : 'odd' }),
        channels: [],
      })),
      now: 1,
    });
    const found = await bulkTargets(store, { ruleId: 'odd' }, most);
    expect(found.isAll).toBe(isAll);
    expect(found.targets).toHaveLength(Math.min(alerts / 2, most));
  });
});
