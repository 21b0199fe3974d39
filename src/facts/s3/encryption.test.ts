import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import type { JsonObject } from '../../event/json.ts';
import type { Known } from '../known.ts';
import { nothingKnown } from '../known.ts';
import { denied } from '../testing/cloudtrail.ts';
import { onInvoices as call, spoken } from '../testing/spoken.ts';

const fields = {
  encryption: ['method', 'change', 'applies', 'key_holder', 'key_account', 'in_place'],
  protection: ['kind', 'change', 'lost'],
};
const foreignKey = 'arn:aws:kms:eu-west-1:444455556666:key/9f1c';
const ownKey = 'arn:aws:kms:eu-west-1:111122223333:key/9f1c';
const customer = 'x-amz-server-side-encryption-customer-algorithm';
const keyId = 'x-amz-server-side-encryption-aws-kms-key-id';
const known: Known = { ...nothingKnown, accounts: { '444455556666': { relation: 'own' } } };

const byDefault = (rule: JsonObject, more?: JsonObject): Event =>
  call('PutBucketEncryption', { encryption: '', ServerSideEncryptionConfiguration: { Rule: rule } }, more);
const kms = (key: string | undefined): JsonObject => ({
  ApplyServerSideEncryptionByDefault: {
    SSEAlgorithm: 'aws:kms',
    ...(key === undefined ? {} : { KMSMasterKeyID: key }),
  },
});
const put = (request: JsonObject, action = 'PutObject'): Event =>
  call(action, { key: 'q1 report.pdf', 'x-amz-server-side-encryption': 'aws:kms', ...request });

type Case = readonly [name: string, event: Event, expected: readonly string[], known?: Known];

const cases: readonly Case[] = [
  [
    "a default key of a stranger's",
    byDefault(kms(foreignKey)),
    [
      'encryption kms set default external-account 444455556666: new objects of bucket `invoices` are now encrypted with the KMS key `arn:aws:kms:eu-west-1:444455556666:key/9f1c` of the outside AWS account 444455556666, who can take it away',
      'protection encryption weakened key-control: who can read new objects of bucket `invoices` is now up to the outside AWS account 444455556666, which holds the key',
    ],
  ],
  [
    'a default key of another account of one’s own',
    byDefault(kms(foreignKey)),
    [
      'encryption kms set default known-account 444455556666: new objects of bucket `invoices` are now encrypted with the KMS key `arn:aws:kms:eu-west-1:444455556666:key/9f1c` of the known AWS account 444455556666',
      'protection encryption restored: new objects of bucket `invoices` are encrypted with a KMS key, whose policy says who may use it',
    ],
    known,
  ],
  [
    'a default key of the own account',
    byDefault(kms(ownKey)),
    [
      'encryption kms set default own-account 111122223333: new objects of bucket `invoices` are now encrypted with the KMS key `arn:aws:kms:eu-west-1:111122223333:key/9f1c` of its own account',
      'protection encryption restored: new objects of bucket `invoices` are encrypted with a KMS key, whose policy says who may use it',
    ],
  ],
  [
    'a default key without a name: the one that AWS manages',
    byDefault(kms(undefined)),
    [
      'encryption kms set default aws: new objects of bucket `invoices` are now encrypted with the KMS key that AWS manages for S3 in the account',
      'protection encryption restored: new objects of bucket `invoices` are encrypted with a KMS key, whose policy says who may use it',
    ],
  ],
  [
    'what every bucket has anyway',
    byDefault({ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }),
    [
      'encryption aws-key set default aws: new objects of bucket `invoices` are now encrypted with a key of S3 itself (`AES256`), which everyone who may read them can use',
      'protection encryption restored: bucket `invoices` has the encryption that every bucket has (`AES256`)',
    ],
  ],
  [
    'the default is deleted',
    call('DeleteBucketEncryption', { encryption: '' }),
    [
      'protection encryption weakened: bucket `invoices` has no encryption of its own any more: new objects are encrypted with a key of S3 itself (SSE-S3), which everyone who may read them can use',
    ],
  ],
  [
    "customers' own keys are let in",
    byDefault({ BlockedEncryptionTypes: { EncryptionType: 'NONE' } }),
    [
      'protection customer-key-block removed: bucket `invoices` takes objects that are encrypted with a key that only the caller has (SSE-C): without it nobody can read them',
    ],
  ],
  [
    "customers' own keys are refused",
    byDefault({ BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] } }),
    [
      'protection customer-key-block restored: bucket `invoices` refuses objects that are encrypted with a key that only the caller has (SSE-C)',
    ],
  ],
  [
    'a refused default',
    byDefault(kms(foreignKey), denied),
    [
      'encryption kms unchanged default external-account 444455556666 attempted: tried this, but the call failed (`AccessDenied`): new objects of bucket `invoices` are now encrypted with the KMS key `arn:aws:kms:eu-west-1:444455556666:key/9f1c` of the outside AWS account 444455556666, who can take it away',
      'protection encryption unchanged key-control attempted: tried this, but the call failed (`AccessDenied`): who can read new objects of bucket `invoices` is now up to the outside AWS account 444455556666, which holds the key',
    ],
  ],
  [
    'a record without the default',
    call('PutBucketEncryption', { encryption: '' }),
    [
      'protection encryption unknown: encryption of bucket `invoices` was set, but what to cannot be read from the record',
    ],
  ],
  [
    'an object copied over itself with a key that only the caller has',
    put({ 'x-amz-copy-source': '/invoices/q1%20report.pdf', [customer]: 'AES256' }, 'CopyObject'),
    [
      'encryption customer-key set object caller in_place: object `invoices/q1 report.pdf` was written anew over itself, encrypted with a key that only the caller has (SSE-C): without it nobody can read it again',
    ],
  ],
  [
    'an object written with a key that only the caller has',
    put({ [customer]: ['AES256'] }),
    [
      'encryption customer-key set object caller: object `invoices/q1 report.pdf` was written encrypted with a key that only the caller has (SSE-C): without it nobody can read it again',
    ],
  ],
  [
    'an object copied from elsewhere, out of a customer’s key into none',
    put(
      {
        'x-amz-copy-source': 'drafts/q1 report.pdf',
        'x-amz-copy-source-server-side-encryption-customer-algorithm': 'AES256',
      },
      'CopyObject',
    ),
    [],
  ],
  [
    "an object copied over itself with a stranger's key",
    put({ 'x-amz-copy-source': 'invoices/q1+report.pdf?versionId=v1', [keyId]: foreignKey }, 'CopyObject'),
    [
      'encryption kms set object external-account 444455556666 in_place: object `invoices/q1 report.pdf` was written anew over itself, encrypted with the KMS key `arn:aws:kms:eu-west-1:444455556666:key/9f1c` of the outside AWS account 444455556666, who can take it away',
    ],
  ],
  ['an object written with a key of the own account, by its id', put({ [keyId]: '9f1c' }), []],
  ['an object written with the key that AWS manages', put({ [keyId]: 'alias/aws/s3' }), []],
  ['an object written as the bucket has it', put({}), []],
  [
    "an object whose key is changed to a stranger's without writing it again",
    call('UpdateObjectEncryption', {
      key: 'a.pdf',
      ObjectEncryption: { 'SSE-KMS': { KMSKeyArn: foreignKey } },
    }),
    [
      'encryption kms set object external-account 444455556666 in_place: object `invoices/a.pdf` was written anew over itself, encrypted with the KMS key `arn:aws:kms:eu-west-1:444455556666:key/9f1c` of the outside AWS account 444455556666, who can take it away',
    ],
  ],
];

const withKnown = ([name, event, expected, known = nothingKnown]: Case): readonly [
  string,
  Event,
  readonly string[],
  Known,
] => [name, event, expected, known];

describe('who holds the key of what is in a bucket', () => {
  it.each(cases.map(withKnown))('%s', (_name, event, expected, as) => {
    expect(spoken(event, fields, as)).toEqual(expected);
  });

  it('takes a key id without an account for one of the caller, who may be a stranger to the bucket', () => {
    const resources = [{ accountId: '444455556666', type: 'AWS::S3::Bucket', ARN: 'arn:aws:s3:::invoices' }];
    const event = call('PutObject', { key: 'a.pdf', [keyId]: '9f1c' }, { resources });
    expect(spoken(event, fields)).toEqual([
      'encryption kms set object external-account 111122223333: object `invoices/a.pdf` was written encrypted with the KMS key `9f1c` of the outside AWS account 111122223333, who can take it away',
    ]);
  });
});
