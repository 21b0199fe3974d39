import { at, flagAt, membersAt, numberAt, textAt, textsAt } from '../call.ts';
import type { Call } from '../call.ts';
import {
  absent,
  byDays,
  byFlag,
  byWord,
  firstOf,
  isCreation,
  removed,
  restored,
  settingOf,
  weakened,
} from './guard.ts';
import type { Guard, Setting } from './guard.ts';

const table = {
  service: 'dynamodb',
  type: 'AWS::DynamoDB::Table',
  word: 'table',
  name: ['tableName', 'tableArn'],
} as const;
const search = {
  service: 'es',
  actions: [
    'CreateDomain',
    'CreateElasticsearchDomain',
    'UpdateDomainConfig',
    'UpdateElasticsearchDomainConfig',
  ],
  type: 'AWS::OpenSearchService::Domain',
  word: 'search domain',
  name: ['domainName'],
} as const;
const cache = {
  service: 'elasticache',
  type: 'AWS::ElastiCache::ReplicationGroup',
  word: 'cache',
  name: ['replicationGroupId', 'cacheClusterId', 'serverlessCacheName'],
} as const;
const kafka = {
  service: 'kafka',
  type: 'AWS::MSK::Cluster',
  word: 'Kafka cluster',
  name: ['clusterName', 'clusterArn'],
} as const;
const stream = {
  service: 'kinesis',
  type: 'AWS::Kinesis::Stream',
  word: 'stream',
  name: ['streamName', 'streamARN'],
} as const;
const eks = {
  service: 'eks',
  type: 'AWS::EKS::Cluster',
  word: 'Kubernetes cluster',
  name: ['name'],
} as const;

const oneCall = 'one call can delete it now';
const listening = 'passwords and data can be read and changed on their way';
const plain = 'what it stores can be read without any key';
const anyone = 'whoever reaches it on the network is let in';

/** On only where a flag says so: a new domain without the member has it off. */
function asked(path: string): (call: Call) => Setting | undefined {
  return (call) => {
    const flag = flagAt(call.request, path);
    return flag === undefined ? (isCreation(call) ? absent : undefined) : settingOf(call, flag);
  };
}

function searchAudit(call: Call): Setting | undefined {
  const off = ['AUDIT_LOGS', 'ES_APPLICATION_LOGS', 'SEARCH_SLOW_LOGS', 'INDEX_SLOW_LOGS'].filter(
    (name) => flagAt(call.request, `logPublishingOptions.${name}.enabled`) === false,
  );
  if (off.length === 0)
    return flagAt(call.request, 'logPublishingOptions.AUDIT_LOGS.enabled') === true ? restored : undefined;
  return { wanted: off.includes('AUDIT_LOGS') ? 'removed' : 'weakened', lost: off };
}

// https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-security.html
function kafkaTransport(call: Call): Setting | undefined {
  const word =
    textAt(call.request, 'encryptionInfo.encryptionInTransit.clientBroker') ??
    textAt(call.request, 'provisioned.encryptionInfo.encryptionInTransit.clientBroker');
  if (word === undefined) return undefined;
  if (word === 'TLS') return settingOf(call, true);
  return isCreation(call) ? absent : word === 'PLAINTEXT' ? removed : weakened;
}

function kafkaAuthentication(call: Call): Setting | undefined {
  const open =
    flagAt(call.request, 'clientAuthentication.unauthenticated.enabled') ??
    flagAt(call.request, 'provisioned.clientAuthentication.unauthenticated.enabled');
  return open === undefined ? undefined : settingOf(call, !open);
}

/** {"logging": {"clusterLogging": [{"types": ["audit"], "enabled": false}]}} */
function eksLogging(call: Call): Setting | undefined {
  const entries = membersAt(call.request, 'logging.clusterLogging');
  const off = entries
    .filter((entry) => flagAt(entry, 'enabled') === false)
    .flatMap((entry) => textsAt(entry, 'types'));
  if (off.length > 0)
    return isCreation(call)
      ? undefined
      : { wanted: off.includes('audit') ? 'removed' : 'weakened', lost: off };
  return entries.length > 0 && !isCreation(call) ? restored : undefined;
}

/** EMR refuses clusters whose groups open ports to everyone, but those of its list: https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-block-public-access.html */
function emrBlock({ request }: Call): Setting | undefined {
  const path = 'blockPublicAccessConfiguration';
  const block = flagAt(request, `${path}.blockPublicSecurityGroupRules`);
  if (block === undefined) return { wanted: 'unknown' };
  if (!block) return removed;
  const ranges = membersAt(request, `${path}.permittedPublicSecurityGroupRuleRanges`);
  const spoken = ranges.map((range) => {
    const from = numberAt(range, 'minRange');
    const to = numberAt(range, 'maxRange') ?? from;
    return from === to ? `port ${from ?? '?'}` : `ports ${from ?? '?'}-${to ?? '?'}`;
  });
  const more = spoken.filter((range) => range !== 'port 22');
  return more.length === 0 ? restored : { wanted: 'weakened', lost: more };
}

/** The guards of everything else that stores or carries data: DynamoDB, caches, search, streams, Kafka, EMR, EKS. */
export const storeGuards: readonly Guard[] = [
  {
    ...table,
    actions: ['UpdateTable'],
    kind: 'deletion-protection',
    guard: 'deletion protection',
    read: byFlag('deletionProtectionEnabled'),
    without: oneCall,
  },
  {
    ...table,
    actions: ['UpdateContinuousBackups'],
    kind: 'backups',
    guard: 'point-in-time recovery',
    read: byFlag('pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled'),
    without: 'it cannot be brought back to an earlier second any more, and the history so far is gone',
  },
  {
    ...table,
    actions: ['UpdateTable'],
    kind: 'encryption',
    guard: 'encryption with a key of your own',
    read: (call) => (flagAt(call.request, 'sSESpecification.enabled') === false ? weakened : undefined),
    without: 'a key of AWS encrypts it, and nobody can take that key away from a thief',
  },
  {
    service: 'cassandra',
    actions: ['UpdateTable', 'CreateTable'],
    type: 'AWS::Cassandra::Table',
    word: 'Keyspaces table',
    name: ['tableName'],
    kind: 'backups',
    guard: 'point-in-time recovery',
    read: byWord('pointInTimeRecovery.status', ['disabled'], ['enabled']),
    without: 'it cannot be brought back to an earlier second any more',
  },
  {
    ...cache,
    actions: ['CreateReplicationGroup', 'ModifyReplicationGroup', 'CreateCacheCluster'],
    kind: 'transport-encryption',
    guard: 'TLS',
    read: firstOf(
      byFlag('transitEncryptionEnabled'),
      byWord('transitEncryptionMode', ['preferred'], ['required']),
    ),
    without: listening,
  },
  {
    ...cache,
    actions: ['CreateReplicationGroup'],
    kind: 'encryption',
    guard: 'encryption',
    read: byFlag('atRestEncryptionEnabled'),
    without: plain,
  },
  {
    ...cache,
    actions: ['ModifyReplicationGroup', 'ModifyCacheCluster', 'ModifyServerlessCache'],
    kind: 'backups',
    guard: 'automated backup',
    read: byDays('snapshotRetentionLimit'),
    without: 'nothing is left to bring its data back from',
  },
  {
    ...cache,
    actions: ['ModifyReplicationGroup', 'ModifyCacheCluster'],
    kind: 'authentication',
    guard: 'the password',
    read: ({ request }) => (textAt(request, 'authTokenUpdateStrategy') === 'DELETE' ? removed : undefined),
    without: anyone,
  },
  {
    service: 'elasticache',
    actions: ['CreateUser', 'ModifyUser'],
    type: 'AWS::ElastiCache::User',
    word: 'cache user',
    name: ['userId', 'userName'],
    kind: 'authentication',
    guard: 'the password',
    read: firstOf(
      byFlag('noPasswordRequired', false),
      byWord('authenticationMode.type', ['no-password-required', 'no-password'], ['password', 'iam']),
    ),
    without: 'whoever reaches the cache on the network can be this user',
  },
  {
    ...search,
    kind: 'transport-encryption',
    guard: 'the demand for HTTPS',
    read: asked('domainEndpointOptions.enforceHTTPS'),
    without: listening,
  },
  {
    ...search,
    kind: 'authentication',
    guard: 'fine-grained access control',
    read: (call) =>
      flagAt(call.request, 'advancedSecurityOptions.anonymousAuthEnabled') === true
        ? { wanted: 'weakened', lost: ['sign-in'] }
        : asked('advancedSecurityOptions.enabled')(call),
    without: 'its access policy alone decides who gets in, and whoever does can do everything',
  },
  {
    ...search,
    kind: 'encryption',
    guard: 'encryption',
    read: asked('encryptionAtRestOptions.enabled'),
    without: plain,
  },
  {
    ...search,
    kind: 'audit',
    guard: 'logging',
    read: searchAudit,
    without: 'who asked for what is no longer written down',
  },
  {
    ...kafka,
    actions: ['CreateCluster', 'CreateClusterV2', 'UpdateSecurity'],
    kind: 'transport-encryption',
    guard: 'TLS',
    read: kafkaTransport,
    without: listening,
  },
  {
    ...kafka,
    actions: ['CreateCluster', 'CreateClusterV2', 'UpdateSecurity'],
    kind: 'authentication',
    guard: 'sign-in',
    read: kafkaAuthentication,
    without: anyone,
  },
  {
    ...stream,
    actions: ['StopStreamEncryption', 'StartStreamEncryption'],
    kind: 'encryption',
    guard: 'encryption',
    read: ({ event }) => (event.action === 'StartStreamEncryption' ? restored : removed),
    without: plain,
  },
  {
    ...stream,
    actions: ['DecreaseStreamRetentionPeriod', 'IncreaseStreamRetentionPeriod'],
    kind: 'stream-retention',
    guard: 'the time for which records are kept',
    read: ({ event }) => (event.action.startsWith('Increase') ? restored : weakened),
    without: 'records that nobody has read by then are lost',
  },
  {
    service: 'firehose',
    actions: ['StopDeliveryStreamEncryption', 'StartDeliveryStreamEncryption'],
    type: 'AWS::KinesisFirehose::DeliveryStream',
    word: 'delivery stream',
    name: ['deliveryStreamName'],
    kind: 'encryption',
    guard: 'encryption',
    read: ({ event }) => (event.action.startsWith('Start') ? restored : removed),
    without: plain,
  },
  {
    service: 'amazonmq',
    actions: ['UpdateBroker'],
    type: 'AWS::AmazonMQ::Broker',
    word: 'message broker',
    name: ['brokerId', 'broker-id'],
    kind: 'audit',
    guard: 'the audit log',
    read: byFlag('logs.audit'),
    without: 'what administrators do is no longer written down',
  },
  {
    service: 'elasticmapreduce',
    actions: ['PutBlockPublicAccessConfiguration'],
    type: 'AWS::EMR::BlockPublicAccess',
    word: 'EMR',
    name: [],
    scope: 'region',
    kind: 'block-public-access',
    guard: 'the block of public EMR clusters',
    read: emrBlock,
    without: 'clusters may be started whose machines are open to the internet',
  },
  {
    service: 'elasticmapreduce',
    actions: ['SetTerminationProtection'],
    type: 'AWS::EMR::Cluster',
    word: 'EMR cluster',
    name: ['jobFlowIds'],
    kind: 'deletion-protection',
    guard: 'termination protection',
    read: byFlag('terminationProtected'),
    without: 'one call can end it and take the data on its disks',
  },
  {
    ...eks,
    actions: ['UpdateClusterConfig'],
    kind: 'control-plane-logging',
    guard: 'control plane logging',
    read: eksLogging,
    without: 'what callers of the Kubernetes API do is no longer written down',
  },
  {
    ...eks,
    actions: ['UpdateClusterConfig'],
    kind: 'deletion-protection',
    guard: 'deletion protection',
    read: byFlag('deletionProtection'),
    without: oneCall,
  },
  {
    service: 'redshift-serverless',
    actions: ['UpdateNamespace'],
    type: 'AWS::RedshiftServerless::Namespace',
    word: 'Redshift namespace',
    name: ['namespaceName'],
    kind: 'audit',
    guard: 'audit logging',
    read: ({ request }) => {
      const exports = at(request, 'logExports');
      if (exports === undefined) return undefined;
      return textsAt(request, 'logExports').length === 0 ? removed : restored;
    },
    without: 'who signed in and what they asked for is no longer written down',
  },
  {
    service: 'memorydb',
    actions: ['UpdateCluster'],
    type: 'AWS::MemoryDB::Cluster',
    word: 'MemoryDB cluster',
    name: ['clusterName'],
    kind: 'authentication',
    guard: 'the list of users',
    read: ({ request }) => (textAt(request, 'aCLName') === 'open-access' ? removed : undefined),
    without: anyone,
  },
];
