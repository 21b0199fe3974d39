import { describe, expect, it } from 'vitest';
import type { Asset } from '../../facts/assets/asset.ts';
import type { Store } from '../store.ts';
import type { Open } from './opened-store.ts';
import { hostileTexts } from './samples.ts';

function asset(id: string, more: Partial<Asset> = {}): Asset {
  return {
    type: 'AWS::S3::Bucket',
    id,
    name: id,
    account: '111122223333',
    firstSeen: 1,
    lastSeen: 1,
    history: [],
    aspects: {},
    ...more,
  };
}

function keep(store: Store, ...assets: readonly Asset[]) {
  const changes = assets.map((one) => ({ key: `${one.type} ${one.id}`, asset: one }));
  return store.commit({ alerts: [], assets: changes, now: 1 });
}

async function all(store: Store): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const assets of store.allAssets()) ids.push(...assets.map(({ id }) => id));
  return ids;
}

export function describeAssets(open: Open): void {
  describe('assets', () => {
    it('come back as they were given, whatever they hold, and the last word counts', async () => {
      const { store } = await open();
      const odd = hostileTexts.map(([, text], i) => asset(`${i} ${text}`, { name: text, arn: text }));
      await keep(store, asset('a'), ...odd);
      await keep(store, asset('a', { lastSeen: 9 }));
      expect(await store.asset('AWS::S3::Bucket a')).toEqual(asset('a', { lastSeen: 9 }));
      for (const one of odd) expect(await store.asset(`AWS::S3::Bucket ${one.id}`)).toEqual(one);
      expect(await store.asset('AWS::S3::Bucket b')).toBeUndefined();
    });

    it('are listed by type, account and a part of their names, page by page, those heard of last first', async () => {
      const { store } = await open();
      await keep(
        store,
        ...Array.from({ length: 7 }, (_, i) => asset(`vault-${i}`, { lastSeen: i % 3 })),
        asset('vault-x', { type: 'AWS::SQS::Queue' }),
        asset('vault-y', { account: '444455556666', arn: 'arn:aws:s3:::Some_50%' }),
      );
      const ids: string[] = [];
      let after: string | undefined;
      do {
        const page = await store.assets({
          type: 'AWS::S3::Bucket',
          account: '111122223333',
          limit: 3,
          after,
        });
        ids.push(...page.assets.map(({ id }) => id));
        after = page.next;
      } while (after !== undefined);
      expect(ids).toEqual(['vault-5', 'vault-2', 'vault-4', 'vault-1', 'vault-6', 'vault-3', 'vault-0']);
      const named = async (text: string) =>
        (await store.assets({ text, limit: 9 })).assets.map(({ id }) => id);
      expect(await named('VAULT-Y')).toEqual(['vault-y']);
      expect(await named('some_50%')).toEqual(['vault-y']);
      expect(await named('e_5')).toEqual(['vault-y']);
      expect(await named('%')).toEqual(['vault-y']);
      expect(await named("' or 1=1")).toEqual([]);
      await expect(store.assets({ limit: 0 })).rejects.toThrow(RangeError);
      await expect(store.assets({ limit: 1, after: 'x' })).rejects.toThrow('not a cursor');
    });

    it('are all given, those first that were not heard of for longest', async () => {
      const { store } = await open();
      await keep(
        store,
        asset('b', { lastSeen: 2 }),
        asset('a', { lastSeen: 3 }),
        asset('c', { lastSeen: 1 }),
      );
      expect(await all(store)).toEqual(['c', 'b', 'a']);
      const many = Array.from({ length: 4_500 }, (_, i) => asset(`n${i}`, { lastSeen: 10 + (i % 7) }));
      await keep(store, ...many);
      expect(new Set(await all(store)).size).toBe(4_503);
    });

    it('are gone when they are forgotten', async () => {
      const { store } = await open();
      await keep(store, asset('a'), asset('b'));
      await store.commit({ alerts: [], assets: [{ key: 'AWS::S3::Bucket a', asset: undefined }], now: 2 });
      expect(await store.asset('AWS::S3::Bucket a')).toBeUndefined();
      expect((await store.assets({ limit: 9 })).assets).toEqual([asset('b')]);
      expect(await all(store)).toEqual(['b']);
    });

    it('are not written from what is out of date', async () => {
      const { store, connect } = await open();
      const other = await connect();
      const { revision } = await store.assetChanges(Number.MAX_SAFE_INTEGER);
      const from = (assetsFrom: number, one: Asset) => ({
        alerts: [],
        assets: [{ key: `${one.type} ${one.id}`, asset: one }],
        assetsFrom,
        now: 1,
      });
      // What was written here is known here.
      await store.commit(from(revision, asset('a')));
      await store.commit(from(revision, asset('a', { lastSeen: 2 })));
      await keep(other, asset('a', { lastSeen: 3 }));
      await expect(store.commit(from(revision, asset('a', { lastSeen: 4 })))).rejects.toMatchObject({
        name: 'StoreError',
        problem: 'stale',
      });
      expect(await store.asset('AWS::S3::Bucket a')).toMatchObject({ lastSeen: 3 });
      const news = await store.assetChanges(revision);
      expect(news.changes).toMatchObject([{ asset: { lastSeen: 3 } }]);
      await store.commit(from(news.revision, asset('a', { lastSeen: 4 })));
      expect(await other.asset('AWS::S3::Bucket a')).toMatchObject({ lastSeen: 4 });
      await other.close();
    });

    it('that were written here are no news here', async () => {
      const { store } = await open();
      const { revision } = await store.assetChanges(Number.MAX_SAFE_INTEGER);
      await keep(store, asset('a'));
      const news = await store.assetChanges(revision);
      expect(news.changes).toEqual([]);
      expect(news.revision).toBeGreaterThan(revision);
    });
  });
}
