/** Work that holds up all else for longer is noticed by an alert that comes meanwhile. */
const workMs = 1;

/**
 * For work in many pieces of which most take no time at all: pauses only after a millisecond of it.
 * @param pause lets others go first
 */
export function pausesAtTimes(pause: () => Promise<unknown>): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < workMs) return;
    await pause();
    since = performance.now();
  };
}
