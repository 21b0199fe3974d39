import type { Alert } from '../alert/alert.ts';
import type { Joining } from '../alert/join.ts';
import { decode, type DecodedBatch } from '../decode/decode.ts';
import type { Event } from '../event/event.ts';
import type { Rejection } from '../event/record.ts';
import type { Severity } from '../event/severity.ts';
import type { AssetChange } from '../facts/assets/memory.ts';
import { byTime } from '../facts/assets/sightings.ts';
import type { InputOrigin } from '../source/source.ts';
import { StoreError } from '../store/error.ts';
import type { Commit, CommitResult, JoinedFinding, Store } from '../store/store.ts';
import type { Engine } from './engine.ts';
import type { StateChange } from '../sigma/correlation/state.ts';
import type { KeptAssets } from './kept-assets.ts';
import { rejectionKeeper } from './kept-rejections.ts';
import type { KeptCorrelations } from './kept-correlations.ts';
import { decide, decideHeld, newTally, type Decision, type Tally } from './pipeline.ts';

export interface IngestOptions {
  readonly engine: Engine;
  readonly store: Pick<Store, 'commit'>;
  readonly correlations: KeptCorrelations;
  readonly assets: KeptAssets;
  /** The channels that an alert is owed to. */
  readonly channelsFor: (alert: Alert) => Commit['alerts'][number]['channels'];
  /** How findings join alerts that are there; each is an alert of its own, where left out. */
  readonly joining?: Joining | undefined;
  readonly clock: () => number;
  /** Told of the events of each batch, after they are durable. */
  readonly onEvents?: ((events: readonly Event[]) => void) | undefined;
  /** Told after each commit, with the alerts that were not there before, and how many joined others. */
  readonly onCommit: (commit: {
    readonly source: string;
    readonly tally: Tally;
    readonly created: readonly Alert[];
    readonly repeated: number;
    readonly joined?: number | undefined;
  }) => void;
}

export interface IngestedAlert {
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  readonly repeated: boolean;
  /** The alert that it joined. */
  readonly joined?: string | undefined;
}

export interface IngestResult {
  readonly records: number;
  readonly events: number;
  readonly rejected: number;
  readonly skipped: number;
  /** The first of them; `rejected` and the store have all. */
  readonly alerts: readonly IngestedAlert[];
  readonly rejections: readonly { readonly position: number; readonly reason: string }[];
}

/** An answer lists this many alerts and rejections at most. */
const listed = 1_000;

/** What comes with a batch beside its events. */
export interface Alongside {
  /** Alerts for events of the batch that were decided on elsewhere; those that are made here too count once. */
  readonly alerts?: ((made: ReadonlySet<string>) => readonly Alert[]) | undefined;
  /** Stored in the same transaction. */
  readonly state?: readonly StateChange[] | undefined;
}

/**
 * The way of every record in the server: decoded, decided, and committed with its deliveries before anybody is told that it was taken.
 * Reading the same input again is harmless: alerts that are there stay as they are.
 */
export function createIngest(
  options: IngestOptions,
): (chunks: AsyncIterable<Uint8Array>, from: InputOrigin) => Promise<IngestResult> {
  return async (chunks, from) => {
    const input = openInput(options, from.source);
    for await (const batch of decode(chunks, from, { startAt: from.startAt })) await input.take(batch);
    if (from.position) await input.end(from.position);
    return input.result();
  };
}

/** The same for a batch that is decoded already; it is committed as one. */
export function createBatchIngest(
  options: IngestOptions,
): (batch: DecodedBatch, source: string, alongside: Alongside) => Promise<IngestResult> {
  return async (batch, source, alongside) => {
    const input = openInput(options, source);
    await input.take(batch, alongside);
    return input.result();
  };
}

function openInput(options: IngestOptions, source: string) {
  const { correlations } = options;
  const total = newTally();
  const alerts: IngestedAlert[] = [];
  const rejections: { position: number; reason: string }[] = [];
  const keepable = rejectionKeeper();

  async function commit(
    decided: readonly Alert[],
    rejected: readonly Rejection[],
    tally: Tally,
    more: { readonly state?: readonly StateChange[]; readonly position?: InputOrigin['position'] },
  ): Promise<void> {
    for (const key of Object.keys(total) as (keyof Tally)[]) total[key] += tally[key];
    for (const { provenance, reason } of rejected)
      if (rejections.length < listed) rejections.push({ position: provenance.position, reason });
    let created: ReadonlySet<string> = new Set();
    let repeated = 0;
    let joined: ReadonlyMap<string, string> = new Map();
    const { position, state = [] } = more;
    const isChanged = options.assets.memory.isChanged();
    if (decided.length > 0 || rejected.length > 0 || state.length > 0 || position || isChanged) {
      const result = await keep(options, {
        alerts: decided,
        rejections: keepable(rejected),
        position,
        state,
      });
      created = new Set(result.created);
      repeated = result.repeated;
      joined = new Map(result.joined?.map(({ id, alertId }) => [id, alertId]));
    }
    const told = new Set<string>();
    for (const alert of decided) {
      if (told.has(alert.id)) continue;
      told.add(alert.id);
      if (alerts.length < listed)
        alerts.push({
          id: alert.id,
          severity: alert.severity,
          title: alert.title,
          repeated: !created.has(alert.id) && !joined.has(alert.id),
          ...(joined.has(alert.id) && { joined: joined.get(alert.id) }),
        });
    }
    options.onCommit({
      source,
      tally,
      created: decided.filter((alert) => created.has(alert.id)),
      repeated,
      joined: joined.size,
    });
  }

  return {
    take: async (batch: DecodedBatch, alongside: Alongside = {}): Promise<void> => {
      const tally = newTally();
      const decision = decideAll(batch, options, tally);
      const elsewhere = alongside.alerts?.(new Set(decision.alerts.map(({ id }) => id))) ?? [];
      tally.alerts += elsewhere.length;
      await correlations.take(decision, (correlated, state) => {
        tally.alerts += correlated.length;
        return commit([...decision.alerts, ...elsewhere, ...correlated], decision.rejections, tally, {
          state: [...state, ...(alongside.state ?? [])],
        });
      });
      options.onEvents?.(batch.events);
    },
    end: (position: InputOrigin['position']) => commit([], [], newTally(), { position }),
    result: (): IngestResult => {
      const { records, events, rejected, skipped } = total;
      return { records, events, rejected, skipped, alerts, rejections };
    },
  };
}

/** Decides on a batch, first on what no asset is concerned in, then on the rest in the order of its time. */
function decideAll(batch: DecodedBatch, { engine, assets, clock }: IngestOptions, tally: Tally): Decision {
  const now = clock();
  const first = decide(batch, engine, now, tally, { holds: true });
  if (first.held.length === 0) return first;
  const inOrder = first.held.toSorted(byTime);
  const { alerts, rejections, matches } = decideHeld(inOrder, engine, assets.memory, now, tally);
  return {
    ...first,
    held: [],
    alerts: [...first.alerts, ...alerts],
    rejections: [...first.rejections, ...rejections],
    matches: [...first.matches, ...matches],
  };
}

/**
 * Lets time go on for correlations while no event comes, and commits what follows from that. To be called every few seconds.
 */
export async function commitTick(options: IngestOptions): Promise<void> {
  const { correlations, clock } = options;
  const step = correlations.tick(clock());
  if (step === undefined) return;
  await correlations.take(step, async (alerts, state) => {
    if (alerts.length === 0 && state.length === 0) return;
    const { created, repeated, joined } = await keep(options, {
      alerts,
      rejections: [],
      position: undefined,
      state,
    });
    const tally = { ...newTally(), alerts: alerts.length };
    const isNew = new Set(created);
    options.onCommit({
      source: 'clock',
      tally,
      created: alerts.filter(({ id }) => isNew.has(id)),
      repeated,
      joined: joined?.length,
    });
  });
}

interface ToKeep {
  readonly alerts: readonly Alert[];
  readonly rejections: readonly Rejection[];
  readonly position: InputOrigin['position'];
  readonly state: readonly StateChange[];
}

function keep(options: IngestOptions, what: ToKeep): Promise<CommitResult> {
  return options.assets.keep((assets, assetsFrom) => keepWith(options, what, { assets, assetsFrom }));
}

async function keepWith(
  { store, clock, channelsFor, joining: rules }: IngestOptions,
  { alerts, rejections, position, state }: ToKeep,
  assets: { readonly assets: readonly AssetChange[]; readonly assetsFrom: number },
): Promise<CommitResult> {
  const owed = (alert: Alert) => ({ alert, channels: channelsFor(alert) });
  const joining = rules && { ...rules, channelsFor };
  const rest = { rejections, state, ...assets, positions: position ? [position] : [], now: clock() };
  try {
    return await store.commit({ alerts: alerts.map(owed), joining, ...rest });
  } catch (error) {
    if (!isUnfit(error)) throw error;
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
