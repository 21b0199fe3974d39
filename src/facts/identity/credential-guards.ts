import { loose, looseText } from '../loose.ts';
import { quote } from '../sentence.ts';
import { guardAnalyser } from '../watch/guard.ts';
import type { GuardCall, GuardChange } from '../watch/guard.ts';

/** Passwords that are shorter than this are called weak here. NIST SP 800-63B-4 asks for 15 characters, or 8 beside a second factor, which this policy cannot ask for. */
const shortPassword = 12;
/** What the length becomes where a call leaves it out: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html */
const defaultLength = 6;

/**
 * What calls do to the rules for passwords and to second factors, of IAM users, of Identity Center and of Cognito user pools.
 * Shapes: the services' API references, in lowerCamelCase as CloudTrail writes them.
 */
export const credentialGuards = guardAnalyser('credential-guards', {
  iam: {
    DeactivateMFADevice: (call) => ofUser(call, 'removed', 'no longer has the second factor'),
    DeleteAccountPasswordPolicy: () =>
      passwords(
        'removed',
        'no rules for passwords hold in the account but those of AWS: eight characters of three kinds',
        ['password-policy'],
      ),
    EnableMFADevice: (call) => ofUser(call, 'restored', 'has the second factor'),
    UpdateAccountPasswordPolicy: passwordPolicyUpdated,
  },
  sso: {
    PutMfaDeviceManagementForDirectory: ({ named }) => ({
      kind: 'second-factor',
      wanted: 'unknown',
      scope: 'organisation',
      resourceType: 'AWS::SSO::Instance',
      resource: named('directoryId', 'identityStoreId', 'instanceArn'),
      says: 'when Identity Center asks for a second factor, or who may register one, was changed',
      unknowns: ['whether everyone is still asked for one: the settings of Identity Center would tell'],
    }),
  },
  'sso-directory': {
    DeleteMfaDeviceForUser: ({ named }) => ({
      kind: 'second-factor',
      wanted: 'removed',
      resourceType: 'AWS::IdentityStore::User',
      resource: named('userId'),
      lost: ['second-factor'],
      says: `user ${quote(named('userId') ?? '(not named)')} of Identity Center no longer has one of the second factors`,
      unknowns: ['whether another second factor is left: ListMfaDevicesForUser would tell'],
    }),
  },
  'cognito-idp': { SetUserPoolMfaConfig: poolMfa, UpdateUserPool: poolMfa },
});

function ofUser({ named, event }: GuardCall, wanted: 'removed' | 'restored', says: string): GuardChange {
  const user = named('userName') ?? event.actor.name;
  return {
    kind: 'second-factor',
    wanted,
    resourceType: 'AWS::IAM::User',
    resource: user,
    lost: wanted === 'removed' ? ['second-factor'] : [],
    says: `user ${quote(user)} ${says} ${quote(named('serialNumber') ?? '(not named)')}`,
    unknowns:
      wanted === 'removed' ? ['whether another second factor is left: ListMFADevices would tell'] : [],
  };
}

function passwords(wanted: GuardChange['wanted'], says: string, lost: readonly string[]): GuardChange {
  return {
    kind: 'password-policy',
    wanted,
    scope: 'account',
    resourceType: 'AWS::IAM::AccountPasswordPolicy',
    resource: undefined,
    says,
    lost,
  };
}

function passwordPolicyUpdated({ request }: GuardCall): GuardChange {
  const given = loose(request, 'minimumPasswordLength');
  const length = typeof given === 'number' && Number.isFinite(given) ? given : defaultLength;
  return length < shortPassword
    ? passwords('weakened', `passwords of ${length} characters are enough in the account`, [
        'password-length',
      ])
    : passwords('restored', `passwords need ${length} characters in the account`, []);
}

function poolMfa({ named, request }: GuardCall): GuardChange | undefined {
  const wanted = looseText(request, 'mfaConfiguration');
  if (wanted === undefined) return undefined;
  const pool = named('userPoolId');
  const common = { kind: 'second-factor', resourceType: 'AWS::Cognito::UserPool', resource: pool } as const;
  const spoken = `the user pool ${quote(pool ?? '(not named)')}`;
  switch (wanted) {
    case 'OFF':
      return {
        ...common,
        wanted: 'removed',
        lost: ['second-factor'],
        says: `${spoken} asks nobody for a second factor`,
      };
    case 'ON':
      return { ...common, wanted: 'restored', says: `${spoken} asks everyone for a second factor` };
    default:
      return {
        ...common,
        wanted: 'unknown',
        says: `${spoken} leaves it to its users whether they have a second factor`,
        unknowns: ['whether everyone was asked for one before: the event does not show it'],
      };
  }
}
