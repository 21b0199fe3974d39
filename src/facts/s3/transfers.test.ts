import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import type { Known } from '../known.ts';
import { nothingKnown } from '../known.ts';
import { factsOf } from '../table.ts';
import { denied } from '../testing/cloudtrail.ts';
import { onInvoices as call, spoken } from '../testing/spoken.ts';

const fields = {
  transfer: ['kind', 'change', 'whose', 'accounts', 'gives_ownership'],
  exposure: ['audience', 'verdict'],
  protection: ['kind', 'change'],
};
const trusting: Known = { ...nothingKnown, accounts: { '444455556666': { relation: 'trusted' } } };
const stranger = '444455556666';

type Case = readonly [name: string, event: Event, expected: readonly string[], known?: Known];

const replication = (rule: Json, more?: JsonObject): Event =>
  call(
    'PutBucketReplication',
    {
      replication: '',
      ReplicationConfiguration: { Role: 'arn:aws:iam::111122223333:role/replicate', Rule: rule },
    },
    more,
  );
const to = (destination: JsonObject, more: JsonObject = {}): JsonObject => ({
  Status: 'Enabled',
  Destination: { Bucket: 'arn:aws:s3:::elsewhere', ...destination },
  ...more,
});
const notification = (configuration: Json): Event =>
  call('PutBucketNotification', { notification: '', NotificationConfiguration: configuration });

const cases: readonly Case[] = [
  [
    'replication to another account, which becomes the owner',
    replication(to({ Account: stranger, AccessControlTranslation: { Owner: 'Destination' } })),
    [
      'transfer replication started external-account 444455556666 gives_ownership: objects of bucket `invoices` are now copied by themselves to `elsewhere` of the outside AWS account 444455556666, to whom the copies then belong',
    ],
  ],
  [
    'replication to an account whose id JSON made a number, its zero lost',
    replication(to({ Account: 44455556666 })),
    [
      'transfer replication started external-account 044455556666: objects of bucket `invoices` are now copied by themselves to `elsewhere` of the outside AWS account 044455556666',
    ],
  ],
  [
    'replication to an account that is trusted',
    replication(to({ Account: stranger })),
    [
      'transfer replication started known-account 444455556666: objects of bucket `invoices` are now copied by themselves to `elsewhere` of the known AWS account 444455556666',
    ],
    trusting,
  ],
  [
    'replication within the account, of a prefix that JSON made a number',
    replication(to({ Account: '111122223333' }, { Filter: { Prefix: 2024 } })),
    [
      'transfer replication started own-account: objects of bucket `invoices` are now copied by themselves (what is under `2024`) to `elsewhere` of its own account',
    ],
  ],
  [
    'replication to a bucket of nobody knows whom',
    replication(to({})),
    [
      'transfer replication started unknown: objects of bucket `invoices` are now copied by themselves to `elsewhere` of an account that the event does not name',
    ],
  ],
  [
    "replication whose key betrays the destination's account",
    replication(
      to({ EncryptionConfiguration: { ReplicaKmsKeyID: `arn:aws:kms:eu-west-1:${stranger}:key/k` } }),
    ),
    [
      'transfer replication started external-account 444455556666: objects of bucket `invoices` are now copied by themselves to `elsewhere` of the outside AWS account 444455556666',
    ],
  ],
  [
    'two rules, to a stranger and to the own account: the stranger first',
    replication([to({ Account: '111122223333' }), to({ Account: stranger }, { Prefix: 'a/' })]),
    [
      'transfer replication started external-account 444455556666: objects of bucket `invoices` are now copied by themselves (what is under `a/`) to `elsewhere` of the outside AWS account 444455556666',
      'transfer replication started own-account: objects of bucket `invoices` are now copied by themselves to `elsewhere` of its own account',
    ],
  ],
  [
    'replication to a stranger that is switched off',
    replication({ ...to({ Account: stranger }), Status: 'Disabled' }),
    [
      'transfer replication stopped unknown: objects of bucket `invoices` go nowhere by replication any more',
      'protection replication removed: no replication rule of bucket `invoices` is on: new objects are copied nowhere',
    ],
  ],
  [
    'a refused replication',
    replication(to({ Account: stranger }), denied),
    [
      'transfer replication unchanged external-account 444455556666 attempted: tried this, but the call failed (`AccessDenied`): objects of bucket `invoices` are now copied by themselves to `elsewhere` of the outside AWS account 444455556666',
    ],
  ],
  [
    'replication without its configuration',
    call('PutBucketReplication', { replication: '' }),
    [
      'transfer replication unknown unknown: replication of bucket `invoices` was set, but where to cannot be read from the record',
    ],
  ],
  [
    'replication is deleted',
    call('DeleteBucketReplication', { replication: '' }),
    [
      'transfer replication stopped unknown: objects of bucket `invoices` go nowhere by replication any more',
      'protection replication removed: replication of bucket `invoices` is deleted: new objects are copied nowhere',
    ],
  ],
  [
    'access logs go to a bucket of the account, as S3 wants it',
    call('PutBucketLogging', {
      BucketLoggingStatus: { LoggingEnabled: { TargetBucket: 'logs', TargetPrefix: 'a/' } },
    }),
    [
      'protection access-logging restored: accesses of bucket `invoices` are logged to bucket `logs`',
      'transfer access-logs started own-account: access logs of bucket `invoices` now go to `logs` of its own account',
    ],
  ],
  [
    'access logs are opened to everyone',
    call('PutBucketLogging', {
      BucketLoggingStatus: {
        LoggingEnabled: {
          TargetBucket: 'logs',
          TargetPrefix: '',
          TargetGrants: {
            Grant: {
              Grantee: { 'xsi:type': 'Group', URI: 'http://acs.amazonaws.com/groups/global/AllUsers' },
              Permission: 'READ',
            },
          },
        },
      },
    }),
    [
      'protection access-logging restored: accesses of bucket `invoices` are logged to bucket `logs`',
      'transfer access-logs started own-account: access logs of bucket `invoices` now go to `logs` of its own account',
      'exposure public unknown: the ACL of every new access log now lets anyone on the internet read the access logs of bucket `invoices`',
    ],
  ],
  [
    "an inventory goes to a stranger's bucket",
    call('PutBucketInventoryConfiguration', {
      id: 'all',
      inventory: '',
      InventoryConfiguration: {
        IsEnabled: true,
        Destination: { S3BucketDestination: { AccountId: stranger, Bucket: 'arn:aws:s3:::elsewhere' } },
      },
    }),
    [
      'transfer inventory started external-account 444455556666: a list of the objects in bucket `invoices` is now delivered to `elsewhere` of the outside AWS account 444455556666',
    ],
  ],
  [
    'an inventory that is switched off',
    call('PutInventoryConfiguration', {
      InventoryConfiguration: {
        IsEnabled: false,
        Destination: { S3BucketDestination: { AccountId: stranger, Bucket: 'arn:aws:s3:::elsewhere' } },
      },
    }),
    ['transfer inventory stopped unknown: an inventory of bucket `invoices` is delivered nowhere'],
  ],
  [
    'an inventory is deleted',
    call('DeleteBucketInventoryConfiguration', { id: 'all' }),
    ['transfer inventory stopped unknown: an inventory of bucket `invoices` is deleted'],
  ],
  [
    'an analysis goes to a stranger, by the name that CloudTrail has for it',
    call('PutAnalyticsConfiguration', {
      AnalyticsConfiguration: {
        StorageClassAnalysis: {
          DataExport: {
            Destination: {
              S3BucketDestination: { BucketAccountId: stranger, Bucket: 'arn:aws:s3:::elsewhere' },
            },
          },
        },
      },
    }),
    [
      'transfer analytics started external-account 444455556666: an analysis of how bucket `invoices` is used is now delivered to `elsewhere` of the outside AWS account 444455556666',
    ],
  ],
  [
    'an analysis that cannot be read',
    call('PutAnalyticsConfiguration', { AnalyticsConfiguration: 'x' }),
    [
      'transfer analytics unknown unknown: an analysis of bucket `invoices` was set, but cannot be read from the record',
    ],
  ],
  [
    "a stranger's queue and an own topic are told what happens",
    notification({
      QueueConfiguration: { Queue: `arn:aws:sqs:eu-west-1:${stranger}:q`, Event: 's3:ObjectCreated:*' },
      TopicConfiguration: [{ Topic: 'arn:aws:sns:eu-west-1:111122223333:t', Event: 's3:ObjectRemoved:*' }],
    }),
    [
      'transfer notifications started external-account 444455556666: news of what happens in bucket `invoices` now go to `arn:aws:sqs:eu-west-1:444455556666:q` of the outside AWS account 444455556666',
      'transfer notifications started own-account: news of what happens in bucket `invoices` now go to `arn:aws:sns:eu-west-1:111122223333:t` of its own account',
    ],
  ],
  [
    "a stranger's function is told, by the old name of the element",
    notification({
      CloudFunctionConfiguration: { CloudFunction: `arn:aws:lambda:eu-west-1:${stranger}:function:f` },
    }),
    [
      'transfer notifications started external-account 444455556666: news of what happens in bucket `invoices` now go to `arn:aws:lambda:eu-west-1:444455556666:function:f` of the outside AWS account 444455556666',
    ],
  ],
  [
    'nobody is told any more',
    notification(''),
    [
      'transfer notifications stopped unknown: no topic, queue or function is told any more what happens in bucket `invoices`',
    ],
  ],
  [
    'notifications that the record does not hold',
    call('PutBucketNotification', { notification: '' }),
    [
      'transfer notifications unknown unknown: the notifications of bucket `invoices` were set, but where to cannot be read from the record',
    ],
  ],
];

const withKnown = ([name, event, expected, known = nothingKnown]: Case): readonly [
  string,
  Event,
  readonly string[],
  Known,
] => [name, event, expected, known];

describe('where data of a bucket goes by a setting', () => {
  it.each(cases.map(withKnown))('%s', (_name, event, expected, known) => {
    expect(spoken(event, fields, known)).toEqual(expected);
  });

  it('says what would tell whose a bucket is, where the event does not', () => {
    expect(factsOf(replication(to({})))[0]?.unknowns).toEqual([
      'whose `elsewhere` is: the list of your own buckets, or their owner, would tell',
    ]);
    expect(factsOf(replication(to({}), denied))[0]?.unknowns).toEqual([]);
  });
});
