import type { Alert } from '../alert/alert.ts';
import type { Event } from '../event/event.ts';
import type { Rejection } from '../event/record.ts';
import type { AssetLimits, AssetMemory } from '../facts/assets/memory.ts';
import {
  correlatorDefaults,
  createCorrelator,
  type CorrelatorCounters,
  type CorrelatorOptions,
} from '../sigma/correlation/correlator.ts';
import type { CorrelationFinding } from '../sigma/correlation/finding.ts';
import { partsOf, type FilePart } from '../source/file-parts.ts';
import type { InputFile } from '../source/files.ts';
import { inTimeOrder } from '../source/in-time-order.ts';
import type { PlaceSources } from '../source/place-files.ts';
import type { Joining } from '../alert/join.ts';
import { joinedNote } from '../store/incidents.ts';
import type { Store } from '../store/store.ts';
import { createAlertLimit, type Further } from './alert-limit.ts';
import type { Engine } from './engine.ts';
import { createHeldEvents } from './held-events.ts';
import { createRelief, memoryBounds, type MemoryBounds } from './memory-bound.ts';
import { decideHeld, newTally, type Tally, type TimeRange } from './pipeline.ts';
import { addTally, readPart } from './scan-part.ts';
import { createDropping, pooledSteps, type PartStep } from './scan-pool.ts';
import { createSeenIds } from './seen-ids.ts';
import { prefilterFor } from './wanted.ts';

export interface ScanOptions {
  readonly files: readonly InputFile[];
  readonly engine: Engine;
  readonly range: TimeRange;
  readonly clock: () => number;
  /** Whether records are passed over of which their bytes tell that no rule can match them; otherwise every record is decoded. */
  readonly passesOver?: boolean | undefined;
  /** How many alerts are raised of one rule in one severity (all); further matches are counted. Those under an exception are not limited. */
  readonly alertsPerRule?: number | undefined;
  /** How many threads read files; with 1, this one does. */
  readonly threads?: number | undefined;
  /** What is remembered of assets: events that say something of them are examined last, in the order of their time. Without it nothing is. */
  readonly memory?: AssetMemory | undefined;
  /** What the engine asks where addresses are, for engines of other threads; nothing, where left out. */
  readonly places?: PlaceSources | undefined;
  /** Where alerts are kept besides being shown; a scan never delivers to channels. */
  readonly store?: Store | undefined;
  /** How findings join alerts that are in the store; each is an alert of its own, where left out. */
  readonly joining?: Joining | undefined;
  /** Called once for each alert, in the order of the input. */
  readonly onAlert: (alert: Alert) => void | Promise<void>;
  readonly onRejection: (rejection: Rejection) => void;
  /** Called after each piece: bytes of input taken from this file so far. */
  readonly onProgress: (file: InputFile, bytesRead: number, tally: Tally) => void;
}

export interface ScanResult {
  readonly tally: Tally;
  /** The oldest and the newest time among all events that were decoded, in the asked range or not; undefined where there was none. */
  readonly span: { readonly first: number; readonly last: number } | undefined;
  readonly filesRead: number;
  /** Bytes as they lie on disk. */
  readonly bytesRead: number;
  /** Alerts found again in the same input (a copy of a record): counted, shown once. */
  readonly repeated: number;
  /** Matches beyond `alertsPerRule`, by rule and severity. */
  readonly further: readonly Further[];
  /** Alerts too long ago to be told from copies that came later, which would be shown again. */
  readonly forgotten: number;
  /** Assets that were forgotten because only so many are remembered. */
  readonly forgottenAssets: number;
  /** Alerts that the store did not have before; undefined without a store. */
  readonly stored: number | undefined;
  /** Findings that joined alerts of the store, and had not before. */
  readonly joined: number;
  /** What correlations left out or judged early. */
  readonly correlations: CorrelatorCounters;
}

/** What a scan remembers of assets, unless it keeps that in a store: some ten thousand of them. */
export const assetsOfScan: AssetLimits = { assets: 100_000, bytes: 10_000_000, tells: false };

/** All that can wait does: the later an event is judged, the less comes too late. */
const correlatorOptions: CorrelatorOptions = {
  ...correlatorDefaults,
  lateness: Number.POSITIVE_INFINITY,
  pendingBytes: 8_000_000,
  limits: { ...correlatorDefaults.limits, bytes: 8_000_000 },
};

/** Each lists up to a hundred events. */
const findingsAtOnce = 16;

/**
 * Reads files in the order of the times in their names and gives every alert once; those of correlations when no more can wait for them.
 * A file that cannot be read is a rejection and the next one is read. What is given, and in which order, does not depend on threads.
 */
export async function scan(options: ScanOptions): Promise<ScanResult> {
  const { engine, clock, store, memory } = options;
  const files = inTimeOrder(options.files);
  const tally = newTally();
  const seen = createSeenIds();
  const bounds = memoryBounds(options.threads ?? 1);
  const relieve = createRelief(bounds);
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  let filesRead = 0;
  let bytesRead = 0;
  let repeated = 0;
  let stored = 0;
  let joined = 0;
  const correlator = createCorrelator(engine.correlations, correlatorOptions);
  const alertsPerRule = options.alertsPerRule ?? Number.POSITIVE_INFINITY;
  const limit = createAlertLimit(alertsPerRule);
  const give = async (alerts: readonly Alert[], rejections: readonly Rejection[]): Promise<void> => {
    for (const rejection of rejections) options.onRejection(rejection);
    const fresh: Alert[] = [];
    for (const alert of alerts) {
      if (!limit.admits(alert)) {
        tally.alerts--;
        continue;
      }
      if (seen.add(alert.id)) fresh.push(alert);
      else repeated++;
    }
    const assets = store === undefined || memory === undefined ? [] : memory.changes();
    if (store && fresh.length + rejections.length + assets.length > 0) {
      const result = await store.commit({
        alerts: fresh.map((alert) => ({ alert, channels: [] })),
        joining: options.joining && {
          ...options.joining,
          channelsFor: () => [],
          noteOf: (finding: Alert, before: Alert) => joinedNote(finding, before, clock()),
        },
        rejections,
        assets,
        now: clock(),
      });
      stored += result.created.length;
      joined += result.joined?.length ?? 0;
    }
    for (const alert of fresh) await options.onAlert(alert);
  };
  const giveCorrelated = async (findings: readonly CorrelationFinding[]): Promise<void> => {
    for (let at = 0; at < findings.length; at += findingsAtOnce) {
      const alerts = engine.raiseCorrelated(findings.slice(at, at + findingsAtOnce), clock());
      tally.alerts += alerts.length;
      await give(alerts, []);
    }
  };
  const held = createHeldEvents();
  // Who types, or follows a log, waits for an answer.
  const isLive = files.some(({ stdin }) => stdin);
  /** Examines events that were held; false where there were none. */
  const remember = async (events: readonly Event[]): Promise<boolean> => {
    if (memory === undefined || events.length === 0) return false;
    const own = createAlertLimit(alertsPerRule, limit.reached);
    const held = { range: options.range, limit: own };
    const { alerts, rejections, matches } = decideHeld(events, engine, memory, clock(), tally, held);
    limit.add(own.take());
    const findings = correlator.take(matches, Number.NEGATIVE_INFINITY);
    await give(alerts, rejections);
    await giveCorrelated(findings);
    return true;
  };
  const bytesOfFile = new Map<InputFile, number>();
  const parts = (await Promise.all(files.map((file) => partsOf(file)))).flat();
  const partsLeft = new Map<InputFile, number>();
  for (const { file } of parts) partsLeft.set(file, (partsLeft.get(file) ?? 0) + 1);
  let current: FilePart | undefined;
  let fromPart = 0;
  for await (const { part, step } of stepsOf(options, parts, limit.reached, bounds, relieve)) {
    if (part !== current) [current, fromPart] = [part, 0];
    const { file } = part;
    if (step === undefined) {
      const left = (partsLeft.get(file) ?? 1) - 1;
      partsLeft.set(file, left);
      if (left > 0) continue;
      filesRead++;
      bytesRead += bytesOfFile.get(file) ?? 0;
      options.onProgress(file, bytesOfFile.get(file) ?? 0, tally);
      bytesOfFile.delete(file);
      continue;
    }
    addTally(tally, step.tally);
    first = Math.min(first, step.first);
    last = Math.max(last, step.last);
    const bytes = (bytesOfFile.get(file) ?? 0) + step.bytes - fromPart;
    fromPart = step.bytes;
    bytesOfFile.set(file, bytes);
    const findings = correlator.take(step.matches, step.time, step.latest);
    limit.add(step.further);
    await give(step.alerts, step.rejections);
    await giveCorrelated(findings);
    held.add(step.held);
    while (await remember(isLive ? held.rest() : held.overflow())) continue;
    options.onProgress(file, bytes, tally);
  }
  while (await remember(held.rest())) relieve();
  for (
    let findings = correlator.flushSome(findingsAtOnce);
    findings.length > 0;
    findings = correlator.flushSome(findingsAtOnce)
  ) {
    await giveCorrelated(findings);
    relieve();
  }
  const span = first <= last ? { first, last } : undefined;
  return {
    tally,
    span,
    filesRead,
    bytesRead,
    repeated,
    further: limit.take(),
    forgotten: seen.forgotten(),
    forgottenAssets: memory?.counters().evicted ?? 0,
    stored: store ? stored : undefined,
    joined,
    correlations: correlator.counters(),
  };
}

/** Less than this is read before a thread has started. */
const worthThreads = 32 * 1024 * 1024;

/** The steps of all parts in order, read here or on several threads. */
async function* stepsOf(
  options: ScanOptions,
  parts: readonly FilePart[],
  reached: () => ReadonlySet<string>,
  memory: MemoryBounds,
  relieve: () => boolean,
): AsyncGenerator<PartStep> {
  const { engine, range, clock, threads = 1, passesOver = false, places } = options;
  const { alertsPerRule = Number.POSITIVE_INFINITY } = options;
  const holds = options.memory !== undefined;
  const bytes = options.files.reduce((sum, { size }) => sum + size, 0);
  const here =
    threads <= 1 || parts.length < 2 || bytes < worthThreads || parts.some(({ file }) => file.stdin);
  const prefilter = prefilterFor({ engine, range, holds, passesOver });
  const own = { engine, range, holds, prefilter, clock, alertsPerRule, reached };
  if (!here) {
    const setup = { parts: engine.parts, places, range, holds, passesOver, alertsPerRule, memory };
    yield* pooledSteps(parts, threads, setup, own, relieve);
    return;
  }
  const dropped = createDropping();
  for (const part of parts) {
    let end: number | undefined;
    const isDropped = dropped.includes(part);
    if (!isDropped)
      for await (const step of readPart(part, own, (border) => (end = border))) {
        relieve();
        yield { part, step };
      }
    if (!isDropped) dropped.ended(part, end);
    yield { part, step: undefined };
  }
}
