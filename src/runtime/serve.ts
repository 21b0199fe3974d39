import type { Logger } from 'pino';
import type { Alert } from '../alert/alert.ts';
import { locateWithProviders } from '../context/providers/provider-index.ts';
import { createApi } from '../api/api.ts';
import { checkListen } from '../api/loopback.ts';
import { HttpProblem } from '../api/problem.ts';
import { systemClock } from '../notify/clock.ts';
import { startOutbox } from '../notify/outbox.ts';
import { overKeptConnections } from '../notify/kept-connections.ts';
import { bindSettings } from '../notify/table.ts';
import { formatProblem } from '../sigma/problem.ts';
import { s3Client } from '../source/aws-clients.ts';
import { openProviders } from '../source/providers.ts';
import { openKeptPlaces, type KeptPlaces } from '../source/kept-places.ts';
import type { Store } from '../store/store.ts';
import { createBlocking } from './blocking.ts';
import type { Config } from './config-schema.ts';
import { ConfigError } from './config-error.ts';
import { closeApi } from './close-api.ts';
import { contextOf, providerSources } from './config-context.ts';
import { channelStates, rateOf } from './channel-states.ts';
import { createEngine } from './engine.ts';
import { createHabits } from './kept-usual.ts';
import { openLiveEstate } from './live-estate.ts';
import { keepLeading, type Leading } from './leading.ts';
import { splitListen } from './listen.ts';
import { keptRulesFolder } from './cache-folder.ts';
import { loadPipelines } from './load-pipelines.ts';
import { loadRules } from './load-rules.ts';
import { slackActions } from './slack-actions.ts';
import { treatmentOf } from './traffic-settings.ts';
import { gatheringOf } from './config-incidents.ts';
import { groupsOf } from './config-joining.ts';
import { estateSources } from './config-estate.ts';
import { createLog } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { openStore } from './open-store.ts';
import { listsFolder } from './reputation.ts';
import { startIntel } from './start-intel.ts';
import { isUnrouted, owedBy, routerOf } from './routing.ts';
import { rulePaths } from './packs.ts';
import { readiness } from './readiness.ts';
import { newTally } from './pipeline.ts';
import { createSuppressing, searchProblem } from './suppressing.ts';
import { startTaking, type Taking } from './taking.ts';
import { version } from './version.ts';
import type { WorkerIntakeOptions } from './worker-intake.ts';

type TakenBatch = Parameters<WorkerIntakeOptions['onTaken']>[0];

export interface ServeOptions {
  readonly config: Config;
  /** Told of every alert that was not there before, after it is durable. */
  readonly onAlert?: ((alert: Alert) => void) | undefined;
  /** Whether a person reads the log; otherwise it is JSON lines. */
  readonly logForTerminal?: boolean | undefined;
}

export interface RunningServer {
  /** `http://127.0.0.1:7117` */
  readonly address: string;
  /** How many rules and correlations run. */
  readonly rules: number;
  readonly store: Store;
  readonly log: Logger;
  /** Stops taking, finishes what was taken, and closes the store. Nothing that was acknowledged is lost. */
  readonly stop: () => Promise<void>;
}

/** The server: wires sources, engine, store, outbox and HTTP together and does nothing else. */
export async function serve({
  config,
  onAlert,
  logForTerminal = false,
}: ServeOptions): Promise<RunningServer> {
  const { host, port } = splitListen(config.server.listen);
  if (port > 65_535)
    throw new ConfigError(`server.listen: ${config.server.listen}: ports end at 65535; choose a lower one`);
  const refusal = checkListen(host, config.server.keys);
  if (refusal !== undefined) throw new ConfigError(`server.listen: ${refusal}`);

  const log = createLog(config.log.level, logForTerminal);
  const packs =
    Object.keys(config.intel.feeds).length > 0
      ? [...new Set([...config.rules.packs, 'intel' as const])]
      : config.rules.packs;
  const { rules, correlations, problems } = await loadRules(
    rulePaths({ ...config.rules, packs }),
    await loadPipelines(config.rules.pipelines, config.rules.placeholders),
    keptRulesFolder(),
  );
  for (const problem of problems)
    if (problem.level === 'error') log.error({ rule: formatProblem(problem) }, 'a rule was left out');
    else log.warn({ rule: formatProblem(problem) }, 'a rule runs, with a warning');
  const disabled = new Set(config.rules.disabled);
  const places = await openKeptPlaces({
    ...config.context.places,
    onLoaded: ({ path, type, madeAt }) =>
      log.info({ path, type, made: new Date(madeAt) }, 'a file of places was read'),
    onProblem: (problem) => log.error({ problem }, 'places cannot be looked up in a file'),
  });
  const providers = await openProviders({
    lists: providerSources(config.context),
    folder: listsFolder(config),
    clock: Date.now,
    log,
  });
  const intel = await startIntel(config, log);
  const estate = await openLiveEstate(config, Date.now, log);
  const setting = {
    known: estate.known,
    context: contextOf(config.estate),
    policy: { ...config.alerts, groups: groupsOf(config.alerts) },
  };
  /** Complete once there are metrics. */
  const disk: { flushed?: Metrics['flushed'] } = {};
  const store = await openStore(config, (ms) => disk.flushed?.(ms));
  const suppressing = createSuppressing(store.life, log);
  const habits = config.context.usual.enabled
    ? createHabits({
        learningDays: config.context.usual.learningDays,
        lateness: config.correlations.latenessMinutes * 60_000,
      })
    : undefined;
  const engine = createEngine(
    rules,
    correlations,
    disabled,
    setting,
    locateWithProviders(places.locate, providers.providerOf),
    suppressing.current,
    { usualOf: habits?.usualOf, people: estate.people, feeds: intel.feeds },
  );

  // Rules for access logs run beside the engine.
  const running = [
    ...rules.filter(({ id, status }) => !disabled.has(id) && status !== 'unsupported'),
    ...engine.correlations.map(({ correlation }) => correlation),
  ];

  const metrics = createMetrics(
    store,
    () => leading?.current()?.correlations(),
    () => leading?.current()?.assets(),
    () => leading?.current()?.usual(),
    () => leading?.current()?.traffic.counters(),
    () => channelStates(outbox, config),
    { lookups: () => leading?.current()?.lookups(), feeds: intel.feeds },
  );
  disk.flushed = metrics.flushed;
  const publicUrl = config.server.publicUrl?.replace(/\/+$/, '');
  if (publicUrl === undefined && Object.keys(config.channels).length > 0)
    log.warn({}, 'messages carry no link to their alert, because server.publicUrl is not set');
  /** When each channel last took something. */
  const accepted = new Map<string, number>();
  const outbox = startOutbox({
    store,
    channels: Object.entries(config.channels).map(([name, settings]) => ({
      name,
      channel: bindSettings(settings),
      messagesPerMinute: rateOf(settings),
      messagesAtOnce: settings.messagesAtOnce,
    })),
    fetch: overKeptConnections,
    clock: systemClock,
    random: Math.random,
    link: (alert) => (publicUrl === undefined ? undefined : `${publicUrl}/alerts/${alert.id}`),
    listLink: publicUrl === undefined ? undefined : `${publicUrl}/`,
    log,
    owed: () => store.owed(),
    onResult: ({ channel, answer, outcome, since }) => {
      metrics.attempted(channel, answer.type);
      if (answer.type === 'accepted') accepted.set(channel, Date.now());
      if (outcome.type === 'delivered' && since !== undefined)
        metrics.latency.delivered(channel, since, Date.now());
    },
  });
  const blocking = createBlocking(
    config.blocking,
    store.blocks,
    s3Client,
    treatmentOf(config.traffic).periods,
  );
  const route = routerOf(config, [...rules, ...correlations], estate.known);
  if (config.routes.length > 0 && !config.routes.some(({ when, during }) => when === undefined && !during))
    log.warn(
      {},
      'an alert that no route takes is told to nobody; a last route without `when` takes the rest',
    );
  let leading: Leading<Taking> | undefined;
  try {
    leading = await keepLeading(
      store,
      (leadership) =>
        startTaking({
          config,
          engine,
          rules: rules.filter(({ id }) => !disabled.has(id)),
          store,
          leadership,
          blocking,
          habits,
          known: estate.known,
          channelsFor: (alert) => owedBy(route(alert), Date.now()),
          suppressing,
          onNews: (created) => {
            metrics.ingested('tocsin', newTally(), created, 0);
            outbox.nudge();
            for (const alert of created) onAlert?.(alert);
          },
          onCommit: ({ source, tally, created, repeated, joined = [] }) => {
            metrics.ingested(source, tally, created, repeated, joined.length);
            if (created.length + joined.length > 0) outbox.committed();
            for (const alert of created) {
              if (config.routes.length > 0 && isUnrouted(alert, route(alert))) metrics.unrouted();
              onAlert?.(alert);
            }
          },
          onReleased: () => outbox.nudge(),
          onMuted: metrics.muted,
          onUntold: (alert) => {
            if (config.routes.length === 0 || !isUnrouted(alert, route(alert))) return;
            metrics.unrouted();
            log.warn(
              { alert: alert.id, rule: alert.rule.id },
              'nobody is told what a rule found beyond its hour: no route takes the sum, and the channels are gone that were to be told of its alerts',
            );
          },
          onBatch: (batch) => {
            metrics.batchTaken(batch);
            tellOfBatch(batch, log);
          },
          watched: {
            channels: () => channelStates(outbox, config),
            accepted,
            latency: metrics.latency.figures,
          },
          log,
        }),
      log,
    );
  } catch (error) {
    await Promise.all([outbox.stop(), providers.stop(), estate.stop(), intel.stop()]);
    await store.close();
    throw error;
  }
  const taking = (): Taking | undefined => leading?.current();
  const looks = startLooks(places, log);
  const { files, providers: configured } = config.context.places;
  const isLookedUp = files.length + Object.keys(configured).length > 0;

  let stopping = false;
  const api = await createApi({
    store,
    ingest: async (body, from) => {
      const led = taking();
      if (led === undefined) throw standingBy();
      return led.ingest(body, from);
    },
    replay: async (rejection, isDryRun) => {
      const led = taking();
      if (led === undefined) throw standingBy();
      return led.replay(rejection, isDryRun);
    },
    workers: {
      keys: config.workers,
      take: async (worker, batch) => {
        const led = taking();
        if (led === undefined) throw standingBy();
        return led.takeBatch(worker, batch);
      },
      onClosed: metrics.workerTurnedAway,
      onClockOff: (worker, aheadMs) => taking()?.health.clockOff(worker, aheadMs),
    },
    blocks: { blocker: blocking.blocker, nudge: () => taking()?.nudgeBlocking() },
    life: {
      channelNames: () => Object.keys(config.channels),
      nudge: outbox.nudge,
      problemOf: searchProblem,
      onSuppressions: suppressing.refresh,
    },
    traffic: () => taking()?.traffic.state,
    slack: slackActions({
      channels: config.channels,
      store,
      gathering: config.incidents.enabled ? gatheringOf(config.incidents) : undefined,
      now: Date.now,
      nudge: outbox.nudge,
      log,
    }),
    channels: () => channelStates(outbox, config),
    keys: config.server.keys,
    health: readiness({
      stopping: () => stopping,
      taking,
      standsBy: standingBy().message,
      places: isLookedUp ? () => [...places.troubles(), providers.trouble()] : undefined,
      intel,
      estate: estateSources(config.estate).length > 0 ? estate : undefined,
    }),
    metrics: metrics.text,
    latency: metrics.latency.figures,
    incidents: gatheringOf(config.incidents),
    incidentThreshold: config.incidents.threshold,
    rules: () => running.map(({ id, title, level }) => ({ id, title, level })),
    healthReport: () => {
      const led = taking();
      if (led === undefined) throw standingBy();
      return led.health.report();
    },
    version,
    now: Date.now,
    log,
    bodyLimit: config.server.maxBodyMb * 1024 * 1024,
    ...(publicUrl === undefined ? {} : { publicUrl }),
  });

  async function stop(): Promise<void> {
    stopping = true;
    await looks.stop();
    // The outbox does not wait for the rest: what is taken from now on is in the store, and is sent after the next start.
    await Promise.all([
      taking()?.stop(),
      closeApi(api),
      outbox.stop(),
      providers.stop(),
      estate.stop(),
      intel.stop(),
    ]);
    await leading?.stop();
    await store.close();
  }

  try {
    const address = await api.listen({ host, port });
    log.info(
      {
        address,
        rules: running.length,
        channels: Object.keys(config.channels),
        sources: taking()?.sources.map((source) => source.name) ?? [],
      },
      'listening',
    );
    return { address, rules: running.length, store, log, stop };
  } catch (error) {
    await stop();
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
      throw new ConfigError(
        `server.listen: ${config.server.listen} is in use; stop what listens there, or choose another port (--port)`,
      );
    if (
      error instanceof Error &&
      'code' in error &&
      (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL')
    )
      throw new ConfigError(
        `server.listen: cannot listen on ${config.server.listen} (${error.code}); choose another address or port`,
      );
    throw error;
  }
}

/** What a person should look at; everything else is in the metrics. */
function tellOfBatch({ worker, taken, lost, missing }: TakenBatch, log: Logger): void {
  const { refused, unconfirmed } = taken;
  if (lost + missing > 0) log.error({ worker, lost, missing }, 'a worker lost what it was to send');
  if (refused > 0) log.warn({ worker, refused }, 'a worker sent what is not its to send');
  if (unconfirmed > 0)
    log.warn(
      { worker, unconfirmed },
      'a worker found what the same rule does not find here; versions differ',
    );
}

function standingBy(): HttpProblem {
  return new HttpProblem(
    503,
    'Another server takes the events, and this one stands by; send to that one, or here again in a moment: sending the same again is safe.',
    { headers: { 'retry-after': '2' } },
  );
}

/** How often files of places are looked at. */
const lookMs = 30_000;

function startLooks(places: KeptPlaces, log: Logger): { readonly stop: () => Promise<void> } {
  let underway: Promise<void> | undefined;
  const timer = setInterval(() => {
    underway ??= places
      .look()
      .catch((error: unknown) => log.error({ err: error }, 'files of places could not be looked at'))
      .finally(() => {
        underway = undefined;
      });
  }, lookMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await underway;
    },
  };
}
