import { list, member, object, text, type Json } from '../event/json.ts';

export interface S3Object {
  readonly bucket: string;
  readonly key: string;
}

export type Notification =
  | { readonly type: 'objects'; readonly objects: readonly S3Object[] }
  /** Sent by S3 when notifications are switched on, and events other than new objects. */
  | { readonly type: 'nothing'; readonly why: string }
  | { readonly type: 'unreadable'; readonly problem: string };

const mostWrappings = 4;

/**
 * What an SQS message says about new objects: S3's own notification, either of them inside SNS, or an EventBridge event "Object Created".
 * Keys come URL-encoded in S3's notification and plain in EventBridge's.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function parseNotification(body: string, wrappings = 0): Notification {
  let parsed: Json;
  try {
    parsed = JSON.parse(body) as Json;
  } catch {
    return {
      type: 'unreadable',
      problem: 'the message is not JSON; expected a notification of S3, SNS or EventBridge',
    };
  }
  const message = text(parsed, 'Message');
  if (text(parsed, 'Type') === 'Notification' && message !== undefined) {
    if (wrappings >= mostWrappings)
      return { type: 'unreadable', problem: `the message is wrapped more than ${mostWrappings} times` };
    return parseNotification(message, wrappings + 1);
  }
  if (text(parsed, 'Event') === 's3:TestEvent') return { type: 'nothing', why: 'a test message of S3' };
  if (text(parsed, 'source') === 'aws.s3') return fromEventBridge(parsed);
  const records = member(parsed, 'Records');
  if (!Array.isArray(records))
    return { type: 'unreadable', problem: 'the message is no notification of S3: it has no Records' };
  return fromS3(list(parsed, 'Records'));
}

function fromEventBridge(event: Json): Notification {
  const kind = text(event, 'detail-type');
  if (kind !== 'Object Created') return { type: 'nothing', why: `an S3 event "${kind ?? ''}"` };
  const detail = object(event, 'detail');
  const bucket = text(object(detail, 'bucket'), 'name');
  const key = text(object(detail, 'object'), 'key');
  if (bucket === undefined || key === undefined)
    return { type: 'unreadable', problem: 'the EventBridge event names no bucket and object' };
  return { type: 'objects', objects: [{ bucket, key }] };
}

function fromS3(records: readonly Json[]): Notification {
  const objects: S3Object[] = [];
  for (const record of records) {
    if (!(text(record, 'eventName') ?? '').startsWith('ObjectCreated:')) continue;
    const s3 = object(record, 's3');
    const bucket = text(object(s3, 'bucket'), 'name');
    const key = decodeKey(text(object(s3, 'object'), 'key'));
    if (bucket === undefined || key === undefined)
      return { type: 'unreadable', problem: 'a record of the notification names no bucket and object' };
    objects.push({ bucket, key });
  }
  return objects.length > 0
    ? { type: 'objects', objects }
    : { type: 'nothing', why: 'a notification about something else than new objects' };
}

function decodeKey(key: string | undefined): string | undefined {
  if (key === undefined) return undefined;
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
