import type { Reader } from './look.ts';

/** Services that a snapshot reads, by their names on the command line. */
export const snapshotServices = ['s3', 'ec2', 'iam', 'rds', 'route53'] as const;

export type SnapshotService = (typeof snapshotServices)[number];

/** Services that are asked in each region; the others are asked once. */
export const regionalServices: ReadonlySet<SnapshotService> = new Set(['ec2', 'rds']);

/** Reads a service; its part of the AWS SDK is loaded only now. */
export const serviceReaders: Readonly<Record<SnapshotService, () => Promise<Reader>>> = {
  s3: async () => (await import('./s3.ts')).readS3,
  ec2: async () => (await import('./ec2.ts')).readEc2,
  iam: async () => (await import('./iam.ts')).readIam,
  rds: async () => (await import('./rds.ts')).readRds,
  route53: async () => (await import('./route53.ts')).readRoute53,
};

/** What a snapshot of all services needs to be allowed. Held by a test to what is asked. */
export const snapshotPermissions: readonly string[] = [
  'ec2:DescribeAddresses',
  'ec2:DescribeInstances',
  'ec2:DescribeRegions',
  'ec2:DescribeSecurityGroups',
  'iam:GetAccountAuthorizationDetails',
  'iam:ListAccessKeys',
  'rds:DescribeDBClusterSnapshotAttributes',
  'rds:DescribeDBClusterSnapshots',
  'rds:DescribeDBClusters',
  'rds:DescribeDBInstances',
  'rds:DescribeDBSnapshotAttributes',
  'rds:DescribeDBSnapshots',
  'route53:ListHostedZones',
  'route53:ListResourceRecordSets',
  's3:GetAccountPublicAccessBlock',
  's3:GetBucketAcl',
  's3:GetBucketLocation',
  's3:GetBucketOwnershipControls',
  's3:GetBucketPolicy',
  's3:GetBucketPublicAccessBlock',
  's3:GetBucketVersioning',
  's3:GetBucketWebsite',
  's3:ListAllMyBuckets',
];
