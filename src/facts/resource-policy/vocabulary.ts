import type { AccessClass, Vocabulary } from '../policy/access.ts';

/** The actions of a service by class. A service without a table goes by the verbs of its actions: policy/access.ts. */
type Table = Readonly<Partial<Record<Exclude<AccessClass, 'all'>, string>>>;

// What a policy of the resource can grant, by the name of the service in actions:
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
const tables: Readonly<Record<string, Table>> = {
  backup: {
    read: 'StartRestoreJob GetRecoveryPointRestoreMetadata CopyFromBackupVault',
    list: 'DescribeBackupVault DescribeRecoveryPoint ListRecoveryPointsByBackupVault GetBackupVaultAccessPolicy GetBackupVaultNotifications',
    write:
      'StartBackupJob StartCopyJob CopyIntoBackupVault UpdateRecoveryPointLifecycle PutBackupVaultNotifications PutBackupVaultLockConfiguration',
    delete:
      'DeleteBackupVault DeleteRecoveryPoint DisassociateRecoveryPoint DeleteBackupVaultLockConfiguration DeleteBackupVaultNotifications',
    permissions: 'PutBackupVaultAccessPolicy DeleteBackupVaultAccessPolicy',
  },
  dynamodb: {
    read: 'GetItem BatchGetItem Query Scan GetRecords GetShardIterator PartiQLSelect ConditionCheckItem ExportTableToPointInTime',
    list: 'DescribeTable DescribeStream DescribeContinuousBackups DescribeTimeToLive DescribeKinesisStreamingDestination ListStreams ListTagsOfResource GetResourcePolicy',
    write:
      'PutItem UpdateItem BatchWriteItem PartiQLInsert PartiQLUpdate UpdateTable UpdateContinuousBackups UpdateTimeToLive RestoreTableToPointInTime EnableKinesisStreamingDestination',
    delete: 'DeleteItem DeleteTable PartiQLDelete',
    permissions: 'PutResourcePolicy DeleteResourcePolicy',
  },
  ecr: {
    read: 'BatchGetImage GetDownloadUrlForLayer BatchImportUpstreamImage',
    list: 'BatchCheckLayerAvailability DescribeImages DescribeRepositories DescribeImageScanFindings ListImages ListTagsForResource GetRepositoryPolicy GetLifecyclePolicy GetLifecyclePolicyPreview',
    write:
      'PutImage InitiateLayerUpload UploadLayerPart CompleteLayerUpload PutImageTagMutability PutImageScanningConfiguration PutLifecyclePolicy StartImageScan TagResource UntagResource CreateRepository ReplicateImage',
    delete: 'BatchDeleteImage DeleteRepository DeleteLifecyclePolicy',
    permissions: 'SetRepositoryPolicy DeleteRepositoryPolicy',
  },
  elasticfilesystem: {
    read: 'ClientMount',
    list: 'DescribeMountTargets DescribeFileSystems DescribeAccessPoints DescribeFileSystemPolicy',
    write:
      'ClientWrite CreateMountTarget CreateAccessPoint UpdateFileSystem PutLifecycleConfiguration PutBackupPolicy',
    delete: 'DeleteFileSystem DeleteMountTarget DeleteAccessPoint',
    permissions: 'ClientRootAccess PutFileSystemPolicy DeleteFileSystemPolicy',
  },
  es: {
    read: 'ESHttpGet ESHttpHead',
    list: 'DescribeDomain DescribeDomains DescribeDomainConfig DescribeElasticsearchDomain DescribeElasticsearchDomainConfig ListTags ESCrossClusterGet',
    write:
      'ESHttpPost ESHttpPut ESHttpPatch UpdateDomainConfig UpdateElasticsearchDomainConfig UpgradeDomain',
    delete: 'ESHttpDelete DeleteDomain DeleteElasticsearchDomain',
    permissions: 'AuthorizeVpcEndpointAccess RevokeVpcEndpointAccess',
  },
  events: {
    list: 'DescribeEventBus DescribeRule ListRules ListTargetsByRule ListTagsForResource',
    execute: 'PutEvents',
    write: 'PutRule PutTargets EnableRule DisableRule TagResource',
    delete: 'DeleteRule RemoveTargets DeleteEventBus',
    permissions: 'PutPermission RemovePermission',
  },
  'execute-api': {
    execute: 'Invoke ManageConnections InvalidateCache',
  },
  glacier: {
    read: 'InitiateJob GetJobOutput GetDataRetrievalPolicy',
    list: 'DescribeVault DescribeJob ListJobs ListParts ListMultipartUploads ListTagsForVault GetVaultAccessPolicy GetVaultLock GetVaultNotifications',
    write:
      'UploadArchive InitiateMultipartUpload UploadMultipartPart CompleteMultipartUpload SetVaultNotifications AddTagsToVault',
    delete: 'DeleteArchive DeleteVault DeleteVaultNotifications AbortMultipartUpload',
    permissions:
      'SetVaultAccessPolicy DeleteVaultAccessPolicy InitiateVaultLock CompleteVaultLock AbortVaultLock',
  },
  kinesis: {
    read: 'GetRecords GetShardIterator SubscribeToShard',
    list: 'DescribeStream DescribeStreamSummary DescribeStreamConsumer ListShards ListStreamConsumers',
    write: 'PutRecord PutRecords RegisterStreamConsumer UpdateShardCount StopStreamEncryption',
    delete: 'DeleteStream DeregisterStreamConsumer',
    permissions: 'PutResourcePolicy DeleteResourcePolicy',
  },
  kms: {
    read: 'Decrypt ReEncryptFrom DeriveSharedSecret',
    list: 'DescribeKey GetKeyPolicy GetKeyRotationStatus GetPublicKey GetParametersForImport ListGrants ListKeyPolicies ListResourceTags',
    execute:
      'Encrypt ReEncryptTo GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateMac VerifyMac Sign Verify',
    write:
      'ImportKeyMaterial EnableKey EnableKeyRotation UpdateAlias CreateAlias UpdateKeyDescription ReplicateKey TagResource UntagResource',
    delete:
      'ScheduleKeyDeletion DisableKey DeleteImportedKeyMaterial DisableKeyRotation DeleteAlias CancelKeyDeletion',
    permissions: 'PutKeyPolicy CreateGrant RevokeGrant RetireGrant',
  },
  lambda: {
    read: 'GetFunction GetLayerVersion GetFunctionConfiguration',
    list: 'GetPolicy ListAliases ListVersionsByFunction ListTags GetAlias GetFunctionUrlConfig',
    write:
      'UpdateFunctionCode UpdateFunctionConfiguration PublishVersion CreateAlias UpdateAlias PutFunctionConcurrency TagResource',
    execute: 'InvokeFunction InvokeAsync InvokeFunctionUrl EnableReplication',
    delete: 'DeleteFunction DeleteAlias DeleteLayerVersion DeleteFunctionConcurrency',
    permissions:
      'AddPermission RemovePermission CreateFunctionUrlConfig UpdateFunctionUrlConfig AddLayerVersionPermission',
  },
  logs: {
    read: 'GetLogEvents FilterLogEvents StartQuery GetQueryResults Link',
    list: 'DescribeLogGroups DescribeLogStreams DescribeSubscriptionFilters',
    write:
      'CreateLogStream CreateLogGroup PutLogEvents PutLogEventsBatch PutSubscriptionFilter PutRetentionPolicy CreateLogDelivery',
    delete: 'DeleteLogGroup DeleteLogStream DeleteSubscriptionFilter DeleteRetentionPolicy',
    permissions: 'PutResourcePolicy PutDestinationPolicy',
  },
  secretsmanager: {
    read: 'GetSecretValue BatchGetSecretValue',
    list: 'DescribeSecret ListSecretVersionIds GetResourcePolicy',
    write:
      'PutSecretValue UpdateSecret UpdateSecretVersionStage RotateSecret RestoreSecret CancelRotateSecret ReplicateSecretToRegions TagResource UntagResource',
    delete: 'DeleteSecret RemoveRegionsFromReplication StopReplicationToReplica',
    permissions: 'PutResourcePolicy DeleteResourcePolicy ValidateResourcePolicy',
  },
  sns: {
    read: 'Subscribe Receive',
    list: 'GetTopicAttributes ListSubscriptionsByTopic GetDataProtectionPolicy ListTagsForResource',
    write: 'Publish',
    delete: 'DeleteTopic',
    permissions: 'AddPermission RemovePermission SetTopicAttributes PutDataProtectionPolicy TagResource',
  },
  sqs: {
    read: 'ReceiveMessage',
    list: 'GetQueueAttributes GetQueueUrl ListDeadLetterSourceQueues ListQueueTags ListMessageMoveTasks',
    write: 'SendMessage ChangeMessageVisibility StartMessageMoveTask',
    delete: 'DeleteMessage DeleteQueue PurgeQueue',
    permissions: 'AddPermission RemovePermission SetQueueAttributes TagQueue UntagQueue',
  },
};

/** The vocabulary of the service whose actions begin with `service`, in lower case. */
export function vocabularyOf(service: string): Vocabulary {
  return vocabularies.get(service) ?? { service, actions: [] };
}

const vocabularies: ReadonlyMap<string, Vocabulary> = new Map(
  Object.entries(tables).map(([service, table]) => [
    service,
    {
      service,
      actions: (Object.entries(table) as [AccessClass, string][]).flatMap(([access, names]) =>
        names.split(' ').map((name) => ({ name: `${service}:${name.toLowerCase()}`, access })),
      ),
    },
  ]),
);
