import { StoreError, type StoreProblem } from '../store/error.ts';
import type { Commit, CommitResult, Store } from '../store/store.ts';

/** Whether the store takes what is committed. */
export interface StoreWatch {
  /** As the commit that is watched. */
  readonly commit: Store['commit'];
  /** What fails and since when; undefined where the latest commit was kept. */
  readonly trouble: () => string | undefined;
  /**
   * Writes a line while commits fail. Whoever asks whether the server is ready sends it nothing until it is, so that no event would
   * show that the store is well again. To be called every few seconds.
   */
  readonly retry: () => Promise<void>;
}

/** They say something of the batch, or of who leads, and nothing of the store. */
const notOfTheStore: ReadonlySet<StoreProblem> = new Set(['unfit', 'stale', 'superseded']);

const retryKey = 'store-watch';

export function watchStore(commit: Store['commit'], clock: () => number): StoreWatch {
  let failing: { readonly reason: string; readonly since: number } | undefined;
  let begun = 0;
  /** The latest of which is known how it ended. */
  let latest = 0;

  function note(number: number, failure?: unknown): void {
    // Of those under way at once, one that began earlier says nothing new.
    if (number < latest) return;
    latest = number;
    if (failure === undefined) failing = undefined;
    else if (failure instanceof StoreError && !notOfTheStore.has(failure.problem))
      failing = { reason: failure.message, since: failing?.since ?? clock() };
  }

  async function noted<T>(number: number, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      note(number, error);
      throw error;
    }
  }

  async function watched(batch: Commit): Promise<CommitResult> {
    const number = (begun += 1);
    const result = await noted(number, () => commit(batch));
    // A store that had nothing to do has shown nothing.
    if (isEmpty(batch)) return result;
    const { durable } = result;
    if (durable === undefined) {
      note(number);
      return result;
    }
    return {
      ...result,
      durable: async () => {
        await noted(number, durable);
        note(number);
      },
    };
  }

  return {
    commit: watched,
    trouble: () =>
      failing &&
      `nothing can be stored since ${new Date(failing.since).toISOString()}, and what comes in is refused: ${failing.reason}`,
    retry: async () => {
      if (failing === undefined) return;
      const now = clock();
      // How it ends is noted.
      await watched({ alerts: [], state: [{ key: retryKey, value: { at: now } }], now }).catch(() => {});
    },
  };
}

function isEmpty(batch: Commit): boolean {
  const { alerts, overflowsTold, rejections, positions, state, assets } = batch;
  return [alerts, overflowsTold, rejections, positions, state, assets].every(
    (some = []) => some.length === 0,
  );
}
