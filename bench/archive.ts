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

export function makeArchive(folder: string, records: number, seed = 1, recordsPerFile = 2_000): Archive {
  mkdirSync(folder, { recursive: true });
  const random = randomFrom(seed);
  const make = recordMaker(random);
  const files: string[] = [];
  let packedBytes = 0;
  let unpackedBytes = 0;
  for (let from = 0; from < records; from += recordsPerFile) {
    const count = Math.min(recordsPerFile, records - from);
    const content = Buffer.from(
      JSON.stringify({ Records: Array.from({ length: count }, (_, i) => make(from + i)) }),
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
    make: (id, random) => ({
      requestParameters: {
        roleArn: `arn:aws:iam::111122223333:role/service-${id.slice(0, 2)}`,
        roleSessionName: `session-${id.slice(0, 8)}`,
        durationSeconds: 3600,
      },
      responseElements: {
        credentials: {
          accessKeyId: `ASIA${id.slice(0, 16).toUpperCase()}`,
          expiration: 'Nov 21, 2026, 9:00:00 AM',
          sessionToken: base64(random, 356),
        },
        assumedRoleUser: {
          assumedRoleId: `AROA${id.slice(0, 16).toUpperCase()}:session`,
          arn: 'arn:aws:sts::111122223333:assumed-role/service/session',
        },
      },
    }),
  },
  {
    // A policy for the session, as text with escaped quotes in it.
    weight: 0.3,
    service: 'sts',
    action: 'AssumeRole',
    readOnly: true,
    make: (id) => ({
      requestParameters: {
        roleArn: `arn:aws:iam::111122223333:role/service-${id.slice(0, 2)}`,
        roleSessionName: `session-${id.slice(0, 8)}`,
        policy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            { Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::data-${id.slice(0, 6)}/*` },
          ],
        }),
      },
      responseElements: null,
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
    weight: 0.1,
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
              ipRanges: { items: [{ cidrIp: random() < 0.2 ? '0.0.0.0/0' : '10.0.0.0/8' }] },
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
    weight: 0.1,
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
              Principal: random() < 0.5 ? '*' : { AWS: 'arn:aws:iam::111122223333:role/app' },
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

/** As many different callers as a middling account has; each is seen again and again. */
const callerCount = 400;

/** Of the callers, those that are EC2 instances with a role; the others are functions, containers and people. */
const instances = 0.1;
/** Of the calls, those that are refused. */
const refused = 0.01;

interface Caller {
  readonly role: string;
  readonly roleId: string;
  readonly session: string;
  readonly accessKeyId: string;
  readonly address: string | undefined;
  readonly userAgent: string;
}

const userAgents = [
  'aws-sdk-java/2.29.1 Linux/5.10.226-214.880.amzn2.x86_64 OpenJDK_64-Bit_Server_VM/21.0.5 vendor/Amazon.com_Inc. cfg/retry-mode/legacy',
  'aws-sdk-go-v2/1.32.4 os/linux lang/go#1.23.2 md/GOOS#linux md/GOARCH#arm64 api/dynamodb#1.36.3 m/E',
  'Boto3/1.35.63 md/Botocore#1.35.63 ua/2.0 os/linux#6.1.115-126.197.amzn2023.x86_64 md/arch#x86_64 lang/python#3.12.7 md/pyimpl#CPython cfg/retry-mode#standard Botocore/1.35.63',
  'APN/1.0 HashiCorp/1.0 Terraform/1.9.8 (+https://www.terraform.io) terraform-provider-aws/5.76.0 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.32.4',
  'aws-cli/2.20.0 md/awscrt#0.22.0 ua/2.0 os/linux#6.1.115 md/arch#x86_64 lang/python#3.12.6 md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe',
  'Datadog',
];

function makeCaller(random: () => number): Caller {
  const role = `service-${Math.floor(random() * 90)}`;
  return {
    role,
    roleId: `AROA${letters(random, 17)}`,
    session: random() < instances ? `i-0${hex(random)}${hex(random)}` : `${role}-job-${hex(random)}`,
    accessKeyId: `ASIA${letters(random, 16)}`,
    address: random() < 0.3 ? undefined : `198.51.100.${Math.floor(random() * 255)}`,
    userAgent: userAgents[Math.floor(random() * userAgents.length)] ?? '',
  };
}

/** Makes CloudTrail records of one account's callers; a record's number gives its time. */
export function recordMaker(random: () => number): (i: number) => object {
  const callers = Array.from({ length: callerCount }, () => makeCaller(random));
  return (i) => makeRecord(i, random, callers);
}

function makeRecord(i: number, random: () => number, callers: readonly Caller[]): object {
  let at = random() * totalWeight;
  const call = calls.find((candidate) => (at -= candidate.weight) < 0) ?? calls[0];
  const caller = callers[Math.floor(random() * callers.length)];
  if (call === undefined || caller === undefined) throw new Error('there is nothing to choose from');
  const id = hex(random) + hex(random) + hex(random) + hex(random);
  const time = new Date(Date.UTC(2026, 10, 21) + i * 37).toISOString().slice(0, 19);
  const { requestParameters, responseElements } = call.make(id, random);
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: 'AssumedRole',
      principalId: `${caller.roleId}:${caller.session}`,
      arn: `arn:aws:sts::111122223333:assumed-role/${caller.role}/${caller.session}`,
      accountId: '111122223333',
      accessKeyId: caller.accessKeyId,
      sessionContext: {
        sessionIssuer: {
          type: 'Role',
          principalId: caller.roleId,
          arn: `arn:aws:iam::111122223333:role/${caller.role}`,
          accountId: '111122223333',
          userName: caller.role,
        },
        attributes: { creationDate: '2026-11-21T06:00:00Z', mfaAuthenticated: 'false' },
        ...(caller.session.startsWith('i-') ? { ec2RoleDelivery: '2.0' } : {}),
      },
    },
    eventTime: `${time}Z`,
    eventSource: `${call.service}.amazonaws.com`,
    eventName: call.action,
    awsRegion: 'eu-west-1',
    sourceIPAddress: caller.address ?? `${call.service}.amazonaws.com`,
    userAgent: caller.userAgent,
    ...(random() < refused ? { errorCode: 'AccessDenied', errorMessage: 'Access Denied' } : {}),
    requestParameters,
    responseElements,
    ...(call.service === 's3'
      ? {
          additionalEventData: {
            SignatureVersion: 'SigV4',
            CipherSuite: 'TLS_AES_128_GCM_SHA256',
            bytesTransferredIn: 0,
            AuthenticationMethod: 'AuthHeader',
            'x-amz-id-2': base64(random, 76),
            bytesTransferredOut: Math.floor(random() * 4000),
          },
        }
      : {}),
    requestID: uuid(random),
    eventID: uuid(random),
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

function uuid(random: () => number): string {
  const [a, b, c, d] = [hex(random), hex(random), hex(random), hex(random)];
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`;
}

function letters(random: () => number, length: number): string {
  return pick(random, length, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567');
}

function base64(random: () => number, length: number): string {
  return pick(random, length, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
}

function pick(random: () => number, length: number, alphabet: string): string {
  return Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
}
