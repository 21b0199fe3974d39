import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { sampleAlert } from '../store/testing/samples.ts';
import { createLatency } from './latency.ts';

const alert = { ...sampleAlert(1), time: 10_000, receivedAt: 12_000, decidedAt: 12_500 };

describe('latency', () => {
  it('is told by source and stage, each stage from the end of the one before', async () => {
    const latency = createLatency(new Registry());
    latency.stored('http', alert, 13_500);
    const { sources } = await latency.figures();
    expect(sources).toEqual({
      http: {
        received: { p50: 2, p95: 2, p99: 2 },
        decided: { p50: 0.5, p95: 0.5, p99: 0.5 },
        stored: { p50: 1, p95: 1, p99: 1 },
        all: { p50: 3.5, p95: 3.5, p99: 3.5 },
      },
    });
  });

  it('is told by channel, since the decision and since the event', async () => {
    const latency = createLatency(new Registry());
    for (let i = 1; i <= 100; i++) latency.delivered('chat', { event: 0, decided: 1_000 }, 1_000 + i * 10);
    const { channels } = await latency.figures();
    const { decided, event } = channels['chat'] ?? {};
    expect(decided?.p50).toBeCloseTo(0.5, 1);
    expect(decided?.p99).toBeCloseTo(0.99, 1);
    expect(event?.p99).toBeCloseTo(1.99, 1);
  });

  it('counts a clock that is behind as no time at all', async () => {
    const latency = createLatency(new Registry());
    latency.stored('http', { ...alert, time: 99_000 }, 13_500);
    const { sources } = await latency.figures();
    expect(sources['http']?.['received']).toEqual({ p50: 0, p95: 0, p99: 0 });
  });

  it('shows in the metrics', async () => {
    const registry = new Registry();
    createLatency(registry).stored('http', alert, 13_500);
    expect(await registry.metrics()).toContain(
      'tocsin_alert_stage_seconds{quantile="0.99",source="http",stage="all"} 3.5',
    );
  });

  it('is empty where there was nothing', async () => {
    expect(await createLatency(new Registry()).figures()).toEqual({ sources: {}, channels: {} });
  });
});
