import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from './error.ts';

const longestPause = 25;

/**
 * Runs `work` again and again while another connection holds the lock that it needs. SQLite could wait by itself, but
 * the whole event loop would stand still with it, and a connection of this same process could then never let go.
 *
 * @param longest how long to try, in milliseconds
 * @throws {StoreError} `busy` when that time is over
 */
export async function whileBusy<Result>(work: () => Result, longest: number): Promise<Result> {
  let waited = 0;
  for (let pause = 1; ; pause = Math.min(pause * 2, longestPause)) {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof StoreError && error.problem === 'busy') || waited >= longest) throw error;
    }
    await sleep(pause);
    waited += pause;
  }
}
