import type { AddressInfo } from 'node:net';
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { buildApp } from 'fauxqs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import { startS3Listing, type S3ListingOptions } from './s3-listing.ts';
import type { InputOrigin, RunningSource } from './source.ts';

/** The real AWS SDK, against an S3 on loopback that speaks the real protocol. */
let aws: ReturnType<typeof buildApp>;
let s3: S3Client;
let bucket: string;
let buckets = 0;
let reads: string[];
let stored: Map<string, string>;
let failing: Set<string>;
let later: number;
let running: RunningSource[];

beforeAll(async () => {
  aws = buildApp({ logger: false });
  await aws.listen({ host: '127.0.0.1', port: 0 });
  const endpoint = `http://127.0.0.1:${(aws.server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  s3 = new S3Client({ region: 'eu-west-1', endpoint, credentials, forcePathStyle: true });
});
afterAll(async () => {
  s3.destroy();
  await aws.close();
});
beforeEach(async () => {
  bucket = `logs-${buckets++}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  reads = [];
  stored = new Map();
  failing = new Set();
  later = 0;
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((source) => source.stop()));
});

const put = (key: string) =>
  s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: `body of ${key}` }));

async function ingest(chunks: AsyncIterable<Uint8Array>, from: InputOrigin): Promise<void> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  const key = from.object.slice(`s3://${bucket}/`.length);
  if (failing.has(key)) throw new Error('the store is away');
  expect(Buffer.concat(pieces).toString()).toBe(`body of ${key}`);
  reads.push(key);
}

function start(change: Partial<S3ListingOptions> = {}): RunningSource {
  const nothing = () => {};
  const source = startS3Listing({
    bucket,
    prefix: 'cdn.',
    everyMs: 20,
    lookBackMs: 3_600_000,
    isRead: (object) => reads.includes(object.slice(`s3://${bucket}/`.length)),
    position: async (key) => stored.get(key),
    remember: async ({ source: key, position }) => void stored.set(key, position),
    s3,
    ingest,
    reject: async () => {},
    clock: () => Date.now() + later,
    log: { info: nothing, warn: nothing, error: nothing },
    ...change,
  });
  running.push(source);
  return source;
}

it('reads what is there and what comes, once, under its prefix, also among older names', async () => {
  await put('cdn.2026-03-02-08.b');
  await put('other.log');
  start();
  await eventually(() => expect(reads).toEqual(['cdn.2026-03-02-08.b']));
  await put('cdn.2026-03-02-09.a');
  await put('cdn.2026-03-02-08.a');
  await eventually(() =>
    expect(reads.toSorted()).toEqual(['cdn.2026-03-02-08.a', 'cdn.2026-03-02-08.b', 'cdn.2026-03-02-09.a']),
  );
});

it('goes on after a restart, past what is too old to get company', async () => {
  await put('cdn.1');
  later = 0;
  const first = start();
  await eventually(() => expect(stored.size).toBe(1));
  expect(reads).toEqual(['cdn.1']);
  later = 2 * 3_600_000;
  await eventually(() => expect([...stored.values()].join()).toContain('"after":"cdn.1"'));
  await first.stop();
  reads = [];
  await put('cdn.2');
  start();
  await eventually(() => expect(reads).toEqual(['cdn.2']));
});

it('passes over what was written long before it was first started', async () => {
  await put('cdn.old');
  later = 2 * 3_600_000;
  start();
  await eventually(() => expect([...stored.values()].join()).toContain('cdn.old'));
  expect(reads).toEqual([]);
});

it('tries an object again that could not be read, says so meanwhile, and does not go past it', async () => {
  await put('cdn.1');
  await put('cdn.2');
  failing.add('cdn.1');
  const source = start();
  await eventually(() => expect(source.trouble()).toContain('cdn.1: Error: the store is away'));
  expect(reads).toEqual(['cdn.2']);
  later = 2 * 3_600_000;
  await eventually(() => expect(stored.size).toBe(1));
  expect([...stored.values()].join()).not.toContain('cdn.2');
  failing.clear();
  await eventually(() => expect(source.trouble()).toBeUndefined());
  expect(reads).toEqual(['cdn.2', 'cdn.1']);
});

it('says that a bucket is not there, and goes on when it is', async () => {
  bucket = `missing-${buckets++}`;
  const source = start({ bucket });
  await eventually(() => expect(source.trouble()).toContain('the bucket cannot be listed'));
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await eventually(() => expect(source.trouble()).toBeUndefined());
  await put('cdn.1');
  await eventually(() => expect(reads).toEqual(['cdn.1']));
  await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'cdn.1' }));
});
