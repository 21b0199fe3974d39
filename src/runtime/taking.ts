import { setImmediate as breathe } from 'node:timers/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { CorrelatorCounters } from '../sigma/correlation/correlator.ts';
import type { AskingState } from '../lookup/asking.ts';
import type { UsualCounters } from '../context/usual/memory.ts';
import type { AssetCounters } from '../facts/assets/memory.ts';
import type { TakeBatch } from '../api/worker-batches.ts';
import type { Known } from '../facts/known.ts';
import type { Rule } from '../sigma/rule.ts';
import { s3Client, sqsClient } from '../source/aws-clients.ts';
import { startS3Queue } from '../source/s3-queue.ts';
import type { RunningSource } from '../source/source.ts';
import { startWatchedFolder } from '../source/watched-folder.ts';
import type { Leadership, Store } from '../store/store.ts';
import { alertLifeTick, type AlertLifeOptions } from './alert-life.ts';
import type { Blocking } from './blocking.ts';
import { startBlockingLoop } from './blocking-loop.ts';
import type { DeadLetterSettings } from './config-dead-letters.ts';
import { joiningOf } from './config-joining.ts';
import type { Config } from './config-schema.ts';
import { deadLetterPlace } from './dead-letter-place.ts';
import { keepDeadLetters } from './keep-dead-letters.ts';
import { replayWith, type ReplayOne } from './replay.ts';
import type { Engine } from './engine.ts';
import { createHealth, type Health, type HealthOptions } from './health.ts';
import { commitTick, createBatchIngest, createIngest, type IngestOptions } from './ingest.ts';
import { openAssets } from './kept-assets.ts';
import { openUsual, type Habits } from './kept-usual.ts';
import { openCorrelations } from './kept-correlations.ts';
import { incidentGatherer } from './gather-incidents.ts';
import type { Led } from './leading.ts';
import { startLookups } from './start-lookups.ts';
import { startReputation } from './start-reputation.ts';
import { startTraffic, type RunningTraffic } from './start-traffic.ts';
import { storeFiles } from './open-store.ts';
import type { Suppressing } from './suppressing.ts';
import { startRetention } from './retention.ts';
import { compilePolicy } from '../alert/policy.ts';
import { incidentRuleHeader } from '../alert/incident/incident-rule.ts';
import { gatheringOf } from './config-incidents.ts';
import type { Metrics } from './metrics.ts';
import { createMuting } from './muting.ts';
import { overflowOwesOf } from './overflow-owes.ts';
import { watchStore } from './store-watch.ts';
import { workerAccounts } from './worker-accounts.ts';
import { createWorkerIntake, type WorkerIntakeOptions } from './worker-intake.ts';

export interface TakingOptions {
  readonly config: Config;
  readonly engine: Engine;
  /** All rules that run, those for access logs too. */
  readonly rules: readonly Rule[];
  readonly store: Store;
  readonly leadership: Leadership;
  readonly blocking: Blocking;
  /** Where what actors usually do is asked for; nothing is learned, where left out. */
  readonly habits: Habits | undefined;
  /** What is known of the estate at each moment. */
  readonly known: Known;
  readonly channelsFor: IngestOptions['channelsFor'];
  /** Exceptions that are made while it runs. */
  readonly suppressing: Suppressing;
  readonly onCommit: IngestOptions['onCommit'];
  readonly onNews: AlertLifeOptions['onNews'];
  /** Told how many messages about alerts were left out, and why. */
  readonly onMuted: Metrics['muted'];
  readonly onUntold: AlertLifeOptions['onUntold'];
  readonly onBatch: WorkerIntakeOptions['onTaken'];
  /** Told when messages that waited may go out. */
  readonly onReleased: () => void;
  /** What health is told of the outbox and of latency. */
  readonly watched: Pick<HealthOptions, 'channels' | 'accepted' | 'latency'>;
  readonly log: Logger;
}

/** The part of a server that takes events in. It holds what correlations and assets remember, and so runs in one process at a time. */
export interface Taking extends Led {
  readonly ingest: ReturnType<typeof createIngest>;
  readonly takeBatch: TakeBatch;
  readonly replay: ReplayOne;
  readonly sources: readonly RunningSource[];
  readonly nudgeBlocking: () => void;
  readonly traffic: RunningTraffic;
  readonly correlations: () => CorrelatorCounters;
  readonly assets: () => AssetCounters;
  readonly usual: () => UsualCounters | undefined;
  /** How those are doing who are asked about what alerts name; undefined where nobody is. */
  readonly lookups: () => readonly AskingState[] | undefined;
  readonly health: Health;
  /** Why the store keeps nothing, and since when; undefined where it does. */
  readonly storeTrouble: () => string | undefined;
}

/** Goes on where the store says that the leader before was. */
export async function startTaking(options: TakingOptions): Promise<Taking> {
  const { config, engine, store, log } = options;
  const storeWatch = watchStore((batch) => options.leadership.commit(batch), Date.now);
  const leadership: Pick<Leadership, 'commit'> = { commit: storeWatch.commit };
  const kept = await openCorrelations(engine, store, {
    lateness: config.correlations.latenessMinutes * 60_000,
    clock: Date.now,
  });
  const assets = await openAssets(store);
  const usual = options.habits && (await openUsual(store, engine.context, options.habits));
  const state = await store.state();
  /** Complete once everything has started. */
  const started: { taking?: Pick<Taking, 'sources' | 'traffic'> } = {};
  const health = createHealth({
    ...options.watched,
    settings: config.health,
    store: leadership,
    life: store.life,
    state,
    // Those that only serve a correlation make no alert, and are not waited for.
    rules: [...options.rules, ...engine.correlations.map(({ correlation }) => correlation)].filter(
      ({ id, status }) => !engine.parts.silent.has(id) && status !== 'unsupported',
    ),
    channelsFor: options.channelsFor,
    owed: () => store.owed(),
    sources: () => started.taking?.sources ?? [],
    latestRequest: () => started.taking?.traffic.counters().latest,
    clock: Date.now,
    onNews: (created) => options.onNews(created, 0),
    log,
  });
  const lookups = await startLookups({
    config,
    store,
    commit: (batch) => leadership.commit(batch),
    onReleased: options.onReleased,
    log,
  });
  const onCommit: IngestOptions['onCommit'] = (commit) => {
    health.fired(commit.created, commit.joined);
    if (commit.created.length > 0) lookups?.nudge();
    options.onCommit(commit);
  };
  const commitJoining: Store['commit'] = async (batch) => {
    const result = await leadership.commit(batch);
    options.onMuted('hour', result.muted ?? 0);
    return result;
  };
  const muting = config.incidents.enabled
    ? createMuting({
        upTo: config.incidents.mute,
        setting: gatheringOf(config.incidents),
        clientWaitMs: config.incidents.clientWait,
        alert: (id) => store.alert(id),
        commit: commitJoining,
        onMuted: (alerts) => options.onMuted('incident', alerts),
      })
    : undefined;
  const commit: Store['commit'] = muting?.commit ?? commitJoining;
  const ingestOptions: IngestOptions = {
    engine,
    store: { commit },
    correlations: kept,
    assets,
    usual,
    channelsFor: lookups?.owing(options.channelsFor) ?? options.channelsFor,
    joining: config.alerts.grouping.enabled ? joiningOf(config.alerts) : undefined,
    clock: Date.now,
    onEvents: health.events,
    onCommit,
  };
  const ingest = createIngest(ingestOptions);
  const takeBatch = createWorkerIntake({
    workers: config.workers,
    engine,
    disabled: new Set(config.rules.disabled),
    ingest: createBatchIngest(ingestOptions),
    clock: Date.now,
    state,
    onTaken: (batch) => {
      health.worker(batch.worker);
      options.onBatch(batch);
    },
  });
  const lifeOptions: AlertLifeOptions = {
    store: leadership,
    life: store.life,
    channelsFor: options.channelsFor,
    overflowOwes: overflowOwesOf(config),
    clock: Date.now,
    onNews: options.onNews,
    onUntold: options.onUntold,
  };
  const { joining } = ingestOptions;
  const { severity, exceptions } = config.alerts;
  const judge = compilePolicy({ severity, exceptions }, options.known, options.suppressing.current);
  const gatherIncidents = config.incidents.enabled
    ? incidentGatherer({
        config: config.incidents,
        store,
        commit: commitJoining,
        channelsFor: options.channelsFor,
        joining: joining && { ...joining, channelsFor: options.channelsFor },
        judge: (alert) => judge(alert, incidentRuleHeader, undefined),
        onGathered: muting?.know,
        clock: Date.now,
        onNews: options.onNews,
      })
    : async () => {};
  await options.suppressing.refresh();
  // Before anything comes, so that it is known what people were told of.
  await gatherIncidents();
  const ticks = startTicks(
    [
      storeWatch.retry,
      () => commitTick(ingestOptions),
      assets.refresh,
      options.suppressing.refresh,
      () => alertLifeTick(lifeOptions),
      gatherIncidents,
      health.tick,
    ],
    log,
  );
  const blockingLoop = startBlockingLoop(options.blocking, log);
  // A watched folder may hold the data folder, and the data folder may itself be watched.
  const { retention } = config.store;
  const exportFolder = retention?.folder ?? join(config.data, 'export');
  const ownFiles = [config.data, exportFolder, ...storeFiles(config), ...ownDeadLetters(config.deadLetters)];
  const led = {
    position: (source: string) => store.position(source),
    state: () => store.state(),
    commit,
  };
  const sources = startSources({
    config,
    position: led.position,
    ingest: async (chunks, from) => void (await ingest(chunks, from)),
    reject: async (rejection) =>
      void (await led.commit({ alerts: [], rejections: [rejection], now: Date.now() })),
    log,
    ownFiles,
  });
  const deadLetters =
    config.deadLetters &&
    (await keepDeadLetters({
      ...deadLettersOf(config.deadLetters, store),
      position: led.position,
      commit: led.commit,
      clock: Date.now,
      log,
    }));
  const listener: { know?: RunningTraffic['know'] } = {};
  const reputation = startReputation(config, (known) => listener.know?.(known), log);
  await reputation?.ready;
  const traffic = await startTraffic({
    config,
    estate: options.known,
    known: reputation?.known(),
    store: { ...led, blocks: store.blocks },
    blocking: options.blocking,
    nudge: blockingLoop.nudge,
    rules: options.rules,
    channelsFor: ingestOptions.channelsFor,
    onCommit,
    log,
    ownFiles,
  });
  listener.know = traffic.know;
  if (reputation !== undefined) traffic.know(reputation.known());
  const keeping =
    retention &&
    startRetention({
      store,
      days: retention.days,
      folder: exportFolder,
      format: retention.format,
      log,
    });
  let stopped: Promise<void> | undefined;
  async function stop(): Promise<void> {
    await ticks.stop();
    await keeping?.stop();
    await Promise.all([...sources.map((source) => source.stop()), traffic.stop(), reputation?.stop()]);
    await blockingLoop.stop();
    await lookups?.stop();
    await deadLetters?.stop();
  }
  const taking: Taking = {
    ingest,
    takeBatch,
    replay: replayWith(engine, ingest, workerAccounts(config.workers), Date.now),
    get sources() {
      return [
        ...sources,
        ...traffic.sources,
        ...[reputation, deadLetters, lookups].filter((one) => one !== undefined),
      ];
    },
    traffic,
    nudgeBlocking: blockingLoop.nudge,
    correlations: () => kept.counters(),
    assets: () => assets.memory.counters(),
    usual: () => usual?.counters(),
    lookups: () => lookups?.states(),
    health,
    storeTrouble: storeWatch.trouble,
    stop: () => (stopped ??= stop()),
  };
  started.taking = taking;
  return taking;
}

function ownDeadLetters(settings: DeadLetterSettings | undefined): readonly string[] {
  return settings !== undefined && 'folder' in settings ? [settings.folder] : [];
}

function deadLettersOf(settings: DeadLetterSettings, { ledger }: Store) {
  return { place: deadLetterPlace(settings), ledger };
}

/** How often correlations are told that time has gone on. */
const tickMs = 5_000;

/** One tick after the other, however long one takes, and one step of it after the other: events come in between. */
function startTicks(
  steps: readonly (() => Promise<unknown>)[],
  log: Logger,
): { readonly stop: () => Promise<void> } {
  let underway: Promise<void> | undefined;
  async function tick(): Promise<void> {
    for (const step of steps) {
      await step().catch((error: unknown) =>
        log.error({ err: error }, 'what the server remembers could not be stored or read; trying again'),
      );
      await breathe();
    }
  }
  const timer = setInterval(() => {
    underway ??= tick().finally(() => {
      underway = undefined;
    });
  }, tickMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await underway;
    },
  };
}

/** The folders and buckets of the configuration, for whoever takes what is in them. */
export function startSources(options: {
  readonly config: Pick<Config, 'sources'>;
  readonly position: (source: string) => Promise<string | undefined>;
  readonly ingest: Parameters<typeof startWatchedFolder>[0]['ingest'];
  readonly reject: Parameters<typeof startS3Queue>[0]['reject'];
  readonly log: Logger;
  readonly ownFiles: readonly string[];
}): readonly RunningSource[] {
  const { config, position, ingest, reject, log } = options;
  const folders = config.sources.folders.map(({ path }) =>
    startWatchedFolder({ path, ingest, position, clock: Date.now, log, except: options.ownFiles }),
  );
  const queues = config.sources.s3.map(({ queueUrl, region }) =>
    startS3Queue({
      queueUrl,
      s3: s3Client(region),
      sqs: sqsClient(region),
      ingest,
      reject,
      clock: Date.now,
      log,
    }),
  );
  return [...folders, ...queues];
}
