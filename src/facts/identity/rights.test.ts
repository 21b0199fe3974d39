import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { JsonObject } from '../../event/json.ts';
import { allowing, denying, document } from '../testing/identity.ts';
import { escalationPaths } from './escalation-paths.ts';
import { rightsOf } from './rights.ts';
import type { Rights } from './rights.ts';

const account = '111122223333';
const holder = { account, arn: `arn:aws:iam::${account}:user/li` };
const rights = (...statements: readonly JsonObject[]): Rights => rightsOf(document(...statements), holder);
const idsOf = (found: Rights): readonly string[] => found.paths.map(({ path }) => path.id);
const iamArn = (what: string): string => `arn:aws:iam::${account}:${what}`;
const passedTo = (...services: readonly string[]): JsonObject => ({
  Condition: { StringEquals: { 'iam:PassedToService': services } },
});

type Case = readonly [
  name: string,
  statements: readonly JsonObject[],
  level: string,
  paths?: readonly string[],
];

const cases: readonly Case[] = [
  ['everything', [allowing('*')], 'admin'],
  ['everything as *:*', [allowing('*:*')], 'admin'],
  ['all of IAM', [allowing('iam:*')], 'admin'],
  ['all of IAM in other letters', [allowing('IAM:*')], 'admin'],
  [
    'everything but one bucket action, by NotAction',
    [{ Effect: 'Allow', NotAction: 's3:DeleteBucket', Resource: '*' }],
    'admin',
  ],
  [
    'everything but IAM, by NotAction',
    [{ Effect: 'Allow', NotAction: ['iam:*', 'sts:*', 'sso:*', 'organizations:*'], Resource: '*' }],
    'power',
  ],
  [
    'everything but one role, by NotResource',
    [{ Effect: 'Allow', Action: 'iam:*', NotResource: iamArn('role/audit') }],
    'admin',
  ],
  ['everything, and a Deny of it', [allowing('*'), denying('*')], 'none', []],
  [
    'everything, with IAM, STS and Identity Center denied',
    [allowing('*'), denying(['iam:*', 'sts:*', 'sso:*'])],
    'power',
  ],
  [
    'everything, with a Deny for those without MFA',
    [
      allowing('*'),
      denying('*', '*', { Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } } }),
    ],
    'admin',
  ],
  [
    'everything from one network',
    [allowing('*', '*', { Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } })],
    'admin',
  ],
  ['any policy into any user', [allowing('iam:PutUserPolicy')], 'admin', ['iam-007']],
  [
    'any policy into oneself, by variable',
    [allowing('iam:PutUserPolicy', 'arn:aws:iam::*:user/${aws:username}')],
    'admin',
    ['iam-007'],
  ],
  [
    'any policy into oneself, by ARN',
    [allowing('iam:PutUserPolicy', iamArn('user/li'))],
    'admin',
    ['iam-007'],
  ],
  [
    'any policy into users of a path',
    [allowing('iam:PutUserPolicy', iamArn('user/apps/*'))],
    'limited-escalation',
    ['iam-007'],
  ],
  [
    'policies into users that have a boundary',
    [
      allowing('iam:PutUserPolicy', '*', {
        Condition: { StringEquals: { 'iam:PermissionsBoundary': iamArn('policy/edge') } },
      }),
    ],
    'limited-escalation',
    ['iam-007'],
  ],
  [
    'policies into roles, but not those of one path',
    [allowing('iam:PutRolePolicy'), denying('iam:PutRolePolicy', iamArn('role/admin/*'))],
    'admin',
    ['iam-005'],
  ],
  [
    "one's own keys and password",
    [
      allowing(
        ['iam:CreateAccessKey', 'iam:UpdateLoginProfile', 'iam:ChangePassword'],
        'arn:aws:iam::*:user/${aws:username}',
      ),
    ],
    'write',
    [],
  ],
  ["anybody's keys", [allowing('iam:CreateAccessKey')], 'admin', ['iam-002']],
  [
    'the users of any account of the partition',
    [allowing('iam:CreateLoginProfile', 'arn:aws:iam::*:user/*')],
    'admin',
    ['iam-004'],
  ],
  ['a role is passed, and nothing started', [allowing('iam:PassRole')], 'write', []],
  [
    'any role to a function',
    [allowing(['iam:PassRole', 'lambda:CreateFunction', 'lambda:InvokeFunction'])],
    'escalation',
    ['lambda-001'],
  ],
  [
    'one role to a function, as pipelines have it',
    [
      allowing('iam:PassRole', iamArn('role/app')),
      allowing(['lambda:CreateFunction', 'lambda:InvokeFunction']),
    ],
    'limited-escalation',
    ['lambda-001'],
  ],
  [
    'roles passed to another service only',
    [
      allowing('iam:PassRole', '*', passedTo('ecs-tasks.amazonaws.com')),
      allowing(['lambda:CreateFunction', 'lambda:InvokeFunction']),
    ],
    'write',
    [],
  ],
  [
    'roles passed to this service only',
    [
      allowing('iam:PassRole', '*', passedTo('lambda.amazonaws.com')),
      allowing(['lambda:CreateFunction', 'lambda:InvokeFunction']),
    ],
    'escalation',
    ['lambda-001'],
  ],
  ['code of any function', [allowing('lambda:UpdateFunctionCode')], 'hijack', ['lambda-003']],
  [
    'code of the functions of a region, by ARN',
    [allowing('lambda:UpdateFunctionCode', 'arn:aws:lambda:*:*:function:*')],
    'hijack',
    ['lambda-003'],
  ],
  [
    'code of one function',
    [allowing('lambda:UpdateFunctionCode', `arn:aws:lambda:eu-west-1:${account}:function:app`)],
    'write',
    ['lambda-003'],
  ],
  ['any role', [allowing('sts:AssumeRole')], 'escalation', ['sts-001']],
  [
    'one role of another account',
    [allowing('sts:AssumeRole', 'arn:aws:iam::444455556666:role/reader')],
    'limited-escalation',
    ['sts-001'],
  ],
  ['membership in any group', [allowing('iam:AddUserToGroup')], 'escalation', ['iam-013']],
  [
    'objects of a bucket',
    [allowing(['s3:GetObject', 's3:ListBucket'], 'arn:aws:s3:::invoices/*')],
    'read',
    [],
  ],
  ['all of S3', [allowing('s3:*')], 'write', []],
  ['only a Deny', [denying('*')], 'none', []],
  [
    'the action of a resource of another kind',
    [allowing('iam:PutUserPolicy', 'arn:aws:s3:::invoices')],
    'write',
    [],
  ],
  [
    'an action with a wildcard inside',
    [allowing('iam:Put*Policy')],
    'admin',
    ['iam-005', 'iam-007', 'iam-011'],
  ],
];

describe('the rights that a policy gives', () => {
  it.each(cases.map(([name, ...rest]) => [name, rest] as const))(
    '%s',
    (_name, [statements, level, paths]) => {
      const found = rights(...statements);
      expect(found.level).toBe(level);
      expect(idsOf(found)).toEqual(paths ?? idsOf(found));
    },
  );

  it.each([
    ['nothing', undefined],
    ['a text that is no JSON', 'full rights, please'],
    ['a list', '[]'],
    ['a statement without an action', document({ Effect: 'Allow', Resource: '*' })],
  ])('are unknown, with the reason, for %s', (_name, broken) => {
    const found = rightsOf(broken, holder);
    expect(found.level).toBe('unknown');
    expect(found.problems).toHaveLength(1);
  });

  it('are read from a percent-encoded document as well', () => {
    expect(rightsOf(encodeURIComponent(document(allowing('*'))), holder).level).toBe('admin');
  });

  it('do not depend on the order of the statements', () => {
    const statement = fc.constantFrom(...cases.flatMap(([, statements]) => statements));
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 6 }), (statements) => {
        const [one, other] = [rights(...statements), rights(...[...statements].reverse())];
        expect([other.level, idsOf(other)]).toEqual([one.level, idsOf(one)]);
      }),
    );
  });

  it('are unknown where a document asks for too much work', () => {
    const allows = Array.from({ length: 180 }, () => allowing('*', ['*a', '*b', '*r*', '*:*']));
    const denies = Array.from({ length: 180 }, () => denying('*', '*role*'));
    const found = rights(...allows, ...denies);
    expect(found.level).toBe('unknown');
    expect(found.problems).toEqual([
      'the policy has too many combinations of Allow and Deny statements to work out',
    ]);
  });

  it('never grow by a Deny', () => {
    const statement = fc.constantFrom(...cases.flatMap(([, statements]) => statements));
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 4 }), statement, (statements, more) => {
        const before = new Set(idsOf(rights(...statements)));
        const after = idsOf(rights(...statements, { ...more, Effect: 'Deny' }));
        expect(after.filter((id) => !before.has(id))).toEqual([]);
      }),
    );
  });
});

describe('every escalation path', () => {
  it('has an id of its own', () => {
    expect(new Set(escalationPaths.map(({ id }) => id)).size).toBe(escalationPaths.length);
  });

  it.each(escalationPaths.map((path) => [path.id, path.needs] as const))(
    '%s is found where all that it needs is allowed, and not where one part is missing',
    (id, needs) => {
      expect(idsOf(rights(allowing(needs)))).toContain(id);
      for (const missing of needs)
        expect(
          idsOf(rights(allowing(needs.filter((need) => need !== missing)), allowing('s3:GetObject'))),
        ).not.toContain(id);
      for (const missing of needs) expect(idsOf(rights(allowing('*'), denying(missing)))).not.toContain(id);
    },
  );
});

const data =
  process.env['TOCSIN_TEST_DATA'] ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const published = `${data}/iam-pathfinding/paths.json`;

describe.skipIf(!existsSync(published))('the published list of escalation paths', () => {
  const shape = z.array(
    z.object({
      id: z.string(),
      permissions: z.object({ required: z.array(z.object({ permission: z.string() })) }),
    }),
  );

  it('is covered whole, and each path only by all that it requires', () => {
    const paths = shape.parse(JSON.parse(readFileSync(published, 'utf8')));
    expect(paths.length).toBeGreaterThanOrEqual(65);
    const wrong = paths.filter(({ id, permissions }) => {
      const needs = permissions.required.map(({ permission }) => permission);
      const without = needs.map((missing) =>
        rights(
          allowing('s3:GetObject'),
          allowing(['s3:ListBucket', ...needs.filter((need) => need !== missing)]),
        ),
      );
      return (
        !idsOf(rights(allowing(needs))).includes(id) || without.some((found) => idsOf(found).includes(id))
      );
    });
    expect(wrong.map(({ id }) => id)).toEqual([]);
  });
});
