import type { AccessClass, KnownAction, Vocabulary } from './policy/access.ts';
import { overlaps } from './policy/pattern.ts';

// Which actions a bucket policy can grant, and on what they work (bucket or object):
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
const onBuckets: Readonly<
  Record<Exclude<AccessClass, 'all' | 'assume' | 'execute' | 'read'>, readonly string[]>
> = {
  list: [
    'GetAccelerateConfiguration',
    'GetAnalyticsConfiguration',
    'GetBucketAcl',
    'GetBucketCORS',
    'GetBucketLocation',
    'GetBucketLogging',
    'GetBucketNotification',
    'GetBucketObjectLockConfiguration',
    'GetBucketOwnershipControls',
    'GetBucketPolicy',
    'GetBucketPolicyStatus',
    'GetBucketPublicAccessBlock',
    'GetBucketRequestPayment',
    'GetBucketTagging',
    'GetBucketVersioning',
    'GetBucketWebsite',
    'GetEncryptionConfiguration',
    'GetIntelligentTieringConfiguration',
    'GetInventoryConfiguration',
    'GetLifecycleConfiguration',
    'GetMetricsConfiguration',
    'GetReplicationConfiguration',
    'ListBucket',
    'ListBucketMultipartUploads',
    'ListBucketVersions',
  ],
  write: [
    'PutAccelerateConfiguration',
    'PutAnalyticsConfiguration',
    'PutBucketCORS',
    'PutBucketLogging',
    'PutBucketNotification',
    'PutBucketObjectLockConfiguration',
    'PutBucketRequestPayment',
    'PutBucketTagging',
    'PutBucketVersioning',
    'PutBucketWebsite',
    'PutEncryptionConfiguration',
    'PutIntelligentTieringConfiguration',
    'PutInventoryConfiguration',
    'PutLifecycleConfiguration',
    'PutMetricsConfiguration',
    'PutReplicationConfiguration',
  ],
  delete: ['DeleteBucket', 'DeleteBucketWebsite'],
  permissions: [
    'DeleteBucketPolicy',
    'PutBucketAcl',
    'PutBucketOwnershipControls',
    'PutBucketPolicy',
    'PutBucketPublicAccessBlock',
  ],
};

const onObjects: Readonly<Record<Exclude<AccessClass, 'all' | 'assume' | 'execute'>, readonly string[]>> = {
  read: [
    'GetObject',
    'GetObjectTorrent',
    'GetObjectVersion',
    'GetObjectVersionForReplication',
    'GetObjectVersionTorrent',
  ],
  list: [
    'GetObjectAcl',
    'GetObjectAttributes',
    'GetObjectLegalHold',
    'GetObjectRetention',
    'GetObjectTagging',
    'GetObjectVersionAcl',
    'GetObjectVersionAttributes',
    'GetObjectVersionTagging',
    'ListMultipartUploadParts',
  ],
  write: [
    'InitiateReplication',
    'PutObject',
    'PutObjectLegalHold',
    'PutObjectRetention',
    'PutObjectTagging',
    'PutObjectVersionTagging',
    'ReplicateObject',
    'ReplicateTags',
    'RestoreObject',
  ],
  delete: [
    'AbortMultipartUpload',
    'DeleteObject',
    'DeleteObjectTagging',
    'DeleteObjectVersion',
    'DeleteObjectVersionTagging',
    'ReplicateDelete',
  ],
  permissions: [
    'BypassGovernanceRetention',
    'ObjectOwnerOverrideToBucketOwner',
    'PutObjectAcl',
    'PutObjectVersionAcl',
  ],
};

// A bucket's name holds no slash: a pattern with one can name objects only.
const canNameBucket = (resource: string): boolean => !resource.includes('/');
const canNameObject = (resource: string): boolean => overlaps(resource, 'arn:*:s3:*/*');

function actionsOf(
  table: Readonly<Partial<Record<AccessClass, readonly string[]>>>,
  appliesTo: (resource: string) => boolean,
): KnownAction[] {
  return (Object.entries(table) as [AccessClass, readonly string[]][]).flatMap(([access, names]) =>
    names.map((name) => ({ name: `s3:${name.toLowerCase()}`, access, appliesTo })),
  );
}

/** The actions that a bucket policy can grant. */
export const s3Vocabulary: Vocabulary = {
  service: 's3',
  actions: [...actionsOf(onBuckets, canNameBucket), ...actionsOf(onObjects, canNameObject)],
};

// What a policy of an access point can grant: what its bucket's can, through the access point's own ARNs.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
const isOfObjects = (resource: string): boolean => overlaps(resource, 'arn:*:s3:*:accesspoint/*/object/*');
// An access point of Object Lambda has no ARNs for objects: its own stands for all.
const isAny = (): boolean => true;

/** The actions that the policy of an access point can grant: of `s3`, or of `s3-object-lambda`. */
export function accessPointVocabulary(service: 's3' | 's3-object-lambda'): Vocabulary {
  const named = (actions: readonly KnownAction[]): KnownAction[] =>
    actions.map((action) => ({ ...action, name: action.name.replace(/^s3:/, `${service}:`) }));
  return {
    service,
    actions: [
      ...named(
        actionsOf(
          { list: ['ListBucket', 'ListBucketMultipartUploads', 'ListBucketVersions'] },
          service === 's3' ? (resource) => !resource.includes('/object/') : isAny,
        ),
      ),
      ...named(actionsOf(onObjects, service === 's3' ? isOfObjects : isAny)),
    ],
  };
}
