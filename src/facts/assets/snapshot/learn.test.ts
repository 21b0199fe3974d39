import { describe, expect, it } from 'vitest';
import { isDeleted, valueAt } from '../asset.ts';
import { createAssetMemory } from '../memory.ts';
import { recall } from '../recall.ts';
import type { Sighting } from '../sighting.ts';
import { call, remembering } from '../testing/calls.ts';
import { learnSnapshot } from './learn.ts';
import { bucketShown } from './s3.ts';

const place = { account: '111122223333', region: 'eu-west-1', partition: 'aws' };
const start = Date.parse('2026-03-02T09:00:00Z');
const at = (minute: number): number => start + minute * 60_000;
const allow = (who: string) => ({
  Statement: [{ Effect: 'Allow', Principal: who, Action: 's3:GetObject', Resource: 'arn:aws:s3:::vault/*' }],
});
const vault = (policy?: ReturnType<typeof allow> | null): Sighting =>
  bucketShown(place, { name: 'vault', ...(policy === undefined ? {} : { policy }) });
const put = (minute: number, who: string) =>
  call(minute, 's3', 'PutBucketPolicy', { bucketName: 'vault', bucketPolicy: allow(who) });
const buckets = (minute: number) => ({ type: 'AWS::S3::Bucket', account: place.account, time: at(minute) });
const changes = (event: ReturnType<typeof call>, memory: ReturnType<typeof createAssetMemory>) =>
  recall(event, memory).filter(({ subject }) => subject === 'change');

describe('a snapshot in the memory', () => {
  it('lets the next event know the policy before it', () => {
    const memory = createAssetMemory();
    learnSnapshot(memory, [{ sightings: [vault(allow('444455556666'))], time: at(0) }], []);
    const [fact] = changes(put(1, '*'), memory);
    expect(fact?.fields).toMatchObject({ known: true, change: 'changed' });
    expect(fact?.fields['removed']).toHaveLength(1);
  });

  it('lets the first policy of a bucket without one be known as the first', () => {
    const memory = createAssetMemory();
    learnSnapshot(memory, [{ sightings: [vault(null)], time: at(0) }], []);
    expect(changes(put(1, '*'), memory)[0]?.fields).toMatchObject({ known: true, removed: [] });
  });

  it('comes before an event of the same second', () => {
    const memory = remembering(createAssetMemory(), [put(1, '*')]);
    learnSnapshot(memory, [{ sightings: [vault(allow('444455556666'))], time: at(1) }], []);
    expect(valueAt(memory.get('AWS::S3::Bucket', 'vault'), 'policy', at(2))).toEqual(allow('*'));
  });

  it('never replaces what a later event said, and is not replaced by an earlier one', () => {
    const memory = remembering(createAssetMemory(), [put(5, '*')]);
    learnSnapshot(memory, [{ sightings: [vault(allow('444455556666'))], time: at(3) }], []);
    remembering(memory, [put(1, '777788889999')]);
    const asset = memory.get('AWS::S3::Bucket', 'vault');
    expect(valueAt(asset, 'policy', at(6))).toEqual(allow('*'));
    expect(valueAt(asset, 'policy', at(4))).toEqual(allow('444455556666'));
  });

  it('says nothing of who made a thing, and nothing of what was done to it', () => {
    const memory = createAssetMemory();
    learnSnapshot(memory, [{ sightings: [vault(null)], time: at(0) }], []);
    const asset = memory.get('AWS::S3::Bucket', 'vault');
    expect(asset?.history).toEqual([]);
    expect(asset).not.toHaveProperty('created');
  });

  const made = (minute: number) => call(minute, 's3', 'CreateBucket', { bucketName: 'vault' });

  it('takes what is missing in a whole list for gone', () => {
    const memory = remembering(createAssetMemory(), [made(0)]);
    expect(learnSnapshot(memory, [], [buckets(60)])).toEqual([
      { type: 'AWS::S3::Bucket', there: 0, new: 0, gone: 1 },
    ]);
    expect(memory.get('AWS::S3::Bucket', 'vault')).toMatchObject({ deleted: { by: 'somebody unseen' } });
  });

  const kept: readonly (readonly [string, number, Parameters<typeof learnSnapshot>[2][number]])[] = [
    ['was heard of minutes before the list', 50, buckets(60)],
    ['was heard of after it', 61, buckets(60)],
    ['is in another account', 0, { ...buckets(60), account: '444455556666' }],
    ['is in another region', 0, { ...buckets(60), region: 'ap-southeast-2' }],
    ['is of another type', 0, { ...buckets(60), type: 'AWS::IAM::User' }],
    ['is of another part', 0, { ...buckets(60), prefix: 'Z1/' }],
  ];
  it.each(kept)('keeps what %s', (_, minute, list) => {
    const memory = remembering(createAssetMemory(), [made(minute)]);
    expect(learnSnapshot(memory, [], [list])).toEqual([]);
    const asset = memory.get('AWS::S3::Bucket', 'vault');
    expect(asset && isDeleted(asset)).toBe(false);
  });

  it('counts what is new, and does so once', () => {
    const memory = createAssetMemory();
    const look = [{ sightings: [vault(null), vault(null)], time: at(0) }];
    expect(learnSnapshot(memory, look, [buckets(0)])).toMatchObject([{ there: 1, new: 1, gone: 0 }]);
    expect(learnSnapshot(memory, look, [buckets(0)])).toMatchObject([{ there: 1, new: 0, gone: 0 }]);
  });
});
