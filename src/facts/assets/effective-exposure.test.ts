import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import { factsOf } from '../table.ts';
import { withSwitches } from './effective-exposure.ts';
import { createAssetMemory } from './memory.ts';
import { call, remembering } from './testing/calls.ts';

const everyone = {
  Statement: { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::vault/*' },
};
const open = call(9, 's3', 'PutBucketPolicy', { bucketName: 'vault', bucketPolicy: everyone });
const acl = call(9, 's3', 'PutBucketAcl', { bucketName: 'vault', 'x-amz-acl': 'public-read' });
const block = (bucketName: string | undefined, on: readonly string[], minute = 1) =>
  call(
    minute,
    's3',
    bucketName === undefined ? 'PutAccountPublicAccessBlock' : 'PutBucketPublicAccessBlock',
    {
      ...(bucketName === undefined ? {} : { bucketName }),
      PublicAccessBlockConfiguration: Object.fromEntries(on.map((name) => [name, true])),
    },
  );
const owner = (rule: string) =>
  call(2, 's3', 'PutBucketOwnershipControls', {
    bucketName: 'vault',
    OwnershipControls: { Rule: { ObjectOwnership: rule } },
  });

function judged(past: readonly Event[], event: Event) {
  const [fact] = withSwitches(factsOf(event), event, remembering(createAssetMemory(), past));
  return { verdict: fact?.fields['verdict'], change: fact?.fields['change'], fact };
}

describe('who gets in, by the switches that are remembered', () => {
  it.each<readonly [string, readonly Event[], Event, string]>([
    ['is unknown where none is remembered', [], open, 'unknown'],
    ['is unknown where only one level is', [block('vault', [])], open, 'unknown'],
    ['is everyone where both levels are off', [block('vault', []), block(undefined, [])], open, 'exposed'],
    [
      'is nobody where the account keeps them out',
      [block(undefined, ['RestrictPublicBuckets'])],
      open,
      'blocked',
    ],
    [
      'is nobody where the bucket keeps them out',
      [block('vault', ['RestrictPublicBuckets'])],
      open,
      'blocked',
    ],
    [
      'does not heed the switch of another bucket',
      [block('other', ['RestrictPublicBuckets'])],
      open,
      'unknown',
    ],
    [
      'does not heed a switch that comes on later',
      [block('vault', ['RestrictPublicBuckets'], 30)],
      open,
      'unknown',
    ],
    [
      'does not heed the switches for ACLs where a policy opens',
      [block(undefined, ['IgnorePublicAcls', 'BlockPublicAcls'])],
      open,
      'unknown',
    ],
    ['is nobody by an ACL that is ignored', [block('vault', ['IgnorePublicAcls'])], acl, 'blocked'],
    ['is nobody by an ACL that the bucket does not heed', [owner('BucketOwnerEnforced')], acl, 'blocked'],
    [
      'is everyone by an ACL that is heeded and not ignored',
      [owner('ObjectWriter'), block('vault', []), block(undefined, [])],
      acl,
      'exposed',
    ],
  ])('%s', (_, past, event, verdict) => {
    expect(judged(past, event)).toMatchObject({ verdict, change: 'opened' });
  });

  it('is said with what keeps them out, and no longer called unknown', () => {
    const { fact } = judged([block(undefined, ['RestrictPublicBuckets'])], open);
    expect(fact?.explanation).toContain(
      'by what is remembered it has no effect, because RestrictPublicBuckets of the account is on',
    );
    expect(fact?.unknowns.filter((unknown) => unknown.includes('RestrictPublicBuckets'))).toEqual([]);
  });
});
