import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { callOf } from '../testing/call.ts';
import { lines, own, policy, stranger } from '../testing/resource-policy.ts';
import type { Case } from '../testing/resource-policy.ts';

const keyPolicy = (document: Json, more?: JsonObject): Event =>
  callOf('kms', 'PutKeyPolicy', { keyId: '1234abcd', policyName: 'default', policy: document }, more);
const grant = (granteePrincipal: string): Event =>
  callOf('kms', 'CreateGrant', {
    keyId: '1234abcd',
    granteePrincipal,
    operations: ['Decrypt', 'CreateGrant'],
  });

const keys: readonly Case[] = [
  [
    'a key for a stranger beside the owner',
    keyPolicy(policy({ AWS: [own, stranger] }, 'kms:*')),
    [
      'external-account opened exposed: the outside AWS account 444455556666 can now do everything with KMS key `1234abcd`',
    ],
  ],
  [
    'a key for everyone',
    keyPolicy(policy('*', 'kms:Decrypt')),
    ['any-aws-account opened exposed: anyone with an AWS account can now decrypt with KMS key `1234abcd`'],
  ],
  [
    "a key for everyone of the owner's account, through a service",
    keyPolicy(
      policy({ AWS: '*' }, ['kms:Decrypt', 'kms:GenerateDataKey'], {
        Condition: {
          StringEquals: {
            'kms:CallerAccount': '111122223333',
            'kms:ViaService': 's3.eu-west-1.amazonaws.com',
          },
        },
      }),
    ),
    [
      'own-account closed none: the policy of KMS key `1234abcd` now lets in nobody outside account 111122223333',
    ],
  ],
  [
    'a key by its ARN belongs to the account in there',
    callOf('kms', 'PutKeyPolicy', {
      keyId: 'arn:aws:kms:eu-west-1:444455556666:key/1234abcd',
      policyName: 'default',
      policy: policy({ AWS: stranger }, 'kms:*'),
    }),
    [
      'own-account closed none: the policy of KMS key `1234abcd` now lets in nobody outside account 444455556666',
    ],
  ],
  [
    'a key policy that is no JSON',
    keyPolicy('{'),
    [
      'unknown unknown unknown: the policy of KMS key `1234abcd` cannot be read: the policy is not a JSON object',
    ],
  ],
  [
    "a grant to a stranger's role",
    grant('arn:aws:iam::444455556666:role/etl'),
    [
      'external-account opened exposed: `arn:aws:iam::444455556666:role/etl` of the outside AWS account 444455556666 can now decrypt with and change the permissions of KMS key `1234abcd`',
    ],
  ],
  ['a grant to an own role says nothing', grant('arn:aws:iam::111122223333:role/etl'), []],
  ['a grant to a service says nothing', grant('ebs.eu-west-1.amazonaws.com'), []],
  [
    'a secret for everyone',
    callOf('secretsmanager', 'PutResourcePolicy', {
      secretId: 'billing/db',
      resourcePolicy: policy('*', 'secretsmanager:GetSecretValue'),
      blockPublicPolicy: false,
    }),
    ['any-aws-account opened exposed: anyone with an AWS account can now read secret `billing/db`'],
  ],
  [
    'a secret whose policy the record does not hold',
    callOf('secretsmanager', 'PutResourcePolicy', { secretId: 'billing/db' }),
    [
      'unknown unknown unknown: the policy of secret `billing/db` cannot be read: the policy is not a JSON object',
    ],
  ],
  [
    'a certificate authority for a stranger',
    callOf('acm-pca', 'PutPolicy', {
      resourceArn: 'arn:aws:acm-pca:eu-west-1:111122223333:certificate-authority/1',
      policy: policy({ AWS: stranger }, 'acm-pca:IssueCertificate'),
    }),
    [
      'external-account opened exposed: the outside AWS account 444455556666 can now write certificate authority `1`',
    ],
  ],
];

const stores: readonly Case[] = [
  [
    'a container repository for everyone, in a policy without a Resource',
    callOf('ecr', 'SetRepositoryPolicy', {
      repositoryName: 'api',
      policyText: JSON.stringify({
        Statement: [{ Effect: 'Allow', Principal: '*', Action: ['ecr:BatchGetImage', 'ecr:PutImage'] }],
      }),
    }),
    [
      'any-aws-account opened exposed: anyone with an AWS account can now pull images from and push images to or change container repository `api`',
    ],
  ],
  [
    'a registry for a stranger',
    callOf('ecr', 'PutRegistryPolicy', {
      policyText: policy({ AWS: stranger }, ['ecr:ReplicateImage', 'ecr:CreateRepository']),
    }),
    [
      'external-account opened exposed: the outside AWS account 444455556666 can now replicate or push images to container registry `111122223333`',
    ],
  ],
  [
    'a file system for everyone lets in whom its mount targets let in',
    callOf('elasticfilesystem', 'PutFileSystemPolicy', {
      fileSystemId: 'fs-1',
      policy: policy({ AWS: '*' }, ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite']),
    }),
    [
      'public opened unknown: the file system policy now lets anyone on the internet mount and read and write file system `fs-1`',
    ],
  ],
  [
    'a file system without a policy is open to its network',
    callOf('elasticfilesystem', 'DeleteFileSystemPolicy', { fileSystemId: 'fs-1' }),
    [
      'network opened unknown: without its policy, the service now lets anyone who calls from certain networks do everything with file system `fs-1`',
    ],
  ],
  [
    'an archive vault, whose policy is in an object',
    callOf('glacier', 'SetVaultAccessPolicy', {
      accountId: '-',
      vaultName: 'tapes',
      policy: { policy: policy({ AWS: stranger }, 'glacier:InitiateJob') },
    }),
    [
      'external-account opened exposed: the outside AWS account 444455556666 can now read archive vault `tapes`',
    ],
  ],
  [
    'a backup vault for a stranger',
    callOf('backup', 'PutBackupVaultAccessPolicy', {
      backupVaultName: 'nightly',
      policy: policy({ AWS: stranger }, 'backup:CopyFromBackupVault'),
    }),
    [
      'external-account opened exposed: the outside AWS account 444455556666 can now restore or copy backups of backup vault `nightly`',
    ],
  ],
  [
    'a search domain for everyone may lie in a VPC',
    callOf('es', 'UpdateElasticsearchDomainConfig', {
      domainName: 'logs',
      accessPolicies: policy({ AWS: '*' }, 'es:*', {
        Resource: 'arn:aws:es:eu-west-1:111122223333:domain/logs/*',
      }),
    }),
    [
      'public opened unknown: the access policy now lets anyone on the internet do everything with search domain `logs`',
    ],
  ],
  [
    'a new search domain for everyone, outside a VPC and without users of its own',
    callOf('es', 'CreateDomain', {
      domainName: 'logs',
      accessPolicies: policy({ AWS: '*' }, 'es:ESHttp*'),
      advancedSecurityOptions: { enabled: false },
    }),
    ['public opened exposed: anyone on the internet can now read, write and delete search domain `logs`'],
  ],
  [
    'another setting of a search domain',
    callOf('es', 'UpdateDomainConfig', { domainName: 'logs', clusterConfig: {} }),
    [],
  ],
  [
    'a table for a stranger',
    callOf('dynamodb', 'PutResourcePolicy', {
      resourceArn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders',
      policy: policy({ AWS: stranger }, ['dynamodb:GetItem', 'dynamodb:Scan']),
    }),
    ['external-account opened exposed: the outside AWS account 444455556666 can now read table `orders`'],
  ],
  [
    'a REST API for everyone, whose quotes are escaped once more',
    callOf('apigateway', 'UpdateRestApi', {
      restApiId: 'abc123',
      updateRestApiInput: {
        patchOperations: [
          {
            op: 'replace',
            path: '/policy',
            value:
              '{\\"Statement\\":[{\\"Effect\\":\\"Allow\\",\\"Principal\\":\\"*\\",\\"Action\\":\\"execute-api:Invoke\\",\\"Resource\\":\\"execute-api:\\/*\\"}]}',
          },
        ],
      },
    }),
    ['public opened unknown: the policy now lets anyone on the internet call REST API `abc123`'],
  ],
  [
    'another setting of a REST API',
    callOf('apigateway', 'UpdateRestApi', {
      restApiId: 'abc123',
      patchOperations: [{ op: 'replace', path: '/name', value: 'x' }],
    }),
    [],
  ],
  [
    'a REST API that loses its policy',
    callOf('apigateway', 'UpdateRestApi', {
      restApiId: 'abc123',
      patchOperations: [{ op: 'remove', path: '/policy' }],
    }),
    [
      'public opened unknown: without its policy, the service now lets anyone on the internet call REST API `abc123`',
    ],
  ],
  [
    'a mail identity for a stranger',
    callOf('ses', 'PutIdentityPolicy', {
      identity: 'example.com',
      policyName: 'p',
      policy: policy({ AWS: stranger }, 'ses:SendEmail'),
    }),
    [
      'external-account opened exposed: the outside AWS account 444455556666 can now send mail as mail identity `example.com`',
    ],
  ],
  [
    'logs for a service that acts for anybody',
    callOf('logs', 'PutResourcePolicy', {
      policyName: 'dns',
      policyDocument: policy({ Service: 'route53.amazonaws.com' }, 'logs:PutLogEvents'),
    }),
    [
      'service opened unknown: the policy now lets the AWS service `route53.amazonaws.com` write the logs under resource policy `dns`',
    ],
  ],
  [
    'an application of the serverless repository for everyone, in statements of its own shape',
    callOf('serverlessrepo', 'PutApplicationPolicy', {
      applicationId: 'arn:aws:serverlessrepo:eu-west-1:111122223333:applications/tool',
      statements: [{ actions: ['Deploy'], principals: ['*'] }],
    }),
    ['any-aws-account opened exposed: anyone with an AWS account can now write application `tool`'],
  ],
  [
    'an organisation whose management is delegated',
    callOf('organizations', 'PutResourcePolicy', {
      content: policy({ AWS: stranger }, 'organizations:AttachPolicy'),
    }),
    [
      'external-account opened exposed: the outside AWS account 444455556666 can now change the policies of organisation `111122223333`',
    ],
  ],
];

describe('a policy of', () => {
  it.each([...keys, ...stores])('%s', (_name, event, expected) => {
    expect(lines(event)).toEqual(expected);
  });
});
