import type { Logger } from 'pino';
import type { Alert } from '../alert/alert.ts';
import type { TrafficState } from '../api/traffic-page.ts';
import { knownOf } from './config-estate.ts';
import type { Known } from '../facts/known.ts';
import type { Rule } from '../sigma/rule.ts';
import type { RunningSource } from '../source/source.ts';
import type { Commit, Store } from '../store/store.ts';
import type { Board } from '../web/board.ts';
import { offenceAlertId } from '../web/raise-offence.ts';
import type { Blocking } from './blocking.ts';
import { offenceConcluder } from './conclude-offences.ts';
import type { Config } from './config-schema.ts';
import { followTraffic, rereadable } from './follow-traffic.ts';
import type { IngestOptions } from './ingest.ts';
import type { KnownAddresses } from './reputation.ts';
import { openTrafficJournal } from './traffic-journal.ts';
import { botSettingsOf, trafficSettingsOf, treatmentOf } from './traffic-settings.ts';
import { openAgain, startTrafficSources } from './traffic-sources.ts';
import { watchTraffic, type WatchedTraffic } from './watched-traffic.ts';

export interface TrafficOptions {
  readonly config: Pick<Config, 'traffic' | 'estate' | 'alerts'>;
  readonly store: Pick<Store, 'commit' | 'position' | 'state' | 'blocks'>;
  readonly blocking: Blocking;
  /** Brings new blocks outside. */
  readonly nudge: () => void;
  /** The rules that run; those for requests are taken. */
  readonly rules: readonly Rule[];
  readonly channelsFor: (alert: Alert) => Commit['alerts'][number]['channels'];
  readonly onCommit: IngestOptions['onCommit'];
  /** What is known of the estate at each moment; what the configuration says, where left out. */
  readonly estate?: Known | undefined;
  /** What is known of addresses before anything is read. */
  readonly known?: KnownAddresses | undefined;
  readonly log: Logger;
  /** Files that Tocsin writes itself. */
  readonly ownFiles: readonly string[];
}

/** The access logs that a server follows. */
export interface RunningTraffic {
  readonly sources: readonly RunningSource[];
  /** From now on this is known of addresses. */
  readonly know: (known: KnownAddresses) => void;
  /** What pages show. */
  readonly state: TrafficState;
  readonly counters: () => TrafficCounters;
  readonly stop: () => Promise<void>;
}

export interface TrafficCounters {
  readonly leftOut: ReturnType<WatchedTraffic['leftOut']>;
  /** The time of the latest request; undefined before there is one. */
  readonly latest: number | undefined;
  /** Verdicts on offenders that may be blocked: `block`, `prolong`, or why not. */
  readonly verdicts: Readonly<Record<string, number>>;
  readonly offences: Readonly<Record<string, number>>;
  /** What was read before the start and is gone, so that it could not be taken again. */
  readonly gone: number;
}

const settleMs = 2_000;
const boardMs = 3_600_000;
const hour = 3_600_000;

/** Follows the access logs that are configured: takes again what was read before, and then what comes. */
export async function startTraffic(options: TrafficOptions): Promise<RunningTraffic> {
  const { config, store, blocking, log } = options;
  const { sources: configured, rereadHours } = config.traffic;
  const clock = Date.now;
  const treatment = treatmentOf(config.traffic);
  const journal = await openTrafficJournal(store);
  const settings = trafficSettingsOf(config.traffic);
  const { credentials } = settings;
  const rereadMs = rereadHours * hour;
  const [firstRead] = rereadable(journal.reads(), journal.anomaly?.sequence ?? 0, rereadMs);
  const watch = watchTraffic({
    settings: {
      ...settings,
      seed: journal.seed,
      // Hashes must be the same after a restart, and nobody else's.
      credentials: { ...credentials, accountKey: credentials.accountKey || journal.accountKey },
    },
    bots: botSettingsOf(config.traffic),
    rules: options.rules,
    since: firstRead?.clock ?? undefined,
    anomaly: journal.anomaly?.state,
    tellsFresh: true,
  });
  if (options.known !== undefined) watch.know(options.known);
  const verdicts: Record<string, number> = {};
  const conclude = offenceConcluder({
    blocker: blocking.blocker,
    blocks: store.blocks,
    treatment,
    policy: config.alerts,
    known: options.estate ?? knownOf(config.estate),
    channelsFor: options.channelsFor,
    nudge: options.nudge,
    clock,
    onVerdict: ({ verdict }) => {
      const name = verdict.type === 'refuse' ? verdict.why : verdict.type;
      verdicts[name] = (verdicts[name] ?? 0) + 1;
    },
  });
  const followed = followTraffic({
    store,
    journal,
    watch,
    conclude,
    rereadMs,
    rememberMs:
      hour * Math.max(rereadHours, ...configured.buckets.map(({ lookBackHours }) => lookBackHours + 1)),
    clock,
    log,
    onCommit: options.onCommit,
  });

  let board = {
    since: clock(),
    previous: undefined as
      { readonly since: number; readonly until: number; readonly board: Board } | undefined,
  };
  let gone = 0;
  let rereading: string | undefined =
    'Logs of the last hours are read again, so that counts go on where they were.';
  let stopping = false;
  const sources: RunningSource[] = [];

  const started = followed
    .reread((read) => openAgain(configured, read))
    .then((tally) => {
      gone = tally.gone;
      if (tally.reads > 0) log.info({ ...tally }, 'access logs of the last hours were read again');
      if (tally.gone > 0)
        log.warn(
          { ...tally },
          'some of what was read of access logs is gone: counts of the last hours begin lower',
        );
    })
    .catch((error: unknown) =>
      log.error({ err: error }, 'access logs could not be read again; counts of the last hours begin anew'),
    )
    .then(() => {
      rereading = undefined;
      if (stopping) return;
      sources.push(
        ...startTrafficSources({
          config: configured,
          store,
          ingest: followed.ingest,
          journal,
          clock,
          log,
          ownFiles: options.ownFiles,
        }),
      );
    });

  let settling: Promise<void> | undefined;
  const settle = (now = false): void => {
    settling ??= followed
      .settle(now)
      .catch((error: unknown) => log.error({ err: error }, 'offences could not be stored; trying again'))
      .finally(() => {
        settling = undefined;
      });
  };
  const timer = setInterval(() => {
    if (rereading === undefined) settle();
    const now = clock();
    if (now - board.since < boardMs) return;
    board = { since: now, previous: { since: board.since, until: now, board: watch.turnBoard() } };
  }, settleMs);

  return {
    sources,
    know: watch.know,
    state: {
      isFollowing: configured.folders.length + configured.s3.length + configured.buckets.length > 0,
      get waitsFor() {
        return rereading;
      },
      hour: (which, view) => {
        if (which === 'current') return { since: board.since, until: clock(), view: watch.board(view) };
        const { previous } = board;
        return previous && { since: previous.since, until: previous.until, view: previous.board.view(view) };
      },
      offences: () => watch.offences().map(treatment.judged),
      alertOf: (offence) => (treatment.alerts(offence) ? offenceAlertId(offence) : undefined),
    },
    counters: () => {
      const offences: Record<string, number> = {};
      for (const { rule } of watch.offences()) offences[rule] = (offences[rule] ?? 0) + 1;
      const latest = watch.latest();
      return {
        leftOut: watch.leftOut(),
        latest: Number.isFinite(latest) ? latest : undefined,
        verdicts,
        offences,
        gone,
      };
    },
    stop: async () => {
      stopping = true;
      clearInterval(timer);
      await started;
      await Promise.all(sources.map((source) => source.stop()));
      await settling;
      settle(true);
      await settling;
    },
  };
}
