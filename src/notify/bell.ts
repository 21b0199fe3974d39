import type { Clock } from './clock.ts';

/** A reason of its own for each ring would be an error with its stack, which nobody reads. */
const rings = 'somebody rang';

/** A sleep that a nudge ends; a nudge while nobody sleeps ends the next sleep at once, so that none is lost. */
export function makeBell(clock: Clock): { ring: () => void; wait: (ms: number) => Promise<void> } {
  let rung = false;
  let sleeper: AbortController | undefined;
  return {
    ring: () => {
      rung = true;
      sleeper?.abort(rings);
    },
    wait: async (ms) => {
      if (!rung) {
        sleeper = new AbortController();
        await clock.sleep(ms, sleeper.signal);
        sleeper = undefined;
      }
      rung = false;
    },
  };
}
