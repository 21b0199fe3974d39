import type { Alert } from '../alert/alert.ts';

/** An alert that looks like a real one and says that it is none, for trying out a channel. Times are `now`, in milliseconds since the epoch. */
export function sampleAlert(now: number): Alert {
  const eventId = '00000000-0000-4000-8000-000000000001';
  return {
    id: '00000000000000000000000000000001',
    rule: { id: '00000000-0000-4000-8000-000000000000', title: 'Channel test' },
    severity: 'high',
    title: 'Test by Tocsin: alice made the bucket example-invoices public',
    description: 'This alert was sent to try out a channel. Nothing has happened.',
    response: 'Nothing to do: this is a test.\nIf you can read this, alerts will arrive here.',
    time: now,
    receivedAt: now,
    decidedAt: now,
    who: {
      kind: 'iam-user',
      name: 'alice',
      arn: 'arn:aws:iam::111122223333:user/alice',
      account: '111122223333',
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      mfa: false,
      chain: [],
    },
    what: {
      kind: 'cloudtrail.api-call',
      service: 's3.amazonaws.com',
      action: 'PutBucketPolicy',
      result: 'success',
      targets: [{ type: 'AWS::S3::Bucket', name: 'example-invoices', arn: 'arn:aws:s3:::example-invoices' }],
    },
    where: {
      account: '111122223333',
      region: 'eu-west-1',
      origin: { type: 'address', address: '203.0.113.7' },
      userAgent: 'aws-cli/2.31.0',
    },
    tactics: [{ id: 'TA0010', name: 'Exfiltration' }],
    techniques: [{ id: 'T1530', name: 'Data from Cloud Storage' }],
    facts: [
      {
        explanation:
          'Anyone on the internet could now read every object in `example-invoices`, if this were not a test.',
        unknowns: ['whether the public access block of the account stands in the way'],
      },
    ],
    falsePositives: [],
    references: [],
    evidence: {
      eventId,
      provenance: { source: 'test', object: 'channel test', position: 0, receivedAt: now },
      fields: { eventID: eventId, eventSource: 's3.amazonaws.com', eventName: 'PutBucketPolicy' },
    },
  };
}
