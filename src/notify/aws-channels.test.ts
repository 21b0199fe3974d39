import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { GetFindingsCommand, SecurityHubClient } from '@aws-sdk/client-securityhub';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import { CreateEmailIdentityCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasMoto, startMoto, type Moto } from '../../test/support/moto.ts';
import { eventbridge, eventbridgeEntry, eventbridgeSettings } from './eventbridge.ts';
import { securityFinding } from './asff.ts';
import { detectionFinding } from './ocsf.ts';
import { placeOf, securityhubSettings } from './securityhub.ts';
import { alertEmail } from './email-message.ts';
import { deliver, followUp } from './send.ts';
import { sesEmail, sesSettings } from './ses.ts';
import { sns, snsMessage, snsSettings } from './sns.ts';
import { sqs, sqsMessage, sqsSettings } from './sqs.ts';
import { normalAlert } from './testing/alerts.ts';
import { readFindings } from './testing/ocsf-parquet.ts';
import {
  boundTo,
  context,
  deliverRecorded,
  sentAlerts,
  resolvedContext,
  testAwsChannel,
  transport,
} from './testing/aws-contract.ts';

const environment = {
  AWS_ACCESS_KEY_ID: 'testing',
  AWS_SECRET_ACCESS_KEY: 'testing',
  AWS_REGION: 'eu-west-1',
  AWS_EC2_METADATA_DISABLED: 'true',
};
const before = { ...process.env };
Object.assign(process.env, environment);
afterAll(() => {
  for (const name of Object.keys(environment)) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
});

/** https://www.w3.org/TR/xml/#charsets, of which SQS and SNS take no other. */
const outsideXml = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

const queueUrl = 'https://sqs.eu-west-1.amazonaws.com/111122223333/alerts';
const topicArn = 'arn:aws:sns:eu-west-1:111122223333:alerts';

const awsJson = (code: string) => ({
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify({ __type: code, message: 'secret <!channel>' }),
});

function sizeProblems(input: unknown, most: number): readonly string[] {
  const bytes = Buffer.byteLength(JSON.stringify(input));
  // Escaped once more than it is sent, so that it is never less.
  return bytes <= most ? [] : [`${bytes} bytes`];
}

testAwsChannel({
  type: 'sns',
  settings: (endpoint) => ({ type: 'sns', topicArn, endpoint }),
  input: (alert, how) => snsMessage(alert, snsSettings.parse({ type: 'sns', topicArn, format: 'text' }), how),
  problems: (input) => {
    const { Subject, Message } = input as ReturnType<typeof snsMessage>;
    return [
      ...(/^[\x21-\x7e][\x20-\x7e]{0,99}$/.test(Subject) ? [] : [`subject ${Subject}`]),
      ...(outsideXml.test(Message) ? ['a character that is none of XML'] : []),
      ...sizeProblems(input, 262_144),
    ];
  },
  error: (code) => ({
    headers: { 'content-type': 'text/xml' },
    body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>secret</Message></Error><RequestId>x</RequestId></ErrorResponse>`,
  }),
});

testAwsChannel({
  type: 'sqs',
  settings: (endpoint) => ({ type: 'sqs', queueUrl: `${endpoint}/111122223333/alerts`, endpoint }),
  input: (alert, how) => sqsMessage(alert, sqsSettings.parse({ type: 'sqs', queueUrl }), how),
  problems: (input) => {
    const { MessageBody } = input as ReturnType<typeof sqsMessage>;
    return [
      ...(Buffer.byteLength(MessageBody) > 260_000 ? ['too long'] : []),
      ...(outsideXml.test(MessageBody) ? ['a character that is none of XML'] : []),
    ];
  },
  error: awsJson,
});

testAwsChannel({
  type: 'eventbridge',
  settings: (endpoint) => ({ type: 'eventbridge', endpoint }),
  input: (alert, how) =>
    eventbridgeEntry(alert, eventbridgeSettings.parse({ type: 'eventbridge', eventBus: 'security' }), how),
  problems: (input) => {
    const { Source, DetailType, Detail } = input as ReturnType<typeof eventbridgeEntry>;
    const parsed: unknown = JSON.parse(Detail);
    const bytes = [Source, DetailType, Detail].reduce((sum, text) => sum + Buffer.byteLength(text), 14);
    return [
      ...(typeof parsed === 'object' ? [] : ['detail is no object']),
      ...(bytes <= 262_144 ? [] : [`${bytes} bytes`]),
    ];
  },
  error: awsJson,
});

const addresses = { from: 'tocsin@example.com', to: ['ops@example.com'] };

testAwsChannel({
  type: 'ses',
  settings: (endpoint) => ({ type: 'ses', ...addresses, endpoint }),
  input: (alert, how) =>
    sesEmail(alertEmail(alert, addresses.from, how), sesSettings.parse({ type: 'ses', ...addresses })),
  problems: (input) => {
    const { Headers, Subject } = (input as ReturnType<typeof sesEmail>).Content.Simple;
    return [
      ...Headers.filter(
        ({ Name, Value }) => !/^[\x21-\x39\x3b-\x7e]{1,126}$/.test(Name) || !/^[ -~]{1,870}$/.test(Value),
      ).map(({ Name }) => Name),
      ...(/[\r\n]/.test(Subject.Data) ? ['subject'] : []),
    ];
  },
  error: (code) => ({
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': code },
    body: '{"message":"secret <!channel>"}',
  }),
});

const hub = { type: 'securityhub', account: '123456789012', region: 'eu-west-1' };

/** https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFinding.html */
const asff = z.strictObject({
  SchemaVersion: z.literal('2018-10-08'),
  Id: z.string().min(1).max(512),
  ProductArn: z.literal('arn:aws:securityhub:eu-west-1:123456789012:product/123456789012/default'),
  ProductName: z.string().max(128),
  CompanyName: z.string().max(128),
  GeneratorId: z.string().min(1).max(512),
  AwsAccountId: z.string().regex(/^\d{12}$/),
  Types: z
    .array(
      z
        .string()
        .regex(/^[^/]+(?:\/[^/]+){1,2}$/)
        .max(256),
    )
    .min(1)
    .max(50),
  FirstObservedAt: z.iso.datetime(),
  LastObservedAt: z.iso.datetime(),
  CreatedAt: z.iso.datetime(),
  UpdatedAt: z.iso.datetime(),
  Severity: z.strictObject({
    Label: z.enum(['INFORMATIONAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL']),
    Original: z.string().max(64),
  }),
  Title: z.string().min(1).max(256),
  Description: z.string().min(1).max(1024),
  Remediation: z
    .strictObject({ Recommendation: z.strictObject({ Text: z.string().min(1).max(512) }) })
    .optional(),
  SourceUrl: z.url().optional(),
  ProductFields: z.record(z.string().max(128), z.string().min(1).max(2048)),
  Resources: z
    .array(
      z.strictObject({
        Type: z.string().min(1).max(256),
        Id: z.string().min(1).max(512),
        Partition: z.enum(['aws', 'aws-cn', 'aws-us-gov']),
        Region: z.string().max(16),
      }),
    )
    .min(1)
    .max(32),
  RecordState: z.enum(['ACTIVE', 'ARCHIVED']),
  Note: z
    .strictObject({
      Text: z.string().min(1).max(512),
      UpdatedBy: z.string().max(512),
      UpdatedAt: z.iso.datetime(),
    })
    .optional(),
});

testAwsChannel({
  type: 'securityhub',
  settings: (endpoint) => ({ ...hub, endpoint }),
  input: (alert, how) =>
    securityFinding(alert, placeOf(securityhubSettings.parse(hub)), how, alert.decidedAt),
  problems: (input) => [
    ...(asff.safeParse(input).error?.issues ?? []).map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    ),
    ...sizeProblems(input, 240_000),
  ],
  error: (code) => ({
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': code },
    body: '{"Message":"secret <!channel>"}',
  }),
});

testAwsChannel({
  type: 's3',
  settings: (endpoint) => ({ type: 's3', bucket: 'findings', endpoint }),
  input: (alert, how) => detectionFinding(alert, how),
  problems: () => [],
  error: (code) => ({
    headers: { 'content-type': 'application/xml' },
    body: `<Error><Code>${code}</Code><Message>secret</Message></Error>`,
  }),
});

describe('an event for programs', () => {
  it('is the same by every way, and holds the whole alert', () => {
    const body = (text: string): unknown => JSON.parse(text);
    const bySqs = body(
      sqsMessage(normalAlert, sqsSettings.parse({ type: 'sqs', queueUrl }), context).MessageBody,
    );
    const bySns = body(
      snsMessage(normalAlert, snsSettings.parse({ type: 'sns', topicArn }), context).Message,
    );
    expect(bySns).toEqual(bySqs);
    expect(bySqs).toMatchObject({
      type: 'alert.created',
      data: { alert: JSON.parse(JSON.stringify(normalAlert)), link: context.link, shortened: 'no' },
    });
  });

  it('keeps repeats together in queues and topics that keep order', () => {
    const fifo = { MessageGroupId: normalAlert.id, MessageDeduplicationId: 'delivery-1' };
    const queue = sqsSettings.parse({ type: 'sqs', queueUrl: `${queueUrl}.fifo` });
    const topic = snsSettings.parse({ type: 'sns', topicArn: `${topicArn}.fifo` });
    expect(sqsMessage(normalAlert, queue, context)).toMatchObject(fifo);
    expect(snsMessage(normalAlert, topic, context)).toMatchObject(fifo);
  });

  it.each([
    ['sns', { topicArn: 'alerts' }],
    ['sns', { topicArn: `${topicArn}\n` }],
    ['sqs', { queueUrl: 'http://sqs.eu-west-1.amazonaws.com/1/a' }],
    ['eventbridge', { eventBus: 'a b' }],
    ['eventbridge', { source: 'aws.s3' }],
  ])('does not go to %s with %j', (type, wrong) => {
    const kinds = { sns, sqs, eventbridge };
    const kind = kinds[type as keyof typeof kinds];
    expect(kind.settings.safeParse({ type, topicArn, queueUrl, ...wrong }).success).toBe(false);
  });
});

describe.skipIf(!hasMoto)('on a stand-in for AWS', () => {
  let moto: Moto;
  beforeAll(async () => {
    moto = await startMoto();
  }, 180_000);
  afterAll(() => moto.stop());

  const at = () => ({ region: 'eu-west-1', endpoint: moto.endpoint, maxAttempts: 1 });

  async function newQueue(name: string): Promise<string> {
    const { QueueUrl = '' } = await new SQSClient(at()).send(new CreateQueueCommand({ QueueName: name }));
    return QueueUrl;
  }

  async function receive(url: string, count: number): Promise<readonly string[]> {
    const client = new SQSClient(at());
    const found: string[] = [];
    while (found.length < count) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }),
      );
      if (Messages.length === 0) break;
      found.push(...Messages.map(({ Body = '' }) => Body));
    }
    return found;
  }

  const idsOf = (events: readonly { readonly data: { readonly alert: { readonly id: string } } }[]) =>
    events.map(({ data }) => data.alert.id).sort();
  const everyId = sentAlerts.map(([, { id }]) => id).sort();

  it('every alert, and what became of one, arrives in a queue', async () => {
    const url = await newQueue('alerts');
    const channel = boundTo({ type: 'sqs', queueUrl: url, endpoint: moto.endpoint });
    const answers = await deliverRecorded(channel);
    expect(answers.map(({ type }) => type)).toEqual(sentAlerts.map(() => 'accepted'));
    expect(answers[0]).toHaveProperty('receipt.messageId', expect.stringMatching(/^[\da-f-]{36}$/));
    const told = await followUp(channel, { alert: normalAlert, context: resolvedContext() }, transport);
    expect(told.type).toBe('accepted');
    const events = (await receive(url, 4)).map((body) => JSON.parse(body));
    expect(idsOf(events.filter(({ type }) => type === 'alert.created'))).toEqual(everyId);
    expect(events.filter(({ type }) => type === 'alert.changed')).toMatchObject([
      { data: { standing: { status: 'resolved', by: 'slack:U1' }, before: { status: 'open' } } },
    ]);
  });

  it('every alert arrives through a topic', async () => {
    const url = await newQueue('subscribed');
    const client = new SNSClient(at());
    const { TopicArn } = await client.send(new CreateTopicCommand({ Name: 'alerts' }));
    const Endpoint = 'arn:aws:sqs:eu-west-1:123456789012:subscribed';
    await client.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint }));
    const channel = boundTo({ type: 'sns', topicArn: TopicArn, endpoint: moto.endpoint });
    const answers = await deliverRecorded(channel);
    expect(answers.map(({ type }) => type)).toEqual(sentAlerts.map(() => 'accepted'));
    await followUp(channel, { alert: normalAlert, context: resolvedContext() }, transport);
    const events = (await receive(url, 4)).map((body) => JSON.parse(JSON.parse(body).Message));
    expect(idsOf(events.filter(({ type }) => type === 'alert.created'))).toEqual(everyId);
    expect(events).toHaveLength(4);
  });

  it('every alert arrives over an event bus', async () => {
    const url = await newQueue('target');
    const client = new EventBridgeClient(at());
    await client.send(new CreateEventBusCommand({ Name: 'security' }));
    const rule = { Name: 'alerts', EventBusName: 'security' };
    await client.send(new PutRuleCommand({ ...rule, EventPattern: '{"source":["tocsin"]}' }));
    const Arn = 'arn:aws:sqs:eu-west-1:123456789012:target';
    await client.send(
      new PutTargetsCommand({ Rule: 'alerts', EventBusName: 'security', Targets: [{ Id: '1', Arn }] }),
    );
    const channel = boundTo({ type: 'eventbridge', eventBus: 'security', endpoint: moto.endpoint });
    const answers = await deliverRecorded(channel);
    expect(answers.map(({ type }) => type)).toEqual(sentAlerts.map(() => 'accepted'));
    const events = (await receive(url, 3)).map((body) => JSON.parse(body).detail);
    expect(idsOf(events)).toEqual(everyId);
  });

  it('an e-mail is taken from an identity that is verified, and waits where it is not', async () => {
    const channel = boundTo({ type: 'ses', ...addresses, endpoint: moto.endpoint });
    const unverified = await deliver(channel, normalAlert, context, transport);
    expect(unverified.type).toBe('closed');
    await new SESv2Client(at()).send(new CreateEmailIdentityCommand({ EmailIdentity: addresses.from }));
    const answer = await deliver(channel, normalAlert, context, transport);
    expect(answer).toMatchObject({ type: 'accepted', receipt: { sesId: expect.any(String) } });
    const sent = await followUp(channel, { alert: normalAlert, context: resolvedContext() }, transport);
    expect(sent.type).toBe('accepted');
  });

  it('findings arrive in Security Hub in batches, and one that changes is brought up to date', async () => {
    const client = new SecurityHubClient(at());
    const channel = boundTo({ ...hub, endpoint: moto.endpoint });
    const answers = await deliverRecorded(channel);
    expect(answers.map(({ type }) => type)).toEqual(sentAlerts.map(() => 'accepted'));
    const told = await followUp(channel, { alert: normalAlert, context: resolvedContext() }, transport);
    expect(told).toEqual({ type: 'accepted', receipt: { findingId: `tocsin/${normalAlert.id}` } });
    const { Findings = [] } = await client.send(new GetFindingsCommand({}));
    expect(Findings.map(({ Id = '' }) => Id).sort()).toEqual(everyId.map((id) => `tocsin/${id}`));
    expect(Findings.find(({ Id }) => Id === `tocsin/${normalAlert.id}`)).toMatchObject({
      RecordState: 'ARCHIVED',
      Severity: { Label: 'HIGH' },
      Note: { Text: expect.stringContaining('slack:U1: ') },
    });
  });

  it('findings arrive in S3 in the folders of Security Lake, the same again as the same object', async () => {
    const client = new S3Client({ ...at(), forcePathStyle: true });
    const Bucket = 'findings';
    await client.send(
      new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }),
    );
    const channel = boundTo({ type: 's3', bucket: Bucket, endpoint: moto.endpoint });
    await deliverRecorded(channel);
    const answers = await deliverRecorded(channel);
    expect(answers.map(({ type }) => type)).toEqual(sentAlerts.map(() => 'accepted'));
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
    const keys = Contents.map(({ Key = '' }) => Key);
    const form =
      /^ext\/tocsin\/region=[a-z\d-]+\/accountId=(?:\d{12}|unknown)\/eventDay=\d{8}\/tocsin-[\da-f]{32}\.json\.gz$/;
    expect(keys.filter((key) => !form.test(key))).toEqual([]);
    const ids: string[] = [];
    for (const Key of keys) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      const lines = gunzipSync((await Body?.transformToByteArray()) ?? '')
        .toString()
        .trim()
        .split('\n');
      ids.push(...lines.map((line) => JSON.parse(line).finding_info.uid));
    }
    expect(ids.sort()).toEqual(everyId);
  });

  it('findings arrive in S3 as Parquet where that is asked for', async () => {
    const client = new S3Client({ ...at(), forcePathStyle: true });
    const Bucket = 'lake';
    await client.send(
      new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }),
    );
    await deliverRecorded(
      boundTo({ type: 's3', bucket: Bucket, format: 'parquet', endpoint: moto.endpoint }),
    );
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
    const ids: string[] = [];
    for (const { Key = '' } of Contents) {
      expect(Key).toMatch(/\/eventDay=\d{8}\/tocsin-[\da-f]{32}\.parquet$/);
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      const findings = await readFindings((await Body?.transformToByteArray()) ?? new Uint8Array());
      ids.push(...findings.map(({ metadata }) => metadata.uid));
    }
    expect(ids.sort()).toEqual(everyId);
  });

  it('a queue and a topic that are not there leave the alert waiting for a person', async () => {
    const missing = [
      { type: 'sqs', queueUrl: `${moto.endpoint}/123456789012/missing`, endpoint: moto.endpoint },
      { type: 'sns', topicArn: 'arn:aws:sns:eu-west-1:123456789012:missing', endpoint: moto.endpoint },
    ];
    for (const settings of missing) {
      const answer = await deliver(boundTo(settings), normalAlert, context, transport);
      expect(answer.type).toBe('closed');
    }
  });
});
