import type { Event } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { apiCall } from './cloudtrail.ts';

/** An event of a call to IAM, by the role `platform` of account 111122223333. */
export function iamCall(eventName: string, requestParameters: Json, more: JsonObject = {}): Event {
  return apiCall('iam', eventName, requestParameters, more);
}

/** The identity of the IAM user `li` of the same account. */
export const li: JsonObject = {
  type: 'IAMUser',
  principalId: 'AIDAEXAMPLEEXAMPLE123',
  arn: 'arn:aws:iam::111122223333:user/li',
  accountId: '111122223333',
  accessKeyId: 'AKIAEXAMPLEEXAMPLE12',
  userName: 'li',
};

/** A policy document as IAM's requests carry it: JSON in a string. */
export function document(...statements: readonly JsonObject[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

export const allowing = (action: Json, resource: Json = '*', more: JsonObject = {}): JsonObject => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
  ...more,
});

export const denying = (action: Json, resource: Json = '*', more: JsonObject = {}): JsonObject => ({
  ...allowing(action, resource, more),
  Effect: 'Deny',
});

/** Calls whose facts have, between them, every field that identity analysers produce. */
export const identityExamples: readonly Event[] = [
  iamCall('PutUserPolicy', { userName: 'li', policyName: 'p', policyDocument: document(allowing('*')) }),
  iamCall('UpdateAssumeRolePolicy', {
    roleName: 'deploy',
    policyDocument: document(
      { Effect: 'Allow', Principal: { AWS: '444455556666' }, Action: 'sts:AssumeRole' },
      {
        Effect: 'Allow',
        Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/gitlab.com' },
        Action: 'sts:AssumeRoleWithWebIdentity',
      },
    ),
  }),
  iamCall('ConsoleLogin', null, {
    eventSource: 'signin.amazonaws.com',
    responseElements: { ConsoleLogin: 'Success' },
  }),
];
