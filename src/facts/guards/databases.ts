import { flagAt, membersAt, numberAt, textAt, textsAt } from '../call.ts';
import type { Call } from '../call.ts';
import {
  absent,
  always,
  byDays,
  byFlag,
  byWord,
  firstOf,
  isCreation,
  removed,
  restored,
  weakened,
} from './guard.ts';
import type { Guard, Setting } from './guard.ts';

const instance = { service: 'rds', type: 'AWS::RDS::DBInstance', word: 'database instance' } as const;
const cluster = { service: 'rds', type: 'AWS::RDS::DBCluster', word: 'database cluster' } as const;
const redshift = {
  service: 'redshift',
  type: 'AWS::Redshift::Cluster',
  word: 'Redshift cluster',
  name: ['clusterIdentifier'],
} as const;

const instanceName = ['dBInstanceIdentifier', 'targetDBInstanceIdentifier'];
const clusterName = ['dBClusterIdentifier'];

const instanceCreations = ['CreateDBInstance', 'RestoreDBInstanceFromS3'];
const clusterCreations = ['CreateDBCluster', 'RestoreDBClusterFromS3'];

const oneCall = 'one call can delete it now';
const noWayBack = 'it cannot be brought back to an earlier time any more, and the backups so far go';
const plain = 'its disks, backups and snapshots can be read without any key';
const unseen = 'what people do in the database is no longer written down';
const listening = 'passwords and data can be read and changed on their way';

/** Unencrypted where the request says so, or says nothing and the answer does. Members of a cluster have their cluster's storage. */
function storage(call: Call): Setting | undefined {
  if (textAt(call.request, 'dBClusterIdentifier') !== undefined && call.event.action === 'CreateDBInstance')
    return undefined;
  const asked = flagAt(call.request, 'storageEncrypted') ?? flagAt(call.response, 'storageEncrypted');
  return asked === false ? absent : undefined;
}

function exportsOff(call: Call): Setting | undefined {
  const off = textsAt(call.request, 'cloudwatchLogsExportConfiguration.disableLogTypes');
  return off.length === 0 ? undefined : { wanted: 'weakened', lost: off };
}

/** What a value of a database's parameter means for a guard; names are unique across engines. */
interface Parameter {
  readonly off: readonly string[];
  readonly kind: 'transport-encryption' | 'audit';
}

// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html and the engines' pages beside it;
// DocumentDB: https://docs.aws.amazon.com/documentdb/latest/developerguide/cluster_parameter_groups-list_of_parameters.html
// Redshift: https://docs.aws.amazon.com/redshift/latest/mgmt/working-with-parameter-groups.html
const parameters: ReadonlyMap<string, Parameter> = new Map<string, Parameter>([
  ['rds.force_ssl', { kind: 'transport-encryption', off: ['0', 'off', 'false'] }],
  ['require_secure_transport', { kind: 'transport-encryption', off: ['0', 'off'] }],
  ['tls', { kind: 'transport-encryption', off: ['disabled'] }],
  ['require_ssl', { kind: 'transport-encryption', off: ['false'] }],
  ['neptune_enforce_ssl', { kind: 'transport-encryption', off: ['0'] }],
  ['audit_logs', { kind: 'audit', off: ['disabled', 'none'] }],
  ['enable_user_activity_logging', { kind: 'audit', off: ['false'] }],
  ['neptune_enable_audit_log', { kind: 'audit', off: ['0'] }],
  ['pgaudit.log', { kind: 'audit', off: ['none'] }],
  ['server_audit_logging', { kind: 'audit', off: ['0', 'off'] }],
]);

function parameter(kind: Parameter['kind']): (call: Call) => Setting | undefined {
  return (call) => {
    const off = [
      ...membersAt(call.request, 'parameters'),
      ...membersAt(call.request, 'configParameters'),
    ].flatMap((entry) => {
      const name = textAt(entry, 'parameterName') ?? textAt(entry, 'parameterKey');
      const value = textAt(entry, 'parameterValue') ?? numberAt(entry, 'parameterValue');
      const one = name === undefined ? undefined : parameters.get(name.toLowerCase());
      return name !== undefined && one?.kind === kind && one.off.includes(String(value).toLowerCase())
        ? [name]
        : [];
    });
    return off.length === 0 ? undefined : { wanted: 'removed', lost: off };
  };
}

const groups = [
  {
    service: 'rds',
    actions: ['ModifyDBParameterGroup', 'ModifyDBClusterParameterGroup'],
    type: 'AWS::RDS::DBParameterGroup',
    word: 'databases with parameter group',
    name: ['dBParameterGroupName', 'dBClusterParameterGroupName'],
  },
  {
    service: 'redshift',
    actions: ['ModifyClusterParameterGroup'],
    type: 'AWS::Redshift::ClusterParameterGroup',
    word: 'Redshift clusters with parameter group',
    name: ['parameterGroupName'],
  },
  {
    service: 'redshift-serverless',
    actions: ['UpdateWorkgroup'],
    type: 'AWS::RedshiftServerless::Workgroup',
    word: 'Redshift workgroup',
    name: ['workgroupName'],
  },
] as const;

/** The guards of relational databases: RDS, Aurora, DocumentDB, Neptune (all of them rds.amazonaws.com) and Redshift. */
export const databaseGuards: readonly Guard[] = [
  {
    ...instance,
    actions: ['ModifyDBInstance'],
    name: instanceName,
    kind: 'deletion-protection',
    guard: 'deletion protection',
    read: byFlag('deletionProtection'),
    without: oneCall,
  },
  {
    ...cluster,
    actions: ['ModifyDBCluster', 'ModifyGlobalCluster'],
    name: [...clusterName, 'globalClusterIdentifier'],
    kind: 'deletion-protection',
    guard: 'deletion protection',
    read: byFlag('deletionProtection'),
    without: oneCall,
  },
  {
    ...instance,
    actions: ['ModifyDBInstance', 'CreateDBInstance', 'RestoreDBInstanceToPointInTime'],
    name: instanceName,
    kind: 'backups',
    guard: 'automated backup',
    read: byDays('backupRetentionPeriod'),
    without: noWayBack,
  },
  {
    ...instance,
    actions: ['DeleteDBInstanceAutomatedBackup', 'StopDBInstanceAutomatedBackupsReplication'],
    name: ['dbiResourceId', 'dBInstanceAutomatedBackupsArn', 'sourceDBInstanceArn'],
    kind: 'backups',
    guard: 'automated backup',
    read: ({ event }) => (event.action.startsWith('Delete') ? removed : weakened),
    without: 'it cannot be brought back from what was kept',
  },
  {
    ...cluster,
    actions: ['DeleteDBClusterAutomatedBackup'],
    name: ['dbClusterResourceId'],
    kind: 'backups',
    guard: 'automated backup',
    read: always(removed),
    without: 'it cannot be brought back from what was kept',
  },
  {
    ...instance,
    actions: instanceCreations,
    name: instanceName,
    kind: 'encryption',
    guard: 'encryption',
    read: storage,
    without: plain,
  },
  {
    ...cluster,
    actions: clusterCreations,
    name: clusterName,
    kind: 'encryption',
    guard: 'encryption',
    read: storage,
    without: plain,
  },
  {
    ...instance,
    actions: ['ModifyDBInstance'],
    name: instanceName,
    kind: 'authentication',
    guard: 'IAM sign-in',
    read: byFlag('enableIAMDatabaseAuthentication'),
    without: 'passwords alone let people in',
  },
  {
    ...cluster,
    actions: ['ModifyDBCluster'],
    name: clusterName,
    kind: 'authentication',
    guard: 'IAM sign-in',
    read: byFlag('enableIAMDatabaseAuthentication'),
    without: 'passwords alone let people in',
  },
  {
    ...instance,
    actions: ['ModifyDBInstance'],
    name: instanceName,
    kind: 'audit',
    guard: 'the export of logs',
    read: exportsOff,
    without: 'its logs are no longer kept outside of the database',
  },
  {
    ...cluster,
    actions: ['ModifyDBCluster'],
    name: clusterName,
    kind: 'audit',
    guard: 'the export of logs',
    read: exportsOff,
    without: 'its logs are no longer kept outside of the database',
  },
  {
    ...cluster,
    actions: ['StartActivityStream', 'StopActivityStream', 'ModifyActivityStream'],
    name: ['resourceArn'],
    kind: 'audit',
    guard: 'the activity stream',
    read: ({ event, request }) => {
      if (event.action === 'StartActivityStream') return restored;
      if (event.action === 'StopActivityStream') return removed;
      const state = textAt(request, 'auditPolicyState')?.toLowerCase();
      if (state === undefined) return { wanted: 'unknown' };
      return state === 'unlocked' ? { wanted: 'weakened', lost: ['audit-policy-lock'] } : restored;
    },
    without: unseen,
  },
  ...groups.map((group): Guard => ({
    ...group,
    kind: 'transport-encryption',
    guard: 'the demand for TLS',
    read: parameter('transport-encryption'),
    without: listening,
  })),
  ...groups.map((group): Guard => ({
    ...group,
    kind: 'audit',
    guard: 'the audit log',
    read: parameter('audit'),
    without: unseen,
  })),
  {
    ...redshift,
    actions: ['DisableLogging', 'EnableLogging'],
    kind: 'audit',
    guard: 'audit logging',
    read: ({ event }) => (event.action === 'EnableLogging' ? restored : removed),
    without: 'who signed in and what they asked for is no longer written down',
  },
  {
    ...redshift,
    actions: ['ModifyCluster', 'CreateCluster'],
    kind: 'backups',
    guard: 'automated snapshots',
    read: byDays('automatedSnapshotRetentionPeriod'),
    without: 'only snapshots made by hand are left to bring it back from',
  },
  {
    ...redshift,
    actions: ['DisableSnapshotCopy', 'EnableSnapshotCopy'],
    kind: 'backups',
    guard: 'the copy of snapshots in another region',
    read: ({ event }) =>
      event.action === 'EnableSnapshotCopy' ? restored : { ...weakened, lost: ['other-region'] },
    without: 'what is deleted here is gone everywhere',
  },
  {
    ...redshift,
    actions: ['ModifyCluster', 'CreateCluster', 'RestoreFromClusterSnapshot'],
    kind: 'encryption',
    guard: 'encryption',
    read: byFlag('encrypted'),
    without: plain,
  },
  {
    service: 'dms',
    actions: ['ModifyEndpoint', 'CreateEndpoint'],
    type: 'AWS::DMS::Endpoint',
    word: 'replication endpoint',
    name: ['endpointIdentifier', 'endpointArn'],
    kind: 'transport-encryption',
    guard: 'TLS',
    read: (call) => {
      const mode = textAt(call.request, 'sslMode');
      if (mode === undefined) return undefined;
      return mode === 'none'
        ? isCreation(call)
          ? absent
          : removed
        : isCreation(call)
          ? undefined
          : restored;
    },
    without: listening,
  },
  {
    service: 'lightsail',
    actions: ['UpdateRelationalDatabase'],
    type: 'AWS::Lightsail::Database',
    word: 'Lightsail database',
    name: ['relationalDatabaseName'],
    kind: 'backups',
    guard: 'automated backup',
    read: firstOf(byFlag('disableBackupRetention', false), byFlag('enableBackupRetention')),
    without: noWayBack,
  },
  {
    service: 'docdb-elastic',
    actions: ['UpdateCluster', 'CreateCluster'],
    type: 'AWS::DocDBElastic::Cluster',
    word: 'DocumentDB cluster',
    name: ['clusterName', 'clusterArn'],
    kind: 'backups',
    guard: 'automated backup',
    read: byDays('backupRetentionPeriod'),
    without: noWayBack,
  },
  {
    service: 'neptune-graph',
    actions: ['UpdateGraph'],
    type: 'AWS::NeptuneGraph::Graph',
    word: 'Neptune graph',
    name: ['graphIdentifier'],
    kind: 'deletion-protection',
    guard: 'deletion protection',
    read: byFlag('deletionProtection'),
    without: oneCall,
  },
  {
    service: 'quicksight',
    actions: ['UpdateAccountSettings'],
    type: 'AWS::QuickSight::Account',
    word: 'QuickSight of account',
    name: ['awsAccountId'],
    kind: 'deletion-protection',
    guard: 'termination protection',
    read: byFlag('terminationProtectionEnabled'),
    without: 'every dashboard and data set can go with one call',
  },
  {
    service: 'quicksight',
    actions: ['UpdatePublicSharingSettings'],
    type: 'AWS::QuickSight::Account',
    word: 'QuickSight of account',
    name: ['awsAccountId'],
    kind: 'block-public-access',
    guard: 'the ban on public dashboards',
    read: byFlag('publicSharingEnabled', false),
    without: 'dashboards can be shared with anyone on the internet',
  },
  {
    service: 'quicksight',
    actions: ['UpdateIpRestriction'],
    type: 'AWS::QuickSight::Account',
    word: 'QuickSight of account',
    name: ['awsAccountId'],
    kind: 'authentication',
    guard: 'the limit to known addresses',
    read: byFlag('enabled'),
    without: 'it can be used from any address',
  },
  {
    service: 'athena',
    actions: ['UpdateWorkGroup'],
    type: 'AWS::Athena::WorkGroup',
    word: 'Athena workgroup',
    name: ['workGroup'],
    kind: 'encryption',
    guard: 'encryption of results',
    read: firstOf(
      byFlag('configurationUpdates.resultConfigurationUpdates.removeEncryptionConfiguration', false),
      byFlag('configurationUpdates.enforceWorkGroupConfiguration'),
    ),
    without: 'results are written as each caller likes, where he likes',
  },
  {
    service: 'glue',
    actions: ['PutDataCatalogEncryptionSettings'],
    type: 'AWS::Glue::DataCatalog',
    word: 'Glue catalogue',
    name: ['catalogId'],
    scope: 'region',
    kind: 'encryption',
    guard: 'encryption of the data catalogue',
    read: byWord(
      'dataCatalogEncryptionSettings.encryptionAtRest.catalogEncryptionMode',
      ['disabled'],
      ['sse-kms', 'sse-kms-with-service-role'],
    ),
    without: 'table definitions and connection passwords are stored without a key of your own',
  },
];
