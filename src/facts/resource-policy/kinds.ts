import { isJsonObject } from '../../event/json.ts';
import type { JsonObject } from '../../event/json.ts';
import type { Audience } from '../fact.ts';
import type { ResourceKind } from './kind.ts';
import { loose } from '../loose.ts';
import { textOf } from './request.ts';

const everyone: ReadonlySet<Audience> = new Set(['public', 'any-aws-account', 'network']);

/** What is most common: signed requests only, beyond the reach of resource control policies. */
const common = { anonymous: false, underControlPolicies: false } as const;

export const topic: ResourceKind = {
  ...common,
  type: 'AWS::SNS::Topic',
  noun: 'topic',
  service: 'sns',
  policy: 'the topic policy',
  shownBy: 'GetTopicAttributes',
  anonymous: true,
  verbs: { read: 'subscribe to', write: 'publish to', permissions: 'change the policy and settings of' },
};

export const queue: ResourceKind = {
  ...common,
  type: 'AWS::SQS::Queue',
  noun: 'queue',
  service: 'sqs',
  policy: 'the queue policy',
  shownBy: 'GetQueueAttributes',
  anonymous: true,
  underControlPolicies: true,
  verbs: {
    read: 'receive messages of',
    write: 'send messages to',
    permissions: 'change the policy and settings of',
    delete: 'delete messages of',
  },
};

export const lambdaFunction: ResourceKind = {
  ...common,
  type: 'AWS::Lambda::Function',
  noun: 'function',
  service: 'lambda',
  policy: "the function's policy",
  prefix: 'function:',
  shownBy: 'GetPolicy',
  anonymous: (request) =>
    textOf(request, 'functionUrlAuthType') !== undefined || isUrlAction(textOf(request, 'action')),
  shutter: (audience, request) =>
    audience === 'public' && textOf(request, 'functionUrlAuthType') === undefined
      ? 'whether the function has a URL that asks for no signature: GetFunctionUrlConfig would tell'
      : undefined,
  verbs: { execute: 'invoke', write: 'change the code or settings of' },
};

function isUrlAction(action: string | undefined): boolean {
  return action?.toLowerCase() === 'lambda:invokefunctionurl';
}

export const lambdaLayer: ResourceKind = {
  ...common,
  type: 'AWS::Lambda::LayerVersion',
  noun: 'layer',
  service: 'lambda',
  prefix: 'layer:',
  shownBy: 'GetLayerVersionPolicy',
  verbs: { read: 'use' },
};

export const key: ResourceKind = {
  ...common,
  type: 'AWS::KMS::Key',
  noun: 'KMS key',
  service: 'kms',
  policy: 'the key policy',
  prefix: 'key/',
  shownBy: 'GetKeyPolicy',
  underControlPolicies: true,
  verbs: {
    all: 'do everything with',
    read: 'decrypt with',
    list: 'see the settings of',
    execute: 'encrypt or sign with',
    delete: 'disable or delete',
  },
};

export const repository: ResourceKind = {
  ...common,
  type: 'AWS::ECR::Repository',
  noun: 'container repository',
  service: 'ecr',
  policy: 'the repository policy',
  prefix: 'repository/',
  shownBy: 'GetRepositoryPolicy',
  underControlPolicies: true,
  verbs: { read: 'pull images from', write: 'push images to or change', delete: 'delete images of' },
};

export const registry: ResourceKind = {
  ...common,
  type: 'AWS::ECR::RegistryPolicy',
  noun: 'container registry',
  service: 'ecr',
  policy: 'the registry policy',
  shownBy: 'GetRegistryPolicy',
  underControlPolicies: true,
  verbs: { read: 'pull images from', write: 'replicate or push images to', delete: 'delete images of' },
};

export const publicRepository: ResourceKind = {
  ...common,
  type: 'AWS::ECR::PublicRepository',
  noun: 'public container repository',
  service: 'ecr-public',
  prefix: 'repository/',
  shownBy: 'GetRepositoryPolicy',
  verbs: { write: 'push images to or change' },
};

export const secret: ResourceKind = {
  ...common,
  type: 'AWS::SecretsManager::Secret',
  noun: 'secret',
  service: 'secretsmanager',
  policy: "the secret's policy",
  prefix: 'secret:',
  shownBy: 'GetResourcePolicy',
  underControlPolicies: true,
};

const mountTarget =
  'whom the network lets through to a mount target of it: DescribeMountTargets, and the security groups of these, would tell';

export const fileSystem: ResourceKind = {
  ...common,
  type: 'AWS::EFS::FileSystem',
  noun: 'file system',
  service: 'elasticfilesystem',
  policy: 'the file system policy',
  prefix: 'file-system/',
  shownBy: 'DescribeFileSystemPolicy',
  anonymous: true,
  shutter: (audience) => (everyone.has(audience) ? mountTarget : undefined),
  // https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html#default-filesystempolicy
  withoutPolicy: { audience: 'network', access: 'all' },
  verbs: { read: 'mount and read', permissions: 'act as root on or change the permissions of' },
};

export const archiveVault: ResourceKind = {
  ...common,
  type: 'AWS::Glacier::Vault',
  noun: 'archive vault',
  service: 'glacier',
  prefix: 'vaults/',
  shownBy: 'GetVaultAccessPolicy',
};

export const backupVault: ResourceKind = {
  ...common,
  type: 'AWS::Backup::BackupVault',
  noun: 'backup vault',
  service: 'backup',
  prefix: 'backup-vault:',
  shownBy: 'GetBackupVaultAccessPolicy',
  verbs: {
    read: 'restore or copy backups of',
    write: 'put backups into or change',
    delete: 'delete backups of',
  },
};

export const eventBus: ResourceKind = {
  ...common,
  type: 'AWS::Events::EventBus',
  noun: 'event bus',
  service: 'events',
  prefix: 'event-bus/',
  shownBy: 'DescribeEventBus',
  verbs: { execute: 'send events to', write: 'make rules on' },
};

export const searchDomain: ResourceKind = {
  ...common,
  type: 'AWS::OpenSearchService::Domain',
  noun: 'search domain',
  service: 'es',
  policy: 'the access policy',
  prefix: 'domain/',
  shownBy: 'DescribeDomainConfig',
  anonymous: true,
  shutter: (audience, request) => (everyone.has(audience) ? searchShutter(request) : undefined),
};

function searchShutter(request: JsonObject | undefined): string | undefined {
  const vpc = loose(request, 'vPCOptions');
  const security = loose(request, 'advancedSecurityOptions');
  const isOpen =
    (!isJsonObject(vpc) || Object.keys(vpc).length === 0) &&
    isJsonObject(security) &&
    loose(security, 'enabled') === false;
  return isOpen
    ? undefined
    : 'whether the domain lies in a VPC and asks its users for a password (fine-grained access control): DescribeDomain would tell';
}

export const table: ResourceKind = {
  ...common,
  type: 'AWS::DynamoDB::Table',
  noun: 'table',
  service: 'dynamodb',
  prefix: 'table/',
  shownBy: 'GetResourcePolicy',
  verbs: { delete: 'delete items of, or the whole,' },
};

export const stream: ResourceKind = {
  ...common,
  type: 'AWS::Kinesis::Stream',
  noun: 'stream',
  service: 'kinesis',
  prefix: 'stream/',
  shownBy: 'GetResourcePolicy',
};

export const restApi: ResourceKind = {
  ...common,
  type: 'AWS::ApiGateway::RestApi',
  noun: 'REST API',
  service: 'execute-api',
  shownBy: 'GetRestApi',
  anonymous: true,
  shutter: (audience) =>
    everyone.has(audience)
      ? 'whether its methods ask their callers who they are (authorizer, IAM, API key): GetResources with embed=methods would tell'
      : undefined,
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
  withoutPolicy: { audience: 'public', access: 'execute' },
  verbs: { execute: 'call', all: 'call' },
  shorthand: 'execute-api:/*',
};

export const mailIdentity: ResourceKind = {
  ...common,
  type: 'AWS::SES::EmailIdentity',
  noun: 'mail identity',
  service: 'ses',
  prefix: 'identity/',
  shownBy: 'GetIdentityPolicies',
  verbs: { write: 'send mail as', all: 'send mail as' },
};

export const logPolicy: ResourceKind = {
  ...common,
  type: 'AWS::Logs::ResourcePolicy',
  noun: 'the logs under resource policy',
  service: 'logs',
  shownBy: 'DescribeResourcePolicies',
  underControlPolicies: true,
};

export const logDestination: ResourceKind = {
  ...common,
  type: 'AWS::Logs::Destination',
  noun: 'log destination',
  service: 'logs',
  prefix: 'destination:',
  shownBy: 'DescribeDestinations',
  underControlPolicies: true,
};

export const organisation: ResourceKind = {
  ...common,
  type: 'AWS::Organizations::ResourcePolicy',
  noun: 'organisation',
  service: 'organizations',
  policy: 'the delegation policy',
  shownBy: 'DescribeResourcePolicy',
  verbs: { write: 'manage', all: 'manage', permissions: 'change the policies of' },
};

/** A kind that needs no more than its names. */
function plain(type: string, noun: string, service: string, more: Partial<ResourceKind> = {}): ResourceKind {
  return { ...common, type, noun, service, shownBy: 'GetResourcePolicy', ...more };
}

export const packageDomain = plain('AWS::CodeArtifact::Domain', 'package domain', 'codeartifact', {
  prefix: 'domain/',
  shownBy: 'GetDomainPermissionsPolicy',
});
export const packageRepository = plain(
  'AWS::CodeArtifact::Repository',
  'package repository',
  'codeartifact',
  {
    prefix: 'repository/',
    shownBy: 'GetRepositoryPermissionsPolicy',
  },
);
export const buildProject = plain('AWS::CodeBuild::Project', 'build project', 'codebuild', {
  prefix: 'project/',
});
export const dataCatalog = plain('AWS::Glue::Catalog', 'data catalog', 'glue');
export const kafkaCluster = plain('AWS::MSK::Cluster', 'Kafka cluster', 'kafka', {
  prefix: 'cluster/',
  shownBy: 'GetClusterPolicy',
});
export const bot = plain('AWS::Lex::Bot', 'chat bot', 'lex', { shownBy: 'DescribeResourcePolicy' });
export const redshift = plain('AWS::Redshift::Namespace', 'Redshift namespace', 'redshift', {
  prefix: 'namespace:',
});
export const redshiftServerless = plain(
  'AWS::RedshiftServerless::Snapshot',
  'Redshift snapshot',
  'redshift-serverless',
  {
    prefix: 'snapshot/',
  },
);
export const certificateAuthority = plain(
  'AWS::ACMPCA::CertificateAuthority',
  'certificate authority',
  'acm-pca',
  {
    prefix: 'certificate-authority/',
    shownBy: 'GetPolicy',
  },
);
export const mediaContainer = plain('AWS::MediaStore::Container', 'media container', 'mediastore', {
  prefix: 'container/',
  shownBy: 'GetContainerPolicy',
  anonymous: true,
});
export const parameter = plain('AWS::SSM::Parameter', 'parameter', 'ssm', {
  prefix: 'parameter/',
  shownBy: 'GetResourcePolicies',
});
export const modelGroup = plain('AWS::SageMaker::ModelPackageGroup', 'model group', 'sagemaker', {
  prefix: 'model-package-group/',
  shownBy: 'GetModelPackageGroupPolicy',
});
export const latticeService = plain('AWS::VpcLattice::Service', 'Lattice service', 'vpc-lattice-svcs', {
  arnService: 'vpc-lattice',
  prefix: 'service/',
  shownBy: 'GetAuthPolicy',
  anonymous: true,
});
export const eventSchemas = plain('AWS::EventSchemas::Registry', 'schema registry', 'schemas', {
  prefix: 'registry/',
});
export const eventDataStore = plain(
  'AWS::CloudTrail::EventDataStore',
  'trail data store or channel',
  'cloudtrail',
);
export const signingProfile = plain('AWS::Signer::SigningProfile', 'signing profile', 'signer', {
  prefix: '/signing-profiles/',
  shownBy: 'ListProfilePermissions',
});
export const serverlessApplication = plain(
  'AWS::ServerlessRepo::Application',
  'application',
  'serverlessrepo',
  {
    prefix: 'applications/',
    shownBy: 'GetApplicationPolicy',
  },
);
