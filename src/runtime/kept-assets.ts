import { createAssetMemory, type AssetChange, type AssetMemory } from '../facts/assets/memory.ts';
import { StoreError } from '../store/error.ts';
import type { Store } from '../store/store.ts';

/** What is remembered of assets, and kept in a store: together with the alerts of the same events, or not at all. */
export interface KeptAssets {
  readonly memory: AssetMemory;
  /**
   * Calls `commit` with what has changed, and the revision from which it has. When that fails, the changes are among the next ones:
   * events that come again change nothing that they have changed before. A row is written as a whole: when others have written meanwhile, which
   * the store says, what they wrote is taken in and `commit` called again.
   */
  readonly keep: <T>(commit: (changes: readonly AssetChange[], from: number) => Promise<T>) => Promise<T>;
  /** Takes what others have written into the store meanwhile: a look at the account, or that something is to be forgotten. */
  readonly refresh: () => Promise<void>;
}

const mostTries = 20;

/** Goes on with what the store remembers. */
export async function openAssets(
  store: Store,
  memory: AssetMemory = createAssetMemory(),
): Promise<KeptAssets> {
  let { revision } = await store.assetChanges(Number.MAX_SAFE_INTEGER);
  for await (const assets of store.allAssets()) memory.load(assets);

  async function refresh(): Promise<void> {
    const news = await store.assetChanges(revision);
    revision = Math.max(revision, news.revision);
    for (const { key, asset } of news.changes)
      if (asset === undefined) memory.forget(key);
      else memory.load([asset]);
  }

  return {
    memory,
    keep: async (commit) => {
      for (let tries = 1; ; tries += 1) {
        const changes = memory.changes();
        try {
          return await commit(changes, revision);
        } catch (error) {
          memory.untold(changes);
          const isStale = error instanceof StoreError && error.problem === 'stale';
          if (!isStale || tries === mostTries) throw error;
        }
        await refresh();
      }
    },
    refresh,
  };
}
