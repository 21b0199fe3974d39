import type { Alert } from '../alert/alert.ts';
import { digestQueue } from '../alert/schedule.ts';
import type { Delivery, DeliveryOutcome, Store } from '../store/store.ts';
import { makeBell } from './bell.ts';
import type { Answer, BoundChannel, DeliveryContext, Message } from './channel.ts';
import type { Clock } from './clock.ts';
import { afterAnswer, beforeAttempt, healthy, type ChannelHealth } from './channel-health.ts';
import { digestMaker } from './digest.ts';
import { nextAttempt } from './next-attempt.ts';
import { createBucket } from './rate-limit.ts';
import { deliverAll, followUp, type Transport } from './send.ts';
import { stillOwed } from './still-owed.ts';

/**
 * Carries alerts from the store to their channels. Each channel has a loop of its own, which sends one delivery at a
 * time (or as many as the channel takes at once) in the order of the store: a slow channel delays no other, and its receiver reads
 * alerts in order. When an alert changes after it was delivered, the same delivery comes again, with what the channel was told and the
 * receiver's receipt; such follow-ups come behind the first messages of other alerts.
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
  /** At most so many messages a minute; as many as there are, where left out. */
  readonly messagesPerMinute?: number | undefined;
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
  /** Times of the alert, where it was the first message about it and owed at once: what tells how fast alerts arrive. */
  readonly since?: { readonly event: number; readonly decided: number } | undefined;
}

export interface OutboxOptions {
  readonly store: Pick<Store, 'claim' | 'settle' | 'deliveries' | 'alerts'>;
  readonly channels: readonly OutboxChannel[];
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** The alert's page in the console; undefined where no public address is configured. */
  readonly link: (alert: Alert) => string | undefined;
  /** The page of all alerts in the console, for digests. */
  readonly listLink?: string | undefined;
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
  /** How each channel's receiver does, as this process sees it. */
  readonly health: () => ReadonlyMap<string, ChannelHealth>;
  /** Deliveries owed to channels that are not configured, by channel. They stay in the store until the channel is back. */
  readonly orphans: () => Promise<Readonly<Record<string, number>>>;
  /** Ends when the attempts under way are settled; the rest waits in the store for the next start. */
  readonly stop: () => Promise<void>;
}

const leaseMargin = 60_000;
/** How often a channel looks for a digest that has come due. */
const digestLookMs = 15_000;
const digestPage = 200;
/** What is more goes into another digest, right after. */
const mostInDigest = 2_000;
const settleTries = 3;

export function startOutbox(options: OutboxOptions): Outbox {
  const names = new Set(options.channels.map(({ name }) => name));
  if (names.size < options.channels.length)
    throw new Error('two channels have the same name; give each its own');
  const loops = options.channels.map((channel) => startLoop(channel, options));
  const queues = new Set([...names].flatMap((name) => [name, digestQueue(name)]));
  const orphans = async () => {
    const owed = Object.entries((await options.owed?.()) ?? {});
    return Object.fromEntries(owed.filter(([name, count]) => count > 0 && !queues.has(name)));
  };
  const told = tellOrphans(orphans, options.log);
  return {
    nudge: () => loops.forEach((loop) => loop.nudge()),
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

interface Loop {
  readonly name: string;
  readonly health: () => ChannelHealth;
  readonly nudge: () => void;
  readonly stop: () => Promise<void>;
}

function startLoop({ name, channel, messagesPerMinute }: OutboxChannel, options: OutboxOptions): Loop {
  const { store, clock, random, log } = options;
  const timeoutMs = options.timeoutMs ?? 10_000;
  const pollMs = options.pollMs ?? 1_000;
  const bell = makeBell(clock);
  const stopping = new AbortController();
  const bucket = messagesPerMinute === undefined ? undefined : createBucket(messagesPerMinute, clock.now());
  let health = healthy;
  let nextDigestLook = Number.NEGATIVE_INFINITY;

  /** One claim at most; returns how long there is nothing to do. */
  async function step(): Promise<number> {
    const now = clock.now();
    if (now < health.pausedUntil) return health.pausedUntil - now;
    const wait = bucket?.wait(now) ?? 0;
    if (wait > 0) return wait;
    health = beforeAttempt(health, now);
    if (now >= nextDigestLook) {
      nextDigestLook = now + digestLookMs;
      if (await digestStep(now)) return 0;
    }
    // A probe is one message.
    const most = health.state === 'half-open' ? 1 : (channel.most ?? 1);
    const limit = Math.max(1, Math.min(most, bucket?.room(now) ?? most));
    const leaseUntil = now + timeoutMs + leaseMargin;
    const due = await store.claim(name, { now, leaseUntil, limit });
    if (due.length === 0) return pollMs;
    const claimed: Delivery[] = [];
    for (const delivery of due) {
      const judged = await stillOwed(delivery, store);
      if (judged.type === 'owed') {
        claimed.push(judged.delivery);
      } else {
        await settle(delivery.id, delivery.id, judged);
        log.info(
          { channel: name, deliveryId: delivery.id, alertId: delivery.alert.id, reason: judged.reason },
          'a delivery is owed no longer',
        );
      }
    }

    // First messages come before the others, as many at once as the channel takes; the others one by one.
    const first = claimed.filter(({ told }) => told === undefined);
    if (first.length > 0) await conclude(first, await attempt(first, now), now);
    for (const delivery of claimed) {
      if (delivery.told === undefined) continue;
      const began = clock.now();
      // What is still held comes due again when its lease ends.
      if (began < health.pausedUntil || began + timeoutMs > leaseUntil || stopping.signal.aborted) break;
      await conclude([delivery], [await attemptFollowUp(delivery, delivery.told, began)], began);
    }
    return 0;
  }

  /** Sends what is due in the channel's digest as one message; false where nothing is. */
  async function digestStep(now: number): Promise<boolean> {
    const queue = digestQueue(name);
    const leaseUntil = now + timeoutMs + leaseMargin;
    const maker = digestMaker(options.link);
    let claimed: readonly Delivery[];
    do {
      claimed = await store.claim(queue, { now, leaseUntil, limit: digestPage });
      claimed.forEach(maker.add);
    } while (claimed.length === digestPage && maker.ids().length < mostInDigest);
    const ids = maker.ids();
    if (ids.length === 0) return false;
    const alert = maker.alert(now);
    const context = { idempotencyKey: alert.id, link: options.listLink, now };
    bucket?.spend(1, now);
    const answer = await attemptDigest({ alert, context });
    const after = clock.now();
    const before = health.state;
    health = afterAnswer(health, answer, after, random);
    tellHealth(before);
    const outcome = nextAttempt({ attempts: maker.attempts(), since: maker.since() }, answer, after, random);
    await settle(ids, alert.id, outcome);
    tell({ id: alert.id, alert, attempts: maker.attempts() }, answer, outcome, after - now);
    return true;
  }

  async function attemptDigest(message: Message): Promise<Answer> {
    try {
      const [answer] = await deliverAll(channel, [message], transport);
      return answer ?? { type: 'later', reason: 'the channel gave no answer' };
    } catch (error) {
      return unrendered(message.alert, message.alert.id, error);
    }
  }

  async function conclude(
    deliveries: readonly Delivery[],
    answers: readonly Answer[],
    began: number,
  ): Promise<void> {
    const after = clock.now();
    const tookMs = after - began;
    const worst =
      answers.find(({ type }) => type === 'closed') ??
      answers.find(({ type }) => type === 'later') ??
      answers[0];
    if (worst !== undefined) {
      const before = health.state;
      health = afterAnswer(health, worst, after, random);
      tellHealth(before);
    }
    for (const [index, delivery] of deliveries.entries()) {
      const answer = answers[index];
      if (answer === undefined) continue;
      const { attempts, alert, changedAt, revision, told, standing } = delivery;
      const next = nextAttempt({ attempts, since: changedAt ?? alert.decidedAt }, answer, after, random);
      const outcome: DeliveryOutcome =
        next.type === 'delivered' && answer.type === 'accepted'
          ? {
              type: 'delivered',
              revision,
              told: {
                standing,
                receipt: { ...told?.receipt, ...answer.receipt },
              },
            }
          : next;
      await settle(delivery.id, delivery.id, outcome);
      const isFirst = changedAt === undefined && told === undefined && alert.news === undefined;
      const since =
        isFirst && delivery.cause === undefined ? { event: alert.time, decided: alert.decidedAt } : undefined;
      tell(delivery, answer, outcome, tookMs, since);
    }
  }

  function contextOf(
    { id, alert, revision, standing }: Delivery,
    now: number,
  ): DeliveryContext & Pick<Delivery, 'standing'> {
    return {
      // A change is another message, and a receiver must not take it for the one before.
      idempotencyKey: revision === 0 ? id : `${id}-${revision}`,
      link: options.link(alert),
      now,
      standing,
    };
  }

  const transport: Transport = {
    fetch: options.fetch,
    timeoutMs,
    now: () => clock.now(),
    allowPrivateAddresses: options.allowPrivateAddresses,
  };

  async function attempt(deliveries: readonly Delivery[], now: number): Promise<readonly Answer[]> {
    bucket?.spend(deliveries.length, now);
    const messages = deliveries.map((delivery) => ({
      alert: delivery.alert,
      context: contextOf(delivery, now),
    }));
    try {
      return await deliverAll(channel, messages, transport);
    } catch (error) {
      const [only] = deliveries;
      if (only !== undefined && deliveries.length === 1) return [unrendered(only.alert, only.id, error)];
      // One of them spoils it for all: each by itself.
      const answers: Answer[] = [];
      for (const delivery of deliveries) answers.push(...(await attempt([delivery], now)));
      return answers;
    }
  }

  async function attemptFollowUp(
    delivery: Delivery,
    told: NonNullable<Delivery['told']>,
    now: number,
  ): Promise<Answer> {
    bucket?.spend(1, now);
    try {
      const context = { ...contextOf(delivery, now), told };
      return await followUp(channel, { alert: delivery.alert, context }, transport);
    } catch (error) {
      return unrendered(delivery.alert, delivery.id, error);
    }
  }

  /** Sending never throws, so this alert cannot be written for this channel, now or later; the next one can. */
  function unrendered(alert: Alert, id: string, error: unknown): Answer {
    log.error(
      { channel: name, deliveryId: id, alertId: alert.id, err: error },
      'an alert cannot be rendered',
    );
    return {
      type: 'refused',
      reason: `the alert cannot be rendered for ${channel.type}; the log has the error`,
    };
  }

  /** A store that is busy for a moment must not turn a delivery into two. */
  async function settle(
    ids: string | readonly string[],
    called: string,
    outcome: DeliveryOutcome,
  ): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await store.settle(ids, outcome, clock.now());
      } catch (error) {
        if (tries === settleTries || stopping.signal.aborted) throw error;
        log.warn(
          { channel: name, deliveryId: called, err: error },
          'cannot write down a delivery; trying again',
        );
        await bell.wait(1_000);
      }
    }
  }

  function tellHealth(before: ChannelHealth['state']): void {
    const { state, failuresInRow, reason, failingSince, pausedUntil } = health;
    if (state === 'open' && before === 'closed')
      log.error(
        { channel: name, failuresInRow, reason, failingSince, pausedUntil },
        'the channel fails again and again; it is left in peace, and tried with one message from time to time',
      );
    if (state === 'closed' && before === 'half-open')
      log.info({ channel: name }, 'the channel takes messages again');
  }

  function tell(
    delivery: Pick<Delivery, 'id' | 'alert' | 'attempts'>,
    answer: Answer,
    outcome: DeliveryOutcome,
    tookMs: number,
    since?: DeliveryResult['since'],
  ): void {
    const attempts = delivery.attempts + 1;
    const ids = { channel: name, deliveryId: delivery.id, alertId: delivery.alert.id, attempts, tookMs };
    if (outcome.type === 'delivered') log.info(ids, 'alert delivered');
    else if (outcome.type === 'dead')
      log.error({ ...ids, reason: outcome.reason }, 'alert not delivered, and given up');
    else if (outcome.type === 'retry')
      log.warn({ ...ids, reason: outcome.reason, nextAttempt: outcome.at }, 'alert not delivered yet');
    options.onResult?.({ ...ids, deliveryId: delivery.id, answer, outcome, since });
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
    name,
    health: () => health,
    nudge: bell.ring,
    stop: async () => {
      stopping.abort();
      bell.ring();
      await done;
      await channel.close?.();
    },
  };
}
