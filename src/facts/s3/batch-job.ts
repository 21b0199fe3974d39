import { accountOfArn, partitionOfRegion } from '../../decode/cloudtrail/arn.ts';
import type { Event } from '../../event/event.ts';
import { object } from '../../event/json.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { encryptionFact } from '../encryption.ts';
import type { Analyser, Fact } from '../fact.ts';
import { isAttempt } from '../gate.ts';
import type { GuardedResource } from '../gate.ts';
import { exposuresOf } from '../grant-exposure.ts';
import type { Known } from '../known.ts';
import { protectionFact } from '../protection.ts';
import type { Protection } from '../protection.ts';
import { aclGrantsOf, parseAcl } from '../s3-acl.ts';
import { quote } from '../sentence.ts';
import type { Transfer } from '../transfer.ts';
import { spokenWhose, whoseAccount } from '../whose.ts';
import { bodyOf } from './access-point.ts';
import { transfersOf } from './destination.ts';
import { noSwitchKnown, shutterOf } from './effective.ts';
import { bucketName } from './replication.ts';
import { left, said } from './said.ts';
import { controlCalls, requestOf } from './s3-calls.ts';
import { element, leaf } from './xml.ts';

/**
 * What a job of S3 Batch Operations will do to its objects, up to billions of them, when it runs.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateJob.html
 */
export const s3BatchJob: Analyser = {
  name: 's3-batch-job',
  subjects: ['encryption', 'exposure', 'protection', 'transfer'],
  actions: controlCalls('CreateJob'),
  analyse,
};

interface Job {
  readonly event: Event;
  readonly known: Known;
  readonly resource: GuardedResource;
  /** The objects, as the request names them. */
  readonly things: string;
}

const unknownRun = 'whether the job has run, and on which objects: DescribeJob and its manifest would tell';

function analyse(event: Event, known: Known): readonly Fact[] {
  const body = bodyOf(requestOf(event));
  const operation = element(body, 'Operation');
  if (operation === undefined) return [];
  const job = jobOf(event, known, body);
  return [
    ...copyFacts(job, element(operation, 'S3PutObjectCopy')),
    ...lambdaFacts(job, element(operation, 'LambdaInvoke')),
    ...aclFacts(job, element(operation, 'S3PutObjectAcl')),
    ...keyFacts(job, operation),
    ...lockFacts(job, operation),
    ...reportFacts(job, element(body, 'Report')),
  ];
}

function jobOf(event: Event, known: Known, body: JsonObject | undefined): Job {
  const id =
    leaf(object(event.fields, 'responseElements'), 'jobId') ?? leaf(body, 'ClientRequestToken') ?? 'new';
  const generator = element(element(body, 'ManifestGenerator'), 'S3JobManifestGenerator');
  const manifest = leaf(element(element(body, 'Manifest'), 'Location'), 'ObjectArn');
  const bucket = leaf(generator, 'SourceBucket');
  const things =
    bucket !== undefined
      ? `objects of ${quote(bucketName(bucket))}`
      : manifest !== undefined
        ? `the objects listed in ${quote(manifest)}`
        : 'objects that the record does not name';
  const { account, region = '' } = event;
  const resource: GuardedResource = {
    type: 'AWS::S3::Job',
    arn: `arn:${partitionOfRegion(region)}:s3:${region}:${account ?? ''}:job/${id}`,
    name: bucket === undefined ? id : bucketName(bucket),
    owner: account,
    spoken: `batch job ${quote(id)}`,
  };
  return { event, known, resource, things };
}

function send(job: Job, kind: Transfer['kind'], does: string, target: string): readonly Fact[] {
  const { event, known, resource } = job;
  const account = accountOfArn(target);
  const whose = whoseAccount(account, resource.owner, known);
  return transfersOf({ event, resource, kind, does, shownBy: 'DescribeJob' }, [
    { name: bucketName(target), whose, account, scope: [], givesOwnership: false },
  ]).map((fact) => ({ ...fact, unknowns: fact.unknowns.length === 0 ? [] : [...fact.unknowns, unknownRun] }));
}

function copyFacts(job: Job, copy: JsonObject | undefined): readonly Fact[] {
  const target = leaf(copy, 'TargetResource');
  const facts =
    target === undefined ? [] : send(job, 'batch-copy', `${job.things} are copied by a job`, target);
  const canned = leaf(copy, 'CannedAccessControlList');
  return canned === undefined ? facts : [...facts, ...openings(job, { 'x-amz-acl': canned })];
}

function lambdaFacts(job: Job, invoke: JsonObject | undefined): readonly Fact[] {
  const target = leaf(invoke, 'FunctionArn');
  return target === undefined ? [] : send(job, 'transformation', `${job.things} are handed by a job`, target);
}

function reportFacts(job: Job, report: JsonObject | undefined): readonly Fact[] {
  const bucket = leaf(report, 'Bucket');
  const isOn = leaf(report, 'Enabled')?.toLowerCase() === 'true';
  return bucket === undefined || !isOn
    ? []
    : send(job, 'batch-report', `the report on what a job did to ${job.things} goes`, bucket);
}

function aclFacts(job: Job, put: JsonObject | undefined): readonly Fact[] {
  const policy = element(put, 'AccessControlPolicy');
  const canned = leaf(policy, 'CannedAccessControlList');
  return canned === undefined ? [] : openings(job, { 'x-amz-acl': canned });
}

function openings(job: Job, request: JsonObject): readonly Fact[] {
  const acl = parseAcl(request, 'object');
  if (acl === undefined) return [];
  const { event, resource, things } = job;
  const grants = aclGrantsOf(acl, '*').filter(({ audience }) => audience !== 'own-account');
  if (grants.length === 0 && acl.problems.length === 0) return [];
  return exposuresOf(
    {
      event,
      resource,
      via: 'acl',
      name: 'the ACL that a batch job sets',
      attempted: isAttempt(event),
      blocked: undefined,
      shownBy: 'DescribeJob',
      shutter: shutterOf('acl', noSwitchKnown),
      underControlPolicies: true,
      spokenScope: () => [things],
    },
    grants,
    acl.problems,
  );
}

/** The KMS key that a copy or a re-encryption names. */
function keyFacts(job: Job, operation: JsonObject): readonly Fact[] {
  const update = element(operation, 'S3UpdateObjectEncryption');
  const keys: readonly (string | undefined)[] = [
    leaf(element(operation, 'S3PutObjectCopy'), 'SSEAwsKmsKeyId'),
    leaf(element(element(update, 'ObjectEncryption'), 'SSE-KMS') ?? element(update, 'SSE-KMS'), 'KMSKeyArn'),
  ];
  return keys.flatMap((key, index) => (key === undefined ? [] : keyFact(job, key, index === 1)));
}

function keyFact(job: Job, key: string, inPlace: boolean): readonly Fact[] {
  const { event, known, resource, things } = job;
  const account = accountOfArn(key) ?? (key.startsWith('arn:') ? undefined : event.actor.account);
  const whose = whoseAccount(account, resource.owner, known);
  if (whose === 'own-account') return [];
  const attempted = isAttempt(event);
  const sentence = `${things} are encrypted by a job with the KMS key ${quote(key)} ${spokenWhose(whose, account)}${whose === 'external-account' ? ', who can take it away' : ''}`;
  return [
    encryptionFact(
      {
        method: 'kms',
        change: attempted ? 'unchanged' : 'set',
        attempted,
        applies: 'object',
        key,
        keyAccount: account,
        keyHolder: whose,
        inPlace,
        resourceType: resource.type,
        resource: resource.arn,
        resourceName: resource.name,
      },
      said(event, sentence),
      left(event, [unknownRun]),
    ),
  ];
}

function lockFacts(job: Job, operation: JsonObject): readonly Fact[] {
  const hold = leaf(element(element(operation, 'S3PutObjectLegalHold'), 'LegalHold'), 'Status');
  const retention: Json | undefined = element(operation, 'S3PutObjectRetention');
  const bypasses = leaf(retention, 'BypassGovernanceRetention')?.toLowerCase() === 'true';
  const facts: Fact[] = [];
  if (hold?.toUpperCase() === 'OFF') {
    const sentence = `the legal hold on ${job.things} is lifted by a job: nothing but a retention keeps them any more`;
    facts.push(lockFact(job, 'legal-hold', 'removed', sentence));
  }
  if (bypasses) {
    const sentence = `the retention of ${job.things} is changed by a job past governance mode`;
    facts.push(lockFact(job, 'retention', 'weakened', sentence));
  }
  return facts;
}

function lockFact(
  job: Job,
  kind: 'legal-hold' | 'retention',
  wanted: 'removed' | 'weakened',
  sentence: string,
): Fact {
  const { event, resource } = job;
  const attempted = isAttempt(event);
  const protection: Protection = {
    kind,
    change: attempted ? 'unchanged' : wanted,
    wanted,
    attempted,
    scope: 'resource',
    resourceType: resource.type,
    resource: resource.arn,
    resourceName: resource.name,
    lost: wanted === 'weakened' ? ['bypassed'] : [],
  };
  return protectionFact(protection, said(event, sentence), left(event, [unknownRun]));
}
