import { awsFindingEvent } from '../event.ts';
import type { Event } from '../../../event/event.ts';
import type { JsonObject } from '../../../event/json.ts';

/** A finding of GuardDuty as EventBridge has it in its detail. */
export const guardDutyFields: JsonObject = {
  schemaVersion: '2.0',
  accountId: '111122223333',
  region: 'eu-west-1',
  partition: 'aws',
  id: '90b82273685661b9318f078d0851fe9a',
  arn: 'arn:aws:guardduty:eu-west-1:111122223333:detector/12abc34d567e8fa901bc2d34e56789f0/finding/90b82273685661b9318f078d0851fe9a',
  type: 'UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom',
  resource: {
    resourceType: 'AccessKey',
    accessKeyDetails: {
      accessKeyId: 'ASIAEXAMPLEEXAMPLE12',
      principalId: 'AROAEXAMPLEEXAMPLE123:maria',
      userType: 'AssumedRole',
      userName: 'platform',
    },
  },
  service: {
    serviceName: 'guardduty',
    detectorId: '12abc34d567e8fa901bc2d34e56789f0',
    action: {
      actionType: 'AWS_API_CALL',
      awsApiCallAction: {
        api: 'DescribeInstances',
        serviceName: 'ec2.amazonaws.com',
        callerType: 'Remote IP',
        remoteIpDetails: { ipAddressV4: '198.51.100.23', country: { countryName: 'Norway' } },
      },
    },
    resourceRole: 'TARGET',
    additionalInfo: { threatListName: 'own-list' },
    eventFirstSeen: '2026-03-02T09:10:00Z',
    eventLastSeen: '2026-03-02T09:12:00Z',
    archived: false,
    count: 3,
  },
  severity: 5,
  createdAt: '2026-03-02T09:14:31.101Z',
  updatedAt: '2026-03-02T09:20:31.101Z',
  title: 'API DescribeInstances was invoked from an address of a custom threat list.',
  description: 'An API was called from an address of a custom threat list.',
};

/** The event of a finding; throws where its fields make none. */
export function findingOf(fields: JsonObject): Event {
  const event = awsFindingEvent(fields, { source: 'file', object: 'x', position: 0, receivedAt: 0 });
  if ('problem' in event) throw new Error(event.problem);
  return event;
}

export const guardDutyExample: Event = findingOf(guardDutyFields);

/** The same finding as Security Hub hands it on. */
export const relayedFields: JsonObject = {
  SchemaVersion: '2018-10-08',
  Id: guardDutyFields['arn'] ?? '',
  ProductArn: 'arn:aws:securityhub:eu-west-1::product/aws/guardduty',
  ProductName: 'GuardDuty',
  Region: 'eu-west-1',
  GeneratorId: 'arn:aws:guardduty:eu-west-1:111122223333:detector/12abc34d567e8fa901bc2d34e56789f0',
  AwsAccountId: '111122223333',
  Types: ['TTPs/UnauthorizedAccess:IAMUser-MaliciousIPCaller.Custom'],
  CreatedAt: '2026-03-02T09:14:31.101Z',
  UpdatedAt: '2026-03-02T09:20:31.101Z',
  Severity: { Product: 5, Label: 'MEDIUM', Normalized: 50 },
  Title: 'API DescribeInstances was invoked from an address of a custom threat list.',
  ProductFields: { 'aws/guardduty/service/count': '3', 'aws/securityhub/ProductName': 'GuardDuty' },
  Resources: [
    {
      Type: 'AwsIamAccessKey',
      Id: 'AWS::IAM::AccessKey:ASIAEXAMPLEEXAMPLE12',
      Details: {
        AwsIamAccessKey: {
          AccessKeyId: 'ASIAEXAMPLEEXAMPLE12',
          PrincipalId: 'AROAEXAMPLEEXAMPLE123:maria',
          PrincipalType: 'AssumedRole',
          PrincipalName: 'platform',
        },
      },
    },
  ],
  Action: {
    ActionType: 'AWS_API_CALL',
    AwsApiCallAction: { Api: 'DescribeInstances', RemoteIpDetails: { IpAddressV4: '198.51.100.23' } },
  },
  WorkflowState: 'NEW',
  Workflow: { Status: 'NEW' },
  RecordState: 'ACTIVE',
};

export const accessAnalyzerFields: JsonObject = {
  version: '1.0',
  id: '22222222-dcba-4444-dcba-333333333333',
  status: 'ACTIVE',
  resourceType: 'AWS::S3::Bucket',
  resource: 'arn:aws:s3:::invoices',
  createdAt: '2026-03-02T04:58:50Z',
  analyzedAt: '2026-03-02T09:22:33Z',
  updatedAt: '2026-03-02T09:14:07Z',
  accountId: '111122223333',
  region: 'eu-west-1',
  principal: { AWS: '444455556666' },
  action: ['s3:GetObject', 's3:ListBucket'],
  condition: {},
  isDeleted: false,
  isPublic: false,
};

export const macieFields: JsonObject = {
  schemaVersion: '1.0',
  id: '64b917aa-3843-4e1e-9d6d-5e4f6c9a9a01',
  accountId: '111122223333',
  partition: 'aws',
  region: 'eu-west-1',
  type: 'SensitiveData:S3Object/Personal',
  title: 'The S3 object contains personal information',
  severity: { score: 3, description: 'High' },
  createdAt: '2026-03-02T07:16:34.102Z',
  updatedAt: '2026-03-02T07:16:34.102Z',
  resourcesAffected: {
    s3Bucket: {
      arn: 'arn:aws:s3:::invoices',
      name: 'invoices',
      publicAccess: { effectivePermission: 'NOT_PUBLIC' },
    },
    s3Object: { bucketArn: 'arn:aws:s3:::invoices', key: '2026/march.csv', path: 'invoices/2026/march.csv' },
  },
  category: 'CLASSIFICATION',
  classificationDetails: { jobId: '3ce05dbb7ec5505def334104bEXAMPLE' },
  archived: false,
  count: 1,
};

export const inspectorFields: JsonObject = {
  awsAccountId: '111122223333',
  description: 'A race in the sound subsystem of the kernel.',
  exploitAvailable: 'YES',
  findingArn: 'arn:aws:inspector2:eu-west-1:111122223333:finding/0b9dd9a85f0c4b6d9d573a6f6f4c9a01',
  firstObservedAt: 'Jan 19, 2026, 10:46:15 PM',
  fixAvailable: 'YES',
  inspectorScore: 7.8,
  lastObservedAt: 'Jan 19, 2026, 10:46:15 PM',
  packageVulnerabilityDetails: { vulnerabilityId: 'CVE-2022-3303', source: 'UBUNTU_CVE' },
  resources: [{ id: 'i-0c2a343f1948d5205', partition: 'aws', region: 'eu-west-1', type: 'AWS_EC2_INSTANCE' }],
  severity: 'HIGH',
  status: 'ACTIVE',
  title: 'CVE-2022-3303 - linux-image-aws',
  type: 'PACKAGE_VULNERABILITY',
  updatedAt: 'Jan 19, 2026, 10:46:15 PM',
};

/** What EventBridge puts around a detail. */
export function envelope(detailType: string, detail: JsonObject): JsonObject {
  return {
    version: '0',
    id: '66a7a279-5f92-971c-6d3e-c92da0950992',
    'detail-type': detailType,
    source: 'aws.example',
    account: '111122223333',
    time: '2026-03-02T09:25:00Z',
    region: 'eu-west-1',
    resources: [],
    detail,
  };
}
