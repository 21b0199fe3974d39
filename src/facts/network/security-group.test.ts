import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import { list } from '../../event/json.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import type { Known } from '../known.ts';
import { factsOf } from '../table.ts';
import { apiCall } from '../testing/cloudtrail.ts';
import { reachOf } from './internet.ts';
import { parseRange } from './ranges.ts';
import { lines, refused } from './testing/lines.ts';

const permission = (protocol: Json, from: Json, to: Json, ...ranges: readonly string[]): JsonObject => ({
  ipProtocol: protocol,
  ...(from === null ? {} : { fromPort: from, toPort: to }),
  groups: {},
  ipRanges: {
    items: ranges.filter((range) => !range.includes(':')).map((cidrIp) => ({ cidrIp })),
  },
  ipv6Ranges: {
    items: ranges.filter((range) => range.includes(':')).map((cidrIpv6) => ({ cidrIpv6 })),
  },
  prefixListIds: {},
});
const tcp = (from: Json, to: Json, ...ranges: readonly string[]): JsonObject =>
  permission('tcp', from, to, ...ranges);
const every4 = '0.0.0.0/0';
const office = '8.8.4.0/24';

const authorize = (...permissions: readonly Json[]): Event =>
  apiCall('ec2', 'AuthorizeSecurityGroupIngress', { groupId: 'sg-1', ipPermissions: { items: permissions } });
const group = (action: string, request: JsonObject, more?: JsonObject): Event =>
  apiCall('ec2', action, { groupId: 'sg-1', ...request }, more);
const modify = (...rules: readonly JsonObject[]): Event => {
  const numbered = rules.map((rule, index) => ({
    tag: index + 1,
    SecurityGroupRuleId: `sgr-${index + 1}`,
    SecurityGroupRule: rule,
  }));
  return apiCall('ec2', 'ModifySecurityGroupRules', {
    ModifySecurityGroupRulesRequest: {
      GroupId: 'sg-1',
      SecurityGroupRule: numbered.length === 1 ? (numbered[0] ?? null) : numbered,
    },
  });
};

const into = 'security group `sg-1` now lets in';
const anyone = `${into} anyone on the internet on`;
type Case = readonly [name: string, event: Event, expected: readonly string[]];

const cases: readonly Case[] = [
  ['SSH to everyone', authorize(tcp(22, 22, every4)), [`public opened unknown: ${anyone} TCP 22 (SSH)`]],
  [
    'ports that are written as texts',
    authorize(tcp('22', '22', every4)),
    [`public opened unknown: ${anyone} TCP 22 (SSH)`],
  ],
  [
    'SSH to every IPv6 address',
    authorize(tcp(22, 22, '::/0')),
    [`public opened unknown: ${anyone} TCP 22 (SSH)`],
  ],
  [
    'SSH to both halves of the internet, in one permission',
    authorize(tcp(22, 22, '0.0.0.0/1', '128.0.0.0/1')),
    [`public opened unknown: ${anyone} TCP 22 (SSH)`],
  ],
  [
    'SSH to both halves of the internet, in two permissions',
    authorize(tcp(22, 22, '0.0.0.0/1'), tcp(22, 22, '128.0.0.0/1')),
    [`public opened unknown: ${anyone} TCP 22 (SSH)`],
  ],
  [
    'eight blocks of /5 that overlap in one port alone',
    authorize(
      ...['0.0.0.0/5', '16.0.0.0/5', '32.0.0.0/5', '48.0.0.0/5', '64.0.0.0/5', '80.0.0.0/5'].map(
        (range, index) => tcp(20 - index, 22 + index, range),
      ),
      tcp(22, 22, '144.0.0.0/4'),
      tcp(22, 22, '176.0.0.0/4'),
    ),
    [
      `public opened unknown: ${into} anyone in 36 % of the internet (\`0.0.0.0/5\`, \`144.0.0.0/4\`, \`16.0.0.0/5\`, \`176.0.0.0/4\` and 4 more) on TCP 22 (SSH)`,
      `network opened unknown: ${into} anyone in 36 % of the internet (\`0.0.0.0/5\`, \`144.0.0.0/4\`, \`16.0.0.0/5\`, \`176.0.0.0/4\` and 4 more) on TCP 15-27 (SSH, Telnet, FTP)`,
    ],
  ],
  [
    'a half of the internet is as good as all of it',
    authorize(tcp(6379, 6379, '0.0.0.0/1')),
    [`public opened unknown: ${into} anyone in 57 % of the internet (\`0.0.0.0/1\`) on TCP 6379 (Redis)`],
  ],
  [
    'many addresses, and not so many that it is everybody',
    authorize(tcp(22, 22, '4.0.0.0/6')),
    [`network opened unknown: ${into} anyone in 1.8 % of the internet (\`4.0.0.0/6\`) on TCP 22 (SSH)`],
  ],
  [
    'an office',
    authorize(tcp(22, 22, office)),
    [`network opened unknown: ${into} the address \`8.8.4.0/24\` on TCP 22 (SSH)`],
  ],
  [
    'a private network',
    authorize(tcp(22, 22, '10.0.0.0/8', '100.64.0.0/10')),
    [
      `network opened none: ${into} addresses that are not on the internet (\`10.0.0.0/8\` and \`100.64.0.0/10\`) on TCP 22 (SSH)`,
    ],
  ],
  [
    'the web to everyone and SSH to the office stay apart',
    authorize(tcp(443, 443, every4, '::/0'), tcp(22, 22, office)),
    [
      `public opened unknown: ${anyone} TCP 443 (HTTPS)`,
      `network opened unknown: ${into} the address \`8.8.4.0/24\` on TCP 22 (SSH)`,
    ],
  ],
  [
    'every protocol',
    authorize(permission('-1', null, null, every4)),
    [`public opened unknown: ${anyone} every port`],
  ],
  [
    'every protocol, as a number',
    authorize(permission(-1, -1, -1, every4)),
    [`public opened unknown: ${anyone} every port`],
  ],
  [
    'all ports of TCP',
    authorize(tcp(0, 65_535, every4)),
    [`public opened unknown: ${anyone} every TCP port`],
  ],
  [
    'all ports of TCP by its number, from 1 on',
    authorize(permission('6', 1, 65_535, every4)),
    [`public opened unknown: ${anyone} every TCP port`],
  ],
  [
    'all ports of TCP in two halves',
    authorize(tcp(0, 30_000, every4), tcp(30_001, 65_535, every4)),
    [`public opened unknown: ${anyone} every TCP port`],
  ],
  [
    'every port but one',
    authorize(tcp(0, 21, every4), tcp(23, 65_535, every4)),
    [
      `public opened unknown: ${anyone} TCP 0-21 (FTP) and TCP 23-65535 (Telnet, Windows RPC, rsh and rlogin, and others)`,
    ],
  ],
  [
    'a range with sensitive ports in it',
    authorize(tcp(3000, 4000, every4)),
    [`public opened unknown: ${anyone} TCP 3000-4000 (distcc, Remote Desktop, iSCSI, MySQL)`],
  ],
  [
    'a port that means nothing to anyone',
    authorize(tcp(12_345, 12_345, every4)),
    [`public opened unknown: ${anyone} TCP 12345`],
  ],
  [
    'a port of UDP whose number is that of SSH',
    authorize(permission('udp', 22, 22, every4)),
    [`public opened unknown: ${anyone} UDP 22`],
  ],
  [
    'Memcached by UDP, by the number of the protocol',
    authorize(permission('17', 11_211, 11_211, every4)),
    [`public opened unknown: ${anyone} UDP 11211 (Memcached)`],
  ],
  [
    'ping',
    authorize(permission('icmp', -1, -1, every4), permission('icmpv6', -1, -1, '::/0')),
    [`public opened unknown: ${anyone} ICMP and ICMPv6`],
  ],
  [
    'a tunnel, by the number of its protocol',
    authorize(permission('47', null, null, every4)),
    [`public opened unknown: ${anyone} GRE`],
  ],
  [
    'a protocol nobody knows',
    authorize(permission('toString', null, null, every4)),
    [`public opened unknown: ${anyone} protocol \`tostring\``],
  ],
  [
    'parameters flat beside the group',
    group('AuthorizeSecurityGroupIngress', {
      cidrIp: every4,
      ipProtocol: 'tcp',
      fromPort: 3389,
      toPort: 3389,
    }),
    [`public opened unknown: ${anyone} TCP 3389 (Remote Desktop)`],
  ],
  [
    'a group by its name',
    apiCall('ec2', 'AuthorizeSecurityGroupIngress', {
      groupName: 'default',
      ipPermissions: { items: [tcp(22, 22, every4)] },
    }),
    ['public opened unknown: security group `default` now lets in anyone on the internet on TCP 22 (SSH)'],
  ],
  [
    'members of a group of the same account',
    authorize({
      ipProtocol: 'tcp',
      fromPort: 22,
      toPort: 22,
      groups: { items: [{ groupId: 'sg-2', userId: '111122223333' }] },
    }),
    [`own-account opened none: ${into} members of the security group \`sg-2\` on TCP 22 (SSH)`],
  ],
  [
    'members of a group of a foreign account',
    authorize({
      ipProtocol: 'tcp',
      fromPort: 22,
      toPort: 22,
      groups: { items: [{ groupId: 'sg-2', userId: '444455556666' }] },
    }),
    [
      `external-account opened unknown: ${into} members of the security group \`sg-2\` of the outside AWS account \`444455556666\` on TCP 22 (SSH)`,
    ],
  ],
  [
    'a prefix list',
    authorize({
      ipProtocol: 'tcp',
      fromPort: 22,
      toPort: 22,
      prefixListIds: { items: [{ prefixListId: 'pl-1' }] },
    }),
    [`unknown opened unknown: ${into} whatever addresses are in the prefix list \`pl-1\` on TCP 22 (SSH)`],
  ],
  [
    'a range that cannot be read',
    authorize(tcp(22, 22, '0.0.0.0/33')),
    [`unknown opened unknown: ${into} a source that cannot be read (\`0.0.0.0/33\`) on TCP 22 (SSH)`],
  ],
  [
    'a rule changed: the record does not say which way',
    modify({ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIpv4: every4 }),
    [
      'public opened unknown: security group `sg-1` now lets anyone on the internet through on TCP 22 (SSH), inbound or outbound',
    ],
  ],
  [
    'two rules changed to a half of the internet each',
    modify(
      { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIpv4: '0.0.0.0/1' },
      { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIpv4: '128.0.0.0/1' },
    ),
    [
      'public opened unknown: security group `sg-1` now lets anyone on the internet through on TCP 22 (SSH), inbound or outbound',
    ],
  ],
  [
    'a rule changed to a group and one to a prefix list',
    modify({ IpProtocol: '-1', ReferencedGroupId: 'sg-3' }, { IpProtocol: '-1', PrefixListId: 'pl-2' }),
    [
      'unknown opened unknown: security group `sg-1` now lets whatever addresses are in the prefix list `pl-2` through on every port, inbound or outbound',
      'own-account opened none: security group `sg-1` now lets members of the security group `sg-3` through on every port, inbound or outbound',
    ],
  ],
  [
    'the way out to everywhere is no exposure',
    group('AuthorizeSecurityGroupEgress', {
      ipPermissions: { items: [permission('-1', null, null, every4)] },
    }),
    [
      'public opened none: security group `sg-1` now lets traffic out to anyone on the internet on every port',
    ],
  ],
  [
    'the attempt is refused',
    group('AuthorizeSecurityGroupIngress', { ipPermissions: { items: [tcp(22, 22, every4)] } }, refused),
    [
      `public unchanged none: tried this, but the call failed (\`Client.UnauthorizedOperation\`): ${anyone} TCP 22 (SSH)`,
    ],
  ],
  [
    'an open rule is taken away',
    group('RevokeSecurityGroupIngress', { ipPermissions: { items: [tcp(22, 22, every4)] } }),
    [
      'public closed none: security group `sg-1` no longer has the rule that lets in anyone on the internet on TCP 22 (SSH)',
    ],
  ],
  [
    'a rule is taken away by its id, and the answer says what it was',
    group(
      'RevokeSecurityGroupIngress',
      { securityGroupRuleIds: { items: [{ securityGroupRuleId: 'sgr-1' }] } },
      {
        responseElements: {
          _return: true,
          revokedSecurityGroupRuleSet: {
            items: [{ ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv6: '::/0', isEgress: false }],
          },
        },
      },
    ),
    [
      'public closed none: security group `sg-1` no longer has the rule that lets in anyone on the internet on TCP 22 (SSH)',
    ],
  ],
  [
    'the answer tells what the request leaves out',
    apiCall('ec2', 'AuthorizeSecurityGroupIngress', null, {
      responseElements: {
        securityGroupRuleSet: {
          items: [
            {
              groupId: 'sg-1',
              ipProtocol: '-1',
              referencedGroupInfo: { groupId: 'sg-9', userId: '444455556666' },
            },
          ],
        },
      },
    }),
    [
      `external-account opened unknown: ${into} members of the security group \`sg-9\` of the outside AWS account \`444455556666\` on every port`,
    ],
  ],
  ['a permission for nobody', authorize(tcp(22, 22)), []],
  ['a record without parameters', apiCall('ec2', 'AuthorizeSecurityGroupIngress', null), []],
];

describe('rules of a security group', () => {
  it.each(cases)('%s', (_name, event, expected) => {
    expect(lines(factsOf(event), 'audience', 'change', 'verdict')).toEqual(expected);
  });

  it('keep each source and its ports together', () => {
    const allows = factsOf(
      authorize(tcp(443, 443, every4), tcp(22, 22, office), tcp(3306, 3306, '10.0.0.0/8')),
    ).map((fact) => fact.fields['allows']);
    expect(allows).toEqual([
      ['public:web-port', 'public:https'],
      ['network:admin-port', 'network:ssh'],
      ['private:data-port', 'private:mysql'],
    ]);
  });

  it('know accounts that are known', () => {
    const event = authorize({
      ipProtocol: '-1',
      groups: { items: [{ groupId: 'sg-2', userId: '444455556666' }] },
    });
    const known: Known = { accounts: { '444455556666': { relation: 'own' } }, organisations: [] };
    expect(factsOf(event, known).map((fact) => fact.fields['audience'])).toEqual(['known-account']);
  });

  it('mean the same in whatever order they come', () => {
    const range = fc.constantFrom(every4, '0.0.0.0/1', '128.0.0.0/1', office, '10.0.0.0/8', '::/0', 'x');
    const any = fc
      .tuple(fc.constantFrom('tcp', 'udp', '-1', '47'), fc.nat(70_000), fc.nat(3000), fc.array(range))
      .map(([protocol, from, more, ranges]) => permission(protocol, from, from + more, ...ranges));
    fc.assert(
      fc.property(fc.array(any, { maxLength: 8 }), (permissions) => {
        const fields = (list: readonly JsonObject[]): unknown =>
          factsOf(authorize(...list)).map((fact) => fact.fields);
        expect(fields(permissions.toReversed())).toEqual(fields(permissions));
      }),
    );
  });

  it('open a port to the internet just where a quarter of it and more is let in there', () => {
    // Sixteenths of IPv4, none of which is a quarter of the internet by itself, and ports of which none is known.
    const sixteenths = Array.from({ length: 16 }, (_, index) => `${index * 16}.0.0.0/4`);
    const one = fc.tuple(fc.constantFrom(...sixteenths), fc.nat(9), fc.nat(6));
    fc.assert(
      fc.property(fc.array(one, { maxLength: 14 }), (rules) => {
        const first = 40_000;
        const spans = rules.map(([block, from, more]) => ({
          block,
          from: first + from,
          to: first + from + more,
        }));
        const facts = factsOf(authorize(...spans.map(({ block, from, to }) => tcp(from, to, block))));
        const internet = facts.find((fact) => fact.fields['source'] === 'internet');
        const open = new Set<number>();
        for (const port of list(internet?.fields, 'ports')) {
          const [from = 0, to = from] = [...JSON.stringify(port).matchAll(/\d+/g)].map(Number);
          for (let number = from; number <= to; number++) open.add(number);
        }
        const expected = new Set<number>();
        for (let port = first; port < first + 20; port++) {
          const blocks = spans.filter(({ from, to }) => port >= from && port <= to).map(({ block }) => block);
          const ranges = blocks.flatMap((block) => parseRange(block) ?? []);
          if (reachOf(ranges).breadth === 'internet') expected.add(port);
        }
        expect([...open].sort((a, b) => a - b)).toEqual([...expected]);
      }),
      { numRuns: 300 },
    );
  });

  it('never make the analyser throw, or take long', () => {
    const many = Array.from({ length: 3000 }, (_, index) =>
      tcp(index, index + 1000, `${(index * 7) % 224}.0.0.0/8`, `2${(index % 10).toString()}00::/8`),
    );
    expect(factsOf(authorize(...many)).length).toBeGreaterThan(0);
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (request, answer) => {
        for (const action of [
          'AuthorizeSecurityGroupIngress',
          'ModifySecurityGroupRules',
          'RevokeSecurityGroupEgress',
        ])
          for (const parameters of [
            request,
            { ipPermissions: request },
            { ModifySecurityGroupRulesRequest: { SecurityGroupRule: request } },
          ])
            expect(factsOf(apiCall('ec2', action, parameters, { responseElements: answer }))).toBeInstanceOf(
              Array,
            );
      }),
    );
  });
});
