import { digestQueue } from '../alert/schedule.ts';
import type { ChannelHealth } from './channel-health.ts';
import { startChannelLoop } from './channel-loop.ts';
import type { OutboxLog, OutboxOptions } from './outbox-options.ts';

/**
 * Carries alerts from the store to their channels. Each channel has a loop of its own, which takes deliveries in the order of the store and has
 * a bounded number of them on their way at once (each of them as many alerts as the channel takes in one message): a slow channel delays no
 * other, and a slow or failing message not the rest of its channel. Only one delivery of an alert to a channel is on its way at a time, so
 * that a receiver hears of each alert in order; of different alerts too, where one is on its way at once. When an alert changes after it
 * was delivered, the same delivery comes again, with what the channel was told and the receiver's receipt; such follow-ups come behind the
 * first messages of other alerts.
 *
 * A delivery is made at least once. It is made twice when the process dies, or the store fails, between the receiver's
 * yes and the writing down of it; then both carry the same idempotency key.
 */

export interface Outbox {
  /** Look at once: there are deliveries that no commit of this process has added, or that have come due early. */
  readonly nudge: () => void;
  /** A commit of this process has added deliveries. */
  readonly committed: () => void;
  /** How each channel's receiver does, as this process sees it. */
  readonly health: () => ReadonlyMap<string, ChannelHealth>;
  /** Deliveries owed to channels that are not configured, by channel. They stay in the store until the channel is back. */
  readonly orphans: () => Promise<Readonly<Record<string, number>>>;
  /** Ends when the attempts under way are settled; the rest waits in the store for the next start. */
  readonly stop: () => Promise<void>;
}

export function startOutbox(options: OutboxOptions): Outbox {
  const names = new Set(options.channels.map(({ name }) => name));
  if (names.size < options.channels.length)
    throw new Error('two channels have the same name; give each its own');
  const loops = options.channels.map((channel) => startChannelLoop(channel, options));
  const queues = new Set([...names].flatMap((name) => [name, digestQueue(name)]));
  const orphans = async () => {
    const owed = Object.entries((await options.owed?.()) ?? {});
    return Object.fromEntries(owed.filter(([name, count]) => count > 0 && !queues.has(name)));
  };
  const told = tellOrphans(orphans, options.log);
  return {
    nudge: () => loops.forEach((loop) => loop.nudge()),
    committed: () => loops.forEach((loop) => loop.committed()),
    orphans,
    health: () => new Map(loops.map(({ name, health }) => [name, health()])),
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
