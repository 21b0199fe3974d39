import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer, temporaryFolder, until, type ServerProcess } from '../support/cli.ts';
import { trailStopped } from '../support/records.ts';

/** The real AWS SDK, in the server's own process, against an S3 and SQS on loopback that speak the real protocol. */
const folder = temporaryFolder();
const region = 'eu-west-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
let endpoint: string;
let queueUrl: string;
let s3: S3Client;
let sqs: SQSClient;
let aws: ReturnType<typeof buildApp>;
let server: ServerProcess;

beforeAll(async () => {
  aws = buildApp({ logger: false });
  await aws.listen({ host: '127.0.0.1', port: 0 });
  endpoint = `http://127.0.0.1:${(aws.server.address() as AddressInfo).port}`;
  s3 = new S3Client({ region, endpoint, credentials, forcePathStyle: true });
  sqs = new SQSClient({ region, endpoint, credentials, useQueueUrlAsEndpoint: false });
  await s3.send(new CreateBucketCommand({ Bucket: 'trail' }));
  const created = await sqs.send(
    new CreateQueueCommand({ QueueName: 'new-objects', Attributes: { VisibilityTimeout: '2' } }),
  );
  queueUrl = `${endpoint}${new URL(created.QueueUrl ?? '').pathname}`;
  const config = join(folder.path, 'tocsin.yaml');
  writeFileSync(
    config,
    `data: ${folder.path}\nsources: { s3: [{ queueUrl: '${queueUrl}', region: ${region} }] }\n`,
  );
  server = await startServer(['--config', config], {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
});

afterAll(async () => {
  server.child.kill('SIGTERM');
  await server.ended;
  await aws.close();
  folder.remove();
});

async function alertIds(): Promise<readonly string[]> {
  const page = (await (await fetch(`${server.address}/v1/alerts?limit=500`)).json()) as {
    alerts: { evidence: { eventId: string } }[];
  };
  return page.alerts.map((alert) => alert.evidence.eventId);
}

async function tell(body: object): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(body) }));
}

async function queueIsEmpty(): Promise<true | undefined> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
  );
  return Attributes?.ApproximateNumberOfMessages === '0' &&
    Attributes.ApproximateNumberOfMessagesNotVisible === '0'
    ? true
    : undefined;
}

function s3Event(key: string): object {
  return {
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: region,
        eventName: 'ObjectCreated:Put',
        s3: { bucket: { name: 'trail' }, object: { key } },
      },
    ],
  };
}

it('reads the objects that notifications of every form tell of, and leaves the queue empty', async () => {
  const plain = trailStopped();
  const viaSns = trailStopped();
  const viaEventBridge = trailStopped();
  const put = (Key: string, record: object) =>
    s3.send(
      new PutObjectCommand({ Bucket: 'trail', Key, Body: gzipSync(JSON.stringify({ Records: [record] })) }),
    );
  await put('AWSLogs/a b+c.json.gz', plain);
  await put('AWSLogs/sns.json.gz', viaSns);
  await put('AWSLogs/eb.json.gz', viaEventBridge);
  await tell({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'trail' });
  await tell(s3Event('AWSLogs/a+b%2Bc.json.gz'));
  await tell({ Type: 'Notification', Message: JSON.stringify(s3Event('AWSLogs/sns.json.gz')) });
  await tell({
    source: 'aws.s3',
    'detail-type': 'Object Created',
    detail: { bucket: { name: 'trail' }, object: { key: 'AWSLogs/eb.json.gz' } },
  });
  await until('three alerts are there', async () => ((await alertIds()).length === 3 ? true : undefined));
  expect([...(await alertIds())].sort()).toEqual(
    [plain.eventID, viaSns.eventID, viaEventBridge.eventID].sort(),
  );
  await until('the queue is empty', queueIsEmpty);
}, 180_000);

it('keeps a message that says nothing, and an object that is gone, as rejections, and goes on', async () => {
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'no json' }));
  await tell(s3Event('AWSLogs/gone.json.gz'));
  const kept = await until('both are kept', async () => {
    const { rejections } = (await (await fetch(`${server.address}/v1/rejections`)).json()) as {
      rejections: { reason: string }[];
    };
    return rejections.length >= 2 ? rejections.map((rejection) => rejection.reason) : undefined;
  });
  expect(kept.join('\n')).toContain('the message is not JSON');
  expect(kept.join('\n')).toContain('deleted before it could be read');
  await until('the queue is empty', queueIsEmpty);
}, 180_000);

it('says in its health that the queue cannot be read, and still serves', async () => {
  const broken = createServer((_, response) => response.writeHead(500).end());
  await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
  const place = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`;
  const data = temporaryFolder();
  const config = join(data.path, 'tocsin.yaml');
  writeFileSync(
    config,
    `data: ${data.path}\nsources: { s3: [{ queueUrl: '${place}/1/q', region: ${region} }] }\n`,
  );
  const one = await startServer(['--config', config], {
    AWS_ENDPOINT_URL: place,
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
  });
  try {
    const body = await until('the trouble shows', async () => {
      const text = await (await fetch(`${one.address}/readyz`)).text();
      return text.includes('cannot be read') ? text : undefined;
    });
    expect(body).toContain('s3 queue');
  } finally {
    one.child.kill('SIGTERM');
    expect(await one.ended).toBe(0);
    broken.close();
    data.remove();
  }
}, 180_000);
