import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import { text } from '../../event/json.ts';
import type { JsonObject } from '../../event/json.ts';
import { factsOf } from '../table.ts';
import { denied } from '../testing/cloudtrail.ts';
import { allowing, denying, document, iamCall, li } from '../testing/identity.ts';

const everything = document(allowing('*'));
const put = (statement: JsonObject, more?: JsonObject): Event =>
  iamCall('PutUserPolicy', { userName: 'li', policyName: 'p', policyDocument: document(statement) }, more);
const attach = (policyArn: string, more: JsonObject = {}): Event =>
  iamCall('AttachRolePolicy', { roleName: 'app', policyArn }, more);
const managed = (name: string): string => `arn:aws:iam::aws:policy/${name}`;
const own = 'arn:aws:iam::111122223333:policy/own';
const sso = (action: string, request: JsonObject): Event =>
  iamCall(
    action,
    {
      instanceArn: 'arn:aws:sso:::instance/ssoins-1',
      permissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-1/ps-2',
      ...request,
    },
    { eventSource: 'sso.amazonaws.com' },
  );

/** `change level type [to self] [attempted]: explanation` */
function lines(event: Event): string[] {
  return factsOf(event)
    .filter(({ subject }) => subject === 'privilege')
    .map(
      ({ fields, explanation }) =>
        `${['change', 'level', 'principal_type'].map((name) => text(fields, name)).join(' ')}${fields['to_self'] === true ? ' to self' : ''}${fields['attempted'] === true ? ' attempted' : ''}: ${explanation}`,
    );
}

const cases: readonly (readonly [name: string, event: Event, expected: string])[] = [
  [
    'everything is written into a user',
    put(allowing('*')),
    'gained admin user: by a policy that was written, user `li` can now do everything',
  ],
  [
    'a user writes it into itself',
    put(allowing('*'), { userIdentity: li }),
    'gained admin user to self: by a policy that was written, user `li` can now do everything',
  ],
  [
    'the call fails',
    put(allowing('*'), denied),
    'unchanged admin user attempted: tried to write a policy by which user `li` could do everything, but the call failed (`AccessDenied`)',
  ],
  [
    'rights over oneself are written',
    put(allowing('iam:AttachUserPolicy', 'arn:aws:iam::111122223333:user/li')),
    'gained admin user: by a policy that was written, user `li` can now attach any policy to a user (iam-008)',
  ],
  [
    'some rights are written',
    put(allowing(['s3:GetObject', 's3:PutObject'], 'arn:aws:s3:::invoices/*')),
    'gained write user: by a policy that was written, user `li` can now use `s3:getobject` and `s3:putobject` on `arn:aws:s3:::invoices/*`',
  ],
  [
    'a policy that only forbids is written',
    put(denying('*')),
    'lost none user: by a policy that was written, user `li` can now do nothing by it: it allows no action',
  ],
  [
    'a document that cannot be read is written',
    iamCall('PutUserPolicy', { userName: 'li', policyName: 'p', policyDocument: '{' }),
    'unknown unknown user: by a policy that was written, user `li` can now do what cannot be read: the policy is not a JSON object',
  ],
  [
    'a policy is made that nobody holds yet',
    iamCall('CreatePolicy', { policyName: 'p', policyDocument: everything }),
    'prepared admin policy: a policy was written by which whoever holds policy `p` could do everything',
  ],
  [
    'a policy that only forbids is made, which takes nothing from anybody yet',
    iamCall('CreatePolicy', { policyName: 'p', policyDocument: document(denying('*')) }),
    'prepared none policy: a policy was written by which whoever holds policy `p` could do nothing by it: it allows no action',
  ],
  [
    'a new version of a policy counts at once',
    iamCall('CreatePolicyVersion', { policyArn: own, policyDocument: everything, setAsDefault: true }),
    `gained admin policy: by a policy that was written, whoever holds policy \`${own}\` can now do everything`,
  ],
  [
    'a new version of a policy does not count yet',
    iamCall('CreatePolicyVersion', { policyArn: own, policyDocument: everything }),
    `prepared admin policy: a policy was written by which whoever holds policy \`${own}\` could do everything`,
  ],
  [
    'another version counts, which the event does not show',
    iamCall('SetDefaultPolicyVersion', { policyArn: own, versionId: 'v3' }),
    `unknown unknown policy: version \`v3\` of policy \`${own}\` is now the one that counts`,
  ],
  [
    'AdministratorAccess is attached',
    attach(managed('AdministratorAccess')),
    'gained admin role: role `app` can now do everything in the account, by `arn:aws:iam::aws:policy/AdministratorAccess`',
  ],
  [
    'a role attaches it to itself',
    iamCall('AttachRolePolicy', { roleName: 'platform', policyArn: managed('AdministratorAccess') }),
    'gained admin role to self: role `platform` can now do everything in the account, by `arn:aws:iam::aws:policy/AdministratorAccess`',
  ],
  [
    'a policy with a path is attached',
    attach(managed('job-function/ViewOnlyAccess')),
    'gained read role: role `app` can now list what there is in every service, by `arn:aws:iam::aws:policy/job-function/ViewOnlyAccess`',
  ],
  [
    'a policy that AWS does not manage is attached',
    attach(own),
    `gained unknown role: \`${own}\` was attached to role \`app\``,
  ],
  [
    'a policy named like one of AWS is no policy of AWS',
    attach('arn:aws:iam::111122223333:policy/AdministratorAccess'),
    'gained unknown role: `arn:aws:iam::111122223333:policy/AdministratorAccess` was attached to role `app`',
  ],
  [
    'AdministratorAccess is taken away',
    iamCall('DetachRolePolicy', { roleName: 'app', policyArn: managed('AdministratorAccess') }),
    'lost admin role: role `app` can no longer do everything in the account, by `arn:aws:iam::aws:policy/AdministratorAccess`',
  ],
  [
    'a quarantine is put on',
    attach(managed('AWSCompromisedKeyQuarantineV3')),
    'lost none role: role `app` is now held back by `arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3`',
  ],
  [
    'a quarantine is lifted',
    iamCall('DetachUserPolicy', { userName: 'li', policyArn: managed('AWSCompromisedKeyQuarantineV3') }),
    'gained unknown user: user `li` is no longer held back by `arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3`',
  ],
  [
    'an inline policy is deleted',
    iamCall('DeleteRolePolicy', { roleName: 'app', policyName: 'p' }),
    'lost unknown role: role `app` lost its inline policy `p`',
  ],
  [
    'a user joins a group',
    iamCall('AddUserToGroup', { userName: 'li', groupName: 'admins' }, { userIdentity: li }),
    'gained unknown user to self: user `li` now has the rights of group `admins`',
  ],
  [
    'a boundary is taken off',
    iamCall('DeleteRolePermissionsBoundary', { roleName: 'app' }),
    'gained unknown role: no permissions boundary limits role `app` any more: all that its policies allow holds',
  ],
  [
    'a boundary is set',
    iamCall('PutUserPermissionsBoundary', { userName: 'li', permissionsBoundary: own }),
    `unknown unknown user: the permissions boundary of user \`li\` is now \`${own}\``,
  ],
  [
    'a policy is written into a permission set',
    sso('PutInlinePolicyToPermissionSet', { inlinePolicy: document(allowing('iam:*')) }),
    'gained admin permission-set: by a policy that was written, permission set `arn:aws:sso:::permissionSet/ssoins-1/ps-2` can now rewrite a policy that is attached to themselves (iam-001); write any policy into a role (iam-005); write any policy into a user (iam-007); and in 19 more ways come to more rights',
  ],
  [
    'AdministratorAccess is attached to a permission set',
    sso('AttachManagedPolicyToPermissionSet', { managedPolicyArn: managed('AdministratorAccess') }),
    'gained admin permission-set: permission set `arn:aws:sso:::permissionSet/ssoins-1/ps-2` can now do everything in the account, by `arn:aws:iam::aws:policy/AdministratorAccess`',
  ],
  [
    'a permission set is assigned to a group',
    sso('CreateAccountAssignment', {
      targetId: '444455556666',
      targetType: 'AWS_ACCOUNT',
      principalType: 'GROUP',
      principalId: 'c4d8',
    }),
    'gained unknown assignment: group `c4d8` of Identity Center now has the permission set `arn:aws:sso:::permissionSet/ssoins-1/ps-2` in account `444455556666`',
  ],
  [
    'a hostile name stays on its line',
    iamCall('AddUserToGroup', { userName: 'li`\n', groupName: '\u202Eadmins' }),
    'gained unknown user: user `li\uFFFD\uFFFD` now has the rights of group `\uFFFDadmins`',
  ],
];

describe('what calls mean for the rights of users, roles and groups', () => {
  it.each(cases)('%s', (_name, event, expected) => {
    expect(lines(event)).toEqual([expected]);
  });

  it('is nothing where the record keeps no parameters, as of a refused call', () => {
    expect(factsOf(iamCall('PutUserPolicy', null, denied))).toEqual([]);
  });

  it('is not to oneself where a user of another account has the same name', () => {
    const [fact] = factsOf(put(allowing('*'), { userIdentity: { ...li, accountId: '444455556666' } }));
    expect(fact?.fields['to_self']).toBe(false);
  });

  it('names what would tell, where the event does not', () => {
    expect(factsOf(attach(own))[0]?.unknowns).toEqual([
      'what the policy allows: GetPolicyVersion would tell',
    ]);
    expect(factsOf(put(allowing('*')))[0]?.unknowns).toEqual([]);
  });
});
