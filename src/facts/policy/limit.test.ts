import { describe, expect, it } from 'vitest';
import { allow, answerFor, given, lines, org } from '../testing/policy.ts';
import type { Case } from '../testing/policy.ts';

const conditions: readonly Case[] = [
  ['a fixed address range', given('IpAddress', 'aws:SourceIp', '192.0.2.0/24'), ['network: read']],
  ['the whole internet', given('IpAddress', 'aws:SourceIp', '0.0.0.0/0'), ['public: read']],
  [
    'one wide range of several',
    given('IpAddress', 'aws:SourceIp', '192.0.2.0/24', '0.0.0.0/0'),
    ['public: read'],
  ],
  [
    'two halves of the internet',
    given('IpAddress', 'aws:SourceIp', '0.0.0.0/1', '128.0.0.0/1'),
    ['public: read'],
  ],
  ['an address range that cannot be read', given('IpAddress', 'aws:SourceIp', 'office'), ['public: read ?']],
  ['keys in another case', given('IpAddress', 'AWS:sourceIP', '192.0.2.0/24'), ['network: read']],
  [
    'IfExists, which a missing key satisfies',
    given('StringEqualsIfExists', 'aws:PrincipalOrgID', org),
    ['public: read'],
  ],
  [
    'IfExists with the key required elsewhere',
    allow({
      Condition: {
        StringEqualsIfExists: { 'aws:PrincipalOrgID': org },
        Null: { 'aws:PrincipalOrgID': 'false' },
      },
    }),
    [`organisation: read ${org}`],
  ],
  [
    'ForAllValues, which an empty set satisfies',
    given('ForAllValues:StringEquals', 'aws:PrincipalOrgID', org),
    ['public: read'],
  ],
  [
    'ForAnyValue, which needs one',
    given('ForAnyValue:StringEquals', 'aws:PrincipalOrgPaths', `${org}/r-ab12/ou-ab12-11111111/`),
    [`organisation: read ${org}`],
  ],
  ['a negated operator', given('StringNotEquals', 'aws:PrincipalOrgID', org), ['public: read']],
  ['an organisation', given('StringEquals', 'aws:PrincipalOrgID', org), [`organisation: read ${org}`]],
  ['every organisation', given('StringLike', 'aws:PrincipalOrgID', 'o-*'), ['public: read ?']],
  ['any value', given('StringLike', 'aws:PrincipalOrgID', '*'), ['public: read']],
  [
    'a policy variable',
    given('StringEquals', 'aws:SourceVpce', '${aws:PrincipalTag/endpoint}'),
    ['public: read ?'],
  ],
  ['a literal star', given('StringLike', 'aws:SourceVpce', 'vpce-${*}'), ['network: read']],
  ['a fixed VPC', given('StringEquals', 'aws:SourceVpc', 'vpc-91237329'), ['network: read']],
  ['a pattern of VPCs', given('StringLike', 'aws:SourceVpc', 'vpc-*'), ['public: read ?']],
  [
    'a fixed pattern-free StringLike',
    given('StringLike', 'aws:SourceVpce', 'vpce-1a2b3c4d'),
    ['network: read'],
  ],
  ['encryption in transit', given('Bool', 'aws:SecureTransport', 'true'), ['public: read']],
  [
    'a Referer, which anybody can send',
    given('StringLike', 'aws:Referer', 'https://example.com/*'),
    ['public: read'],
  ],
  [
    'server-side encryption',
    given('StringEquals', 's3:x-amz-server-side-encryption', 'AES256'),
    ['public: read'],
  ],
  [
    "another account's ARN",
    given('ArnEquals', 'aws:PrincipalArn', 'arn:aws:iam::444455556666:role/etl'),
    ['external-account: read 444455556666'],
  ],
  [
    'a pattern of ARNs',
    given('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::111122223333:role/*'),
    ['public: read ?'],
  ],
  [
    'own and foreign accounts',
    given('StringEquals', 'aws:PrincipalAccount', '111122223333', '444455556666'),
    ['external-account: read 444455556666'],
  ],
  ['the own account', given('StringEquals', 'aws:PrincipalAccount', '111122223333'), ['own-account: read']],
  [
    'two conditions that exclude each other',
    allow({
      Condition: {
        StringEquals: { 'aws:PrincipalAccount': '111122223333' },
        ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::444455556666:role/etl' },
      },
    }),
    [],
  ],
  ['a unique id', given('StringEquals', 'aws:userid', 'AIDAEXAMPLEEXAMPLE123'), ['unknown: read ?']],
  [
    'a role id with any session',
    given('StringLike', 'aws:userid', 'AROAEXAMPLEEXAMPLE123:*'),
    ['public: read ?'],
  ],
  [
    "the own account's access points, whatever their names",
    given('StringLike', 's3:DataAccessPointArn', 'arn:aws:s3:eu-west-1:111122223333:accesspoint/*'),
    ['own-account: read ?'],
  ],
  [
    "a stranger's access points",
    given('StringEquals', 's3:DataAccessPointAccount', '444455556666'),
    ['external-account: read 444455556666 ?'],
  ],
  [
    'access points of any account',
    given('StringLike', 's3:DataAccessPointArn', 'arn:aws:s3:*:*:accesspoint/*'),
    ['public: read ?'],
  ],
  [
    'a source that is the own account',
    given('StringEquals', 'aws:SourceAccount', '111122223333'),
    ['service: read'],
  ],
  [
    'a source that is a foreign account',
    given('ArnEquals', 'aws:SourceArn', 'arn:aws:sns:eu-west-1:444455556666:topic'),
    ['external-account: read 444455556666'],
  ],
  [
    'MFA, which any account can have',
    given('Bool', 'aws:MultiFactorAuthPresent', 'true'),
    ['any-aws-account: read'],
  ],
  [
    'a tag, which any account can set',
    given('StringEquals', 'aws:PrincipalTag/team', 'billing'),
    ['any-aws-account: read'],
  ],
  ['AWS services only', given('Bool', 'aws:PrincipalIsAWSService', 'true'), ['service: read unguarded']],
  [
    'a time that may have passed',
    given('DateLessThan', 'aws:CurrentTime', '2026-01-01T00:00:00Z'),
    ['public: read ?'],
  ],
  ['an empty list of values', given('StringEquals', 'aws:SourceVpce'), ['unknown: read ?']],
  [
    'a service tied to its source',
    allow({
      Principal: { Service: 'cloudtrail.amazonaws.com' },
      Condition: {
        StringEquals: { 'aws:SourceArn': 'arn:aws:cloudtrail:eu-west-1:111122223333:trail/main' },
      },
    }),
    ['service: read'],
  ],
  [
    'a service tied to a bucket, whose ARN names no account',
    allow({
      Principal: { Service: 'logging.s3.amazonaws.com' },
      Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::source' } },
    }),
    ['service: read'],
  ],
  [
    "a service tied to any source of the owner's",
    allow({
      Principal: { Service: 'events.amazonaws.com' },
      Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:events:*:111122223333:rule/*' } },
    }),
    ['service: read'],
  ],
  [
    'a service tied to sources of any account',
    allow({
      Principal: { Service: 's3.amazonaws.com' },
      Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:*:*:source' } },
    }),
    ['service: read unguarded ?'],
  ],
  [
    "everyone, through any source of the owner's, which AWS calls public",
    given('ArnLike', 'aws:SourceArn', 'arn:aws:events:*:111122223333:rule/*'),
    ['public: read ?'],
  ],
  [
    'a request that comes from an address, as all do',
    given('Null', 'aws:SourceIp', 'false'),
    ['public: read'],
  ],
  [
    'a request that a service makes for a source',
    given('Null', 'aws:SourceArn', 'false'),
    ['service: read unguarded'],
  ],
  [
    'a folder named after the caller, who must have a name',
    allow({ Resource: 'arn:aws:s3:::invoices/home/${aws:username}/*' }),
    ['any-aws-account: read'],
  ],
  [
    'a folder named after the caller, beside one for all',
    allow({ Resource: ['arn:aws:s3:::invoices/home/${aws:username}/*', 'arn:aws:s3:::invoices/all/*'] }),
    ['public: read'],
  ],
  [
    'a folder named after the caller or a default',
    allow({ Resource: "arn:aws:s3:::invoices/home/${aws:username, 'guest'}/*" }),
    ['public: read'],
  ],
  [
    "a function's address that asks for a signature",
    given('StringEquals', 'lambda:FunctionUrlAuthType', 'AWS_IAM'),
    ['any-aws-account: read'],
  ],
  [
    "a function's address that asks for none",
    given('StringEquals', 'lambda:FunctionUrlAuthType', 'NONE'),
    ['public: read'],
  ],
  [
    'a mount target, which lies in a network',
    given('Bool', 'elasticfilesystem:AccessedViaMountTarget', 'true'),
    ['network: read'],
  ],
  [
    "a service tied to a stranger's source",
    allow({
      Principal: { Service: 'cloudtrail.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': '444455556666' } },
    }),
    ['external-account: read 444455556666'],
  ],
];

describe('an Allow for everyone on condition of', () => {
  it.each(conditions)('%s', (_name, statement, expected) => {
    expect(lines(answerFor(statement))).toEqual(expected);
  });
});
