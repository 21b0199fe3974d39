import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import type { JsonObject } from '../../event/json.ts';
import { factsOf } from '../table.ts';
import { apiCall, denied } from '../testing/cloudtrail.ts';
import { lines, refused } from './testing/lines.ts';

const acl = (request: JsonObject, action = 'CreateNetworkAclEntry', more?: JsonObject): Event =>
  apiCall(
    'ec2',
    action,
    {
      networkAclId: 'acl-1',
      ruleNumber: 90,
      egress: false,
      ruleAction: 'allow',
      aclProtocol: '-1',
      cidrBlock: '0.0.0.0/0',
      icmpTypeCode: {},
      portRange: {},
      ...request,
    },
    more,
  );
const database = (
  request: JsonObject,
  action = 'AuthorizeDBSecurityGroupIngress',
  more?: JsonObject,
): Event => apiCall('rds', action, { dBSecurityGroupName: 'payments', ...request }, more);
const firewall = (action: string, request: JsonObject): Event =>
  apiCall('lightsail', action, { instanceName: 'blog', ...request });

type Case = readonly [name: string, event: Event, expected: readonly string[]];

const cases: readonly Case[] = [
  [
    'a network ACL lets everything in',
    acl({}),
    ['public opened unknown: network ACL `acl-1` now lets in anyone on the internet on every port'],
  ],
  [
    'a network ACL lets in SSH by IPv6',
    acl({
      cidrBlock: undefined,
      ipv6CidrBlock: '::/0',
      aclProtocol: '6',
      portRange: { from: 22, to: 22 },
    }),
    ['public opened unknown: network ACL `acl-1` now lets in anyone on the internet on TCP 22 (SSH)'],
  ],
  [
    'a network ACL lets everything out',
    acl({ egress: true }),
    ['public opened none: network ACL `acl-1` now lets traffic out to anyone on the internet on every port'],
  ],
  [
    'a network ACL keeps everyone out',
    acl({ ruleAction: 'deny' }),
    [
      'public closed none: network ACL `acl-1` now has a rule that keeps out anyone on the internet on every port',
    ],
  ],
  [
    'a rule of a network ACL is replaced',
    acl({ cidrBlock: '10.0.0.0/8' }, 'ReplaceNetworkAclEntry'),
    [
      'network opened none: network ACL `acl-1` now lets in addresses that are not on the internet (`10.0.0.0/8`) on every port',
    ],
  ],
  [
    'a rule of a network ACL is refused',
    acl({}, 'CreateNetworkAclEntry', refused),
    [
      'public unchanged none: tried this, but the call failed (`Client.UnauthorizedOperation`): network ACL `acl-1` now lets in anyone on the internet on every port',
    ],
  ],
  [
    'a rule of a network ACL is deleted: what it was, nobody can tell',
    apiCall('ec2', 'DeleteNetworkAclEntry', { egress: false, networkAclId: 'acl-5fb85d36', ruleNumber: 100 }),
    [
      'unknown unknown unknown: network ACL `acl-5fb85d36` has no inbound rule `100` any more; if it denied something, that may pass now',
    ],
  ],
  [
    'the deletion is refused',
    apiCall(
      'ec2',
      'DeleteNetworkAclEntry',
      { egress: true, networkAclId: 'acl-5fb85d36', ruleNumber: 100 },
      refused,
    ),
    [
      'unknown unchanged none: tried this, but the call failed (`Client.UnauthorizedOperation`): network ACL `acl-5fb85d36` has no outbound rule `100` any more; if it denied something, that may pass now',
    ],
  ],
  ['a network ACL without a range', acl({ cidrBlock: undefined }), []],
  [
    'a DB security group lets in everyone',
    database({ cIDRIP: '0.0.0.0/0' }),
    [
      'public opened unknown: DB security group `payments` now lets in anyone on the internet on the port of its databases',
    ],
  ],
  [
    'a DB security group lets in addresses of documentation',
    database({ cIDRIP: '203.0.113.0/24' }),
    [
      'network opened none: DB security group `payments` now lets in addresses that are not on the internet (`203.0.113.0/24`) on the port of its databases',
    ],
  ],
  [
    'a DB security group lets in machines of a stranger',
    database({ eC2SecurityGroupId: 'sg-2', eC2SecurityGroupOwnerId: '444455556666' }),
    [
      'external-account opened unknown: DB security group `payments` now lets in members of the security group `sg-2` of the outside AWS account `444455556666` on the port of its databases',
    ],
  ],
  [
    'a DB security group is closed',
    database({ cIDRIP: '0.0.0.0/0' }, 'RevokeDBSecurityGroupIngress'),
    [
      'public closed none: DB security group `payments` no longer has the rule that lets in anyone on the internet on the port of its databases',
    ],
  ],
  [
    'a DB security group is refused',
    database({ cIDRIP: '0.0.0.0/0' }, 'AuthorizeDBSecurityGroupIngress', denied),
    [
      'public unchanged none: tried this, but the call failed (`AccessDenied`): DB security group `payments` now lets in anyone on the internet on the port of its databases',
    ],
  ],
  [
    'a Redshift security group lets in half of the internet',
    apiCall('redshift', 'AuthorizeClusterSecurityGroupIngress', {
      clusterSecurityGroupName: 'reports',
      cIDRIP: '0.0.0.0/1',
    }),
    [
      'public opened unknown: Redshift security group `reports` now lets in anyone in 57 % of the internet (`0.0.0.0/1`) on the port of its clusters',
    ],
  ],
  [
    'a cache security group lets in machines of a stranger',
    apiCall('elasticache', 'AuthorizeCacheSecurityGroupIngress', {
      cacheSecurityGroupName: 'sessions',
      eC2SecurityGroupName: 'web',
      eC2SecurityGroupOwnerId: '444455556666',
    }),
    [
      'external-account opened unknown: cache security group `sessions` now lets in members of the security group `web` of the outside AWS account `444455556666` on the port of its caches',
    ],
  ],
  [
    'a Lightsail instance lets in everyone where no source is named',
    firewall('OpenInstancePublicPorts', { portInfo: { fromPort: 22, toPort: 22, protocol: 'tcp' } }),
    ['public opened unknown: Lightsail instance `blog` now lets in anyone on the internet on TCP 22 (SSH)'],
  ],
  [
    'a Lightsail instance lets in the web and an office',
    firewall('PutInstancePublicPorts', {
      portInfos: [
        { fromPort: 443, toPort: 443, protocol: 'TCP', cidrs: ['0.0.0.0/0'] },
        { fromPort: 22, toPort: 22, protocol: 'tcp', cidrs: ['8.8.4.0/24'] },
      ],
    }),
    [
      'public opened unknown: Lightsail instance `blog` now lets in anyone on the internet on TCP 443 (HTTPS)',
      'network opened unknown: Lightsail instance `blog` now lets in the address `8.8.4.0/24` on TCP 22 (SSH)',
    ],
  ],
  [
    'a Lightsail instance is closed',
    firewall('CloseInstancePublicPorts', { portInfo: { fromPort: 0, toPort: 65_535, protocol: 'all' } }),
    [
      'public closed none: Lightsail instance `blog` no longer has the rule that lets in anyone on the internet on every port',
    ],
  ],
];

describe('rules of network ACLs, of database groups and of Lightsail', () => {
  it.each(cases)('%s', (_name, event, expected) => {
    expect(lines(factsOf(event), 'audience', 'change', 'verdict')).toEqual(expected);
  });

  it('keep source and service together, though the record names no port', () => {
    expect(factsOf(database({ cIDRIP: '0.0.0.0/0' })).map(({ fields }) => fields['allows'])).toEqual([
      ['public:data-port', 'public:rds'],
    ]);
  });
});
