import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import { text } from '../../event/json.ts';
import type { JsonObject } from '../../event/json.ts';
import { factsOf } from '../table.ts';
import { apiCall } from '../testing/cloudtrail.ts';
import { li } from '../testing/identity.ts';

const role = (name: string, path = ''): JsonObject => ({
  type: 'AssumedRole',
  principalId: 'AROAEXAMPLEEXAMPLE123:maria',
  arn: `arn:aws:sts::111122223333:assumed-role/${name}/maria`,
  accountId: '111122223333',
  sessionContext: {
    sessionIssuer: {
      type: 'Role',
      arn: `arn:aws:iam::111122223333:role/${path}${name}`,
      accountId: '111122223333',
      userName: name,
    },
    attributes: { mfaAuthenticated: 'false' },
  },
});
const reserved = 'aws-reserved/sso.amazonaws.com/eu-west-1/';

function come(action: string, userIdentity: JsonObject, more: JsonObject = {}): Event {
  return apiCall('signin', action, null, {
    eventType: 'AwsConsoleSignIn',
    userIdentity,
    responseElements: { [action]: 'Success' },
    additionalEventData: { MobileVersion: 'No', MFAUsed: 'No' },
    ...more,
  });
}
const failed: JsonObject = {
  responseElements: { ConsoleLogin: 'Failure' },
  errorMessage: 'Failed authentication',
};
const withFactor: JsonObject = { additionalEventData: { MFAUsed: 'Yes' } };
const root: JsonObject = {
  type: 'Root',
  principalId: '111122223333',
  arn: 'arn:aws:iam::111122223333:root',
  accountId: '111122223333',
};

type Case = readonly [name: string, event: Event, fields: string, explanation: string];

const cases: readonly Case[] = [
  [
    'a user with a password alone',
    come('ConsoleLogin', li),
    'password no success li',
    '`li` came in by password without a second factor',
  ],
  [
    'a user with a second factor',
    come('ConsoleLogin', li, withFactor),
    'password yes success li',
    '`li` came in by password with a second factor',
  ],
  [
    'a user who fails',
    come('ConsoleLogin', li, failed),
    'password no failure li',
    '`li` tried to come in and failed, by password without a second factor',
  ],
  [
    'root',
    come('ConsoleLogin', root),
    'password no success root of 111122223333',
    '`root of 111122223333` came in by password without a second factor',
  ],
  [
    'a person of Identity Center, whose second factor AWS does not write down',
    come('ConsoleLogin', role('AWSReservedSSO_Admins_0123456789abcdef', reserved)),
    'identity-center by-provider success maria',
    '`maria` came in through IAM Identity Center, which knows whether a second factor was asked for',
  ],
  [
    'a person of a company login',
    come('ConsoleLogin', role('Engineers')),
    'federation by-provider success maria',
    '`maria` came in through an identity provider, which knows whether a second factor was asked for',
  ],
  [
    'a role that is only named like one of Identity Center',
    come('ConsoleLogin', role('AWSReservedSSO_Helper')),
    'federation by-provider success maria',
    '`maria` came in through an identity provider, which knows whether a second factor was asked for',
  ],
  [
    'a session of the API that becomes one of the console',
    come('GetSigninToken', role('deploy')),
    'credentials unknown success maria',
    '`maria` came in by credentials of the API, without signing in anew',
  ],
  [
    'another role',
    come('SwitchRole', li),
    'switch-role unknown success li',
    '`li` came in by switching to another role',
  ],
  [
    'a person at Identity Center with a code',
    come(
      'UserAuthentication',
      { type: 'IdentityCenterUser', userName: 'maria' },
      {
        eventType: 'AwsServiceEvent',
        responseElements: null,
        serviceEventDetails: { UserAuthentication: 'Success' },
        additionalEventData: { CredentialType: 'PASSWORD,TOTP' },
      },
    ),
    'identity-center yes success maria',
    '`maria` came in through IAM Identity Center with a second factor',
  ],
];

describe('what a sign-in says', () => {
  it.each(cases)('%s', (_name, event, fields, explanation) => {
    const [fact] = factsOf(event);
    expect(['method', 'mfa', 'result', 'user'].map((name) => text(fact?.fields, name)).join(' ')).toBe(
      fields,
    );
    expect(fact?.explanation).toBe(explanation);
  });
});
