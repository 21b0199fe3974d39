import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../event/json.ts';
import { allow, answerFor, bucket, deny, lines, objects, org, view } from '../testing/policy.ts';
import type { Case } from '../testing/policy.ts';
import { parsePolicy } from './document.ts';
import { grantsOf } from './grants.ts';

const principals: readonly Case[] = [
  ['"*" is everyone', allow(), ['public: read']],
  ['{"AWS":"*"} is everyone', allow({ Principal: { AWS: '*' } }), ['public: read']],
  ['"*" in a list is everyone', allow({ Principal: { AWS: ['*'] } }), ['public: read']],
  [
    '"*" beside a named account is both',
    allow({ Principal: { AWS: ['444455556666', '*'] } }),
    ['public: read', 'external-account: read 444455556666'],
  ],
  [
    'a bare account id is that account',
    allow({ Principal: { AWS: '444455556666' } }),
    ['external-account: read 444455556666'],
  ],
  [
    'an account id written as a number is that account',
    allow({ Principal: { AWS: 444455556666 } }),
    ['external-account: read 444455556666'],
  ],
  [
    'root of an account is that account',
    allow({ Principal: { AWS: 'arn:aws:iam::444455556666:root' } }),
    ['external-account: read 444455556666'],
  ],
  [
    'a role of another account is that account',
    allow({ Principal: { AWS: 'arn:aws:iam::444455556666:role/team/etl' } }),
    ['external-account: read 444455556666'],
  ],
  [
    'an assumed role of another account is that account',
    allow({ Principal: { AWS: 'arn:aws:sts::444455556666:assumed-role/etl/run' } }),
    ['external-account: read 444455556666'],
  ],
  [
    'a user in another partition is an account',
    allow({ Principal: { AWS: 'arn:aws-cn:iam::444455556666:user/li' } }),
    ['external-account: read 444455556666'],
  ],
  [
    "the owner's own account is inside",
    allow({ Principal: { AWS: 'arn:aws:iam::111122223333:root' } }),
    ['own-account: read'],
  ],
  [
    "a role of the owner's is inside",
    allow({ Principal: { AWS: 'arn:aws:iam::111122223333:role/etl' } }),
    ['own-account: read'],
  ],
  [
    'a unique id belongs to nobody knows whom',
    allow({ Principal: { AWS: 'AROAEXAMPLEEXAMPLE123' } }),
    ['unknown: read ?'],
  ],
  [
    'a role pattern is no principal',
    allow({ Principal: { AWS: 'arn:aws:iam::444455556666:role/*' } }),
    ['unknown: read ?'],
  ],
  [
    'a service without a source condition is a possible confused deputy',
    allow({ Principal: { Service: 'cloudtrail.amazonaws.com' } }),
    ['service: read unguarded'],
  ],
  ['every service is a service', allow({ Principal: { Service: '*' } }), ['service: read unguarded']],
  [
    'an origin access identity is CloudFront',
    allow({ Principal: { AWS: 'arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE' } }),
    ['service: read unguarded'],
  ],
  [
    'a web identity provider may be anybody',
    allow({ Principal: { Federated: 'accounts.google.com' } }),
    ['unknown: read ?'],
  ],
  [
    'a SAML provider of another account is that account',
    allow({ Principal: { Federated: 'arn:aws:iam::444455556666:saml-provider/sso' } }),
    ['external-account: read 444455556666'],
  ],
  [
    'a canonical user is an account that its id does not tell',
    allow({ Principal: { CanonicalUser: 'ab12' } }),
    ['unknown: read ?'],
  ],
  [
    'Allow with NotPrincipal is everyone but a few',
    allow({ Principal: undefined, NotPrincipal: { AWS: '444455556666' } }),
    ['public: read'],
  ],
  ['Allow with NotPrincipal "*" is nobody', allow({ Principal: undefined, NotPrincipal: '*' }), []],
  [
    'the second statement counts as the first does',
    [allow({ Principal: { AWS: '111122223333' } }), allow()],
    ['public: read', 'own-account: read'],
  ],
];

const actions: readonly Case[] = [
  [
    'every action is all',
    allow({ Action: '*', Resource: '*' }),
    ['public: all list write delete permissions', 'public: all read list write delete permissions'],
  ],
  [
    's3:* on the objects alone cannot touch the bucket',
    allow({ Action: 's3:*' }),
    ['public: all read list write delete permissions'],
  ],
  [
    's3:* on the bucket alone cannot read an object',
    allow({ Action: 's3:*', Resource: bucket }),
    ['public: all list write delete permissions'],
  ],
  ['s3:GetObject on the bucket alone is nothing', allow({ Resource: bucket }), []],
  ['names of actions are case-insensitive', allow({ Action: 'S3:getOBJECT' }), ['public: read']],
  ['? stands for one character', allow({ Action: 's3:?etObject' }), ['public: read']],
  [
    's3:Get* on objects reads them and what is about them',
    allow({ Action: 's3:Get*' }),
    ['public: read list'],
  ],
  [
    's3:Put* on objects writes and changes permissions',
    allow({ Action: 's3:Put*' }),
    ['public: write permissions'],
  ],
  [
    'NotAction is all the others',
    allow({ Action: undefined, NotAction: ['s3:Put*', 's3:Delete*', 's3:Replicate*'] }),
    ['public: read list write delete permissions'],
  ],
  ['NotAction s3:* leaves nothing of S3', allow({ Action: undefined, NotAction: 's3:*' }), []],
  ["another service's actions are nothing", allow({ Action: 'sqs:*' }), []],
  [
    'an action that is not known goes by its verb',
    allow({ Action: 's3:DeleteEverythingFast' }),
    ['public: delete'],
  ],
  [
    'NotResource of the objects leaves the bucket',
    allow({ Action: 's3:*', Resource: undefined, NotResource: objects }),
    ['public: all list write delete permissions'],
  ],
  [
    'one pattern may mean bucket and objects',
    allow({ Action: ['s3:ListBucket', 's3:GetObject'], Resource: `${bucket}*` }),
    ['public: list', 'public: read'],
  ],
];

describe('principals', () => {
  it.each(principals)('%s', (_name, statement, expected) => {
    expect(lines(answerFor(statement))).toEqual(expected);
  });
});
describe('actions and resources', () => {
  it.each(actions)('%s', (_name, statement, expected) => {
    expect(lines(answerFor(statement))).toEqual(expected);
  });
});
describe('a policy of an unknown owner', () => {
  it('lets in a named account that may be the owner itself', () => {
    const answer = answerFor(allow({ Principal: { AWS: '444455556666' } }), { ...view, owner: undefined });
    expect(lines(answer)).toEqual(['unknown: read 444455556666 ?']);
  });
});

const anyPrincipal = fc.constantFrom<Json>(
  '*',
  { AWS: '*' },
  { AWS: ['444455556666', 'arn:aws:iam::111122223333:role/etl'] },
  { AWS: 'arn:aws:iam::444455556666:role/etl', Service: 'sns.amazonaws.com' },
  { CanonicalUser: 'ab12' },
);
const anyAction = fc.subarray(['s3:GetObject', 's3:Put*', 's3:*', 's3:List*', 's3:Delete?bject'], {
  minLength: 1,
});
const anyResource = fc.subarray([bucket, objects, '*', `${bucket}/a/*`], { minLength: 1 });
const anyCondition = fc.constantFrom<JsonObject>(
  {},
  { IpAddress: { 'aws:SourceIp': ['192.0.2.0/24', '198.51.100.0/24'] } },
  { StringNotEquals: { 'aws:PrincipalOrgID': org }, Bool: { 'aws:SecureTransport': 'false' } },
  { StringNotEquals: { 'aws:PrincipalOrgID': org }, NotIpAddress: { 'aws:SourceIp': '192.0.2.0/24' } },
  { StringEquals: { 'aws:PrincipalAccount': ['111122223333', '444455556666'] } },
  { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/*' } },
);
const anyStatement = fc
  .record({
    effect: fc.constantFrom('Allow', 'Deny'),
    principal: anyPrincipal,
    not: fc.boolean(),
    action: anyAction,
    resource: anyResource,
    condition: anyCondition,
  })
  .map(({ effect, principal, not, action, resource, condition }): JsonObject => ({
    Effect: effect,
    [not ? 'NotPrincipal' : 'Principal']: principal,
    Action: action,
    Resource: resource,
    Condition: condition,
  }));

/** The same document with every list and every object's keys the other way round. */
function turned(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(turned).reverse();
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, item === undefined ? item : turned(item)] as const)
      .reverse(),
  );
}

describe('any policy', () => {
  it('means the same in whatever order its statements, keys and values come', () => {
    fc.assert(
      fc.property(fc.array(anyStatement, { maxLength: 6 }), (statements) => {
        expect(answerFor(turned(statements))).toEqual(answerFor(statements));
      }),
      { numRuns: 500 },
    );
  });

  it('means the same when its statements are shuffled', () => {
    const shuffled = fc
      .array(anyStatement, { minLength: 2, maxLength: 6 })
      .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
    fc.assert(
      fc.property(shuffled, ([all, other]) => {
        expect(answerFor(other)).toEqual(answerFor(all));
      }),
      { numRuns: 300 },
    );
  });

  it('lets nobody in after a Deny of everything for everyone', () => {
    fc.assert(
      fc.property(fc.array(anyStatement, { maxLength: 5 }), (statements) => {
        expect(answerFor([...statements, deny({ Action: '*', Resource: '*' })]).grants).toEqual([]);
      }),
    );
  });

  it('never throws, whatever JSON it is', () => {
    const value = fc.jsonValue();
    const shaped = fc.record(
      {
        Effect: fc.oneof(fc.constantFrom('Allow', 'Deny'), value),
        Principal: fc.oneof(anyPrincipal, value),
        Action: fc.oneof(anyAction, value),
        Resource: value,
        Condition: fc.oneof(value, fc.dictionary(fc.string(), fc.dictionary(fc.string(), value))),
      },
      { requiredKeys: [] },
    );
    const document = fc.oneof(
      value,
      fc.record({ Statement: fc.oneof(value, shaped, fc.array(shaped)) }),
      fc.string(),
    );
    fc.assert(
      fc.property(document, (json) => {
        const answer = grantsOf(parsePolicy(json), view);
        expect(Array.isArray(answer.grants)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
