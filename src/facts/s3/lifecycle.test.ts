import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { factsOf } from '../table.ts';
import { denied } from '../testing/cloudtrail.ts';
import { onInvoices as call, spoken } from '../testing/spoken.ts';

const fields = { loss: ['kind', 'change', 'extent', 'parts', 'days', 'date'] };
const rule = (more: JsonObject): JsonObject => ({ ID: 'r', Status: 'Enabled', ...more });
const day: JsonObject = { Expiration: { Days: 1 } };

const put = (rules: Json, more?: JsonObject): Event =>
  call('PutBucketLifecycle', { lifecycle: '', LifecycleConfiguration: { xmlns: 'x', Rule: rules } }, more);

const wholeInADay =
  'loss expiry scheduled whole current 1: everything in bucket `invoices` is now deleted after a day by a lifecycle rule';
const nothing =
  'loss expiry cancelled nothing: no lifecycle rule of bucket `invoices` that is on deletes data';

const cases: readonly (readonly [name: string, event: Event, expected: readonly string[]])[] = [
  ['a day for everything, an empty filter', put(rule({ ...day, Filter: '' })), [wholeInADay]],
  ['a day for everything, no filter', put(rule(day)), [wholeInADay]],
  ['a day for everything, an empty prefix', put([rule({ ...day, Prefix: '' })]), [wholeInADay]],
  [
    'a day for everything, a star for a prefix',
    put(rule({ ...day, Filter: { Prefix: '*' } })),
    [wholeInADay],
  ],
  [
    'a day for everything with anything in it',
    put(rule({ ...day, Filter: { ObjectSizeGreaterThan: 0 } })),
    [wholeInADay],
  ],
  [
    'a day for a prefix',
    put(rule({ ...day, Filter: { Prefix: 'tmp/' } })),
    [
      'loss expiry scheduled part current 1: objects in bucket `invoices` confined to `tmp/` are now deleted after a day by a lifecycle rule',
    ],
  ],
  [
    'a day for a prefix and a tag, days and size written as texts',
    put(
      rule({
        Expiration: { Days: '1' },
        Filter: {
          And: { Prefix: 'tmp/', Tag: { Key: 'keep', Value: 'no' }, ObjectSizeGreaterThan: '1024' },
        },
      }),
    ),
    [
      'loss expiry scheduled part current 1: objects in bucket `invoices` confined to `larger than 1024 bytes`, `tag keep=no` and `tmp/` are now deleted after a day by a lifecycle rule',
    ],
  ],
  ['a rule that is switched off', put({ ...rule(day), Status: 'Disabled' }), [nothing]],
  [
    'a rule that is switched off beside one that is on: the one that is on counts',
    put([{ ...rule(day), Status: 'Disabled' }, rule({ Expiration: { Days: 365 } })]),
    [
      'loss expiry scheduled whole current 365: everything in bucket `invoices` is now deleted after 365 days by a lifecycle rule',
    ],
  ],
  [
    'a corner soon and everything late: kept apart',
    put([rule({ ...day, Prefix: 'tmp/' }), rule({ Expiration: { Days: 365 } })]),
    [
      'loss expiry scheduled part current 1: objects in bucket `invoices` confined to `tmp/` are now deleted after a day by a lifecycle rule',
      'loss expiry scheduled whole current 365: everything in bucket `invoices` is now deleted after 365 days by a lifecycle rule',
    ],
  ],
  [
    'everything at a date',
    put(rule({ Expiration: { Date: '2026-03-03T00:00:00Z' } })),
    [
      'loss expiry scheduled whole current 2026-03-03T00:00:00Z: everything in bucket `invoices` is now deleted at `2026-03-03T00:00:00Z` by a lifecycle rule',
    ],
  ],
  [
    'old versions after a day',
    put(rule({ NoncurrentVersionExpiration: { NoncurrentDays: 1 } })),
    [
      'loss expiry scheduled whole old-versions 1: old versions of everything in bucket `invoices` are now deleted a day after they were replaced, by a lifecycle rule',
    ],
  ],
  [
    'old versions but for the newest three',
    put(rule({ NoncurrentVersionExpiration: { NoncurrentDays: 30, NewerNoncurrentVersions: 3 } })),
    [
      'loss expiry scheduled part old-versions 30: old versions of objects in bucket `invoices` confined to `all but the newest 3 old versions` are now deleted 30 days after they were replaced, by a lifecycle rule',
    ],
  ],
  [
    'delete markers and unfinished uploads, which are no data',
    put(
      rule({
        Expiration: { ExpiredObjectDeleteMarker: true },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      }),
    ),
    [nothing],
  ],
  [
    'a transition to colder storage',
    put(rule({ Transition: { Days: 1, StorageClass: 'GLACIER' } })),
    [nothing],
  ],
  ['days that are no number', put(rule({ Expiration: { Days: 'soon' } })), [nothing]],
  [
    'the request of the SDKs, by its name there',
    call('PutBucketLifecycleConfiguration', { LifecycleConfiguration: { Rules: { Rule: rule(day) } } }),
    [wholeInADay],
  ],
  [
    'a refused rule',
    put(rule(day), denied),
    [
      'loss expiry unchanged whole current 1 attempted: tried this, but the call failed (`AccessDenied`): everything in bucket `invoices` is now deleted after a day by a lifecycle rule',
    ],
  ],
  [
    'a record without the rules',
    call('PutBucketLifecycle', { lifecycle: '' }),
    [
      'loss expiry unknown nothing: the lifecycle rules of bucket `invoices` were set, but what to cannot be read from the record',
    ],
  ],
  [
    'the rules are deleted',
    call('DeleteBucketLifecycle', { lifecycle: '' }),
    [
      'loss expiry cancelled nothing: bucket `invoices` has no lifecycle rules any more: nothing in it expires by itself',
    ],
  ],
  [
    'the bucket is deleted',
    call('DeleteBucket'),
    [
      'loss deletion done whole container: bucket `invoices` is deleted; it was empty by then, and its name is free for anybody to take',
    ],
  ],
];

describe('what a bucket loses', () => {
  it.each(cases)('%s', (_name, event, expected) => {
    expect(spoken(event, fields)).toEqual(expected);
  });

  it('says that a star is a star to S3', () => {
    const [fact] = factsOf(put(rule({ ...day, Filter: { Prefix: '*' } })));
    expect(fact?.unknowns.join()).toMatch(/begins with `\*`.*GetBucketVersioning/);
    expect(fact?.fields['scope']).toEqual(['*']);
  });

  it('bounds the work on endless rules', () => {
    const rules = Array.from({ length: 5_000 }, (_, index) => rule({ ...day, Prefix: `p${index}/` }));
    const [fact, ...more] = factsOf(put(rules));
    expect(more).toEqual([]);
    expect(fact?.fields['scope']).toHaveLength(1_000);
  });
});
