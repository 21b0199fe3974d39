import { isJsonObject, isList, member } from '../../event/json.ts';
import type { Event } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { restApiPolicy } from './api-gateway.ts';
import type { PolicyCall, PolicyCalls } from './call.ts';
import type { ResourceKind } from './kind.ts';
import * as kinds from './kinds.ts';
import { loose } from '../loose.ts';
import { textOf, textsOf } from './request.ts';
import {
  accountsPermission,
  eventsPermission,
  keyGrant,
  lambdaPermission,
  policyOf,
  principalOf,
} from './statement.ts';

type Name = PolicyCall['name'];
type Document = NonNullable<PolicyCall['document']>;

const by =
  (...names: string[]): Name =>
  (request) =>
    textOf(request, ...names);
const at =
  (...names: string[]): Document =>
  (request) =>
    firstOf(request, names);
const attribute =
  (name: string): Document =>
  (request) =>
    loose(loose(request, 'attributes'), name);

function firstOf(request: JsonObject, names: readonly string[]): Json | undefined {
  for (const name of names) {
    const value = loose(request, name);
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

const set = (
  kind: ResourceKind,
  name: Name,
  document: Document,
  more: Partial<PolicyCall> = {},
): PolicyCall => ({
  kind,
  effect: 'set',
  name,
  document,
  ...more,
});
const add = (kind: ResourceKind, name: Name, document: Document): PolicyCall => ({
  kind,
  effect: 'add',
  name,
  document,
});
const remove = (kind: ResourceKind, name: Name): PolicyCall => ({ kind, effect: 'remove', name });
const gone = (kind: ResourceKind, name: Name): PolicyCall => ({ kind, effect: 'delete', name });

const perhaps = { optional: true } as const;
const asNew = { effect: 'new', optional: true } as const;

/** `https://sqs.eu-west-1.amazonaws.com/111122223333/orders`, older ones without a region that can be read, to an ARN. */
function queueOf(request: JsonObject, event: Event): string | undefined {
  const url = textOf(request, 'queueUrl');
  const [, account, name] = /\/(\d{12})\/([^/?#]+)$/.exec(url ?? '') ?? [];
  if (account === undefined || name === undefined) return url;
  return `arn:aws:sqs:${event.region ?? ''}:${account}:${name}`;
}

/** `name`, `name:alias`, `111122223333:function:name` or an ARN; a permission on an alias or version is one on the function. */
function functionOf(request: JsonObject): string | undefined {
  const name = textOf(request, 'functionName');
  if (name === undefined) return undefined;
  const [, whole] = /^(arn:[^:]*:lambda:[^:]*:[^:]*:function:[^:]*)/.exec(name) ?? [];
  return whole ?? name.replace(/^.*:function:/, '').replace(/:.*$/, '');
}

/** What is made has its ARN in the answer only. */
const made =
  (part: string, arn: string, name: string): Name =>
  (request, event) => {
    const answer = loose(event.fields, 'responseElements');
    const inner = part === '' ? answer : loose(answer, part);
    return (isJsonObject(inner) ? textOf(inner, arn) : undefined) ?? textOf(request, name) ?? 'new';
  };

const account: Name = (request, event) => textOf(request, 'registryId') ?? event.account;
const busOf: Name = (request) => textOf(request, 'eventBusName') ?? 'default';
const manager: Name = (_request, event) => event.account;

const vaultPolicy: Document = (request) => {
  const policy = loose(request, 'policy');
  return isJsonObject(policy) && member(policy, 'Statement') === undefined ? loose(policy, 'policy') : policy;
};

/** AddProfilePermission of Signer, CreatePermission of ACM-PCA, CreateResourcePolicyStatement of Lex. */
const onePrincipal =
  (service: string, actions: string): Document =>
  (request) => {
    const principal = textOf(request, 'principal');
    return principal === undefined
      ? undefined
      : policyOf(
          principalOf(principal),
          textsOf(request, actions).map((action) => (action.includes(':') ? action : `${service}:${action}`)),
          [['StringEquals', 'aws:SourceAccount', textOf(request, 'sourceAccount')]],
        );
  };

/** PutApplicationPolicy of the serverless application repository has statements of its own shape. */
const applicationPolicy: Document = (request) => {
  const statements = loose(request, 'statements');
  if (!isList(statements)) return undefined;
  return {
    Version: '2012-10-17',
    Statement: statements.filter(isJsonObject).map((statement) => {
      const principals = textsOf(statement, 'principals');
      const organisations = textsOf(statement, 'principalOrgIDs');
      return {
        Effect: 'Allow',
        Principal: principals.includes('*') ? '*' : { AWS: principals },
        Action: textsOf(statement, 'actions').map((action) => `serverlessrepo:${action}`),
        Condition:
          organisations.length === 0 ? {} : { StringEquals: { 'aws:PrincipalOrgID': organisations } },
      };
    }),
  };
};

const byArn = by('resourceArn', 'resourceARN');
const functionPermission = add(kinds.lambdaFunction, functionOf, lambdaPermission);
const functionRemoval = remove(kinds.lambdaFunction, functionOf);
const domainPolicy = set(kinds.searchDomain, by('domainName'), at('accessPolicies'), perhaps);
const newDomainPolicy: PolicyCall = { ...domainPolicy, ...asNew };

/** PutResourcePolicy and DeleteResourcePolicy in the shape that most services have. */
function resourcePolicy(
  service: string,
  kind: ResourceKind,
  documents: readonly string[] = ['policy', 'resourcePolicy'],
): PolicyCalls {
  return {
    [`${service}:PutResourcePolicy`]: set(kind, byArn, at(...documents)),
    [`${service}:DeleteResourcePolicy`]: gone(kind, byArn),
  };
}

/**
 * Every call that changes a policy of a resource other than S3's, IAM's and VPC endpoints'. Shapes of requests are those of the
 * services' APIs, as CloudTrail writes them: members with a small first letter, policies mostly as JSON in a string.
 */
export const policyCalls: PolicyCalls = {
  'sns:SetTopicAttributes': set(
    kinds.topic,
    by('topicArn'),
    (request) =>
      textOf(request, 'attributeName') === 'Policy' ? (loose(request, 'attributeValue') ?? '') : undefined,
    perhaps,
  ),
  'sns:CreateTopic': set(kinds.topic, made('', 'topicArn', 'name'), attribute('Policy'), asNew),
  'sns:AddPermission': add(
    kinds.topic,
    by('topicArn'),
    accountsPermission('sns', 'awsAccountId', 'actionName'),
  ),
  'sns:RemovePermission': remove(kinds.topic, by('topicArn')),

  'sqs:SetQueueAttributes': set(kinds.queue, queueOf, attribute('Policy'), perhaps),
  'sqs:CreateQueue': set(kinds.queue, by('queueName'), attribute('Policy'), asNew),
  'sqs:AddPermission': add(kinds.queue, queueOf, accountsPermission('sqs', 'awsAccountIds', 'actions')),
  'sqs:RemovePermission': remove(kinds.queue, queueOf),

  // The dates are versions of Lambda's API, which CloudTrail keeps in the names of its calls.
  'lambda:AddPermission': functionPermission,
  'lambda:AddPermission20150331': functionPermission,
  'lambda:AddPermission20150331v2': functionPermission,
  'lambda:RemovePermission': functionRemoval,
  'lambda:RemovePermission20150331': functionRemoval,
  'lambda:RemovePermission20150331v2': functionRemoval,
  'lambda:AddLayerVersionPermission': add(kinds.lambdaLayer, by('layerName'), lambdaPermission),
  'lambda:AddLayerVersionPermission20181031': add(kinds.lambdaLayer, by('layerName'), lambdaPermission),
  'lambda:RemoveLayerVersionPermission': remove(kinds.lambdaLayer, by('layerName')),
  'lambda:RemoveLayerVersionPermission20181031': remove(kinds.lambdaLayer, by('layerName')),

  'kms:PutKeyPolicy': set(kinds.key, by('keyId'), at('policy')),
  'kms:CreateKey': set(kinds.key, made('keyMetadata', 'arn', 'keyId'), at('policy'), asNew),
  'kms:ReplicateKey': set(kinds.key, by('keyId'), at('policy'), asNew),
  'kms:CreateGrant': { ...add(kinds.key, by('keyId'), keyGrant), optional: true, via: 'grant' },

  'ecr:SetRepositoryPolicy': set(kinds.repository, by('repositoryName'), at('policyText')),
  'ecr:DeleteRepositoryPolicy': gone(kinds.repository, by('repositoryName')),
  'ecr:PutRegistryPolicy': set(kinds.registry, account, at('policyText')),
  'ecr:DeleteRegistryPolicy': gone(kinds.registry, account),
  'ecr-public:SetRepositoryPolicy': set(kinds.publicRepository, by('repositoryName'), at('policyText')),
  'ecr-public:DeleteRepositoryPolicy': gone(kinds.publicRepository, by('repositoryName')),

  'secretsmanager:PutResourcePolicy': set(kinds.secret, by('secretId'), at('resourcePolicy')),
  'secretsmanager:DeleteResourcePolicy': gone(kinds.secret, by('secretId')),
  'ssm:PutResourcePolicy': { ...set(kinds.parameter, byArn, at('policy')), effect: 'add' },
  'ssm:DeleteResourcePolicy': remove(kinds.parameter, byArn),

  'elasticfilesystem:PutFileSystemPolicy': set(kinds.fileSystem, by('fileSystemId'), at('policy')),
  'elasticfilesystem:DeleteFileSystemPolicy': gone(kinds.fileSystem, by('fileSystemId')),
  'glacier:SetVaultAccessPolicy': set(kinds.archiveVault, by('vaultName'), vaultPolicy),
  'glacier:DeleteVaultAccessPolicy': gone(kinds.archiveVault, by('vaultName')),
  'backup:PutBackupVaultAccessPolicy': set(kinds.backupVault, by('backupVaultName'), at('policy')),
  'backup:DeleteBackupVaultAccessPolicy': gone(kinds.backupVault, by('backupVaultName')),

  'events:PutPermission': add(kinds.eventBus, busOf, eventsPermission),
  'events:RemovePermission': remove(kinds.eventBus, busOf),
  'schemas:PutResourcePolicy': set(kinds.eventSchemas, by('registryName'), at('policy')),
  'schemas:DeleteResourcePolicy': gone(kinds.eventSchemas, by('registryName')),

  'es:UpdateElasticsearchDomainConfig': domainPolicy,
  'es:UpdateDomainConfig': domainPolicy,
  'es:CreateElasticsearchDomain': newDomainPolicy,
  'es:CreateDomain': newDomainPolicy,

  ...resourcePolicy('dynamodb', kinds.table),
  'dynamodb:CreateTable': set(kinds.table, by('tableName'), at('resourcePolicy'), asNew),
  ...resourcePolicy('kinesis', kinds.stream),
  ...resourcePolicy('codebuild', kinds.buildProject),
  ...resourcePolicy('cloudtrail', kinds.eventDataStore),
  ...resourcePolicy('redshift', kinds.redshift),
  ...resourcePolicy('redshift-serverless', kinds.redshiftServerless),
  ...resourcePolicy('vpc-lattice', kinds.latticeService),
  'vpc-lattice:PutAuthPolicy': set(kinds.latticeService, by('resourceIdentifier'), at('policy')),
  'glue:PutResourcePolicy': set(
    kinds.dataCatalog,
    (request, event) => byArn(request, event) ?? event.account,
    at('policyInJson'),
  ),
  'glue:DeleteResourcePolicy': gone(
    kinds.dataCatalog,
    (request, event) => byArn(request, event) ?? event.account,
  ),

  // Bodies may stand under the operation's input.
  'apigateway:CreateRestApi': set(kinds.restApi, made('', 'id', 'name'), restApiPolicy, asNew),
  'apigateway:UpdateRestApi': set(kinds.restApi, by('restApiId'), restApiPolicy, perhaps),

  'ses:PutIdentityPolicy': add(kinds.mailIdentity, by('identity'), at('policy')),
  'ses:CreateEmailIdentityPolicy': add(kinds.mailIdentity, by('emailIdentity'), at('policy')),
  'ses:UpdateEmailIdentityPolicy': add(kinds.mailIdentity, by('emailIdentity'), at('policy')),
  'ses:DeleteIdentityPolicy': remove(kinds.mailIdentity, by('identity')),
  'ses:DeleteEmailIdentityPolicy': remove(kinds.mailIdentity, by('emailIdentity')),

  'logs:PutResourcePolicy': add(kinds.logPolicy, by('policyName', 'resourceArn'), at('policyDocument')),
  'logs:DeleteResourcePolicy': remove(kinds.logPolicy, by('policyName', 'resourceArn')),
  'logs:PutDestinationPolicy': set(kinds.logDestination, by('destinationName'), at('accessPolicy')),

  'codeartifact:PutDomainPermissionsPolicy': set(kinds.packageDomain, by('domain'), at('policyDocument')),
  'codeartifact:DeleteDomainPermissionsPolicy': gone(kinds.packageDomain, by('domain')),
  'codeartifact:PutRepositoryPermissionsPolicy': set(
    kinds.packageRepository,
    by('repository'),
    at('policyDocument'),
  ),
  'codeartifact:DeleteRepositoryPermissionsPolicy': gone(kinds.packageRepository, by('repository')),

  'kafka:PutClusterPolicy': set(kinds.kafkaCluster, by('clusterArn'), at('policy')),
  'kafka:DeleteClusterPolicy': gone(kinds.kafkaCluster, by('clusterArn')),
  'lex:CreateResourcePolicy': set(kinds.bot, byArn, at('policy')),
  'lex:UpdateResourcePolicy': set(kinds.bot, byArn, at('policy')),
  'lex:DeleteResourcePolicy': gone(kinds.bot, byArn),
  'acm-pca:PutPolicy': set(kinds.certificateAuthority, byArn, at('policy')),
  'acm-pca:DeletePolicy': gone(kinds.certificateAuthority, byArn),
  'acm-pca:CreatePermission': add(
    kinds.certificateAuthority,
    by('certificateAuthorityArn'),
    onePrincipal('acm-pca', 'actions'),
  ),
  'mediastore:PutContainerPolicy': set(kinds.mediaContainer, by('containerName'), at('policy')),
  'mediastore:DeleteContainerPolicy': gone(kinds.mediaContainer, by('containerName')),
  'sagemaker:PutModelPackageGroupPolicy': set(
    kinds.modelGroup,
    by('modelPackageGroupName'),
    at('resourcePolicy'),
  ),
  'sagemaker:DeleteModelPackageGroupPolicy': gone(kinds.modelGroup, by('modelPackageGroupName')),
  'signer:AddProfilePermission': add(
    kinds.signingProfile,
    by('profileName'),
    onePrincipal('signer', 'action'),
  ),
  'signer:RemoveProfilePermission': remove(kinds.signingProfile, by('profileName')),
  'serverlessrepo:PutApplicationPolicy': set(
    kinds.serverlessApplication,
    by('applicationId'),
    applicationPolicy,
  ),
  'organizations:PutResourcePolicy': set(kinds.organisation, manager, at('content')),
  'organizations:DeleteResourcePolicy': gone(kinds.organisation, manager),
};
