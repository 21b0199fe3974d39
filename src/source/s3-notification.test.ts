import { describe, expect, it } from 'vitest';
import { parseNotification, type Notification } from './s3-notification.ts';

const created = (key: unknown, change: object = {}) => ({
  eventName: 'ObjectCreated:Put',
  s3: { bucket: { name: 'trail' }, object: { key } },
  ...change,
});
const s3 = (...records: unknown[]) => ({ Records: records });
const sns = (message: unknown) => ({ Type: 'Notification', Message: JSON.stringify(message) });
const bridge = (change: object = {}) => ({
  source: 'aws.s3',
  'detail-type': 'Object Created',
  detail: { bucket: { name: 'trail' }, object: { key: 'a+b%2B' } },
  ...change,
});
const objects = (...keys: string[]): Notification => ({
  type: 'objects',
  objects: keys.map((key) => ({ bucket: 'trail', key })),
});

describe('a message tells of objects, where it is', () => {
  it.each<[string, unknown, Notification]>([
    ["S3's own", s3(created('a/b.json.gz')), objects('a/b.json.gz')],
    ["S3's own of several objects", s3(created('a'), created('b')), objects('a', 'b')],
    ['of a key with spaces and signs', s3(created('a+b%2Bc%25.json')), objects('a b+c%.json')],
    ['of a key beyond ASCII', s3(created('%E2%82%AC/%C3%A9')), objects('€/é')],
    ['inside SNS', sns(s3(created('a+b'))), objects('a b')],
    ['inside SNS twice', sns(sns(s3(created('a')))), objects('a')],
    ["EventBridge's, whose keys stand as they are", bridge(), objects('a+b%2B')],
    ["EventBridge's inside SNS", sns(bridge()), objects('a+b%2B')],
    [
      'about more than new objects',
      s3(created('a', { eventName: 'ObjectRemoved:Delete' }), created('b')),
      objects('b'),
    ],
    [
      'of a multipart upload',
      s3(created('a', { eventName: 'ObjectCreated:CompleteMultipartUpload' })),
      objects('a'),
    ],
  ])('%s', (_, message, expected) => {
    expect(parseNotification(JSON.stringify(message))).toEqual(expected);
  });
});

describe('a message asks for nothing, where it is', () => {
  it.each<[string, unknown]>([
    ["S3's test", { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'trail' }],
    ["S3's test inside SNS", sns({ Event: 's3:TestEvent' })],
    ['about a removed object', s3(created('a', { eventName: 'ObjectRemoved:Delete' }))],
    ["EventBridge's about a removed object", bridge({ 'detail-type': 'Object Deleted' })],
    ['without records', s3()],
  ])('%s', (_, message) => {
    expect(parseNotification(JSON.stringify(message)).type).toBe('nothing');
  });
});

describe('a message is unreadable, where it', () => {
  const nested = (levels: number): unknown => (levels === 0 ? s3(created('a')) : sns(nested(levels - 1)));
  it.each<[string, string]>([
    ['is not JSON', 'hello'],
    ['is empty', ''],
    ['is null', 'null'],
    ['is a list', '[]'],
    ['has Records that are no list', '{"Records":{"0":1}}'],
    ['is wrapped too often', JSON.stringify(nested(6))],
    ['is SNS around no JSON', JSON.stringify({ Type: 'Notification', Message: 'hello' })],
    ['names no object', JSON.stringify(s3(created(undefined)))],
    ['names an object by a number', JSON.stringify(s3(created(7)))],
    ['has a key that is not encoded right', JSON.stringify(s3(created('100%')))],
    ['names no bucket', JSON.stringify(s3(created('a', { s3: { object: { key: 'a' } } })))],
    ["is EventBridge's without detail", JSON.stringify(bridge({ detail: null }))],
  ])('%s', (_, body) => {
    expect(parseNotification(body).type).toBe('unreadable');
  });
});
