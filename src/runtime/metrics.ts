import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ChannelStatus } from '../api/channels.ts';
import { severities } from '../event/severity.ts';
import type { Alert } from '../alert/alert.ts';
import type { Feed } from '../context/intel/intel.ts';
import type { UsualCounters } from '../context/usual/memory.ts';
import type { AskingState } from '../lookup/asking.ts';
import type { AssetCounters } from '../facts/assets/memory.ts';
import type { CorrelatorCounters } from '../sigma/correlation/correlator.ts';
import type { Store } from '../store/store.ts';
import { createLatency, type Latency } from './latency.ts';
import type { Tally } from './pipeline.ts';
import type { TrafficCounters } from './start-traffic.ts';
import type { WorkerIntakeOptions } from './worker-intake.ts';

type TakenBatch = WorkerIntakeOptions['onTaken'];

/** Why an alert is not told: its incident was, or its rule had told as much as it may in an hour. */
const mutedReasons = ['incident', 'hour'] as const;

type MutedReason = (typeof mutedReasons)[number];

export interface Metrics {
  readonly ingested: (
    source: string,
    tally: Tally,
    created: readonly Alert[],
    repeated: number,
    joined?: number,
  ) => void;
  readonly attempted: (channel: string, result: string) => void;
  readonly latency: Latency;
  /** A flush of the embedded store, and the milliseconds that it took. */
  readonly flushed: (ms: number) => void;
  /** Messages about alerts that were left out. */
  readonly muted: (reason: MutedReason, count: number) => void;
  /** An alert that no route sends anywhere. */
  readonly unrouted: () => void;
  readonly batchTaken: TakenBatch;
  readonly workerTurnedAway: () => void;
  /** The Prometheus text format, https://prometheus.io/docs/instrumenting/exposition_formats/ */
  readonly text: () => Promise<string>;
}

/**
 * Counters since the start of this process. The sums that must hold: records = events + rejected, events = processed + dead-lettered.
 * What correlations and assets tell is undefined while another server leads.
 */
export function createMetrics(
  store: Store,
  correlations: () => CorrelatorCounters | undefined,
  assets: () => AssetCounters | undefined,
  usual: () => UsualCounters | undefined,
  traffic: () => TrafficCounters | undefined,
  channels: () => readonly ChannelStatus[],
  around: {
    /** How those are doing who are asked about what alerts name; only where this server leads. */
    readonly lookups: () => readonly AskingState[] | undefined;
    readonly feeds: () => readonly Feed[];
  },
): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counter = (name: string, help: string, labelNames: readonly string[] = ['source']) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  /** A value that is read from the store when somebody asks for the metrics. */
  const gauge = (
    name: string,
    help: string,
    labelNames: readonly string[],
    read: (set: (labels: Record<string, string>, value: number) => void) => Promise<void>,
  ) => {
    const held = new Gauge({
      name,
      help,
      labelNames,
      registers: [],
      async collect() {
        this.reset();
        await read((labels, value) => this.set(labels, value));
      },
    });
    registry.registerMetric(held);
  };
  const records = counter('tocsin_records_total', 'Records read.');
  const events = counter('tocsin_events_total', 'Records that became events.');
  const rejected = counter(
    'tocsin_records_rejected_total',
    'Records that did not decode, kept with the reason.',
  );
  const skipped = counter(
    'tocsin_documents_skipped_total',
    'Documents that hold no records by their nature, such as digests.',
  );
  const processed = counter('tocsin_events_processed_total', 'Events that all rules were run on.');
  const deadLettered = counter(
    'tocsin_events_dead_lettered_total',
    'Events on which the rules could not be run, kept with the reason.',
  );
  const alerts = counter('tocsin_alerts_total', 'Alerts that were not there before.', ['severity']);
  const repeats = counter('tocsin_alerts_repeated_total', 'Alerts found again and not raised again.', []);
  const joins = counter('tocsin_alerts_joined_total', 'Findings that joined an alert that was there.', []);
  const muted = counter(
    'tocsin_alerts_muted_total',
    'Alerts that were not told, by the reason: incident (new ones of which some channel was not told, because it had been told of their incident), hour (tellings that were kept back, the first of each alert and later ones, because the rule had told as much as it may in the hour; they are summed up when it is over).',
    ['reason'],
  );
  const unrouted = counter(
    'tocsin_alerts_unrouted_total',
    'New alerts that no route sends anywhere: stored, and told to nobody.',
    [],
  );
  const attempts = counter(
    'tocsin_delivery_attempts_total',
    'Attempts to deliver an alert, by how they ended.',
    ['channel', 'result'],
  );
  const batches = counter('tocsin_worker_batches_total', 'Batches taken from workers.', ['worker']);
  const items = counter(
    'tocsin_worker_items_total',
    'Items in the batches of workers, by what became of them: taken, repeated (taken before), refused (not theirs to send), lost (as the worker tells), missing (numbers of a stream that never came), unconfirmed (findings that the same rule did not make here).',
    ['worker', 'result'],
  );
  const lastBatch = new Gauge({
    name: 'tocsin_worker_last_batch_seconds',
    help: 'When the last batch of a worker was taken, in seconds since the epoch.',
    labelNames: ['worker'],
    registers: [registry],
  });
  const turnedAway = counter(
    'tocsin_worker_connections_closed_total',
    'Connections closed without an answer, because they came to the address of workers without a signature that holds.',
    [],
  );
  const latency = new Histogram({
    name: 'tocsin_alert_latency_seconds',
    help: 'From the event to the alert being stored.',
    buckets: [0.1, 0.5, 1, 2, 4, 7, 10, 30, 60, 300, 900, 3600, 86400],
    registers: [registry],
  });
  const flushes = new Histogram({
    name: 'tocsin_store_flush_seconds',
    help: 'How long the disk took for each flush of the embedded store, before which no alert is durable. Counts nothing with other stores.',
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5],
    registers: [registry],
  });
  gauge('tocsin_stored_alerts', 'Alerts in the store.', ['severity'], async (set) => {
    const counts = await store.counts();
    for (const severity of severities) set({ severity }, counts.alerts[severity]);
  });
  gauge(
    'tocsin_alerts_by_status',
    'Alerts in the store by what people made of them, those under an exception included.',
    ['status'],
    async (set) => {
      for (const [status, count] of Object.entries(await store.life.statuses())) set({ status }, count);
    },
  );
  gauge('tocsin_deliveries', 'Deliveries in the outbox by state.', ['state'], async (set) => {
    const { deliveries } = await store.counts();
    for (const [state, value] of Object.entries(deliveries)) set({ state }, value);
  });
  gauge(
    'tocsin_deliveries_owed',
    'Deliveries not yet made, by channel; channels that are no longer configured included.',
    ['channel'],
    async (set) => {
      for (const [channel, value] of Object.entries(await store.owed())) set({ channel }, value);
    },
  );
  gauge(
    'tocsin_channel_state',
    '1 for the state that the breaker of a channel is in on this server: closed (messages go through), open (nothing is sent for a while, after failures in a row), half-open (one message tries).',
    ['channel', 'state'],
    async (set) => {
      for (const { name, state } of channels())
        for (const one of ['closed', 'open', 'half-open'])
          set({ channel: name, state: one }, one === state ? 1 : 0);
    },
  );
  gauge(
    'tocsin_channel_failing_seconds',
    'For how long a channel has taken nothing, while it fails; 0 where its last attempt was taken.',
    ['channel'],
    async (set) => {
      for (const { name, failingSince } of channels())
        set(
          { channel: name },
          failingSince === undefined ? 0 : Math.max(0, Date.now() - failingSince) / 1000,
        );
    },
  );
  gauge('tocsin_rejections_kept', 'Rejected records in the store.', [], async (set) =>
    set({}, (await store.counts()).rejections),
  );
  gauge(
    'tocsin_rejections_dropped',
    'Rejected records that the store dropped, the oldest first, to stay within its bounds.',
    [],
    async (set) => set({}, (await store.counts()).rejectionsDropped),
  );
  gauge(
    'tocsin_correlation_left_out',
    'What correlations did not count since the start of this process, by the reason: late, repeated, future, incomplete, early (judged before the lateness was over), evicted-groups, evicted-entries.',
    ['reason'],
    async (set) => {
      const counters = correlations();
      if (counters === undefined) return;
      const { evictedGroups, evictedEntries, ...others } = counters;
      for (const [reason, value] of Object.entries(others)) set({ reason }, value);
      set({ reason: 'evicted-groups' }, evictedGroups);
      set({ reason: 'evicted-entries' }, evictedEntries);
    },
  );
  const ofAssets =
    (which: keyof AssetCounters) => async (set: (labels: Record<string, string>, value: number) => void) => {
      const counters = assets();
      if (counters !== undefined) set({}, counters[which]);
    };
  gauge('tocsin_assets', 'Assets that are remembered.', [], ofAssets('assets'));
  gauge('tocsin_assets_bytes', 'What the remembered assets take in memory, about.', [], ofAssets('bytes'));
  gauge(
    'tocsin_assets_evicted',
    'Assets that were forgotten since the start of this process to make room, those first that were not heard of for longest.',
    [],
    ofAssets('evicted'),
  );
  const ofUsual =
    (which: keyof UsualCounters) => async (set: (labels: Record<string, string>, value: number) => void) => {
      const counters = usual();
      if (counters !== undefined) set({}, counters[which]);
    };
  gauge('tocsin_usual_actors', 'Actors of whom is known what they usually do.', [], ofUsual('actors'));
  gauge('tocsin_usual_bytes', 'What that takes in memory, about.', [], ofUsual('bytes'));
  gauge(
    'tocsin_usual_evicted',
    'Actors that were forgotten since the start of this process to make room, those first of whom nothing new was learned for longest.',
    [],
    ofUsual('evicted'),
  );
  gauge(
    'tocsin_lookups',
    'Questions to those who know addresses, domains and files since this server leads: kept were answered by an earlier answer, unanswered by nothing.',
    ['provider', 'outcome'],
    async (set) => {
      for (const { provider, kept, answered, unanswered } of around.lookups() ?? [])
        for (const [outcome, count] of Object.entries({ kept, answered, unanswered }))
          set({ provider, outcome }, count);
    },
  );
  gauge(
    'tocsin_lookups_asked_today',
    'Questions of the day, by UTC, which count in the quota.',
    ['provider'],
    async (set) => {
      for (const { provider, asked } of around.lookups() ?? []) set({ provider }, asked);
    },
  );
  gauge('tocsin_indicators', 'Indicators that events are held against.', ['feed'], async (set) => {
    for (const { name, set: held } of around.feeds()) set({ feed: name }, held.size);
  });
  const trafficGauge = (
    name: string,
    help: string,
    label: string,
    read: (counters: TrafficCounters) => Readonly<Record<string, number>>,
  ) =>
    gauge(name, help, label === '' ? [] : [label], async (set) => {
      const counters = traffic();
      if (counters === undefined) return;
      for (const [value, number] of Object.entries(read(counters)))
        set(label === '' ? {} : { [label]: value }, number);
    });
  trafficGauge(
    'tocsin_traffic_left_out',
    'Requests that no signal counted since the start of this process, by the reason: late (later than the lateness allows), future (behind the time at which they were received), timeless.',
    'reason',
    ({ leftOut }) => ({ ...leftOut }),
  );
  trafficGauge(
    'tocsin_traffic_offences',
    'Offences in the access logs of the last hours, by rule.',
    'rule',
    ({ offences }) => offences,
  );
  trafficGauge(
    'tocsin_traffic_verdicts',
    'Decisions on offenders who may be blocked since the start of this process: block, prolong, or why not.',
    'verdict',
    ({ verdicts }) => verdicts,
  );
  trafficGauge(
    'tocsin_traffic_latest_seconds',
    'The time of the latest request in the access logs that are followed, in seconds since the epoch.',
    '',
    ({ latest }) => (latest === undefined ? {} : { latest: latest / 1000 }),
  );
  trafficGauge(
    'tocsin_traffic_reads_gone',
    'Parts of access logs that were read before the start of this process and are gone, so that counts of the last hours began lower.',
    '',
    ({ gone }) => ({ gone }),
  );
  const stages = createLatency(registry);
  for (const severity of severities) alerts.inc({ severity }, 0);
  for (const reason of mutedReasons) muted.inc({ reason }, 0);

  return {
    ingested: (source, tally, created, repeated, joined = 0) => {
      records.inc({ source }, tally.records);
      events.inc({ source }, tally.events);
      rejected.inc({ source }, tally.rejected);
      skipped.inc({ source }, tally.skipped);
      processed.inc({ source }, tally.processed);
      deadLettered.inc({ source }, tally.deadLettered);
      repeats.inc(repeated);
      joins.inc(joined);
      const now = Date.now();
      for (const alert of created) {
        alerts.inc({ severity: alert.severity });
        stages.stored(source, alert, now);
        latency.observe(Math.max(0, alert.decidedAt - alert.time) / 1000);
      }
    },
    batchTaken: ({ worker, taken, lost, missing }) => {
      const { taken: fresh, repeated, refused, unconfirmed } = taken;
      batches.inc({ worker });
      for (const [result, n] of Object.entries({
        taken: fresh,
        repeated,
        refused,
        lost,
        missing,
        unconfirmed,
      }))
        items.inc({ worker, result }, n);
      lastBatch.set({ worker }, Date.now() / 1000);
    },
    workerTurnedAway: () => turnedAway.inc(),
    attempted: (channel, result) => attempts.inc({ channel, result }),
    latency: stages,
    flushed: (ms) => flushes.observe(ms / 1000),
    muted: (reason, count) => muted.inc({ reason }, count),
    unrouted: () => unrouted.inc(),
    text: () => registry.metrics(),
  };
}
