import type { Alert } from '../alert/alert.ts';
import type { Delivery, DeliveryOutcome, Store } from '../store/store.ts';
import type { Answer, BoundChannel } from './channel.ts';
import type { Clock } from './clock.ts';
import { channelPause, nextAttempt } from './next-attempt.ts';
import { deliver } from './send.ts';

/**
 * Carries alerts from the store to their channels. Each channel has a loop of its own, which sends one delivery at a
 * time in the order of the store: a slow channel delays no other, and its receiver reads alerts in order.
 *
 * A delivery is made at least once. It is made twice when the process dies, or the store fails, between the receiver's
 * yes and the writing down of it; then both carry the same idempotency key.
 */

/** A pino logger is one. */
export interface OutboxLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface OutboxChannel {
  readonly name: string;
  readonly channel: BoundChannel;
}

/** For metrics: one attempt and what came of it. */
export interface DeliveryResult {
  readonly channel: string;
  readonly deliveryId: string;
  readonly alertId: string;
  /** This attempt included. */
  readonly attempts: number;
  readonly answer: Answer;
  readonly outcome: DeliveryOutcome;
  /** How long the attempt took. */
  readonly tookMs: number;
}

export interface OutboxOptions {
  readonly store: Pick<Store, 'claim' | 'settle'>;
  readonly channels: readonly OutboxChannel[];
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** The alert's page in the console; undefined where no public address is configured. */
  readonly link: (alert: Alert) => string | undefined;
  readonly log: OutboxLog;
  readonly onResult?: ((result: DeliveryResult) => void) | undefined;
  /** Deliveries not yet made, by channel; tells of those owed to a channel that is no longer configured. */
  readonly owed?: (() => Promise<Readonly<Record<string, number>>>) | undefined;
  /** For one attempt. */
  readonly timeoutMs?: number | undefined;
  readonly allowPrivateAddresses?: boolean | undefined;
  /** How often an idle channel looks for retries that have come due. */
  readonly pollMs?: number | undefined;
}

export interface Outbox {
  /** Look at once: a commit has added deliveries. */
  readonly nudge: () => void;
  /** Deliveries owed to channels that are not configured, by channel. They stay in the store until the channel is back. */
  readonly orphans: () => Promise<Readonly<Record<string, number>>>;
  /** Ends when the attempts under way are settled; the rest waits in the store for the next start. */
  readonly stop: () => Promise<void>;
}

const leaseMargin = 60_000;
const settleTries = 3;

export function startOutbox(options: OutboxOptions): Outbox {
  const names = new Set(options.channels.map(({ name }) => name));
  if (names.size < options.channels.length)
    throw new Error('two channels have the same name; give each its own');
  const loops = options.channels.map((channel) => startLoop(channel, options));
  const orphans = async () => {
    const owed = Object.entries((await options.owed?.()) ?? {});
    return Object.fromEntries(owed.filter(([name, count]) => count > 0 && !names.has(name)));
  };
  const told = tellOrphans(orphans, options.log);
  return {
    nudge: () => loops.forEach((loop) => loop.nudge()),
    orphans,
    stop: async () => {
      await Promise.all([told, ...loops.map((loop) => loop.stop())]);
    },
  };
}

async function tellOrphans(orphans: Outbox['orphans'], log: OutboxLog): Promise<void> {
  try {
    for (const [channel, deliveries] of Object.entries(await orphans())) {
      log.warn(
        { channel, deliveries },
        'deliveries wait for a channel that is not configured; configure it again to send them',
      );
    }
  } catch (error) {
    log.error({ err: error }, 'cannot read which channels are owed deliveries');
  }
}

interface Loop {
  readonly nudge: () => void;
  readonly stop: () => Promise<void>;
}

function startLoop({ name, channel }: OutboxChannel, options: OutboxOptions): Loop {
  const { store, clock, random, log } = options;
  const timeoutMs = options.timeoutMs ?? 10_000;
  const pollMs = options.pollMs ?? 1_000;
  const bell = makeBell(clock);
  const stopping = new AbortController();
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let failuresInRow = 0;

  /** One attempt at most; returns how long there is nothing to do. */
  async function step(): Promise<number> {
    const now = clock.now();
    if (now < pausedUntil) return pausedUntil - now;
    const leaseUntil = now + timeoutMs + leaseMargin;
    const [delivery] = await store.claim(name, { now, leaseUntil, limit: 1 });
    if (delivery === undefined) return pollMs;

    const answer = await attempt(delivery, now);
    const after = clock.now();
    const { attempts, alert } = delivery;
    const outcome = nextAttempt({ attempts, since: alert.decidedAt }, answer, after, random);
    failuresInRow = answer.type === 'later' || answer.type === 'closed' ? failuresInRow + 1 : 0;
    pausedUntil = after + channelPause(answer, failuresInRow, random);
    await settle(delivery, outcome);
    tell(delivery, answer, outcome, after - now);
    return 0;
  }

  async function attempt(delivery: Delivery, now: number): Promise<Answer> {
    const { alert } = delivery;
    try {
      const context = { idempotencyKey: delivery.id, link: options.link(alert), now };
      const { fetch, allowPrivateAddresses } = options;
      return await deliver(channel, alert, context, {
        fetch,
        timeoutMs,
        now: () => clock.now(),
        allowPrivateAddresses,
      });
    } catch (error) {
      // Sending never throws, so this alert cannot be written for this channel, now or later; the next one can.
      log.error(
        { channel: name, deliveryId: delivery.id, alertId: alert.id, err: error },
        'an alert cannot be rendered',
      );
      return {
        type: 'refused',
        reason: `the alert cannot be rendered for ${channel.type}; the log has the error`,
      };
    }
  }

  /** A store that is busy for a moment must not turn a delivery into two. */
  async function settle(delivery: Delivery, outcome: DeliveryOutcome): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await store.settle(delivery.id, outcome, clock.now());
      } catch (error) {
        if (tries === settleTries || stopping.signal.aborted) throw error;
        log.warn(
          { channel: name, deliveryId: delivery.id, err: error },
          'cannot write down a delivery; trying again',
        );
        await bell.wait(1_000);
      }
    }
  }

  function tell(delivery: Delivery, answer: Answer, outcome: DeliveryOutcome, tookMs: number): void {
    const attempts = delivery.attempts + 1;
    const ids = { channel: name, deliveryId: delivery.id, alertId: delivery.alert.id, attempts, tookMs };
    if (outcome.type === 'delivered') log.info(ids, 'alert delivered');
    else if (outcome.type === 'dead')
      log.error({ ...ids, reason: outcome.reason }, 'alert not delivered, and given up');
    else log.warn({ ...ids, reason: outcome.reason, nextAttempt: outcome.at }, 'alert not delivered yet');
    options.onResult?.({ ...ids, deliveryId: delivery.id, answer, outcome });
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      let idleMs: number;
      try {
        idleMs = await step();
      } catch (error) {
        log.error({ channel: name, err: error }, 'the outbox cannot use the store; trying again');
        idleMs = 5_000;
      }
      if (idleMs > 0 && !stopping.signal.aborted) await bell.wait(idleMs);
    }
  }

  const done = run();
  return {
    nudge: bell.ring,
    stop: async () => {
      stopping.abort();
      bell.ring();
      await done;
    },
  };
}

/** A sleep that a nudge ends; a nudge while nobody sleeps ends the next sleep at once, so that none is lost. */
function makeBell(clock: Clock): { ring: () => void; wait: (ms: number) => Promise<void> } {
  let rung = false;
  let sleeper: AbortController | undefined;
  return {
    ring: () => {
      rung = true;
      sleeper?.abort();
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
