import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../event/json.ts';
import { allowedBy, allowedWithin } from './allowed.ts';
import type { Question } from './allowed.ts';
import { parsePolicy } from './document.ts';
import type { Policy } from './document.ts';

const all = '*';
const user = 'arn:aws:iam::111122223333:user/maria';

const policy = (...statements: Json[]): Policy =>
  parsePolicy({ Version: '2012-10-17', Statement: statements }, 'identity');
const may = (action: Json, resource: Json = '*', more: JsonObject = {}): JsonObject => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
  ...more,
});
const never = (action: Json, resource: Json = '*', more: JsonObject = {}): JsonObject => ({
  ...may(action, resource, more),
  Effect: 'Deny',
});
const ask = (
  action: string,
  resource = all,
  context: Readonly<Record<string, readonly string[]>> = {},
): Question => ({
  action,
  resource,
  context: new Map(Object.entries(context)),
});
const onMfa = { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } };

const cases: readonly (readonly [string, readonly Policy[], Question, 'yes' | 'no' | 'conditional'])[] = [
  ['nothing is allowed without a policy', [], ask('iam:PassRole'), 'no'],
  ['everything is everything', [policy(may('*'))], ask('iam:PassRole'), 'yes'],
  ['everything is asked in a pattern', [policy(may('*'))], ask('*'), 'yes'],
  ['a service is not everything', [policy(may('iam:*'))], ask('*'), 'conditional'],
  ['a service is all its actions', [policy(may('iam:*'))], ask('iam:CreateUser'), 'yes'],
  ['actions are case-insensitive', [policy(may('IAM:passROLE'))], ask('iam:PassRole'), 'yes'],
  [
    'NotAction is all the others',
    [policy(may(undefined as unknown as Json, '*', { NotAction: 's3:*' }))],
    ask('iam:PassRole'),
    'yes',
  ],
  [
    'NotAction is not what it names',
    [policy(may(undefined as unknown as Json, '*', { NotAction: 'iam:*' }))],
    ask('iam:PassRole'),
    'no',
  ],
  ['another action is not allowed', [policy(may('iam:Get*'))], ask('iam:PassRole'), 'no'],
  [
    'one resource is not every resource',
    [policy(may('iam:PassRole', user))],
    ask('iam:PassRole'),
    'conditional',
  ],
  ['one resource is itself', [policy(may('iam:PassRole', user))], ask('iam:PassRole', user), 'yes'],
  ['another resource is not it', [policy(may('iam:PassRole', user))], ask('iam:PassRole', `${user}2`), 'no'],
  [
    'NotResource leaves the others',
    [policy({ Effect: 'Allow', Action: '*', NotResource: user })],
    ask('iam:PassRole', `${user}2`),
    'yes',
  ],
  [
    'NotResource leaves out what it names',
    [policy({ Effect: 'Allow', Action: '*', NotResource: user })],
    ask('iam:PassRole', user),
    'no',
  ],
  [
    'a Deny beats an Allow of another policy',
    [policy(may('*')), policy(never('iam:*'))],
    ask('iam:PassRole'),
    'no',
  ],
  [
    'a Deny of a part leaves a part',
    [policy(may('*'), never('iam:PassRole', user))],
    ask('iam:PassRole'),
    'conditional',
  ],
  ['a Deny of something else changes nothing', [policy(may('*'), never('s3:*'))], ask('iam:PassRole'), 'yes'],
  [
    'a Deny under a condition may leave it',
    [policy(may('*'), never('*', '*', onMfa))],
    ask('iam:PassRole'),
    'conditional',
  ],
  [
    'a condition that is not known is one',
    [policy(may('*', '*', onMfa))],
    ask('iam:PassRole'),
    'conditional',
  ],
  [
    'a condition that is met is none',
    [policy(may('*', '*', onMfa))],
    ask('iam:PassRole', all, { 'aws:multifactorauthpresent': ['true'] }),
    'yes',
  ],
  [
    'a condition that is not met allows nothing',
    [policy(may('*', '*', onMfa))],
    ask('iam:PassRole', all, { 'aws:multifactorauthpresent': [] }),
    'no',
  ],
  [
    'a condition that is not met denies nothing',
    [policy(may('*'), never('*', '*', onMfa))],
    ask('iam:PassRole', all, { 'aws:multifactorauthpresent': ['false'] }),
    'yes',
  ],
  [
    'passing a role to one service is no passing to another',
    [
      policy(
        may('iam:PassRole', '*', {
          Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
        }),
      ),
    ],
    ask('iam:PassRole', all, { 'iam:passedtoservice': ['lambda.amazonaws.com'] }),
    'no',
  ],
  [
    'a variable is not known',
    [policy(may('iam:*', 'arn:aws:iam::*:user/${aws:username}'))],
    ask('iam:CreateAccessKey', user),
    'conditional',
  ],
  [
    'a variable beside a plain resource is not known',
    [policy(may('iam:*', ['arn:aws:iam::*:user/${aws:username}', 'arn:aws:iam::*:group/*']))],
    ask('iam:CreateAccessKey', user),
    'conditional',
  ],
  [
    'a variable in a Deny may deny',
    [policy(may('iam:*'), never('iam:*', 'arn:aws:iam::*:user/${aws:username}'))],
    ask('iam:CreateAccessKey', user),
    'conditional',
  ],
  [
    'a variable among the exceptions of a Deny may let through',
    [
      policy(may('iam:*'), {
        Effect: 'Deny',
        Action: '*',
        NotResource: 'arn:aws:iam::*:user/${aws:username}',
      }),
    ],
    ask('iam:CreateAccessKey', user),
    'conditional',
  ],
  [
    'a policy of the old version has no variables',
    [parsePolicy({ Statement: may('iam:*', 'arn:aws:iam::*:user/${aws:username}') }, 'identity')],
    ask('iam:CreateAccessKey', user),
    'no',
  ],
  [
    'a policy that names a principal is none of an identity',
    [policy(may('*', '*', { Principal: { AWS: '111122223333' } }))],
    ask('iam:PassRole'),
    'no',
  ],
];

describe('what an identity may do', () => {
  it.each(cases)('%s', (_name, policies, question, expected) => {
    expect(allowedBy(policies, question).answer).toBe(expected);
  });

  it('says for which resources and under which conditions', () => {
    const allowance = allowedBy(
      [
        policy(
          may('iam:PassRole', user, onMfa),
          never('*', '*', { Condition: { StringNotEquals: { 'aws:RequestedRegion': 'eu-west-1' } } }),
        ),
      ],
      ask('iam:PassRole'),
    );
    expect(allowance).toMatchObject({
      answer: 'conditional',
      resources: [user],
      conditions: ['aws:MultiFactorAuthPresent is true', 'unless aws:RequestedRegion is not eu-west-1'],
    });
  });

  it('names the statement that gives it', () => {
    const allowance = allowedBy(
      [policy(may('s3:*'), may('iam:*', '*', { Sid: 'Admin' }))],
      ask('iam:PassRole'),
    );
    expect(allowance.allows.map(({ sid }) => sid)).toEqual(['Admin']);
  });
});

describe('what an identity may do within limits', () => {
  const admin = [policy(may('*'))];
  it.each<readonly [string, readonly (readonly Policy[])[], 'yes' | 'no' | 'conditional']>([
    ['no limit', [], 'yes'],
    ['a limit that allows it', [[policy(may('*'))]], 'yes'],
    ['a limit that allows something else', [[policy(may('s3:*'))]], 'no'],
    ['a limit that denies it', [[policy(may('*'), never('iam:*'))]], 'no'],
    [
      'a limit that denies it to all but a role',
      [
        [
          policy(
            may('*'),
            never('iam:*', '*', {
              Condition: { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/ops' } },
            }),
          ),
        ],
      ],
      'conditional',
    ],
    ['two limits of which one denies it', [[policy(may('*'))], [policy(may('ec2:*'))]], 'no'],
  ])('%s', (_name, limits, expected) => {
    expect(allowedWithin(admin, limits, ask('iam:PassRole')).answer).toBe(expected);
  });
});
