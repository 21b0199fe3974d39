import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import { before, isDeleted, membersOf } from './asset.ts';
import { createAssetMemory, readAsset } from './memory.ts';
import { call, remembering } from './testing/calls.ts';

const bucket = (minute: number, action: string, policy?: string, by = 'alice'): Event =>
  call(
    minute,
    's3',
    action,
    { bucketName: 'vault', ...(policy === undefined ? {} : { bucketPolicy: policy }) },
    { by },
  );
const rule = (minute: number, how: 'Authorize' | 'Revoke', port: number): Event =>
  call(minute, 'ec2', `${how}SecurityGroupIngress`, {
    groupId: 'sg-1',
    ipProtocol: 'tcp',
    fromPort: port,
    toPort: port,
    cidrIp: '0.0.0.0/0',
  });
const record = (minute: number, address: string): Event =>
  call(minute, 'route53', 'ChangeResourceRecordSets', {
    hostedZoneId: 'Z1',
    changeBatch: {
      changes: [
        {
          action: 'UPSERT',
          resourceRecordSet: { name: 'www.example.com', type: 'A', resourceRecords: [{ value: address }] },
        },
      ],
    },
  });
const vault = (events: readonly Event[]) =>
  remembering(createAssetMemory(), events).get('AWS::S3::Bucket', 'vault');

describe('what is remembered of an asset', () => {
  it('says who made it, when, and what was done since, the newest first', () => {
    const asset = vault([bucket(0, 'CreateBucket'), bucket(5, 'PutBucketPolicy', '{}', 'bob')]);
    expect(asset).toMatchObject({
      arn: 'arn:aws:s3:::vault',
      account: '111122223333',
      region: 'eu-west-1',
      created: { by: 'alice', principal: 'arn:aws:iam::111122223333:user/alice', action: 'CreateBucket' },
      history: [
        { by: 'bob', action: 'PutBucketPolicy' },
        { by: 'alice', action: 'CreateBucket' },
      ],
    });
  });

  it('knows what was before an event, also when that event has been taken already', () => {
    const change = bucket(5, 'PutBucketPolicy', 'new');
    const events = [bucket(0, 'PutBucketPolicy', 'old'), change];
    expect(before(vault(events), 'policy', change)).toEqual({ value: 'old' });
    expect(before(vault(events.slice(0, 1)), 'policy', change)).toEqual({ value: 'old' });
  });

  it('never takes an older event for newer knowledge', () => {
    const asset = vault([bucket(5, 'PutBucketPolicy', 'new'), bucket(0, 'PutBucketPolicy', 'old')]);
    expect(before(asset, 'policy', bucket(9, 'PutBucketPolicy', 'x'))).toEqual({ value: 'new' });
    expect(before(asset, 'policy', bucket(3, 'PutBucketPolicy', 'x'))).toEqual({ value: 'old' });
  });

  it('does not claim to know what it has let go', () => {
    const asset = vault([1, 2, 3].map((minute) => bucket(minute, 'PutBucketPolicy', String(minute))));
    expect(before(asset, 'policy', bucket(2, 'PutBucketPolicy', 'x', 'zoe'))).toEqual({ value: '2' });
    expect(before(asset, 'policy', bucket(1.5, 'PutBucketPolicy', 'x'))).toBeUndefined();
  });

  it('knows that a new thing had no policy', () => {
    expect(before(vault([bucket(0, 'CreateBucket')]), 'policy', bucket(1, 'PutBucketPolicy', 'x'))).toEqual(
      {},
    );
  });

  it('does not take the policy of a thing that was deleted for that of its successor', () => {
    const asset = vault([
      bucket(0, 'CreateBucket'),
      bucket(1, 'PutBucketPolicy', 'old'),
      bucket(2, 'DeleteBucket'),
      bucket(3, 'CreateBucket'),
    ]);
    expect(asset && isDeleted(asset)).toBe(false);
    expect(before(asset, 'policy', bucket(4, 'PutBucketPolicy', 'x'))).toEqual({});
  });

  it('counts members in and out by their own times', () => {
    const memory = remembering(createAssetMemory(), [
      rule(3, 'Revoke', 22),
      rule(1, 'Authorize', 22),
      rule(2, 'Authorize', 80),
    ]);
    expect(membersOf(memory.get('AWS::EC2::SecurityGroup', 'sg-1'), 'inbound rules')).toEqual([
      'tcp port 80 from 0.0.0.0/0',
    ]);
  });

  it('is the same whatever the order of events, and however often they come', () => {
    const events = [
      bucket(0, 'CreateBucket'),
      bucket(1, 'PutBucketPolicy', 'a'),
      bucket(2, 'PutBucketPolicy', 'b', 'bob'),
      bucket(2, 'PutBucketPolicy', 'c', 'carol'),
      rule(1, 'Authorize', 22),
      rule(2, 'Revoke', 22),
      rule(3, 'Authorize', 22),
      rule(4, 'Authorize', 443),
      record(1, '192.0.2.1'),
      record(2, '192.0.2.2'),
    ];
    const image = (order: readonly Event[]) =>
      [...remembering(createAssetMemory(), order).all()].sort((a, b) => (a.id < b.id ? -1 : 1));
    const expected = image(events);
    const places = events.flatMap((_, i) => [i, i]);
    const anyOrder = fc.shuffledSubarray(places, { minLength: places.length });
    fc.assert(
      fc.property(anyOrder, (order) => {
        expect(image(order.flatMap((i) => events[i] ?? []))).toEqual(expected);
      }),
    );
  });
});

describe('the memory', () => {
  it('finds the records that point at an address, by what they say now', () => {
    const memory = remembering(createAssetMemory(), [record(1, '192.0.2.1')]);
    expect(memory.pointingAt('192.0.2.1')).toMatchObject([{ name: 'www.example.com' }]);
    remembering(memory, [record(2, '192.0.2.2'), record(3, '192.0.2.3')]);
    expect(memory.pointingAt('192.0.2.1')).toEqual([]);
    expect(memory.pointingAt('192.0.2.3')).toHaveLength(1);
  });

  it('forgets first what was not heard of for longest, and counts it', () => {
    const named = (minute: number, bucketName: string) => call(minute, 's3', 'CreateBucket', { bucketName });
    const memory = remembering(createAssetMemory({ assets: 2, bytes: 1e9 }), [
      named(0, 'a'),
      named(1, 'b'),
      call(2, 's3', 'PutBucketWebsite', { bucketName: 'a' }),
      named(3, 'c'),
    ]);
    expect([...memory.all()].map(({ id }) => id)).toEqual(['a', 'c']);
    expect(memory.counters()).toMatchObject({ assets: 2, evicted: 1 });
    expect(memory.changes().find(({ key }) => key === 'AWS::S3::Bucket b')).toEqual({
      key: 'AWS::S3::Bucket b',
      asset: undefined,
    });
  });

  it('keeps within its bytes, and counts them down to nothing', () => {
    const memory = createAssetMemory({ assets: 1e6, bytes: 20_000 });
    for (let i = 0; i < 100; i++)
      remembering(memory, [call(i, 's3', 'CreateBucket', { bucketName: `b${i}` })]);
    expect(memory.counters().bytes).toBeLessThanOrEqual(20_000);
    expect(memory.counters().evicted).toBeGreaterThan(50);
    for (const key of [...memory.all()].map(({ type, id }) => `${type} ${id}`)) memory.forget(key);
    expect(memory.counters()).toMatchObject({ assets: 0, bytes: 0 });
  });

  it('tells each change once, and goes on from what was stored', () => {
    const memory = remembering(createAssetMemory(), [
      bucket(0, 'CreateBucket'),
      bucket(1, 'PutBucketPolicy', 'a'),
    ]);
    const changes = memory.changes();
    expect(changes).toHaveLength(1);
    expect(memory.changes()).toEqual([]);
    const stored = changes.flatMap(({ asset }) => readAsset(JSON.parse(JSON.stringify(asset ?? null))) ?? []);
    const next = createAssetMemory();
    next.load(stored);
    expect(next.get('AWS::S3::Bucket', 'vault')).toEqual(memory.get('AWS::S3::Bucket', 'vault'));
    expect(next.changes()).toEqual([]);
    expect(next.since()).toBe(memory.since());
  });

  it('bounds what one asset may hold', () => {
    const memory = createAssetMemory();
    for (let i = 0; i < 300; i++)
      remembering(memory, [
        call(i, 'iam', 'PutUserPolicy', {
          userName: 'u',
          policyName: `p${i}`,
          policyDocument: 'x'.repeat(70_000),
        }),
        rule(i, 'Authorize', i),
      ]);
    expect(JSON.stringify(memory.get('AWS::IAM::User', '111122223333/u')).length).toBeLessThan(20_000);
    const most = JSON.stringify(memory.get('AWS::EC2::SecurityGroup', 'sg-1')).length;
    expect(most).toBeLessThan(60_000);
  });
});
