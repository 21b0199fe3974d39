import { digestQueue } from '../alert/schedule.ts';
import type { Room } from '../store/attendant.ts';
import type { Delivery, DeliveryOutcome } from '../store/delivery.ts';
import { makeAttempts } from './attempts.ts';
import { makeBell } from './bell.ts';
import type { Answer } from './channel.ts';
import { afterAnswer, beforeAttempt, healthy, type ChannelHealth } from './channel-health.ts';
import { digestMaker } from './digest.ts';
import { nextAttempt } from './next-attempt.ts';
import type { DeliveryResult, OutboxChannel, OutboxOptions } from './outbox-options.ts';
import { createBucket } from './rate-limit.ts';
import { stillOwed } from './still-owed.ts';

/** For writing down how an attempt ended, and for clocks that disagree: whoever dies in an attempt holds it up for as long. */
const leaseMarginMs = 15_000;
/** How often a channel looks for a digest that has come due. */
const digestLookMs = 15_000;
const digestPage = 200;
/** What is more goes into another digest, right after. */
const mostInDigest = 2_000;
const settleTries = 3;
/** Who stops waits so long for commits under way; what they hand over later is claimed when its lease has ended. */
const expectedMs = 1_000;

export interface ChannelLoop {
  readonly name: string;
  readonly health: () => ChannelHealth;
  readonly nudge: () => void;
  /** The same, of a commit of this process, where the store does not tell of it by itself. */
  readonly committed: () => void;
  readonly stop: () => Promise<void>;
}

/** What is claimed and goes out as one message. */
interface Held {
  /** Never empty. */
  readonly deliveries: readonly Delivery[];
  readonly leaseUntil: number;
}

/** See `startOutbox`. */
export function startChannelLoop(
  { name, channel, messagesPerMinute, messagesAtOnce = 1 }: OutboxChannel,
  options: OutboxOptions,
): ChannelLoop {
  const { store, clock, random, log } = options;
  const timeoutMs = options.timeoutMs ?? 10_000;
  const pollMs = options.pollMs ?? 1_000;
  const bell = makeBell(clock);
  const stopping = new AbortController();
  const bucket = messagesPerMinute === undefined ? undefined : createBucket(messagesPerMinute, clock.now());
  const attempts = makeAttempts(name, channel, { ...options, timeoutMs }, (messages, now) =>
    bucket?.spend(messages, now),
  );
  const underWay = new Set<Promise<void>>();
  /** Claimed, and not begun. */
  const held: Held[] = [];
  let health = healthy;
  /** Whether the store may have more for the channel than the last claim and what was handed over since. */
  let mayHaveMore = true;
  /** When the store is to be asked in any case: for what has come due, and for what others have stored. */
  let nextLook = Number.NEGATIVE_INFINITY;
  let isLooking = false;
  /** Commits that may hand something over, and have not ended. */
  let expected = 0;
  /** How often a failure of the receiver has been counted. */
  let failures = 0;
  let nextDigestLook = Number.NEGATIVE_INFINITY;
  let isDigestUnderWay = false;

  /** One claim at most, or one attempt begun; returns how long there is nothing to do. */
  async function step(): Promise<number> {
    const now = clock.now();
    if (now < health.pausedUntil) return health.pausedUntil - now;
    if (free() <= 0) {
      await Promise.race(underWay);
      return 0;
    }
    health = beforeAttempt(health, now);
    if (held.length > 0) {
      beginHeld();
      return 0;
    }
    if (!mayHaveMore && now < nextLook) return nextLook - now;
    const wait = bucket?.wait(now) ?? 0;
    if (wait > 0) return wait;
    if (now >= nextDigestLook && !isDigestUnderWay) {
      nextDigestLook = now + digestLookMs;
      if (await digestStep(now)) return 0;
    }
    const most = health.state === 'half-open' ? 1 : (channel.most ?? 1);
    const wanted = most * free();
    const limit = Math.max(1, Math.min(wanted, bucket?.room(now) ?? wanted));
    const leaseUntil = now + timeoutMs + leaseMarginMs;
    mayHaveMore = false;
    nextLook = now + pollMs;
    isLooking = true;
    let owed: readonly Delivery[];
    try {
      const due = await store.claim(name, { now, leaseUntil, limit });
      if (due.length >= limit) mayHaveMore = true;
      owed = await owedOf(due);
    } finally {
      isLooking = false;
    }
    // First messages come before the others; these go one by one.
    hold(
      owed.filter(({ told }) => told === undefined),
      leaseUntil,
    );
    for (const delivery of owed)
      if (delivery.told !== undefined) held.push({ deliveries: [delivery], leaseUntil });
    beginHeld();
    return 0;
  }

  /** First messages, as many at once as the channel takes. */
  function hold(deliveries: readonly Delivery[], leaseUntil: number): void {
    const most = health.state === 'half-open' ? 1 : (channel.most ?? 1);
    for (let from = 0; from < deliveries.length; from += most)
      held.push({ deliveries: deliveries.slice(from, from + most), leaseUntil });
  }

  /**
   * What a commit may hand over: nothing where something older may be waiting, or where the receiver is to be left in peace. What it does not is
   * claimed.
   */
  function room(): Room {
    const now = clock.now();
    const isCaughtUp = !mayHaveMore && !isLooking && held.length === 0;
    const isWell = health.state === 'closed' && now >= health.pausedUntil && (bucket?.wait(now) ?? 0) === 0;
    const free =
      isCaughtUp && isWell && !stopping.signal.aborted ? messagesAtOnce - underWay.size - expected : 0;
    const most = Math.max(0, free) * (channel.most ?? 1);
    const leaseUntil = now + timeoutMs + leaseMarginMs;
    expected += 1;
    return {
      limit: Math.min(most, bucket?.room(now) ?? most),
      leaseUntil,
      take: (deliveries, isMore) => {
        expected -= 1;
        hold(deliveries, leaseUntil);
        beginHeld();
        if (isMore) mayHaveMore = true;
        if (isMore || stopping.signal.aborted) bell.ring();
      },
    };
  }

  /** While the breaker is not closed, one message shows whether the receiver is back. */
  function free(): number {
    return (health.state === 'closed' ? messagesAtOnce : 1) - underWay.size;
  }

  /** As many as may be on their way. An answer that came during the claim may have paused the channel; then they wait. */
  function beginHeld(): void {
    const now = clock.now();
    while (now >= health.pausedUntil && free() > 0) {
      const next = held.shift();
      if (next === undefined) return;
      const { deliveries, leaseUntil } = next;
      // It comes due again when its lease ends, and may have been claimed by another process before it is answered.
      if (now + timeoutMs > leaseUntil) continue;
      const most = health.state === 'closed' ? deliveries.length : 1;
      if (most < deliveries.length) held.unshift({ deliveries: deliveries.slice(most), leaseUntil });
      begin(() => send(deliveries.slice(0, most), now));
    }
  }

  /** Puts an attempt on its way; the loop goes on meanwhile. */
  function begin(attempt: () => Promise<void>): void {
    const task = (async () => {
      try {
        await attempt();
      } catch (error) {
        log.error({ channel: name, err: error }, 'the outbox cannot use the store; trying again');
        await clock.sleep(5_000, stopping.signal);
      }
    })();
    underWay.add(task);
    void task.then(() => {
      underWay.delete(task);
      if (held.length > 0 || mayHaveMore) bell.ring();
    });
  }

  async function owedOf(due: readonly Delivery[]): Promise<readonly Delivery[]> {
    const owed: Delivery[] = [];
    for (const delivery of due) {
      const judged = await stillOwed(delivery, store, clock.now());
      if (judged.type === 'owed') {
        owed.push(judged.delivery);
      } else {
        await settle(delivery.id, delivery.id, judged);
        log.info(
          { channel: name, deliveryId: delivery.id, alertId: delivery.alert.id, reason: judged.reason },
          judged.type === 'dropped' ? 'a delivery is owed no longer' : 'a delivery waits longer',
        );
      }
    }
    return owed;
  }

  async function send(deliveries: readonly Delivery[], now: number): Promise<void> {
    const failuresBefore = failures;
    const [delivery] = deliveries;
    const answers =
      delivery?.told === undefined
        ? await attempts.first(deliveries, now)
        : [await attempts.followUp(delivery, delivery.told, now)];
    const after = clock.now();
    const worst =
      answers.find(({ type }) => type === 'closed') ??
      answers.find(({ type }) => type === 'later') ??
      answers[0];
    if (worst !== undefined) heard(worst, after, failuresBefore);
    for (const [index, answer] of answers.entries()) {
      const one = deliveries[index];
      if (one !== undefined) await conclude(one, answer, now, after);
    }
  }

  /** Sends what is due in the channel's digest as one message; false where nothing is. */
  async function digestStep(now: number): Promise<boolean> {
    const queue = digestQueue(name);
    const leaseUntil = now + timeoutMs + leaseMarginMs;
    const maker = digestMaker(options.link);
    let claimed: readonly Delivery[];
    do {
      claimed = await store.claim(queue, { now, leaseUntil, limit: digestPage });
      claimed.forEach(maker.add);
    } while (claimed.length === digestPage && maker.ids().length < mostInDigest);
    const ids = maker.ids();
    if (ids.length === 0) return false;
    const alert = maker.alert(now);
    isDigestUnderWay = true;
    const failuresBefore = failures;
    begin(async () => {
      try {
        const answer = await attempts.digest(alert, now);
        const after = clock.now();
        heard(answer, after, failuresBefore);
        const made = { attempts: maker.attempts(), since: maker.since() };
        const outcome = nextAttempt(made, answer, after, random);
        await settle(ids, alert.id, outcome);
        tell({ id: alert.id, alert, attempts: maker.attempts() }, answer, outcome, after - now);
      } finally {
        isDigestUnderWay = false;
      }
    });
    return true;
  }

  /** `failuresBefore`: what `failures` was when the attempt began. */
  function heard(answer: Answer, now: number, failuresBefore: number): void {
    const before = health;
    health = afterAnswer(before, answer, now, random, failures !== failuresBefore);
    if (health.failuresInRow > before.failuresInRow) failures += 1;
    tellHealth(before.state);
  }

  async function conclude(delivery: Delivery, answer: Answer, began: number, after: number): Promise<void> {
    const { attempts: before, alert, owedSince, revision, told, standing } = delivery;
    const next = nextAttempt(
      { attempts: before, since: owedSince ?? alert.decidedAt },
      answer,
      after,
      random,
    );
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
    const isFirst = owedSince === undefined && told === undefined && alert.news === undefined;
    const since =
      isFirst && delivery.cause === undefined ? { event: alert.time, decided: alert.decidedAt } : undefined;
    tell(delivery, answer, outcome, after - began, since);
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
        await clock.sleep(1_000, stopping.signal);
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
    const made = delivery.attempts + 1;
    const ids = {
      channel: name,
      deliveryId: delivery.id,
      alertId: delivery.alert.id,
      attempts: made,
      tookMs,
    };
    if (outcome.type === 'delivered') log.info(ids, 'alert delivered');
    else if (outcome.type === 'dead')
      log.error({ ...ids, reason: outcome.reason }, 'alert not delivered, and given up');
    else if (outcome.type === 'retry')
      log.warn({ ...ids, reason: outcome.reason, nextAttempt: outcome.at }, 'alert not delivered yet');
    options.onResult?.({ ...ids, answer, outcome, since });
  }

  function nudge(): void {
    mayHaveMore = true;
    bell.ring();
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
    leave?.();
    const patience = clock.now() + expectedMs;
    const left = (): number => (expected > 0 ? patience - clock.now() : 0);
    while (left() > 0) await bell.wait(left());
    await Promise.all(underWay);
  }

  const leave = store.attend?.(name, { room });
  const done = run();
  return {
    name,
    health: () => health,
    nudge,
    committed: () => {
      if (leave === undefined) nudge();
    },
    stop: async () => {
      stopping.abort();
      bell.ring();
      await done;
      await channel.close?.();
    },
  };
}
