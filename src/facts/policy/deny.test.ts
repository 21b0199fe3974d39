import { describe, expect, it } from 'vitest';
import { allow, answerFor, bucket, deny, lines, org, unless, view } from '../testing/policy.ts';
import type { Case } from '../testing/policy.ts';
import { parsePolicy } from './document.ts';

const denies: readonly Case[] = [
  ['Deny beats Allow', [allow(), deny()], []],
  [
    'Deny beats Allow in whatever case its action is written',
    [allow(), deny({ Action: 'S3:GETobject' })],
    [],
  ],
  ['Deny of another action changes nothing', [allow(), deny({ Action: 's3:PutObject' })], ['public: read']],
  ['Deny on another resource changes nothing', [allow(), deny({ Resource: bucket })], ['public: read']],
  [
    'Deny on a part of the objects leaves the rest',
    [allow(), deny({ Resource: `${bucket}/secret/*` })],
    ['public: read'],
  ],
  [
    'Deny of deletions leaves all but these',
    [allow({ Action: 's3:*' }), deny({ Action: 's3:*Delete*' })],
    ['public: read list write delete permissions'],
  ],
  [
    'Deny with NotAction leaves what it names',
    [allow({ Action: 's3:*' }), deny({ Action: undefined, NotAction: 's3:GetObject' })],
    ['public: read'],
  ],
  [
    'Deny with NotResource leaves what it names',
    [allow(), deny({ Resource: undefined, NotResource: `${bucket}/public/*` })],
    ['public: read'],
  ],
  [
    'Deny with NotResource blocks the rest',
    [
      allow({ Resource: `${bucket}/secret/*` }),
      deny({ Resource: undefined, NotResource: `${bucket}/public/*` }),
    ],
    [],
  ],
  [
    'Deny for one account leaves the others',
    [allow(), deny({ Principal: { AWS: '444455556666' } })],
    ['public: read'],
  ],
  [
    'Deny for an account beats Allow for its role',
    [
      allow({ Principal: { AWS: 'arn:aws:iam::444455556666:role/etl' } }),
      deny({ Principal: { AWS: '444455556666' } }),
    ],
    [],
  ],
  [
    'Deny for a role leaves its account',
    [
      allow({ Principal: { AWS: '444455556666' } }),
      deny({ Principal: { AWS: 'arn:aws:iam::444455556666:role/etl' } }),
    ],
    ['external-account: read 444455556666'],
  ],
  [
    'Deny with NotPrincipal leaves its list',
    [allow(), deny({ Principal: undefined, NotPrincipal: { AWS: ['444455556666', '111122223333'] } })],
    ['external-account: read 444455556666', 'own-account: read'],
  ],
  [
    'Deny with NotPrincipal blocks a named stranger',
    [
      allow({ Principal: { AWS: '444455556666' } }),
      deny({ Principal: undefined, NotPrincipal: { AWS: '111122223333' } }),
    ],
    [],
  ],
  [
    'two exception lists leave whom both name',
    [
      allow(),
      deny({ Principal: undefined, NotPrincipal: { AWS: ['444455556666', '111122223333'] } }),
      deny({ Principal: undefined, NotPrincipal: { AWS: ['arn:aws:iam::111122223333:role/etl'] } }),
    ],
    ['own-account: read'],
  ],
  [
    'Deny for a pattern of roles, which AWS does not take, blocks nobody for sure',
    [allow(), deny({ Principal: { AWS: 'arn:aws:iam::444455556666:role/*' } })],
    ['public: read'],
  ],
  [
    'Deny with an exception that cannot be read may leave anybody',
    [allow(), deny({ Principal: undefined, NotPrincipal: { AWS: 'arn:aws:iam::444455556666:role/*' } })],
    ['unknown: read ?'],
  ],
  [
    'Deny with a canonical user as its exception leaves that user, whoever it is',
    [allow(), deny({ Principal: undefined, NotPrincipal: { CanonicalUser: 'ab12' } })],
    ['unknown: read ?'],
  ],
  [
    'Deny with a service as its exception leaves the service',
    [allow(), deny({ Principal: undefined, NotPrincipal: { Service: 'cloudfront.amazonaws.com' } })],
    ['service: read unguarded'],
  ],
  [
    'Deny for a unique id leaves the others',
    [allow(), deny({ Principal: { AWS: 'AROAEXAMPLEEXAMPLE123' } })],
    ['public: read'],
  ],
  [
    'Deny that cannot be decided leaves no more than the conditions of the Allow do',
    [
      allow({ Condition: { StringEquals: { 'aws:PrincipalOrgID': org } } }),
      deny({ Condition: { DateGreaterThan: { 'aws:CurrentTime': '2026-06-01T00:00:00Z' } } }),
    ],
    [`organisation: read ${org} ?`],
  ],
  [
    'Deny of a folder named after the caller blocks no folder for sure',
    [allow(), deny({ Resource: 'arn:aws:s3:::invoices/${aws:username}/*' })],
    ['public: read'],
  ],
  [
    'Deny without encryption in transit narrows nobody',
    unless({ Bool: { 'aws:SecureTransport': 'false' } }),
    ['public: read'],
  ],
  [
    'Deny below TLS 1.2 narrows nobody',
    unless({ NumericLessThan: { 's3:TlsVersion': '1.2' } }),
    ['public: read'],
  ],
  [
    'Deny outside the organisation leaves the organisation',
    unless({ StringNotEquals: { 'aws:PrincipalOrgID': org } }),
    [`organisation: read ${org}`],
  ],
  [
    'Deny outside the organisation but for AWS services leaves both',
    unless({
      StringNotEqualsIfExists: { 'aws:PrincipalOrgID': org },
      BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
    }),
    [`organisation: read ${org}`, 'service: read unguarded'],
  ],
  [
    'Bool without IfExists does not deny the anonymous caller',
    unless({
      StringNotEquals: { 'aws:PrincipalOrgID': org },
      Bool: { 'aws:PrincipalIsAWSService': 'false' },
    }),
    ['public: read'],
  ],
  [
    'Deny outside address ranges leaves the network',
    unless({ NotIpAddress: { 'aws:SourceIp': ['192.0.2.0/24'] } }),
    ['network: read'],
  ],
  [
    'Deny outside the whole internet leaves everyone',
    unless({ NotIpAddress: { 'aws:SourceIp': ['0.0.0.0/0'] } }),
    ['public: read'],
  ],
  [
    'Deny outside addresses and an endpoint leaves both networks',
    unless({
      NotIpAddress: { 'aws:SourceIp': '192.0.2.0/24' },
      StringNotEquals: { 'aws:SourceVpce': 'vpce-1a2b3c4d' },
    }),
    ['network: read', 'network: read'],
  ],
  [
    'Deny outside addresses only without TLS leaves everyone',
    unless({ NotIpAddress: { 'aws:SourceIp': '192.0.2.0/24' }, Bool: { 'aws:SecureTransport': 'false' } }),
    ['public: read'],
  ],
  [
    'Deny of one address range leaves everyone else',
    unless({ IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } }),
    ['public: read'],
  ],
  [
    'Deny of all addresses cannot be decided',
    unless({ IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } }),
    ['unknown: read ?'],
  ],
  [
    'Deny outside a pattern of ARNs cannot be decided',
    unless({ ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/*' } }),
    ['unknown: read ?'],
  ],
  [
    'Deny outside fixed ARNs leaves their accounts',
    unless({ ArnNotEquals: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/etl' } }),
    ['own-account: read'],
  ],
  [
    'Deny with ForAnyValue does not reach the anonymous caller',
    unless({ 'ForAnyValue:StringNotLike': { 'aws:PrincipalOrgPaths': `${org}/*` } }),
    ['public: read'],
  ],
  [
    'Deny with ForAllValues does',
    unless({ 'ForAllValues:StringNotLike': { 'aws:PrincipalOrgPaths': `${org}/*` } }),
    [`organisation: read ${org}`],
  ],
  [
    'Deny outside an account blocks a named stranger',
    [
      allow({ Principal: { AWS: '444455556666' } }),
      deny({ Condition: { StringNotEquals: { 'aws:PrincipalAccount': '111122223333' } } }),
    ],
    [],
  ],
  [
    'Deny outside the organisation leaves a doubt about a named account',
    [
      allow({ Principal: { AWS: '444455556666' } }),
      deny({ Condition: { StringNotEquals: { 'aws:PrincipalOrgID': org } } }),
    ],
    ['external-account: read 444455556666 ?'],
  ],
  [
    'Deny without a source ties a service to it',
    [
      allow({ Principal: { Service: 'sns.amazonaws.com' } }),
      deny({ Condition: { StringNotEquals: { 'aws:SourceAccount': '111122223333' } } }),
    ],
    ['service: read'],
  ],
  [
    'Deny of unsigned calls leaves whoever has credentials',
    unless({ Null: { 'aws:PrincipalArn': 'true' } }),
    ['any-aws-account: read'],
  ],
  [
    'Deny from a date on cannot be decided',
    unless({ DateGreaterThan: { 'aws:CurrentTime': '2026-01-01T00:00:00Z' } }),
    ['unknown: read ?'],
  ],
];

describe('Deny', () => {
  it.each(denies)('%s', (_name, statement, expected) => {
    expect(lines(answerFor(statement))).toEqual(expected);
  });
});

describe('a Deny on a part of what is allowed', () => {
  it.each([
    ['is said as an exception', deny({ Resource: `${bucket}/secret/*` }), [`not on ${bucket}/secret/*`]],
    [
      'with NotResource is said as what is left',
      deny({ Resource: undefined, NotResource: `${bucket}/public/*` }),
      [`only on ${bucket}/public/*`],
    ],
    ['of another action is not said', deny({ Action: 's3:PutObject', Resource: `${bucket}/secret/*` }), []],
  ])('%s', (_name, statement, expected) => {
    expect(answerFor([allow(), statement]).grants.map((grant) => grant.conditions)).toEqual([expected]);
  });
});

describe('a resource control policy around a policy', () => {
  const organisationOnly = parsePolicy(
    {
      Statement: {
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: '*',
        Condition: {
          StringNotEqualsIfExists: { 'aws:PrincipalOrgID': org },
          BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
        },
      },
    },
    'identity',
  );

  it('leaves what it does not deny', () => {
    const from = { ...view, controlPolicies: [organisationOnly] };
    expect(lines(answerFor(allow(), from))).toEqual([`organisation: read ${org}`, 'service: read unguarded']);
  });

  it('gives nothing by itself', () => {
    const full = parsePolicy({ Statement: { Effect: 'Allow', Action: '*', Resource: '*' } }, 'identity');
    expect(answerFor(deny(), { ...view, controlPolicies: [full] }).grants).toEqual([]);
  });
});
