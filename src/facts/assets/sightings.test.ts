import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../event/json.ts';
import { denied } from '../testing/cloudtrail.ts';
import { actionsWithSightings, concernsAssets, intendedSightings, sightingsOf } from './sightings.ts';
import { call } from './testing/calls.ts';

const document = { Statement: [] };
type Case = readonly [string, string, string, Json, Json, readonly string[]];

/** What a sighting says, in one line. */
function lines(service: string, action: string, request: Json, response: Json): readonly string[] {
  return sightingsOf(call(0, service, action, request, { responseElements: response })).map(
    ({ type, id, what, aspects }) =>
      `${what} ${type} ${id}${Object.entries(aspects)
        .map(([name, change]) => ` ${name}=${JSON.stringify(change.how === 'set' ? change.value : change)}`)
        .join('')}`,
  );
}

const cases: readonly Case[] = [
  [
    'a new bucket with its ACL',
    's3',
    'CreateBucket',
    { bucketName: 'vault', 'x-amz-acl': 'public-read' },
    null,
    ['created AWS::S3::Bucket vault acl=["http://acs.amazonaws.com/groups/global/AllUsers: READ"]'],
  ],
  [
    'a bucket policy',
    's3',
    'PutBucketPolicy',
    { bucketName: 'vault', bucketPolicy: document },
    null,
    ['changed AWS::S3::Bucket vault policy={"Statement":[]}'],
  ],
  [
    'a bucket policy that went',
    's3',
    'DeleteBucketPolicy',
    { bucketName: 'vault' },
    null,
    ['changed AWS::S3::Bucket vault policy=undefined'],
  ],
  [
    'the switches of a bucket',
    's3',
    'PutBucketPublicAccessBlock',
    {
      bucketName: 'vault',
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        RestrictPublicBuckets: 'TRUE',
        IgnorePublicAcls: false,
      },
    },
    null,
    ['changed AWS::S3::Bucket vault block-public-access=["BlockPublicAcls","RestrictPublicBuckets"]'],
  ],
  [
    'the switches of an account',
    's3',
    'DeleteAccountPublicAccessBlock',
    {},
    null,
    ['changed AWS::S3::AccountPublicAccessBlock 111122223333 block-public-access=[]'],
  ],
  [
    'instances',
    'ec2',
    'RunInstances',
    {},
    { instancesSet: { items: [{ instanceId: 'i-1', imageId: 'ami-1' }, { instanceId: 'i-2' }] } },
    ['created AWS::EC2::Instance i-1 image="ami-1"', 'created AWS::EC2::Instance i-2'],
  ],
  [
    'instances that end',
    'ec2',
    'TerminateInstances',
    { instancesSet: { items: [{ instanceId: 'i-1' }] } },
    null,
    ['deleted AWS::EC2::Instance i-1'],
  ],
  [
    'a rule in its own fields',
    'ec2',
    'AuthorizeSecurityGroupIngress',
    { groupId: 'sg-1', cidrIp: '0.0.0.0/0', fromPort: 22, toPort: 22, ipProtocol: 'tcp', ipPermissions: {} },
    null,
    [
      'changed AWS::EC2::SecurityGroup sg-1 inbound rules={"how":"members","add":["tcp port 22 from 0.0.0.0/0"],"remove":[]}',
    ],
  ],
  [
    'rules in a list of permissions',
    'ec2',
    'RevokeSecurityGroupEgress',
    {
      groupId: 'sg-1',
      ipPermissions: {
        items: [
          {
            ipProtocol: '-1',
            ipRanges: { items: [{ cidrIp: '10.0.0.0/8' }] },
            ipv6Ranges: { items: [{ cidrIpv6: '::/0' }] },
          },
        ],
      },
    },
    null,
    [
      'changed AWS::EC2::SecurityGroup sg-1 outbound rules={"how":"members","add":[],"remove":["everything to 10.0.0.0/8","everything to ::/0"]}',
    ],
  ],
  [
    'an address',
    'ec2',
    'AllocateAddress',
    { domain: 'vpc' },
    { publicIp: '192.0.2.7', allocationId: 'eipalloc-1' },
    ['created AWS::EC2::EIP eipalloc-1 reached-at={"how":"members","add":["192.0.2.7"],"remove":[]}'],
  ],
  [
    'a role with its trust policy',
    'iam',
    'CreateRole',
    { roleName: 'ci', assumeRolePolicyDocument: '{}' },
    null,
    ['created AWS::IAM::Role 111122223333/ci trust="{}"'],
  ],
  [
    'a user of a path',
    'iam',
    'CreateUser',
    { userName: 'bob', path: '/ops/' },
    { user: { arn: 'arn:aws:iam::111122223333:user/ops/bob' } },
    ['created AWS::IAM::User 111122223333/bob'],
  ],
  [
    'a key of another user',
    'iam',
    'CreateAccessKey',
    { userName: 'bob' },
    { accessKey: { accessKeyId: 'AKIABOB', userName: 'bob' } },
    ['created AWS::IAM::AccessKey AKIABOB user="bob" status="Active"'],
  ],
  [
    'an inline policy',
    'iam',
    'PutUserPolicy',
    { userName: 'bob', policyName: 'all', policyDocument: '{}' },
    null,
    ['changed AWS::IAM::User 111122223333/bob inline-policy all="{}"'],
  ],
  [
    'a version that is not the default',
    'iam',
    'CreatePolicyVersion',
    { policyArn: 'arn:aws:iam::111122223333:policy/p', policyDocument: '{}' },
    { policyVersion: { versionId: 'v2' } },
    ['changed AWS::IAM::ManagedPolicy arn:aws:iam::111122223333:policy/p version v2="{}"'],
  ],
  [
    'records of a zone',
    'route53',
    'ChangeResourceRecordSets',
    {
      hostedZoneId: '/hostedzone/Z1',
      changeBatch: {
        changes: [
          {
            action: 'UPSERT',
            resourceRecordSet: {
              name: 'WWW.example.com.',
              type: 'A',
              tTL: 300,
              resourceRecords: [{ value: '192.0.2.7' }],
            },
          },
          { action: 'DELETE', resourceRecordSet: { name: '\\052.example.com', type: 'CNAME' } },
        ],
      },
    },
    null,
    [
      'changed AWS::Route53::RecordSet Z1/www.example.com/A points-at=["192.0.2.7"] kind="A"',
      'deleted AWS::Route53::RecordSet Z1/*.example.com/CNAME',
    ],
  ],
  [
    'an alias',
    'route53',
    'ChangeResourceRecordSets',
    {
      hostedZoneId: 'Z1',
      changeBatch: {
        changes: [
          {
            action: 'CREATE',
            resourceRecordSet: {
              name: 'a.example.com',
              type: 'A',
              aliasTarget: { dNSName: 'd1.CloudFront.net.', hostedZoneId: 'Z2' },
            },
          },
        ],
      },
    },
    null,
    ['created AWS::Route53::RecordSet Z1/a.example.com/A points-at=["d1.cloudfront.net"] kind="A"'],
  ],
  [
    'a distribution',
    'cloudfront',
    'CreateDistribution2020_05_31',
    {},
    { distribution: { id: 'E1', domainName: 'd1.cloudfront.net' } },
    [
      'created AWS::CloudFront::Distribution E1 reached-at={"how":"members","add":["d1.cloudfront.net"],"remove":[]}',
    ],
  ],
  [
    'a database',
    'rds',
    'CreateDBInstance',
    { dBInstanceIdentifier: 'orders', engine: 'postgres', publiclyAccessible: true },
    null,
    ['created AWS::RDS::DBInstance 111122223333/eu-west-1/orders publicly accessible=true engine="postgres"'],
  ],
  [
    'a function by its ARN',
    'lambda',
    'AddPermission20150331v2',
    { functionName: 'arn:aws:lambda:eu-west-1:111122223333:function:pay:live', statementId: 's' },
    { statement: '{}' },
    ['changed AWS::Lambda::Function 111122223333/eu-west-1/pay permission s="{}"'],
  ],
  [
    'a queue by its address',
    'sqs',
    'SetQueueAttributes',
    { queueUrl: 'https://sqs.eu-west-1.amazonaws.com/111122223333/jobs', attributes: { Policy: '{}' } },
    null,
    ['changed AWS::SQS::Queue 111122223333/eu-west-1/jobs policy="{}"'],
  ],
  [
    'a policy taken away by an empty text',
    'sqs',
    'SetQueueAttributes',
    { queueUrl: 'https://sqs.eu-west-1.amazonaws.com/111122223333/jobs', attributes: { Policy: '' } },
    null,
    ['changed AWS::SQS::Queue 111122223333/eu-west-1/jobs policy=undefined'],
  ],
  [
    'a topic by its ARN',
    'sns',
    'SetTopicAttributes',
    { topicArn: 'arn:aws:sns:eu-west-1:111122223333:news', attributeName: 'Policy', attributeValue: '{}' },
    null,
    ['changed AWS::SNS::Topic 111122223333/eu-west-1/news policy="{}"'],
  ],
  [
    'a key policy',
    'kms',
    'PutKeyPolicy',
    { keyId: 'arn:aws:kms:eu-west-1:111122223333:key/1-2', policy: '{}' },
    null,
    ['changed AWS::KMS::Key 111122223333/eu-west-1/1-2 policy="{}"'],
  ],
  [
    'a secret without the signs at the end of its ARN',
    'secretsmanager',
    'DeleteSecret',
    { secretId: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-a1B2c3' },
    null,
    ['deleted AWS::SecretsManager::Secret 111122223333/eu-west-1/db'],
  ],
  [
    'a trail',
    'cloudtrail',
    'DeleteTrail',
    { name: 'arn:aws:cloudtrail:us-west-2:123456789012:trail/t' },
    null,
    ['deleted AWS::CloudTrail::Trail 123456789012/us-west-2/t'],
  ],
  [
    'a repository',
    'ecr',
    'SetRepositoryPolicy',
    { repositoryName: 'app', policyText: '{}' },
    null,
    ['changed AWS::ECR::Repository 111122223333/eu-west-1/app policy="{}"'],
  ],
  ['nothing where no asset is named', 's3', 'PutBucketPolicy', { bucketPolicy: document }, null, []],
  ['nothing of a call that only reads', 's3', 'GetBucketPolicy', { bucketName: 'vault' }, null, []],
];

describe('what a call says of assets', () => {
  it.each(cases)('%s', (_, service, action, request, response, expected) => {
    expect(lines(service, action, request, response)).toEqual(expected);
  });

  it.each(['PutObject', 'CopyObject', 'CreateMultipartUpload'])(
    'is nothing for %s, which hangs on it with an ACL alone',
    (action) => {
      const key = { bucketName: 'vault', key: 'a.pdf' };
      const event = call(0, 's3', action, { ...key, 'x-amz-acl': 'public-read' });
      expect(concernsAssets(event)).toBe(true);
      expect(intendedSightings(event)).toEqual([]);
      expect(concernsAssets(call(0, 's3', action, key))).toBe(false);
    },
  );

  it('is nothing where it failed, but what it meant to do can be told', () => {
    const event = call(0, 's3', 'DeleteBucket', { bucketName: 'vault' }, denied);
    expect(concernsAssets(event)).toBe(true);
    expect(sightingsOf(event)).toEqual([]);
    expect(intendedSightings(event)).toMatchObject([{ what: 'deleted', id: 'vault' }]);
  });

  it('names the owner of a bucket of another account', () => {
    const event = call(
      0,
      's3',
      'DeleteBucketPolicy',
      { bucketName: 'vault' },
      {
        resources: [{ type: 'AWS::S3::Bucket', ARN: 'arn:aws:s3:::vault', accountId: '444455556666' }],
      },
    );
    expect(sightingsOf(event)).toMatchObject([{ account: '444455556666' }]);
  });

  it('never throws, whatever a record holds', () => {
    const actions = [...actionsWithSightings];
    const services = [
      's3',
      'ec2',
      'iam',
      'route53',
      'rds',
      'lambda',
      'kms',
      'cloudfront',
      'sqs',
      'elasticloadbalancing',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...services),
        fc.constantFrom(...actions),
        fc.jsonValue(),
        fc.jsonValue(),
        (service, action, request, response) => {
          const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as Json;
          const event = call(0, service, action, plain(request), { responseElements: plain(response) });
          expect(Array.isArray(sightingsOf(event))).toBe(true);
        },
      ),
    );
  });

  it('never throws where members of the right names hold the wrong things', () => {
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.constant(null),
      fc.constant([null]),
      fc.constant({ items: [null, 1, {}] }),
    );
    const names = [
      'bucketName',
      'groupId',
      'ipPermissions',
      'instancesSet',
      'changeBatch',
      'userName',
      'tags',
      'attributes',
      'policyDocument',
      'PublicAccessBlockConfiguration',
    ];
    const request = fc.dictionary(fc.constantFrom(...names), odd);
    fc.assert(
      fc.property(fc.constantFrom(...actionsWithSightings), request, (action, value) => {
        const plain = JSON.parse(JSON.stringify(value)) as Json;
        for (const service of ['s3', 'ec2', 'iam', 'route53', 'sqs'])
          expect(
            Array.isArray(sightingsOf(call(0, service, action, plain, { responseElements: plain }))),
          ).toBe(true);
      }),
    );
  });
});
