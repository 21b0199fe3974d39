import type { Event } from '../../event/event.ts';
import type { JsonObject } from '../../event/json.ts';
import type { Analyser, Fact } from '../fact.ts';
import { s3ResourceOf } from '../s3-resource.ts';
import type { S3Resource } from '../s3-resource.ts';
import { quote } from '../sentence.ts';
import { guardFact } from './guard.ts';
import { bucketCalls, requestOf } from './s3-calls.ts';
import { element, header, leaf, numberIn } from './xml.ts';

const bypass = 'x-amz-bypass-governance-retention';

/**
 * What happens to Object Lock: a bucket's default retention, the retention and legal hold of an object, and deletions
 * that go past governance retention. The API's names and CloudTrail's differ, so both are read.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
 */
export const s3ObjectLock: Analyser = {
  name: 's3-object-lock',
  subjects: ['protection'],
  actions: bucketCalls(
    'DeleteObject',
    'DeleteObjects',
    'PutBucketObjectLockConfiguration',
    'PutObjectLegalHold',
    'PutObjectLockConfiguration',
    'PutObjectLockLegalHold',
    'PutObjectLockRetention',
    'PutObjectRetention',
  ),
  signs: new Map(bucketCalls('DeleteObject', 'DeleteObjects').map((action) => [action, [{ key: bypass }]])),
  analyse,
};

function analyse(event: Event): readonly Fact[] {
  const request = requestOf(event);
  switch (event.action) {
    case 'DeleteObject':
    case 'DeleteObjects':
      return bypasses(request) ? factsOfBypass(event) : [];
    case 'PutBucketObjectLockConfiguration':
    case 'PutObjectLockConfiguration':
      return onBucket(event, (resource) => factOfDefault(event, resource, request));
    case 'PutObjectLegalHold':
    case 'PutObjectLockLegalHold':
      return onObject(event, (resource) => factOfHold(event, resource, request));
    default:
      return onObject(event, (resource) => factOfRetention(event, resource, request));
  }
}

function onBucket(event: Event, make: (resource: S3Resource) => Fact): readonly Fact[] {
  const resource = s3ResourceOf(event, 'bucket');
  return resource === undefined ? [] : [make(resource)];
}

function onObject(event: Event, make: (resource: S3Resource) => Fact): readonly Fact[] {
  const resource = s3ResourceOf(event, 'object');
  return resource === undefined ? [] : [make(resource)];
}

function bypasses(request: JsonObject | undefined): boolean {
  return header(request, bypass)?.toLowerCase() === 'true';
}

function factsOfBypass(event: Event): readonly Fact[] {
  const make = (resource: S3Resource): Fact =>
    guardFact({
      event,
      resource,
      kind: 'retention',
      wanted: 'removed',
      sentence: `${event.action === 'DeleteObject' ? `a version of ${resource.spoken} was` : `objects of ${resource.spoken} were`} deleted past governance retention, which was to keep it`,
      lost: ['bypassed'],
      unknowns: ['whether a governance retention was still running: the record does not say'],
    });
  return event.action === 'DeleteObject' ? onObject(event, make) : onBucket(event, make);
}

function factOfDefault(event: Event, resource: S3Resource, request: JsonObject | undefined): Fact {
  const { spoken } = resource;
  const configuration = element(request, 'ObjectLockConfiguration');
  const retention = element(element(configuration, 'Rule'), 'DefaultRetention');
  const mode = leaf(retention, 'Mode')?.toUpperCase();
  const years = numberIn(retention, 'Years');
  const days = numberIn(retention, 'Days');
  const kind = 'object-lock';
  if (configuration === undefined) {
    const sentence = `Object Lock of ${spoken} was set, but what to cannot be read from the record`;
    const unknowns = ['what new objects are kept for: GetObjectLockConfiguration would tell'];
    return guardFact({ event, resource, kind, wanted: 'unknown', sentence, unknowns });
  }
  if (mode === undefined) {
    const sentence = `${spoken} has no default retention any more: new objects can be deleted at any time`;
    return guardFact({
      event,
      resource,
      kind,
      wanted: 'weakened',
      sentence,
      lost: ['default-retention'],
      unknowns: ['whether it had one before: an older PutBucketObjectLockConfiguration would tell'],
    });
  }
  const time =
    years !== undefined
      ? counted(years, 'year')
      : days !== undefined
        ? counted(days, 'day')
        : 'an unknown time';
  const isShort = years === undefined && days !== undefined && days <= 1;
  const isGovernance = mode !== 'COMPLIANCE';
  const sentence = `new objects of ${spoken} are kept for ${time} by default, ${isGovernance ? 'and those with the right to bypass governance may delete them before' : 'and nobody may delete them before'}`;
  return guardFact({
    event,
    resource,
    kind,
    wanted: isShort ? 'weakened' : 'restored',
    sentence,
    lost: [...(isGovernance ? ['compliance-mode'] : []), ...(isShort ? ['default-retention'] : [])],
    unknowns: [
      'whether the retention was stricter before: an older PutBucketObjectLockConfiguration would tell',
    ],
  });
}

function counted(number: number, unit: string): string {
  return number === 1 ? `a ${unit}` : `${number} ${unit}s`;
}

function factOfHold(event: Event, resource: S3Resource, request: JsonObject | undefined): Fact {
  const status = (
    leaf(element(request, 'LegalHold'), 'Status') ?? leaf(element(request, 'ObjectLockLegalHold'), 'Status')
  )?.toUpperCase();
  const kind = 'legal-hold';
  if (status === 'OFF' || status === 'FALSE') {
    const sentence = `the legal hold on ${resource.spoken} is lifted: nothing but a retention keeps it any more`;
    return guardFact({ event, resource, kind, wanted: 'removed', sentence });
  }
  if (status === 'ON' || status === 'TRUE') {
    const sentence = `${resource.spoken} is under legal hold: it cannot be deleted until that is lifted`;
    return guardFact({ event, resource, kind, wanted: 'restored', sentence });
  }
  const sentence = `the legal hold on ${resource.spoken} was set, but what to cannot be read from the record`;
  const unknowns = ['whether the hold is on: GetObjectLegalHold would tell'];
  return guardFact({ event, resource, kind, wanted: 'unknown', sentence, unknowns });
}

function factOfRetention(event: Event, resource: S3Resource, request: JsonObject | undefined): Fact {
  const retention = element(request, 'Retention') ?? element(request, 'ObjectLockRetention');
  const mode = leaf(retention, 'Mode')?.toUpperCase();
  const until = leaf(retention, 'RetainUntilDate');
  const kind = 'retention';
  const isPast = bypasses(request);
  if (mode === undefined && (isPast || retention !== undefined)) {
    const sentence = `the retention of ${resource.spoken} is taken away: it can be deleted at any time`;
    return guardFact({ event, resource, kind, wanted: 'removed', sentence });
  }
  if (mode === undefined) {
    const sentence = `the retention of ${resource.spoken} was set, but what to cannot be read from the record`;
    const unknowns = ['how long the object is kept: GetObjectRetention would tell'];
    return guardFact({ event, resource, kind, wanted: 'unknown', sentence, unknowns });
  }
  const date = until === undefined ? '' : ` until ${quote(until)}`;
  // Without the right to go past governance S3 takes only what is longer or stricter than before.
  const sentence = isPast
    ? `the retention of ${resource.spoken} was changed past governance mode: it is kept${date}`
    : `${resource.spoken} is kept${date} in ${quote(mode)} mode`;
  return guardFact({
    event,
    resource,
    kind,
    wanted: isPast ? 'weakened' : 'restored',
    sentence,
    lost: isPast ? ['bypassed'] : [],
    unknowns: isPast ? ['whether it was to be kept longer before: the record does not say'] : [],
  });
}
