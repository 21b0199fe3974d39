import { sampleAlert } from '../../src/notify/sample.ts';
import { indicatorSet, openIndicators } from '../../src/context/intel/indicator-set.ts';
import { healthy } from '../../src/notify/channel-health.ts';
import { createUsualMemory } from '../../src/context/usual/memory.ts';
import { createAssetMemory } from '../../src/facts/assets/memory.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { createWorkerMetrics } from '../../src/runtime/worker-metrics.ts';
import { newTally } from '../../src/runtime/pipeline.ts';
import { correlatorDefaults, createCorrelator } from '../../src/sigma/correlation/correlator.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { code, plain, table } from './markdown.ts';

export interface MetricName {
  readonly name: string;
  readonly kind: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** Tocsin's own metrics, read from what a server with one alert answers: labels show only where there is a value. */
export async function metricNames(): Promise<readonly MetricName[]> {
  const store = await openSqliteStore({ path: ':memory:' });
  try {
    const alert = sampleAlert(0);
    await store.commit({ alerts: [{ alert, channels: ['example'] }], rejections: [], now: 0 });
    const metrics = createMetrics(
      store,
      createCorrelator([], correlatorDefaults).counters,
      createAssetMemory().counters,
      createUsualMemory(() => ({ kind: 'internet' })).counters,
      () => ({
        leftOut: { late: 0, future: 0, timeless: 0 },
        offences: { scanner: 0 },
        verdicts: { block: 0 },
        latest: 0,
        gone: 0,
      }),
      () => [{ name: 'example', type: 'webhook', state: 'closed', failuresInRow: 0 }],
      {
        lookups: () => [
          { provider: 'example', health: healthy, asked: 0, perDay: 1, kept: 0, answered: 0, unanswered: 0 },
        ],
        feeds: () => [{ name: 'example', set: openIndicators(indicatorSet().pack()) }],
      },
    );
    metrics.ingested('example', newTally(), [alert], 0);
    metrics.attempted('example', 'accepted');
    metrics.latency.delivered('example', { event: 0, decided: 0 }, 0);
    const taken = { through: 1, taken: 1, repeated: 0, refused: 0, alerts: 0, unconfirmed: 0 };
    metrics.batchTaken({ worker: 'example', taken, lost: 0, missing: 0 });
    return parse(await metrics.text()).filter(({ name }) => name.startsWith('tocsin_'));
  } finally {
    await store.close();
  }
}

/** The same of a worker. */
export async function workerMetricNames(): Promise<readonly MetricName[]> {
  const metrics = createWorkerMetrics(
    () => ({ bytes: 0, lost: 0, oldest: undefined }),
    () => 0,
  );
  metrics.kept({ source: 'example', tally: newTally(), items: 0 });
  metrics.sent({ type: 'refused', reason: '', maxBytes: undefined });
  return parse(await metrics.text()).filter(({ name }) => name.startsWith('tocsin_'));
}

export async function metricTable(): Promise<string> {
  return tableOf(await metricNames());
}

export async function workerMetricTable(): Promise<string> {
  return tableOf(await workerMetricNames());
}

function tableOf(metrics: readonly MetricName[]): string {
  const rows = metrics.map(({ name, kind, help, labels }) => [
    code(name),
    kind,
    labels.map(code).join(', '),
    plain(help),
  ]);
  return table(['metric', 'kind', 'labels', 'what it counts'], rows);
}

/** Reads the text format; https://prometheus.io/docs/instrumenting/exposition_formats/ */
function parse(text: string): readonly MetricName[] {
  return [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)$/gm)].map(
    ([, name = '', help = '', kind = '']) => {
      const samples = text.matchAll(new RegExp(`^${name}(?:_bucket)?\\{([^}]*)\\}`, 'gm'));
      const labels = new Set(
        [...samples].flatMap(([, pairs = '']) =>
          [...pairs.matchAll(/(\w+)="/g)].map(([, label = '']) => label),
        ),
      );
      // How histograms tell their buckets apart and summaries their quantiles, and no labels of ours.
      labels.delete('le');
      labels.delete('quantile');
      return { name, help, kind, labels: [...labels] };
    },
  );
}
