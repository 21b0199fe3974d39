import type { Logger } from 'pino';
import type { Blocking } from './blocking.ts';

/** How often the ledger is brought outside without being asked to: the longest that a block outlives its time while a server runs. */
const everyMs = 30_000;

export interface BlockingLoop {
  /** Brings the ledger outside soon. */
  readonly nudge: () => void;
  readonly stop: () => Promise<void>;
}

/** Keeps lists outside in agreement with the ledger: at once, then again and again, one sync after the other. */
export function startBlockingLoop(blocking: Blocking, log: Logger): BlockingLoop {
  let stopped = false;
  let underway: Promise<void> | undefined;
  let again = false;

  async function round(): Promise<void> {
    try {
      const { troubles, results } = await blocking.sync('tocsin serve');
      for (const { source, reason, hasCopy } of troubles)
        log.error(
          { source, reason },
          hasCopy
            ? 'a list of addresses could not be read; what it said before holds'
            : 'a list of addresses has never been read; until it is, nothing more is blocked',
        );
      for (const { target, outcome, reason, add, remove, leftOut } of results) {
        const line = { target, added: add.length, removed: remove.length, leftOut: leftOut.length };
        if (outcome === 'failed') log.error({ target, reason }, 'blocks could not be enforced; trying again');
        else if (outcome === 'changed') log.info(line, 'blocks were enforced');
        else if (outcome === 'would-change') log.debug(line, 'blocks would be enforced (dry run)');
        if (leftOut.length > 0) log.warn(line, 'blocks do not fit into the list; the worst are in it');
      }
    } catch (error) {
      log.error({ err: error }, 'the ledger of blocks could not be used; trying again');
    }
  }

  const nudge = (): void => {
    if (stopped) return;
    if (underway !== undefined) {
      again = true;
      return;
    }
    underway = round().finally(() => {
      underway = undefined;
      if (again) {
        again = false;
        nudge();
      }
    });
  };
  nudge();
  const timer = setInterval(nudge, everyMs);
  return {
    nudge,
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await underway;
    },
  };
}
