import { at, flagAt, textAt } from '../call.ts';
import type { Call } from '../call.ts';

/** A call that destroys something. */
export interface Deleting {
  readonly service: string;
  readonly actions: readonly string[];
  readonly type: string;
  readonly word: string;
  readonly name: readonly string[];
  readonly part: 'data' | 'backups' | 'machine' | 'settings';
  /** What is left to bring it back from. */
  readonly wayBack: (call: Call) => 'none' | 'kept' | 'unknown';
  /** What is said of that. */
  readonly left?: Readonly<Partial<Record<'none' | 'kept' | 'unknown', string>>> | undefined;
}

const gone = (): 'none' => 'none';
const unknown = (): 'unknown' => 'unknown';

/** Members of a cluster have no snapshot of their own; the cluster has. */
function database({ request, response }: Call): 'none' | 'kept' | 'unknown' {
  if (
    textAt(response, 'dBClusterIdentifier') !== undefined &&
    textAt(request, 'dBInstanceIdentifier') !== undefined
  )
    return 'unknown';
  const skip = flagAt(request, 'skipFinalSnapshot') ?? flagAt(request, 'skipFinalClusterSnapshot');
  if (skip !== true) return 'kept';
  return flagAt(request, 'deleteAutomatedBackups') === false ? 'unknown' : 'none';
}

/** A last snapshot is taken where the request names it. */
function byName(...paths: readonly string[]): (call: Call) => 'none' | 'kept' {
  return ({ request }) => (paths.some((path) => textAt(request, path) !== undefined) ? 'kept' : 'none');
}

const noSnapshot = { none: 'and no last snapshot is taken', kept: 'and a last snapshot is taken' } as const;
const noMore = { none: 'for good' } as const;

function rows(
  service: string,
  part: Deleting['part'],
  wayBack: Deleting['wayBack'],
  left: Deleting['left'],
  ...calls: readonly (readonly [actions: string, type: string, word: string, ...name: readonly string[]])[]
): readonly Deleting[] {
  return calls.map(([actions, type, word, ...name]) => ({
    service,
    part,
    wayBack,
    left,
    actions: actions.split(' '),
    type,
    word,
    name,
  }));
}

/** Calls that destroy databases, disks, backups and machines. RDS, EC2 and DynamoDB after real records, the rest after the API references. */
export const deletings: readonly Deleting[] = [
  ...rows(
    'rds',
    'data',
    database,
    noSnapshot,
    ['DeleteDBInstance', 'AWS::RDS::DBInstance', 'database instance', 'dBInstanceIdentifier'],
    ['DeleteDBCluster', 'AWS::RDS::DBCluster', 'database cluster', 'dBClusterIdentifier'],
  ),
  ...rows(
    'rds',
    'backups',
    gone,
    noMore,
    ['DeleteDBSnapshot', 'AWS::RDS::DBSnapshot', 'database snapshot', 'dBSnapshotIdentifier'],
    [
      'DeleteDBClusterSnapshot',
      'AWS::RDS::DBClusterSnapshot',
      'database cluster snapshot',
      'dBClusterSnapshotIdentifier',
    ],
    [
      'DeleteDBInstanceAutomatedBackup',
      'AWS::RDS::DBInstance',
      'automated backup',
      'dbiResourceId',
      'dBInstanceAutomatedBackupsArn',
    ],
    ['DeleteDBClusterAutomatedBackup', 'AWS::RDS::DBCluster', 'automated backup', 'dbClusterResourceId'],
  ),
  ...rows('redshift', 'data', database, noSnapshot, [
    'DeleteCluster',
    'AWS::Redshift::Cluster',
    'Redshift cluster',
    'clusterIdentifier',
  ]),
  ...rows('redshift', 'backups', gone, noMore, [
    'DeleteClusterSnapshot BatchDeleteClusterSnapshots',
    'AWS::Redshift::ClusterSnapshot',
    'Redshift snapshot',
    'snapshotIdentifier',
    'identifiers',
  ]),
  ...rows('redshift-serverless', 'data', byName('finalSnapshotName'), noSnapshot, [
    'DeleteNamespace',
    'AWS::RedshiftServerless::Namespace',
    'Redshift namespace',
    'namespaceName',
  ]),
  ...rows(
    'elasticache',
    'data',
    byName('finalSnapshotIdentifier', 'finalSnapshotName'),
    noSnapshot,
    ['DeleteReplicationGroup', 'AWS::ElastiCache::ReplicationGroup', 'cache', 'replicationGroupId'],
    ['DeleteCacheCluster', 'AWS::ElastiCache::CacheCluster', 'cache', 'cacheClusterId'],
    ['DeleteServerlessCache', 'AWS::ElastiCache::ServerlessCache', 'cache', 'serverlessCacheName'],
  ),
  ...rows('elasticache', 'backups', gone, noMore, [
    'DeleteSnapshot DeleteServerlessCacheSnapshot',
    'AWS::ElastiCache::Snapshot',
    'cache snapshot',
    'snapshotName',
    'serverlessCacheSnapshotName',
  ]),
  ...rows('memorydb', 'data', byName('finalSnapshotName'), noSnapshot, [
    'DeleteCluster',
    'AWS::MemoryDB::Cluster',
    'MemoryDB cluster',
    'clusterName',
  ]),
  ...rows('dynamodb', 'data', unknown, undefined, [
    'DeleteTable',
    'AWS::DynamoDB::Table',
    'table',
    'tableName',
  ]),
  ...rows('dynamodb', 'backups', gone, noMore, [
    'DeleteBackup',
    'AWS::DynamoDB::Backup',
    'table backup',
    'backupArn',
  ]),
  ...rows(
    'cassandra',
    'data',
    unknown,
    undefined,
    ['DropTable DeleteTable', 'AWS::Cassandra::Table', 'Keyspaces table', 'tableName'],
    ['DropKeyspace DeleteKeyspace', 'AWS::Cassandra::Keyspace', 'keyspace', 'keyspaceName'],
  ),
  ...rows('es', 'data', unknown, undefined, [
    'DeleteDomain DeleteElasticsearchDomain',
    'AWS::OpenSearchService::Domain',
    'search domain',
    'domainName',
  ]),
  ...rows('kafka', 'data', gone, noMore, [
    'DeleteCluster',
    'AWS::MSK::Cluster',
    'Kafka cluster',
    'clusterArn',
  ]),
  ...rows('kinesis', 'data', gone, noMore, [
    'DeleteStream',
    'AWS::Kinesis::Stream',
    'stream',
    'streamName',
    'streamARN',
  ]),
  ...rows(
    'fsx',
    'data',
    ({ request }) =>
      ['windowsConfiguration', 'lustreConfiguration', 'openZFSConfiguration'].some(
        (name) => flagAt(at(request, name), 'skipFinalBackup') === true,
      )
        ? 'none'
        : 'unknown',
    { none: 'and no last backup is taken' },
    ['DeleteFileSystem', 'AWS::FSx::FileSystem', 'file system', 'fileSystemId'],
  ),
  ...rows('fsx', 'backups', gone, noMore, [
    'DeleteBackup',
    'AWS::FSx::Backup',
    'file system backup',
    'backupId',
  ]),
  ...rows(
    'timestream',
    'data',
    gone,
    noMore,
    ['DeleteTable', 'AWS::Timestream::Table', 'time series', 'tableName'],
    ['DeleteDatabase', 'AWS::Timestream::Database', 'time series database', 'databaseName'],
  ),
  ...rows(
    'neptune-graph',
    'data',
    ({ request }) => (flagAt(request, 'skipSnapshot') === true ? 'none' : 'kept'),
    noSnapshot,
    ['DeleteGraph', 'AWS::NeptuneGraph::Graph', 'Neptune graph', 'graphIdentifier'],
  ),
  ...rows('docdb-elastic', 'data', unknown, undefined, [
    'DeleteCluster',
    'AWS::DocDBElastic::Cluster',
    'DocumentDB cluster',
    'clusterArn',
  ]),
  ...rows(
    'ec2',
    'backups',
    // The recycle bin keeps them where a rule of the account says so.
    unknown,
    undefined,
    ['DeleteSnapshot', 'AWS::EC2::Snapshot', 'disk snapshot', 'snapshotId'],
    ['DeregisterImage', 'AWS::EC2::Image', 'machine image', 'imageId'],
  ),
  ...rows('ec2', 'data', unknown, undefined, ['DeleteVolume', 'AWS::EC2::Volume', 'disk', 'volumeId']),
  ...rows('ec2', 'machine', unknown, undefined, [
    'TerminateInstances',
    'AWS::EC2::Instance',
    'instance',
    'instancesSet',
  ]),
  ...rows(
    'lightsail',
    'data',
    ({ request }) => (flagAt(request, 'skipFinalSnapshot') === true ? 'none' : 'kept'),
    noSnapshot,
    ['DeleteRelationalDatabase', 'AWS::Lightsail::Database', 'Lightsail database', 'relationalDatabaseName'],
  ),
  ...rows('eks', 'machine', gone, noMore, [
    'DeleteCluster',
    'AWS::EKS::Cluster',
    'Kubernetes cluster',
    'name',
  ]),
  ...rows('ecs', 'machine', unknown, undefined, [
    'DeleteCluster',
    'AWS::ECS::Cluster',
    'container cluster',
    'cluster',
  ]),
  ...rows('lambda', 'settings', unknown, undefined, [
    'DeleteFunction DeleteFunction20150331',
    'AWS::Lambda::Function',
    'function',
    'functionName',
  ]),
  ...rows('cloudformation', 'settings', unknown, undefined, [
    'DeleteStack',
    'AWS::CloudFormation::Stack',
    'stack',
    'stackName',
  ]),
];
