import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../event/event.ts';
import { text } from '../event/json.ts';
import type { Json, JsonObject } from '../event/json.ts';
import { factsOf } from './table.ts';
import { denied, s3Call } from './testing/cloudtrail.ts';

const all = {
  BlockPublicAcls: true,
  BlockPublicPolicy: true,
  IgnorePublicAcls: true,
  RestrictPublicBuckets: true,
};
const none = {
  BlockPublicAcls: false,
  BlockPublicPolicy: false,
  IgnorePublicAcls: false,
  RestrictPublicBuckets: false,
};
const xmlns = 'http://s3.amazonaws.com/doc/2006-03-01/';

const put = (configuration: Json, action = 'PutBucketPublicAccessBlock', more?: JsonObject): Event =>
  s3Call(
    action,
    { publicAccessBlock: '', bucketName: 'invoices', PublicAccessBlockConfiguration: configuration },
    more,
  );
const account = (action: string, request: JsonObject, more?: JsonObject): Event =>
  s3Call(action, request, more);

/** `change scope resource +on -off [attempted]` */
function line(event: Event): string | undefined {
  const [fact, ...more] = factsOf(event);
  if (fact === undefined) return undefined;
  expect(more).toEqual([]);
  const { switches_on: on, switches_off: off, attempted } = fact.fields;
  const names = ['change', 'scope', 'resource_name'].map((name) => text(fact.fields, name));
  const count = (value: Json | undefined): number => (Array.isArray(value) ? value.length : -1);
  return `${names.join(' ')} +${count(on)} -${count(off)}${attempted === true ? ' attempted' : ''}`;
}

describe('Block Public Access', () => {
  it.each<readonly [string, Event, string | undefined]>([
    ['all off for a bucket', put({ xmlns, ...none }), 'removed bucket invoices +0 -4'],
    ['all on for a bucket', put({ xmlns, ...all }), 'restored bucket invoices +4 -0'],
    ['one off for a bucket', put({ ...all, BlockPublicPolicy: false }), 'weakened bucket invoices +3 -1'],
    ['switches that are not named are off', put({ BlockPublicAcls: true }), 'weakened bucket invoices +1 -3'],
    ['an empty configuration is all off', put({ xmlns }), 'removed bucket invoices +0 -4'],
    [
      'switches written as texts',
      put({
        BlockPublicAcls: 'TRUE',
        BlockPublicPolicy: 'true',
        IgnorePublicAcls: 'true',
        RestrictPublicBuckets: 'true',
      }),
      'restored bucket invoices +4 -0',
    ],
    [
      'switches with small initials',
      put({
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      }),
      'restored bucket invoices +4 -0',
    ],
    [
      'a switch that is neither on nor off',
      put({ ...all, BlockPublicAcls: 'perhaps' }),
      'unknown bucket invoices +0 -0',
    ],
    ['a configuration that is a text', put('<xml/>'), 'unknown bucket invoices +0 -0'],
    [
      'no configuration',
      s3Call('PutBucketPublicAccessBlock', { bucketName: 'invoices' }),
      'unknown bucket invoices +0 -0',
    ],
    ['the name of the API for a bucket', put(none, 'PutPublicAccessBlock'), 'removed bucket invoices +0 -4'],
    [
      'deleted for a bucket',
      s3Call('DeleteBucketPublicAccessBlock', { bucketName: 'invoices' }),
      'removed bucket invoices +0 -4',
    ],
    [
      'deleted by the name of the API',
      s3Call('DeletePublicAccessBlock', { bucketName: 'invoices' }),
      'removed bucket invoices +0 -4',
    ],
    [
      'deleted by the name of the API for the account',
      s3Call('DeletePublicAccessBlock', { accountId: '444455556666' }),
      'removed account 444455556666 +0 -4',
    ],
    [
      'all off for an account',
      account('PutAccountPublicAccessBlock', {
        accountId: '111122223333',
        PublicAccessBlockConfiguration: none,
      }),
      'removed account 111122223333 +0 -4',
    ],
    [
      'all on for an account',
      account('PutAccountPublicAccessBlock', { PublicAccessBlockConfiguration: all }),
      'restored account 111122223333 +4 -0',
    ],
    [
      'deleted for an account',
      account('DeleteAccountPublicAccessBlock', {}),
      'removed account 111122223333 +0 -4',
    ],
    [
      'deleted for an account, through S3 Control',
      account('DeleteAccountPublicAccessBlock', {}, { eventSource: 's3control.amazonaws.com' }),
      'removed account 111122223333 +0 -4',
    ],
    [
      'a refused change',
      put(none, 'PutBucketPublicAccessBlock', denied),
      'unchanged bucket invoices +0 -4 attempted',
    ],
    [
      'a refused deletion',
      s3Call('DeleteBucketPublicAccessBlock', { bucketName: 'invoices' }, denied),
      'unchanged bucket invoices +0 -4 attempted',
    ],
    ['no bucket in the record', s3Call('PutBucketPublicAccessBlock', null), undefined],
  ])('%s', (_name, event, expected) => {
    expect(line(event)).toBe(expected);
  });

  it.each<readonly [string, Event, string]>([
    [
      'a bucket',
      put(none),
      "Block Public Access for bucket `invoices` is all off: the bucket's own setting no longer stops any public policy or ACL",
    ],
    [
      'a deletion',
      account('DeleteAccountPublicAccessBlock', {}),
      "Block Public Access for every bucket of account `111122223333` is deleted: the account's setting no longer stops any public policy or ACL",
    ],
    [
      'one switch',
      put({ ...all, RestrictPublicBuckets: false }),
      "Block Public Access for bucket `invoices` is partly off (RestrictPublicBuckets): by the bucket's own setting, public policies let outsiders in",
    ],
    [
      'a safer bucket',
      put(all),
      'Block Public Access for bucket `invoices` is fully on: public policies and ACLs are refused and have no effect',
    ],
    [
      'a refusal',
      put(none, 'PutBucketPublicAccessBlock', denied),
      "tried this, but the call failed (`AccessDenied`): Block Public Access for bucket `invoices` is all off: the bucket's own setting no longer stops any public policy or ACL",
    ],
  ])('is said in a sentence for %s', (_name, event, expected) => {
    expect(factsOf(event)[0]?.explanation).toBe(expected);
  });

  it('says what else would have to be known where it is taken away, and nothing where it is put back', () => {
    expect(factsOf(put(none))[0]?.unknowns.join()).toMatch(
      /of the account still protects.*GetBucketPolicyStatus/,
    );
    expect(factsOf(put(all))[0]?.unknowns).toEqual([]);
    expect(factsOf(put(none, 'PutBucketPublicAccessBlock', denied))[0]?.unknowns).toEqual([]);
  });

  it('keeps what was wanted apart from what came of it', () => {
    const [fact] = factsOf(put(none, 'PutBucketPublicAccessBlock', denied));
    expect([fact?.fields['wanted'], fact?.fields['change']]).toEqual(['removed', 'unchanged']);
  });

  it('is read from any JSON without throwing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(factsOf(put(value as Json))).toHaveLength(1);
      }),
    );
  });
});
