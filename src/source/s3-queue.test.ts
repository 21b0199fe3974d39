import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import type { Rejection } from '../event/record.ts';
import type { InputOrigin, RunningSource } from './source.ts';
import { startS3Queue, type S3QueueOptions } from './s3-queue.ts';

/** SQS as fauxqs plays it, and an S3 that misbehaves as each test says; the real AWS SDK speaks to both. */
const region = 'eu-west-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
let aws: ReturnType<typeof buildApp>;
let store: Server;
let sqs: SQSClient;
let s3: S3Client;
let queueUrl: string;
let queues = 0;
let answer: (key: string, response: ServerResponse) => void;
let asked: string[];
let reads: { object: string; text: string }[];
let rejections: Rejection[];
let source: RunningSource | undefined;

beforeAll(async () => {
  aws = buildApp({ logger: false });
  await aws.listen({ host: '127.0.0.1', port: 0 });
  store = createServer((request, response) => {
    const key = decodeURIComponent(new URL(request.url ?? '', 'http://x').pathname.slice('/trail/'.length));
    asked.push(key);
    answer(key, response);
  });
  await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
  const at = (port: number) => `http://127.0.0.1:${port}`;
  sqs = new SQSClient({
    region,
    credentials,
    endpoint: at((aws.server.address() as AddressInfo).port),
    useQueueUrlAsEndpoint: false,
  });
  s3 = new S3Client({
    region,
    credentials,
    endpoint: at((store.address() as AddressInfo).port),
    forcePathStyle: true,
    maxAttempts: 1,
  });
});
afterAll(async () => {
  store.closeAllConnections();
  store.close();
  await aws.close();
});

beforeEach(async () => {
  asked = [];
  reads = [];
  rejections = [];
  answer = (key, response) => response.end(`content of ${key}`);
  const created = await sqs.send(new CreateQueueCommand({ QueueName: `q${++queues}` }));
  queueUrl = created.QueueUrl ?? '';
});
afterEach(async () => source?.stop());

async function ingest(chunks: AsyncIterable<Uint8Array>, from: InputOrigin): Promise<void> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  reads.push({ object: from.object, text: Buffer.concat(pieces).toString() });
}

function start(change: Partial<S3QueueOptions> = {}): RunningSource {
  source = startS3Queue({
    queueUrl,
    s3,
    sqs,
    ingest,
    reject: async (rejection) => void rejections.push(rejection),
    clock: () => 0,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    waitSeconds: 1,
    visibilitySeconds: 1,
    ...change,
  });
  return source;
}

async function tell(...keys: string[]): Promise<void> {
  const records = keys.map((key) => ({
    eventName: 'ObjectCreated:Put',
    s3: { bucket: { name: 'trail' }, object: { key: encodeURIComponent(key) } },
  }));
  await sqs.send(
    new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify({ Records: records }) }),
  );
}

async function messagesLeft(): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
  );
  return (
    Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible)
  );
}

const isDone = () => eventually(async () => expect(await messagesLeft()).toBe(0));
const problem = (response: ServerResponse, status: number, code: string) =>
  response
    .writeHead(status, { 'content-type': 'application/xml' })
    .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`);

describe('an object that cannot be read to its end is read again, and is no rejection, where', () => {
  const cases: [name: string, first: (response: ServerResponse) => void][] = [
    [
      'the connection is cut in the middle',
      (response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('half', () => response.destroy());
      },
    ],
    ['it stops coming', (response) => response.writeHead(200, { 'content-length': '100' }).write('half')],
    ['access is denied', (response) => problem(response, 403, 'AccessDenied')],
    ['S3 asks to slow down', (response) => problem(response, 503, 'SlowDown')],
    ['its bucket is gone', (response) => problem(response, 404, 'NoSuchBucket')],
  ];
  it.each(cases)(
    '%s',
    async (_, first) => {
      answer = (key, response) => (asked.length === 1 ? first(response) : response.end(`content of ${key}`));
      await tell('a.json');
      const running = start({ stallMs: 200 });
      await eventually(() => expect(running.trouble()).toContain('could not be worked off'));
      expect(await messagesLeft()).toBe(1);
      await isDone();
      expect(reads).toEqual([{ object: 's3://trail/a.json', text: 'content of a.json' }]);
      expect(rejections).toEqual([]);
      await eventually(() => expect(running.trouble()).toBeUndefined());
    },
    20_000,
  );
});

it('a message with several objects of which one fails comes back as a whole', async () => {
  answer = (key, response) =>
    key === 'b' && asked.length < 3 ? problem(response, 403, 'AccessDenied') : response.end(key);
  await tell('a', 'b', 'c');
  start();
  await isDone();
  expect(reads.map((read) => read.text)).toEqual(['a', 'a', 'b', 'c']);
}, 180_000);

it('an object that is gone is a rejection, and its message is done with', async () => {
  answer = (_, response) => problem(response, 404, 'NoSuchKey');
  await tell('gone €/é.json');
  start();
  await isDone();
  expect(rejections.map((rejection) => rejection.provenance.object)).toEqual(['s3://trail/gone €/é.json']);
}, 180_000);

it('messages that wait behind a slow object stay ours', async () => {
  const held: (() => void)[] = [];
  answer = (key, response) => {
    if (key === 'slow') held.push(() => response.end(key));
    else response.end(key);
  };
  await tell('slow');
  await tell('next');
  await tell('last');
  start();
  await eventually(() => expect(held).toHaveLength(1));
  // Another reader, who would be given what is no longer held; it waits for twice as long as a message is held.
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 2 }),
  );
  expect(Messages).toEqual([]);
  for (const release of held) release();
  await isDone();
  expect(reads.map((read) => read.text)).toEqual(['slow', 'next', 'last']);
}, 180_000);

it('stopping gives up an object that hangs, and its message stays in the queue', async () => {
  answer = (_, response) => response.writeHead(200, { 'content-length': '100' }).write('half');
  await tell('hangs');
  const running = start({ graceMs: 10, visibilitySeconds: 30 });
  await eventually(() => expect(asked).toHaveLength(1));
  await running.stop();
  expect(await messagesLeft()).toBe(1);
  expect(rejections).toEqual([]);
}, 180_000);

it('stopping gives up an object of which S3 says nothing', async () => {
  answer = () => {};
  await tell('silent');
  const running = start({ graceMs: 10, visibilitySeconds: 30 });
  await eventually(() => expect(asked).toHaveLength(1));
  await running.stop();
  expect(await messagesLeft()).toBe(1);
}, 180_000);

it('knows how long the newest of what it read last has waited, and that nothing waits in an empty queue', async () => {
  const waits: (number | undefined)[] = [];
  await tell('old');
  await tell('new');
  const later = Date.now() + 3_600_000;
  const running = start({ clock: () => later, ingest: async () => void waits.push(running.waitedMs?.()) });
  expect(running.waitedMs?.()).toBeUndefined();
  await eventually(() => expect(waits).toHaveLength(2));
  for (const wait of waits) expect(Math.abs((wait ?? 0) - 3_600_000)).toBeLessThan(600_000);
  await eventually(() => expect(running.waitedMs?.()).toBe(0));
});
