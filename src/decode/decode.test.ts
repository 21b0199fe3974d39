import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Json, JsonObject } from '../event/json.ts';
import type { DecodedBatch, DecodeOptions } from './decode.ts';
import { decode, decodeValue } from './decode.ts';

const from = { source: 'file', object: 'trail.json', receivedAt: 5 };

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** All batches in one, with the sum that must always hold checked. */
async function collect(batches: AsyncIterable<DecodedBatch>): Promise<Omit<DecodedBatch, 'bytes'>> {
  const all: DecodedBatch[] = [];
  for await (const batch of batches) all.push(batch);
  const whole = {
    events: all.flatMap(({ events }) => events),
    rejections: all.flatMap(({ rejections }) => rejections),
    skipped: all.flatMap(({ skipped }) => skipped),
    counted: all.flatMap(({ counted }) => counted),
    passedOver: all.reduce((sum, { passedOver }) => sum + passedOver, 0),
    records: all.reduce((sum, { records }) => sum + records, 0),
  };
  expect(whole.records).toBe(whole.events.length + whole.rejections.length + whole.passedOver);
  return whole;
}

function run(
  content: string | Uint8Array,
  size = 1000,
  options: DecodeOptions = {},
): Promise<Omit<DecodedBatch, 'bytes'>> {
  return collect(decode(inChunks(Buffer.from(content), size), from, options));
}

function record(id: string, more: JsonObject = {}): JsonObject {
  return {
    eventVersion: '1.08',
    eventTime: '2026-03-01T09:30:00Z',
    eventSource: 's3.amazonaws.com',
    eventName: 'PutBucketPolicy',
    eventID: id,
    ...more,
  };
}

const one = record('one');
const text = JSON.stringify;
const sqs = (body: Json): JsonObject => ({
  messageId: 'm',
  receiptHandle: 'r',
  eventSource: 'aws:sqs',
  body: text(body),
});
const sns = (message: Json): JsonObject => ({
  Type: 'Notification',
  MessageId: 'm',
  TopicArn: 't',
  Message: text(message),
});
const bridge = (detail: Json, type = 'AWS API Call via CloudTrail'): JsonObject => ({
  version: '0',
  'detail-type': type,
  source: 'aws.s3',
  detail,
});
const columns = (row: JsonObject): Json => Object.entries(row).map(([key, value]) => ({ [key]: value }));

const wrapped: [name: string, value: Json][] = [
  ['a record', one],
  ['a delivery file', { Records: [one] }],
  ['an array', [one]],
  ['an EventBridge event of an API call', bridge(one)],
  ['an EventBridge event of a sign-in', bridge(one, 'AWS Console Sign In via CloudTrail')],
  ['an EventBridge event of a name yet unknown', bridge(one, 'AWS Something New via CloudTrail')],
  ['an SQS batch of Lambda', { Records: [sqs(one)] }],
  ['the output of ReceiveMessage', { Messages: [{ MessageId: 'm', ReceiptHandle: 'r', Body: text(one) }] }],
  ['an SNS message', sns(one)],
  [
    'an SNS batch of Lambda',
    { Records: [{ EventSource: 'aws:sns', EventVersion: '1.0', Sns: sns(bridge(one)) }] },
  ],
  ['EventBridge in SNS in SQS', { Records: [sqs(sns(bridge(one)))] }],
  ['a delivery file in an SQS message', sqs({ Records: [one] })],
  ['the output of lookup-events', { Events: [{ EventId: 'x', CloudTrailEvent: text(one) }] }],
  [
    'a CloudTrail Lake result of eventJson',
    { QueryStatus: 'FINISHED', QueryResultRows: [[{ eventJson: text(one) }]] },
  ],
  ['a CloudTrail Lake result of columns', { QueryResultRows: [columns(one)] }],
  [
    'a CloudWatch Logs subscription',
    {
      awslogs: {
        data: gzipSync(
          text({ messageType: 'DATA_MESSAGE', logEvents: [{ id: '1', message: text(one) }] }),
        ).toString('base64'),
      },
    },
  ],
  [
    'an unpacked CloudWatch Logs subscription',
    { messageType: 'DATA_MESSAGE', logEvents: [{ id: '1', message: text(one) }] },
  ],
  ['an aws.cloudtrail member', { aws: { cloudtrail: one } }],
];

describe('one event comes out of', () => {
  it.each(wrapped)('%s, as bytes and as a value', async (_, value) => {
    for (const whole of [await run(text(value)), await run(text(value, null, 2)), decodeValue(value, from)]) {
      expect(whole.rejections).toEqual([]);
      expect(whole.events).toHaveLength(1);
      expect(whole.events[0]?.fields).toEqual(one);
    }
  });

  it('Logstash lines, whose time is in @timestamp, with the raw fields unchanged', async () => {
    const { eventTime, ...rest } = one;
    const fields = { ...rest, '@timestamp': eventTime };
    const { events } = await run(text(fields));
    expect(events[0]).toMatchObject({ time: Date.UTC(2026, 2, 1, 9, 30), fields });
  });

  it('a table with an eventJson column', async () => {
    const { events, rejections } = await run(`eventID,eventJson\nx,"${text(one).replaceAll('"', '""')}"\n`);
    expect(rejections).toEqual([]);
    expect(events.map(({ fields }) => fields)).toEqual([one]);
  });
});

describe('it is skipped, not rejected, where it is', () => {
  it.each<[name: string, value: Json, reason: RegExp]>([
    [
      'a digest file',
      { awsAccountId: '1', digestStartTime: '2026-03-01T09:30:00Z', logFiles: [] },
      /digest file/,
    ],
    [
      'a test notification',
      { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'b' },
      /test notification/,
    ],
    [
      'an S3 notification',
      {
        Records: [
          {
            eventVersion: '2.1',
            eventSource: 'aws:s3',
            eventTime: '2026-03-01T09:30:00Z',
            eventName: 'ObjectCreated:Put',
            s3: {},
          },
        ],
      },
      /S3 event notification/,
    ],
    [
      'an S3 notification through EventBridge',
      bridge({ bucket: {} }, 'Object Created'),
      /through EventBridge/,
    ],
    [
      "CloudTrail's notice of a file",
      sns({ s3Bucket: 'b', s3ObjectKey: ['k'] }),
      /notice of a delivered log file/,
    ],
    [
      'a subscription message',
      { Type: 'SubscriptionConfirmation', TopicArn: 't', Message: 'x' },
      /subscription/,
    ],
    [
      'a control message',
      { messageType: 'CONTROL_MESSAGE', logEvents: [{ message: 'CWL' }] },
      /control message/,
    ],
  ])('%s', async (_, value, reason) => {
    const { skipped, records } = await run(text(value));
    expect(records).toBe(0);
    expect(skipped).toEqual([
      { provenance: { ...from, position: expect.any(Number) }, reason: expect.stringMatching(reason) },
    ]);
  });
});

describe('a value is rejected with a reason where it is', () => {
  it.each<[name: string, value: Json, reason: RegExp]>([
    [
      'something else',
      { foo: 1, 'b\u001b[31m': 2 },
      /^not a CloudTrail record: an object with "foo", "b\\u001b\[31m"; expected eventVersion/,
    ],
    ['empty', {}, /an object without members/],
    [
      'another EventBridge event',
      bridge({ severity: 8 }, 'GuardDuty Finding'),
      /with "severity"; .* \(inside EventBridge event\)/,
    ],
    [
      'an SQS message whose body is no JSON',
      { messageId: 'm', body: 'hello' },
      /^expected a JSON object or array, found 'h' \(inside SQS message > JSON text\)/,
    ],
    [
      'an SQS message whose body is cut',
      { messageId: 'm', body: text(one).slice(0, 50) },
      /the content ends in the middle of a record.*inside SQS message/,
    ],
    ['packed data that is none', { awslogs: { data: 'AAAA' } }, /^not base64 of gzip/],
    [
      'wrapped without end',
      Array.from({ length: 10 }).reduce<JsonObject>((inner) => sqs(inner), one),
      /^wrapped more than 16 times/,
    ],
    ['a record without a name', record('x', { eventName: null }), /^eventName is null/],
    ['a number', [7], /expected a JSON object/],
  ])('%s', async (_, value, reason) => {
    const { events, rejections } = await run(text(value));
    expect(events).toEqual([]);
    expect(rejections.map((rejection) => rejection.reason)).toEqual([expect.stringMatching(reason)]);
  });

  it('a value nested too deep to walk', () => {
    let deep: Json = [];
    for (let level = 0; level < 100_000; level++) deep = [deep];
    const { rejections, records } = decodeValue({ ...one, requestParameters: deep }, from);
    expect(records).toBe(1);
    expect(rejections[0]?.reason).toMatch(/nested more than 1000 deep/);
  });

  it('packed data that unpacks to more than a record may have', () => {
    const data = gzipSync(Buffer.alloc(1_000_000, ' ')).toString('base64');
    const { rejections } = decodeValue({ awslogs: { data } }, from, { maxRecordBytes: 10_000 });
    expect(rejections[0]?.reason).toMatch(/too long/);
  });
});

describe('content of no known format is rejected once, whole', () => {
  it.each<[name: string, bytes: Uint8Array, reason: RegExp]>([
    [
      'a VPC flow log',
      Buffer.from('version account-id interface-id srcaddr\n2 1 eni-1 -\n'),
      /a VPC flow log, which is not read yet/,
    ],
    [
      'a CloudFront log',
      Buffer.from('#Version: 1.0\n#Fields: date time x-edge-location\n'),
      /an access log \(CloudFront standard logs\).*`tocsin traffic` reads it/,
    ],
    [
      'a log of WAF, which is JSON too',
      Buffer.from('{"timestamp":1,"webaclId":"arn","terminatingRuleId":"a","httpRequest":{}}\n'),
      /an access log \(AWS WAF\).*`tocsin traffic` reads it/,
    ],
    [
      'a log of S3',
      Buffer.from(
        'owner data [05/Jan/2026:10:00:03 +0000] 198.51.100.7 - 3E57 REST.GET.OBJECT a "GET /a HTTP/1.1" 200 - 1 1 1 1\n',
      ),
      /an access log \(S3 server access logs\)/,
    ],
    ['a form', Buffer.from('--------------------------d74496d66958873e\r\n'), /send the file alone/],
    ['an image', Buffer.from('\x89PNG\r\n\x1a\n{}{}', 'latin1'), /a PNG image/],
    ['zeros', Buffer.alloc(300_000), /a run of zero bytes/],
    ['UTF-16', Buffer.from('\ufeff{"Records":[]}', 'utf16le'), /UTF-16 text; .*convert it to UTF-8/],
    ['UTF-16 without a mark', Buffer.from('{"Records":[]}', 'utf16le'), /UTF-16 text/],
    ['another table', Buffer.from('Event Type,Event Name\nx,y\n'), /begins with 'Event Type,Event'/],
    ['text', Buffer.from('Mar 1 host app: {"a":1}\n'), /begins with 'Mar 1 host app: '/],
  ])('%s', async (_, bytes, reason) => {
    const { rejections, records } = await run(bytes, 70_000);
    expect(records).toBe(1);
    expect(rejections[0]).toMatchObject({ length: bytes.length, reason: expect.stringMatching(reason) });
  });
});

it('a flood of broken records is given up, and the rest is counted in one', async () => {
  const content = Buffer.concat([
    Buffer.from(`${text(record('first'))}\n`),
    Buffer.from('{}'.repeat(3_000_000)),
  ]);
  const { events, rejections, records } = await run(gzipSync(content));
  expect(events).toHaveLength(1);
  expect(records).toBe(1 + rejections.length);
  expect(rejections.length).toBeLessThan(1_000_000);
  expect(rejections.at(-1)?.reason).toMatch(/given up after more than 100000 broken records in a row/);
  const covered = rejections.reduce((sum, { length }) => sum + length, 0);
  expect(covered).toBe(content.length - text(record('first')).length - 1);
});

describe('what is good is kept', () => {
  const lines = Array.from({ length: 500 }, (_, index) => text(record(`id-${index}`))).join('\n');

  it('where gzip is cut off, with the cut said at the end', async () => {
    const { events, rejections } = await run(gzipSync(lines).subarray(0, -12));
    expect(events.length).toBeGreaterThan(400);
    expect(rejections.at(-1)?.reason).toMatch(/^the gzip data is cut off/);
    expect(rejections.at(-1)?.length).toBe(0);
  });

  it('around a record that is not UTF-8', async () => {
    const bad = Buffer.from(text(record('bad', { userAgent: 'X' })).replace('X', '\xff'), 'latin1');
    const { events, rejections } = await run(
      Buffer.concat([Buffer.from(`${text(one)}\n`), bad, Buffer.from(`\n${text(one)}`)]),
    );
    expect(events).toHaveLength(2);
    expect(rejections.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/byte 0xff at offset \d+/),
    ]);
  });

  it('around a record that is too long, of which the beginning is kept', async () => {
    const long = text(record('long', { userAgent: 'x'.repeat(200_000) }));
    const content = `${text(one)}\n${long}\n${text(one)}`;
    const { events, rejections } = await run(content, 1000, { maxRecordBytes: 100_000 });
    expect(events).toHaveLength(2);
    expect(rejections[0]).toMatchObject({
      length: long.length,
      provenance: { position: text(one).length + 1 },
    });
    expect(rejections[0]?.bytes.length).toBeLessThanOrEqual(64 * 1024 + 1000);
  });

  it('around rows of a table that are broken', async () => {
    const row = 'PutBucketPolicy,s3.amazonaws.com,2026-03-01 09:30:00.000';
    const table = ['eventName,eventSource,eventTime', row, 'a,b', row, '"a"b",c,d', row, ''].join('\n');
    const { events, rejections } = await run(table);
    expect(events.map(({ time }) => time)).toEqual(Array(3).fill(Date.UTC(2026, 2, 1, 9, 30)));
    expect(rejections.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/the row has 2 cells, the first row names 3 columns/),
      expect.stringMatching(/^unreadable CSV/),
    ]);
  });

  it('and an error of the source is thrown', async () => {
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`${text(one)}\n`);
      throw new Error('connection lost');
    };
    await expect(collect(decode(failing(), from))).rejects.toThrow('connection lost');
  });
});

it("a record's position is where its bytes are", async () => {
  const content = text({ Records: [record('a'), record('ä'), record('b')] });
  const { events } = await run(gzipSync(content));
  const bytes = Buffer.from(content);
  for (const { fields, provenance } of events) {
    expect(bytes.subarray(provenance.position).toString().startsWith(text(fields))).toBe(true);
  }
  expect(events).toHaveLength(3);
});

const values = fc.jsonValue({ maxDepth: 3 }).map((value) => value as Json);
const someRecords = fc
  .array(fc.tuple(fc.uuid(), values), { maxLength: 8 })
  .map((all) => all.map(([id, requestParameters]) => record(id, { requestParameters })));
const layouts: ((records: readonly JsonObject[]) => string)[] = [
  (records) => text({ Records: records }),
  (records) => text({ Records: records }, null, 2),
  (records) => text(records),
  (records) => records.map((one) => text(one)).join('\n'),
  (records) => records.map((one) => text(one, null, '\t')).join('\r\n'),
  (records) => records.map((one) => text(one)).join(''),
  (records) => text({ Messages: records.map((one) => ({ MessageId: 'm', Body: text(one) })) }),
];

it('the same records give the same events in every layout and however they are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      someRecords,
      fc.constantFrom(...layouts),
      fc.integer({ min: 1, max: 300 }),
      async (records, layout, size) => {
        const { events, rejections } = await run(layout(records), size);
        expect(rejections).toEqual([]);
        expect(events.map(({ fields }) => fields)).toEqual(JSON.parse(text(records)));
      },
    ),
    { numRuns: 150 },
  );
});

it('bytes that are changed never make it throw or lose count, and spare the other records', async () => {
  const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(flips, fc.constantFrom(...layouts), fc.boolean(), async (changes, layout, packed) => {
      const records = Array.from({ length: 12 }, (_, index) =>
        record(`id-${index}`, { n: { list: [{ a: '{}' }] } }),
      );
      const plain = Buffer.from(layout(records));
      const content = packed ? gzipSync(plain) : plain;
      for (const [at, byte] of changes) content[at % content.length] = byte;
      const { events } = await run(content, 100);
      expect(events.length).toBeLessThanOrEqual(13);
    }),
    { numRuns: 300 },
  );
});

const data = process.env['TOCSIN_TEST_DATA'] ?? join(import.meta.dirname, '../../../shared/data');

describe.skipIf(!existsSync(data))('of published records', () => {
  it.each<[folder: string, files: RegExp, events: number, rejections: number]>([
    ['cloudtrail-stratus', /\.json$/, 310, 0],
    ['cloudtrail-traildiscover/logs', /\.json$/, 321, 0],
    ['cloudtrail-otrf', /\.json\.gz$/, 103, 0],
    // 840 records, one of them without its last braces, and two stray braces elsewhere.
    ['cloudtrail-baseline-audit', /\.json$/, 839, 2],
  ])('%s gives every event that can be read', async (folder, files, events, rejections) => {
    const path = join(data, folder);
    const all = await Promise.all(
      readdirSync(path)
        .filter((name) => files.test(name))
        .map((name) => collect(decode(createReadStream(join(path, name)), { ...from, object: name }))),
    );
    expect(all.flatMap((one) => one.events)).toHaveLength(events);
    expect(all.flatMap((one) => one.rejections)).toHaveLength(rejections);
  });
});

describe('values inside one value', () => {
  const record = (id: string) => ({
    eventVersion: '1.11',
    eventID: id,
    eventTime: '2026-03-01T09:30:00Z',
    eventSource: 's3.amazonaws.com',
    eventName: 'GetObject',
  });

  it('that are no records are rejected one by one up to a thousand, and as one beyond; records among them are read', () => {
    const junk = Array<number>(50_000).fill(1);
    const { events, rejections, records } = decodeValue([...junk, record('last')], {
      source: 'test',
      object: 'junk',
      receivedAt: 0,
    });
    expect(events.map(({ id }) => id)).toEqual(['last']);
    expect(rejections).toHaveLength(1001);
    expect(rejections.at(-1)?.reason).toBe(
      '49000 more values inside this record were refused, like the 1000 before them',
    );
    expect(records).toBe(1002);
  });
});

describe('CSV full of wrong quotes', () => {
  it('is one rejection of all its bytes, in bounded time and memory', async () => {
    const csv = Buffer.from(`eventName,eventSource,eventTime\n${'"a"b,c,d\n'.repeat(60_000)}`);
    const { rejections, events } = await collect(decode(inChunks(csv, 65_536), from));
    expect(events).toEqual([]);
    expect(rejections.map(({ length }) => length)).toEqual([csv.length - 32]);
  });

  it('leaves no byte untold where rows follow', async () => {
    const head = 'eventName,eventSource,eventTime\n';
    const row = 'X,s3.amazonaws.com,2026-03-01T09:30:00Z\n';
    const csv = Buffer.from(`${head}${'a"b,c,d\n'.repeat(1500)}\n"\n${row.repeat(5000)}`);
    const { rejections, events } = await collect(decode(inChunks(csv, 65_536), from));
    const told = rejections.reduce((sum, { length }) => sum + length, 0) + events.length * row.length;
    expect(told).toBe(csv.length - head.length);
  });
});
