import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../event/json.ts';
import type { Place, Sighting } from '../sighting.ts';
import { addressShown, groupShown, instanceShown } from './ec2.ts';
import { accessKeyShown, authorizationShown } from './iam.ts';
import { clusterShown, databaseShown, databaseSnapshotShown } from './rds.ts';
import { recordShown, zoneShown } from './route53.ts';
import { accountBlockShown, bucketShown } from './s3.ts';

const place: Place = { account: '111122223333', region: 'eu-west-1', partition: 'aws' };
const all = (...add: readonly string[]) => ({ how: 'members', add, remove: [], all: true });
const set = (value: Json | undefined) => ({ how: 'set', value });
const bucket = (answers: Omit<Parameters<typeof bucketShown>[1], 'name'>) => [
  bucketShown(place, { name: 'vault', ...answers }),
];
const owner = { ID: 'aa11' };
const grant = (Grantee: Json, Permission: string): Json => ({ Grantee, Permission });
const everyone = { Type: 'Group', URI: 'http://acs.amazonaws.com/groups/global/AllUsers' };
const group = (more: JsonObject): readonly Sighting[] =>
  groupShown(place, { GroupId: 'sg-1', GroupName: 'web', ...more });
const doc = '{"Version":"2012-10-17","Statement":[]}';

const cases: readonly (readonly [string, readonly Sighting[], object])[] = [
  [
    'a bucket of which nothing could be read but its name is there',
    bucket({}),
    { type: 'AWS::S3::Bucket', id: 'vault', arn: 'arn:aws:s3:::vault', region: 'eu-west-1', aspects: {} },
  ],
  ['a policy is told', bucket({ policy: doc }), { aspects: { policy: set(doc) } }],
  ['that there is no policy is told too', bucket({ policy: null }), { aspects: { policy: set(undefined) } }],
  [
    "an ACL is told but for the owner's own right",
    bucket({
      acl: {
        Owner: owner,
        Grants: [grant({ Type: 'CanonicalUser', ...owner }, 'FULL_CONTROL'), grant(everyone, 'READ')],
      },
    }),
    { aspects: { acl: set([`${everyone.URI}: READ`]) } },
  ],
  [
    'an ACL for the owner alone gives nothing',
    bucket({
      acl: { Owner: owner, Grants: [grant({ Type: 'CanonicalUser', ...owner }, 'FULL_CONTROL')] },
    }),
    { aspects: { acl: set([]) } },
  ],
  [
    'the switches that are on are told',
    bucket({
      block: { PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: false } },
    }),
    { aspects: { 'block-public-access': set(['BlockPublicAcls']) } },
  ],
  [
    'a bucket without a block has all switches off',
    bucket({ block: null }),
    { aspects: { 'block-public-access': set([]) } },
  ],
  [
    'ownership is told',
    bucket({ ownership: { OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] } } }),
    { aspects: { ownership: set('BucketOwnerEnforced') } },
  ],
  [
    'versioning that never was is told',
    bucket({ versioning: {} }),
    { aspects: { versioning: set(undefined) } },
  ],
  [
    'versioning is told',
    bucket({ versioning: { Status: 'Suspended' } }),
    { aspects: { versioning: set('Suspended') } },
  ],
  ['a website is told', bucket({ website: { IndexDocument: {} } }), { aspects: { website: set(true) } }],
  ['that there is none is told', bucket({ website: null }), { aspects: { website: set(undefined) } }],
  [
    'an account without a block has all switches off',
    accountBlockShown(place, null),
    {
      type: 'AWS::S3::AccountPublicAccessBlock',
      id: '111122223333',
      aspects: { 'block-public-access': set([]) },
    },
  ],
  [
    "a group's rules are told in the words of events",
    group({
      IpPermissions: [
        {
          IpProtocol: 'tcp',
          FromPort: 22,
          ToPort: 22,
          IpRanges: [{ CidrIp: '0.0.0.0/0' }],
          Ipv6Ranges: [{ CidrIpv6: '::/0' }],
          UserIdGroupPairs: [{ GroupId: 'sg-2' }],
        },
      ],
      IpPermissionsEgress: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
      Tags: [{ Key: 'team', Value: 'web' }],
    }),
    {
      id: 'sg-1',
      name: 'web',
      aspects: {
        'inbound rules': all('tcp port 22 from 0.0.0.0/0', 'tcp port 22 from ::/0', 'tcp port 22 from sg-2'),
        'outbound rules': all('everything to 0.0.0.0/0'),
        tags: all('team=web'),
      },
    },
  ],
  ['a group without rules has none', group({}), { aspects: { 'inbound rules': all() } }],
  [
    'an instance is told with where it is reached',
    instanceShown(place, {
      InstanceId: 'i-1',
      InstanceType: 't3.micro',
      State: { Name: 'running' },
      PublicIpAddress: '192.0.2.7',
      PublicDnsName: 'EC2-192-0-2-7.compute.amazonaws.com',
      NetworkInterfaces: [{ Association: { PublicIp: '192.0.2.8' } }],
    }),
    {
      id: 'i-1',
      aspects: {
        kind: set('t3.micro'),
        'reached-at': all('192.0.2.7', 'ec2-192-0-2-7.compute.amazonaws.com', '192.0.2.8'),
      },
    },
  ],
  [
    'an elastic address is told',
    addressShown(place, { AllocationId: 'eipalloc-1', PublicIp: '192.0.2.7', InstanceId: 'i-1' }),
    {
      id: 'eipalloc-1',
      name: '192.0.2.7',
      aspects: { attached: set('i-1'), 'reached-at': all('192.0.2.7') },
    },
  ],
  [
    'a user is told with its policies',
    authorizationShown(place, {
      UserDetailList: [
        {
          UserName: 'ana',
          Arn: 'arn:aws:iam::111122223333:user/team/ana',
          UserPolicyList: [{ PolicyName: 'own', PolicyDocument: encodeURIComponent(doc) }],
          AttachedManagedPolicies: [{ PolicyArn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }],
        },
      ],
    }),
    {
      type: 'AWS::IAM::User',
      id: '111122223333/ana',
      arn: 'arn:aws:iam::111122223333:user/team/ana',
      aspects: {
        'inline-policy own': set(doc),
        'attached policies': all('arn:aws:iam::aws:policy/ReadOnlyAccess'),
        'permissions boundary': set(undefined),
      },
    },
  ],
  [
    'a role is told with whom it trusts',
    authorizationShown(place, {
      RoleDetailList: [{ RoleName: 'deploy', AssumeRolePolicyDocument: encodeURIComponent(doc) }],
    }),
    { type: 'AWS::IAM::Role', id: '111122223333/deploy', aspects: { trust: set(doc) } },
  ],
  [
    'a managed policy is told by its default version, and the others are kept for when they become it',
    authorizationShown(place, {
      Policies: [
        {
          Arn: 'arn:aws:iam::111122223333:policy/reads',
          PolicyName: 'reads',
          DefaultVersionId: 'v2',
          PolicyVersionList: [
            { VersionId: 'v1', Document: '{}', IsDefaultVersion: false },
            { VersionId: 'v2', Document: encodeURIComponent(doc), IsDefaultVersion: true },
          ],
        },
      ],
    }),
    {
      id: 'arn:aws:iam::111122223333:policy/reads',
      aspects: { policy: set(doc), 'version v1': set('{}'), 'version v2': set(doc) },
    },
  ],
  [
    'a key is told with whose it is',
    accessKeyShown(place, { AccessKeyId: 'AKIA1', UserName: 'ana', Status: 'Inactive' }),
    { type: 'AWS::IAM::AccessKey', id: 'AKIA1', aspects: { user: set('ana'), status: set('Inactive') } },
  ],
  [
    'a database is told by its ARN, in the place that it names',
    databaseShown(place, {
      DBInstanceIdentifier: 'billing',
      DBInstanceArn: 'arn:aws:rds:eu-west-1:111122223333:db:billing',
      PubliclyAccessible: false,
      Endpoint: { Address: 'billing.x.eu-west-1.rds.amazonaws.com' },
    }),
    {
      id: '111122223333/eu-west-1/billing',
      aspects: {
        'publicly accessible': set(false),
        'reached-at': all('billing.x.eu-west-1.rds.amazonaws.com'),
      },
    },
  ],
  [
    'a cluster is told',
    clusterShown(place, { DBClusterIdentifier: 'shop', DeletionProtection: true }),
    { id: '111122223333/eu-west-1/shop', aspects: { 'deletion protection': set(true) } },
  ],
  [
    'a snapshot is told with whom it is shared with',
    databaseSnapshotShown(
      place,
      { DBSnapshotIdentifier: 'monday', Encrypted: false },
      {
        DBSnapshotAttributesResult: {
          DBSnapshotAttributes: [{ AttributeName: 'restore', AttributeValues: ['all'] }],
        },
      },
    ),
    { type: 'AWS::RDS::DBSnapshot', aspects: { 'shared with': all('all'), encrypted: set(false) } },
  ],
  [
    'a snapshot of a cluster is told apart',
    databaseSnapshotShown(
      place,
      { DBClusterSnapshotIdentifier: 'monday' },
      { DBClusterSnapshotAttributesResult: { DBClusterSnapshotAttributes: [] } },
    ),
    { type: 'AWS::RDS::DBClusterSnapshot', aspects: { 'shared with': all() } },
  ],
  [
    'a zone is told without what its id stands after, and in no region',
    zoneShown(place, { Id: '/hostedzone/Z1', Name: 'example.com.', Config: { PrivateZone: false } }),
    { id: 'Z1', name: 'example.com', aspects: { visible: set('public') } },
  ],
  [
    'an alias is told by its target, and a star is written as one',
    recordShown(place, 'Z1', {
      Name: '\\052.Example.com.',
      Type: 'A',
      AliasTarget: { DNSName: 'D1.cloudfront.net.', HostedZoneId: 'Z2' },
    }),
    { id: 'Z1/*.example.com/A', what: 'shown', aspects: { 'points-at': set(['d1.cloudfront.net']) } },
  ],
];

describe('what a look at an account shows', () => {
  it.each(cases)('%s', (_, sightings, expected) => {
    expect(sightings).toMatchObject([{ what: 'shown', account: '111122223333', ...expected }]);
  });

  it('leaves out what could not be read, so that what is known of it stays', () => {
    const [aspects] = [
      ...bucket({}),
      ...databaseSnapshotShown(place, { DBSnapshotIdentifier: 'monday' }, undefined),
    ].map((sighting) => Object.keys(sighting.aspects));
    expect(aspects).toEqual([]);
    const [snapshot] = databaseSnapshotShown(place, { DBSnapshotIdentifier: 'monday' }, undefined);
    expect(snapshot?.aspects).not.toHaveProperty('shared with');
  });

  it('shows no instance that is going or gone', () => {
    for (const Name of ['terminated', 'shutting-down'])
      expect(instanceShown(place, { InstanceId: 'i-1', State: { Name } })).toEqual([]);
  });

  it('throws on no answer, whatever it holds', () => {
    const readers: readonly ((value: Json) => unknown)[] = [
      (value) => groupShown(place, value),
      (value) => instanceShown(place, value),
      (value) => addressShown(place, value),
      (value) =>
        authorizationShown(place, { UserDetailList: [value], Policies: value, RoleDetailList: [value] }),
      (value) => accessKeyShown(place, value),
      (value) => databaseShown(place, value),
      (value) => databaseSnapshotShown(place, value, value),
      (value) => zoneShown(place, value),
      (value) => recordShown(place, 'Z1', value),
      (value) => accountBlockShown(place, value),
      (value) => bucket({ policy: value, acl: value, block: value, ownership: value, website: value }),
    ];
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const read of readers) read(value);
      }),
    );
  });
});
