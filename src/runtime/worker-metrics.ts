import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { BufferCounters } from '../worker/buffer.ts';
import type { Sent } from '../worker/sender.ts';
import type { Tally } from './pipeline.ts';

export interface WorkerMetrics {
  readonly kept: (part: { readonly source: string; readonly tally: Tally; readonly items: number }) => void;
  readonly sent: (sent: Sent) => void;
  readonly text: () => Promise<string>;
}

/** What a worker counts since it started; docs/workers.md lists it. */
export function createWorkerMetrics(buffer: () => BufferCounters, now: () => number): WorkerMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counter = (name: string, help: string, labelNames: readonly string[]) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const records = counter('tocsin_records_total', 'Records read.', ['source']);
  const rejected = counter(
    'tocsin_records_rejected_total',
    'Records that did not decode, sent on with the reason.',
    ['source'],
  );
  const deadLettered = counter(
    'tocsin_events_dead_lettered_total',
    'Events on which the rules could not be run, sent on with the reason.',
    ['source'],
  );
  const items = counter('tocsin_buffer_items_total', 'Items put into the buffer.', []);
  const batches = counter(
    'tocsin_batches_sent_total',
    'Attempts to send a batch, by what came of them: taken, later, refused.',
    ['result'],
  );
  const gauge = (name: string, help: string, read: (counters: BufferCounters) => number) => {
    const held = new Gauge({
      name,
      help,
      registers: [],
      collect() {
        this.set(read(buffer()));
      },
    });
    registry.registerMetric(held);
  };
  gauge('tocsin_buffer_bytes', 'Bytes that lie in the buffer.', ({ bytes }) => bytes);
  gauge('tocsin_buffer_lost', 'Items dropped for want of room since the start.', ({ lost }) => lost);
  gauge(
    'tocsin_buffer_oldest_seconds',
    'For how long the oldest file of the buffer with something to send has been there; 0 where nothing waits.',
    ({ oldest }) => (oldest === undefined ? 0 : Math.max(0, now() - oldest) / 1000),
  );
  return {
    kept: ({ source, tally, items: count }) => {
      records.inc({ source }, tally.records);
      rejected.inc({ source }, tally.rejected);
      deadLettered.inc({ source }, tally.deadLettered);
      items.inc(count);
    },
    sent: ({ type }) => batches.inc({ result: type }),
    text: () => registry.metrics(),
  };
}
