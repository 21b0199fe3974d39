import type { Answer } from './channel.ts';
import { channelPause, openPause } from './next-attempt.ts';

/**
 * How the receiver behind a channel does, as a circuit breaker sees it (https://martinfowler.com/bliki/CircuitBreaker.html): `closed` lets
 * everything through. After some failures in a row it is `open`, and nothing is sent for a while; then it is `half-open` for
 * one message, which shows whether the receiver is back.
 */
export interface ChannelHealth {
  readonly state: 'closed' | 'open' | 'half-open';
  readonly failuresInRow: number;
  /** When the first of them ended; undefined where the last attempt was taken. Milliseconds since the epoch, as below. */
  readonly failingSince: number | undefined;
  /** Nothing is sent before this: after a failure, or because the receiver asked for it. */
  readonly pausedUntil: number;
  /** What the last failure was. */
  readonly reason: string | undefined;
}

export const healthy: ChannelHealth = {
  state: 'closed',
  failuresInRow: 0,
  failingSince: undefined,
  pausedUntil: Number.NEGATIVE_INFINITY,
  reason: undefined,
};

/** So many failures in a row open the breaker. A message that is refused is no failure of the receiver. */
const opensAfter = 5;

/**
 * `random` gives numbers in [0, 1). An answer is late where another attempt, on its way at the same time, has been counted as a failure since
 * this one began: failures that come together count once, so that a receiver that is started anew while several messages are on their
 * way has failed once.
 */
export function afterAnswer(
  before: ChannelHealth,
  answer: Answer,
  now: number,
  random: () => number,
  isLate = false,
): ChannelHealth {
  if (answer.type === 'accepted' || answer.type === 'refused') {
    if (before.state !== 'closed') return isLate ? before : healthy;
    // A rest that another answer has asked for goes on.
    return before.pausedUntil > now ? { ...healthy, pausedUntil: before.pausedUntil } : healthy;
  }
  const isAsked = answer.type === 'later' && answer.afterMs !== undefined;
  if (isLate) {
    const asked = isAsked ? now + channelPause(answer, before.failuresInRow, random) : now;
    return asked > before.pausedUntil ? { ...before, pausedUntil: asked, reason: answer.reason } : before;
  }
  const failuresInRow = before.failuresInRow + 1;
  const isOpen = failuresInRow >= opensAfter;
  return {
    state: isOpen ? 'open' : 'closed',
    failuresInRow,
    failingSince: before.failingSince ?? now,
    pausedUntil: Math.max(before.pausedUntil, now + pauseAfter(answer, failuresInRow, isOpen, random)),
    reason: answer.reason,
  };
}

/** A single failure may be about its message alone, which waits by itself: the others go on. */
function pauseAfter(answer: Answer, failuresInRow: number, isOpen: boolean, random: () => number): number {
  if (isOpen) return openPause(answer, failuresInRow, random);
  const isAlone = failuresInRow === 1 && answer.type === 'later' && answer.afterMs === undefined;
  return isAlone ? 0 : channelPause(answer, failuresInRow, random);
}

/** When a message may be sent although the breaker was open, it is a probe. */
export function beforeAttempt(health: ChannelHealth, now: number): ChannelHealth {
  return health.state === 'open' && now >= health.pausedUntil ? { ...health, state: 'half-open' } : health;
}
