import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { sightingsOf } from '../facts/assets/sightings.ts';
import { call } from '../facts/assets/testing/calls.ts';
import type { Event } from '../event/event.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { openAssets, type KeptAssets } from './kept-assets.ts';

const create = (minute: number, bucketName: string) => call(minute, 's3', 'CreateBucket', { bucketName });

async function take(kept: KeptAssets, store: Store, event: Event): Promise<void> {
  kept.memory.observe(event, sightingsOf(event));
  await kept.keep((assets, assetsFrom) => store.commit({ alerts: [], assets, assetsFrom, now: 1 }));
}

const names = (kept: KeptAssets) => [...kept.memory.all()].map(({ name }) => name);
const root = mkdtempSync(join(tmpdir(), 'tocsin-kept-assets-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const newPath = () => join(mkdtempSync(join(root, 'own-')), 'tocsin.db');

it('goes on after a restart with what was known before', async () => {
  const path = newPath();
  const first = await openSqliteStore({ path });
  const kept = await openAssets(first);
  await take(kept, first, create(1, 'b'));
  await take(kept, first, create(0, 'a'));
  const known = [...kept.memory.all()];
  await first.close();

  const second = await openSqliteStore({ path });
  const again = await openAssets(second);
  expect([...again.memory.all()].map(({ name }) => name)).toEqual(['a', 'b']);
  expect([...again.memory.all()]).toEqual(expect.arrayContaining(known));
  expect(again.memory.since()).toBe(kept.memory.since());
  expect(again.memory.isChanged()).toBe(false);
  await second.close();
});

it('keeps what could not be stored for the next time', async () => {
  const store = await openSqliteStore({ path: ':memory:' });
  const kept = await openAssets(store);
  const event = create(0, 'a');
  kept.memory.observe(event, sightingsOf(event));
  await expect(kept.keep(() => Promise.reject(new Error('disk full')))).rejects.toThrow('disk full');
  expect(kept.memory.isChanged()).toBe(true);
  await take(kept, store, create(1, 'b'));
  expect((await store.assets({ limit: 9 })).assets.map(({ name }) => name)).toEqual(['b', 'a']);
  await store.close();
});

it('hears of what others write into the same store, and of what they take out', async () => {
  const path = newPath();
  const [own, others] = [await openSqliteStore({ path }), await openSqliteStore({ path })];
  const kept = await openAssets(own);
  const theirs = await openAssets(others);
  await take(kept, own, create(0, 'a'));
  await take(theirs, others, create(1, 'b'));
  await kept.refresh();
  expect(names(kept)).toEqual(['a', 'b']);
  await others.commit({ alerts: [], assets: [{ key: 'AWS::S3::Bucket a', asset: undefined }], now: 1 });
  await kept.refresh();
  expect(names(kept)).toEqual(['b']);
  expect(kept.memory.isChanged()).toBe(false);
  await Promise.all([own.close(), others.close()]);
});

it('loses nothing where others write of the same asset at the same time', async () => {
  const path = newPath();
  const [own, others] = [await openSqliteStore({ path }), await openSqliteStore({ path })];
  const put = (minute: number, action: string) => call(minute, 's3', action, { bucketName: 'a' });
  const kept = await openAssets(own);
  const theirs = await openAssets(others);
  await take(kept, own, create(0, 'a'));
  // Neither has heard of what the other does.
  await take(theirs, others, put(1, 'PutBucketWebsite'));
  await take(kept, own, put(2, 'DeleteBucketPolicy'));
  await theirs.refresh();
  for (const { memory } of [kept, theirs]) {
    const asset = memory.get('AWS::S3::Bucket', 'a');
    expect(asset?.history.map(({ action }) => action)).toEqual([
      'DeleteBucketPolicy',
      'PutBucketWebsite',
      'CreateBucket',
    ]);
    expect(Object.keys(asset?.aspects ?? {}).sort()).toEqual(['policy', 'website']);
  }
  const { assets } = await own.assets({ limit: 9 });
  expect(assets.map(({ history }) => history.length)).toEqual([3]);
  await Promise.all([own.close(), others.close()]);
});
