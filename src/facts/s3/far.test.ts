import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import type { JsonObject } from '../../event/json.ts';
import { factsOf } from '../table.ts';
import { denied, s3Call } from '../testing/cloudtrail.ts';
import { spoken } from '../testing/spoken.ts';

const fields = {
  encryption: ['method', 'key_holder', 'key_account', 'in_place'],
  exposure: ['audience', 'verdict'],
  protection: ['kind', 'change', 'scope'],
  transfer: ['kind', 'change', 'whose', 'accounts'],
};
const stranger = '444455556666';

const job = (operation: JsonObject, more: JsonObject = {}): Event =>
  s3Call(
    'CreateJob',
    {
      accountId: '111122223333',
      CreateJobRequest: {
        ClientRequestToken: 't',
        ManifestGenerator: { S3JobManifestGenerator: { SourceBucket: 'arn:aws:s3:::invoices' } },
        Operation: operation,
        ...more,
      },
    },
    { responseElements: { jobId: 'j-1' } },
  );
const written = (action: string, request: JsonObject, bucketOwner: string, more: JsonObject = {}): Event =>
  s3Call(
    action,
    { bucketName: 'elsewhere', key: 'a.zip', ...request },
    {
      resources: [
        { type: 'AWS::S3::Object', ARN: 'arn:aws:s3:::elsewhere/a.zip' },
        { type: 'AWS::S3::Bucket', ARN: 'arn:aws:s3:::elsewhere', accountId: bucketOwner },
      ],
      ...more,
    },
  );
const organisation = (action: string, request: JsonObject, more: JsonObject = {}): Event =>
  s3Call(action, request, { eventSource: 'organizations.amazonaws.com', ...more });
const content = (value: string): string =>
  JSON.stringify({ s3_attributes: { public_access_block_configuration: { '@@assign': value } } });

const cases: readonly (readonly [name: string, event: Event, expected: readonly string[]])[] = [
  [
    "a job copies objects to a bucket behind a stranger's access point",
    job({ S3PutObjectCopy: { TargetResource: `arn:aws:s3:eu-west-1:${stranger}:accesspoint/in` } }),
    [
      'transfer batch-copy started external-account 444455556666: objects of `invoices` are copied by a job to `arn:aws:s3:eu-west-1:444455556666:accesspoint/in` of the outside AWS account 444455556666',
    ],
  ],
  [
    'a job copies objects to a bucket by its name, making the copies public',
    job({
      S3PutObjectCopy: { TargetResource: 'arn:aws:s3:::elsewhere', CannedAccessControlList: 'public-read' },
    }),
    [
      'transfer batch-copy started unknown: objects of `invoices` are copied by a job to `elsewhere` of an account that the event does not name',
      'exposure public unknown: the ACL that a batch job sets now lets anyone on the internet read objects of `invoices`',
    ],
  ],
  [
    "a job copies objects over themselves with a stranger's key",
    job({
      S3PutObjectCopy: {
        TargetResource: 'arn:aws:s3:::invoices',
        SSEAwsKmsKeyId: `arn:aws:kms:eu-west-1:${stranger}:key/k`,
      },
    }),
    [
      'transfer batch-copy started unknown: objects of `invoices` are copied by a job to `invoices` of an account that the event does not name',
      'encryption kms external-account 444455556666: objects of `invoices` are encrypted by a job with the KMS key `arn:aws:kms:eu-west-1:444455556666:key/k` of the outside AWS account 444455556666, who can take it away',
    ],
  ],
  [
    "a job changes the key of objects to a stranger's",
    job({
      S3UpdateObjectEncryption: {
        ObjectEncryption: { 'SSE-KMS': { KMSKeyArn: `arn:aws:kms:eu-west-1:${stranger}:key/k` } },
      },
    }),
    [
      'encryption kms external-account 444455556666 in_place: objects of `invoices` are encrypted by a job with the KMS key `arn:aws:kms:eu-west-1:444455556666:key/k` of the outside AWS account 444455556666, who can take it away',
    ],
  ],
  [
    "a job hands objects to a stranger's function and reports to a bucket",
    job(
      { LambdaInvoke: { FunctionArn: `arn:aws:lambda:eu-west-1:${stranger}:function:f` } },
      { Report: { Bucket: 'arn:aws:s3:::reports', Enabled: true } },
    ),
    [
      'transfer transformation started external-account 444455556666: objects of `invoices` are handed by a job to `arn:aws:lambda:eu-west-1:444455556666:function:f` of the outside AWS account 444455556666',
      'transfer batch-report started unknown: the report on what a job did to objects of `invoices` goes to `reports` of an account that the event does not name',
    ],
  ],
  [
    'a job opens objects to everyone',
    job({ S3PutObjectAcl: { AccessControlPolicy: { CannedAccessControlList: 'public-read' } } }),
    [
      'exposure public unknown: the ACL that a batch job sets now lets anyone on the internet read objects of `invoices`',
    ],
  ],
  [
    'a job sets private ACLs',
    job({ S3PutObjectAcl: { AccessControlPolicy: { CannedAccessControlList: 'private' } } }),
    [],
  ],
  [
    'a job lifts legal holds and goes past retentions',
    job({
      S3PutObjectLegalHold: { LegalHold: { Status: 'OFF' } },
      S3PutObjectRetention: { BypassGovernanceRetention: true, Retention: '' },
    }),
    [
      'protection legal-hold removed resource: the legal hold on objects of `invoices` is lifted by a job: nothing but a retention keeps them any more',
      'protection retention weakened resource: the retention of objects of `invoices` is changed by a job past governance mode',
    ],
  ],
  ['a job that computes checksums', job({ S3ComputeObjectChecksum: { ChecksumAlgorithm: 'SHA256' } }), []],
  ['a job without an operation', s3Call('CreateJob', { accountId: '111122223333' }), []],
  [
    "an object written into a stranger's bucket",
    written('PutObject', {}, stranger),
    [
      'transfer upload started external-account 444455556666: `elsewhere/a.zip` was written to `elsewhere` of the outside AWS account 444455556666',
    ],
  ],
  [
    "an object copied into a stranger's bucket",
    written('CopyObject', { 'x-amz-copy-source': 'invoices/a.zip' }, stranger),
    [
      'transfer object-copy started external-account 444455556666: a copy of `invoices/a.zip` was written to `elsewhere` of the outside AWS account 444455556666',
    ],
  ],
  ['an object written into an own bucket', written('PutObject', {}, '111122223333'), []],
  [
    'an object written into an own bucket by a stranger',
    written('PutObject', {}, '111122223333', {
      userIdentity: { type: 'AWSAccount', accountId: stranger, principalId: 'AIDAEXAMPLE' },
    }),
    [],
  ],
  [
    "a refused write into a stranger's bucket",
    written('PutObject', {}, stranger, denied),
    [
      'transfer upload unchanged external-account 444455556666 attempted: tried this, but the call failed (`AccessDenied`): `elsewhere/a.zip` was written to `elsewhere` of the outside AWS account 444455556666',
    ],
  ],
  [
    "figures about all buckets go to a stranger's bucket",
    s3Call('PutStorageLensConfiguration', {
      storagelensid: 'all',
      PutStorageLensConfigurationRequest: {
        StorageLensConfiguration: {
          IsEnabled: true,
          DataExport: { S3BucketDestination: { AccountId: stranger, Arn: 'arn:aws:s3:::elsewhere' } },
        },
      },
    }),
    [
      'transfer usage-export started external-account 444455556666: figures about every bucket that Storage Lens `all` looks at are now delivered to `elsewhere` of the outside AWS account 444455556666',
    ],
  ],
  [
    'figures about all buckets stay where they are made',
    s3Call('PutStorageLensConfiguration', {
      storagelensid: 'all',
      PutStorageLensConfigurationRequest: { StorageLensConfiguration: { IsEnabled: true } },
    }),
    ['transfer usage-export stopped unknown: figures of Storage Lens `all` are delivered to no bucket'],
  ],
  [
    "an object written through an access point, with a stranger's key",
    s3Call('PutObject', {
      bucketName: 'arn:aws:s3:eu-west-1:111122223333:accesspoint/finance',
      key: 'a.pdf',
      'x-amz-server-side-encryption-aws-kms-key-id': `arn:aws:kms:eu-west-1:${stranger}:key/k`,
    }),
    [
      'encryption kms external-account 444455556666: object `arn:aws:s3:eu-west-1:111122223333:accesspoint/finance/a.pdf` was written encrypted with the KMS key `arn:aws:kms:eu-west-1:444455556666:key/k` of the outside AWS account 444455556666, who can take it away',
    ],
  ],
  [
    "the organisation's policy switches Block Public Access off",
    organisation(
      'UpdatePolicy',
      { policyId: 'p-1', content: content('none') },
      { responseElements: { policy: { policySummary: { id: 'p-1', type: 'S3_POLICY' } } } },
    ),
    [
      "protection block-public-access removed organisation: the organisation's S3 policy `p-1` switches Block Public Access off where it is attached",
    ],
  ],
  [
    "the organisation's policy switches it on",
    organisation('CreatePolicy', { name: 'closed', type: 'S3_POLICY', content: content('all') }),
    [
      "protection block-public-access restored organisation: the organisation's S3 policy `closed` switches Block Public Access fully on where it is attached",
    ],
  ],
  [
    "the organisation's policy says something else",
    organisation('CreatePolicy', { name: 'odd', type: 'S3_POLICY', content: content('some') }),
    [
      "protection block-public-access unknown organisation: what the organisation's S3 policy `odd` does to Block Public Access cannot be read",
    ],
  ],
  [
    'S3 policies are switched off altogether',
    organisation('DisablePolicyType', { rootId: 'r-1', policyType: 'S3_POLICY' }),
    [
      "protection block-public-access removed organisation: the organisation's S3 policies have no effect any more in `r-1`: Block Public Access is up to each account",
    ],
  ],
];

describe('what S3 does far from one bucket', () => {
  it.each(cases)('%s', (_name, event, expected) => {
    // What else a change of the organisation's policies means is another's to say.
    const ours = spoken(event, fields).filter((line) => !line.startsWith('protection organisation-policy'));
    expect(ours).toEqual(expected);
  });

  it('leaves policies of the organisation alone that are about something else', () => {
    const event = organisation('CreatePolicy', {
      name: 'x',
      type: 'SERVICE_CONTROL_POLICY',
      content: content('none'),
    });
    const about = factsOf(event).filter(({ fields: held }) => held['kind'] === 'block-public-access');
    expect(about).toEqual([]);
  });
});
