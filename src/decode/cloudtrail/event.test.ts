import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import type { Provenance } from '../../event/record.ts';
import { cloudTrailEvent, isCloudTrail } from './event.ts';

const provenance: Provenance = { source: 'file', object: 'trail.json', position: 0, receivedAt: 1 };

const record: JsonObject = {
  eventVersion: '1.11',
  userIdentity: { type: 'IAMUser', userName: 'alice', accountId: '444455556666' },
  eventTime: '2026-03-01T09:30:00Z',
  eventSource: 's3.amazonaws.com',
  eventName: 'PutBucketPolicy',
  awsRegion: 'eu-west-1',
  sourceIPAddress: '198.51.100.7',
  requestParameters: { bucketName: 'invoices' },
  responseElements: null,
  eventID: '6f1c1e5e-0000-4000-8000-000000000001',
  eventType: 'AwsApiCall',
  recipientAccountId: '111122223333',
};

const insight: JsonObject = {
  eventVersion: '1.08',
  eventTime: '2026-03-01T09:30:00Z',
  awsRegion: 'eu-west-1',
  eventID: '6f1c1e5e-0000-4000-8000-000000000002',
  eventType: 'AwsCloudTrailInsight',
  recipientAccountId: '111122223333',
  insightDetails: {
    state: 'Start',
    eventSource: 'iam.amazonaws.com',
    eventName: 'CreateUser',
    insightType: 'ApiCallRateInsight',
  },
  eventCategory: 'Insight',
};

function eventOf(fields: JsonObject): Event {
  const event = cloudTrailEvent(fields, provenance);
  if ('problem' in event) throw new Error(event.problem);
  return event;
}

function problemOf(fields: JsonObject): string {
  const event = cloudTrailEvent(fields, provenance);
  return 'problem' in event ? event.problem : 'no problem';
}

describe('isCloudTrail', () => {
  it.each<[string, JsonObject]>([
    ['an empty object', {}],
    [
      'a notification of S3',
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: 'eu-west-1',
        eventTime: '2026-03-01T09:30:00Z',
        eventName: 'ObjectCreated:Put',
        userIdentity: { principalId: 'AWS:x' },
      },
    ],
    [
      'a record of a Kinesis stream',
      {
        eventVersion: '1.0',
        eventSource: 'aws:kinesis',
        eventName: 'aws:kinesis:record',
        eventID: 'x',
        awsRegion: 'eu-west-1',
      },
    ],
    [
      'an envelope of EventBridge',
      {
        version: '0',
        id: 'x',
        'detail-type': 'AWS API Call via CloudTrail',
        source: 'aws.s3',
        detail: record,
      },
    ],
    ['a delivery file', { Records: [record] }],
    [
      'a digest file',
      { awsAccountId: '111122223333', digestStartTime: 'x', digestEndTime: 'y', logFiles: [] },
    ],
    ['a VPC flow log', { version: 2, srcaddr: '192.0.2.1', dstaddr: '192.0.2.2', action: 'ACCEPT' }],
  ])('says no to %s', (_, fields) => {
    expect(isCloudTrail(fields)).toBe(false);
  });

  it.each<[string, JsonObject]>([
    ['a whole record', record],
    ['an Insight event, which has no eventName', insight],
    [
      'the layout of Logstash',
      {
        '@timestamp': '2026-03-01T09:30:00Z',
        eventSource: 's3.amazonaws.com',
        eventName: 'GetObject',
        eventVersion: '1.05',
      },
    ],
    [
      'a record without its version',
      { eventTime: 'x', eventSource: 's3.amazonaws.com', eventName: 'GetObject' },
    ],
    ['a damaged record, so that its damage can be named', { eventName: 7, eventTime: 8, eventSource: 9 }],
  ])('says yes to %s', (_, fields) => {
    expect(isCloudTrail(fields)).toBe(true);
  });
});

describe('a record that cannot become an event', () => {
  it.each<[string, JsonObject, string]>([
    [
      'no eventName',
      { ...record, eventName: undefined },
      'eventName is missing; expected a name such as PutBucketPolicy',
    ],
    [
      'a number for eventName',
      { ...record, eventName: 42 },
      'eventName is the number 42; expected a name such as PutBucketPolicy',
    ],
    [
      'an empty eventName',
      { ...record, eventName: '' },
      'eventName is an empty string; expected a name such as PutBucketPolicy',
    ],
    [
      'a list for eventName',
      { ...record, eventName: ['x'] },
      'eventName is a list; expected a name such as PutBucketPolicy',
    ],
    [
      'null for eventSource',
      { ...record, eventSource: null },
      'eventSource is null; expected a service such as s3.amazonaws.com',
    ],
    [
      'no time at all',
      { ...record, eventTime: undefined },
      'eventTime is missing, and there is no @timestamp to stand in for it; expected a time such as 2026-03-01T09:30:00Z',
    ],
    [
      'an object for the time',
      { ...record, eventTime: {} },
      'eventTime is an object; expected a time such as 2026-03-01T09:30:00Z',
    ],
    [
      'words for the time',
      { ...record, eventTime: 'yesterday' },
      'eventTime is the string "yesterday"; expected a time such as 2026-03-01T09:30:00Z',
    ],
    [
      'a wrong time, though Logstash gives one: that may be when it was stored',
      { ...record, eventTime: 'yesterday', '@timestamp': '2026-03-01T09:30:00Z' },
      'eventTime is the string "yesterday"; expected a time such as 2026-03-01T09:30:00Z',
    ],
    [
      'a wrong time of Logstash',
      { ...record, eventTime: undefined, '@timestamp': true },
      'eventTime is missing, and @timestamp is the boolean true; expected a time such as 2026-03-01T09:30:00Z',
    ],
    [
      'control characters and length, which must not reach a terminal',
      { ...record, eventTime: `\u001b[31m\u009b\u202e${'x'.repeat(1_000_000)}` },
      `eventTime is the string "?[31m??${'x'.repeat(33)}" ...; expected a time such as 2026-03-01T09:30:00Z`,
    ],
    [
      'an Insight event without a name',
      { ...insight, insightDetails: {} },
      'eventName is missing; expected a name such as PutBucketPolicy',
    ],
  ])('%s', (_, fields, expected) => {
    expect(problemOf(fields)).toBe(expected);
  });
});

describe('event', () => {
  it('of a record holds who did what, where and to what', () => {
    const event = eventOf(record);
    expect(event.kind).toBe('cloudtrail.api-call');
    expect(event.id).toBe('6f1c1e5e-0000-4000-8000-000000000001');
    expect(new Date(event.time).toISOString()).toBe('2026-03-01T09:30:00.000Z');
    expect([event.account, event.region, event.service, event.action]).toEqual([
      '111122223333',
      'eu-west-1',
      's3.amazonaws.com',
      'PutBucketPolicy',
    ]);
    expect(event.actor.name).toBe('alice');
    expect(event.outcome.result).toBe('success');
    expect(event.client.origin).toEqual({ type: 'address', address: '198.51.100.7' });
    expect(event.targets.map(({ name }) => name)).toEqual(['invoices']);
    expect(event.fields).toBe(record);
    expect(event.provenance).toBe(provenance);
  });

  it('works each member out once', () => {
    const event = eventOf(record);
    expect(event.actor).toBe(event.actor);
    expect(event.outcome).toBe(event.outcome);
    expect(event.client).toBe(event.client);
    expect(event.targets).toBe(event.targets);
  });

  it('of an Insight is about the call that was unusual, and has no outcome', () => {
    const event = eventOf(insight);
    expect([event.kind, event.service, event.action]).toEqual([
      'cloudtrail.insight',
      'iam.amazonaws.com',
      'CreateUser',
    ]);
    expect(event.outcome.result).toBe('unknown');
    expect(event.actor).toMatchObject({ kind: 'unknown', name: 'unknown' });
  });

  it('of an Insight in the flat layout of CloudTrail Lake is the same', () => {
    const { insightDetails: _, ...rest } = insight;
    const event = eventOf({
      ...rest,
      insightEventSource: 'iam.amazonaws.com',
      insightEventName: 'CreateUser',
    });
    expect([event.kind, event.service, event.action]).toEqual([
      'cloudtrail.insight',
      'iam.amazonaws.com',
      'CreateUser',
    ]);
  });

  it('takes the time of Logstash where there is no other', () => {
    const event = eventOf({ ...record, eventTime: null, '@timestamp': '2020-09-14T00:44:23.500Z' });
    expect(new Date(event.time).toISOString()).toBe('2020-09-14T00:44:23.500Z');
  });

  it.each<[string, JsonObject, string | undefined]>([
    ['the recipient', {}, '111122223333'],
    ['the caller, where the recipient is not said', { recipientAccountId: undefined }, '444455556666'],
    [
      'nobody, where the caller is anonymous',
      { recipientAccountId: undefined, userIdentity: { accountId: 'ANONYMOUS_PRINCIPAL' } },
      undefined,
    ],
    ['nobody, where the caller is a number', { recipientAccountId: 7, userIdentity: 7 }, undefined],
  ])('belongs to the account of %s', (_, fields, expected) => {
    expect(eventOf({ ...record, ...fields }).account).toBe(expected);
  });

  it.each<[string, Json | undefined]>([
    ['is missing', undefined],
    ['is empty', ''],
    ['is a number', 7],
    ['is too long for a key', 'x'.repeat(201)],
  ])('has an id of its content where eventID %s', (_, eventID) => {
    expect(eventOf({ ...record, eventID }).id).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('hostile records', () => {
  // One of each form: arbitrary JSON in thirty places costs seconds. The next property has it, in one place.
  const anything: fc.Arbitrary<Json> = fc.oneof(
    fc.string(),
    fc.constantFrom<Json>(null, true, 0, -1.5, '', 'ANONYMOUS_PRINCIPAL', [], [[]], ['x'], [null, 1], {}),
    fc.constantFrom<Json>(
      { items: [{ instanceId: 'i-1' }, 7] },
      { content: 'x' },
      { arn: 'arn:aws:iam:::role/' },
    ),
  );
  const orAnything = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<unknown> => fc.oneof(value, anything);
  const members = (...names: readonly string[]): fc.Arbitrary<unknown> =>
    orAnything(fc.dictionary(fc.constantFrom(...names), anything));

  /** Records that become events, so that every member is read, with anything in the places that are looked into. */
  const shaped = fc.record(
    {
      eventTime: fc.constant('2026-03-01T09:30:00Z'),
      eventName: fc.constantFrom('ConsoleLogin', 'GetParameter', 'StopLogging', 'constructor', '__proto__'),
      eventSource: fc
        .constantFrom('ec2', 'iam', 's3', 'signin', 'sqs', 'ssm', 'constructor', '__proto__')
        .map((name) => `${name}.amazonaws.com`),
      additionalEventData: members('MFAUsed'),
      awsRegion: anything,
      errorCode: anything,
      errorMessage: anything,
      eventID: anything,
      eventType: anything,
      insightDetails: anything,
      recipientAccountId: anything,
      requestParameters: members(
        'bucketName',
        'groupId',
        'instancesSet',
        'key',
        'name',
        'queueUrl',
        'resourceArn',
        'userName',
      ),
      resources: orAnything(fc.array(members('ARN', 'accountId', 'arn', 'type'))),
      responseElements: members('ConsoleLogin', 'accessKey', 'instancesSet', 'message', 'role', 'user'),
      sourceIPAddress: orAnything(fc.oneof(fc.ipV4(), fc.ipV6())),
      userIdentity: orAnything(
        fc.record(
          {
            type: orAnything(
              fc.constantFrom('AWSAccount', 'AWSService', 'AssumedRole', 'FederatedUser', 'Root'),
            ),
            accountId: anything,
            arn: orAnything(fc.string().map((text) => `arn:aws:sts::111122223333:${text}`)),
            principalId: orAnything(fc.string().map((text) => `AROA${text}`)),
            userName: anything,
            sessionContext: members('attributes', 'sessionIssuer', 'sourceIdentity', 'webIdFederationData'),
            identityProvider: anything,
            onBehalfOf: members('identityStoreArn', 'userId'),
            inScopeOf: members('credentialsIssuedTo', 'sourceAccount'),
            invokedBy: anything,
          },
          { requiredKeys: [] },
        ),
      ),
    },
    { requiredKeys: ['eventName', 'eventSource', 'eventTime'] },
  );

  function readAll(fields: JsonObject): void {
    isCloudTrail(fields);
    const event = cloudTrailEvent(fields, provenance);
    const problem = 'problem' in event ? event.problem : 'no problem';
    expect(problem).toMatch(/^[ -~]{10,300}$/);
    if ('problem' in event) return;
    expect(event.id).not.toBe('');
    expect(event.kind).toMatch(/^cloudtrail\./);
    expect(Number.isFinite(event.time)).toBe(true);
    expect(event.actor.name).not.toBe('');
    expect(event.actor.chain.every(({ name }) => name !== '')).toBe(true);
    expect(['success', 'failure', 'unknown']).toContain(event.outcome.result);
    expect(['address', 'service', 'internal', 'unknown']).toContain(event.client.origin.type);
    expect(event.targets.length).toBeLessThanOrEqual(50);
    expect(event.targets.every(({ name }) => name !== '')).toBe(true);
    expect(['string', 'undefined']).toContain(typeof event.account);
    expect(['string', 'undefined']).toContain(typeof event.region);
  }

  it('never throw, whatever their members hold', () => {
    fc.assert(
      fc.property(shaped, (fields) => readAll(fields as JsonObject)),
      { numRuns: 2000 },
    );
  });

  it('never throw, whatever one member of a good record holds', () => {
    const damaged = fc.tuple(fc.constantFrom(...Object.keys(record)), fc.jsonValue());
    fc.assert(
      fc.property(damaged, ([name, value]) => readAll({ ...record, [name]: value })),
      { numRuns: 1000 },
    );
  });

  it('may nest without end, bring a name of a megabyte or a prototype', () => {
    const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) as Json;
    const long = 'x'.repeat(1_000_000);
    for (const name of Object.keys(record).filter((key) => !key.startsWith('eventT'))) {
      readAll({ ...record, [name]: long });
      readAll({
        ...record,
        eventName: 'x',
        eventSource: 'y',
        [name]: name === 'eventName' || name === 'eventSource' ? 'z' : deep,
        eventID: '',
      });
    }
    readAll(
      JSON.parse(
        '{"__proto__":{"eventName":"x"},"eventSource":"constructor","eventName":"__proto__","eventTime":"2026-03-01T09:30:00Z"}',
      ) as JsonObject,
    );
  });
});
