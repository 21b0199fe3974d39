import { setImmediate as breathe } from 'node:timers/promises';
import type { Alert } from '../alert/alert.ts';
import { decode, type Content, type DecodedBatch } from '../decode/decode.ts';
import type { Event } from '../event/event.ts';
import type { Rejection } from '../event/record.ts';
import type { Severity } from '../event/severity.ts';
import { byTime } from '../facts/assets/sightings.ts';
import type { InputOrigin } from '../source/source.ts';
import { grouped, type Pace } from '../store/grouped.ts';
import type { CommitResult } from '../store/store.ts';
import type { Engine } from './engine.ts';
import type { StateChange } from '../sigma/correlation/state.ts';
import { isStoresOwn, keep, type KeepOptions, type ToKeep } from './keep.ts';
import { inTurns } from './turns.ts';
import { rejectionKeeper } from './kept-rejections.ts';
import type { KeptCorrelations, Step } from './kept-correlations.ts';
import { decide, decideHeld, newTally, type Decision, type Tally } from './pipeline.ts';

export interface IngestOptions extends KeepOptions {
  readonly engine: Engine;
  readonly correlations: KeptCorrelations;
  /** Told of the events of each batch, after they are durable. */
  readonly onEvents?: ((events: readonly Event[]) => void) | undefined;
  /** Told after each commit, with the alerts that were not there before, and the findings that joined others. */
  readonly onCommit: (commit: {
    readonly source: string;
    readonly tally: Tally;
    readonly created: readonly Alert[];
    readonly repeated: number;
    readonly joined?: readonly Alert[] | undefined;
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
  /** Whether the events are all that happened, and not chosen for what was found in them: so that they tell what is usual. */
  readonly isWhole?: boolean | undefined;
}

/** How many batches go into one transaction at most. */
const batchesAtOnce = 256;

/**
 * A transaction has a price of its own, whatever is in it. Who comes alone does not wait. What only correlations will speak of, minutes later, can wait
 * a little longer for others that come at the same time; an alert takes along what waits.
 */
const commitPace: Pace<Waiting> = {
  ms: 2,
  leisureMs: 25,
  hurries: ({ alerts, rejections, position, state }) =>
    alerts.length + rejections.length + state.length > 0 || position !== undefined,
};

/**
 * The way of every record in the server: decoded, decided, and committed with its deliveries before anybody is told that it was taken.
 * Reading the same input again is harmless: alerts that are there stay as they are. Batches that come while others are being committed
 * wait, and then go together as one transaction; when that fails for a reason that may lie in one of them, each goes by itself.
 */
export function createIngest(
  options: IngestOptions,
): (content: Content, from: InputOrigin) => Promise<IngestResult> {
  const takeTogether = createTogether(options);
  return async (content, from) => {
    const input = openInput(options, takeTogether, from.source);
    for await (const batch of decode(content, from, { startAt: from.startAt }))
      await input.take(batch, { isWhole: true });
    if (from.position) await input.end(from.position);
    return input.result();
  };
}

/** The same for a batch that is decoded already; it is committed as one. */
export function createBatchIngest(
  options: IngestOptions,
): (batch: DecodedBatch, source: string, alongside: Alongside) => Promise<IngestResult> {
  const takeTogether = createTogether(options);
  return async (batch, source, alongside) => {
    const input = openInput(options, takeTogether, source);
    await input.take(batch, alongside);
    return input.result();
  };
}

const turn = inTurns();

/** A batch on its way into the store. */
interface Waiting extends ToKeep {
  readonly step: Step;
}

interface Taken {
  /** What correlations found by it. */
  readonly correlated: readonly Alert[];
  readonly result: CommitResult;
}

type TakeTogether = (batch: Waiting) => Promise<Taken>;

function createTogether(options: IngestOptions): TakeTogether {
  return grouped(
    (batches: readonly Waiting[]) => takeAll(options, batches),
    batchesAtOnce,
    isStoresOwn,
    commitPace,
  );
}

async function takeAll(options: IngestOptions, batches: readonly Waiting[]): Promise<readonly Taken[]> {
  const steps = batches.map(({ step }) => step);
  return options.correlations.take(steps, async (correlated, state) => {
    const found = (index: number) => correlated[index] ?? [];
    const parts = batches.map((batch, index) => ({ ...batch, alerts: [...batch.alerts, ...found(index)] }));
    const [first, ...others] = parts;
    if (first === undefined) return [];
    const results = await keep(options, [{ ...first, state: [...state, ...first.state] }, ...others]);
    return results.map((result, index) => ({ correlated: found(index), result }));
  });
}

function openInput(options: IngestOptions, takeTogether: TakeTogether, source: string) {
  const total = newTally();
  const alerts: IngestedAlert[] = [];
  const rejections: { position: number; reason: string }[] = [];
  const keepable = rejectionKeeper();

  function tell(
    decided: readonly Alert[],
    rejected: readonly Rejection[],
    tally: Tally,
    result: CommitResult,
  ): void {
    for (const key of Object.keys(total) as (keyof Tally)[]) total[key] += tally[key];
    for (const { provenance, reason } of rejected)
      if (rejections.length < listed) rejections.push({ position: provenance.position, reason });
    const created: ReadonlySet<string> = new Set(result.created);
    const joined: ReadonlyMap<string, string> = new Map(
      result.joined?.map(({ id, alertId }) => [id, alertId]),
    );
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
      repeated: result.repeated,
      joined: decided.filter((alert) => joined.has(alert.id)),
    });
  }

  return {
    take: async (batch: DecodedBatch, alongside: Alongside = {}): Promise<void> => {
      const tally = newTally();
      const decision = decideAll(batch, options, tally);
      if (alongside.isWhole === true) options.usual?.learn(batch.events, decision.latest);
      const elsewhere = alongside.alerts?.(new Set(decision.alerts.map(({ id }) => id))) ?? [];
      const decided = [...decision.alerts, ...elsewhere];
      const { correlated, result } = await takeTogether({
        step: decision,
        alerts: decided,
        rejections: keepable(decision.rejections),
        state: alongside.state ?? [],
      });
      await result.durable?.();
      // An alert is to be on its way before anybody hears of it here, and who only hears that he was taken waits for who hears more.
      await (decided.length + correlated.length > 0 ? breathe() : turn());
      tally.alerts += elsewhere.length + correlated.length;
      tell([...decided, ...correlated], decision.rejections, tally, result);
      options.onEvents?.(batch.events);
    },
    end: async (position: NonNullable<InputOrigin['position']>): Promise<void> => {
      const [result] = await keep(options, [{ alerts: [], rejections: [], position, state: [] }]);
      await result?.durable?.();
      if (result !== undefined) tell([], [], newTally(), result);
    },
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
  const step = options.correlations.tick(options.clock());
  if (step === undefined) return;
  const [taken] = await takeAll(options, [{ step, alerts: [], rejections: [], state: [] }]);
  await taken?.result.durable?.();
  if (taken === undefined || taken.correlated.length === 0) return;
  const { correlated, result } = taken;
  const isNew = new Set(result.created);
  const hasJoined = new Set(result.joined?.map(({ id }) => id));
  options.onCommit({
    source: 'clock',
    tally: { ...newTally(), alerts: correlated.length },
    created: correlated.filter(({ id }) => isNew.has(id)),
    repeated: result.repeated,
    joined: correlated.filter(({ id }) => hasJoined.has(id)),
  });
}
