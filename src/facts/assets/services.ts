import type { Json } from '../../event/json.ts';
import {
  arn,
  at,
  itemsAt,
  reachedIf,
  set,
  setIf,
  tagsIf,
  textAt,
  told,
  type AspectChange,
  type Call,
  type Place,
  type Reader,
  type Sighting,
} from './sighting.ts';

type Aspects = Readonly<Record<string, AspectChange | undefined>>;

/** The accounts that a snapshot is shared with; `all` is everyone. */
export const sharedWith = 'shared with';

/** How the calls of a service name one sort of asset. */
interface Sort {
  readonly type: string;
  /** The service's name in ARNs. */
  readonly service: string;
  /** Before the name in ARNs: `db:`. */
  readonly prefix: string;
  /** Where requests and responses name it: as an ARN, or by its name alone. */
  readonly names: readonly string[];
}

export const database: Sort = {
  type: 'AWS::RDS::DBInstance',
  service: 'rds',
  prefix: 'db:',
  names: ['dBInstanceArn', 'dBInstanceIdentifier'],
};
export const cluster: Sort = {
  type: 'AWS::RDS::DBCluster',
  service: 'rds',
  prefix: 'cluster:',
  names: ['dBClusterArn', 'dBClusterIdentifier'],
};
export const snapshot: Sort = {
  type: 'AWS::RDS::DBSnapshot',
  service: 'rds',
  prefix: 'snapshot:',
  names: ['dBSnapshotIdentifier'],
};
export const clusterSnapshot: Sort = {
  type: 'AWS::RDS::DBClusterSnapshot',
  service: 'rds',
  prefix: 'cluster-snapshot:',
  names: ['dBClusterSnapshotIdentifier'],
};
const table: Sort = {
  type: 'AWS::DynamoDB::Table',
  service: 'dynamodb',
  prefix: 'table/',
  names: ['tableDescription.tableArn', 'resourceArn', 'tableName'],
};
const lambda: Sort = {
  type: 'AWS::Lambda::Function',
  service: 'lambda',
  prefix: 'function:',
  names: ['functionArn', 'functionName'],
};
const queue: Sort = { type: 'AWS::SQS::Queue', service: 'sqs', prefix: '', names: ['queueUrl', 'queueName'] };
const topic: Sort = { type: 'AWS::SNS::Topic', service: 'sns', prefix: '', names: ['topicArn', 'name'] };
const kmsKey: Sort = {
  type: 'AWS::KMS::Key',
  service: 'kms',
  prefix: 'key/',
  names: ['keyMetadata.arn', 'keyId'],
};
const secret: Sort = {
  type: 'AWS::SecretsManager::Secret',
  service: 'secretsmanager',
  prefix: 'secret:',
  names: ['aRN', 'arn', 'secretId', 'name'],
};
const trail: Sort = {
  type: 'AWS::CloudTrail::Trail',
  service: 'cloudtrail',
  prefix: 'trail/',
  names: ['trailARN', 'trailName', 'name'],
};
const repository: Sort = {
  type: 'AWS::ECR::Repository',
  service: 'ecr',
  prefix: 'repository/',
  names: ['repository.repositoryArn', 'repositoryName'],
};

/** Services whose calls are alike, by event source and name. Names of Lambda's calls carry the date of the API. */
export const serviceReaders: Readonly<Record<string, Readonly<Record<string, Reader>>>> = {
  'rds.amazonaws.com': {
    CreateDBInstance: (call) => one(call, database, 'created', databaseAspects(call)),
    ModifyDBInstance: (call) => one(call, database, 'changed', databaseAspects(call)),
    RestoreDBInstanceFromDBSnapshot: (call) => one(call, database, 'created', databaseAspects(call)),
    CreateDBInstanceReadReplica: (call) => one(call, database, 'created', databaseAspects(call)),
    DeleteDBInstance: (call) => one(call, database, 'deleted', {}),
    CreateDBCluster: (call) => one(call, cluster, 'created', clusterAspects(call)),
    ModifyDBCluster: (call) => one(call, cluster, 'changed', clusterAspects(call)),
    DeleteDBCluster: (call) => one(call, cluster, 'deleted', {}),
    ModifyDBSnapshotAttribute: (call) => one(call, snapshot, 'changed', shares(call)),
    DeleteDBSnapshot: (call) => one(call, snapshot, 'deleted', {}),
    ModifyDBClusterSnapshotAttribute: (call) => one(call, clusterSnapshot, 'changed', shares(call)),
    DeleteDBClusterSnapshot: (call) => one(call, clusterSnapshot, 'deleted', {}),
  },
  'dynamodb.amazonaws.com': {
    CreateTable: (call) => one(call, table, 'created', {}),
    DeleteTable: (call) => one(call, table, 'deleted', {}),
    PutResourcePolicy: (call) => one(call, table, 'changed', policy(call, 'policy')),
    DeleteResourcePolicy: (call) => one(call, table, 'changed', { policy: set(undefined) }),
  },
  'lambda.amazonaws.com': {
    CreateFunction20150331: (call) => one(call, lambda, 'created', functionAspects(call)),
    UpdateFunctionConfiguration20150331v2: (call) => one(call, lambda, 'changed', functionAspects(call)),
    UpdateFunctionCode20150331v2: (call) => one(call, lambda, 'changed', {}),
    DeleteFunction20150331: (call) => one(call, lambda, 'deleted', {}),
    AddPermission20150331v2: (call) => one(call, lambda, 'changed', permission(call)),
    RemovePermission20150331v2: (call) => {
      const sid = textAt(call.request, 'statementId');
      return one(
        call,
        lambda,
        'changed',
        sid === undefined ? {} : { [`permission ${sid.slice(0, 100)}`]: set(undefined) },
      );
    },
    CreateFunctionUrlConfig: (call) =>
      one(call, lambda, 'changed', { url: setIf(textAt(call.request, 'authType')) }),
    UpdateFunctionUrlConfig: (call) =>
      one(call, lambda, 'changed', { url: setIf(textAt(call.request, 'authType')) }),
    DeleteFunctionUrlConfig: (call) => one(call, lambda, 'changed', { url: set(undefined) }),
  },
  'sqs.amazonaws.com': {
    CreateQueue: (call) => one(call, queue, 'created', policy(call, 'attributes.Policy')),
    DeleteQueue: (call) => one(call, queue, 'deleted', {}),
    SetQueueAttributes: (call) => one(call, queue, 'changed', policy(call, 'attributes.Policy')),
  },
  'sns.amazonaws.com': {
    CreateTopic: (call) => one(call, topic, 'created', policy(call, 'attributes.Policy')),
    DeleteTopic: (call) => one(call, topic, 'deleted', {}),
    SetTopicAttributes: (call) =>
      one(
        call,
        topic,
        'changed',
        at(call.request, 'attributeName') === 'Policy' ? policy(call, 'attributeValue') : {},
      ),
  },
  'kms.amazonaws.com': {
    CreateKey: (call) => one(call, kmsKey, 'created', policy(call, 'policy')),
    PutKeyPolicy: (call) => one(call, kmsKey, 'changed', policy(call, 'policy')),
    DisableKey: (call) => one(call, kmsKey, 'changed', { state: set('disabled') }),
    EnableKey: (call) => one(call, kmsKey, 'changed', { state: set('enabled') }),
    // It goes after some days, and can be kept until then.
    ScheduleKeyDeletion: (call) => one(call, kmsKey, 'changed', { state: set('to be deleted') }),
    CancelKeyDeletion: (call) => one(call, kmsKey, 'changed', { state: set('disabled') }),
  },
  'secretsmanager.amazonaws.com': {
    CreateSecret: (call) => one(call, secret, 'created', {}),
    DeleteSecret: (call) => one(call, secret, 'deleted', {}),
    RestoreSecret: (call) => one(call, secret, 'changed', {}),
    PutResourcePolicy: (call) => one(call, secret, 'changed', policy(call, 'resourcePolicy')),
    DeleteResourcePolicy: (call) => one(call, secret, 'changed', { policy: set(undefined) }),
  },
  'cloudtrail.amazonaws.com': {
    CreateTrail: (call) => one(call, trail, 'created', trailAspects(call)),
    UpdateTrail: (call) => one(call, trail, 'changed', trailAspects(call)),
    DeleteTrail: (call) => one(call, trail, 'deleted', {}),
    StopLogging: (call) => one(call, trail, 'changed', { logging: set(false) }),
    StartLogging: (call) => one(call, trail, 'changed', { logging: set(true) }),
  },
  'ecr.amazonaws.com': {
    CreateRepository: (call) => one(call, repository, 'created', {}),
    DeleteRepository: (call) => one(call, repository, 'deleted', {}),
    SetRepositoryPolicy: (call) => one(call, repository, 'changed', policy(call, 'policyText')),
    DeleteRepositoryPolicy: (call) => one(call, repository, 'changed', { policy: set(undefined) }),
  },
};

function policy(call: Call, path: string): Aspects {
  const document = at(call.request, path);
  // An empty text takes the policy away.
  return document === undefined ? {} : { policy: set(document === '' ? undefined : document) };
}

/** A permission of a function's policy, which is made of single ones: the statement that the response shows. */
function permission(call: Call): Aspects {
  const sid = textAt(call.request, 'statementId');
  const statement = textAt(call.response, 'statement');
  return sid === undefined ? {} : { [`permission ${sid.slice(0, 100)}`]: set(statement ?? null) };
}

function databaseAspects(call: Call): Aspects {
  return {
    'publicly accessible': setIf(at(call.request, 'publiclyAccessible')),
    'deletion protection': setIf(at(call.request, 'deletionProtection')),
    engine: setIf(textAt(call.request, 'engine')),
    'reached-at': reachedIf(textAt(call.response, 'endpoint.address')),
  };
}

/** Whom a snapshot is shared with: accounts, or `all`. */
function shares(call: Call): Aspects {
  if (textAt(call.request, 'attributeName') !== 'restore') return {};
  const [add = [], remove = []] = ['valuesToAdd', 'valuesToRemove'].map((path) =>
    itemsAt(call.request, path).filter((one) => typeof one === 'string'),
  );
  return { [sharedWith]: { how: 'members', add, remove } };
}

function clusterAspects(call: Call): Aspects {
  return {
    'deletion protection': setIf(at(call.request, 'deletionProtection')),
    engine: setIf(textAt(call.request, 'engine')),
    'reached-at': reachedIf(textAt(call.response, 'endpoint')),
  };
}

function functionAspects(call: Call): Aspects {
  return { role: setIf(textAt(call.request, 'role')), runtime: setIf(textAt(call.request, 'runtime')) };
}

function trailAspects(call: Call): Aspects {
  return {
    bucket: setIf(textAt(call.request, 's3BucketName')),
    'multi-region': setIf(at(call.request, 'isMultiRegionTrail')),
  };
}

/** The asset that the call names, in its response or its request. */
function one(call: Call, sort: Sort, what: Sighting['what'], aspects: Aspects): readonly Sighting[] {
  const given = textAt(call.response, ...sort.names) ?? textAt(call.request, ...sort.names);
  return given === undefined ? [] : [sighted(call, sort, given, what, { ...aspects, ...tagsTold(call) })];
}

/** An asset by its name or its ARN. */
export function sighted(
  place: Place,
  sort: Sort,
  given: string,
  what: Sighting['what'],
  aspects: Aspects,
): Sighting {
  const name = nameOf(given, sort);
  const owner = /^arn:[^:]*:[^:]*:([^:]*):(\d{12}):/.exec(given);
  const { account, region } = place;
  return {
    type: sort.type,
    id: `${owner?.[2] ?? account ?? ''}/${owner?.[1] ?? region ?? ''}/${name}`,
    name,
    arn: given.startsWith('arn:') ? given : arn(place, sort.service, `${sort.prefix}${name}`),
    account: owner?.[2] ?? account,
    region: owner?.[1] ?? region,
    what,
    aspects: told(aspects),
  };
}

function tagsTold(call: Call): Aspects {
  const tags: Json | undefined = at(call.request, 'tags');
  return { tags: tagsIf(tags) ?? tagsIf(itemsAt(call.request, 'tags')) };
}

/** The name at the end of an ARN or of a queue's address; secrets have six signs more in their ARN than in their name. */
function nameOf(given: string, sort: Sort): string {
  if (given.startsWith('https://')) return given.slice(given.lastIndexOf('/') + 1);
  if (!given.startsWith('arn:')) return sort === kmsKey ? given.replace(/^key\//, '') : given;
  const rest = given.split(':').slice(5).join(':');
  const name = rest.startsWith(sort.prefix) ? rest.slice(sort.prefix.length) : rest;
  return sort === secret
    ? name.replace(/-[A-Za-z0-9]{6}$/, '')
    : sort === lambda
      ? (name.split(':')[0] ?? name)
      : name;
}
