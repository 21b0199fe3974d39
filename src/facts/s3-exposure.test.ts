import { describe, expect, it } from 'vitest';
import type { Event } from '../event/event.ts';
import { text } from '../event/json.ts';
import type { Json, JsonObject } from '../event/json.ts';
import type { Fact } from './fact.ts';
import { factsOf as allFactsOf } from './table.ts';
import { denied, s3Call } from './testing/cloudtrail.ts';

/** What a call says about exposure alone. */
const factsOf = (event: Event): readonly Fact[] =>
  allFactsOf(event).filter((fact) => fact.subject === 'exposure');
const bucket = 'arn:aws:s3:::invoices';
const objects = `${bucket}/*`;
const allUsers = 'http://acs.amazonaws.com/groups/global/AllUsers';
const openStatement: JsonObject = {
  Sid: 'PublicRead',
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: objects,
};

function policy(statement: Json, more?: JsonObject): Event {
  const bucketPolicy = { Version: '2012-10-17', Statement: statement };
  return s3Call(
    'PutBucketPolicy',
    { bucketPolicy, bucketName: 'invoices', Host: 'invoices.s3.eu-west-1.amazonaws.com', policy: '' },
    more,
  );
}
const acl = (action: string, request: JsonObject, more?: JsonObject): Event =>
  s3Call(action, { bucketName: 'invoices', Host: 's3.eu-west-1.amazonaws.com', ...request }, more);

/** `audience change verdict [attempted]: explanation`, one line for each fact. */
function lines(facts: readonly Fact[]): string[] {
  return facts.map(
    ({ fields, explanation }) =>
      `${['audience', 'change', 'verdict'].map((name) => text(fields, name)).join(' ')}${fields['attempted'] === true ? ' attempted' : ''}: ${explanation}`,
  );
}

type Case = readonly [name: string, event: Event, expected: readonly string[]];

const cases: readonly Case[] = [
  [
    'a policy for everyone',
    policy(openStatement),
    [
      'public opened unknown: the bucket policy now lets anyone on the internet read every object in `invoices`',
    ],
  ],
  [
    'a policy in a string',
    s3Call('PutBucketPolicy', {
      bucketName: 'invoices',
      bucketPolicy: JSON.stringify({ Statement: [openStatement] }),
    }),
    [
      'public opened unknown: the bucket policy now lets anyone on the internet read every object in `invoices`',
    ],
  ],
  [
    'a policy for {"AWS":"*"} on everything',
    policy({ ...openStatement, Principal: { AWS: '*' }, Action: 's3:*', Resource: [bucket, objects] }),
    [
      'public opened unknown: the bucket policy now lets anyone on the internet do everything with `invoices` and every object in it',
    ],
  ],
  [
    'a policy that lets everyone list the bucket and read its objects',
    policy([openStatement, { ...openStatement, Action: 's3:ListBucket', Resource: bucket }]),
    [
      'public opened unknown: the bucket policy now lets anyone on the internet list bucket `invoices` and read every object in `invoices`',
    ],
  ],
  [
    'a policy for another account',
    policy({ ...openStatement, Principal: { AWS: 'arn:aws:iam::444455556666:root' } }),
    [
      'external-account opened exposed: the outside AWS account 444455556666 can now read every object in `invoices`',
    ],
  ],
  [
    "a policy for another account's role",
    policy({
      ...openStatement,
      Principal: { AWS: 'arn:aws:iam::444455556666:role/etl' },
      Action: ['s3:GetObject', 's3:PutObject'],
      Resource: `${bucket}/in/*`,
    }),
    [
      'external-account opened exposed: `arn:aws:iam::444455556666:role/etl` of the outside AWS account 444455556666 can now read and write objects under `in/` in `invoices`',
    ],
  ],
  [
    'a policy for everyone and for another account',
    policy([openStatement, { ...openStatement, Principal: { AWS: '444455556666' }, Action: 's3:PutObject' }]),
    [
      'public opened unknown: the bucket policy now lets anyone on the internet read every object in `invoices`',
      'external-account opened unknown: the bucket policy now lets the outside AWS account 444455556666 write every object in `invoices`',
    ],
  ],
  [
    'a policy for the own account',
    policy({ ...openStatement, Principal: { AWS: '111122223333' } }),
    [
      'own-account closed none: the policy of bucket `invoices` now lets in nobody outside account 111122223333',
    ],
  ],
  [
    'a policy that only denies',
    policy({ ...openStatement, Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    ['nobody closed none: the policy of bucket `invoices` now lets in nobody outside account 111122223333'],
  ],
  [
    'a policy for an address range',
    policy({ ...openStatement, Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } }),
    [
      'network opened exposed: anyone who calls from certain networks can now read every object in `invoices` if `aws:SourceIp is in 192.0.2.0/24`',
    ],
  ],
  [
    'a policy for a Referer',
    policy({ ...openStatement, Condition: { StringLike: { 'aws:Referer': 'https://example.com/*' } } }),
    [
      'public opened unknown: the bucket policy now lets anyone on the internet read every object in `invoices` if `aws:Referer is like https://example.com/*`',
    ],
  ],
  [
    'a policy for everyone that denies all but the organisation',
    policy([
      openStatement,
      {
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: objects,
        Condition: { StringNotEquals: { 'aws:PrincipalOrgID': 'o-exampleorg1' } },
      },
    ]),
    [
      'organisation opened exposed: every account of organisation `o-exampleorg1` can now read every object in `invoices` if `aws:PrincipalOrgID is o-exampleorg1`',
    ],
  ],
  [
    'a policy for a service',
    policy({
      ...openStatement,
      Principal: { Service: 'cloudtrail.amazonaws.com' },
      Action: 's3:PutObject',
      Resource: `${bucket}/AWSLogs/111122223333/*`,
    }),
    [
      'service opened unknown: the bucket policy now lets the AWS service `cloudtrail.amazonaws.com` write objects under `AWSLogs/111122223333/` in `invoices`',
    ],
  ],
  [
    'a refused policy for everyone',
    policy(openStatement, denied),
    [
      'public unchanged none attempted: tried to let anyone on the internet read every object in `invoices`, but the call failed (`AccessDenied`)',
    ],
  ],
  [
    'a refused policy for the own account',
    policy({ ...openStatement, Principal: { AWS: '111122223333' } }, denied),
    [
      'own-account unchanged none attempted: tried to set the policy of bucket `invoices` so that it lets in nobody outside account 111122223333, but the call failed (`AccessDenied`)',
    ],
  ],
  [
    'a policy that cannot be read',
    policy('x'),
    [
      'unknown unknown unknown: the policy of bucket `invoices` cannot be read: statement 1: it is not an object',
    ],
  ],
  [
    'a record without the policy',
    s3Call('PutBucketPolicy', { bucketName: 'invoices' }),
    [
      'unknown unknown unknown: the policy of bucket `invoices` cannot be read: the policy is not a JSON object',
    ],
  ],
  [
    'a deleted policy',
    s3Call('DeleteBucketPolicy', { bucketName: 'invoices', policy: '' }),
    [
      'nobody closed none: the policy of bucket `invoices` is gone: it lets nobody in any more, and denies nothing any more',
    ],
  ],
  [
    'a refused deletion',
    s3Call('DeleteBucketPolicy', { bucketName: 'invoices', policy: '' }, denied),
    [
      'nobody unchanged none attempted: tried to delete the policy of bucket `invoices`, but the call failed (`AccessDenied`)',
    ],
  ],
  ['a record without request parameters', s3Call('PutBucketPolicy', null, denied), []],
  [
    'public-read on a bucket',
    acl('PutBucketAcl', { acl: '', 'x-amz-acl': 'public-read' }),
    ['public opened unknown: the ACL now lets anyone on the internet list what is in bucket `invoices`'],
  ],
  [
    'public-read-write on a bucket',
    acl('PutBucketAcl', { acl: '', 'x-amz-acl': 'public-read-write' }),
    [
      'public opened unknown: the ACL now lets anyone on the internet list, write and delete what is in bucket `invoices`',
    ],
  ],
  [
    'authenticated-read on a bucket',
    acl('PutBucketAcl', { 'x-amz-acl': ['authenticated-read'] }),
    [
      'any-aws-account opened unknown: the ACL now lets anyone with an AWS account list what is in bucket `invoices`',
    ],
  ],
  [
    'private on a bucket',
    acl('PutBucketAcl', { 'x-amz-acl': 'private' }),
    ['nobody closed none: the ACL of bucket `invoices` now lets in nobody outside its own account'],
  ],
  [
    'a record without the ACL',
    acl('PutBucketAcl', { acl: '' }),
    ['unknown unknown unknown: the ACL of bucket `invoices` cannot be read: the record holds no ACL'],
  ],
  [
    'a canned ACL that does not exist',
    acl('PutBucketAcl', { 'x-amz-acl': 'SomethingElse' }, { errorCode: 'NoSuchBucket' }),
    [
      'unknown unchanged none attempted: tried to set the ACL of bucket `invoices`, but the call failed (`NoSuchBucket`); it cannot be read: `SomethingElse` is not a canned ACL',
    ],
  ],
  [
    'a refused public-read',
    acl('PutBucketAcl', { 'x-amz-acl': 'public-read' }, denied),
    [
      'public unchanged none attempted: tried to let anyone on the internet list what is in bucket `invoices`, but the call failed (`AccessDenied`)',
    ],
  ],
  [
    'a document for a stranger and for everyone',
    acl('PutBucketAcl', {
      AccessControlPolicy: {
        Owner: { ID: 'aa' },
        AccessControlList: {
          Grant: [
            { Grantee: { 'xsi:type': 'CanonicalUser', ID: 'bb' }, Permission: 'READ' },
            { Grantee: { 'xsi:type': 'Group', URI: allUsers }, Permission: 'READ_ACP' },
          ],
        },
      },
    }),
    [
      'public opened unknown: the ACL now lets anyone on the internet list what is in bucket `invoices`',
      'external-account opened exposed: another AWS account (canonical user `bb`) can now list what is in bucket `invoices`',
    ],
  ],
  [
    'public-read on an object',
    acl('PutObjectAcl', { key: 'q1/report.pdf', 'x-amz-acl': 'public-read' }),
    ['public opened unknown: the ACL now lets anyone on the internet read object `invoices/q1/report.pdf`'],
  ],
  [
    'full control of an object for a canonical user',
    acl('PutObjectAcl', { key: 'q1/report.pdf', 'x-amz-grant-full-control': 'id="bb"' }),
    [
      'unknown opened unknown: the ACL now lets `bb`, whoever that is, do everything with object `invoices/q1/report.pdf`',
    ],
  ],
  ['an object put without an ACL', acl('PutObject', { key: 'a.txt' }), []],
  [
    "an object put with its bucket owner's control",
    acl('PutObject', { key: 'a.txt', 'x-amz-acl': 'bucket-owner-full-control' }),
    [],
  ],
  [
    'an object put with public-read',
    acl('PutObject', { key: 'a.txt', 'x-amz-acl': 'public-read' }),
    ['public opened unknown: the ACL now lets anyone on the internet read object `invoices/a.txt`'],
  ],
  [
    'an object copied with a grant header',
    acl('CopyObject', { key: 'a.txt', 'x-amz-grant-read': `uri="${allUsers}"` }),
    ['public opened unknown: the ACL now lets anyone on the internet read object `invoices/a.txt`'],
  ],
  [
    'an upload begun with public-read-write',
    acl('CreateMultipartUpload', { key: 'a.txt', 'x-amz-acl': 'public-read-write' }),
    ['public opened unknown: the ACL now lets anyone on the internet read object `invoices/a.txt`'],
  ],
  ['a bucket created without an ACL', acl('CreateBucket', {}), []],
  ['a bucket created private', acl('CreateBucket', { 'x-amz-acl': 'private' }), []],
  [
    'a bucket created with public-read',
    acl('CreateBucket', { 'x-amz-acl': 'public-read' }),
    ['public opened unknown: the ACL now lets anyone on the internet list what is in bucket `invoices`'],
  ],
  [
    'a bucket created with public-read and ACLs on',
    acl('CreateBucket', { 'x-amz-acl': 'public-read', 'x-amz-object-ownership': 'ObjectWriter' }),
    ['public opened unknown: the ACL now lets anyone on the internet list what is in bucket `invoices`'],
  ],
  [
    'a bucket created with public-read and ACLs off',
    acl('CreateBucket', { 'x-amz-acl': 'public-read', 'x-amz-object-ownership': 'BucketOwnerEnforced' }),
    [
      'public unchanged blocked: the ACL would let anyone on the internet list what is in bucket `invoices`, but its Object Ownership is BucketOwnerEnforced, by which ACLs have no effect',
    ],
  ],
  [
    'a bucket whose creation with public-read is refused',
    acl(
      'CreateBucket',
      { 'x-amz-acl': 'public-read' },
      { errorCode: 'InvalidBucketAclWithBlockPublicAccessError' },
    ),
    [
      'public unchanged none attempted: tried to let anyone on the internet list what is in bucket `invoices`, but the call failed (`InvalidBucketAclWithBlockPublicAccessError`)',
    ],
  ],
];
describe('what an S3 call opens or closes', () => {
  it.each(cases)('%s', (_name, event, expected) => {
    expect(lines(factsOf(event))).toEqual(expected);
  });
});

describe('what the event cannot tell', () => {
  const unknownsOf = (event: Event): readonly string[] => factsOf(event).flatMap((fact) => fact.unknowns);

  it('of a public policy is whether Block Public Access stops it, and names the calls that would', () => {
    expect(unknownsOf(policy(openStatement)).join()).toMatch(
      /RestrictPublicBuckets.*GetPublicAccessBlock.*GetBucketPolicyStatus/,
    );
  });
  it('of a public ACL is whether public ACLs are ignored', () => {
    expect(unknownsOf(acl('PutBucketAcl', { 'x-amz-acl': 'public-read' })).join()).toContain(
      'IgnorePublicAcls',
    );
  });
  it('of a new bucket is whether it heeds ACLs', () => {
    expect(unknownsOf(acl('CreateBucket', { 'x-amz-acl': 'public-read' })).join()).toMatch(
      /heeds ACLs.*GetBucketOwnershipControls/,
    );
  });
  it.each<readonly [string, Event]>([
    ['a refused call', policy(openStatement, denied)],
    [
      'a policy that lets in nobody outside',
      policy({ ...openStatement, Principal: { AWS: '111122223333' } }),
    ],
    ['a deleted policy', s3Call('DeleteBucketPolicy', { bucketName: 'invoices' })],
    [
      'an ACL without effect',
      acl('CreateBucket', { 'x-amz-acl': 'public-read', 'x-amz-object-ownership': 'BucketOwnerEnforced' }),
    ],
  ])('is nothing for %s', (_name, event) => {
    expect(unknownsOf(event)).toEqual([]);
  });
});

describe('the fields of an exposure', () => {
  it('say all that rules ask for', () => {
    const statement = {
      ...openStatement,
      Principal: { AWS: ['444455556666', 'arn:aws:iam::444455556666:role/etl'] },
      Action: ['s3:GetObject', 's3:ListBucket'],
      Resource: [bucket, objects],
    };
    expect(factsOf(policy(statement)).map((fact) => fact.fields)).toEqual([
      {
        audience: 'external-account',
        access: ['read', 'list'],
        allows: ['external-account:read', 'external-account:list'],
        change: 'opened',
        verdict: 'exposed',
        attempted: false,
        via: 'policy',
        resource_type: 'AWS::S3::Bucket',
        resource: bucket,
        resource_name: 'invoices',
        scope: [bucket, objects],
        principals: ['444455556666', 'arn:aws:iam::444455556666:role/etl'],
        accounts: ['444455556666'],
        organisations: [],
        actions: ['s3:getobject', 's3:listbucket'],
        conditions: [],
        confused_deputy: false,
      },
    ]);
  });

  it('mark a service without a source condition', () => {
    const [fact] = factsOf(policy({ ...openStatement, Principal: { Service: 'cloudtrail.amazonaws.com' } }));
    expect(fact?.fields['confused_deputy']).toBe(true);
  });

  it("take the bucket owner's account from the record, not the caller's", () => {
    const resources = [{ accountId: '444455556666', type: 'AWS::S3::Bucket', ARN: bucket }];
    const [fact] = factsOf(policy({ ...openStatement, Principal: { AWS: '444455556666' } }, { resources }));
    expect(fact?.fields['audience']).toBe('own-account');
  });

  it('name the partition of the region', () => {
    const [fact] = factsOf(acl('PutBucketAcl', { 'x-amz-acl': 'public-read' }, { awsRegion: 'cn-north-1' }));
    expect(fact?.fields['resource']).toBe('arn:aws-cn:s3:::invoices');
  });

  it('keep hostile names out of the sentence: one line, marked, not endless', () => {
    const key = `a\u001b[31m\n\`<!channel>\u202e${'x'.repeat(500)}`;
    const [fact] = factsOf(acl('PutObjectAcl', { key, 'x-amz-acl': 'public-read' }));
    expect(fact?.explanation).toMatch(
      /^the ACL now lets anyone on the internet read object `invoices\/a\uFFFD\[31m\uFFFD\uFFFD<!channel>\uFFFDx{100,160}…`$/,
    );
    expect(fact?.fields['resource_name']).toBe(`invoices/${key}`);
  });
});
