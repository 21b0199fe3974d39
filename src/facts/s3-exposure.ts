import type { Event } from '../event/event.ts';
import { member, object } from '../event/json.ts';
import type { JsonObject } from '../event/json.ts';
import { exposureFact } from './exposure.ts';
import type { Exposure } from './exposure.ts';
import type { Analyser, Audience, Fact } from './fact.ts';
import type { Known } from './known.ts';
import { sortAccess } from './policy/access.ts';
import { parsePolicy } from './policy/document.ts';
import { audiencesByWidth } from './policy/grant.ts';
import type { Grant } from './policy/grant.ts';
import { grantsOf } from './policy/grants.ts';
import { parseAcl } from './s3-acl.ts';
import type { Acl, AclGrant } from './s3-acl.ts';
import { s3Vocabulary } from './s3-actions.ts';
import { s3ResourceOf } from './s3-resource.ts';
import type { S3Resource } from './s3-resource.ts';
import { codeOf, sentenceOfGrants } from './s3-sentence.ts';
import type { Setting } from './s3-sentence.ts';

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

const inside: ReadonlySet<Audience> = new Set(['own-account', 'nobody']);

const unknownPolicyBlock =
  'whether RestrictPublicBuckets, of the bucket or of the account, still keeps outsiders out: GetPublicAccessBlock for both, and GetBucketPolicyStatus, would tell';
const unknownAclBlock =
  'whether IgnorePublicAcls, of the bucket or of the account, makes public ACLs have no effect: GetPublicAccessBlock for both would tell';
const unknownNewBucket =
  'whether the new bucket heeds ACLs, which new buckets do not by default: GetBucketOwnershipControls and GetPublicAccessBlock would tell';
const unknownOrganisation =
  'whether a resource control policy of the organisation keeps outsiders out: ListPoliciesForTarget would tell';
const unknownOutcome = 'whether the call succeeded: the record does not say';
const unknownDeputy =
  'whether the service ties its requests to their source by itself: the policy does not (aws:SourceArn, aws:SourceAccount or aws:SourceOrgID would)';

/** What S3 calls that set a bucket policy or an ACL mean for who can reach the bucket or object. Fields: exposure.ts. */
export const s3Exposure: Analyser = {
  name: 's3-exposure',
  subjects: ['exposure'],
  actions: ['DeleteBucketPolicy', 'PutBucketPolicy', ...aclCalls.keys()].map(
    (action) => `s3.amazonaws.com:${action}`,
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
    ? [factOfDeletedPolicy(event, resource)]
    : factsOfPolicy(event, known, member(request, 'bucketPolicy'), resource);
}

/** One audience with what it got. */
interface Opening {
  readonly audience: Audience;
  readonly grants: readonly Grant[];
}

function factsOfPolicy(
  event: Event,
  known: Known,
  document: Parameters<typeof parsePolicy>[0],
  resource: S3Resource,
): readonly Fact[] {
  const setting: Setting = {
    event,
    resource,
    via: 'policy',
    attempted: isAttempt(event),
    blocked: undefined,
  };
  const answer = grantsOf(parsePolicy(document), {
    owner: resource.owner,
    known,
    vocabulary: s3Vocabulary,
    universe: [resource.bucketArn, `${resource.bucketArn}/*`],
  });
  return factsOfGrants(setting, answer.grants, answer.problems, unknownPolicyBlock);
}

function factsOfAcl(event: Event, request: JsonObject | undefined, call: AclCall): readonly Fact[] {
  const acl = parseAcl(request, call.on);
  if (acl === undefined && !call.replaces) return [];
  const resource = s3ResourceOf(event, call.on);
  if (resource === undefined) return [];
  const given: Acl = acl ?? { grants: [], problems: ['the record holds no ACL'] };
  const isNew = event.action === 'CreateBucket';
  const setting: Setting = {
    event,
    resource,
    via: 'acl',
    attempted: isAttempt(event),
    blocked:
      isNew && isOwnerEnforced(request)
        ? 'its Object Ownership is BucketOwnerEnforced, by which ACLs have no effect'
        : undefined,
  };
  // A new thing with a private ACL says nothing: nobody was let in, and nobody is.
  if (
    !call.replaces &&
    given.problems.length === 0 &&
    given.grants.every((grant) => inside.has(grant.audience))
  )
    return [];
  const grants = given.grants
    .filter((grant) => grant.access.length > 0)
    .map((grant) => asGrant(grant, resource));
  return factsOfGrants(setting, grants, given.problems, isNew ? unknownNewBucket : unknownAclBlock);
}

function asGrant(grant: AclGrant, resource: S3Resource): Grant {
  return {
    audience: grant.audience,
    principals: [grant.grantee],
    accounts: [],
    organisations: [],
    guarded: true,
    access: grant.access,
    actions: [grant.permission],
    resources: [resource.arn],
    conditions: [],
    doubts: grant.doubts,
  };
}

function isAttempt(event: Event): boolean {
  return event.outcome.result === 'failure';
}

function isOwnerEnforced(request: JsonObject | undefined): boolean {
  return Object.entries(request ?? {}).some(([key, value]) => {
    const first = Array.isArray(value) ? (value as readonly unknown[])[0] : value;
    return key.toLowerCase() === 'x-amz-object-ownership' && first === 'BucketOwnerEnforced';
  });
}

function factsOfGrants(
  setting: Setting,
  grants: readonly Grant[],
  problems: readonly string[],
  unknownBlock: string,
): readonly Fact[] {
  const openings: Opening[] = audiencesByWidth
    .map((audience) => ({ audience, grants: grants.filter((grant) => grant.audience === audience) }))
    .filter((opening) => opening.grants.length > 0);
  const outside = openings.filter((opening) => !inside.has(opening.audience));
  const isPublic = outside.some(({ audience }) => audience === 'public' || audience === 'any-aws-account');
  const facts = outside.map((opening) => factOfOpening(setting, opening, isPublic, unknownBlock));
  if (problems.length > 0) facts.push(factOfProblems(setting, problems));
  if (facts.length === 0) facts.push(factOfClosing(setting, openings[0]));
  return facts;
}

function factOfOpening(setting: Setting, opening: Opening, isPublic: boolean, unknownBlock: string): Fact {
  const { grants } = opening;
  const confusedDeputy = opening.audience === 'service' && grants.some((grant) => !grant.guarded);
  const doubts = [...new Set(grants.flatMap((grant) => grant.doubts))];
  const unknowns = unknownsOf(setting, opening.audience, { doubts, isPublic, confusedDeputy, unknownBlock });
  const verdict = verdictOf(setting, opening.audience, { doubts, isPublic, confusedDeputy });
  const exposure: Exposure = {
    ...baseOf(setting),
    audience: opening.audience,
    access: sortAccess(grants.flatMap((grant) => grant.access)),
    change: setting.attempted || setting.blocked !== undefined ? 'unchanged' : 'opened',
    verdict,
    scope: merged(grants, (grant) => grant.resources),
    principals: merged(grants, (grant) => grant.principals),
    accounts: merged(grants, (grant) => grant.accounts),
    organisations: merged(grants, (grant) => grant.organisations),
    actions: merged(grants, (grant) => grant.actions),
    conditions: merged(grants, (grant) => grant.conditions),
    confusedDeputy,
  };
  return exposureFact(exposure, sentenceOfGrants(setting, grants, verdict), unknowns);
}

interface Circumstances {
  readonly doubts: readonly string[];
  readonly isPublic: boolean;
  readonly confusedDeputy: boolean;
}

function verdictOf(setting: Setting, audience: Audience, circumstances: Circumstances): Exposure['verdict'] {
  if (setting.attempted) return 'none';
  if (setting.blocked !== undefined) return 'blocked';
  if (setting.event.outcome.result === 'unknown' || circumstances.doubts.length > 0) return 'unknown';
  switch (audience) {
    case 'public':
    case 'any-aws-account':
    case 'unknown':
      return 'unknown';
    case 'network':
    case 'organisation':
    case 'external-account':
    case 'own-organisation':
    case 'known-account':
      // RestrictPublicBuckets shuts every other account out of a bucket whose policy is public; IgnorePublicAcls
      // leaves grants to named users alone, but a new bucket may not heed ACLs at all.
      return (circumstances.isPublic && setting.via === 'policy') || setting.event.action === 'CreateBucket'
        ? 'unknown'
        : 'exposed';
    case 'service':
      return circumstances.confusedDeputy ? 'unknown' : 'none';
    case 'own-account':
    case 'nobody':
      return 'none';
  }
}

function unknownsOf(
  setting: Setting,
  audience: Audience,
  circumstances: Circumstances & { readonly unknownBlock: string },
): readonly string[] {
  if (setting.attempted || setting.blocked !== undefined) return [];
  const unknowns = [...circumstances.doubts];
  if (setting.event.outcome.result === 'unknown') unknowns.push(unknownOutcome);
  const byPolicy = circumstances.isPublic && setting.via === 'policy' && audience !== 'service';
  if (
    audience === 'public' ||
    audience === 'any-aws-account' ||
    byPolicy ||
    setting.event.action === 'CreateBucket'
  ) {
    unknowns.push(circumstances.unknownBlock);
  }
  if (circumstances.confusedDeputy) unknowns.push(unknownDeputy);
  if (audience !== 'service') unknowns.push(unknownOrganisation);
  return unknowns;
}

function factOfClosing(setting: Setting, widest: Opening | undefined): Fact {
  const { attempted, blocked, resource, via } = setting;
  const grants = widest?.grants ?? [];
  const what = via === 'policy' ? 'the policy' : 'the ACL';
  const nobody = `nobody outside ${via === 'policy' && resource.owner !== undefined ? `account ${resource.owner}` : 'its own account'}`;
  const exposure: Exposure = {
    ...baseOf(setting),
    audience: widest?.audience ?? 'nobody',
    access: sortAccess(grants.flatMap((grant) => grant.access)),
    change: attempted || blocked !== undefined ? 'unchanged' : 'closed',
    verdict: 'none',
    scope: merged(grants, (grant) => grant.resources),
    principals: merged(grants, (grant) => grant.principals),
    accounts: [],
    organisations: [],
    actions: merged(grants, (grant) => grant.actions),
    conditions: merged(grants, (grant) => grant.conditions),
    confusedDeputy: false,
  };
  const explanation = attempted
    ? `tried to set ${what} of ${resource.spoken} so that it lets in ${nobody}, but the call failed${codeOf(setting.event)}`
    : `${what} of ${resource.spoken} now lets in ${nobody}`;
  return exposureFact(
    exposure,
    explanation,
    setting.event.outcome.result === 'unknown' ? [unknownOutcome] : [],
  );
}

function factOfDeletedPolicy(event: Event, resource: S3Resource): Fact {
  const setting: Setting = {
    event,
    resource,
    via: 'policy',
    attempted: isAttempt(event),
    blocked: undefined,
  };
  const closed = factOfClosing(setting, undefined);
  const explanation = setting.attempted
    ? `tried to delete the policy of ${resource.spoken}, but the call failed${codeOf(event)}`
    : `the policy of ${resource.spoken} is gone: it lets nobody in any more, and denies nothing any more`;
  return { ...closed, explanation };
}

function factOfProblems(setting: Setting, problems: readonly string[]): Fact {
  const what = setting.via === 'policy' ? 'the policy' : 'the ACL';
  const reasons = problems.slice(0, 3).join('; ');
  const exposure: Exposure = {
    ...baseOf(setting),
    audience: 'unknown',
    access: [],
    change: setting.attempted || setting.blocked !== undefined ? 'unchanged' : 'unknown',
    verdict: setting.attempted ? 'none' : setting.blocked === undefined ? 'unknown' : 'blocked',
    scope: [],
    principals: [],
    accounts: [],
    organisations: [],
    actions: [],
    conditions: [],
    confusedDeputy: false,
  };
  const call =
    setting.via === 'policy'
      ? 'GetBucketPolicy'
      : setting.resource.type === 'AWS::S3::Bucket'
        ? 'GetBucketAcl'
        : 'GetObjectAcl';
  return exposureFact(
    exposure,
    `${setting.attempted ? `tried to set ${what}` : what} of ${setting.resource.spoken}${setting.attempted ? `, but the call failed${codeOf(setting.event)}; it` : ''} cannot be read: ${reasons}`,
    setting.attempted ? [] : [`whom ${what} lets in: ${call} would tell`],
  );
}

function baseOf(
  setting: Setting,
): Pick<Exposure, 'attempted' | 'via' | 'resourceType' | 'resource' | 'resourceName'> {
  const { attempted, via, resource } = setting;
  return { attempted, via, resourceType: resource.type, resource: resource.arn, resourceName: resource.name };
}

function merged(grants: readonly Grant[], pick: (grant: Grant) => readonly string[]): readonly string[] {
  return [...new Set(grants.flatMap(pick))].sort();
}
