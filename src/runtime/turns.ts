/**
 * For what is many and not urgent: each caller goes on in a turn of the event loop of its own, in their order, so that whatever comes meanwhile
 * waits for one of them and not for all.
 */
export function inTurns(): () => Promise<void> {
  let waiting: (() => void)[] = [];
  let next = 0;

  function turn(): void {
    waiting[next]?.();
    next += 1;
    if (next < waiting.length) {
      setImmediate(turn);
      return;
    }
    waiting = [];
    next = 0;
  }

  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (waiting.length === 1) setImmediate(turn);
    });
}
