import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { factsOf } from '../table.ts';
import { denied, s3Call } from '../testing/cloudtrail.ts';
import { spoken } from '../testing/spoken.ts';

const fields = {
  exposure: ['audience', 'change', 'verdict', 'via', 'accounts'],
  protection: ['kind', 'change', 'scope', 'switches_off'],
  transfer: ['kind', 'change', 'whose', 'accounts'],
};
const stranger = '444455556666';
const point = 'arn:aws:s3:eu-west-1:111122223333:accesspoint/finance';

/** A call of the control API: what stands in the address beside the body, under the name of its root. */
const control = (action: string, name: string, body: JsonObject, more?: JsonObject): Event =>
  s3Call(
    action,
    { name, accountId: '111122223333', Host: 'x', [`${action}Request`]: { xmlns: 'x', ...body } },
    more,
  );
const policy = (statement: JsonObject): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
const everyone: JsonObject = {
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: `${point}/object/*`,
};
const off: JsonObject = {
  BlockPublicAcls: false,
  IgnorePublicAcls: 'false',
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};
const multi = (action: string, details: JsonObject): Event =>
  s3Call(action, { [`${action}Request`]: { ClientToken: 't', Details: details } });
const lambda = (account: string): Json => ({
  SupportingAccessPoint: point,
  TransformationConfigurations: {
    TransformationConfiguration: {
      Actions: { Action: 'GetObject' },
      ContentTransformation: {
        AwsLambda: { FunctionArn: `arn:aws:lambda:eu-west-1:${account}:function:f` },
      },
    },
  },
});
const grant = (identifier: string, more: JsonObject = {}, answer: JsonObject | null = null): Event =>
  s3Call(
    'CreateAccessGrant',
    {
      accountId: '111122223333',
      CreateAccessGrantRequest: {
        AccessGrantsLocationId: 'default',
        AccessGrantsLocationConfiguration: { S3SubPrefix: 'invoices/2026/*' },
        Grantee: { GranteeType: 'IAM', GranteeIdentifier: identifier },
        Permission: 'READWRITE',
        ...more,
      },
    },
    { responseElements: answer },
  );

const cases: readonly (readonly [name: string, event: Event, expected: readonly string[]])[] = [
  ['an access point as they are made', control('CreateAccessPoint', 'finance', { Bucket: 'invoices' }), []],
  [
    'an access point with all switches off',
    control('CreateAccessPoint', 'finance', { Bucket: 'invoices', PublicAccessBlockConfiguration: off }),
    [
      'protection block-public-access absent access-point BlockPublicAcls,BlockPublicPolicy,IgnorePublicAcls,RestrictPublicBuckets: access point `finance` is made with Block Public Access all off, which cannot be changed later',
    ],
  ],
  [
    'an access point with one switch off, for one VPC',
    control('CreateAccessPoint', 'finance', {
      Bucket: 'invoices',
      VpcConfiguration: { VpcId: 'vpc-1a2b' },
      PublicAccessBlockConfiguration: { RestrictPublicBuckets: false },
    }),
    [
      'protection block-public-access weakened access-point RestrictPublicBuckets: access point `finance` is made with Block Public Access partly off (RestrictPublicBuckets), which cannot be changed later, though it serves `vpc-1a2b` alone',
    ],
  ],
  [
    'an access point with the switches on, said',
    control('CreateAccessPoint', 'finance', { PublicAccessBlockConfiguration: { BlockPublicAcls: true } }),
    [],
  ],
  [
    'a refused access point',
    control('CreateAccessPoint', 'finance', { PublicAccessBlockConfiguration: off }, denied),
    [
      'protection block-public-access unchanged access-point BlockPublicAcls,BlockPublicPolicy,IgnorePublicAcls,RestrictPublicBuckets attempted: tried this, but the call failed (`AccessDenied`): access point `finance` is made with Block Public Access all off, which cannot be changed later',
    ],
  ],
  [
    'an access point opened to everyone',
    control('PutAccessPointPolicy', 'finance', { Policy: policy(everyone) }),
    [
      'exposure public opened unknown policy: the policy of access point `finance` now lets anyone on the internet read every object behind access point `finance`',
    ],
  ],
  [
    'an access point named by its ARN, opened to another account below a prefix',
    control('PutAccessPointPolicy', point, {
      Policy: policy({
        ...everyone,
        Principal: { AWS: `arn:aws:iam::${stranger}:root` },
        Resource: `${point}/object/2026/*`,
      }),
    }),
    [
      'exposure external-account opened unknown policy 444455556666: the policy of access point `finance` now lets the outside AWS account 444455556666 read `2026/*` behind access point `finance`',
    ],
  ],
  [
    'an access point that lists for its own account alone',
    control('PutAccessPointPolicy', 'finance', {
      Policy: policy({
        ...everyone,
        Principal: { AWS: '111122223333' },
        Action: 's3:ListBucket',
        Resource: point,
      }),
    }),
    [
      'exposure own-account closed none policy: the policy of access point `finance` now lets in nobody outside account 111122223333',
    ],
  ],
  [
    'a policy with a Deny that takes all of it back',
    control('PutAccessPointPolicy', 'finance', {
      Policy: JSON.stringify({
        Statement: [everyone, { ...everyone, Effect: 'Deny', Action: 's3:*', Resource: '*' }],
      }),
    }),
    [
      'exposure nobody closed none policy: the policy of access point `finance` now lets in nobody outside account 111122223333',
    ],
  ],
  [
    'a policy that the record does not hold',
    control('PutAccessPointPolicy', 'finance', {}),
    [
      'exposure unknown unknown unknown policy: the policy of access point `finance` cannot be read: the policy is not a JSON object',
    ],
  ],
  [
    "an access point's policy is deleted",
    s3Call('DeleteAccessPointPolicy', { name: 'finance' }),
    [
      'exposure nobody closed none policy: the policy of access point `finance` is gone: it lets nobody in any more, and denies nothing any more',
    ],
  ],
  [
    'an object lambda access point opened to another account',
    control('PutAccessPointPolicyForObjectLambda', 'redact', {
      Policy: policy({
        Effect: 'Allow',
        Principal: { AWS: stranger },
        Action: 's3-object-lambda:Get*',
        Resource: 'arn:aws:s3-object-lambda:eu-west-1:111122223333:accesspoint/redact',
      }),
    }),
    [
      'exposure external-account opened unknown policy 444455556666: the policy of object lambda access point `redact` now lets the outside AWS account 444455556666 read and list what is behind object lambda access point `redact`',
    ],
  ],
  [
    "objects pass through a stranger's function",
    control('PutAccessPointConfigurationForObjectLambda', 'redact', { Configuration: lambda(stranger) }),
    [
      'transfer transformation started external-account 444455556666: objects read through object lambda access point `redact` first go to `arn:aws:lambda:eu-west-1:444455556666:function:f` of the outside AWS account 444455556666',
    ],
  ],
  [
    'objects pass through an own function, by the call that makes the access point',
    control('CreateAccessPointForObjectLambda', 'redact', { Configuration: lambda('111122223333') }),
    [
      'transfer transformation started own-account: objects read through object lambda access point `redact` first go to `arn:aws:lambda:eu-west-1:111122223333:function:f` of its own account',
    ],
  ],
  [
    'a multi-region access point over own buckets',
    multi('CreateMultiRegionAccessPoint', { Name: 'world', Regions: { Region: { Bucket: 'invoices' } } }),
    [],
  ],
  [
    "a multi-region access point with its switches off, over a stranger's bucket beside an own one",
    multi('CreateMultiRegionAccessPoint', {
      Name: 'world',
      PublicAccessBlock: off,
      Regions: {
        Region: [{ Bucket: 'invoices' }, { Bucket: 'theirs', BucketAccountId: 444455556666 }],
      },
    }),
    [
      'protection block-public-access absent access-point BlockPublicAcls,BlockPublicPolicy,IgnorePublicAcls,RestrictPublicBuckets: multi-region access point `world` is made with Block Public Access all off, which cannot be changed later',
      'transfer routing started external-account 444455556666: requests to multi-region access point `world` now go to `theirs` of the outside AWS account 444455556666',
    ],
  ],
  [
    'a multi-region access point opened to everyone',
    multi('PutMultiRegionAccessPointPolicy', {
      Name: 'world',
      Policy: policy({ ...everyone, Resource: 'arn:aws:s3::111122223333:accesspoint/world/object/*' }),
    }),
    [
      'exposure public opened unknown policy: the policy of multi-region access point `world` now lets anyone on the internet read every object behind multi-region access point `world`',
    ],
  ],
  [
    'the routes of a multi-region access point, one of them passive',
    s3Call('SubmitMultiRegionAccessPointRoutes', {
      mrap: 'arn:aws:s3::111122223333:accesspoint/world.mrap',
      SubmitMultiRegionAccessPointRoutesRequest: {
        RouteUpdates: {
          Route: [
            { Bucket: 'invoices', TrafficDialPercentage: 0 },
            { Bucket: 'theirs', TrafficDialPercentage: 100 },
          ],
        },
      },
    }),
    [
      'transfer routing started unknown: requests to multi-region access point `world.mrap` now go to `theirs` of an account that the event does not name',
    ],
  ],
  [
    'a grant to the role of another account, the answer naming it whole',
    grant(`arn:aws:iam::${stranger}:role/etl`, {}, { GrantScope: 's3://invoices/2026/*' }),
    [
      'exposure external-account opened unknown grant 444455556666: an access grant now lets `arn:aws:iam::444455556666:role/etl` of the outside AWS account 444455556666 read, list, write and delete `s3://invoices/2026/*`',
    ],
  ],
  [
    'a grant to read, the answer silent',
    grant(`arn:aws:iam::${stranger}:role/etl`, { Permission: 'READ' }),
    [
      'exposure external-account opened unknown grant 444455556666: an access grant now lets `arn:aws:iam::444455556666:role/etl` of the outside AWS account 444455556666 read and list `s3://invoices/2026/*`',
    ],
  ],
  ['a grant to an own role', grant('arn:aws:iam::111122223333:role/etl'), []],
  [
    'a grant to a person of the directory',
    grant('94482488-3041-7026-18f3-be45837cd0e4', {
      Grantee: { GranteeType: 'DIRECTORY_USER', GranteeIdentifier: '94482488-3041-7026-18f3-be45837cd0e4' },
    }),
    [],
  ],
  [
    'the instance of grants shared with another account',
    s3Call('PutAccessGrantsInstanceResourcePolicy', {
      PutAccessGrantsInstanceResourcePolicyRequest: {
        Policy: policy({
          Effect: 'Allow',
          Principal: { AWS: stranger },
          Action: ['s3:GetDataAccess', 's3:ListAccessGrants'],
          Resource: 'arn:aws:s3:eu-west-1:111122223333:access-grants/default',
        }),
      },
    }),
    [
      'exposure external-account opened unknown policy 444455556666: the policy of the instance of grants now lets the outside AWS account 444455556666 read and list what is granted by the S3 access grants of `eu-west-1:111122223333`',
    ],
  ],
  ['a call that names no access point', s3Call('PutAccessPointPolicy', { Policy: '{}' }), []],
];

describe('what access points and grants open', () => {
  it.each(cases)('%s', (_name, event, expected) => {
    expect(spoken(event, fields)).toEqual(expected);
  });

  it('leaves open what the bucket behind an access point and the switches say', () => {
    const [fact] = factsOf(control('PutAccessPointPolicy', 'finance', { Policy: policy(everyone) }));
    expect(fact?.unknowns.join()).toMatch(
      /GetAccessPoint and GetBucketPolicy.*RestrictPublicBuckets, of the access point or of the bucket or of the account/,
    );
    expect(fact?.fields['resource']).toBe(point);
  });

  it('names what is known of a policy of Object Lambda by its own service', () => {
    const [fact] = factsOf(s3Call('DeleteAccessPointPolicyForObjectLambda', { name: 'redact' }));
    expect(fact?.fields['resource']).toBe(
      'arn:aws:s3-object-lambda:eu-west-1:111122223333:accesspoint/redact',
    );
  });
});
