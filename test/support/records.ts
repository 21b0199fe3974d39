/** CloudTrail records as tests need them: real-shaped, small, each with an id of its own. */

let next = 0;

function id(): string {
  next += 1;
  return `00000000-0000-4000-8000-${next.toString(16).padStart(12, '0')}`;
}

export function record(
  change: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> & { eventID: string } {
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: 'IAMUser',
      principalId: 'AIDAEXAMPLEALICE',
      arn: 'arn:aws:iam::111122223333:user/alice',
      accountId: '111122223333',
      accessKeyId: 'AKIAEXAMPLEALICE',
      userName: 'alice',
    },
    eventTime: '2026-11-20T10:00:00Z',
    eventSource: 'ec2.amazonaws.com',
    eventName: 'DescribeInstances',
    awsRegion: 'eu-west-1',
    sourceIPAddress: '198.51.100.7',
    userAgent: 'aws-cli/2.31.0',
    requestParameters: {},
    responseElements: null,
    readOnly: true,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: '111122223333',
    eventCategory: 'Management',
    eventID: id(),
    ...change,
  };
}

/** Raises "Trail stopped", critical; each of a trail of its own, so that it is an alert of its own. */
export function trailStopped(change: Readonly<Record<string, unknown>> = {}): ReturnType<typeof record> {
  const trail = `management-${next}`;
  return record({
    eventSource: 'cloudtrail.amazonaws.com',
    eventName: 'StopLogging',
    requestParameters: { name: `arn:aws:cloudtrail:eu-west-1:111122223333:trail/${trail}` },
    readOnly: false,
    ...change,
  });
}

/** Raises an alert on a bucket that everyone can read. */
export function bucketOpened(change: Readonly<Record<string, unknown>> = {}): ReturnType<typeof record> {
  return record({
    eventSource: 's3.amazonaws.com',
    eventName: 'PutBucketPolicy',
    requestParameters: {
      bucketName: 'invoices',
      bucketPolicy: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::invoices/*' },
        ],
      },
    },
    readOnly: false,
    ...change,
  });
}
