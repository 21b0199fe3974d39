import type { Event } from '../../event/event.ts';
import type { Analyser, Fact } from '../fact.ts';
import { isAttempt } from '../gate.ts';
import { exposuresOf } from '../grant-exposure.ts';
import { aclGrantsOf, parseAcl } from '../s3-acl.ts';
import { s3ResourceOf } from '../s3-resource.ts';
import type { S3Resource } from '../s3-resource.ts';
import { quote } from '../sentence.ts';
import { transfersOf } from './destination.ts';
import { bucketName } from './replication.ts';
import { guardFact } from './guard.ts';
import { bucketCalls, requestOf } from './s3-calls.ts';
import { child, element, leaf } from './xml.ts';

/**
 * Whether a bucket's accesses are logged, where to, and whom the logs themselves are opened to.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLogging.html
 */
export const s3Logging: Analyser = {
  name: 's3-logging',
  subjects: ['exposure', 'protection', 'transfer'],
  actions: bucketCalls('PutBucketLogging'),
  analyse,
};

function analyse(event: Event): readonly Fact[] {
  const resource = s3ResourceOf(event, 'bucket');
  if (resource === undefined) return [];
  const { spoken } = resource;
  const request = requestOf(event);
  const kind = 'access-logging';
  const status = element(request, 'BucketLoggingStatus');
  if (status === undefined && !Object.hasOwn(request ?? {}, 'BucketLoggingStatus')) {
    const sentence = `access logging of ${spoken} was set, but what to cannot be read from the record`;
    const unknowns = ['whether accesses are logged: GetBucketLogging would tell'];
    return [guardFact({ event, resource, kind, wanted: 'unknown', sentence, unknowns })];
  }
  const enabled = element(status, 'LoggingEnabled');
  const target = leaf(enabled, 'TargetBucket');
  if (target === undefined) {
    const sentence = `access logging of ${spoken} is off: no log tells any more who reads, writes or deletes there`;
    const unknowns = [
      'whether CloudTrail records the same as data events: GetEventSelectors of the trails would tell',
    ];
    return [guardFact({ event, resource, kind, wanted: 'removed', sentence, unknowns })];
  }
  const sentence = `accesses of ${spoken} are logged to bucket ${quote(target)}`;
  return [
    guardFact({ event, resource, kind, wanted: 'restored', sentence }),
    ...transfersOf(
      {
        event,
        resource,
        kind: 'access-logs',
        does: `access logs of ${spoken} now go`,
        shownBy: 'GetBucketLogging',
      },
      [
        {
          name: bucketName(target),
          // S3 takes only a bucket of the same account and Region.
          whose: 'own-account',
          account: undefined,
          scope: [],
          givesOwnership: false,
        },
      ],
    ),
    ...openedLogs(
      event,
      resource,
      target,
      leaf(enabled, 'TargetPrefix') ?? '',
      child(enabled, 'TargetGrants'),
    ),
  ];
}

/** Whom TargetGrants let read the logs: an ACL that every log object gets. */
function openedLogs(
  event: Event,
  source: S3Resource,
  target: string,
  prefix: string,
  grants: ReturnType<typeof child>,
): readonly Fact[] {
  if (grants === undefined) return [];
  const acl = parseAcl({ AccessControlPolicy: { AccessControlList: grants } }, 'object');
  if (acl === undefined || acl.grants.length + acl.problems.length === 0) return [];
  const bucketArn = source.bucketArn.replace(/:::.*$/s, `:::${target}`);
  const scope = `${bucketArn}/${prefix}*`;
  const name = `${target}/${prefix}*`;
  return exposuresOf(
    {
      event,
      resource: {
        type: 'AWS::S3::Object',
        arn: scope,
        name,
        owner: source.owner,
        spoken: `access logs under ${quote(name)}`,
      },
      via: 'acl',
      name: 'the ACL of every new access log',
      attempted: isAttempt(event),
      blocked: undefined,
      shownBy: 'GetBucketLogging',
      shutter: () =>
        'whether the bucket of the logs heeds ACLs, which new buckets do not by default: GetBucketOwnershipControls and GetPublicAccessBlock would tell',
      underControlPolicies: true,
      spokenScope: () => [`the access logs of ${source.spoken}`],
    },
    aclGrantsOf(acl, scope),
    acl.problems,
  );
}
