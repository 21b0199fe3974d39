import { Summary, type Registry } from 'prom-client';
import type { Alert } from '../alert/alert.ts';

/** Quantiles are of this long. */
const latencyWindowMs = 10 * 60_000;
const quantiles = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;

/** In seconds; undefined where nothing was counted lately. */
export interface Quantiles {
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
}

/** How long alerts took on their way, in the last ten minutes of this process. */
export interface LatencyFigures {
  /** By source and stage, each stage from the end of the one before: `received` from the event, `decided`, `stored`; `all` of them together. */
  readonly sources: Readonly<Record<string, Readonly<Record<string, Quantiles>>>>;
  /** By channel, from the `decided` alert and from the `event` to the receiver's yes. */
  readonly channels: Readonly<Record<string, Readonly<Record<string, Quantiles>>>>;
}

export interface Latency {
  readonly stored: (source: string, alert: Alert, now: number) => void;
  readonly delivered: (
    channel: string,
    since: { readonly event: number; readonly decided: number },
    now: number,
  ) => void;
  readonly figures: () => Promise<LatencyFigures>;
}

/**
 * Follows alerts on their way. Quantiles are of a t-digest in prom-client (https://github.com/welch/tdigest), so they are estimates, best at the ends.
 * A clock that is behind counts as no time at all.
 */
export function createLatency(registry: Registry): Latency {
  const summary = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Summary({
      name,
      help,
      labelNames,
      percentiles: Object.values(quantiles),
      maxAgeSeconds: latencyWindowMs / 1000,
      ageBuckets: 5,
      // To compress a digest of a thousand takes milliseconds, and all stages come to it with the same alert.
      compressCount: 200,
      // A source that is gone must not stay for ever.
      pruneAgedBuckets: true,
      registers: [registry],
    });
  const stages = summary(
    'tocsin_alert_stage_seconds',
    'How long new alerts took, each stage from the end of the one before: received (from the event), decided, stored; all: from the event to the store. Quantiles of the last ten minutes.',
    ['source', 'stage'],
  );
  const deliveries = summary(
    'tocsin_alert_delivery_seconds',
    'How long first messages that were owed at once took to arrive, since the alert was decided and since the event. Quantiles of the last ten minutes.',
    ['channel', 'since'],
  );
  const seconds = (from: number, to: number): number => Math.max(0, to - from) / 1000;
  return {
    stored: (source, { time, receivedAt, decidedAt }, now) => {
      stages.observe({ source, stage: 'received' }, seconds(time, receivedAt));
      stages.observe({ source, stage: 'decided' }, seconds(receivedAt, decidedAt));
      stages.observe({ source, stage: 'stored' }, seconds(decidedAt, now));
      stages.observe({ source, stage: 'all' }, seconds(time, now));
    },
    delivered: (channel, since, now) => {
      deliveries.observe({ channel, since: 'decided' }, seconds(since.decided, now));
      deliveries.observe({ channel, since: 'event' }, seconds(since.event, now));
    },
    figures: async () => ({
      sources: await figuresOf(stages, 'source', 'stage'),
      channels: await figuresOf(deliveries, 'channel', 'since'),
    }),
  };
}

async function figuresOf<Label extends string>(
  summary: Summary<Label>,
  outer: Label,
  inner: Label,
): Promise<Readonly<Record<string, Readonly<Record<string, Quantiles>>>>> {
  const found = new Map<string, Map<string, Map<number, number>>>();
  for (const { labels, value } of (await summary.get()).values) {
    // The sums and counts have no quantile.
    if (!('quantile' in labels)) continue;
    const names = [String(labels[outer]), String(labels[inner])] as const;
    const byInner = found.get(names[0]) ?? new Map<string, Map<number, number>>();
    const values = byInner.get(names[1]) ?? new Map<number, number>();
    values.set(Number(labels.quantile), value);
    byInner.set(names[1], values);
    found.set(names[0], byInner);
  }
  const named = (values: ReadonlyMap<number, number>): Quantiles => {
    const of = (quantile: number): number | undefined => {
      const value = values.get(quantile);
      return value === undefined || Number.isNaN(value) ? undefined : value;
    };
    return { p50: of(quantiles.p50), p95: of(quantiles.p95), p99: of(quantiles.p99) };
  };
  return Object.fromEntries(
    [...found].map(([name, byInner]) => [
      name,
      Object.fromEntries([...byInner].map(([stage, values]) => [stage, named(values)])),
    ]),
  );
}
