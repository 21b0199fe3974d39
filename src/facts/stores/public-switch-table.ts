import { isList } from '../../event/json.ts';
import type { Json } from '../../event/json.ts';
import { at, firstText, flagAt, membersAt, textAt, textsAt } from '../call.ts';
import type { Call } from '../call.ts';
import { widthOf } from '../policy/address.ts';

/** Whom a call lets reach a resource: everybody, only some addresses, or nobody outside its network. */
export type Reach =
  | { readonly to: 'public' }
  | { readonly to: 'network'; readonly ranges: readonly string[] }
  | { readonly to: 'nobody' };

/** A setting that makes a resource reachable from the internet, and the calls that set it. */
export interface PublicSwitch {
  readonly service: string;
  /** Calls that make the resource. A resource that is made private says nothing. */
  readonly creates: readonly string[];
  /** Calls that change one that is there. */
  readonly changes: readonly string[];
  readonly type: string;
  readonly word: string | ((call: Call) => string);
  /** Where the resource's name stands; the answer is read where the request has none. */
  readonly name: readonly string[];
  /** What the call says; undefined where it leaves the setting alone. */
  readonly reach: (call: Call) => Reach | undefined;
  /** What it is called while it is on: "publicly accessible". */
  readonly state: string;
  /** What being open means, as the end of a sentence. */
  readonly meaning: string;
  /** What else may keep people out, and which call would tell; undefined where nothing can but its own sign-in. */
  readonly unknown: string | undefined;
  /** What people who reach it can do at once; empty where they still have to sign in. */
  readonly access?: readonly 'read'[] | undefined;
}

const open: Reach = { to: 'public' };
const shut: Reach = { to: 'nobody' };

function asReach(flag: boolean | undefined): Reach | undefined {
  return flag === undefined ? undefined : flag ? open : shut;
}

/** A boolean member of the request. An answer tells what a new resource got by default, and what an old one had until now. */
function byFlag(path: string, answers: readonly string[] = [path]): (call: Call) => Reach | undefined {
  return (call) => {
    const asked = flagAt(call.request, path);
    if (asked !== undefined || !isCreation(call)) return asReach(asked);
    return asReach(answers.map((answer) => flagAt(call.response, answer)).find((flag) => flag !== undefined));
  };
}

const creation = /^(?:Create|Restore)/;

function isCreation(call: Call): boolean {
  return creation.test(call.event.action);
}

/** One of a few words: those that open, and those that shut. */
function byWord(
  path: string,
  opens: readonly string[],
  otherwise?: Reach,
): (call: Call) => Reach | undefined {
  return (call) => {
    const word = textAt(call.request, path);
    if (word === undefined) return isCreation(call) ? otherwise : undefined;
    return asReach(opens.includes(word.toUpperCase()));
  };
}

const unknownGroups = (how: string): string =>
  `whether its security groups and subnets let the internet in: ${how} and DescribeSecurityGroups would tell`;

/** DocumentDB and Neptune are called through rds.amazonaws.com; the engine tells them apart. */
function engineWord(thing: string): (call: Call) => string {
  return (call) => {
    const engine = firstText(call.request, ['engine']) ?? firstText(call.response, ['engine']) ?? '';
    if (engine === 'docdb') return `DocumentDB ${thing}`;
    return engine === 'neptune' ? `Neptune ${thing}` : `database ${thing}`;
  };
}

// https://docs.aws.amazon.com/eks/latest/APIReference/API_VpcConfigRequest.html
function eksReach(call: Call): Reach | undefined {
  const endpoint = flagAt(call.request, 'resourcesVpcConfig.endpointPublicAccess');
  const ranges = textsAt(call.request, 'resourcesVpcConfig.publicAccessCidrs');
  if (endpoint === false) return shut;
  if (ranges.length > 0) return reachOfRanges(ranges);
  // A new cluster's endpoint is public to everyone unless the call says otherwise; a change that names no ranges keeps them.
  return endpoint === true || isCreation(call) ? open : undefined;
}

function reachOfRanges(ranges: readonly string[]): Reach {
  return widthOf(ranges) === 'wide' ? open : { to: 'network', ranges };
}

// https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_CreateDomain.html
function searchReach(call: Call): Reach | undefined {
  return textsAt(call.request, 'vPCOptions.subnetIds').length > 0 ? shut : open;
}

// The policy is a JSON document, as a text or already parsed: https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-network.html
function serverlessSearchReach(call: Call): Reach | undefined {
  if (textAt(call.request, 'type') !== 'network') return undefined;
  const document = parsed(at(call.request, 'policy'));
  const entries = isList(document) ? document.slice(0, 100) : document === undefined ? [] : [document];
  if (entries.length === 0) return undefined;
  return asReach(entries.some((entry) => flagAt(entry, 'AllowFromPublic') === true));
}

function parsed(value: Json | undefined): Json | undefined {
  if (typeof value !== 'string' || value.length > 100_000)
    return typeof value === 'string' ? undefined : value;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return undefined;
  }
}

// https://docs.aws.amazon.com/quicksight/latest/developerguide/dashboards-share-with-anyone-api.html
function quickSightReach(call: Call): Reach | undefined {
  const isAnonymous = (path: string): boolean =>
    membersAt(call.request, path).some((entry) =>
      textAt(entry, 'principal')?.includes(':publicAnonymousUser/'),
    );
  if (isAnonymous('grantLinkPermissions')) return open;
  return isAnonymous('revokeLinkPermissions') ? shut : undefined;
}

// https://docs.aws.amazon.com/lightsail/2016-11-28/api-reference/API_AccessRules.html
function lightsailBucketReach(call: Call): Reach | undefined {
  const word = textAt(call.request, 'accessRules.getObject');
  return word === undefined ? undefined : asReach(word === 'public');
}

const byPassword =
  'it has an address on the internet, and only its security groups and its passwords keep people out';

/**
 * Every switch. Names of members are the API's; CloudTrail's differ from them in the case of letters alone.
 * Each service's API reference says them; records of RDS, EKS, Transfer and CodeBuild were seen, the others are after the documentation.
 */
export const publicSwitches: readonly PublicSwitch[] = [
  {
    service: 'rds',
    creates: [
      'CreateDBInstance',
      'CreateDBInstanceReadReplica',
      'RestoreDBInstanceFromDBSnapshot',
      'RestoreDBInstanceFromS3',
      'RestoreDBInstanceToPointInTime',
    ],
    changes: ['ModifyDBInstance'],
    type: 'AWS::RDS::DBInstance',
    word: engineWord('instance'),
    name: ['dBInstanceIdentifier', 'targetDBInstanceIdentifier'],
    reach: byFlag('publiclyAccessible'),
    state: 'publicly accessible',
    meaning: byPassword,
    unknown: unknownGroups('DescribeDBInstances'),
  },
  {
    service: 'rds',
    creates: ['CreateDBCluster', 'RestoreDBClusterFromSnapshot', 'RestoreDBClusterToPointInTime'],
    changes: ['ModifyDBCluster'],
    type: 'AWS::RDS::DBCluster',
    word: engineWord('cluster'),
    name: ['dBClusterIdentifier'],
    reach: byFlag('publiclyAccessible'),
    state: 'publicly accessible',
    meaning: byPassword,
    unknown: unknownGroups('DescribeDBClusters'),
  },
  {
    service: 'redshift',
    creates: ['CreateCluster', 'RestoreFromClusterSnapshot'],
    changes: ['ModifyCluster'],
    type: 'AWS::Redshift::Cluster',
    word: 'Redshift cluster',
    name: ['clusterIdentifier'],
    reach: byFlag('publiclyAccessible'),
    state: 'publicly accessible',
    meaning: byPassword,
    unknown: unknownGroups('DescribeClusters'),
  },
  {
    service: 'redshift-serverless',
    creates: ['CreateWorkgroup'],
    changes: ['UpdateWorkgroup'],
    type: 'AWS::RedshiftServerless::Workgroup',
    word: 'Redshift workgroup',
    name: ['workgroupName'],
    reach: byFlag('publiclyAccessible', ['workgroup.publiclyAccessible']),
    state: 'publicly accessible',
    meaning: byPassword,
    unknown: unknownGroups('GetWorkgroup'),
  },
  {
    service: 'neptune-graph',
    creates: ['CreateGraph', 'CreateGraphUsingImportTask', 'RestoreGraphFromSnapshot'],
    changes: ['UpdateGraph'],
    type: 'AWS::NeptuneGraph::Graph',
    word: 'Neptune graph',
    name: ['graphName', 'graphIdentifier'],
    reach: byFlag('publicConnectivity'),
    state: 'reachable from the internet',
    meaning: 'it has an endpoint on the internet, and only the IAM policies of its callers keep people out',
    unknown: undefined,
  },
  {
    service: 'timestream-influxdb',
    creates: ['CreateDbInstance', 'CreateDbCluster'],
    changes: [],
    type: 'AWS::Timestream::InfluxDBInstance',
    word: 'InfluxDB instance',
    name: ['name'],
    reach: byFlag('publiclyAccessible'),
    state: 'publicly accessible',
    meaning: byPassword,
    unknown: unknownGroups('GetDbInstance'),
  },
  {
    service: 'dms',
    creates: ['CreateReplicationInstance'],
    changes: [],
    type: 'AWS::DMS::ReplicationInstance',
    word: 'replication instance',
    name: ['replicationInstanceIdentifier'],
    reach: byFlag('publiclyAccessible', ['replicationInstance.publiclyAccessible']),
    state: 'publicly accessible',
    meaning:
      'the machine that holds the passwords of the databases that it copies has an address on the internet',
    unknown: unknownGroups('DescribeReplicationInstances'),
  },
  {
    service: 'amazonmq',
    creates: ['CreateBroker'],
    changes: [],
    type: 'AWS::AmazonMQ::Broker',
    word: 'message broker',
    name: ['brokerName'],
    reach: byFlag('publiclyAccessible'),
    state: 'publicly accessible',
    meaning: byPassword,
    unknown: unknownGroups('DescribeBroker'),
  },
  {
    service: 'kafka',
    creates: [],
    changes: ['UpdateConnectivity'],
    type: 'AWS::MSK::Cluster',
    word: 'Kafka cluster',
    name: ['clusterArn'],
    reach: byWord('connectivityInfo.publicAccess.type', ['SERVICE_PROVIDED_EIPS']),
    state: 'reachable from the internet',
    meaning:
      'its brokers have addresses on the internet, and its security groups and its sign-in keep people out',
    unknown: unknownGroups('DescribeClusterV2'),
  },
  {
    service: 'eks',
    creates: ['CreateCluster'],
    changes: ['UpdateClusterConfig'],
    type: 'AWS::EKS::Cluster',
    word: 'Kubernetes cluster',
    name: ['name'],
    reach: eksReach,
    state: 'reachable from the internet',
    meaning: 'anyone can talk to its Kubernetes API, and only its sign-in keeps people out',
    unknown: undefined,
  },
  {
    service: 'es',
    creates: ['CreateDomain', 'CreateElasticsearchDomain'],
    changes: [],
    type: 'AWS::OpenSearchService::Domain',
    word: 'search domain',
    name: ['domainName'],
    reach: searchReach,
    state: 'outside a VPC',
    meaning: 'it has an address on the internet, and its access policy and its own users keep people out',
    unknown: 'whom its access policy lets in: DescribeDomainConfig would tell',
  },
  {
    service: 'aoss',
    creates: ['CreateSecurityPolicy'],
    changes: ['UpdateSecurityPolicy'],
    type: 'AWS::OpenSearchServerless::SecurityPolicy',
    word: 'search network policy',
    name: ['name'],
    reach: serverlessSearchReach,
    state: 'open to the internet',
    meaning:
      'endpoints of its collections take calls from anywhere, and only data access policies keep people out',
    unknown: 'whom data access policies let in: ListAccessPolicies would tell',
  },
  {
    service: 'transfer',
    creates: ['CreateServer'],
    changes: ['UpdateServer'],
    type: 'AWS::Transfer::Server',
    word: 'file transfer server',
    name: ['serverId'],
    reach: byWord('endpointType', ['PUBLIC'], open),
    state: 'reachable from the internet',
    meaning: 'anyone can reach it, and only its users and their keys keep people out',
    unknown: undefined,
  },
  {
    service: 'airflow',
    creates: ['CreateEnvironment'],
    changes: ['UpdateEnvironment'],
    type: 'AWS::MWAA::Environment',
    word: 'Airflow environment',
    name: ['name'],
    reach: byWord('webserverAccessMode', ['PUBLIC_ONLY', 'PUBLIC_AND_PRIVATE']),
    state: 'reachable from the internet',
    meaning: 'its web interface answers anyone, and only IAM keeps people out',
    unknown: undefined,
  },
  {
    service: 'lightsail',
    creates: ['CreateRelationalDatabase', 'CreateRelationalDatabaseFromSnapshot'],
    changes: ['UpdateRelationalDatabase'],
    type: 'AWS::Lightsail::Database',
    word: 'Lightsail database',
    name: ['relationalDatabaseName'],
    reach: byFlag('publiclyAccessible'),
    state: 'publicly accessible',
    meaning: 'anyone on the internet can reach it, and only its passwords keep people out',
    unknown: undefined,
  },
  {
    service: 'lightsail',
    creates: [],
    changes: ['UpdateBucket'],
    type: 'AWS::Lightsail::Bucket',
    word: 'Lightsail bucket',
    name: ['bucketName'],
    reach: lightsailBucketReach,
    state: 'public',
    meaning: 'anyone on the internet can read every object in it',
    unknown: undefined,
    access: ['read'],
  },
  {
    service: 'quicksight',
    creates: [],
    changes: ['UpdateDashboardPermissions'],
    type: 'AWS::QuickSight::Dashboard',
    word: 'dashboard',
    name: ['dashboardId'],
    reach: quickSightReach,
    state: 'public',
    meaning: 'anyone who has its link can see it and the data that it shows',
    unknown: 'whether the account lets dashboards be public: DescribeAccountSettings would tell',
    access: ['read'],
  },
  {
    service: 'codebuild',
    creates: [],
    changes: ['UpdateProjectVisibility'],
    type: 'AWS::CodeBuild::Project',
    word: 'build project',
    name: ['projectArn'],
    reach: byWord('projectVisibility', ['PUBLIC_READ']),
    state: 'public',
    meaning: 'anyone on the internet can read its build logs and artifacts, also those of earlier builds',
    unknown: undefined,
    access: ['read'],
  },
  {
    service: 'apprunner',
    creates: ['CreateService'],
    changes: ['UpdateService'],
    type: 'AWS::AppRunner::Service',
    word: 'App Runner service',
    name: ['serviceName', 'serviceArn'],
    reach: byFlag('networkConfiguration.ingressConfiguration.isPubliclyAccessible', []),
    state: 'reachable from the internet',
    meaning: 'anyone can call it, and only the program itself can keep people out',
    unknown: undefined,
  },
];
