import { parseArn } from '../../decode/cloudtrail/arn.ts';
import { firstText, flagAt, membersAt, textAt, textsAt } from '../call.ts';
import type { Call } from '../call.ts';
import type { Transfer } from '../transfer.ts';

/** Where data goes by a call. */
export interface Destination {
  /** A bucket, a new resource's name: as the request has it. */
  readonly names: readonly string[];
  /** The account it is of, where the request says; the own one, where it cannot be another. */
  readonly account?: string | undefined;
  readonly own?: boolean | undefined;
  readonly regions?: readonly string[] | undefined;
}

/** A call that carries a copy of data somewhere. */
export interface Copying {
  readonly service: string;
  readonly actions: readonly string[];
  readonly kind: Transfer['kind'];
  readonly type: string;
  readonly word: string;
  /** Where the name of what is copied stands. */
  readonly source: readonly string[];
  /** "is copied": before the destination. */
  readonly done: string;
  /** "copy": the same for an attempt. */
  readonly doing: string;
  /** Undefined where the call has other uses and copies nothing here. */
  readonly to: (call: Call) => Destination | undefined;
  readonly encrypted?: ((call: Call) => Transfer['encrypted']) | undefined;
}

/** Stays in the account; the call goes to the region where the copy will be, and names the other. */
function copyHere(...names: readonly string[]): (call: Call) => Destination {
  return ({ request, response, event }) => {
    const source = firstText(request, [
      'sourceDBSnapshotIdentifier',
      'sourceDBClusterSnapshotIdentifier',
      'sourceDBInstanceIdentifier',
      'dBSnapshotIdentifier',
      'snapshotIdentifier',
    ]);
    const from = textAt(request, 'sourceRegion') ?? regionOf(source);
    const here = textAt(request, 'destinationRegion') ?? event.region;
    const name = firstText(request, names) ?? firstText(response, names);
    return {
      names: name === undefined ? [] : [name],
      own: true,
      regions: from !== undefined && here !== undefined && from !== here ? [here] : [],
    };
  };
}

function regionOf(name: string | undefined): string | undefined {
  const region = name === undefined ? undefined : parseArn(name)?.region;
  return region === '' ? undefined : region;
}

/** A bucket; whose it is, its name does not tell. */
function bucket(...paths: readonly string[]): (call: Call) => Destination | undefined {
  return ({ request }) => {
    const name = firstText(request, paths);
    return name === undefined ? undefined : { names: [name] };
  };
}

/** By the answer, or by what the request asks for. */
function encryption({ request, response }: Call): Transfer['encrypted'] {
  const flag =
    flagAt(response, 'encrypted') ??
    flagAt(response, 'storageEncrypted') ??
    flagAt(request, 'encrypted') ??
    flagAt(request, 'storageEncrypted');
  if (flag !== undefined) return flag ? 'yes' : 'no';
  return textAt(request, 'kmsKeyId') === undefined ? 'unknown' : 'yes';
}

const ec2 = { service: 'ec2' } as const;
const ofSnapshot = { type: 'AWS::RDS::DBSnapshot', word: 'database snapshot' } as const;

/** Calls that copy data of databases, disks and machines. RDS's copies and exports after real records, the rest after the API references. */
export const copyings: readonly Copying[] = [
  {
    service: 'rds',
    actions: ['CopyDBSnapshot', 'CopyDBClusterSnapshot'],
    kind: 'copy',
    ...ofSnapshot,
    source: ['sourceDBSnapshotIdentifier', 'sourceDBClusterSnapshotIdentifier'],
    done: 'is copied',
    doing: 'copy',
    to: copyHere('targetDBSnapshotIdentifier', 'targetDBClusterSnapshotIdentifier'),
    encrypted: encryption,
  },
  {
    service: 'rds',
    actions: ['RestoreDBInstanceFromDBSnapshot', 'RestoreDBClusterFromSnapshot'],
    kind: 'restore',
    ...ofSnapshot,
    source: ['dBSnapshotIdentifier', 'snapshotIdentifier', 'dBClusterSnapshotIdentifier'],
    done: 'becomes a new database',
    doing: 'make a new database of',
    to: copyHere('dBInstanceIdentifier', 'dBClusterIdentifier'),
    encrypted: encryption,
  },
  {
    service: 'rds',
    actions: ['CreateDBInstanceReadReplica'],
    kind: 'replica',
    type: 'AWS::RDS::DBInstance',
    word: 'database instance',
    source: ['sourceDBInstanceIdentifier', 'sourceDBClusterIdentifier'],
    done: 'is copied all the time',
    doing: 'have copied all the time',
    to: copyHere('dBInstanceIdentifier'),
    encrypted: encryption,
  },
  {
    service: 'rds',
    actions: ['StartExportTask'],
    kind: 'export',
    ...ofSnapshot,
    source: ['sourceArn'],
    done: 'is written into a bucket',
    doing: 'write into a bucket',
    to: bucket('s3BucketName'),
    encrypted: ({ request }) => (textAt(request, 'kmsKeyId') === undefined ? 'unknown' : 'yes'),
  },
  {
    service: 'rds',
    actions: ['CreateDBSnapshot', 'CreateDBClusterSnapshot'],
    kind: 'snapshot',
    type: 'AWS::RDS::DBInstance',
    word: 'database',
    source: ['dBInstanceIdentifier', 'dBClusterIdentifier'],
    done: 'is kept as a snapshot',
    doing: 'take a snapshot of',
    to: copyHere('dBSnapshotIdentifier', 'dBClusterSnapshotIdentifier'),
    encrypted: encryption,
  },
  {
    service: 'dynamodb',
    actions: ['ExportTableToPointInTime'],
    kind: 'export',
    type: 'AWS::DynamoDB::Table',
    word: 'table',
    source: ['tableArn'],
    done: 'is written into a bucket',
    doing: 'write into a bucket',
    // The owner has to be named where it is another account: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExportTableToPointInTime.html
    to: ({ request }) => {
      const owner = textAt(request, 's3BucketOwner');
      return { names: textsAt(request, 's3Bucket'), account: owner, own: owner === undefined };
    },
  },
  {
    service: 'dynamodb',
    actions: ['UpdateTable', 'CreateGlobalTable', 'UpdateGlobalTable'],
    kind: 'replica',
    type: 'AWS::DynamoDB::Table',
    word: 'table',
    source: ['tableName', 'globalTableName'],
    done: 'is copied all the time',
    doing: 'have copied all the time',
    to: ({ request, event }) => {
      const updates = membersAt(request, 'replicaUpdates').map((update) =>
        textAt(update, 'create.regionName'),
      );
      const group = membersAt(request, 'replicationGroup').map((replica) => textAt(replica, 'regionName'));
      const regions = [...updates, ...group]
        .filter((region) => region !== undefined && region !== event.region)
        .map(String);
      return regions.length === 0 ? undefined : { names: [], own: true, regions };
    },
  },
  {
    ...ec2,
    actions: ['CopySnapshot'],
    kind: 'copy',
    type: 'AWS::EC2::Snapshot',
    word: 'disk snapshot',
    source: ['sourceSnapshotId'],
    done: 'is copied',
    doing: 'copy',
    to: copyHere('snapshotId'),
    encrypted: encryption,
  },
  {
    ...ec2,
    actions: ['CopyImage'],
    kind: 'copy',
    type: 'AWS::EC2::Image',
    word: 'machine image',
    source: ['sourceImageId'],
    done: 'is copied',
    doing: 'copy',
    to: copyHere('name'),
    encrypted: encryption,
  },
  {
    ...ec2,
    actions: ['CreateImage'],
    kind: 'snapshot',
    type: 'AWS::EC2::Instance',
    word: 'instance',
    source: ['instanceId'],
    done: 'is kept, with its disks, as an image',
    doing: 'make an image of',
    to: copyHere('imageId', 'name'),
  },
  {
    ...ec2,
    actions: ['CreateSnapshot', 'CreateSnapshots'],
    kind: 'snapshot',
    type: 'AWS::EC2::Volume',
    word: 'disk',
    source: ['volumeId', 'instanceSpecification.instanceId'],
    done: 'is kept as a snapshot',
    doing: 'take a snapshot of',
    to: copyHere('snapshotId'),
    encrypted: encryption,
  },
  {
    ...ec2,
    actions: ['ExportImage', 'CreateStoreImageTask'],
    kind: 'export',
    type: 'AWS::EC2::Image',
    word: 'machine image',
    source: ['imageId'],
    done: 'is written, with its disks, into a bucket',
    doing: 'write into a bucket',
    to: bucket('s3ExportLocation.s3Bucket', 'bucket'),
  },
  {
    ...ec2,
    actions: ['CreateInstanceExportTask'],
    kind: 'export',
    type: 'AWS::EC2::Instance',
    word: 'instance',
    source: ['instanceId'],
    done: 'is written, with its disks, into a bucket',
    doing: 'write into a bucket',
    to: bucket('exportToS3.s3Bucket', 'exportToS3Task.s3Bucket'),
  },
  {
    service: 'ebs',
    actions: ['GetSnapshotBlock', 'ListSnapshotBlocks', 'ListChangedBlocks'],
    kind: 'block-read',
    type: 'AWS::EC2::Snapshot',
    word: 'disk snapshot',
    source: ['snapshotId', 'secondSnapshotId'],
    done: 'is read block by block, past any machine',
    doing: 'read block by block',
    to: () => ({ names: [] }),
  },
  {
    service: 'redshift',
    actions: ['CopyClusterSnapshot'],
    kind: 'copy',
    type: 'AWS::Redshift::ClusterSnapshot',
    word: 'Redshift snapshot',
    source: ['sourceSnapshotIdentifier'],
    done: 'is copied',
    doing: 'copy',
    to: copyHere('targetSnapshotIdentifier'),
  },
  {
    service: 'redshift',
    actions: ['EnableSnapshotCopy'],
    kind: 'copy',
    type: 'AWS::Redshift::Cluster',
    word: 'Redshift cluster',
    source: ['clusterIdentifier'],
    done: 'has its snapshots copied',
    doing: 'have copied the snapshots of',
    to: ({ request }) => ({ names: [], own: true, regions: textsAt(request, 'destinationRegion') }),
  },
  {
    service: 'elasticache',
    actions: ['CopySnapshot', 'ExportServerlessCacheSnapshot'],
    kind: 'export',
    type: 'AWS::ElastiCache::Snapshot',
    word: 'cache snapshot',
    source: ['sourceSnapshotName', 'serverlessCacheSnapshotName'],
    done: 'is written into a bucket',
    doing: 'write into a bucket',
    to: bucket('targetBucket', 's3BucketName'),
  },
  {
    service: 'memorydb',
    actions: ['CopySnapshot'],
    kind: 'export',
    type: 'AWS::MemoryDB::Snapshot',
    word: 'MemoryDB snapshot',
    source: ['sourceSnapshotName'],
    done: 'is written into a bucket',
    doing: 'write into a bucket',
    to: bucket('targetBucket'),
  },
  {
    service: 'neptune-graph',
    actions: ['StartExportTask'],
    kind: 'export',
    type: 'AWS::NeptuneGraph::Graph',
    word: 'Neptune graph',
    source: ['graphIdentifier'],
    done: 'is written into a bucket',
    doing: 'write into a bucket',
    to: bucket('destination'),
  },
  {
    service: 'lightsail',
    actions: ['CopySnapshot', 'ExportSnapshot'],
    kind: 'copy',
    type: 'AWS::Lightsail::Snapshot',
    word: 'Lightsail snapshot',
    source: ['sourceSnapshotName', 'sourceResourceName'],
    done: 'is copied',
    doing: 'copy',
    to: copyHere('targetSnapshotName'),
  },
];
