import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import { denied } from '../testing/cloudtrail.ts';
import { onInvoices as call, spoken } from '../testing/spoken.ts';

const xmlns = 'http://s3.amazonaws.com/doc/2006-03-01/';
const fields = { protection: ['kind', 'change', 'scope', 'lost'] };

type Case = readonly [name: string, event: Event, expected: readonly string[]];

const versioning = (configuration: Record<string, string>): Event =>
  call('PutBucketVersioning', { versioning: '', VersioningConfiguration: { xmlns, ...configuration } });
const lock = (rule: Record<string, string | number> | undefined): Event =>
  call('PutBucketObjectLockConfiguration', {
    'object-lock': '',
    ObjectLockConfiguration: {
      xmlns,
      ObjectLockEnabled: 'Enabled',
      ...(rule === undefined ? {} : { Rule: { DefaultRetention: rule } }),
    },
  });
const ownership = (value: string): Event =>
  call('PutBucketOwnershipControls', { OwnershipControls: { xmlns, Rule: { ObjectOwnership: value } } });

const cases: readonly Case[] = [
  [
    'versioning is suspended',
    versioning({ Status: 'Suspended' }),
    [
      'protection versioning removed bucket: versioning of bucket `invoices` is suspended: what is overwritten or deleted from now on is gone, and older versions stay until they are deleted',
    ],
  ],
  [
    'versioning is switched on without a word on MFA delete',
    versioning({ Status: 'Enabled' }),
    [
      'protection versioning restored bucket: versioning of bucket `invoices` is on: what is overwritten or deleted can be brought back',
    ],
  ],
  [
    'MFA delete is off while versioning stays on',
    versioning({ Status: 'Enabled', MfaDelete: 'Disabled' }),
    [
      'protection versioning restored bucket: versioning of bucket `invoices` is on: what is overwritten or deleted can be brought back',
      'protection mfa-delete removed bucket: MFA delete of bucket `invoices` is off: versions can be deleted for good, and versioning suspended, without a second factor',
    ],
  ],
  [
    'MFA delete is written with capitals, as the API reference has it',
    versioning({ Status: 'Enabled', MFADelete: 'Enabled' }),
    [
      'protection versioning restored bucket: versioning of bucket `invoices` is on: what is overwritten or deleted can be brought back',
      'protection mfa-delete restored bucket: MFA delete of bucket `invoices` is on: to delete a version for good takes a second factor',
    ],
  ],
  [
    'a refused suspension',
    call('PutBucketVersioning', { VersioningConfiguration: { Status: 'Suspended' } }, denied),
    [
      'protection versioning unchanged bucket attempted: tried this, but the call failed (`AccessDenied`): versioning of bucket `invoices` is suspended: what is overwritten or deleted from now on is gone, and older versions stay until they are deleted',
    ],
  ],
  [
    'versioning without its configuration',
    call('PutBucketVersioning', { versioning: '' }),
    [
      'protection versioning unknown bucket: versioning of bucket `invoices` was set, but what to cannot be read from the record',
    ],
  ],
  [
    'ACLs are switched back on, objects belonging to whoever writes them',
    ownership('ObjectWriter'),
    [
      'protection object-ownership removed bucket: ACLs of bucket `invoices` and of its objects take effect (ObjectWriter): objects belong to whoever writes them, who may open them to others',
    ],
  ],
  [
    'ACLs are switched back on, objects belonging to the bucket owner',
    ownership('BucketOwnerPreferred'),
    [
      'protection object-ownership removed bucket: ACLs of bucket `invoices` and of its objects take effect (BucketOwnerPreferred): whoever writes an object may open it to others',
    ],
  ],
  [
    'ACLs are switched off',
    ownership('BucketOwnerEnforced'),
    [
      'protection object-ownership restored bucket: ACLs of bucket `invoices` and of its objects have no effect any more (BucketOwnerEnforced)',
    ],
  ],
  [
    'an ownership that nobody knows',
    ownership('Everyone`s'),
    [
      'protection object-ownership unknown bucket: the Object Ownership of bucket `invoices` was set to `Everyone\uFFFDs`, which cannot be read',
    ],
  ],
  [
    'ownership controls are deleted',
    call('DeleteBucketOwnershipControls', { ownershipControls: '' }),
    [
      'protection object-ownership removed bucket: the Object Ownership of bucket `invoices` is deleted: ACLs take effect, and objects belong to whoever writes them',
    ],
  ],
  [
    'a bucket is made with ACLs on, the header a list of one',
    call('CreateBucket', { 'X-Amz-Object-Ownership': ['ObjectWriter'] }),
    [
      'protection object-ownership absent bucket: ACLs of bucket `invoices` and of its objects take effect (ObjectWriter): objects belong to whoever writes them, who may open them to others',
    ],
  ],
  ['a bucket is made as buckets are', call('CreateBucket', {}), []],
  [
    'a bucket is made with ACLs off, as they are anyway',
    call('CreateBucket', { 'x-amz-object-ownership': 'BucketOwnerEnforced' }),
    [],
  ],
  [
    'Object Lock without a default retention',
    lock(undefined),
    [
      'protection object-lock weakened bucket default-retention: bucket `invoices` has no default retention any more: new objects can be deleted at any time',
    ],
  ],
  [
    'a default retention of a day in governance mode',
    lock({ Mode: 'GOVERNANCE', Days: 1 }),
    [
      'protection object-lock weakened bucket compliance-mode,default-retention: new objects of bucket `invoices` are kept for a day by default, and those with the right to bypass governance may delete them before',
    ],
  ],
  [
    'a default retention of years in compliance mode',
    lock({ Mode: 'COMPLIANCE', Years: 7 }),
    [
      'protection object-lock restored bucket: new objects of bucket `invoices` are kept for 7 years by default, and nobody may delete them before',
    ],
  ],
  [
    'a legal hold is lifted, by the name that CloudTrail has for it',
    call('PutObjectLockLegalHold', { key: 'a.pdf', LegalHold: { xmlns, Status: 'OFF' } }),
    [
      'protection legal-hold removed object: the legal hold on object `invoices/a.pdf` is lifted: nothing but a retention keeps it any more',
    ],
  ],
  [
    'a legal hold is laid, by the name of the API',
    call('PutObjectLegalHold', { key: 'a.pdf', LegalHold: { Status: 'ON' } }),
    [
      'protection legal-hold restored object: object `invoices/a.pdf` is under legal hold: it cannot be deleted until that is lifted',
    ],
  ],
  [
    'a retention is taken away past governance mode',
    call('PutObjectLockRetention', {
      key: 'a.pdf',
      'x-amz-bypass-governance-retention': 'true',
      Retention: '',
    }),
    [
      'protection retention removed object: the retention of object `invoices/a.pdf` is taken away: it can be deleted at any time',
    ],
  ],
  [
    'a retention is shortened past governance mode',
    call('PutObjectRetention', {
      key: 'a.pdf',
      'x-amz-bypass-governance-retention': true,
      Retention: { Mode: 'GOVERNANCE', RetainUntilDate: '2026-03-03T00:00:00Z' },
    }),
    [
      'protection retention weakened object bypassed: the retention of object `invoices/a.pdf` was changed past governance mode: it is kept until `2026-03-03T00:00:00Z`',
    ],
  ],
  [
    'a retention is made longer',
    call('PutObjectRetention', {
      key: 'a.pdf',
      Retention: { Mode: 'GOVERNANCE', RetainUntilDate: '2030-01-01T00:00:00Z' },
    }),
    [
      'protection retention restored object: object `invoices/a.pdf` is kept until `2030-01-01T00:00:00Z` in `GOVERNANCE` mode',
    ],
  ],
  [
    'a version is deleted past governance retention',
    call('DeleteObject', { key: 'a.pdf', versionId: 'v1', 'x-amz-bypass-governance-retention': 'true' }),
    [
      'protection retention removed object bypassed: a version of object `invoices/a.pdf` was deleted past governance retention, which was to keep it',
    ],
  ],
  ['an object is deleted', call('DeleteObject', { key: 'a.pdf' }), []],
  [
    'the owner pays for reads',
    call('PutBucketRequestPayment', { RequestPaymentConfiguration: { xmlns, Payer: 'BucketOwner' } }),
    [
      'protection requester-pays removed bucket: the owner of bucket `invoices` pays for what others read of it, and readers need not sign in for that',
    ],
  ],
  [
    'readers pay',
    call('PutBucketRequestPayment', { RequestPaymentConfiguration: { Payer: 'Requester' } }),
    [
      'protection requester-pays restored bucket: whoever reads bucket `invoices` pays for it, and nobody can read it without signing in',
    ],
  ],
  [
    'access logging is off: an element without LoggingEnabled',
    call('PutBucketLogging', { logging: '', BucketLoggingStatus: { xmlns } }),
    [
      'protection access-logging removed bucket: access logging of bucket `invoices` is off: no log tells any more who reads, writes or deletes there',
    ],
  ],
  [
    'access logging is off: an empty element',
    call('PutBucketLogging', { logging: '', BucketLoggingStatus: '' }),
    [
      'protection access-logging removed bucket: access logging of bucket `invoices` is off: no log tells any more who reads, writes or deletes there',
    ],
  ],
  [
    'access logging without its status',
    call('PutBucketLogging', { logging: '' }),
    [
      'protection access-logging unknown bucket: access logging of bucket `invoices` was set, but what to cannot be read from the record',
    ],
  ],
  ['a record without a bucket', call('PutBucketVersioning', { bucketName: '' }), []],
];

describe('what becomes of a guard of a bucket or object', () => {
  it.each(cases)('%s', (_name, event, expected) => {
    expect(spoken(event, fields)).toEqual(expected);
  });
});
