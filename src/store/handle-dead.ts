import type { DeadHandling, DeadQuery, Store } from './store.ts';

/** At most so many in one go, so that an answer comes. */
const most = 10_000;

/**
 * Tries again, or drops, all that were given up and fit a query; of those given up from now on none, so that it ends where they fail again at once.
 * `isAll` is false where there were more than 10,000.
 */
export async function handleAllDead(
  store: Pick<Store, 'deadDeliveries' | 'handleDead'>,
  query: Omit<DeadQuery, 'after' | 'limit'>,
  handling: DeadHandling,
): Promise<{ readonly count: number; readonly isAll: boolean }> {
  const until = Math.min(query.until ?? handling.at + 1, handling.at + 1);
  let count = 0;
  for (let seen = 0; seen < most;) {
    // From the beginning each time: those before are no longer among them.
    const { deliveries, next } = await store.deadDeliveries({ ...query, until, limit: 500 });
    const handled = await store.handleDead(
      deliveries.map(({ id }) => id),
      handling,
    );
    count += handled.length;
    seen += deliveries.length;
    if (next === undefined) return { count, isAll: true };
  }
  return { count, isAll: false };
}
