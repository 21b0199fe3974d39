import type { Alert } from '../alert/alert.ts';
import type { Joining } from '../alert/join.ts';
import type { Rejection } from '../event/record.ts';
import type { AssetChange } from '../facts/assets/memory.ts';
import type { InputOrigin } from '../source/source.ts';
import type { StateChange } from '../sigma/correlation/state.ts';
import { StoreError, type StoreProblem } from '../store/error.ts';
import type { Commit, CommitResult, JoinedFinding, Store } from '../store/store.ts';
import type { KeptAssets } from './kept-assets.ts';
import type { KeptUsual } from './kept-usual.ts';

export interface KeepOptions {
  readonly store: Pick<Store, 'commit'>;
  readonly assets: KeptAssets;
  /** What actors usually do, learned from whole streams of events; not where it is left out. */
  readonly usual?: KeptUsual | undefined;
  /** The channels that an alert is owed to. */
  readonly channelsFor: (alert: Alert) => Commit['alerts'][number]['channels'];
  /** How findings join alerts that are there; each is an alert of its own, where left out. */
  readonly joining?: Joining | undefined;
  readonly clock: () => number;
}

/** What one batch of input leads to, beside what it says of assets. */
export interface ToKeep {
  readonly alerts: readonly Alert[];
  readonly rejections: readonly Rejection[];
  readonly position?: InputOrigin['position'];
  readonly state: readonly StateChange[];
}

/**
 * Stores what several batches lead to, and what is new about assets and what is usual, in one transaction: all of it or nothing. Answers for each batch as
 * though they had been stored one after the other; what it answers is to be told to nobody before `durable` of it has resolved.
 * @throws {StoreError} `unfit` where more than one came and no store can hold one of their alerts; one alone is stored without such alerts
 */
export async function keep(
  options: KeepOptions,
  batches: readonly ToKeep[],
): Promise<readonly CommitResult[]> {
  const isEmpty = batches.every(
    ({ alerts, rejections, position, state }) =>
      alerts.length + rejections.length + state.length === 0 && position === undefined,
  );
  const isChanged = options.assets.memory.isChanged() || options.usual?.isChanged() === true;
  if (isEmpty && !isChanged) return batches.map(() => ({ created: [], repeated: 0 }));
  const alerts = batches.map((batch) => batch.alerts);
  const all: Whole = {
    alerts: alerts.flat(),
    rejections: batches.flatMap(({ rejections }) => rejections),
    positions: batches.flatMap(({ position }) => position ?? []),
    // The last word on a key counts.
    state: batches.flatMap(({ state }) => state),
  };
  const keepAll = (learned: readonly StateChange[]) =>
    options.assets.keep((assets, assetsFrom) => {
      const whole = { ...all, state: [...all.state, ...learned] };
      return keepWhole(options, whole, { assets, assetsFrom }, batches.length === 1);
    });
  const result = options.usual === undefined ? await keepAll([]) : await options.usual.keep(keepAll);
  return resultsOf(alerts, result);
}

/** Whether a store that says so would say it to anybody: what failed for this reason is not at fault itself. */
export function isStoresOwn(error: unknown): boolean {
  return error instanceof StoreError && storesOwn.has(error.problem);
}

const storesOwn: ReadonlySet<StoreProblem> = new Set([
  'full',
  'read-only',
  'busy',
  'unreachable',
  'superseded',
  'closed',
]);

/** Which of the results of one commit is whose. An alert that several batches bring belongs to the first. */
function resultsOf(
  batches: readonly (readonly Alert[])[],
  { created, joined = [], durable }: CommitResult,
): readonly CommitResult[] {
  const isNew = new Set(created);
  const joins = new Map(joined.map((one) => [one.id, one]));
  return batches.map((alerts) => {
    const mine: string[] = [];
    const joining: JoinedFinding[] = [];
    for (const { id } of alerts) {
      const join = joins.get(id);
      if (isNew.delete(id)) mine.push(id);
      else if (join !== undefined && joins.delete(id)) joining.push(join);
    }
    return {
      created: mine,
      repeated: alerts.length - mine.length - joining.length,
      ...(joining.length > 0 && { joined: joining }),
      durable,
    };
  });
}

interface Whole {
  readonly alerts: readonly Alert[];
  readonly rejections: readonly Rejection[];
  readonly positions: NonNullable<Commit['positions']>;
  readonly state: readonly StateChange[];
}

async function keepWhole(
  { store, clock, channelsFor, joining: rules }: KeepOptions,
  { alerts, rejections, positions, state }: Whole,
  assets: { readonly assets: readonly AssetChange[]; readonly assetsFrom: number },
  isAlone: boolean,
): Promise<CommitResult> {
  const owed = (alert: Alert) => ({ alert, channels: channelsFor(alert) });
  const joining = rules && { ...rules, channelsFor };
  const rest = { rejections, state, ...assets, positions, now: clock() };
  try {
    return await store.commit({ alerts: alerts.map(owed), joining, ...rest, early: true });
  } catch (error) {
    if (!isUnfit(error) || !isAlone) throw error;
  }
  // One alert that no store can hold must not keep the others out, nor hold up its source for ever.
  const created: string[] = [];
  let repeated = 0;
  const joined: JoinedFinding[] = [];
  const unfit: Rejection[] = [];
  for (const alert of alerts) {
    try {
      const result = await store.commit({ alerts: [owed(alert)], joining, now: rest.now });
      created.push(...result.created);
      joined.push(...(result.joined ?? []));
      repeated += result.repeated;
    } catch (error) {
      if (!isUnfit(error)) throw error;
      unfit.push({
        provenance: alert.evidence.provenance,
        reason: `the alert "${alert.rule.title}" cannot be stored: ${error.reason}`,
        length: 0,
        bytes: new Uint8Array(),
      });
    }
  }
  await store.commit({ alerts: [], ...rest, rejections: [...rejections, ...unfit] });
  return { created, repeated, joined };
}

function isUnfit(error: unknown): error is StoreError {
  return error instanceof StoreError && error.problem === 'unfit';
}
