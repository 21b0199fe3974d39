import { expect, it } from 'vitest';
import { openSqliteStore } from '../store/sqlite.ts';
import { openAssets } from './kept-assets.ts';
import { createEngine } from './engine.ts';
import { createIngest } from './ingest.ts';
import { openCorrelations } from './kept-correlations.ts';

async function ingested(text: string) {
  const store = await openSqliteStore({ path: ':memory:' });
  const engine = createEngine([]);
  const ingest = createIngest({
    engine,
    assets: await openAssets(store),
    store,
    correlations: await openCorrelations(engine, store, { lateness: 0, clock: () => 0 }),
    channelsFor: () => [],
    clock: () => 0,
    onCommit: () => {},
  });
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text);
  };
  const result = await ingest(chunks(), { source: 'http', object: 'request', receivedAt: 0 });
  const rejections = await store.rejections(500);
  const { rejections: stored } = await store.counts();
  await store.close();
  return { result, rejections, stored };
}

it('keeps each of a few rejections', async () => {
  const { result, stored } = await ingested('{}'.repeat(9_999));
  expect(result.rejected).toBe(9_999);
  expect(stored).toBe(9_999);
});

it('counts every one of very many rejections, and keeps those past the first ten thousand in few', async () => {
  const { result, rejections, stored } = await ingested('{}'.repeat(30_500));
  expect(result).toMatchObject({ records: 30_500, events: 0, rejected: 30_500 });
  expect(stored).toBeGreaterThan(10_000);
  expect(stored).toBeLessThan(10_100);
  const many = rejections.filter(({ reason }) => reason.includes('too many of one input'));
  const counts = many.map(({ reason }) => Number(/^\d+/.exec(reason)?.[0]));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(20_500);
  expect(many.reduce((sum, { length }) => sum + length, 0)).toBe(41_000);
  expect(Buffer.from(many.at(-1)?.bytes ?? []).toString()).toBe('{}');
  expect(many.at(-1)?.provenance.position).toBe(20_000);
});
