import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Audience } from '../fact.ts';
import { effectOf, noSwitchKnown, spokenKeeper, spokenUnknown } from './effective.ts';
import type { Effect, KnownSwitches, Opening, Switches } from './effective.ts';

const off: Switches = {
  BlockPublicAcls: false,
  BlockPublicPolicy: false,
  IgnorePublicAcls: false,
  RestrictPublicBuckets: false,
};
const on: Switches = {
  BlockPublicAcls: true,
  BlockPublicPolicy: true,
  IgnorePublicAcls: true,
  RestrictPublicBuckets: true,
};
const allOff: KnownSwitches = { account: off, bucket: off, heedsAcls: true };
const policy = (audience: Audience = 'public', isPublic = audience === 'public'): Opening => ({
  via: 'policy',
  audience,
  isPublic,
});
const acl = (audience: Audience = 'public'): Opening => ({ via: 'acl', audience, isPublic: false });

/** `exposed`, `none`, `blocked: who and who`, `unknown: what would decide`. */
function line(effect: Effect): string {
  switch (effect.state) {
    case 'blocked':
      return `blocked: ${effect.by.map(spokenKeeper).join(' and ')}`;
    case 'unknown':
      return `unknown: ${effect.decidedBy.map((keeper) => (keeper.kind === 'switch' ? `${keeper.name} ${keeper.level}` : 'ownership')).join(', ')}`;
    case 'exposed':
    case 'none':
      return effect.state;
  }
}

const ownerEnforced = 'blocked: its Object Ownership is BucketOwnerEnforced, by which ACLs have no effect';

const cases: readonly (readonly [name: string, opening: Opening, known: KnownSwitches, expected: string])[] =
  [
    ['a public policy, all switches off', policy(), allOff, 'exposed'],
    [
      'a public policy, nothing known',
      policy(),
      noSwitchKnown,
      'unknown: RestrictPublicBuckets account, RestrictPublicBuckets bucket',
    ],
    [
      'a public policy, the bucket known to be off',
      policy(),
      { account: {}, bucket: off },
      'unknown: RestrictPublicBuckets account',
    ],
    [
      'a public policy, the account on, the bucket unknown',
      policy(),
      { account: on, bucket: {} },
      'blocked: RestrictPublicBuckets of the account is on',
    ],
    [
      'a public policy, the account on, the bucket off: the stricter counts',
      policy(),
      { account: on, bucket: off },
      'blocked: RestrictPublicBuckets of the account is on',
    ],
    [
      'a public policy, both on',
      policy(),
      { account: on, bucket: on },
      'blocked: RestrictPublicBuckets of the account is on and RestrictPublicBuckets of the bucket is on',
    ],
    [
      'a public policy that was there before BlockPublicPolicy came on',
      policy(),
      { account: { ...off, BlockPublicPolicy: true }, bucket: { ...off, BlockPublicPolicy: true } },
      'exposed',
    ],
    [
      'a public policy, only public ACLs ignored',
      policy(),
      { account: { ...off, IgnorePublicAcls: true }, bucket: off },
      'exposed',
    ],
    [
      'a public policy, the organisation on and the account off',
      policy(),
      { ...allOff, organisation: on },
      'blocked: RestrictPublicBuckets of the organisation is on',
    ],
    [
      'a public policy, an organisation that leaves it to the account',
      policy(),
      { ...allOff, organisation: off },
      'exposed',
    ],
    [
      'a public access point, its own switches on',
      policy(),
      { ...allOff, accessPoint: on },
      'blocked: RestrictPublicBuckets of the access point is on',
    ],
    [
      'a public access point, its own switches off, the bucket on',
      policy(),
      { account: off, bucket: on, accessPoint: off },
      'blocked: RestrictPublicBuckets of the bucket is on',
    ],
    [
      'a public access point, its own switches off and the rest unknown',
      policy(),
      { ...noSwitchKnown, accessPoint: off },
      'unknown: RestrictPublicBuckets account, RestrictPublicBuckets bucket',
    ],
    [
      'a policy for an account, all switches on: that is not public',
      policy('external-account', false),
      { account: on, bucket: on },
      'exposed',
    ],
    [
      'a policy for an account beside a public statement, the bucket on',
      policy('external-account', true),
      { account: off, bucket: on },
      'blocked: RestrictPublicBuckets of the bucket is on',
    ],
    ['a policy for an organisation, nothing known', policy('organisation', false), noSwitchKnown, 'exposed'],
    [
      'a policy for a network beside a public statement, nothing known',
      policy('network', true),
      noSwitchKnown,
      'unknown: RestrictPublicBuckets account, RestrictPublicBuckets bucket',
    ],
    ['a policy for a service, all switches on', policy('service', true), { account: on, bucket: on }, 'none'],
    ['a policy for the own account, nothing known', policy('own-account', false), noSwitchKnown, 'none'],
    ['a policy for nobody knows whom', policy('unknown', false), allOff, 'unknown: '],
    ['a public ACL, all off and ACLs heeded', acl(), allOff, 'exposed'],
    [
      'a public ACL, nothing known',
      acl(),
      noSwitchKnown,
      'unknown: ownership, IgnorePublicAcls account, IgnorePublicAcls bucket',
    ],
    [
      'a public ACL with BucketOwnerEnforced, all switches off',
      acl(),
      { ...allOff, heedsAcls: false },
      ownerEnforced,
    ],
    [
      'a public ACL with BucketOwnerEnforced, nothing else known',
      acl(),
      { ...noSwitchKnown, heedsAcls: false },
      ownerEnforced,
    ],
    [
      'a public ACL, public ACLs ignored by the account',
      acl(),
      { account: { IgnorePublicAcls: true }, bucket: {} },
      'blocked: IgnorePublicAcls of the account is on',
    ],
    [
      'a public ACL, only new ones refused',
      acl(),
      { ...allOff, bucket: { ...off, BlockPublicAcls: true } },
      'exposed',
    ],
    [
      'a public ACL, public buckets restricted: that is about policies',
      acl(),
      { ...allOff, bucket: { ...off, RestrictPublicBuckets: true } },
      'exposed',
    ],
    [
      'an ACL for every AWS account, ignored by the bucket',
      acl('any-aws-account'),
      { account: off, bucket: on, heedsAcls: true },
      'blocked: IgnorePublicAcls of the bucket is on',
    ],
    [
      'an ACL for a named user, all switches on: that is not public',
      acl('external-account'),
      { account: on, bucket: on, heedsAcls: true },
      'exposed',
    ],
    [
      'an ACL for a named user, ownership unknown',
      acl('external-account'),
      { account: on, bucket: on },
      'unknown: ownership',
    ],
    [
      'an ACL for a named user with BucketOwnerEnforced',
      acl('external-account'),
      { ...allOff, heedsAcls: false },
      ownerEnforced,
    ],
    [
      'an ACL for nobody knows whom with BucketOwnerEnforced',
      acl('unknown'),
      { ...allOff, heedsAcls: false },
      ownerEnforced,
    ],
    [
      'an ACL for log delivery with BucketOwnerEnforced',
      acl('service'),
      { ...allOff, heedsAcls: false },
      'none',
    ],
  ];

describe('what the switches of S3 make of an opening', () => {
  it.each(cases)('%s', (_name, opening, known, expected) => {
    expect(line(effectOf(opening, known))).toBe(expected);
  });

  it('is said with the calls that would tell', () => {
    expect(spokenUnknown(effectOf(policy(), noSwitchKnown), 'policy')).toBe(
      'whether RestrictPublicBuckets, of the bucket or of the account, still keeps outsiders out: GetPublicAccessBlock of each and GetBucketPolicyStatus would tell',
    );
    expect(spokenUnknown(effectOf(acl(), noSwitchKnown), 'acl')).toBe(
      'whether IgnorePublicAcls, of the bucket or of the account, makes public ACLs have no effect, and whether the bucket heeds ACLs at all, which new buckets do not by default: GetPublicAccessBlock of each and GetBucketOwnershipControls would tell',
    );
    expect(spokenUnknown(effectOf(policy(), allOff), 'policy')).toBeUndefined();
  });

  const switches = fc.record(
    {
      BlockPublicAcls: fc.boolean(),
      BlockPublicPolicy: fc.boolean(),
      IgnorePublicAcls: fc.boolean(),
      RestrictPublicBuckets: fc.boolean(),
    },
    { requiredKeys: [] },
  );
  const anyKnown = fc.record({
    organisation: fc.option(switches, { nil: undefined }),
    account: switches,
    bucket: switches,
    accessPoint: fc.option(switches, { nil: undefined }),
    heedsAcls: fc.option(fc.boolean(), { nil: undefined }),
  });
  const anyOpening = fc.record({
    via: fc.constantFrom('policy' as const, 'acl' as const),
    audience: fc.constantFrom<Audience>(
      'public',
      'any-aws-account',
      'external-account',
      'network',
      'service',
      'unknown',
    ),
    isPublic: fc.boolean(),
  });

  it('never takes back an answer when more becomes known', () => {
    fc.assert(
      fc.property(anyOpening, anyKnown, switches, switches, (opening, known, account, bucket) => {
        const before = effectOf(opening, known);
        const more: KnownSwitches = {
          ...known,
          // What was known stays as it was.
          account: { ...account, ...known.account },
          bucket: { ...bucket, ...known.bucket },
        };
        const after = effectOf(opening, more);
        expect(before.state === 'unknown' || after.state === before.state).toBe(true);
      }),
    );
  });
});
