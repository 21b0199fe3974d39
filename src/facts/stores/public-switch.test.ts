import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import { text } from '../../event/json.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { factsOf } from '../table.ts';
import { callOf } from '../testing/call.ts';
import { denied } from '../testing/cloudtrail.ts';
import { publicSwitch } from './public-switch.ts';

/** `change audience verdict type name [attempted]`, or undefined where nothing is said. */
function line(event: Event): string | undefined {
  const [fact] = factsOf(event).filter(
    ({ subject, fields }) => subject === 'exposure' && fields['via'] === 'switch',
  );
  if (fact === undefined) return undefined;
  const told = ['change', 'audience', 'verdict', 'resource_type', 'resource_name'].map((name) =>
    text(fact.fields, name),
  );
  return `${told.join(' ')}${fact.fields['attempted'] === true ? ' attempted' : ''}`;
}

const modify = (request: JsonObject, more?: JsonObject): Event =>
  callOf('rds', 'ModifyDBInstance', { dBInstanceIdentifier: 'billing', ...request }, more);
const eks = (vpc: JsonObject, action = 'UpdateClusterConfig'): Event =>
  callOf('eks', action, { name: 'shop', resourcesVpcConfig: vpc });
const answer = (responseElements: Json): JsonObject => ({ responseElements });

describe('a switch that opens a resource to the internet', () => {
  it.each<readonly [string, Event, string | undefined]>([
    [
      'a database is made publicly accessible',
      callOf('rds', 'CreateDBInstance', {
        dBInstanceIdentifier: 'billing',
        engine: 'postgres',
        publiclyAccessible: true,
      }),
      'opened public unknown AWS::RDS::DBInstance billing',
    ],
    [
      'a new database is public by default, as only the answer tells',
      callOf(
        'rds',
        'CreateDBInstance',
        { dBInstanceIdentifier: 'billing' },
        answer({ publiclyAccessible: true }),
      ),
      'opened public unknown AWS::RDS::DBInstance billing',
    ],
    [
      'a new database is private',
      callOf('rds', 'CreateDBInstance', { dBInstanceIdentifier: 'billing', publiclyAccessible: false }),
      undefined,
    ],
    [
      'an instance is opened',
      modify({ publiclyAccessible: true }),
      'opened public unknown AWS::RDS::DBInstance billing',
    ],
    [
      'written as a text',
      modify({ publiclyAccessible: 'true' }),
      'opened public unknown AWS::RDS::DBInstance billing',
    ],
    [
      'written with a capital',
      modify({ PubliclyAccessible: true }),
      'opened public unknown AWS::RDS::DBInstance billing',
    ],
    [
      'an instance is closed',
      modify({ publiclyAccessible: false }),
      'closed nobody none AWS::RDS::DBInstance billing',
    ],
    ['only the size changes', modify({ allocatedStorage: 200 }), undefined],
    [
      'what an instance was until now is no news',
      modify({ allocatedStorage: 200 }, answer({ publiclyAccessible: true })),
      undefined,
    ],
    [
      'a refused opening',
      modify({ publiclyAccessible: true }, denied),
      'unchanged public none AWS::RDS::DBInstance billing attempted',
    ],
    [
      'a refused closing',
      modify({ publiclyAccessible: false }, denied),
      'unchanged nobody none AWS::RDS::DBInstance billing attempted',
    ],
    [
      'a snapshot is restored to a public instance',
      callOf('rds', 'RestoreDBInstanceFromDBSnapshot', {
        dBInstanceIdentifier: 'copy',
        publiclyAccessible: true,
      }),
      'opened public unknown AWS::RDS::DBInstance copy',
    ],
    [
      'a restore to a point in time names its target',
      callOf('rds', 'RestoreDBInstanceToPointInTime', {
        targetDBInstanceIdentifier: 'copy',
        publiclyAccessible: true,
      }),
      'opened public unknown AWS::RDS::DBInstance copy',
    ],
    [
      'a cluster is opened',
      callOf('rds', 'ModifyDBCluster', { dBClusterIdentifier: 'orders', publiclyAccessible: true }),
      'opened public unknown AWS::RDS::DBCluster orders',
    ],
    [
      'a Redshift cluster is opened',
      callOf('redshift', 'ModifyCluster', { clusterIdentifier: 'lake', publiclyAccessible: true }),
      'opened public unknown AWS::Redshift::Cluster lake',
    ],
    [
      'a Redshift workgroup is public by default, as only the answer tells',
      callOf(
        'redshift-serverless',
        'CreateWorkgroup',
        { workgroupName: 'lake' },
        answer({ workgroup: { publiclyAccessible: true } }),
      ),
      'opened public unknown AWS::RedshiftServerless::Workgroup lake',
    ],
    [
      'a Neptune graph is opened, and IAM alone is left',
      callOf('neptune-graph', 'UpdateGraph', { graphIdentifier: 'g-1', publicConnectivity: true }),
      'opened public exposed AWS::NeptuneGraph::Graph g-1',
    ],
    [
      'a replication instance is public',
      callOf('dms', 'CreateReplicationInstance', {
        replicationInstanceIdentifier: 'move',
        publiclyAccessible: true,
      }),
      'opened public unknown AWS::DMS::ReplicationInstance move',
    ],
    [
      'a broker is public',
      callOf('amazonmq', 'CreateBroker', { brokerName: 'queue', publiclyAccessible: true }),
      'opened public unknown AWS::AmazonMQ::Broker queue',
    ],
    [
      'a Kafka cluster gets public addresses',
      callOf('kafka', 'UpdateConnectivity', {
        clusterArn: 'arn:aws:kafka:eu-west-1:111122223333:cluster/events/1-2',
        connectivityInfo: { publicAccess: { type: 'SERVICE_PROVIDED_EIPS' } },
      }),
      'opened public unknown AWS::MSK::Cluster events/1-2',
    ],
    [
      'a Kafka cluster loses them',
      callOf('kafka', 'UpdateConnectivity', {
        clusterArn: 'arn:aws:kafka:eu-west-1:111122223333:cluster/events/1-2',
        connectivityInfo: { publicAccess: { type: 'DISABLED' } },
      }),
      'closed nobody none AWS::MSK::Cluster events/1-2',
    ],
    [
      'an EKS endpoint is opened to all',
      eks({ endpointPublicAccess: true }),
      'opened public exposed AWS::EKS::Cluster shop',
    ],
    [
      'an EKS endpoint is shut',
      eks({ endpointPublicAccess: false, endpointPrivateAccess: true }),
      'closed nobody none AWS::EKS::Cluster shop',
    ],
    [
      'an EKS endpoint is shut, whatever ranges are named',
      eks({ endpointPublicAccess: false, publicAccessCidrs: ['0.0.0.0/0'] }),
      'closed nobody none AWS::EKS::Cluster shop',
    ],
    [
      'an EKS endpoint for one office',
      eks({ endpointPublicAccess: true, publicAccessCidrs: ['203.0.113.0/24'] }),
      'opened network exposed AWS::EKS::Cluster shop',
    ],
    [
      'an EKS endpoint for two halves of the internet',
      eks({ publicAccessCidrs: ['0.0.0.0/1', '128.0.0.0/1'] }),
      'opened public exposed AWS::EKS::Cluster shop',
    ],
    ['an EKS change that concerns other things', eks({ endpointPrivateAccess: true }), undefined],
    [
      'a new EKS cluster, which is public by default',
      eks({ subnetIds: ['subnet-1'] }, 'CreateCluster'),
      'opened public exposed AWS::EKS::Cluster shop',
    ],
    ['a new EKS cluster that is private', eks({ endpointPublicAccess: false }, 'CreateCluster'), undefined],
    [
      'a search domain without a VPC',
      callOf('es', 'CreateDomain', { domainName: 'logs' }),
      'opened public unknown AWS::OpenSearchService::Domain logs',
    ],
    [
      'a search domain in a VPC',
      callOf('es', 'CreateDomain', { domainName: 'logs', vPCOptions: { subnetIds: ['subnet-1'] } }),
      undefined,
    ],
    [
      'a network policy of search collections that lets all in',
      callOf('aoss', 'UpdateSecurityPolicy', {
        name: 'net',
        type: 'network',
        policy: '[{"Rules":[],"AllowFromPublic":true}]',
      }),
      'opened public unknown AWS::OpenSearchServerless::SecurityPolicy net',
    ],
    [
      'the same as a document',
      callOf('aoss', 'UpdateSecurityPolicy', {
        name: 'net',
        type: 'network',
        policy: [{ AllowFromPublic: false }, { AllowFromPublic: true }],
      }),
      'opened public unknown AWS::OpenSearchServerless::SecurityPolicy net',
    ],
    [
      'a network policy that cannot be read',
      callOf('aoss', 'UpdateSecurityPolicy', { name: 'net', type: 'network', policy: '[{' }),
      undefined,
    ],
    [
      'an encryption policy',
      callOf('aoss', 'CreateSecurityPolicy', {
        name: 'key',
        type: 'encryption',
        policy: '{"AllowFromPublic":true}',
      }),
      undefined,
    ],
    [
      'a file transfer server, which is public by default',
      callOf('transfer', 'CreateServer', { protocols: ['SFTP'] }, answer({ serverId: 's-1' })),
      'opened public exposed AWS::Transfer::Server s-1',
    ],
    [
      'a file transfer server in a VPC',
      callOf('transfer', 'CreateServer', { endpointType: 'VPC' }),
      undefined,
    ],
    [
      'a dashboard for anyone who has its link',
      callOf('quicksight', 'UpdateDashboardPermissions', {
        dashboardId: 'sales',
        grantLinkPermissions: [
          { principal: 'arn:aws:quicksight:::publicAnonymousUser/*', actions: ['quicksight:QueryDashboard'] },
        ],
      }),
      'opened public unknown AWS::QuickSight::Dashboard sales',
    ],
    [
      'a dashboard for the people of the account',
      callOf('quicksight', 'UpdateDashboardPermissions', {
        dashboardId: 'sales',
        grantLinkPermissions: [{ principal: 'arn:aws:quicksight:eu-west-1:111122223333:namespace/default' }],
      }),
      undefined,
    ],
    [
      'a build project',
      callOf('codebuild', 'UpdateProjectVisibility', {
        projectVisibility: 'PUBLIC_READ',
        projectArn: 'arn:aws:codebuild:us-east-1:111122223333:project/site',
      }),
      'opened public exposed AWS::CodeBuild::Project site',
    ],
    [
      'a build project made private',
      callOf('codebuild', 'UpdateProjectVisibility', {
        projectVisibility: 'PRIVATE',
        projectArn: 'arn:aws:codebuild:us-east-1:111122223333:project/site',
      }),
      'closed nobody none AWS::CodeBuild::Project site',
    ],
    [
      'a Lightsail bucket',
      callOf('lightsail', 'UpdateBucket', { bucketName: 'pictures', accessRules: { getObject: 'public' } }),
      'opened public exposed AWS::Lightsail::Bucket pictures',
    ],
    [
      'a call whose outcome the record hides',
      callOf('neptune-graph', 'UpdateGraph', { graphIdentifier: 'g-1', publicConnectivity: 'perhaps' }),
      undefined,
    ],
    ['no request at all', callOf('rds', 'ModifyDBInstance', null), undefined],
  ])('%s', (_name, event, expected) => {
    expect(line(event)).toBe(expected);
  });

  it.each<readonly [string, Event, string]>([
    [
      'a new public database',
      callOf('rds', 'CreateDBInstance', {
        dBInstanceIdentifier: 'billing',
        engine: 'mysql',
        publiclyAccessible: true,
      }),
      'database instance `billing` is made publicly accessible: it has an address on the internet, and only its security groups and its passwords keep people out',
    ],
    [
      'a DocumentDB instance by its engine',
      modify({ publiclyAccessible: true }, answer({ engine: 'docdb' })),
      'DocumentDB instance `billing` is now publicly accessible: it has an address on the internet, and only its security groups and its passwords keep people out',
    ],
    [
      'a closed database',
      modify({ publiclyAccessible: false }),
      'database instance `billing` is not publicly accessible any more',
    ],
    [
      'a refusal',
      modify({ publiclyAccessible: true }, denied),
      'tried to make database instance `billing` publicly accessible, but the call failed (`AccessDenied`)',
    ],
    [
      'a network',
      eks({ publicAccessCidrs: ['203.0.113.0/24', '198.51.100.7/32'] }),
      'Kubernetes cluster `shop` is now reachable from the internet for `203.0.113.0/24` and `198.51.100.7/32` alone',
    ],
  ])('is said in a sentence: %s', (_name, event, expected) => {
    expect(factsOf(event).find(({ subject }) => subject === 'exposure')?.explanation).toBe(expected);
  });

  it('says what decides where security groups do, and nothing of a failure', () => {
    expect(factsOf(modify({ publiclyAccessible: true }))[0]?.unknowns.join()).toMatch(
      /DescribeSecurityGroups/,
    );
    expect(factsOf(modify({ publiclyAccessible: true }, denied))[0]?.unknowns).toEqual([]);
  });

  it('gives the ARN where the record leaves nothing open about it', () => {
    expect(factsOf(modify({ publiclyAccessible: true }))[0]?.fields['resource']).toBe(
      'arn:aws:rds:eu-west-1:111122223333:db:billing',
    );
  });

  it('is read from any JSON without throwing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...publicSwitch.actions),
        fc.jsonValue(),
        fc.jsonValue(),
        (name, request, response) => {
          const [service = '', action = ''] = name.split(':');
          const event = callOf(service.replace('.amazonaws.com', ''), action, request, {
            responseElements: response,
          });
          for (const fact of factsOf(event)) expect(fact.explanation).not.toBe('');
        },
      ),
    );
  });
});
