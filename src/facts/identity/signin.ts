import type { Event } from '../../event/event.ts';
import { object, text } from '../../event/json.ts';
import type { Analyser, Fact } from '../fact.ts';
import type { FieldName } from '../field-name.ts';
import { isAttempt } from '../gate.ts';
import { quote } from '../sentence.ts';

/** How somebody came to the console. `credentials`: by turning an API session into one, without signing in anew. */
type Method = 'password' | 'identity-center' | 'federation' | 'credentials' | 'switch-role' | 'unknown';

/** Whether a second factor was used. `by-provider`: an identity provider signed the person in, and AWS doesn't know how. */
type SecondFactor = 'yes' | 'no' | 'by-provider' | 'unknown';

/** What rules see under `tocsin.signin`. Held by a test to what is produced. */
export const signinFieldNames: readonly FieldName[] = [
  {
    name: 'signin.method',
    description:
      'password, identity-center, federation, credentials (an API session turned into a console session), switch-role or unknown',
  },
  {
    name: 'signin.mfa',
    description:
      'yes, no, by-provider (an identity provider signed the person in: AWS does not know how) or unknown',
  },
  { name: 'signin.result', description: 'success, failure or unknown' },
  { name: 'signin.attempted', description: 'true where it failed' },
  { name: 'signin.user', description: 'who signed in, or tried to, as far as the record says' },
];

/**
 * What the records of sign-in say, where their members mislead: a sign-in through an identity provider is written with
 * `MFAUsed: No` whatever the provider asked for.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html and
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/understanding-sign-in-events.html
 */
export const signIn: Analyser = {
  name: 'sign-in',
  subjects: ['signin'],
  actions: ['ConsoleLogin', 'GetSigninToken', 'SwitchRole', 'UserAuthentication'].map(
    (action) => `signin.amazonaws.com:${action}`,
  ),
  analyse,
};

function analyse(event: Event): readonly Fact[] {
  const method = methodOf(event);
  const mfa = secondFactorOf(event, method);
  const { result } = event.outcome;
  const user = userOf(event);
  return [
    {
      subject: 'signin',
      explanation: `${quote(user)} ${spokenResult(result)} ${spokenMethod(method)}${spokenFactor(mfa)}`,
      unknowns:
        mfa === 'by-provider' && result !== 'failure'
          ? ['whether a second factor was asked for: the records of the identity provider would tell']
          : [],
      fields: { method, mfa, result, user, attempted: isAttempt(event) },
    },
  ];
}

function methodOf(event: Event): Method {
  const { actor } = event;
  if (event.action === 'SwitchRole') return 'switch-role';
  if (event.action === 'UserAuthentication') return 'identity-center';
  if (event.action === 'GetSigninToken') return isIdentityCenter(event) ? 'identity-center' : 'credentials';
  switch (actor.kind) {
    case 'root':
    case 'iam-user':
      return 'password';
    case 'assumed-role':
      return isIdentityCenter(event) ? 'identity-center' : 'federation';
    case 'saml-user':
    case 'web-identity-user':
      return 'federation';
    case 'federated-user':
      return 'credentials';
    case 'identity-center-user':
      return 'identity-center';
    case 'role':
    case 'directory-user':
    case 'aws-account':
    case 'aws-service':
    case 'anonymous':
    case 'unknown':
      return 'unknown';
  }
}

/** Identity Center signs people in to the roles that it makes itself, in a path that is reserved for it. */
export function isIdentityCenter({ actor: { issuer } }: Pick<Event, 'actor'>): boolean {
  return (
    issuer?.arn?.includes(':role/aws-reserved/sso.amazonaws.com/') === true ||
    (issuer?.arn === undefined && issuer?.name.startsWith('AWSReservedSSO_') === true)
  );
}

function secondFactorOf(event: Event, method: Method): SecondFactor {
  const more = object(event.fields, 'additionalEventData');
  switch (method) {
    case 'password': {
      const used = text(more, 'MFAUsed');
      return used === 'Yes' ? 'yes' : used === 'No' ? 'no' : 'unknown';
    }
    case 'identity-center': {
      const types = text(more, 'CredentialType') ?? '';
      if (/TOTP|WEBAUTHN|FIDO|U2F/.test(types)) return 'yes';
      return event.action === 'UserAuthentication' && !types.includes('EXTERNAL_IDP')
        ? 'unknown'
        : 'by-provider';
    }
    case 'federation':
      return 'by-provider';
    case 'credentials':
    case 'switch-role':
    case 'unknown':
      return event.actor.mfa === true ? 'yes' : 'unknown';
  }
}

function userOf({ actor, fields }: Event): string {
  return (
    actor.session ??
    text(object(fields, 'userIdentity'), 'userName') ??
    text(object(fields, 'additionalEventData'), 'UserName') ??
    actor.name
  );
}

function spokenResult(result: Event['outcome']['result']): string {
  return result === 'success'
    ? 'came in'
    : result === 'failure'
      ? 'tried to come in and failed,'
      : 'came in, or tried to,';
}

function spokenMethod(method: Method): string {
  switch (method) {
    case 'password':
      return 'by password';
    case 'identity-center':
      return 'through IAM Identity Center';
    case 'federation':
      return 'through an identity provider';
    case 'credentials':
      return 'by credentials of the API, without signing in anew';
    case 'switch-role':
      return 'by switching to another role';
    case 'unknown':
      return 'in a way that the record does not tell';
  }
}

function spokenFactor(mfa: SecondFactor): string {
  switch (mfa) {
    case 'yes':
      return ' with a second factor';
    case 'no':
      return ' without a second factor';
    case 'by-provider':
      return ', which knows whether a second factor was asked for';
    case 'unknown':
      return '';
  }
}
