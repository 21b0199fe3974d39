import type { Outcome } from '../../event/event.ts';
import type { JsonObject } from '../../event/json.ts';
import { member, object, text } from '../../event/json.ts';
import { isInsight } from './kind.ts';

/**
 * What became of the call. A dry run (`Client.DryRunOperation`) changed nothing, so it counts as a failure, though
 * AWS says by it that the caller had the right. An Insight event tells of many calls: unknown.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export function cloudTrailOutcome(fields: JsonObject): Outcome {
  if (isInsight(fields)) return { result: 'unknown', denied: false, code: undefined, reason: undefined };
  const action = text(fields, 'eventName') ?? '';
  const signin = text(fields, 'eventSource') === 'signin.amazonaws.com';
  const code = errorCode(fields);
  const message = text(fields, 'errorMessage');
  const answer = signin ? signinAnswer(fields, action) : undefined;
  if (code === undefined && message === undefined && answer !== 'Failure') return success;
  return {
    result: 'failure',
    denied: (code !== undefined && isDenial(code)) || (signin && signinChecks.has(action)),
    code,
    // AppSync, EKS and GuardDuty put their message where the answer would be.
    reason: message ?? text(object(fields, 'responseElements'), 'message'),
  };
}

const success: Outcome = { result: 'success', denied: false, code: undefined, reason: undefined };

function errorCode(fields: JsonObject): string | undefined {
  const code = member(fields, 'errorCode');
  return typeof code === 'number' ? String(code) : text(fields, 'errorCode');
}

/**
 * The sign-in service reports no error code. It answers `{"ConsoleLogin": "Failure"}`, the event's name repeated, in
 * `responseElements`, and for IAM Identity Center in `serviceEventDetails`.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
 */
function signinAnswer(fields: JsonObject, action: string): string | undefined {
  return (
    text(object(fields, 'responseElements'), action) ?? text(object(fields, 'serviceEventDetails'), action)
  );
}

/** Sign-in events whose failure means that somebody was turned away. A failed password change turns nobody away. */
const signinChecks: ReadonlySet<string> = new Set([
  'CheckMfa',
  'ConsoleLogin',
  'CredentialChallenge',
  'CredentialVerification',
  'GetSigninToken',
  'SwitchRole',
  'UserAuthentication',
]);

/** True for an error code by which AWS refuses for lack of rights or because it doesn't believe who the caller is. */
export function isDenial(code: string): boolean {
  return (
    denialWord.test(code) || denials.has(code.slice(code.lastIndexOf('.') + 1).replace(/Exception$/, ''))
  );
}

/** Services build their own codes around these: `KMSAccessDeniedException`, `Client.UnauthorizedOperation`, `VpceAccessDenied`. */
const denialWord = /AccessDenied|NotAuthorized|Unauthorized/i;

/**
 * Refusals in other words, without the part before the dot (`Client.`) and without `Exception` at the end.
 * EC2: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 * all query APIs: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
 * S3: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 * STS: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 * SNS: https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
 * Elastic Beanstalk: https://docs.aws.amazon.com/elasticbeanstalk/latest/api/CommonErrors.html
 */
const denials: ReadonlySet<string> = new Set([
  'AuthFailure',
  'AuthorizationError',
  'AuthorizationFailure',
  'ExpiredToken',
  'Forbidden',
  'IDPRejectedClaim',
  'IncompleteSignature',
  'InsufficientPrivileges',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidIdentityToken',
  'InvalidSignature',
  'InvalidToken',
  'MissingAuthenticationToken',
  'SignatureDoesNotMatch',
  'UnrecognizedClient',
]);
