import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import { text } from '../../event/json.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { factsOf } from '../table.ts';
import { apiCall, denied } from '../testing/cloudtrail.ts';
import { allowing, denying, document, iamCall } from '../testing/identity.ts';

const org = (action: string, request: Json, more = {}): Event =>
  apiCall('organizations', action, request, more);
const scp = (...statements: readonly JsonObject[]): Event =>
  org('UpdatePolicy', { policyId: 'p-abc', content: document(...statements) });

/** `change: explanation` */
const lines = (event: Event): string[] =>
  factsOf(event)
    .filter(({ subject }) => subject === 'protection')
    .map(({ fields, explanation }) => `${text(fields, 'change')}: ${explanation}`);

const cases: readonly (readonly [name: string, event: Event, expected: readonly string[]])[] = [
  [
    'a policy is detached',
    org('DetachPolicy', { policyId: 'p-abc', targetId: 'ou-1' }),
    ['removed: `ou-1` is no longer held by the policy `p-abc` of the organisation'],
  ],
  [
    'the policy that allows everything is detached',
    org('DetachPolicy', { policyId: 'p-FullAWSAccess', targetId: 'ou-1' }),
    ['restored: `ou-1` is allowed only what another policy of the organisation allows'],
  ],
  [
    'the policy that allows everything is attached',
    org('AttachPolicy', { policyId: 'p-FullAWSAccess', targetId: 'ou-1' }),
    ['weakened: `ou-1` is allowed everything again that no other policy of the organisation denies'],
  ],
  [
    'a policy is attached',
    org('AttachPolicy', { policyId: 'p-abc', targetId: 'ou-1' }),
    ['restored: `ou-1` is held by the policy `p-abc` of the organisation'],
  ],
  [
    'detaching fails',
    org('DetachPolicy', { policyId: 'p-abc', targetId: 'ou-1' }, denied),
    [
      'unchanged: tried this, but the call failed (`AccessDenied`): `ou-1` is no longer held by the policy `p-abc` of the organisation',
    ],
  ],
  [
    'a policy is deleted',
    org('DeletePolicy', { policyId: 'p-abc' }),
    ['removed: the policy `p-abc` of the organisation is deleted'],
  ],
  [
    'a type of policy is switched off',
    org('DisablePolicyType', { rootId: 'r-1', policyType: 'SERVICE_CONTROL_POLICY' }),
    ['removed: no policy of type `SERVICE_CONTROL_POLICY` holds any account of the organisation any more'],
  ],
  [
    'policies on tags are switched off',
    org('DisablePolicyType', { rootId: 'r-1', policyType: 'TAG_POLICY' }),
    [],
  ],
  [
    'an account is moved',
    org('MoveAccount', { accountId: '444455556666', sourceParentId: 'ou-1', destinationParentId: 'r-1' }),
    [
      'unknown: account `444455556666` was moved from `ou-1` to `r-1`, and is held by the policies of its new place',
    ],
  ],
  [
    'a policy is emptied',
    scp(allowing('*')),
    ['removed: the policy `p-abc` of the organisation denies nothing any more'],
  ],
  [
    'a policy is changed',
    scp(allowing('*'), denying(['cloudtrail:StopLogging', 'cloudtrail:DeleteTrail'])),
    [
      'unknown: the policy `p-abc` of the organisation now denies `cloudtrail:stoplogging` and `cloudtrail:deletetrail`, and nothing else',
    ],
  ],
  [
    'a policy gets an exception',
    scp(
      denying('organizations:LeaveOrganization', '*', {
        Condition: { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/helper' } },
      }),
    ),
    [
      'unknown: the policy `p-abc` of the organisation now denies `organizations:leaveorganization` if `aws:PrincipalArn is not like arn:aws:iam::*:role/helper`, and nothing else',
    ],
  ],
  [
    'a list of what is allowed is changed',
    scp(allowing(['s3:*', 'ec2:*'])),
    ['unknown: the policy `p-abc` of the organisation was changed'],
  ],
  [
    'a policy is renamed',
    org('UpdatePolicy', { policyId: 'p-abc', name: 'x' }),
    ['unknown: the policy `p-abc` of the organisation was renamed or described anew'],
  ],
  [
    'a policy that cannot be read',
    org('UpdatePolicy', { policyId: 'p-abc', content: '{' }),
    ['unknown: the policy `p-abc` of the organisation was changed'],
  ],
  [
    'a second factor is removed',
    iamCall('DeactivateMFADevice', { userName: 'li', serialNumber: 'arn:aws:iam::111122223333:mfa/li' }),
    ['removed: user `li` no longer has the second factor `arn:aws:iam::111122223333:mfa/li`'],
  ],
  [
    'a second factor is registered',
    iamCall('EnableMFADevice', { userName: 'li', serialNumber: 'x' }),
    ['restored: user `li` has the second factor `x`'],
  ],
  [
    'short passwords are enough',
    iamCall('UpdateAccountPasswordPolicy', { minimumPasswordLength: 8 }),
    ['weakened: passwords of 8 characters are enough in the account'],
  ],
  [
    'the length is left out',
    iamCall('UpdateAccountPasswordPolicy', { requireSymbols: true }),
    ['weakened: passwords of 6 characters are enough in the account'],
  ],
  [
    'long passwords are asked for',
    iamCall('UpdateAccountPasswordPolicy', { minimumPasswordLength: 16 }),
    ['restored: passwords need 16 characters in the account'],
  ],
  [
    'the rules for passwords are deleted',
    iamCall('DeleteAccountPasswordPolicy', null),
    ['removed: no rules for passwords hold in the account but those of AWS: eight characters of three kinds'],
  ],
  [
    'a user pool gives up second factors',
    apiCall('cognito-idp', 'SetUserPoolMfaConfig', { userPoolId: 'eu-west-1_a', mfaConfiguration: 'OFF' }),
    ['removed: the user pool `eu-west-1_a` asks nobody for a second factor'],
  ],
  [
    'a user pool is changed otherwise',
    apiCall('cognito-idp', 'UpdateUserPool', { userPoolId: 'eu-west-1_a' }),
    [],
  ],
  [
    'a device of Identity Center is removed',
    apiCall('sso-directory', 'DeleteMfaDeviceForUser', { userId: 'u-1', deviceId: 'd' }),
    ['removed: user `u-1` of Identity Center no longer has one of the second factors'],
  ],
];

describe('the guards of accounts, passwords and second factors', () => {
  it.each(cases)('%s', (_name, event, expected) => {
    expect(lines(event)).toEqual(expected);
  });
});
