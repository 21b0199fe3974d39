import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../event/json.ts';
import { cloudTrailOutcome, isDenial } from './outcome.ts';

const signin = { eventSource: 'signin.amazonaws.com' };
const said = { code: undefined, reason: undefined };

describe('outcome', () => {
  it.each<[string, JsonObject, object]>([
    ['nothing said of an error', {}, { result: 'success', denied: false, ...said }],
    [
      'null for the error',
      { errorCode: null, errorMessage: null },
      { result: 'success', denied: false, ...said },
    ],
    ['an object for the error', { errorCode: {} }, { result: 'success', denied: false, ...said }],
    [
      'a number for the error',
      { errorCode: 404, errorMessage: 'not found' },
      { result: 'failure', denied: false, code: '404', reason: 'not found' },
    ],
    [
      'a message alone',
      { errorMessage: 'it broke' },
      { result: 'failure', denied: false, code: undefined, reason: 'it broke' },
    ],
    [
      'a refusal',
      { errorCode: 'AccessDenied', errorMessage: 'not authorized to perform: iam:CreateUser' },
      {
        result: 'failure',
        denied: true,
        code: 'AccessDenied',
        reason: 'not authorized to perform: iam:CreateUser',
      },
    ],
    [
      'a setting that does not exist, which is no refusal',
      { errorCode: 'NoSuchBucketPolicy' },
      { result: 'failure', denied: false, code: 'NoSuchBucketPolicy', reason: undefined },
    ],
    [
      'a dry run, which changed nothing',
      { errorCode: 'Client.DryRunOperation', errorMessage: 'Request would have succeeded' },
      {
        result: 'failure',
        denied: false,
        code: 'Client.DryRunOperation',
        reason: 'Request would have succeeded',
      },
    ],
    [
      'the message in the place of the answer',
      {
        errorCode: 'UnauthorizedException',
        responseElements: { message: 'no right to appsync:CreateApiKey' },
      },
      {
        result: 'failure',
        denied: true,
        code: 'UnauthorizedException',
        reason: 'no right to appsync:CreateApiKey',
      },
    ],
    [
      'an Insight event',
      { eventType: 'AwsCloudTrailInsight', errorCode: 'AccessDenied' },
      { result: 'unknown', denied: false, ...said },
    ],
    [
      'a sign-in',
      { ...signin, eventName: 'ConsoleLogin', responseElements: { ConsoleLogin: 'Success' } },
      { result: 'success', denied: false, ...said },
    ],
    [
      'a failed sign-in, which has no error code',
      {
        ...signin,
        eventName: 'ConsoleLogin',
        errorMessage: 'Failed authentication',
        responseElements: { ConsoleLogin: 'Failure' },
      },
      { result: 'failure', denied: true, code: undefined, reason: 'Failed authentication' },
    ],
    [
      'a failed sign-in without a message',
      { ...signin, eventName: 'ConsoleLogin', responseElements: { ConsoleLogin: 'Failure' } },
      { result: 'failure', denied: true, ...said },
    ],
    [
      'a failed MFA check',
      { ...signin, eventName: 'CheckMfa', responseElements: { CheckMfa: 'Failure' } },
      { result: 'failure', denied: true, ...said },
    ],
    [
      'a role switched to',
      { ...signin, eventName: 'SwitchRole', responseElements: { SwitchRole: 'Success' } },
      { result: 'success', denied: false, ...said },
    ],
    [
      'a role refused',
      { ...signin, eventName: 'SwitchRole', responseElements: { SwitchRole: 'Failure' } },
      { result: 'failure', denied: true, ...said },
    ],
    [
      'a role left without success, which is no refusal',
      { ...signin, eventName: 'ExitRole', responseElements: { ExitRole: 'Failure' } },
      { result: 'failure', denied: false, ...said },
    ],
    [
      'a failed challenge of Identity Center',
      {
        ...signin,
        eventName: 'CredentialVerification',
        serviceEventDetails: { CredentialVerification: 'Failure' },
      },
      { result: 'failure', denied: true, ...said },
    ],
    [
      'another event name in the answer',
      { ...signin, eventName: 'ConsoleLogin', responseElements: { CheckMfa: 'Failure' } },
      { result: 'success', denied: false, ...said },
    ],
    [
      'the word Failure from another service',
      { eventSource: 'example.amazonaws.com', eventName: 'Probe', responseElements: { Probe: 'Failure' } },
      { result: 'success', denied: false, ...said },
    ],
  ])('of %s', (_, fields, expected) => {
    expect(cloudTrailOutcome(fields)).toEqual(expected);
  });
});

describe('isDenial', () => {
  it.each([
    'AccessDenied',
    'AccessDeniedException',
    'AuthFailure',
    'AuthorizationErrorException',
    'AuthorizationFailure',
    'Client.AuthFailure',
    'Client.UnauthorizedAccess',
    'Client.UnauthorizedOperation',
    'ExpiredTokenException',
    'ForbiddenException',
    'InvalidClientTokenId',
    'KMS.AccessDeniedException',
    'KMSAccessDeniedException',
    'NotAuthorizedException',
    'SignatureDoesNotMatch',
    'UnauthorizedOperation',
    'UnrecognizedClientException',
    'VpceAccessDenied',
  ])('%s is a refusal', (code) => {
    expect(isDenial(code)).toBe(true);
  });

  it.each([
    'AuthorizationNotFound',
    'Client.DryRunOperation',
    'Client.InvalidPermission.Duplicate',
    'NoSuchBucketPolicy',
    'NoSuchEntityException',
    'OperationNotPermitted',
    'ResourceNotFoundException',
    'ThrottlingException',
    'constructor',
  ])('%s is none', (code) => {
    expect(isDenial(code)).toBe(false);
  });
});
