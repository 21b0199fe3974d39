import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { hex, randomFrom } from './random.ts';

/** A made-up CloudTrail archive with the mix of a working account: nine calls in ten only read. The same seed gives the same bytes. */
export interface Archive {
  readonly files: readonly string[];
  readonly records: number;
  readonly packedBytes: number;
  readonly unpackedBytes: number;
}

const recordsPerFile = 2_000;

export function makeArchive(folder: string, records: number, seed = 1): Archive {
  mkdirSync(folder, { recursive: true });
  const random = randomFrom(seed);
  const files: string[] = [];
  let packedBytes = 0;
  let unpackedBytes = 0;
  for (let from = 0; from < records; from += recordsPerFile) {
    const count = Math.min(recordsPerFile, records - from);
    const content = Buffer.from(
      JSON.stringify({ Records: Array.from({ length: count }, (_, i) => makeRecord(from + i, random)) }),
    );
    const packed = gzipSync(content);
    const file = join(
      folder,
      `111122223333_CloudTrail_eu-west-1_${String(files.length).padStart(5, '0')}.json.gz`,
    );
    writeFileSync(file, packed);
    files.push(file);
    packedBytes += packed.length;
    unpackedBytes += content.length;
  }
  return { files, records, packedBytes, unpackedBytes };
}

type Make = (
  id: string,
  random: () => number,
) => { readonly requestParameters: object | null; readonly responseElements: object | null };

interface Call {
  readonly weight: number;
  readonly service: string;
  readonly action: string;
  readonly readOnly: boolean;
  readonly make: Make;
}

const calls: readonly Call[] = [
  {
    weight: 22,
    service: 'sts',
    action: 'AssumeRole',
    readOnly: true,
    make: (id) => ({
      requestParameters: {
        roleArn: `arn:aws:iam::111122223333:role/service-${id.slice(0, 2)}`,
        roleSessionName: `session-${id.slice(0, 8)}`,
        durationSeconds: 3600,
      },
      responseElements: {
        credentials: {
          accessKeyId: `ASIA${id.slice(0, 16).toUpperCase()}`,
          expiration: 'Nov 21, 2026, 9:00:00 AM',
          sessionToken: id.repeat(8),
        },
        assumedRoleUser: {
          assumedRoleId: `AROA${id.slice(0, 16).toUpperCase()}:session`,
          arn: 'arn:aws:sts::111122223333:assumed-role/service/session',
        },
      },
    }),
  },
  {
    weight: 18,
    service: 'kms',
    action: 'Decrypt',
    readOnly: true,
    make: (id) => ({
      requestParameters: {
        encryptionContext: { 'aws:s3:arn': `arn:aws:s3:::data-${id.slice(0, 6)}` },
        encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      },
      responseElements: null,
    }),
  },
  {
    weight: 16,
    service: 'ec2',
    action: 'DescribeInstances',
    readOnly: true,
    make: (id) => ({
      requestParameters: {
        maxResults: 1000,
        instancesSet: {},
        filterSet: { items: [{ name: 'tag:app', valueSet: { items: [{ value: id.slice(0, 8) }] } }] },
      },
      responseElements: null,
    }),
  },
  {
    weight: 10,
    service: 's3',
    action: 'GetBucketAcl',
    readOnly: true,
    make: (id) => ({
      requestParameters: {
        bucketName: `data-${id.slice(0, 6)}`,
        Host: `data-${id.slice(0, 6)}.s3.eu-west-1.amazonaws.com`,
        acl: '',
      },
      responseElements: null,
    }),
  },
  {
    weight: 9,
    service: 'logs',
    action: 'DescribeLogStreams',
    readOnly: true,
    make: (id) => ({
      requestParameters: { logGroupName: `/aws/lambda/job-${id.slice(0, 5)}`, descending: false, limit: 50 },
      responseElements: null,
    }),
  },
  {
    weight: 6,
    service: 'monitoring',
    action: 'DescribeAlarms',
    readOnly: true,
    make: () => ({
      requestParameters: { maxRecords: 100, alarmTypes: ['CompositeAlarm', 'MetricAlarm'] },
      responseElements: null,
    }),
  },
  {
    weight: 5,
    service: 'iam',
    action: 'GetRole',
    readOnly: true,
    make: (id) => ({ requestParameters: { roleName: `service-${id.slice(0, 2)}` }, responseElements: null }),
  },
  {
    weight: 4,
    service: 'dynamodb',
    action: 'DescribeTable',
    readOnly: true,
    make: (id) => ({ requestParameters: { tableName: `orders-${id.slice(0, 3)}` }, responseElements: null }),
  },
  {
    weight: 3,
    service: 'ec2',
    action: 'CreateNetworkInterface',
    readOnly: false,
    make: (id) => ({
      requestParameters: {
        subnetId: `subnet-${id.slice(0, 17)}`,
        description: 'AWS Lambda VPC ENI',
        groupSet: { items: [{ groupId: `sg-${id.slice(0, 17)}` }] },
      },
      responseElements: {
        networkInterface: {
          networkInterfaceId: `eni-${id.slice(0, 17)}`,
          status: 'pending',
          privateIpAddress: '10.0.3.7',
        },
      },
    }),
  },
  {
    weight: 3,
    service: 'logs',
    action: 'CreateLogStream',
    readOnly: false,
    make: (id) => ({
      requestParameters: {
        logGroupName: `/aws/lambda/job-${id.slice(0, 5)}`,
        logStreamName: `2026/11/21/[$LATEST]${id}`,
      },
      responseElements: null,
    }),
  },
  {
    weight: 2,
    service: 'ecs',
    action: 'RegisterTaskDefinition',
    readOnly: false,
    make: (id) => ({
      requestParameters: {
        family: `app-${id.slice(0, 4)}`,
        containerDefinitions: [
          {
            name: 'app',
            image: `111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:${id.slice(0, 12)}`,
            cpu: 256,
            memory: 512,
            environment: [{ name: 'STAGE', value: 'prod' }],
          },
        ],
      },
      responseElements: { taskDefinition: { revision: 17, status: 'ACTIVE' } },
    }),
  },
  {
    weight: 1,
    service: 'ec2',
    action: 'AuthorizeSecurityGroupIngress',
    readOnly: false,
    make: (id, random) => ({
      requestParameters: {
        groupId: `sg-${id.slice(0, 17)}`,
        ipPermissions: {
          items: [
            {
              ipProtocol: 'tcp',
              fromPort: 443,
              toPort: 443,
              groups: {},
              ipRanges: { items: [{ cidrIp: random() < 0.02 ? '0.0.0.0/0' : '10.0.0.0/8' }] },
              ipv6Ranges: {},
              prefixListIds: {},
            },
          ],
        },
      },
      responseElements: { requestId: id, _return: true },
    }),
  },
  {
    weight: 1,
    service: 's3',
    action: 'PutBucketPolicy',
    readOnly: false,
    make: (id, random) => ({
      requestParameters: {
        bucketName: `data-${id.slice(0, 6)}`,
        bucketPolicy: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: random() < 0.05 ? '*' : { AWS: 'arn:aws:iam::111122223333:role/app' },
              Action: 's3:GetObject',
              Resource: `arn:aws:s3:::data-${id.slice(0, 6)}/*`,
            },
          ],
        },
      },
      responseElements: null,
    }),
  },
];
const totalWeight = calls.reduce((sum, call) => sum + call.weight, 0);

/** A CloudTrail record; `i` is its number and gives its time. */
export function makeRecord(i: number, random: () => number): object {
  let at = random() * totalWeight;
  const call = calls.find((candidate) => (at -= candidate.weight) < 0) ?? calls[0];
  if (call === undefined) throw new Error('there are no calls to choose from');
  const id = hex(random) + hex(random) + hex(random) + hex(random);
  const time = new Date(Date.UTC(2026, 10, 21) + i * 37).toISOString().slice(0, 19);
  const { requestParameters, responseElements } = call.make(id, random);
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: 'AssumedRole',
      principalId: `AROA${id.slice(0, 16).toUpperCase()}:job-${id.slice(0, 4)}`,
      arn: `arn:aws:sts::111122223333:assumed-role/service-${id.slice(0, 2)}/job-${id.slice(0, 4)}`,
      accountId: '111122223333',
      accessKeyId: `ASIA${id.slice(8, 24).toUpperCase()}`,
      sessionContext: {
        sessionIssuer: {
          type: 'Role',
          principalId: `AROA${id.slice(0, 16).toUpperCase()}`,
          arn: `arn:aws:iam::111122223333:role/service-${id.slice(0, 2)}`,
          accountId: '111122223333',
          userName: `service-${id.slice(0, 2)}`,
        },
        attributes: { creationDate: '2026-11-21T06:00:00Z', mfaAuthenticated: 'false' },
      },
    },
    eventTime: `${time}Z`,
    eventSource: `${call.service}.amazonaws.com`,
    eventName: call.action,
    awsRegion: 'eu-west-1',
    sourceIPAddress:
      random() < 0.3 ? `${call.service}.amazonaws.com` : `198.51.100.${Math.floor(random() * 255)}`,
    userAgent:
      'aws-sdk-java/2.29.1 Linux/5.10.226-214.880.amzn2.x86_64 OpenJDK_64-Bit_Server_VM/21.0.5 vendor/Amazon.com_Inc. cfg/retry-mode/legacy',
    requestParameters,
    responseElements,
    requestID: `${id.slice(0, 8)}-${id.slice(8, 12)}-4a2b-9c3d-${id.slice(12, 24)}`,
    eventID: `${id.slice(4, 12)}-${id.slice(12, 16)}-4c1d-8e2f-${i.toString(16).padStart(12, '0')}`,
    readOnly: call.readOnly,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: '111122223333',
    eventCategory: 'Management',
    tlsDetails: {
      tlsVersion: 'TLSv1.3',
      cipherSuite: 'TLS_AES_128_GCM_SHA256',
      clientProvidedHostHeader: `${call.service}.eu-west-1.amazonaws.com`,
    },
  };
}
