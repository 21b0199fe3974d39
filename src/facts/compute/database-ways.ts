import { at, flagAt, textAt, textsAt } from '../call.ts';
import type { Call } from '../call.ts';
import { traitsOf } from './way.ts';
import type { Details, Way } from './way.ts';

/** The record hides the password: `"masterUserPassword": "HIDDEN_DUE_TO_SECURITY_REASONS"`. Redshift Serverless calls it `adminUserPassword`. */
function password({ request }: Call): Details | undefined {
  const isSet = ['masterUserPassword', 'adminUserPassword'].some((name) => at(request, name) !== undefined);
  return isSet ? { as: textAt(request, 'masterUsername') ?? textAt(request, 'adminUsername') } : undefined;
}

const login = {
  did: "replaced the administrator's password of",
  doing: "replace the administrator's password of",
} as const;
const role = { did: 'let the database use a role:', doing: 'let the database use a role:' } as const;

/** Ways into databases. Modifications of RDS after real records, the rest after the API references. */
export const databaseWays: readonly Way[] = [
  {
    service: 'rds',
    actions: ['ModifyDBInstance'],
    kind: 'master-password',
    change: 'made',
    type: 'AWS::RDS::DBInstance',
    word: 'database instance',
    name: ['dBInstanceIdentifier'],
    ...login,
    read: password,
  },
  {
    service: 'rds',
    actions: ['ModifyDBCluster'],
    kind: 'master-password',
    change: 'made',
    type: 'AWS::RDS::DBCluster',
    word: 'database cluster',
    name: ['dBClusterIdentifier'],
    ...login,
    read: password,
  },
  {
    service: 'redshift',
    actions: ['ModifyCluster'],
    kind: 'master-password',
    change: 'made',
    type: 'AWS::Redshift::Cluster',
    word: 'Redshift cluster',
    name: ['clusterIdentifier'],
    ...login,
    read: password,
  },
  {
    service: 'redshift-serverless',
    actions: ['UpdateNamespace'],
    kind: 'master-password',
    change: 'made',
    type: 'AWS::RedshiftServerless::Namespace',
    word: 'Redshift namespace',
    name: ['namespaceName'],
    ...login,
    read: password,
  },
  {
    service: 'lightsail',
    actions: ['UpdateRelationalDatabase'],
    kind: 'master-password',
    change: 'made',
    type: 'AWS::Lightsail::Database',
    word: 'Lightsail database',
    name: ['relationalDatabaseName'],
    ...login,
    read: (call) => (flagAt(call.request, 'rotateMasterUserPassword') === true ? {} : password(call)),
  },
  {
    service: 'redshift',
    actions: ['GetClusterCredentials', 'GetClusterCredentialsWithIAM'],
    kind: 'database-login',
    change: 'taken',
    type: 'AWS::Redshift::Cluster',
    word: 'Redshift cluster',
    name: ['clusterIdentifier'],
    did: 'got a password to log in to',
    doing: 'get a password to log in to',
    read: ({ request }) => ({
      as: textAt(request, 'dbUser'),
      traits: traitsOf({ admin: /^(?:admin|awsuser|root|master)/i.test(textAt(request, 'dbUser') ?? '') }),
    }),
  },
  {
    service: 'rds',
    actions: ['AddRoleToDBInstance', 'AddRoleToDBCluster'],
    kind: 'role',
    change: 'made',
    type: 'AWS::RDS::DBInstance',
    word: 'database',
    name: ['dBInstanceIdentifier', 'dBClusterIdentifier'],
    ...role,
    read: ({ request }) => ({ as: textAt(request, 'roleArn'), what: textsAt(request, 'featureName') }),
  },
  {
    service: 'redshift',
    actions: ['ModifyClusterIamRoles'],
    kind: 'role',
    change: 'made',
    type: 'AWS::Redshift::Cluster',
    word: 'Redshift cluster',
    name: ['clusterIdentifier'],
    ...role,
    read: ({ request }) => {
      const added = textsAt(request, 'addIamRoles');
      return added.length === 0 ? undefined : { as: added[0], what: added };
    },
  },
  {
    service: 'rds',
    actions: ['EnableHttpEndpoint'],
    kind: 'data-api',
    change: 'made',
    type: 'AWS::RDS::DBCluster',
    word: 'database cluster',
    name: ['resourceArn'],
    did: 'let queries through the AWS API, past the network, into',
    doing: 'let queries through the AWS API into',
  },
  {
    service: 'rds',
    actions: ['ModifyDBCluster'],
    kind: 'data-api',
    change: 'made',
    type: 'AWS::RDS::DBCluster',
    word: 'database cluster',
    name: ['dBClusterIdentifier'],
    did: 'let queries through the AWS API, past the network, into',
    doing: 'let queries through the AWS API into',
    read: ({ request }) => (flagAt(request, 'enableHttpEndpoint') === true ? {} : undefined),
  },
];
