import type { Clock } from '../clock.ts';

export interface FakeClock extends Clock {
  /** Moves time and wakes whoever has slept long enough. */
  advance(ms: number): void;
  /** Resolves when somebody sleeps until `until` or later: nothing more will happen before that by itself. */
  asleep(until?: number): Promise<void>;
}

/** A clock that stands still until it is told to move. */
export function fakeClock(start: number): FakeClock {
  let time = start;
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  const watchers = new Set<{ readonly until: number; readonly tell: () => void }>();
  return {
    now: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const sleeper = {
          at: time + ms,
          wake: () => {
            sleepers.delete(sleeper);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal.addEventListener('abort', sleeper.wake, { once: true });
        for (const watcher of watchers) {
          if (sleeper.at < watcher.until) continue;
          watchers.delete(watcher);
          watcher.tell();
        }
      }),
    advance: (ms) => {
      time += ms;
      for (const sleeper of sleepers) if (sleeper.at <= time) sleeper.wake();
    },
    asleep: (until = time) =>
      new Promise((resolve) => {
        if ([...sleepers].some(({ at }) => at >= until)) resolve();
        else watchers.add({ until, tell: resolve });
      }),
  };
}
