import type { Alert } from '../alert/alert.ts';
import type { Lookup } from '../alert/lookup.ts';
import { observablesOf } from '../alert/looked-up.ts';
import type { Observable } from '../context/observable.ts';
import { makeBell } from '../notify/bell.ts';
import type { Clock } from '../notify/clock.ts';
import type { OldAlert, Store } from '../store/store.ts';
import { answerCache, answerPrefix } from './answer-cache.ts';
import { askedPrefix, asking, type Asking, type AskingState } from './asking.ts';
import type { BoundProvider } from './table.ts';

/**
 * Follows the alerts of the store in the order in which they were stored, asks providers about what each names, and adds what they say. A first message that
 * only waits for that is let go once all is there; nothing else ever waits. How far it came and what was answered is kept
 * in the store, so that the next leader goes on there.
 */
export interface Enricher {
  /** Look at once: alerts were stored. */
  readonly nudge: () => void;
  readonly states: () => readonly AskingState[];
  /** Ends what is under way without waiting for answers. */
  readonly stop: () => Promise<void>;
}

export interface EnricherOptions {
  readonly providers: readonly BoundProvider[];
  readonly store: Pick<Store, 'oldAlerts' | 'alert' | 'amend' | 'position' | 'state'>;
  readonly commit: Store['commit'];
  /** Nobody is asked about these. */
  readonly isOwn: (about: Observable) => boolean;
  /** How long a first message waits, from when the alert was stored. */
  readonly waitMs: number;
  /** How long an answer holds. */
  readonly holdsMs: number;
  /** Channels whose first messages may wait. */
  readonly channels: readonly string[];
  /** Channels that write a message anew when more is known. */
  readonly followUps: readonly string[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly fetch: typeof globalThis.fetch;
  /** Told when messages may go out. */
  readonly onReleased: () => void;
  readonly log: {
    warn(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
}

const position = 'lookups';

/** Alerts that were stored longer ago are passed over: after a pause, what is new comes first. */
const oldestMs = 60 * 60_000;
const pageSize = 20;
/** At the same time. */
const mostPages = 8;
const idleMs = 5_000;
/** When what was not answered is asked again. */
const againMs = [60_000, 10 * 60_000] as const;
const mostAgain = 500;
/** Bounds a provider that is told off by everybody. */
const mostUnfinished = 200;

/** What of an alert is to be asked of whom. */
export function questionsOf(
  alert: Alert,
  providers: readonly Pick<BoundProvider, 'vendor' | 'knows'>[],
  isOwn: (about: Observable) => boolean,
): readonly { readonly provider: number; readonly about: Observable }[] {
  const answered = new Set(
    (alert.context?.lookups ?? []).flatMap(({ provider, about, verdict }) =>
      verdict === 'unanswered' ? [] : [`${provider} ${about.type} ${about.value}`],
    ),
  );
  return observablesOf(alert)
    .filter((about) => !isOwn(about))
    .flatMap((about) =>
      providers.flatMap(({ vendor, knows }, provider) =>
        knows.includes(about.type) && !answered.has(`${vendor} ${about.type} ${about.value}`)
          ? [{ provider, about }]
          : [],
      ),
    );
}

export async function startEnricher(options: EnricherOptions): Promise<Enricher> {
  const { store, clock, log, providers, waitMs } = options;
  const stopping = new AbortController();
  const bell = makeBell(clock);
  const kept = await store.state('lookup');
  const cache = answerCache(
    kept.filter(({ key }) => key.startsWith(answerPrefix)),
    options.holdsMs,
  );
  const asks: readonly Asking[] = providers.map((provider) =>
    asking({
      provider,
      cache,
      fetch: (input, init) =>
        options.fetch(input, {
          ...init,
          signal: AbortSignal.any([stopping.signal, ...(init?.signal ? [init.signal] : [])]),
        }),
      clock,
      random: options.random,
      signal: stopping.signal,
      kept: kept.find(({ key }) => key === askedPrefix + provider.type)?.value,
    }),
  );
  const start = await store.position(position);
  let after = start === undefined ? undefined : Number(start);
  /** Pages in their order; how far it came is the last of those before the first that is under way. */
  const pages: { readonly last: number; isDone: boolean }[] = [];
  const again: { readonly id: string; readonly at: number; readonly tries: number }[] = [];
  const underway = new Set<Promise<void>>();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      let wait = idleMs;
      try {
        wait = await step();
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.error({ err: error }, 'alerts could not be followed to look up what they name; trying again');
      }
      if (wait > 0) await Promise.race([bell.wait(wait), aborted]);
    }
  }

  /** One page at most; returns how long there is nothing to do. */
  async function step(): Promise<number> {
    await writeDown();
    askAgain();
    if (pages.length >= mostPages) return idleMs;
    const { alerts, last } = await store.oldAlerts({
      before: Number.MAX_SAFE_INTEGER,
      after,
      limit: pageSize,
    });
    if (last === undefined) return idleMs;
    after = last;
    const page = { last, isDone: false };
    pages.push(page);
    const work = Promise.all(alerts.map((one) => enrich(one)))
      .catch((error: unknown) => tellUnlooked(error))
      .finally(() => {
        // What was cut off is for the next start.
        page.isDone = !stopping.signal.aborted;
        underway.delete(work);
        bell.ring();
      })
      .then(() => {});
    underway.add(work);
    return 0;
  }

  function tellUnlooked(error: unknown): void {
    if (!stopping.signal.aborted)
      log.error({ err: error }, 'what was looked up could not be added to an alert');
  }

  /** How far it came, the answers, and how often was asked, in one commit. */
  async function writeDown(): Promise<void> {
    let done: number | undefined;
    while (pages[0]?.isDone === true) done = pages.shift()?.last;
    const state = [...cache.changes(), ...asks.flatMap((one) => one.changes())];
    if (done === undefined && state.length === 0) return;
    await options.commit({
      alerts: [],
      state,
      ...(done !== undefined && { positions: [{ source: position, position: String(done) }] }),
      now: clock.now(),
    });
  }

  async function enrich({ alert, storedAt }: OldAlert): Promise<void> {
    if (storedAt < clock.now() - oldestMs) return;
    await lookUp(alert, storedAt + waitMs, 0);
  }

  async function lookUp(alert: Alert, deadline: number, tries: number): Promise<void> {
    const questions = questionsOf(alert, providers, options.isOwn);
    if (questions.length === 0) return;
    const answers: Lookup[] = [];
    let isUnanswered = false;
    const all = Promise.all(
      questions.map(async ({ provider, about }) => {
        const answer = await asks[provider]?.ask(about);
        if (answer === undefined) return;
        answers.push(answer.lookup);
        isUnanswered ||= answer.again;
      }),
    ).then(() => 'all' as const);
    const inTime = await Promise.race([all, until(deadline, all)]);
    if (stopping.signal.aborted) return;
    if (answers.length > 0) await add(alert.id, answers.splice(0), inTime === 'all', tries > 0);
    if (inTime !== 'all') {
      // Messages are due now, and the outbox need not find that out by itself.
      options.onReleased();
      await all;
      if (stopping.signal.aborted) return;
      if (answers.length > 0) await add(alert.id, answers, true, true);
    }
    const pause = againMs[tries];
    if (isUnanswered && pause !== undefined && again.length < mostAgain)
      again.push({ id: alert.id, at: clock.now() + pause, tries: tries + 1 });
  }

  /** Resolves when the time has come, or earlier where there is nothing left to wait for. */
  async function until(deadline: number, all: Promise<unknown>): Promise<'late'> {
    const over = new AbortController();
    void all.then(() => over.abort());
    const signal = AbortSignal.any([stopping.signal, over.signal]);
    await clock.sleep(Math.max(0, deadline - clock.now()), signal);
    return 'late';
  }

  async function add(
    alertId: string,
    lookups: readonly Lookup[],
    isComplete: boolean,
    isLate: boolean,
  ): Promise<void> {
    const now = clock.now();
    await store.amend({
      alertId,
      lookups,
      ...(isComplete && { release: { channels: options.channels, until: now + waitMs } }),
      ...(isLate && { followUps: options.followUps }),
      now,
    });
    if (isComplete || isLate) options.onReleased();
  }

  function askAgain(): void {
    const now = clock.now();
    const due = again.filter(({ at }) => at <= now).slice(0, Math.max(0, mostUnfinished - underway.size));
    for (const one of due) {
      again.splice(again.indexOf(one), 1);
      const work = store
        .alert(one.id)
        .then((alert) => (alert === undefined ? undefined : lookUp(alert, now, one.tries)))
        .catch((error: unknown) => tellUnlooked(error))
        .finally(() => underway.delete(work));
      underway.add(work);
    }
  }

  const aborted = new Promise<void>((resolve) =>
    stopping.signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  const running = run();
  return {
    nudge: () => bell.ring(),
    states: () => asks.map((one) => one.state()),
    stop: async () => {
      stopping.abort();
      await running;
      await Promise.allSettled(underway);
      // Another may lead already; then what was answered last is asked once more.
      await writeDown().catch((error: unknown) => log.warn({ err: error }, 'answers could not be kept'));
    },
  };
}
