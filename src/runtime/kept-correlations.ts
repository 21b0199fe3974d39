import type { Alert } from '../alert/alert.ts';
import {
  correlatorDefaults,
  createCorrelator,
  type Correlator,
  type CorrelatorCounters,
} from '../sigma/correlation/correlator.ts';
import { isCorrelationKey, type StateChange } from '../sigma/correlation/state.ts';
import type { Store } from '../store/store.ts';
import type { Engine } from './engine.ts';
import type { Decision } from './pipeline.ts';

export type Step = Pick<Decision, 'matches' | 'time' | 'latest'>;

/** Correlations whose state is in the store: what they conclude and what they remember is stored together or not at all. */
export interface KeptCorrelations {
  /**
   * Takes what batches brought, one after the other, and calls `commit` once, with the alerts that each led to and the state to be stored
   * with them all: in one transaction. Calls follow one after the other where they may change the state. When `commit` fails, nothing of
   * any of the batches has come to be known: the state is again what the store holds.
   */
  readonly take: <T>(steps: readonly Step[], commit: CommitSteps<T>) => Promise<T>;
  /** The step that time alone is: the event clock goes on while nothing comes. Undefined where nothing waits for it. */
  readonly tick: (now: number) => Step | undefined;
  readonly counters: () => CorrelatorCounters;
}

type CommitSteps<T> = (alerts: readonly (readonly Alert[])[], state: readonly StateChange[]) => Promise<T>;

/** Goes on where the store's state is. */
export async function openCorrelations(
  engine: Engine,
  store: Store,
  options: { readonly lateness: number; readonly clock: () => number },
): Promise<KeptCorrelations> {
  const { clock } = options;
  const open = async (): Promise<Correlator> =>
    createCorrelator(
      engine.correlations,
      { ...correlatorDefaults, lateness: options.lateness, keepsState: true },
      // A correlator takes out what it has no use for, and must not take out what others remember.
      (await store.state()).filter(({ key }) => isCorrelationKey(key)),
    );
  let correlator = await open();
  /** Whether the state in memory may be ahead of the store's. */
  let isAhead = false;
  let turn: Promise<unknown> = Promise.resolve();
  /** When the event clock was last moved by an event, or the start. */
  let moved = { at: clock(), to: correlator.clock() };

  function run({ matches, time, latest }: Step): readonly Alert[] {
    const findings = correlator.take(matches, time, latest);
    if (correlator.clock() > moved.to) moved = { at: clock(), to: correlator.clock() };
    return engine.raiseCorrelated(findings, clock());
  }

  async function inTurn<T>(steps: readonly Step[], commit: CommitSteps<T>): Promise<T> {
    if (isAhead) {
      correlator = await open();
      isAhead = false;
    }
    isAhead = true;
    const alerts = steps.map(run);
    const result = await commit(alerts, correlator.changes());
    isAhead = false;
    return result;
  }

  return {
    take: (steps, commit) => {
      // Most batches hold nothing for a correlation; they need not wait for each other.
      if (!isAhead && !correlator.isWaiting() && steps.every(({ matches }) => matches.length === 0)) {
        steps.forEach(run);
        return commit([], []);
      }
      const mine = turn.then(() => inTurn(steps, commit));
      turn = mine.catch(() => {});
      return mine;
    },
    tick: (now) => {
      if (!correlator.isWaiting()) return undefined;
      const time = moved.to + Math.max(0, now - moved.at);
      return { matches: [], time, latest: Number.POSITIVE_INFINITY };
    },
    counters: () => correlator.counters(),
  };
}
