import { cloudTrailEvent } from '../../decode/cloudtrail/event.ts';
import type { Event } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';

/** The account that owns what the tests' calls are about. */
const owner = '111122223333';

/** An event decoded from an S3 call's record as CloudTrail writes it; `more` replaces members of the record. */
export function s3Call(eventName: string, requestParameters: Json, more: JsonObject = {}): Event {
  const event = cloudTrailEvent(
    {
      eventVersion: '1.11',
      userIdentity: {
        type: 'AssumedRole',
        principalId: 'AROAEXAMPLEEXAMPLE123:maria',
        arn: `arn:aws:sts::${owner}:assumed-role/platform/maria`,
        accountId: owner,
        accessKeyId: 'ASIAEXAMPLEEXAMPLE12',
        sessionContext: {
          sessionIssuer: {
            type: 'Role',
            principalId: 'AROAEXAMPLEEXAMPLE123',
            arn: `arn:aws:iam::${owner}:role/platform`,
            accountId: owner,
            userName: 'platform',
          },
          attributes: { creationDate: '2026-03-02T08:11:00Z', mfaAuthenticated: 'true' },
        },
      },
      eventTime: '2026-03-02T09:14:31Z',
      eventSource: 's3.amazonaws.com',
      eventName,
      awsRegion: 'eu-west-1',
      sourceIPAddress: '198.51.100.23',
      userAgent: '[aws-cli/2.22.0]',
      requestParameters,
      responseElements: null,
      requestID: 'EXAMPLE0123456789',
      eventID: '0b9dd9a8-5f0c-4b6d-9d57-3a6f6f4c9a01',
      readOnly: false,
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: owner,
      eventCategory: 'Management',
      ...more,
    },
    { source: 'file', object: 'test.json', position: 0, receivedAt: 0 },
  );
  if ('problem' in event) throw new Error(event.problem);
  return event;
}

/** What S3 writes into a record when it refuses a call. */
export const denied: JsonObject = { errorCode: 'AccessDenied', errorMessage: 'Access Denied' };

/** The same for any service: `apiCall('rds', 'ModifyDBInstance', {...})`. */
export function apiCall(service: string, eventName: string, request: Json, more: JsonObject = {}): Event {
  return s3Call(eventName, request, { eventSource: `${service}.amazonaws.com`, ...more });
}
