import { describe, expect, it } from 'vitest';
import type { Actor } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { cloudTrailActor } from './actor.ts';

const ACCOUNT = '111122223333';

function actorOf(userIdentity: Json, rest: JsonObject = {}): Actor {
  return cloudTrailActor({ eventSource: 's3.amazonaws.com', ...rest, userIdentity });
}

const roleIssuer = {
  type: 'Role',
  principalId: 'AROAEXAMPLE',
  arn: `arn:aws:iam::${ACCOUNT}:role/ci/deploy-role`,
  accountId: ACCOUNT,
  userName: 'deploy-role',
};

function assumedRole(session: string, context: JsonObject = {}, more: JsonObject = {}): JsonObject {
  return {
    type: 'AssumedRole',
    principalId: `AROAEXAMPLE:${session}`,
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/deploy-role/${session}`,
    accountId: ACCOUNT,
    accessKeyId: 'ASIAEXAMPLE',
    sessionContext: {
      sessionIssuer: roleIssuer,
      webIdFederationData: {},
      attributes: { creationDate: '2026-03-01T09:00:00Z', mfaAuthenticated: 'false' },
      ...context,
    },
    ...more,
  };
}

/** Members that the case doesn't speak of are left out of the comparison. */
const cases: readonly [string, Json, Partial<Actor>][] = [
  [
    'the root user',
    {
      type: 'Root',
      principalId: ACCOUNT,
      arn: `arn:aws:iam::${ACCOUNT}:root`,
      accountId: ACCOUNT,
      userName: 'my-alias',
    },
    {
      kind: 'root',
      name: 'root of 111122223333',
      account: ACCOUNT,
      principalId: ACCOUNT,
      chain: [],
      session: undefined,
    },
  ],
  ['the root user of an account that is not said', { type: 'Root' }, { kind: 'root', name: 'root' }],
  [
    'an IAM user',
    {
      type: 'IAMUser',
      principalId: 'AIDAEXAMPLE',
      arn: `arn:aws:iam::${ACCOUNT}:user/teams/alice`,
      accountId: ACCOUNT,
      accessKeyId: 'AKIAEXAMPLE',
      userName: 'alice',
    },
    {
      kind: 'iam-user',
      name: 'alice',
      arn: `arn:aws:iam::${ACCOUNT}:user/teams/alice`,
      accessKeyId: 'AKIAEXAMPLE',
      mfa: undefined,
      issuer: undefined,
      chain: [],
      invokedBy: undefined,
    },
  ],
  [
    'an IAM user without a name',
    { type: 'IAMUser', arn: `arn:aws:iam::${ACCOUNT}:user/teams/alice` },
    { kind: 'iam-user', name: 'alice', account: ACCOUNT },
  ],
  [
    'an IAM user with a principal id only',
    { type: 'IAMUser', principalId: 'AIDAEXAMPLE' },
    { name: 'AIDAEXAMPLE' },
  ],
  [
    'a user name that CloudTrail hides because it does not exist',
    { type: 'IAMUser', accountId: ACCOUNT, accessKeyId: '', userName: 'HIDDEN_DUE_TO_SECURITY_REASONS' },
    { kind: 'iam-user', name: 'unknown user of 111122223333', accessKeyId: undefined },
  ],
  [
    'an IAM user through a service, which stands after the user and not behind',
    { type: 'IAMUser', userName: 'alice', accountId: ACCOUNT, invokedBy: 'cloudformation.amazonaws.com' },
    { name: 'alice', invokedBy: 'cloudformation.amazonaws.com', chain: [] },
  ],
  [
    'an IAM user with a temporary session and empty issuer',
    {
      type: 'IAMUser',
      userName: 'alice',
      sessionContext: {
        sessionIssuer: {},
        webIdFederationData: {},
        attributes: { mfaAuthenticated: 'true' },
      },
    },
    { name: 'alice', issuer: undefined, chain: [], mfa: true },
  ],
  [
    'an assumed role',
    assumedRole('ci-run-17'),
    {
      kind: 'assumed-role',
      name: 'deploy-role/ci-run-17',
      session: 'ci-run-17',
      accessKeyId: 'ASIAEXAMPLE',
      mfa: false,
      issuer: { kind: 'role', name: 'deploy-role', arn: roleIssuer.arn, account: ACCOUNT },
      chain: [{ kind: 'role', name: 'deploy-role', arn: roleIssuer.arn, account: ACCOUNT }],
    },
  ],
  [
    'a role of an EC2 instance',
    assumedRole('i-0123456789abcdef0', { ec2RoleDelivery: '2.0' }),
    { name: 'deploy-role/i-0123456789abcdef0', session: 'i-0123456789abcdef0' },
  ],
  [
    'an assumed role without session context',
    { type: 'AssumedRole', arn: `arn:aws:sts::${ACCOUNT}:assumed-role/deploy-role/ci` },
    { name: 'deploy-role/ci', session: 'ci', account: ACCOUNT, issuer: undefined, chain: [] },
  ],
  [
    'an assumed role whose ARN lacks the session',
    {
      type: 'AssumedRole',
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/deploy-role`,
      principalId: 'AROAEXAMPLE:ci',
    },
    { name: 'deploy-role/ci', session: 'ci' },
  ],
  [
    'an assumed role without an ARN',
    { type: 'AssumedRole', principalId: 'AROAEXAMPLE:ci' },
    { name: 'ci', session: 'ci' },
  ],
  [
    'an assumed role and nothing else',
    { type: 'AssumedRole' },
    { kind: 'assumed-role', name: 'unknown role' },
  ],
  [
    'a role assumed from GitHub, with a source identity',
    assumedRole('deploy', {
      webIdFederationData: {
        federatedProvider: `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`,
        attributes: {},
      },
      sourceIdentity: 'alice@example.com',
    }),
    {
      chain: [
        {
          kind: 'web-identity-user',
          name: 'token.actions.githubusercontent.com',
          arn: `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`,
          account: ACCOUNT,
        },
        { kind: 'unknown', name: 'alice@example.com' },
        { kind: 'role', name: 'deploy-role', arn: roleIssuer.arn, account: ACCOUNT },
      ],
    },
  ],
  [
    'a role of IAM Identity Center, whose session is the person, named once though the source identity repeats it',
    assumedRole('bob', {
      sessionIssuer: {
        ...roleIssuer,
        arn: `arn:aws:iam::${ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0a1b`,
        userName: 'AWSReservedSSO_Admin_0a1b',
      },
      sourceIdentity: 'bob',
    }),
    {
      chain: [
        { kind: 'identity-center-user', name: 'bob' },
        {
          kind: 'role',
          name: 'AWSReservedSSO_Admin_0a1b',
          arn: `arn:aws:iam::${ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0a1b`,
          account: ACCOUNT,
        },
      ],
    },
  ],
  [
    'a role of that name that somebody made elsewhere, whose session proves nothing',
    assumedRole('bob', {
      sessionIssuer: {
        ...roleIssuer,
        arn: `arn:aws:iam::${ACCOUNT}:role/AWSReservedSSO_Admin_0a1b`,
        userName: 'AWSReservedSSO_Admin_0a1b',
      },
    }),
    {
      chain: [
        {
          kind: 'role',
          name: 'AWSReservedSSO_Admin_0a1b',
          arn: `arn:aws:iam::${ACCOUNT}:role/AWSReservedSSO_Admin_0a1b`,
          account: ACCOUNT,
        },
      ],
    },
  ],
  [
    'a source identity with the name of the role, which must not hide the role',
    assumedRole('ci', { sourceIdentity: 'deploy-role' }),
    {
      chain: [
        { kind: 'unknown', name: 'deploy-role' },
        { kind: 'role', name: 'deploy-role', arn: roleIssuer.arn, account: ACCOUNT },
      ],
    },
  ],
  [
    'a role of a Lambda function',
    assumedRole(
      'charge',
      {},
      {
        inScopeOf: {
          issuerType: 'AWS::Lambda::Function',
          credentialsIssuedTo: `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:charge`,
        },
      },
    ),
    {
      chain: [
        {
          kind: 'aws-service',
          name: 'function:charge',
          arn: `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:charge`,
          account: ACCOUNT,
        },
        { kind: 'role', name: 'deploy-role', arn: roleIssuer.arn, account: ACCOUNT },
      ],
    },
  ],
  [
    'a service-linked role, behind which the service stands',
    assumedRole(
      'AutoScaling',
      {
        sessionIssuer: {
          ...roleIssuer,
          arn: `arn:aws:iam::${ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
          userName: 'AWSServiceRoleForAutoScaling',
        },
      },
      { invokedBy: 'autoscaling.amazonaws.com' },
    ),
    {
      invokedBy: 'autoscaling.amazonaws.com',
      chain: [
        { kind: 'aws-service', name: 'autoscaling.amazonaws.com' },
        {
          kind: 'role',
          name: 'AWSServiceRoleForAutoScaling',
          arn: `arn:aws:iam::${ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
          account: ACCOUNT,
        },
      ],
    },
  ],
  [
    'a person of Identity Center behind a role',
    assumedRole(
      'app',
      {},
      {
        onBehalfOf: {
          userId: '9067642ac7-11aa',
          identityStoreArn: `arn:aws:identitystore::${ACCOUNT}:identitystore/d-9067642ac7`,
        },
      },
    ),
    {
      chain: [
        { kind: 'identity-center-user', name: '9067642ac7-11aa', account: ACCOUNT },
        { kind: 'role', name: 'deploy-role', arn: roleIssuer.arn, account: ACCOUNT },
      ],
    },
  ],
  [
    'a role by itself',
    {
      type: 'Role',
      arn: `arn:aws:iam::${ACCOUNT}:role/ci/deploy-role`,
      accountId: ACCOUNT,
      principalId: 'AROAEXAMPLE',
    },
    { kind: 'role', name: 'deploy-role', session: undefined },
  ],
  [
    'a federated user',
    {
      type: 'FederatedUser',
      principalId: `${ACCOUNT}:bob`,
      arn: `arn:aws:sts::${ACCOUNT}:federated-user/bob`,
      accountId: ACCOUNT,
      sessionContext: {
        sessionIssuer: {
          type: 'IAMUser',
          arn: `arn:aws:iam::${ACCOUNT}:user/broker`,
          accountId: ACCOUNT,
          userName: 'broker',
        },
        attributes: { mfaAuthenticated: 'false' },
      },
    },
    {
      kind: 'federated-user',
      name: 'bob',
      chain: [
        { kind: 'iam-user', name: 'broker', arn: `arn:aws:iam::${ACCOUNT}:user/broker`, account: ACCOUNT },
      ],
    },
  ],
  [
    'a federated user without an ARN',
    { type: 'FederatedUser', principalId: `${ACCOUNT}:bob` },
    { name: 'bob' },
  ],
  [
    'a federated user made by root',
    {
      type: 'FederatedUser',
      principalId: `${ACCOUNT}:bob`,
      sessionContext: { sessionIssuer: { type: 'Root', arn: `arn:aws:iam::${ACCOUNT}:root` } },
    },
    {
      issuer: {
        kind: 'root',
        name: 'root of 111122223333',
        arn: `arn:aws:iam::${ACCOUNT}:root`,
        account: ACCOUNT,
      },
    },
  ],
  [
    'a web identity',
    {
      type: 'WebIdentityUser',
      principalId: `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com:sts.amazonaws.com:repo:acme/shop:ref:refs/heads/main`,
      userName: 'repo:acme/shop:ref:refs/heads/main',
      identityProvider: `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`,
    },
    {
      kind: 'web-identity-user',
      name: 'repo:acme/shop:ref:refs/heads/main',
      chain: [
        {
          kind: 'web-identity-user',
          name: 'token.actions.githubusercontent.com',
          arn: `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`,
          account: ACCOUNT,
        },
      ],
    },
  ],
  [
    'a web identity of a public provider',
    {
      type: 'WebIdentityUser',
      principalId: 'accounts.google.com:app:1234',
      userName: '1234',
      identityProvider: 'accounts.google.com',
    },
    { name: '1234', chain: [{ kind: 'web-identity-user', name: 'accounts.google.com' }] },
  ],
  [
    'a SAML user',
    {
      type: 'SAMLUser',
      principalId: 'qualifier=:carol@example.com',
      userName: 'carol@example.com',
      identityProvider: `arn:aws:iam::${ACCOUNT}:saml-provider/okta`,
    },
    {
      kind: 'saml-user',
      name: 'carol@example.com',
      chain: [
        {
          kind: 'saml-user',
          name: 'okta',
          arn: `arn:aws:iam::${ACCOUNT}:saml-provider/okta`,
          account: ACCOUNT,
        },
      ],
    },
  ],
  [
    'an Identity Center user, who is the actor and not behind it',
    {
      type: 'IdentityCenterUser',
      accountId: ACCOUNT,
      onBehalfOf: {
        userId: '544894e8-80c1',
        identityStoreArn: `arn:aws:identitystore::${ACCOUNT}:identitystore/d-9067642ac7`,
      },
      credentialId: 'EXAMPLE',
    },
    { kind: 'identity-center-user', name: 'Identity Center user 544894e8-80c1', chain: [], account: ACCOUNT },
  ],
  ['an Identity Center user with a name', { type: 'IdentityCenterUser', userName: 'dora' }, { name: 'dora' }],
  [
    'a directory user',
    { type: 'Directory', userName: 'erin', accountId: ACCOUNT },
    { kind: 'directory-user', name: 'erin' },
  ],
  [
    'another account',
    { type: 'AWSAccount', principalId: 'AIDAEXAMPLE', accountId: '444455556666' },
    { kind: 'aws-account', name: 'account 444455556666', account: '444455556666', session: undefined },
  ],
  [
    'a role session of another account',
    { type: 'AWSAccount', principalId: 'AROAEXAMPLE:backup-job', accountId: '444455556666' },
    { kind: 'aws-account', name: 'backup-job of 444455556666', session: 'backup-job' },
  ],
  [
    'an AWS service',
    { type: 'AWSService', invokedBy: 'ec2.amazonaws.com' },
    { kind: 'aws-service', name: 'ec2.amazonaws.com', invokedBy: undefined, chain: [] },
  ],
  [
    'an AWS service that does not say which',
    { type: 'AWSService' },
    { kind: 'aws-service', name: 'AWS service' },
  ],
  [
    'a service event without a type',
    { accountId: ACCOUNT, invokedBy: 'AWS Internal' },
    { kind: 'aws-service', name: 'AWS Internal', account: ACCOUNT, invokedBy: undefined },
  ],
  [
    'nobody known to S3',
    { type: 'AWSAccount', principalId: '', accountId: 'ANONYMOUS_PRINCIPAL' },
    { kind: 'anonymous', name: 'anonymous', account: undefined, principalId: undefined },
  ],
  [
    'nobody known to S3, in the other member',
    { type: 'AWSAccount', principalId: 'ANONYMOUS_PRINCIPAL' },
    { kind: 'anonymous' },
  ],
  [
    'the type Unknown with an ARN',
    {
      type: 'Unknown',
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/AWSReservedSSO_Admin_0a1b/frank`,
      accountId: ACCOUNT,
    },
    { kind: 'unknown', name: 'AWSReservedSSO_Admin_0a1b/frank' },
  ],
  [
    'the type Unknown with a name',
    { type: 'Unknown', userName: 'grace' },
    { kind: 'unknown', name: 'grace' },
  ],
  [
    'a type of the future',
    { type: 'RobotUser', accountId: ACCOUNT },
    { kind: 'unknown', name: 'account 111122223333' },
  ],
  [
    'a type that is the name of an inherited member',
    { type: 'constructor' },
    { kind: 'unknown', name: 'unknown' },
  ],
  [
    'no type, the ARN of a user',
    { arn: `arn:aws:iam::${ACCOUNT}:user/alice` },
    { kind: 'iam-user', name: 'alice' },
  ],
  [
    'no type, the ARN of root',
    { arn: `arn:aws:iam::${ACCOUNT}:root` },
    { kind: 'root', name: 'root of 111122223333' },
  ],
  [
    'no type, the ARN of a session',
    { arn: `arn:aws:sts::${ACCOUNT}:assumed-role/a/b` },
    { kind: 'assumed-role', name: 'a/b', session: 'b' },
  ],
  ['no type, a foreign ARN', { arn: 'arn:aws:iot:::thing' }, { kind: 'unknown', name: 'thing' }],
  ['an empty identity', {}, { kind: 'unknown', name: 'unknown', chain: [] }],
];

describe('actor', () => {
  it.each(cases)('%s', (_, userIdentity, expected) => {
    const actor = actorOf(userIdentity);
    expect(actor).toMatchObject(expected);
    expect(actor.name).not.toBe('');
  });

  it.each<[string, Json | undefined]>([
    ['absent', undefined],
    ['null', null],
    ['a number', 7],
    ['text', 'root'],
    ['a list', [{ type: 'Root' }]],
    ['a session context that is a list', { type: 'AssumedRole', sessionContext: [1, 2] }],
    [
      'numbers in every member',
      {
        type: 1,
        arn: 2,
        accountId: 3,
        principalId: 4,
        userName: 5,
        invokedBy: 6,
        onBehalfOf: 7,
        inScopeOf: 8,
      },
    ],
  ])('an identity that is %s still has a name', (_, userIdentity) => {
    const actor = cloudTrailActor(userIdentity === undefined ? {} : { userIdentity });
    expect(actor.name).toMatch(/^unknown/);
    expect(actor.chain).toEqual([]);
  });

  it('a megabyte of name is kept as it is', () => {
    const userName = 'a'.repeat(1_000_000);
    expect(actorOf({ type: 'IAMUser', userName }).name).toBe(userName);
    expect(
      actorOf({ type: 'AssumedRole', arn: `arn:aws:sts::${ACCOUNT}:${'assumed-role/'.repeat(80_000)}` }).name,
    ).not.toBe('');
  });
});

describe('mfa', () => {
  const session = (mfaAuthenticated: Json): JsonObject => ({
    type: 'IAMUser',
    userName: 'alice',
    sessionContext: { attributes: { mfaAuthenticated } },
  });
  const consoleLogin = (MFAUsed: Json): JsonObject => ({
    eventSource: 'signin.amazonaws.com',
    additionalEventData: { MFAUsed },
  });

  it.each<[string, Json, JsonObject, boolean | undefined]>([
    ['is not known where the record does not say', { type: 'IAMUser' }, {}, undefined],
    ['is not known for a word that AWS does not use', session('maybe'), {}, undefined],
    ['is true for the text "true"', session('true'), {}, true],
    ['is false for the text "false"', session('false'), {}, false],
    ['is true for the boolean', session(true), {}, true],
    ['is false for the boolean', session(false), {}, false],
    ['is true for a sign-in with MFA', { type: 'Root' }, consoleLogin('Yes'), true],
    ['is false for a sign-in without MFA', { type: 'Root' }, consoleLogin('No'), false],
    ['of a sign-in goes before that of the session', session('false'), consoleLogin('Yes'), true],
    ['of a sign-in that does not say is that of the session', session('true'), consoleLogin(null), true],
    [
      'takes no word from another service',
      { type: 'Root' },
      { ...consoleLogin('Yes'), eventSource: 's3.amazonaws.com' },
      undefined,
    ],
  ])('%s', (_, userIdentity, rest, expected) => {
    expect(actorOf(userIdentity, rest).mfa).toBe(expected);
  });
});
