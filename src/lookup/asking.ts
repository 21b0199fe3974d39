import type { Lookup } from '../alert/lookup.ts';
import type { Observable } from '../context/observable.ts';
import type { Json } from '../event/json.ts';
import type { Answer } from '../notify/channel.ts';
import { afterAnswer, beforeAttempt, healthy, type ChannelHealth } from '../notify/channel-health.ts';
import type { Clock } from '../notify/clock.ts';
import { createBucket } from '../notify/rate-limit.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { ReadAnswer } from './provider.ts';
import { lookupOf, type BoundProvider } from './table.ts';

/** How one provider does, for health, metrics and logs. */
export interface AskingState {
  readonly provider: string;
  readonly health: ChannelHealth;
  /** Of the day, by UTC. */
  readonly asked: number;
  readonly perDay: number;
  /** Since the start: answered out of what is kept, answered, not answered. */
  readonly kept: number;
  readonly answered: number;
  readonly unanswered: number;
}

/** Asks one provider within what it allows. */
export interface Asking {
  readonly provider: BoundProvider;
  /** What it says, or why it says nothing; `again` where asking later may help. Never rejects, and takes no longer than a minute or so. */
  readonly ask: (about: Observable) => Promise<{ readonly lookup: Lookup; readonly again: boolean }>;
  readonly state: () => AskingState;
  /** What is to be remembered of the day's questions, where that has changed since this was last called. */
  readonly changes: () => readonly { readonly key: string; readonly value: Json }[];
}

export interface AskingOptions {
  readonly provider: BoundProvider;
  readonly cache: AnswerCache;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** What `changes` gave before. */
  readonly kept: Json | undefined;
}

/** Who waits longer for a turn gets none. */
const patienceMs = 60_000;
/** At the same time with one provider. */
const mostUnderway = 4;

export const askedPrefix = 'lookups-asked/';

export function asking(options: AskingOptions): Asking {
  const { provider, cache, clock, random, signal } = options;
  const bucket = createBucket(provider.perMinute, clock.now());
  /** Asked about once, however many alerts name it. */
  const questions = new Map<string, Promise<{ lookup: Lookup; again: boolean }>>();
  const totals = { kept: 0, answered: 0, unanswered: 0 };
  let { day, asked } = readAsked(options.kept);
  let isChanged = false;
  let health = healthy;
  let waiting = 0;
  let underway = 0;

  async function ask(about: Observable): Promise<{ lookup: Lookup; again: boolean }> {
    const known = cache.find(provider.type, about, clock.now());
    if (known !== undefined) {
      totals.kept += 1;
      return { lookup: known, again: false };
    }
    const key = `${about.type} ${about.value}`;
    const same = questions.get(key);
    if (same !== undefined) return same;
    const question = askInTurn(about).finally(() => questions.delete(key));
    questions.set(key, question);
    return question;
  }

  async function askInTurn(about: Observable): Promise<{ lookup: Lookup; again: boolean }> {
    const refusal = await turn();
    const answer: ReadAnswer =
      refusal === undefined ? await askNow(about) : { type: 'later', reason: refusal };
    const lookup = lookupOf(provider, about, answer, clock.now());
    totals[answer.type === 'said' ? 'answered' : 'unanswered'] += 1;
    if (answer.type === 'said') cache.keep(provider.type, lookup);
    return { lookup, again: answer.type === 'later' || answer.type === 'closed' };
  }

  /** Waits until it may be asked, and takes that turn; why it may not, where that would take too long. */
  async function turn(): Promise<string | undefined> {
    const began = clock.now();
    for (;;) {
      const now = clock.now();
      if (signal.aborted) return 'the server stopped before it was asked';
      if (usedUp(now))
        return `not asked: ${provider.perDay.toLocaleString('en')} questions a day are used up`;
      if (health.state !== 'closed' && (now < health.pausedUntil || underway > 0))
        return `not asked: it failed again and again (${health.reason ?? 'no answer'})`;
      const wait = Math.max(bucket.wait(now), health.pausedUntil - now, underway >= mostUnderway ? 50 : 0);
      if (wait <= 0) {
        take(now);
        return undefined;
      }
      if (now + wait > began + patienceMs) return waitsTooLong(now);
      // A queue of more than a minute's worth would only wait for nothing.
      if (waiting >= provider.perMinute)
        return `not asked: more than ${provider.perMinute} questions a minute`;
      waiting += 1;
      await clock.sleep(wait, signal);
      waiting -= 1;
    }
  }

  function waitsTooLong(now: number): string {
    return now < health.pausedUntil
      ? `not asked: it is left in peace for a while (${health.reason ?? 'no answer'})`
      : `not asked: more than ${provider.perMinute} questions a minute`;
  }

  function usedUp(now: number): boolean {
    const today = new Date(now).toISOString().slice(0, 10);
    if (day !== today) {
      day = today;
      asked = 0;
    }
    return asked >= provider.perDay;
  }

  /** At once with the decision, because another question may be decided on before this one is sent. */
  function take(now: number): void {
    health = beforeAttempt(health, now);
    bucket.spend(1, now);
    asked += 1;
    isChanged = true;
    underway += 1;
  }

  async function askNow(about: Observable): Promise<ReadAnswer> {
    try {
      const answer = await provider.ask(about, { fetch: options.fetch, now: () => clock.now() });
      health = afterAnswer(health, asAnswer(answer), clock.now(), random);
      return answer;
    } finally {
      underway -= 1;
    }
  }

  return {
    provider,
    ask,
    state: () => ({ provider: provider.vendor, health, asked, perDay: provider.perDay, ...totals }),
    changes: () => {
      if (!isChanged) return [];
      isChanged = false;
      return [{ key: askedPrefix + provider.type, value: { day, asked } }];
    },
  };
}

function asAnswer(answer: ReadAnswer): Answer {
  return answer.type === 'said' ? { type: 'accepted' } : answer;
}

function readAsked(kept: Json | undefined): { day: string; asked: number } {
  const known =
    typeof kept === 'object' && kept !== null && 'day' in kept && 'asked' in kept ? kept : undefined;
  return typeof known?.day === 'string' && typeof known.asked === 'number'
    ? { day: known.day, asked: known.asked }
    : { day: '', asked: 0 };
}
