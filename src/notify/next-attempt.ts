import type { DeliveryOutcome } from '../store/delivery.ts';
import type { Answer } from './channel.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** Written once and the same for every channel. All in milliseconds but the counts. */
export const retryPolicy = {
  /** The longest first wait; each further one is up to twice as long. */
  base: 2 * second,
  cap: 30 * minute,
  /** The same for a receiver that a person has to mend. */
  closedBase: 5 * minute,
  closedCap: 30 * minute,
  /** A receiver may ask for more patience than this, but does not get it. */
  longestRetryAfter: hour,
  /** Given up at this age, if at least `fewestAttempts` were made: a server that was off for two days still tries. */
  giveUpAge: 24 * hour,
  fewestAttempts: 10,
  /** Given up after this many, whatever the age. */
  mostAttempts: 200,
  /** How long a channel as a whole rests after failures in a row: one bad message stops the others for a moment only, a dead receiver is left in peace. */
  pauseBase: second,
  pauseCap: 5 * minute,
} as const;

/** What to write down after an attempt that ended with `answer`. `random` gives numbers in [0, 1). */
export function nextAttempt(
  delivery: {
    /** Attempts before this one. */ readonly attempts: number;
    /** Since when it is owed. */ readonly since: number;
  },
  answer: Answer,
  now: number,
  random: () => number,
): DeliveryOutcome {
  if (answer.type === 'accepted') return { type: 'delivered' };
  if (answer.type === 'refused') return { type: 'dead', reason: answer.reason };
  const made = delivery.attempts + 1;
  const age = now - delivery.since;
  if (
    made >= retryPolicy.mostAttempts ||
    (age >= retryPolicy.giveUpAge && made >= retryPolicy.fewestAttempts)
  ) {
    return { type: 'dead', reason: `given up after ${made} attempts; the last: ${answer.reason}` };
  }
  return { type: 'retry', at: now + wait(answer, delivery.attempts, random), reason: answer.reason };
}

function wait(
  answer: Exclude<Answer, { type: 'accepted' | 'refused' }>,
  attempts: number,
  random: () => number,
): number {
  if (answer.type === 'closed') {
    // Half fixed: a person needs time, and the first attempt after that should not come at once by luck.
    const most = grown(retryPolicy.closedBase, retryPolicy.closedCap, attempts);
    return Math.ceil(most / 2 + (random() * most) / 2);
  }
  const asked = askedWait(answer);
  return asked ?? Math.ceil(random() * grown(retryPolicy.base, retryPolicy.cap, attempts));
}

/**
 * How long the whole channel rests after an attempt: what the receiver asked for (a rate limit is about all messages),
 * otherwise a wait that grows with the failures in a row, this one included.
 */
export function channelPause(answer: Answer, failuresInRow: number, random: () => number): number {
  if (answer.type === 'accepted' || answer.type === 'refused') return 0;
  const asked = answer.type === 'later' ? askedWait(answer) : undefined;
  return asked ?? Math.ceil(random() * grown(retryPolicy.pauseBase, retryPolicy.pauseCap, failuresInRow));
}

/** The same while the breaker of the channel is open: never by luck at once, and one attempt after each such wait. */
export function openPause(answer: Answer, failuresInRow: number, random: () => number): number {
  if (answer.type === 'accepted' || answer.type === 'refused') return 0;
  const asked = answer.type === 'later' ? askedWait(answer) : undefined;
  const most = grown(retryPolicy.pauseBase, retryPolicy.pauseCap, failuresInRow);
  return Math.max(asked ?? 0, Math.ceil(most / 2 + (random() * most) / 2));
}

function askedWait({ afterMs }: Extract<Answer, { type: 'later' }>): number | undefined {
  return afterMs === undefined
    ? undefined
    : Math.min(Math.max(0, Math.ceil(afterMs)), retryPolicy.longestRetryAfter);
}

/** `base` doubled `times` times, never over `cap`; the upper end of "full jitter" (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). */
function grown(base: number, cap: number, times: number): number {
  return Math.min(cap, base * 2 ** Math.min(times, 40));
}
