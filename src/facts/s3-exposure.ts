import type { Event } from '../event/event.ts';
import { member, object } from '../event/json.ts';
import type { JsonObject } from '../event/json.ts';
import type { Analyser, Fact } from './fact.ts';
import { isAttempt } from './gate.ts';
import type { Gate } from './gate.ts';
import { exposureOfDeletion, exposuresOf, staysInside } from './grant-exposure.ts';
import type { Known } from './known.ts';
import { parsePolicy } from './policy/document.ts';
import { grantsOf } from './policy/grants.ts';
import { aclGrantsOf, aclKeys, givesAcl, parseAcl } from './s3-acl.ts';
import type { Acl } from './s3-acl.ts';
import { noSwitchKnown, shutterOf, spokenKeeper } from './s3/effective.ts';
import { s3Vocabulary } from './s3-actions.ts';
import { s3ResourceOf, spokenScope } from './s3-resource.ts';
import type { S3Resource } from './s3-resource.ts';

type AclCall = { readonly on: 'bucket' | 'object'; readonly replaces: boolean };

// `replaces`: the call sets the ACL of something that is there, so that an ACL that lets nobody in closes it.
const aclCalls: ReadonlyMap<string, AclCall> = new Map<string, AclCall>([
  ['CopyObject', { on: 'object', replaces: false }],
  ['CreateBucket', { on: 'bucket', replaces: false }],
  ['CreateMultipartUpload', { on: 'object', replaces: false }],
  ['PutBucketAcl', { on: 'bucket', replaces: true }],
  ['PutObject', { on: 'object', replaces: false }],
  ['PutObjectAcl', { on: 'object', replaces: true }],
]);

/** What S3 calls that set a bucket policy or an ACL mean for who can reach the bucket or object. Fields: exposure.ts. */
export const s3Exposure: Analyser = {
  name: 's3-exposure',
  subjects: ['exposure'],
  actions: ['DeleteBucketPolicy', 'PutBucketPolicy', ...aclCalls.keys()].map(
    (action) => `s3.amazonaws.com:${action}`,
  ),
  signs: new Map(
    // Most objects are written without an ACL, millions a day.
    ['CopyObject', 'CreateMultipartUpload', 'PutObject'].map((action) => [
      `s3.amazonaws.com:${action}`,
      aclKeys.map((key) => ({ key })),
    ]),
  ),
  analyse,
};

function analyse(event: Event, known: Known): readonly Fact[] {
  const request = object(event.fields, 'requestParameters');
  const acl = aclCalls.get(event.action);
  if (acl !== undefined) return factsOfAcl(event, request, acl);
  const resource = s3ResourceOf(event, 'bucket');
  if (resource === undefined) return [];
  return event.action === 'DeleteBucketPolicy'
    ? [exposureOfDeletion(gateOfPolicy(event, resource))]
    : factsOfPolicy(event, known, member(request, 'bucketPolicy'), resource);
}

/** The bucket's policy as a call set it. RestrictPublicBuckets shuts every other account out of a bucket whose policy is public. */
function gateOfPolicy(event: Event, resource: S3Resource): Gate {
  return {
    event,
    resource,
    via: 'policy',
    name: 'the bucket policy',
    attempted: isAttempt(event),
    blocked: undefined,
    shownBy: 'GetBucketPolicy',
    shutter: shutterOf('policy', noSwitchKnown),
    underControlPolicies: true,
    spokenScope: (patterns) => spokenScope(patterns, resource),
  };
}

/** The ACL as a call set it. IgnorePublicAcls leaves grants to named users alone, but a new bucket may not heed ACLs at all. */
function gateOfAcl(event: Event, resource: S3Resource, request: JsonObject | undefined): Gate {
  const isBucket = resource.type === 'AWS::S3::Bucket';
  const isNew = event.action === 'CreateBucket';
  return {
    event,
    resource,
    via: 'acl',
    name: 'the ACL',
    attempted: isAttempt(event),
    blocked: isNew && isOwnerEnforced(request) ? spokenKeeper({ kind: 'ownership' }) : undefined,
    shownBy: isBucket ? 'GetBucketAcl' : 'GetObjectAcl',
    // S3 refuses ACLs that let others in while it heeds none, but what a new bucket heeds is set beside its ACL.
    shutter: shutterOf('acl', { ...noSwitchKnown, heedsAcls: isNew ? undefined : true }),
    underControlPolicies: true,
    spokenScope: () => [isBucket ? `what is in ${resource.spoken}` : resource.spoken],
  };
}

function factsOfPolicy(
  event: Event,
  known: Known,
  document: Parameters<typeof parsePolicy>[0],
  resource: S3Resource,
): readonly Fact[] {
  const answer = grantsOf(parsePolicy(document), {
    owner: resource.owner,
    known,
    vocabulary: s3Vocabulary,
    universe: [resource.bucketArn, `${resource.bucketArn}/*`],
  });
  return exposuresOf(gateOfPolicy(event, resource), answer.grants, answer.problems);
}

function factsOfAcl(event: Event, request: JsonObject | undefined, call: AclCall): readonly Fact[] {
  // Most objects are written without one, millions a day.
  if (!call.replaces && !givesAcl(request)) return [];
  const acl = parseAcl(request, call.on);
  if (acl === undefined && !call.replaces) return [];
  const resource = s3ResourceOf(event, call.on);
  if (resource === undefined) return [];
  const given: Acl = acl ?? { grants: [], problems: ['the record holds no ACL'] };
  const grants = aclGrantsOf(given, resource.arn);
  // A new thing with a private ACL says nothing: nobody was let in, and nobody is.
  if (!call.replaces && given.problems.length === 0 && staysInside(grants)) return [];
  const effective = grants.filter((grant) => grant.access.length > 0);
  return exposuresOf(gateOfAcl(event, resource, request), effective, given.problems);
}

function isOwnerEnforced(request: JsonObject | undefined): boolean {
  return Object.entries(request ?? {}).some(([key, value]) => {
    const first = Array.isArray(value) ? (value as readonly unknown[])[0] : value;
    return key.toLowerCase() === 'x-amz-object-ownership' && first === 'BucketOwnerEnforced';
  });
}
