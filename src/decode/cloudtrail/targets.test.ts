import { describe, expect, it } from 'vitest';
import type { Target } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { cloudTrailTargets } from './targets.ts';

const ACCOUNT = '111122223333';

function targetsOf(call: string, requestParameters: Json, rest: JsonObject = {}): readonly Target[] {
  const [service = '', action = ''] = call.split(':');
  const fields: JsonObject = {
    eventSource: `${service}.amazonaws.com`,
    eventName: action,
    awsRegion: 'eu-west-1',
    recipientAccountId: ACCOUNT,
    requestParameters,
    ...rest,
  };
  return cloudTrailTargets(fields, action);
}

/** Call, request, and each target as `type name arn`, with `-` for what isn't known. */
const calls: readonly [string, JsonObject, readonly string[]][] = [
  [
    'cloudtrail:StopLogging',
    { name: 'main' },
    [`AWS::CloudTrail::Trail main arn:aws:cloudtrail:eu-west-1:${ACCOUNT}:trail/main`],
  ],
  [
    'cloudtrail:DeleteTrail',
    { name: 'arn:aws:cloudtrail:eu-central-1:444455556666:trail/org' },
    ['AWS::CloudTrail::Trail org arn:aws:cloudtrail:eu-central-1:444455556666:trail/org'],
  ],
  [
    'cloudtrail:PutEventSelectors',
    { trailName: 'main' },
    [`AWS::CloudTrail::Trail main arn:aws:cloudtrail:eu-west-1:${ACCOUNT}:trail/main`],
  ],
  [
    'dynamodb:DeleteTable',
    { tableName: 'orders' },
    [`AWS::DynamoDB::Table orders arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/orders`],
  ],
  [
    'ec2:AuthorizeSecurityGroupIngress',
    { groupId: 'sg-1', ipPermissions: { items: [{ groups: {} }] } },
    ['AWS::EC2::SecurityGroup sg-1 -'],
  ],
  [
    'ec2:TerminateInstances',
    { instancesSet: { items: [{ instanceId: 'i-1' }, { instanceId: 'i-2' }, { instanceId: 'i-1' }] } },
    [
      `AWS::EC2::Instance i-1 arn:aws:ec2:eu-west-1:${ACCOUNT}:instance/i-1`,
      `AWS::EC2::Instance i-2 arn:aws:ec2:eu-west-1:${ACCOUNT}:instance/i-2`,
    ],
  ],
  [
    'ec2:ModifySnapshotAttribute',
    { snapshotId: 'snap-1', createVolumePermission: { add: { items: [{ group: 'all' }] } } },
    ['AWS::EC2::Snapshot snap-1 arn:aws:ec2:eu-west-1::snapshot/snap-1'],
  ],
  [
    'ec2:DeleteFlowLogs',
    { DeleteFlowLogsRequest: { FlowLogId: { tag: 1, content: 'fl-1' } } },
    ['AWS::EC2::FlowLog fl-1 -'],
  ],
  [
    'ec2:DeleteFlowLogs',
    {
      DeleteFlowLogsRequest: {
        FlowLogId: [
          { tag: 1, content: 'fl-1' },
          { tag: 2, content: 'fl-2' },
        ],
      },
    },
    ['AWS::EC2::FlowLog fl-1 -', 'AWS::EC2::FlowLog fl-2 -'],
  ],
  [
    'ecr:SetRepositoryPolicy',
    { repositoryName: 'team/app' },
    [`AWS::ECR::Repository team/app arn:aws:ecr:eu-west-1:${ACCOUNT}:repository/team/app`],
  ],
  [
    'es:UpdateDomainConfig',
    { domainName: 'search' },
    [`AWS::OpenSearchService::Domain search arn:aws:es:eu-west-1:${ACCOUNT}:domain/search`],
  ],
  [
    'guardduty:DeleteDetector',
    { detectorId: '12ab' },
    [`AWS::GuardDuty::Detector 12ab arn:aws:guardduty:eu-west-1:${ACCOUNT}:detector/12ab`],
  ],
  // The path of a user is part of its ARN, so the name alone doesn't give it.
  ['iam:CreateAccessKey', { userName: 'alice' }, ['AWS::IAM::User alice -']],
  [
    'iam:AttachUserPolicy',
    { userName: 'alice', policyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' },
    [
      'AWS::IAM::ManagedPolicy AdministratorAccess arn:aws:iam::aws:policy/AdministratorAccess',
      'AWS::IAM::User alice -',
    ],
  ],
  [
    'iam:AddUserToGroup',
    { userName: 'alice', groupName: 'admins' },
    ['AWS::IAM::Group admins -', 'AWS::IAM::User alice -'],
  ],
  [
    'kms:ScheduleKeyDeletion',
    { keyId: '1234abcd-12ab' },
    [`AWS::KMS::Key 1234abcd-12ab arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab`],
  ],
  [
    'kms:Decrypt',
    { keyId: 'alias/prod' },
    [`AWS::KMS::Alias alias/prod arn:aws:kms:eu-west-1:${ACCOUNT}:alias/prod`],
  ],
  [
    'kms:DisableKey',
    { keyId: `arn:aws:kms:eu-west-1:${ACCOUNT}:alias/prod` },
    [`AWS::KMS::Alias alias/prod arn:aws:kms:eu-west-1:${ACCOUNT}:alias/prod`],
  ],
  [
    'lambda:AddPermission20150331v2',
    { functionName: 'charge' },
    [`AWS::Lambda::Function charge arn:aws:lambda:eu-west-1:${ACCOUNT}:function:charge`],
  ],
  ['lambda:Invoke', { functionName: 'charge:prod' }, ['AWS::Lambda::Function charge:prod -']],
  [
    'logs:DeleteLogGroup',
    { logGroupName: '/app' },
    [`AWS::Logs::LogGroup /app arn:aws:logs:eu-west-1:${ACCOUNT}:log-group:/app`],
  ],
  [
    'rds:ModifyDBInstance',
    { dBInstanceIdentifier: 'billing' },
    [`AWS::RDS::DBInstance billing arn:aws:rds:eu-west-1:${ACCOUNT}:db:billing`],
  ],
  [
    'rds:ModifyDBSnapshotAttribute',
    { dBSnapshotIdentifier: 'nightly' },
    [`AWS::RDS::DBSnapshot nightly arn:aws:rds:eu-west-1:${ACCOUNT}:snapshot:nightly`],
  ],
  [
    'route53:ChangeResourceRecordSets',
    { hostedZoneId: 'Z1' },
    ['AWS::Route53::HostedZone Z1 arn:aws:route53:::hostedzone/Z1'],
  ],
  [
    'route53:DeleteHostedZone',
    { id: '/hostedzone/Z1' },
    ['AWS::Route53::HostedZone Z1 arn:aws:route53:::hostedzone/Z1'],
  ],
  [
    's3:PutBucketPolicy',
    { bucketName: 'invoices', Host: 'x' },
    ['AWS::S3::Bucket invoices arn:aws:s3:::invoices'],
  ],
  [
    's3:GetObject',
    { bucketName: 'invoices', key: '2026/a b:c.pdf' },
    [
      'AWS::S3::Object invoices/2026/a b:c.pdf arn:aws:s3:::invoices/2026/a b:c.pdf',
      'AWS::S3::Bucket invoices arn:aws:s3:::invoices',
    ],
  ],
  // Six random characters end a secret's ARN.
  ['secretsmanager:GetSecretValue', { secretId: 'prod/db' }, ['AWS::SecretsManager::Secret prod/db -']],
  [
    'secretsmanager:GetSecretValue',
    { secretId: `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:prod/db-a1B2c3` },
    [
      `AWS::SecretsManager::Secret prod/db-a1B2c3 arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:prod/db-a1B2c3`,
    ],
  ],
  [
    'sqs:SetQueueAttributes',
    { queueUrl: `https://sqs.eu-west-2.amazonaws.com/444455556666/jobs` },
    ['AWS::SQS::Queue jobs arn:aws:sqs:eu-west-2:444455556666:jobs'],
  ],
  [
    'sqs:SetQueueAttributes',
    { queueUrl: 'https://evil.example/444455556666/jobs' },
    ['AWS::SQS::Queue https://evil.example/444455556666/jobs -'],
  ],
  [
    'ssm:GetParameter',
    { name: '/prod/db' },
    [`AWS::SSM::Parameter /prod/db arn:aws:ssm:eu-west-1:${ACCOUNT}:parameter/prod/db`],
  ],
  [
    'ssm:GetParameters',
    { names: ['/a', 'b'] },
    [
      `AWS::SSM::Parameter /a arn:aws:ssm:eu-west-1:${ACCOUNT}:parameter/a`,
      `AWS::SSM::Parameter b arn:aws:ssm:eu-west-1:${ACCOUNT}:parameter/b`,
    ],
  ],
  ['ssm:ModifyDocumentPermission', { name: 'runbook' }, ['AWS::SSM::Document runbook -']],
  [
    'ssm:StartSession',
    { target: 'i-1' },
    [`AWS::EC2::Instance i-1 arn:aws:ec2:eu-west-1:${ACCOUNT}:instance/i-1`],
  ],
  ['ssm:StartSession', { target: 'mi-1' }, ['- mi-1 -']],
  [
    'sts:AssumeRole',
    { roleArn: 'arn:aws:iam::444455556666:role/ops/admin' },
    ['AWS::IAM::Role admin arn:aws:iam::444455556666:role/ops/admin'],
  ],
  ['made-up:TagResource', { resourceArn: 'arn:aws:made-up:::thing/x' }, ['- x arn:aws:made-up:::thing/x']],
  ['made-up:TagResource', { resourceArn: 'thing-x' }, []],
  ['made-up:DoSomething', { name: 'x' }, []],
];

describe('targets of a call', () => {
  it.each(calls)('%s of %j', (call, request, expected) => {
    const targets = targetsOf(call, request);
    expect(targets.map((target) => `${target.type ?? '-'} ${target.name} ${target.arn ?? '-'}`)).toEqual(
      expected,
    );
  });

  it('have no made-up ARN where account or region are missing or forged', () => {
    const request = { tableName: 'orders' };
    const place = { recipientAccountId: undefined };
    expect(targetsOf('dynamodb:DeleteTable', request, place)[0]?.arn).toBeUndefined();
    expect(
      targetsOf('dynamodb:DeleteTable', request, { awsRegion: 'eu:111122223333' })[0]?.arn,
    ).toBeUndefined();
    expect(
      targetsOf('dynamodb:DeleteTable', request, { recipientAccountId: 'ANONYMOUS_PRINCIPAL' })[0]?.arn,
    ).toBeUndefined();
  });

  it('lie in the partition of the region', () => {
    expect(targetsOf('s3:PutBucketPolicy', { bucketName: 'b' }, { awsRegion: 'us-gov-west-1' })[0]?.arn).toBe(
      'arn:aws-us-gov:s3:::b',
    );
  });

  it('leave masked values out', () => {
    for (const userName of ['HIDDEN_DUE_TO_SECURITY_REASONS', '***', '<sensitiveDataRemoved>', '']) {
      expect(targetsOf('iam:CreateUser', { userName })).toEqual([]);
    }
  });
});

describe('targets of an answer', () => {
  it('complete those of the request', () => {
    const role = { roleName: 'ops', arn: `arn:aws:iam::${ACCOUNT}:role/teams/ops` };
    expect(targetsOf('iam:CreateRole', { roleName: 'ops' }, { responseElements: { role } })).toEqual([
      { type: 'AWS::IAM::Role', name: 'ops', arn: role.arn, account: ACCOUNT },
    ]);
  });

  it('are found where the request names nothing', () => {
    const responseElements = { instancesSet: { items: [{ instanceId: 'i-9' }] } };
    const targets = targetsOf(
      'ec2:RunInstances',
      { instancesSet: { items: [{ imageId: 'ami-1' }] } },
      { responseElements },
    );
    expect(targets.map(({ name }) => name)).toEqual(['ami-1', 'i-9']);
    const accessKey = { accessKeyId: 'AKIAEXAMPLE', userName: 'alice' };
    expect(
      targetsOf('iam:CreateAccessKey', null, { responseElements: { accessKey } }).map(({ name }) => name),
    ).toEqual(['AKIAEXAMPLE', 'alice']);
  });
});

describe('targets that the record states', () => {
  it('come first, and the request names the same things no second time', () => {
    const resources = [
      { type: 'AWS::S3::Object', ARN: 'arn:aws:s3:::invoices/a.pdf' },
      { type: 'AWS::S3::Bucket', ARN: 'arn:aws:s3:::invoices', accountId: ACCOUNT },
    ];
    expect(targetsOf('s3:GetObject', { bucketName: 'invoices', key: 'a.pdf' }, { resources })).toEqual([
      {
        type: 'AWS::S3::Object',
        name: 'invoices/a.pdf',
        arn: 'arn:aws:s3:::invoices/a.pdf',
        account: undefined,
      },
      { type: 'AWS::S3::Bucket', name: 'invoices', arn: 'arn:aws:s3:::invoices', account: ACCOUNT },
    ]);
  });

  it('are known by `arn` in small letters and without a type', () => {
    expect(
      targetsOf('sts:AssumeRole', null, { resources: [{ arn: 'arn:aws:iam::444455556666:role/admin' }] }),
    ).toEqual([
      {
        type: 'AWS::IAM::Role',
        name: 'admin',
        arn: 'arn:aws:iam::444455556666:role/admin',
        account: '444455556666',
      },
    ]);
  });

  it('keep text that is no ARN as a name only', () => {
    expect(targetsOf('x:Y', null, { resources: [{ ARN: 'thing', type: 'AWS::X::Y' }] })).toEqual([
      { type: 'AWS::X::Y', name: 'thing', arn: undefined, account: undefined },
    ]);
  });

  it('take no prefix of a listing for a thing', () => {
    expect(
      targetsOf('x:Y', null, {
        resources: [{ ARNPrefix: 'arn:aws:s3:::invoices/', type: 'AWS::S3::Object' }],
      }),
    ).toEqual([]);
  });
});

describe('hostile targets', () => {
  it('are fifty at most', () => {
    const many = Array.from({ length: 5000 }, (_, index) => ({ instanceId: `i-${index}` }));
    expect(targetsOf('ec2:StopInstances', { instancesSet: { items: many } })).toHaveLength(50);
    const resources = many.map(({ instanceId }) => ({
      ARN: `arn:aws:ec2:eu-west-1:${ACCOUNT}:instance/${instanceId}`,
    }));
    expect(targetsOf('ec2:StopInstances', { instancesSet: { items: many } }, { resources })).toHaveLength(50);
  });

  it.each<[string, Json]>([
    ['a number', 7],
    ['a list', [{ instanceId: 'i-1' }]],
    ['lists of lists', { instancesSet: { items: [[[{ instanceId: 'i-1' }]]] } }],
    ['a name that is an object', { instanceId: { a: 1 } }],
    ['a wrapping that holds no object', { RunInstancesRequest: 'x' }],
  ])('name nothing when the request is %s', (_, request) => {
    expect(targetsOf('ec2:StopInstances', request)).toEqual([]);
  });

  it('survive nesting without end', () => {
    const deep = JSON.parse(`{"instanceId":${'['.repeat(200_000)}"i-1"${']'.repeat(200_000)}}`) as JsonObject;
    expect(targetsOf('ec2:StopInstances', deep)).toEqual([]);
  });
});
