import { isJsonObject, isList, object, type Json, type JsonObject } from '../../event/json.ts';
import { parseAcl } from '../s3-acl.ts';
import {
  at,
  set,
  setIf,
  tagsOf,
  textAt,
  told,
  type AspectChange,
  type Call,
  type Reader,
  type Sighting,
} from './sighting.ts';

/** The four switches of Block Public Access, as an aspect of a bucket or of an account: the names of those that are on. */
export const blockAspect = 'block-public-access';

const switches = ['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets'];

/** Buckets, by the names of the calls: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html */
export const s3Readers: Readonly<Record<string, Reader>> = {
  CreateBucket: (call) =>
    bucket(call, 'created', {
      acl: aclOf(call),
      policy: undefined,
    }),
  DeleteBucket: (call) => bucket(call, 'deleted', {}),
  PutBucketPolicy: (call) =>
    bucket(call, 'changed', { policy: set(at(call.request, 'bucketPolicy') ?? null) }),
  DeleteBucketPolicy: (call) => bucket(call, 'changed', { policy: set(undefined) }),
  // Says nothing of the bucket; what is remembered of the bucket says what the ACL comes to.
  PutObjectAcl: () => [],
  PutBucketAcl: (call) => bucket(call, 'changed', { acl: aclOf(call) }),
  PutBucketPublicAccessBlock: (call) => bucket(call, 'changed', { [blockAspect]: blockOf(call) }),
  DeleteBucketPublicAccessBlock: (call) => bucket(call, 'changed', { [blockAspect]: set([]) }),
  PutPublicAccessBlock: (call) => blockAnywhere(call, blockOf(call)),
  DeletePublicAccessBlock: (call) => blockAnywhere(call, set([])),
  PutAccountPublicAccessBlock: (call) => blockOfAccount(call, blockOf(call)),
  DeleteAccountPublicAccessBlock: (call) => blockOfAccount(call, set([])),
  PutBucketWebsite: (call) => bucket(call, 'changed', { website: set(true) }),
  DeleteBucketWebsite: (call) => bucket(call, 'changed', { website: set(undefined) }),
  PutBucketOwnershipControls: (call) =>
    bucket(call, 'changed', { ownership: set(ownershipOf(call) ?? null) }),
  DeleteBucketOwnershipControls: (call) => bucket(call, 'changed', { ownership: set(undefined) }),
  PutBucketVersioning: (call) =>
    bucket(call, 'changed', { versioning: setIf(textAt(call.request, 'VersioningConfiguration.Status')) }),
  PutBucketTagging: (call) => bucket(call, 'changed', { tags: set([...tagsOf(tagSetOf(call))]) }),
  DeleteBucketTagging: (call) => bucket(call, 'changed', { tags: set(undefined) }),
};

/** XML in its beginnings: of one tag there is no list. */
function tagSetOf({ request }: Call): readonly Json[] {
  const tags = at(request, 'Tagging.TagSet.Tag') ?? at(request, 'Tagging.TagSet');
  return isList(tags) ? tags : tags === undefined ? [] : [tags];
}

function bucket(
  call: Call,
  what: Sighting['what'],
  aspects: Readonly<Record<string, AspectChange | undefined>>,
): readonly Sighting[] {
  const name = textAt(call.request, 'bucketName', 'bucket');
  if (name === undefined) return [];
  // The owner of a bucket that was reached from another account stands among the resources.
  const owner = call.event.targets.find(
    ({ type, account }) => type === 'AWS::S3::Bucket' && account !== undefined,
  );
  return [
    {
      type: 'AWS::S3::Bucket',
      id: name,
      name,
      arn: `arn:${call.partition}:s3:::${name}`,
      account: owner?.account ?? call.account,
      region: call.region,
      what,
      aspects: told(aspects),
    },
  ];
}

function blockAnywhere(call: Call, change: AspectChange | undefined): readonly Sighting[] {
  return textAt(call.request, 'bucketName', 'bucket') === undefined
    ? blockOfAccount(call, change)
    : bucket(call, 'changed', { [blockAspect]: change });
}

function blockOfAccount(call: Call, change: AspectChange | undefined): readonly Sighting[] {
  const account = textAt(call.request, 'accountId', 'x-amz-account-id') ?? call.account;
  if (account === undefined) return [];
  return [
    {
      type: 'AWS::S3::AccountPublicAccessBlock',
      id: account,
      name: account,
      account,
      what: 'changed',
      aspects: told({ [blockAspect]: change }),
    },
  ];
}

/** The names of the switches that are on; one that is left out is off. Undefined where it can't be read. */
function blockOf(call: Call): AspectChange | undefined {
  const configuration = at(call.request, 'PublicAccessBlockConfiguration');
  return isJsonObject(configuration) ? set(switchesOn(configuration)) : undefined;
}

/** The switches that are on in a configuration of Block Public Access. */
export function switchesOn(configuration: Json | undefined): readonly string[] {
  return switches.filter((name) => {
    const value = at(configuration, name);
    return value === true || (typeof value === 'string' && value.toLowerCase() === 'true');
  });
}

function ownershipOf(call: Call): string | undefined {
  const rule = at(call.request, 'OwnershipControls.Rule');
  const first = Array.isArray(rule) ? (rule as readonly Json[])[0] : rule;
  return textAt(first, 'ObjectOwnership');
}

function aclOf(call: Call): AspectChange | undefined {
  return aclTold(object(call.event.fields, 'requestParameters'));
}

/** What the ACL of a bucket gives, one grant a text, but for what the owner has of its own; undefined where there is none. */
export function aclTold(request: JsonObject | undefined): AspectChange | undefined {
  const acl = parseAcl(request, 'bucket');
  if (acl === undefined) return undefined;
  if (acl.problems.length > 0) return set(null);
  // Canned ACLs don't name the owner, documents do: that says nothing.
  const others = acl.grants.filter(({ audience }) => audience !== 'own-account');
  return set([...new Set(others.map(({ grantee, permission }) => `${grantee}: ${permission}`))].sort());
}
