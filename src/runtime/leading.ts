import type { Logger } from 'pino';
import type { Leadership, Store } from '../store/store.ts';

/** Something that only the leader does. */
export interface Led {
  /** Ends it; what is under way is finished, or refused by the store where another leads already. */
  readonly stop: () => Promise<void>;
}

export interface Leading<T extends Led> {
  /** What runs here now; undefined while another process leads. */
  readonly current: () => T | undefined;
  readonly stop: () => Promise<void>;
}

/** How often a process that stands by asks whether it may lead. */
const everyMs = 1_000;

/**
 * Starts something whenever this process becomes the one that leads, and stops it when that is over. Resolves after the first attempt: then
 * it runs, or this process stands by.
 *
 * @throws whatever starting it throws at the first attempt; later ones are logged and tried again
 */
export async function keepLeading<T extends Led>(
  store: Pick<Store, 'lead'>,
  start: (leadership: Leadership) => Promise<T>,
  log: Pick<Logger, 'info' | 'warn' | 'error'>,
): Promise<Leading<T>> {
  let running: { readonly leadership: Leadership; readonly led: T } | undefined;
  let stopping = false;
  let turn: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  async function attempt(): Promise<void> {
    const leadership = await store.lead();
    if (leadership === undefined) return;
    try {
      running = { leadership, led: await start(leadership) };
    } catch (error) {
      await leadership.release();
      throw error;
    }
    leadership.lost.addEventListener('abort', onLost, { once: true });
    if (leadership.lost.aborted) onLost();
  }

  async function end(): Promise<void> {
    const was = running;
    running = undefined;
    await was?.led.stop();
    await was?.leadership.release();
  }

  function onLost(): void {
    if (stopping) return;
    log.warn({}, 'this server leads no more; it stands by, and takes no events until it leads again');
    turn = turn
      .then(end)
      .catch((error: unknown) => log.error({ err: error }, 'what the leader does could not be ended well'))
      .then(later);
  }

  function later(): void {
    if (stopping) return;
    timer = setTimeout(() => {
      turn = turn.then(tryAgain);
    }, everyMs);
  }

  async function tryAgain(): Promise<void> {
    if (stopping) return;
    try {
      await attempt();
    } catch (error) {
      log.error({ err: error }, 'this server could not become the leader; trying again');
    }
    if (running === undefined) later();
    else log.info({}, 'this server leads now');
  }

  await attempt();
  if (running === undefined) {
    log.info({}, 'another server leads; this one stands by, and delivers and answers questions meanwhile');
    later();
  }
  return {
    current: () => running?.led,
    stop: async () => {
      stopping = true;
      clearTimeout(timer);
      await turn;
      await end();
    },
  };
}
