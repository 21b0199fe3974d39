import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import { isList, text } from '../../event/json.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { factsOf } from '../table.ts';
import { callOf } from '../testing/call.ts';
import { denied } from '../testing/cloudtrail.ts';
import { machineProtection, storeProtection } from './guards.ts';

/** One line for each fact: `kind change name [lost, ..] [attempted]`. */
function lines(event: Event): readonly string[] {
  return factsOf(event)
    .filter(({ subject }) => subject === 'protection')
    .map(({ fields }) => {
      const told = ['kind', 'change', 'resource_name'].map((name) => text(fields, name));
      const lost =
        isList(fields['lost']) && fields['lost'].length > 0
          ? ` [${fields['lost'].map(String).join(', ')}]`
          : '';
      return `${told.join(' ')}${lost}${fields['attempted'] === true ? ' attempted' : ''}`;
    });
}

type Case = readonly [name: string, event: Event, expected: readonly string[]];

const instance = (request: JsonObject, action = 'ModifyDBInstance', more?: JsonObject): Event =>
  callOf('rds', action, { dBInstanceIdentifier: 'billing', ...request }, more);
const parameters = (...pairs: readonly (readonly [string, Json])[]): Event =>
  callOf('rds', 'ModifyDBParameterGroup', {
    dBParameterGroupName: 'pg',
    parameters: pairs.map(([parameterName, parameterValue]) => ({
      parameterName,
      parameterValue,
      applyMethod: 'immediate',
    })),
  });
const search = (request: JsonObject, action = 'UpdateDomainConfig'): Event =>
  callOf('es', action, { domainName: 'logs', ...request });
const ec2 = (action: string, request: Json, more?: JsonObject): Event => callOf('ec2', action, request, more);

describe('guards of databases', () => {
  it.each<Case>([
    [
      'deletion protection is switched off',
      instance({ deletionProtection: false }),
      ['deletion-protection removed billing'],
    ],
    [
      'deletion protection is switched on',
      instance({ deletionProtection: true }),
      ['deletion-protection restored billing'],
    ],
    [
      'a refusal',
      instance({ deletionProtection: false }, undefined, denied),
      ['deletion-protection unchanged billing attempted'],
    ],
    [
      'deletion protection of a cluster',
      callOf('rds', 'ModifyDBCluster', { dBClusterIdentifier: 'orders', deletionProtection: false }),
      ['deletion-protection removed orders'],
    ],
    ['backups are kept for no days', instance({ backupRetentionPeriod: 0 }), ['backups removed billing']],
    [
      'backups are kept for three days, which may be more or less than before',
      instance({ backupRetentionPeriod: 3 }),
      [],
    ],
    [
      'a database is made without backups',
      instance({ backupRetentionPeriod: 0 }, 'CreateDBInstance'),
      ['backups absent billing'],
    ],
    [
      'two guards go at once',
      instance({ deletionProtection: false, backupRetentionPeriod: 0 }),
      ['deletion-protection removed billing', 'backups removed billing'],
    ],
    [
      'automated backups are deleted',
      callOf('rds', 'DeleteDBInstanceAutomatedBackup', { dbiResourceId: 'db-ABC' }),
      ['backups removed db-ABC'],
    ],
    [
      'their copy in another region stops',
      callOf('rds', 'StopDBInstanceAutomatedBackupsReplication', {
        sourceDBInstanceArn: 'arn:aws:rds:eu-west-1:111122223333:db:billing',
      }),
      ['backups weakened billing'],
    ],
    [
      'a database is made without encryption',
      instance({ storageEncrypted: false }, 'CreateDBInstance'),
      ['encryption absent billing'],
    ],
    [
      'a database is made without encryption by default',
      instance({}, 'CreateDBInstance', { responseElements: { storageEncrypted: false } }),
      ['encryption absent billing'],
    ],
    [
      'an instance of a cluster has no storage of its own',
      instance({ dBClusterIdentifier: 'orders' }, 'CreateDBInstance', {
        responseElements: { storageEncrypted: false },
      }),
      [],
    ],
    ['a database is made with encryption', instance({ storageEncrypted: true }, 'CreateDBInstance'), []],
    [
      'sign-in by IAM is switched off',
      instance({ enableIAMDatabaseAuthentication: false }),
      ['authentication removed billing'],
    ],
    [
      'logs are no longer exported',
      instance({ cloudwatchLogsExportConfiguration: { disableLogTypes: ['audit', 'error'] } }),
      ['audit weakened billing [audit, error]'],
    ],
    [
      'more logs are exported',
      instance({ cloudwatchLogsExportConfiguration: { enableLogTypes: ['audit'] } }),
      [],
    ],
    [
      'the activity stream stops',
      callOf('rds', 'StopActivityStream', {
        resourceArn: 'arn:aws:rds:eu-west-1:111122223333:cluster:orders',
      }),
      ['audit removed orders'],
    ],
    [
      'the activity stream is unlocked',
      callOf('rds', 'ModifyActivityStream', {
        resourceArn: 'arn:aws:rds:eu-west-1:111122223333:db:billing',
        auditPolicyState: 'unlocked',
      }),
      ['audit weakened billing [audit-policy-lock]'],
    ],
    [
      'TLS is no longer demanded',
      parameters(['rds.force_ssl', '0']),
      ['transport-encryption removed pg [rds.force_ssl]'],
    ],
    ['TLS is demanded', parameters(['rds.force_ssl', '1']), []],
    [
      'the value is a number',
      parameters(['require_secure_transport', 0]),
      ['transport-encryption removed pg [require_secure_transport]'],
    ],
    [
      'auditing goes with TLS',
      parameters(['server_audit_logging', 'OFF'], ['RDS.Force_SSL', '0']),
      ['transport-encryption removed pg [RDS.Force_SSL]', 'audit removed pg [server_audit_logging]'],
    ],
    ['other parameters', parameters(['max_connections', '0'], ['constructor', '0']), []],
    [
      'Redshift stops its audit log',
      callOf('redshift', 'DisableLogging', { clusterIdentifier: 'lake' }),
      ['audit removed lake'],
    ],
    [
      'Redshift keeps no snapshots',
      callOf('redshift', 'ModifyCluster', {
        clusterIdentifier: 'lake',
        automatedSnapshotRetentionPeriod: 0,
      }),
      ['backups removed lake'],
    ],
    [
      'Redshift gives up encryption',
      callOf('redshift', 'ModifyCluster', { clusterIdentifier: 'lake', encrypted: false }),
      ['encryption removed lake'],
    ],
    [
      'Redshift keeps no copies elsewhere',
      callOf('redshift', 'DisableSnapshotCopy', { clusterIdentifier: 'lake' }),
      ['backups weakened lake [other-region]'],
    ],
    [
      'an endpoint is copied from without TLS',
      callOf('dms', 'ModifyEndpoint', {
        endpointArn: 'arn:aws:dms:eu-west-1:111122223333:endpoint:E1',
        sslMode: 'none',
      }),
      ['transport-encryption removed E1'],
    ],
    [
      'a Lightsail database keeps no backups',
      callOf('lightsail', 'UpdateRelationalDatabase', {
        relationalDatabaseName: 'shop',
        disableBackupRetention: true,
      }),
      ['backups removed shop'],
    ],
    [
      'dashboards may be public',
      callOf('quicksight', 'UpdatePublicSharingSettings', {
        awsAccountId: '111122223333',
        publicSharingEnabled: true,
      }),
      ['block-public-access removed 111122223333'],
    ],
    [
      'the catalogue is no longer encrypted',
      callOf('glue', 'PutDataCatalogEncryptionSettings', {
        dataCatalogEncryptionSettings: { encryptionAtRest: { catalogEncryptionMode: 'DISABLED' } },
      }),
      ['encryption removed 111122223333'],
    ],
  ])('%s', (_name, event, expected) => {
    expect(lines(event)).toEqual(expected);
  });
});

describe('guards of other stores', () => {
  it.each<Case>([
    [
      'a table loses its deletion protection',
      callOf('dynamodb', 'UpdateTable', { tableName: 'orders', deletionProtectionEnabled: false }),
      ['deletion-protection removed orders'],
    ],
    [
      'a table loses its history',
      callOf('dynamodb', 'UpdateContinuousBackups', {
        tableName: 'orders',
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: false },
      }),
      ['backups removed orders'],
    ],
    [
      'a table keeps its history',
      callOf('dynamodb', 'UpdateContinuousBackups', {
        tableName: 'orders',
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      }),
      ['backups restored orders'],
    ],
    [
      'a table gives up its own key',
      callOf('dynamodb', 'UpdateTable', { tableName: 'orders', sSESpecification: { enabled: false } }),
      ['encryption weakened orders'],
    ],
    [
      'a Keyspaces table loses its history',
      callOf('cassandra', 'UpdateTable', {
        tableName: 'orders',
        pointInTimeRecovery: { status: 'DISABLED' },
      }),
      ['backups removed orders'],
    ],
    [
      'a cache gives up its password',
      callOf('elasticache', 'ModifyReplicationGroup', {
        replicationGroupId: 'sessions',
        authTokenUpdateStrategy: 'DELETE',
      }),
      ['authentication removed sessions'],
    ],
    [
      'a cache is made without TLS',
      callOf('elasticache', 'CreateReplicationGroup', {
        replicationGroupId: 'sessions',
        transitEncryptionEnabled: false,
        atRestEncryptionEnabled: true,
      }),
      ['transport-encryption absent sessions'],
    ],
    [
      'a cache takes plain connections too',
      callOf('elasticache', 'ModifyReplicationGroup', {
        replicationGroupId: 'sessions',
        transitEncryptionMode: 'preferred',
      }),
      ['transport-encryption removed sessions'],
    ],
    [
      'a user of a cache needs no password',
      callOf('elasticache', 'ModifyUser', { userId: 'app', noPasswordRequired: true }),
      ['authentication removed app'],
    ],
    [
      'a search domain takes plain HTTP',
      search({ domainEndpointOptions: { enforceHTTPS: false } }),
      ['transport-encryption removed logs'],
    ],
    [
      'a search domain lets in anyone for a while',
      search({ advancedSecurityOptions: { enabled: true, anonymousAuthEnabled: true } }),
      ['authentication weakened logs [sign-in]'],
    ],
    [
      'a search domain stops its audit log',
      search({ logPublishingOptions: { AUDIT_LOGS: { enabled: false } } }),
      ['audit removed logs [AUDIT_LOGS]'],
    ],
    [
      'a search domain is made with nothing on',
      search({}, 'CreateDomain'),
      ['transport-encryption absent logs', 'authentication absent logs', 'encryption absent logs'],
    ],
    ['a search domain only grows', search({ clusterConfig: { instanceCount: 3 } }), []],
    [
      'Kafka takes plain connections',
      callOf('kafka', 'UpdateSecurity', {
        clusterArn: 'arn:aws:kafka:eu-west-1:111122223333:cluster/events/1-2',
        encryptionInfo: { encryptionInTransit: { clientBroker: 'TLS_PLAINTEXT' } },
      }),
      ['transport-encryption weakened events/1-2'],
    ],
    [
      'Kafka lets in anyone',
      callOf('kafka', 'UpdateSecurity', {
        clusterArn: 'events',
        clientAuthentication: { unauthenticated: { enabled: true } },
      }),
      ['authentication removed events'],
    ],
    [
      'a stream is no longer encrypted',
      callOf('kinesis', 'StopStreamEncryption', { streamName: 'clicks' }),
      ['encryption removed clicks'],
    ],
    [
      'a stream keeps less',
      callOf('kinesis', 'DecreaseStreamRetentionPeriod', { streamName: 'clicks' }),
      ['stream-retention weakened clicks'],
    ],
    [
      'EMR may be public',
      callOf('elasticmapreduce', 'PutBlockPublicAccessConfiguration', {
        blockPublicAccessConfiguration: { blockPublicSecurityGroupRules: false },
      }),
      ['block-public-access removed 111122223333'],
    ],
    [
      'EMR may be public on more ports',
      callOf('elasticmapreduce', 'PutBlockPublicAccessConfiguration', {
        blockPublicAccessConfiguration: {
          blockPublicSecurityGroupRules: true,
          permittedPublicSecurityGroupRuleRanges: [
            { minRange: 22, maxRange: 22 },
            { minRange: 8000, maxRange: 9000 },
          ],
        },
      }),
      ['block-public-access weakened 111122223333 [ports 8000-9000]'],
    ],
    [
      'EMR may be public on the port that AWS allows',
      callOf('elasticmapreduce', 'PutBlockPublicAccessConfiguration', {
        blockPublicAccessConfiguration: {
          blockPublicSecurityGroupRules: true,
          permittedPublicSecurityGroupRuleRanges: [{ minRange: 22, maxRange: 22 }],
        },
      }),
      ['block-public-access restored 111122223333'],
    ],
    [
      'EMR clusters may be ended',
      callOf('elasticmapreduce', 'SetTerminationProtection', {
        jobFlowIds: ['j-1'],
        terminationProtected: false,
      }),
      ['deletion-protection removed j-1'],
    ],
    [
      'Kubernetes keeps no audit log',
      callOf('eks', 'UpdateClusterConfig', {
        name: 'shop',
        logging: { clusterLogging: [{ types: ['api', 'audit'], enabled: false }] },
      }),
      ['control-plane-logging removed shop [api, audit]'],
    ],
    [
      'Kubernetes keeps an audit log',
      callOf('eks', 'UpdateClusterConfig', {
        name: 'shop',
        logging: { clusterLogging: [{ types: ['audit'], enabled: true }] },
      }),
      ['control-plane-logging restored shop'],
    ],
  ])('%s', (_name, event, expected) => {
    expect(lines(event)).toEqual(expected);
  });
});

describe('guards of machines and code', () => {
  it.each<Case>([
    [
      'public snapshots are allowed',
      ec2('DisableSnapshotBlockPublicAccess', { DisableSnapshotBlockPublicAccessRequest: '' }),
      ['block-public-access removed 111122223333'],
    ],
    [
      'public snapshots are forbidden',
      ec2('EnableSnapshotBlockPublicAccess', {
        EnableSnapshotBlockPublicAccessRequest: { State: 'block-all-sharing' },
      }),
      ['block-public-access restored 111122223333'],
    ],
    [
      'only new public snapshots are forbidden',
      ec2('EnableSnapshotBlockPublicAccess', {
        EnableSnapshotBlockPublicAccessRequest: { State: 'block-new-sharing' },
      }),
      ['block-public-access weakened 111122223333 [snapshots-shared-before]'],
    ],
    [
      'public images are allowed',
      ec2('DisableImageBlockPublicAccess', {}),
      ['block-public-access removed 111122223333'],
    ],
    [
      'new volumes are not encrypted',
      ec2('DisableEbsEncryptionByDefault', {}),
      ['encryption removed 111122223333'],
    ],
    [
      'an instance answers by IMDSv1',
      ec2('ModifyInstanceMetadataOptions', {
        ModifyInstanceMetadataOptionsRequest: { InstanceId: 'i-1', HttpTokens: 'optional' },
      }),
      ['instance-metadata removed i-1'],
    ],
    [
      'an instance answers by IMDSv2 alone',
      ec2('ModifyInstanceMetadataOptions', {
        ModifyInstanceMetadataOptionsRequest: { InstanceId: 'i-1', HttpTokens: 'required' },
      }),
      ['instance-metadata restored i-1'],
    ],
    [
      'only the hop limit changes',
      ec2('ModifyInstanceMetadataOptions', {
        ModifyInstanceMetadataOptionsRequest: { InstanceId: 'i-1', HttpPutResponseHopLimit: 2 },
      }),
      [],
    ],
    [
      'new instances may answer by IMDSv1',
      ec2('ModifyInstanceMetadataDefaults', {
        ModifyInstanceMetadataDefaultsRequest: { HttpTokens: 'no-preference' },
      }),
      ['instance-metadata removed 111122223333'],
    ],
    [
      'an instance may be terminated',
      ec2('ModifyInstanceAttribute', { instanceId: 'i-1', disableApiTermination: { value: false } }),
      ['deletion-protection removed i-1'],
    ],
    [
      'an instance may be terminated, in the older form',
      ec2('ModifyInstanceAttribute', {
        instanceId: 'i-1',
        attribute: 'disableApiTermination',
        value: 'false',
      }),
      ['deletion-protection removed i-1'],
    ],
    [
      'an instance may not be stopped',
      ec2('ModifyInstanceAttribute', { instanceId: 'i-1', disableApiStop: { value: true } }),
      ['deletion-protection restored i-1'],
    ],
    [
      'a value that the record hides',
      ec2('ModifyInstanceAttribute', {
        instanceId: 'i-1',
        attribute: 'userData',
        value: '<sensitiveDataRemoved>',
      }),
      [],
    ],
    [
      'a snapshot is unlocked',
      ec2('UnlockSnapshot', { UnlockSnapshotRequest: { SnapshotId: 'snap-1' } }),
      ['snapshot-lock removed snap-1'],
    ],
    [
      'public documents are allowed',
      callOf('ssm', 'UpdateServiceSetting', {
        settingId: '/ssm/documents/console/public-sharing-permission',
        settingValue: 'Enable',
      }),
      ['block-public-access removed 111122223333'],
    ],
    [
      'another setting',
      callOf('ssm', 'UpdateServiceSetting', {
        settingId: '/ssm/parameter-store/high-throughput-enabled',
        settingValue: 'true',
      }),
      [],
    ],
    [
      'sessions are no longer logged',
      callOf('ssm', 'UpdateDocument', {
        name: 'SSM-SessionManagerRunShell',
        content: '{"inputs":{"s3BucketName":"","cloudWatchLogGroupName":""}}',
      }),
      ['session-logging removed SSM-SessionManagerRunShell'],
    ],
    [
      'sessions are logged',
      callOf('ssm', 'UpdateDocument', {
        name: 'SSM-SessionManagerRunShell',
        content: '{"inputs":{"s3BucketName":"sessions"}}',
      }),
      ['session-logging restored SSM-SessionManagerRunShell'],
    ],
    [
      'preferences that the record hides',
      callOf('ssm', 'UpdateDocument', { name: 'SSM-SessionManagerRunShell' }),
      ['session-logging unknown SSM-SessionManagerRunShell'],
    ],
    ['another document', callOf('ssm', 'DeleteDocument', { name: 'Deploy' }), []],
    [
      'a function takes unsigned code',
      callOf('lambda', 'DeleteFunctionCodeSigningConfig20200630', { functionName: 'charge' }),
      ['code-signing removed charge'],
    ],
    [
      'a stack may be deleted',
      callOf('cloudformation', 'UpdateTerminationProtection', {
        stackName: 'base',
        enableTerminationProtection: false,
      }),
      ['deletion-protection removed base'],
    ],
    [
      'models are no longer logged',
      callOf('bedrock', 'DeleteModelInvocationLoggingConfiguration', null),
      ['audit removed 111122223333'],
    ],
    [
      'models are logged without their texts',
      callOf('bedrock', 'PutModelInvocationLoggingConfiguration', {
        loggingConfig: { s3Config: { bucketName: 'l' }, textDataDeliveryEnabled: false },
      }),
      ['audit weakened 111122223333 [text]'],
    ],
    [
      'models are logged nowhere',
      callOf('bedrock', 'PutModelInvocationLoggingConfiguration', { loggingConfig: {} }),
      ['audit removed 111122223333'],
    ],
    [
      'models are logged',
      callOf('bedrock', 'PutModelInvocationLoggingConfiguration', {
        loggingConfig: { cloudWatchConfig: { logGroupName: 'l' }, textDataDeliveryEnabled: true },
      }),
      ['audit restored 111122223333'],
    ],
    [
      'a guardrail is deleted',
      callOf('bedrock', 'DeleteGuardrail', { guardrailIdentifier: 'cmy5azq5koeo' }),
      ['guardrail removed cmy5azq5koeo'],
    ],
    [
      'a guardrail is changed, and the record hides how',
      callOf('bedrock', 'UpdateGuardrail', { guardrailIdentifier: 'cmy5azq5koeo' }),
      ['guardrail unknown cmy5azq5koeo'],
    ],
  ])('%s', (_name, event, expected) => {
    expect(lines(event)).toEqual(expected);
  });
});

describe('guards', () => {
  it.each<readonly [string, Event, string]>([
    [
      'off',
      instance({ deletionProtection: false }),
      'deletion protection of database instance `billing` is off: one call can delete it now',
    ],
    [
      'on',
      instance({ deletionProtection: true }),
      'deletion protection of database instance `billing` is on',
    ],
    [
      'refused',
      instance({ deletionProtection: false }, undefined, denied),
      'tried to switch off deletion protection of database instance `billing`, but the call failed (`AccessDenied`)',
    ],
    [
      'for a region',
      ec2('DisableEbsEncryptionByDefault', {}),
      'encryption of new volumes by default of account `111122223333` in `eu-west-1` is off: new disks and their snapshots can be read without any key unless somebody asks for one',
    ],
    [
      'with what is lost',
      instance({ cloudwatchLogsExportConfiguration: { disableLogTypes: ['audit'] } }),
      'the export of logs of database instance `billing` is weaker now (`audit`): its logs are no longer kept outside of the database',
    ],
  ])('are told in a sentence: %s', (_name, event, expected) => {
    expect(factsOf(event).find(({ subject }) => subject === 'protection')?.explanation).toBe(expected);
  });

  it('are read from any JSON without throwing', () => {
    const actions = [...storeProtection.actions, ...machineProtection.actions];
    fc.assert(
      fc.property(fc.constantFrom(...actions), fc.jsonValue(), fc.boolean(), (name, request, fails) => {
        const [service = '', action = ''] = name.split(':');
        const event = callOf(service.replace('.amazonaws.com', ''), action, request, fails ? denied : {});
        for (const fact of factsOf(event)) {
          expect(fact.explanation).not.toBe('');
          expect(fails && fact.unknowns.length > 0).toBe(false);
        }
      }),
    );
  });
});
