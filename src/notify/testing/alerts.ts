import type { Alert, AlertEvent } from '../../alert/alert.ts';
import { sampleAlert } from '../sample.ts';

const time = Date.UTC(2026, 10, 21, 12, 3, 11);

/** An everyday alert with everything that an alert can have. */
export const normalAlert: Alert = {
  ...sampleAlert(time),
  id: '5d41402abc4b2a76b9719d911017c592',
  rule: { id: '7f3a1c52-8c1b-4c61-9d0e-1f1f3a5b7c9d', title: 'S3 bucket opened to the public' },
  severity: 'critical',
  title: 'deploy-role/ci-run-17 made the bucket invoices public',
  description: 'A bucket policy now lets people outside your accounts in.',
  response:
    '- Switch on the public access block of invoices.\n- Ask who runs ci-run-17 whether this was meant.\n- Look for GetObject from outside since then.',
  who: {
    kind: 'assumed-role',
    name: 'deploy-role/ci-run-17',
    arn: 'arn:aws:sts::111122223333:assumed-role/deploy-role/ci-run-17',
    account: '111122223333',
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    mfa: false,
    person: { name: 'Alice Doe', team: 'Payments', contact: 'alice@example.com' },
    chain: ['alice'],
  },
  where: {
    ...sampleAlert(time).where,
    place: {
      kind: 'internet',
      country: 'DE',
      countryName: 'Germany',
      city: 'Berlin',
      asn: 64_500,
      asName: 'Example',
    },
  },
  what: {
    kind: 'cloudtrail.api-call',
    service: 's3.amazonaws.com',
    action: 'PutBucketPolicy',
    result: 'success',
    targets: [{ type: 'AWS::S3::Bucket', name: 'invoices', arn: 'arn:aws:s3:::invoices' }],
  },
  tactics: [{ id: 'TA0010', name: 'Exfiltration' }],
  techniques: [
    { id: 'T1530', name: 'Data from Cloud Storage' },
    { id: 'T1537', name: 'Transfer Data to Cloud Account' },
  ],
  facts: [
    {
      explanation: 'anyone on the internet can now read every object in `invoices`',
      unknowns: [
        'whether the public access block of account 111122223333 stands in the way; s3:GetAccountPublicAccessBlock would tell',
      ],
    },
    {
      explanation: 'the policy of bucket `invoices` changed: 1 added, 1 removed',
      unknowns: [],
      diff: [
        {
          sign: ' ',
          text: 'in `Read`, which was: allow account `444455556666` to `s3:getobject` on `arn:aws:s3:::invoices/*`',
        },
        { sign: '-', text: 'whom: account `444455556666`' },
        { sign: '+', text: 'whom: anyone (`*`)' },
      ],
    },
  ],
  falsePositives: ['A website that is meant to be public'],
  references: [
    'https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html',
  ],
  evidence: {
    eventId: 'c9d1a7c2-5c2b-4d1c-9c6c-1b5f8f0a7d11',
    provenance: {
      source: 's3',
      object: 's3://trail/AWSLogs/111122223333/CloudTrail/x.json.gz',
      position: 4711,
      receivedAt: time,
    },
    fields: {
      eventName: 'PutBucketPolicy',
      requestParameters: { bucketName: 'invoices', bucketPolicy: { Version: '2012-10-17' } },
    },
  },
};

function refusedRead(number: number): AlertEvent {
  return {
    id: `0b1d1c1e-0000-4000-8000-${String(number).padStart(12, '0')}`,
    time: time - (12 - number) * 20_000,
    kind: 'cloudtrail.api-call',
    service: 'secretsmanager.amazonaws.com',
    action: 'GetSecretValue',
    result: number % 4 === 0 ? 'failure' : 'success',
    reason: number % 4 === 0 ? 'AccessDenied' : undefined,
    target: `prod/database-${number}`,
    who: {
      kind: 'iam-user',
      name: 'bob',
      arn: 'arn:aws:iam::111122223333:user/bob',
      account: '111122223333',
    },
    account: '111122223333',
    region: 'eu-west-1',
    origin: { type: 'address', address: '198.51.100.7' },
    place: { kind: 'own', network: 'Berlin office' },
    userAgent: 'aws-cli/2.31',
    provenance: { ...normalAlert.evidence.provenance, position: number * 1_000 },
  };
}

const reads = Array.from({ length: 12 }, (_, i) => refusedRead(i + 1));

/** An alert that several events led to. */
export const correlatedAlert: Alert = {
  ...normalAlert,
  id: '7d793037a0760186574b0282f2f435e7',
  rule: { id: '1b2c3d4e-0000-4000-8000-000000000001', title: 'Many secrets read one by one' },
  severity: 'high',
  title: 'bob read 12 secrets within 10m',
  description: 'Somebody empties the secret store.',
  response: '- Ask bob whether this was meant.\n- Rotate the secrets.',
  who: {
    kind: 'iam-user',
    name: 'bob',
    arn: 'arn:aws:iam::111122223333:user/bob',
    account: '111122223333',
    chain: [],
  },
  what: {
    kind: 'cloudtrail.api-call',
    service: 'secretsmanager.amazonaws.com',
    action: 'GetSecretValue',
    result: 'unknown',
    targets: reads.toReversed().map(({ target = '' }) => ({ name: target })),
  },
  where: {
    account: '111122223333',
    region: 'eu-west-1',
    origin: { type: 'address', address: '198.51.100.7' },
    place: { kind: 'own', network: 'Berlin office' },
    userAgent: 'aws-cli/2.31',
  },
  tactics: [{ id: 'TA0006', name: 'Credential Access' }],
  techniques: [{ id: 'T1555.006', name: 'Cloud Secrets Management Stores' }],
  facts: [],
  correlation: {
    type: 'value_count',
    summary: '12 different values of requestParameters.secretId within 10m (at least 10)',
    group: [
      { field: 'userIdentity.arn', value: 'arn:aws:iam::111122223333:user/bob' },
      { field: 'awsRegion', value: 'eu-west-1' },
    ],
    value: 12,
    start: time - 11 * 20_000,
    end: time,
    total: 14,
    events: reads,
  },
  evidence: {
    eventId: reads.at(-1)?.id ?? '',
    provenance: { ...normalAlert.evidence.provenance, position: 12_000 },
    fields: {},
  },
};

/** An alert that says as little as an alert can. */
export const minimalAlert: Alert = {
  id: '00000000000000000000000000000000',
  rule: { id: 'r', title: 'Something' },
  severity: 'informational',
  title: '',
  description: '',
  response: '',
  time: Number.NaN,
  receivedAt: 0,
  decidedAt: 0,
  who: { kind: 'unknown', name: 'unknown', chain: [] },
  what: {
    kind: 'cloudtrail.service-event',
    service: 'x.amazonaws.com',
    action: 'X',
    result: 'unknown',
    targets: [],
  },
  where: { origin: { type: 'unknown', text: '' } },
  tactics: [],
  techniques: [],
  facts: [],
  falsePositives: [],
  references: [],
  evidence: {
    eventId: 'e',
    provenance: { source: 'stdin', object: '-', position: 0, receivedAt: 0 },
    fields: {},
  },
};

/** One string with everything that an attacker might try on a reader. */
export const hostileText = [
  '<!channel> <!here|here> <@U012AB3CD> <#C012AB3CD> <!subteam^S012AB3CD>',
  '<https://evil.example/login|console.aws.amazon.com> <!date^0^{date}^https://evil.example|x> https://evil.example evil.example',
  '@here @channel @everyone *bold* _it_ ~no~ `code` ```block``` :skull: :arn:aws:',
  '\u001b[2J\u001b]0;owned\u0007\u001b[31mred \u009b31m \u0000 \u0008\u0008\u007f',
  '\u202egnp.exe\u202c \u2066x\u2069 \u200b\u200d\ufeff\u00ad\u2060 \u{e0041}\u{e0100}',
  'Z\u0351\u0351\u0351\u0351\u0351\u0351\u0351\u0351\u0351algo lone \ud83d and \ude00 pair \u{1f600}',
  '&lt;!channel&gt; &amp; </script><script>alert(1)</script> "quotes" \\ \u2028 \u2029 end',
].join('\r\n> ');

function many<Item>(count: number, item: Item): readonly Item[] {
  return Array.from({ length: count }, () => item);
}

/** An alert whose every text is hostile, and some of a megabyte. */
export const hostileAlert: Alert = {
  ...normalAlert,
  rule: { id: hostileText, title: hostileText },
  title: hostileText,
  description: hostileText,
  response: hostileText.repeat(50),
  who: {
    ...normalAlert.who,
    name: `mallory ${hostileText}`,
    arn: hostileText,
    accessKeyId: hostileText,
    person: { name: hostileText, team: hostileText, contact: hostileText },
    chain: many(1000, hostileText),
  },
  what: {
    ...normalAlert.what,
    service: '*_~`',
    action: 'A'.repeat(1_000_000),
    reason: hostileText,
    targets: [{ name: `\u{1f600}${'\u{1f4a5}'.repeat(500_000)}` }, ...many(1000, { name: hostileText })],
  },
  where: {
    account: '<!channel>',
    region: '\n\nCRITICAL',
    origin: { type: 'unknown', text: hostileText },
    userAgent: hostileText,
  },
  techniques: many(100, { id: '<@U1>', name: hostileText }),
  facts: many(20, {
    explanation: hostileText.repeat(100),
    unknowns: many(20, hostileText),
    diff: many(200, { sign: '+' as const, text: hostileText.repeat(20) }),
  }),
  falsePositives: [hostileText],
  references: [hostileText],
  news: { type: 'raised', sentence: hostileText.repeat(20), number: 3 },
  context: {
    lookups: many(6, {
      provider: hostileText,
      about: { type: 'domain' as const, value: hostileText },
      verdict: 'malicious' as const,
      summary: hostileText,
      link: 'javascript:alert(1)',
      at: Number.MAX_VALUE,
    }),
  },
  evidence: {
    eventId: hostileText,
    provenance: { source: 'x', object: `s3://x/${hostileText}`, position: -1, receivedAt: 0 },
    fields: { [hostileText]: hostileText, deep: { deeper: [{ a: '\u001b[0m' }] } },
  },
};

/** The same of several events. */
export const hostileCorrelatedAlert: Alert = {
  ...hostileAlert,
  correlation: {
    type: hostileText,
    summary: hostileText.repeat(100),
    group: many(50, { field: hostileText, value: hostileText }),
    value: Number.MAX_VALUE,
    start: Number.MIN_SAFE_INTEGER,
    end: Number.MAX_SAFE_INTEGER,
    total: 1_000_000,
    events: many(100, {
      ...refusedRead(4),
      id: hostileText,
      action: hostileText,
      reason: hostileText,
      target: hostileText,
      who: { kind: 'unknown', name: hostileText },
      origin: { type: 'address', address: '203.0.113.9' },
      place: { kind: 'internet', countryName: hostileText, city: hostileText, asn: 1, asName: hostileText },
      userAgent: hostileText,
      provenance: { source: hostileText, object: hostileText, position: -1, receivedAt: 0 },
    }),
  },
};
