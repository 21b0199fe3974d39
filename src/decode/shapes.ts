import { gunzipSync } from 'node:zlib';

import type { Json, JsonObject } from '../event/json.ts';
import { isJsonObject, list, member, object, text } from '../event/json.ts';
import { awsFindingEvent, isAwsFinding } from './aws-finding/event.ts';
import { cloudTrailEvent, isCloudTrail } from './cloudtrail/event.ts';
import type { Raw, ReadLimits, Sink, ToEvent } from './format.ts';
import { defaultFrameLimits } from './frame.ts';
import { Splitter } from './frames.ts';
import { lakeFields } from './lake.ts';
import { parseJson } from './parse.ts';
import { printable } from './printable.ts';

/** Wrappings inside wrappings, JSON text counted as one. The deepest real one has six: Records, SQS, text, SNS, text, EventBridge. */
const maxWrappings = 16;

export interface Place {
  readonly sink: Sink;
  /** Offset of the outermost value. */
  readonly at: number;
  readonly limits: ReadLimits;
}

interface Inner extends Place {
  /** Names of the wrappings around the value, the outermost first. */
  readonly around: readonly string[];
  /** Shared by all that is inside one outermost value; keeps a small record from becoming a huge one. */
  readonly room: Room;
}

interface Room {
  /** How many bytes may still be unpacked. */
  bytes: number;
  /** How many values were refused. */
  rejected: number;
}

/** From here on the refused values of one outermost value are one rejection: `[[1,1,1,...]]` holds millions of them in a few packed bytes. */
const maxRejections = 1000;

/** The sorts of record that are JSON objects. */
const records: readonly { readonly is: (value: JsonObject) => boolean; readonly toEvent: ToEvent }[] = [
  // Asked first: the prefilter passes over what is a CloudTrail record, and nothing else.
  { is: isCloudTrail, toEvent: cloudTrailEvent },
  { is: isAwsFinding, toEvent: awsFindingEvent },
];

/** Known documents that hold no records. Asked only about what is no record. */
const skips: readonly { readonly is: (value: JsonObject) => boolean; readonly reason: string }[] = [
  {
    // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
    is: (value) => text(value, 'digestStartTime') !== undefined && Array.isArray(member(value, 'logFiles')),
    reason: 'a CloudTrail digest file, which lists log files and holds no records',
  },
  {
    is: (value) => text(value, 'Event') === 's3:TestEvent',
    reason: 'an S3 test notification, not a record',
  },
  {
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    is: (value) => text(value, 'eventSource') === 'aws:s3' && object(value, 's3') !== undefined,
    reason: 'an S3 event notification, which names an object and holds no CloudTrail record',
  },
  {
    is: (value) =>
      text(value, 'source') === 'aws.s3' && text(value, 'detail-type')?.startsWith('Object ') === true,
    reason: 'an S3 notification through EventBridge, which names an object and holds no CloudTrail record',
  },
  {
    is: (value) => text(value, 's3Bucket') !== undefined && Array.isArray(member(value, 's3ObjectKey')),
    reason: "CloudTrail's notice of a delivered log file, which holds no records itself",
  },
  {
    is: (value) =>
      ['SubscriptionConfirmation', 'UnsubscribeConfirmation'].includes(text(value, 'Type') ?? '') &&
      text(value, 'TopicArn') !== undefined,
    reason: 'an SNS subscription message, not a record',
  },
  {
    is: (value) => text(value, 'messageType') === 'CONTROL_MESSAGE',
    reason: 'a CloudWatch Logs control message, not a record',
  },
];

/** What can stand around records, and what is inside it. A string inside is JSON text. */
const wrappings: readonly {
  readonly name: string;
  readonly open: (value: JsonObject) => readonly (Json | undefined)[] | undefined;
}[] = [
  { name: 'Records', open: (value) => array(value, 'Records') },
  // https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
  {
    name: 'EventBridge event',
    open: (value) => (text(value, 'detail-type') === undefined ? undefined : one(object(value, 'detail'))),
  },
  // The detail of `Security Hub Findings - Imported`, and what GetFindings answers.
  { name: 'Security Hub findings', open: (value) => array(value, 'findings') ?? array(value, 'Findings') },
  // Lambda spells an SQS message in lower case, ReceiveMessage in upper case.
  {
    name: 'SQS message',
    open: (value) =>
      text(value, 'messageId') === undefined && text(value, 'receiptHandle') === undefined
        ? undefined
        : one(text(value, 'body')),
  },
  {
    name: 'SQS message',
    open: (value) =>
      text(value, 'MessageId') === undefined && text(value, 'ReceiptHandle') === undefined
        ? undefined
        : one(text(value, 'Body')),
  },
  // https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
  {
    name: 'SNS message',
    open: (value) => (text(value, 'Type') === 'Notification' ? one(text(value, 'Message')) : undefined),
  },
  { name: 'SNS record', open: (value) => one(object(value, 'Sns')) },
  { name: 'lookup-events output', open: (value) => array(value, 'Events') },
  { name: 'lookup-events entry', open: (value) => one(text(value, 'CloudTrailEvent')) },
  { name: 'CloudTrail Lake result', open: (value) => array(value, 'QueryResultRows') },
  { name: 'CloudTrail Lake row', open: (value) => one(text(value, 'eventJson')) },
  { name: 'SQS messages', open: (value) => array(value, 'Messages') },
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
  {
    name: 'CloudWatch Logs',
    open: (value) => array(value, 'logEvents')?.map((entry) => member(entry, 'message') ?? null),
  },
  { name: 'aws.cloudtrail', open: (value) => one(object(object(value, 'aws'), 'cloudtrail')) },
];

/**
 * Finds the records in a parsed value, through any known wrapping, and gives them to the sink. Every value that
 * should be a record and is not, is rejected; `raw` is how the outermost value came.
 */
export function unwrap(value: Json, raw: Raw, place: Place): void {
  // The commonest case by far, with nothing made for it.
  if (isJsonObject(value)) {
    for (const { is, toEvent } of records) {
      if (is(value)) return place.sink.record(place.at, value, toEvent, raw);
    }
  }
  findAll(place, (inner) => find(value, raw, inner));
}

/** The same for JSON that is not parsed yet, such as a cell of a table. */
export function unwrapText(content: Uint8Array, raw: Raw, place: Place): void {
  findAll(place, (inner) => findInBytes(content, raw, inner));
}

function findAll(place: Place, search: (outermost: Inner) => void): void {
  const room: Room = { bytes: place.limits.maxRecordBytes, rejected: 0 };
  search({ ...place, around: [], room });
  const more = room.rejected - maxRejections;
  if (more > 0) {
    const reason = `${more} more values inside this record were refused, like the ${maxRejections} before them`;
    place.sink.rejected(place.at, reason, { bytes: new Uint8Array(0), length: 0 });
  }
}

function find(value: Json, raw: Raw, inner: Inner): void {
  if (isJsonObject(value)) findInObject(value, raw, inner);
  else if (inner.around.length >= maxWrappings) reject(inner, `wrapped more than ${maxWrappings} times`, raw);
  else if (Array.isArray(value)) findInArray(value, inner);
  else if (typeof value === 'string') findInText(value, raw, inner);
  else reject(inner, `expected a JSON object, found ${JSON.stringify(value)}`, raw);
}

function findInObject(value: JsonObject, raw: Raw, inner: Inner): void {
  const { sink, at } = inner;
  for (const { is, toEvent } of records) {
    if (is(value)) return sink.record(at, value, toEvent, raw);
  }
  for (const { is, reason } of skips) {
    if (is(value)) return sink.skipped(at, reason);
  }
  if (inner.around.length >= maxWrappings)
    return reject(inner, `wrapped more than ${maxWrappings} times`, raw);
  const packed = text(object(value, 'awslogs'), 'data');
  if (packed !== undefined) return findInPacked(packed, raw, within(inner, 'awslogs.data'));
  for (const { name, open } of wrappings) {
    const inside = open(value);
    if (inside === undefined) continue;
    const next = within(inner, name);
    for (const item of inside) find(item ?? null, { value: item ?? null }, next);
    return;
  }
  reject(inner, describeUnknown(value), raw);
}

function findInArray(values: readonly Json[], inner: Inner): void {
  const row = lakeRow(values);
  if (row !== undefined) return find(row, { value: row }, within(inner, 'CloudTrail Lake row'));
  const next = within(inner, 'array');
  for (const value of values) find(value, { value }, next);
}

/** GetQueryResults gives a row as a list of objects with one column each. */
function lakeRow(values: readonly Json[]): JsonObject | undefined {
  const columns: [string, string][] = [];
  for (const value of values) {
    if (!isJsonObject(value)) return undefined;
    const [entry, more] = Object.entries(value);
    if (entry === undefined || more !== undefined || typeof entry[1] !== 'string') return undefined;
    columns.push([entry[0], entry[1]]);
  }
  return columns.length === 0 ? undefined : lakeFields(columns);
}

function findInText(content: string, raw: Raw, inner: Inner): void {
  // CloudTrail sends this to a topic when a trail is made.
  if (content === 'CloudTrail validation message.') {
    return inner.sink.skipped(inner.at, 'a CloudTrail validation message, not a record');
  }
  findInBytes(Buffer.from(content), raw, within(inner, 'JSON text'));
}

function findInPacked(base64: string, raw: Raw, inner: Inner): void {
  let content: Buffer;
  try {
    content = gunzipSync(Buffer.from(base64, 'base64'), { maxOutputLength: Math.max(1, inner.room.bytes) });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return reject(inner, `not base64 of gzip, or too long: ${printable(why)}`, raw);
  }
  inner.room.bytes -= content.length;
  findInBytes(content, raw, inner);
}

function findInBytes(content: Uint8Array, raw: Raw, inner: Inner): void {
  const splitter = new Splitter({ ...defaultFrameLimits, maxBytes: inner.limits.maxRecordBytes });
  splitter.push(content);
  splitter.end();
  let count = 0;
  for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) {
    count++;
    if (frame.kind === 'broken') {
      reject(inner, frame.reason, frame);
      continue;
    }
    const parsed = parseJson(frame.bytes);
    const own = { bytes: frame.bytes, length: frame.bytes.length };
    if ('problem' in parsed) reject(inner, parsed.problem, own);
    else find(parsed.value, own, inner);
  }
  if (count === 0) reject(inner, 'expected a JSON object, found nothing', raw);
}

function within(inner: Inner, name: string): Inner {
  return { ...inner, around: [...inner.around, name] };
}

function reject(inner: Inner, reason: string, raw: Raw): void {
  if (++inner.room.rejected > maxRejections) return;
  const where = inner.around.length === 0 ? '' : ` (inside ${inner.around.join(' > ')})`;
  inner.sink.rejected(inner.at, reason + where, raw);
}

function describeUnknown(value: JsonObject): string {
  const expectation =
    'expected eventVersion, eventSource and eventName, a finding of an AWS service, or a known wrapping (S3 delivery file, EventBridge, SQS, SNS)';
  const detailType = text(value, 'detail-type');
  if (detailType !== undefined) {
    return `not a CloudTrail record: an EventBridge event "${printable(detailType)}" without detail; ${expectation}`;
  }
  const keys = Object.keys(value);
  const seen = keys
    .slice(0, 5)
    .map((key) => `"${printable(key, 30)}"`)
    .join(', ');
  const found =
    keys.length === 0
      ? 'an object without members'
      : `an object with ${seen}${keys.length > 5 ? ' ...' : ''}`;
  return `not a CloudTrail record: ${found}; ${expectation}`;
}

function array(value: JsonObject, key: string): readonly Json[] | undefined {
  return Array.isArray(member(value, key)) ? list(value, key) : undefined;
}

function one(value: Json | undefined): readonly Json[] | undefined {
  return value === undefined ? undefined : [value];
}
