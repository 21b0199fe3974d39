import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import { text } from '../../event/json.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import type { Known } from '../known.ts';
import { factsOf } from '../table.ts';
import { denied } from '../testing/cloudtrail.ts';
import { iamCall } from '../testing/identity.ts';

const trusting = (principal: Json, condition?: JsonObject, action: Json = 'sts:AssumeRole'): JsonObject => ({
  Effect: 'Allow',
  Principal: principal,
  Action: action,
  ...(condition === undefined ? {} : { Condition: condition }),
});
const web = (issuer: string, condition?: JsonObject): JsonObject =>
  trusting(
    { Federated: `arn:aws:iam::111122223333:oidc-provider/${issuer}` },
    condition,
    'sts:AssumeRoleWithWebIdentity',
  );
const gitHub = 'token.actions.githubusercontent.com';
const audience = { [`${gitHub}:aud`]: 'sts.amazonaws.com' };
const like = (claim: string, ...values: string[]): JsonObject => ({ StringLike: { [claim]: values } });

function update(statement: Json, more?: JsonObject): Event {
  return iamCall(
    'UpdateAssumeRolePolicy',
    { roleName: 'deploy', policyDocument: JSON.stringify({ Version: '2012-10-17', Statement: statement }) },
    more,
  );
}

/** `audience change verdict [subject]`, sorted, one line for each fact. */
const lines = (event: Event, known?: Known): string[] =>
  factsOf(event, known).map(({ fields }) =>
    ['audience', 'change', 'verdict', 'subject']
      .map((name) => text(fields, name))
      .filter((value) => value !== undefined)
      .join(' '),
  );

type Case = readonly [name: string, statement: Json, expected: readonly string[]];

const cases: readonly Case[] = [
  ['everyone', trusting('*'), ['any-aws-account opened exposed']],
  ['everyone, as AWS', trusting({ AWS: '*' }), ['any-aws-account opened exposed']],
  [
    'everyone who knows an external id',
    trusting('*', { StringEquals: { 'sts:ExternalId': 'x' } }),
    ['any-aws-account opened exposed'],
  ],
  [
    'everyone of an organisation',
    trusting('*', { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorg1' } }),
    ['organisation opened exposed'],
  ],
  [
    'everyone whose account is the own one',
    trusting('*', { StringEquals: { 'aws:PrincipalAccount': '111122223333' } }),
    ['own-account closed none'],
  ],
  [
    'everyone but one role, by NotPrincipal',
    { Effect: 'Allow', NotPrincipal: { AWS: 'arn:aws:iam::111122223333:role/a' }, Action: 'sts:AssumeRole' },
    ['any-aws-account opened exposed'],
  ],
  [
    'another account',
    trusting({ AWS: 'arn:aws:iam::444455556666:root' }),
    ['external-account opened exposed'],
  ],
  ['another account by its number', trusting({ AWS: '444455556666' }), ['external-account opened exposed']],
  ['the own account', trusting({ AWS: 'arn:aws:iam::111122223333:root' }), ['own-account closed none']],
  ['a service', trusting({ Service: 'ec2.amazonaws.com' }), ['service opened unknown']],
  [
    'a service tied to a source',
    trusting({ Service: 'sns.amazonaws.com' }, { StringEquals: { 'aws:SourceAccount': '111122223333' } }),
    ['service opened none'],
  ],
  [
    'another account, and a Deny of everyone',
    [trusting({ AWS: '444455556666' }), { ...trusting('*'), Effect: 'Deny' }],
    ['nobody closed none'],
  ],
  [
    'tags without the right to assume',
    trusting({ AWS: '444455556666' }, undefined, 'sts:TagSession'),
    ['nobody closed none'],
  ],
  ['everyone, by another action', trusting('*', undefined, 's3:GetObject'), ['nobody closed none']],
  ['GitHub without a claim', web(gitHub), ['public opened exposed missing']],
  [
    'GitHub with the audience alone',
    web(gitHub, { StringEquals: audience }),
    ['public opened exposed missing'],
  ],
  [
    'every repository of GitHub',
    web(gitHub, like(`${gitHub}:sub`, 'repo:*')),
    ['public opened exposed wide'],
  ],
  [
    'repositories of owners that begin alike',
    web(gitHub, like(`${gitHub}:sub`, 'repo:octo*/app:*')),
    ['public opened exposed wide'],
  ],
  [
    'every repository of one owner',
    web(gitHub, like(`${gitHub}:sub`, 'repo:octo-org/*')),
    ['federated opened exposed owner'],
  ],
  [
    'one repository',
    web(gitHub, like(`${gitHub}:sub`, 'repo:octo-org/app:*')),
    ['federated opened exposed fixed'],
  ],
  [
    'one repository and everything else',
    web(gitHub, like(`${gitHub}:sub`, 'repo:octo-org/app:*', '*')),
    ['public opened exposed wide'],
  ],
  [
    'one branch, spelled out',
    web(gitHub, { StringEquals: { [`${gitHub}:sub`]: 'repo:octo-org/app:ref:refs/heads/main' } }),
    ['federated opened exposed fixed'],
  ],
  [
    'the claim in other letters',
    web(gitHub, { StringEquals: { 'Token.Actions.GitHubUserContent.com:SUB': 'repo:octo-org/app:ref:x' } }),
    ['federated opened exposed fixed'],
  ],
  [
    'one repository, where there is such a claim',
    web(gitHub, { StringEqualsIfExists: { [`${gitHub}:sub`]: 'repo:octo-org/app:ref:x' } }),
    ['public opened exposed missing'],
  ],
  [
    'all but one repository',
    web(gitHub, { StringNotEquals: { [`${gitHub}:sub`]: 'repo:octo-org/app:ref:x' } }),
    ['public opened exposed missing'],
  ],
  [
    'ForAllValues, which an absent claim meets',
    web(gitHub, { 'ForAllValues:StringLike': { [`${gitHub}:sub`]: 'repo:octo-org/app:*' } }),
    ['public opened exposed missing'],
  ],
  [
    "another provider's claim",
    web(gitHub, like('gitlab.com:sub', 'project_path:octo/app:*')),
    ['public opened exposed missing'],
  ],
  [
    'a numbered repository',
    web(gitHub, { StringEquals: { [`${gitHub}:repository_id`]: '123456' } }),
    ['federated opened exposed fixed'],
  ],
  [
    'GitLab, every project',
    web('gitlab.com', like('gitlab.com:sub', 'project_path:*')),
    ['public opened exposed wide'],
  ],
  [
    'GitLab, one project',
    web('gitlab.com', like('gitlab.com:sub', 'project_path:octo/app:*')),
    ['federated opened exposed fixed'],
  ],
  [
    'Terraform Cloud without a claim',
    web('app.terraform.io', { StringEquals: { 'app.terraform.io:aud': 'aws.workload.identity' } }),
    ['public opened exposed missing'],
  ],
  [
    'Terraform Cloud, one workspace',
    web(
      'app.terraform.io',
      like('app.terraform.io:sub', 'organization:acme:project:p:workspace:w:run_phase:*'),
    ),
    ['federated opened exposed fixed'],
  ],
  [
    'an EKS cluster, every pod',
    web('oidc.eks.eu-west-1.amazonaws.com/id/ABC123'),
    ['federated opened exposed missing'],
  ],
  [
    'an EKS cluster, one service account',
    web('oidc.eks.eu-west-1.amazonaws.com/id/ABC123', {
      StringEquals: { 'oidc.eks.eu-west-1.amazonaws.com/id/ABC123:sub': 'system:serviceaccount:apps:web' },
    }),
    ['federated opened exposed fixed'],
  ],
  ['an issuer that nobody knows', web('login.example.org'), ['unknown opened unknown missing']],
  [
    'a Bitbucket workspace',
    web('api.bitbucket.org/2.0/workspaces/octo/pipelines-config/identity/oidc'),
    ['federated opened exposed missing'],
  ],
  [
    'Google with a client id',
    trusting(
      { Federated: 'accounts.google.com' },
      { StringEquals: { 'accounts.google.com:aud': '123.apps.googleusercontent.com' } },
      'sts:AssumeRoleWithWebIdentity',
    ),
    ['federated opened exposed fixed'],
  ],
  [
    'Google without one',
    trusting({ Federated: 'accounts.google.com' }, undefined, 'sts:AssumeRoleWithWebIdentity'),
    ['public opened exposed missing'],
  ],
  [
    'guests of an identity pool',
    trusting(
      { Federated: 'cognito-identity.amazonaws.com' },
      {
        StringEquals: { 'cognito-identity.amazonaws.com:aud': 'eu-west-1:1' },
        'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': 'unauthenticated' },
      },
      'sts:AssumeRoleWithWebIdentity',
    ),
    ['federated opened exposed guests'],
  ],
  [
    'any identity pool',
    trusting({ Federated: 'cognito-identity.amazonaws.com' }, undefined, 'sts:AssumeRoleWithWebIdentity'),
    ['public opened exposed missing'],
  ],
  [
    'a SAML provider',
    trusting(
      { Federated: 'arn:aws:iam::111122223333:saml-provider/idp' },
      { StringEquals: { 'SAML:aud': 'https://signin.aws.amazon.com/saml' } },
      'sts:AssumeRoleWithSAML',
    ),
    ['federated opened exposed fixed'],
  ],
  [
    'an OIDC provider by the wrong action',
    trusting({ Federated: 'arn:aws:iam::111122223333:oidc-provider/gitlab.com' }),
    ['nobody closed none'],
  ],
  [
    'a provider and a foreign account',
    [web(gitHub, like(`${gitHub}:sub`, 'repo:octo-org/app:*')), trusting({ AWS: '444455556666' })],
    ['external-account opened exposed', 'federated opened exposed fixed'],
  ],
];

describe('the trust of a role', () => {
  it.each(cases)('in %s', (_name, statement, expected) => {
    expect(lines(update(statement))).toEqual(expected);
  });

  it('does not depend on the order of statements', () => {
    const statement = fc.constantFrom<Json>(...cases.flatMap(([, given]) => given));
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 4 }), (statements) => {
        expect(lines(update(statements.toReversed())).toSorted()).toEqual(
          lines(update(statements)).toSorted(),
        );
      }),
    );
  });

  it('is said in a sentence', () => {
    const said = (statement: Json, more?: JsonObject): string | undefined =>
      factsOf(update(statement, more))[0]?.explanation;
    expect(said(trusting('*'))).toBe('anyone with an AWS account can now assume role `deploy`');
    expect(said(trusting({ AWS: '444455556666' }))).toBe(
      'the outside AWS account 444455556666 can now assume role `deploy`',
    );
    expect(said(web(gitHub))).toBe(
      'every workflow of every repository on GitHub (`token.actions.githubusercontent.com`, no claim says whose token it must be) can now assume role `deploy`',
    );
    expect(said(web(gitHub, like(`${gitHub}:sub`, 'repo:octo-org/app:*')))).toBe(
      'whom `token.actions.githubusercontent.com` signs in if `token.actions.githubusercontent.com:sub is like repo:octo-org/app:*`, can now assume role `deploy`',
    );
    expect(said(web('gitlab.com'), denied)).toBe(
      'tried to let every pipeline of every project on gitlab.com (`gitlab.com`, no claim says whose token it must be) assume role `deploy`, but the call failed (`AccessDenied`)',
    );
  });

  it('in a known account opens nothing to strangers', () => {
    const known: Known = { accounts: { '444455556666': { relation: 'trusted' } }, organisations: [] };
    expect(lines(update(trusting({ AWS: '444455556666' })), known)).toEqual(['known-account opened exposed']);
  });

  it('in a vendor is doubted without an external id', () => {
    const doubts = (condition?: JsonObject): number =>
      factsOf(update(trusting({ AWS: '444455556666' }, condition)))[0]?.unknowns.filter((unknown) =>
        unknown.includes('sts:ExternalId'),
      ).length ?? -1;
    expect(doubts()).toBe(1);
    expect(doubts({ StringEquals: { 'sts:ExternalId': 'x' } })).toBe(0);
  });

  it('of a new role that lets in nobody from outside is no news', () => {
    const create = (principal: Json): Event =>
      iamCall('CreateRole', {
        roleName: 'app',
        assumeRolePolicyDocument: JSON.stringify({ Statement: trusting(principal) }),
      });
    expect(factsOf(create({ AWS: 'arn:aws:iam::111122223333:root' }))).toEqual([]);
    expect(lines(create({ AWS: '444455556666' }))).toEqual(['external-account opened exposed']);
  });

  it('is said of a role that the record does not name', () => {
    const policyDocument = JSON.stringify({ Statement: trusting('*') });
    const [fact] = factsOf(iamCall('UpdateAssumeRolePolicy', { policyDocument }));
    expect(fact?.explanation).toBe(
      'anyone with an AWS account can now assume a role that the record does not name',
    );
  });

  it('of a refused call is not known, as the record keeps no parameters', () => {
    expect(factsOf(iamCall('UpdateAssumeRolePolicy', null, denied))).toEqual([]);
  });
});
