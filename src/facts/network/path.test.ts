import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import type { Fact } from '../fact.ts';
import type { Known } from '../known.ts';
import { factsOf } from '../table.ts';
import { apiCall } from '../testing/cloudtrail.ts';
import { networkAnalysers } from './table.ts';
import { lines, refused } from './testing/lines.ts';

const ec2 = (action: string, request: Json, more?: JsonObject): Event =>
  apiCall('ec2', action, request, more);
/** A call of the newer kind, whose parameters stand in an object of their own. */
const newer = (
  action: string,
  request: JsonObject,
  response: JsonObject = {},
  more: JsonObject = {},
): Event =>
  ec2(
    action,
    { [`${action}Request`]: request },
    { responseElements: { [`${action}Response`]: response }, ...more },
  );
const paths = (event: Event): readonly Fact[] => factsOf(event).filter((fact) => fact.subject === 'path');
const stranger = '444455556666';
const route = (more: JsonObject): Event =>
  ec2('CreateRoute', { routeTableId: 'rtb-1', destinationCidrBlock: '0.0.0.0/0', ...more });
const dhcp = (...values: readonly string[]): Event =>
  ec2('CreateDhcpOptions', {
    dhcpConfigurationSet: {
      items: [
        { key: 'domain-name', valueSet: { items: [{ value: 'example.com' }] } },
        { key: 'domain-name-servers', valueSet: { items: values.map((value) => ({ value })) } },
      ],
    },
  });

type Case = readonly [name: string, event: Event, expected: readonly string[]];

const cases: readonly Case[] = [
  [
    'the way to the internet opens for a private subnet',
    route({ gatewayId: 'igw-1' }),
    [
      'internet-route opened internet: route table `rtb-1` now sends traffic for the whole internet (`0.0.0.0/0`) through the internet gateway `igw-1`: machines in its subnets that have public addresses can be reached from there',
    ],
  ],
  [
    'and by IPv6, through a route that replaces another',
    ec2('ReplaceRoute', { routeTableId: 'rtb-1', destinationIpv6CidrBlock: '::/0', gatewayId: 'igw-1' }),
    [
      'internet-route opened internet: route table `rtb-1` now sends traffic for the whole internet (`::/0`) through the internet gateway `igw-1`: machines in its subnets that have public addresses can be reached from there',
    ],
  ],
  [
    'a NAT gateway lets nobody in',
    route({ natGatewayId: 'nat-1' }),
    [
      'egress-route opened internet: route table `rtb-1` now sends traffic for the whole internet (`0.0.0.0/0`) through the NAT gateway `nat-1`',
    ],
  ],
  [
    'nor does an egress-only gateway',
    route({
      destinationCidrBlock: null,
      destinationIpv6CidrBlock: '::/0',
      egressOnlyInternetGatewayId: 'eigw-1',
    }),
    [
      'egress-route opened internet: route table `rtb-1` now sends traffic for the whole internet (`::/0`) through the egress-only internet gateway `eigw-1`',
    ],
  ],
  [
    'all traffic goes through a machine',
    route({ networkInterfaceId: 'eni-1' }),
    [
      'machine-route opened internet: route table `rtb-1` now sends traffic for the whole internet (`0.0.0.0/0`) through the network interface `eni-1`: whoever runs that can read and change what goes there',
    ],
  ],
  [
    'traffic for one network goes through a machine',
    route({ destinationCidrBlock: '10.2.0.0/16', instanceId: 'i-1' }),
    [
      'machine-route opened private: route table `rtb-1` now sends traffic for the network (`10.2.0.0/16`) through the instance `i-1`: whoever runs that can read and change what goes there',
    ],
  ],
  [
    'traffic goes to a peer',
    route({ destinationCidrBlock: '10.2.0.0/16', vpcPeeringConnectionId: 'pcx-1' }),
    [
      'network-route opened private: route table `rtb-1` now sends traffic for the network (`10.2.0.0/16`) through the peering connection `pcx-1`',
    ],
  ],
  [
    'traffic goes to a VPN',
    route({ destinationCidrBlock: '10.2.0.0/16', gatewayId: 'vgw-1' }),
    [
      'network-route opened private: route table `rtb-1` now sends traffic for the network (`10.2.0.0/16`) through the VPN gateway `vgw-1`',
    ],
  ],
  [
    'traffic for a prefix list goes to a gateway endpoint',
    route({ destinationCidrBlock: null, destinationPrefixListId: 'pl-1', gatewayId: 'vpce-1' }),
    [
      'network-route opened unknown: route table `rtb-1` now sends traffic for the network (`pl-1`) through the gateway endpoint `vpce-1`',
    ],
  ],
  ['a route to nothing that is known', route({ odbNetworkArn: 'arn:aws:odb:eu-west-1:1:x' }), []],
  ['a route without destination', ec2('CreateRoute', { routeTableId: 'rtb-1', gatewayId: 'igw-1' }), []],
  [
    'a route is refused',
    ec2(
      'CreateRoute',
      { routeTableId: 'rtb-1', destinationCidrBlock: '0.0.0.0/0', gatewayId: 'igw-1' },
      refused,
    ),
    [
      'internet-route unchanged internet: tried this, but the call failed (`Client.UnauthorizedOperation`): route table `rtb-1` now sends traffic for the whole internet (`0.0.0.0/0`) through the internet gateway `igw-1`: machines in its subnets that have public addresses can be reached from there',
    ],
  ],
  [
    'a route is deleted',
    ec2('DeleteRoute', { routeTableId: 'rtb-1', destinationCidrBlock: '0.0.0.0/0' }),
    ['route closed internet: route table `rtb-1` has no route of its own for `0.0.0.0/0` any more'],
  ],
  [
    'a subnet gets another route table',
    ec2('AssociateRouteTable', { routeTableId: 'rtb-1', subnetId: 'subnet-1' }),
    ['route-table unknown -: route table `rtb-1` now directs the traffic of `subnet-1`'],
  ],
  [
    'an internet gateway is attached',
    ec2('AttachInternetGateway', { internetGatewayId: 'igw-1', vpcId: 'vpc-1' }),
    [
      'internet-gateway opened -: network `vpc-1` is now connected to the internet by the internet gateway `igw-1`',
    ],
  ],
  [
    'an internet gateway is detached',
    ec2('DetachInternetGateway', { internetGatewayId: 'igw-1', vpcId: 'vpc-1' }),
    [
      'internet-gateway closed -: network `vpc-1` is no longer connected to the internet by the internet gateway `igw-1`',
    ],
  ],
  [
    'a default network',
    newer('CreateDefaultVpc', {}, { vpc: { vpcId: 'vpc-9' } }),
    [
      'default-network opened -: the default network `vpc-9` was made: it has an internet gateway, and machines that are started there get public addresses',
    ],
  ],
  [
    'a default network that is refused, as real records have it',
    ec2('CreateDefaultVpc', { CreateDefaultVpcRequest: '' }, refused),
    [
      'default-network unchanged -: tried this, but the call failed (`Client.UnauthorizedOperation`): a default network was made: it has an internet gateway, and machines that are started there get public addresses',
    ],
  ],
  [
    'a subnet gives public addresses by default',
    ec2('ModifySubnetAttribute', { subnetId: 'subnet-1', mapPublicIpOnLaunch: { value: true } }),
    [
      'public-addresses-by-default opened -: machines that are started in subnet `subnet-1` now get public IPv4 addresses unless they ask otherwise',
    ],
  ],
  [
    'a subnet gives none any more',
    ec2('ModifySubnetAttribute', { subnetId: 'subnet-1', mapPublicIpOnLaunch: { value: false } }),
    [
      'public-addresses-by-default closed -: machines that are started in subnet `subnet-1` now get no public IPv4 addresses unless they ask otherwise',
    ],
  ],
  [
    'another attribute of a subnet',
    ec2('ModifySubnetAttribute', { subnetId: 'subnet-1', enableDns64: { value: true } }),
    [],
  ],
  [
    'an Elastic IP',
    ec2('AssociateAddress', { instanceId: 'i-1', allocationId: 'eipalloc-1' }),
    ['public-address opened -: instance `i-1` now has the public address `eipalloc-1`'],
  ],
  [
    'an Elastic IP is taken away',
    ec2('DisassociateAddress', { associationId: 'eipassoc-1' }),
    ['public-address closed -: Elastic IP `eipassoc-1` belongs to no machine any more'],
  ],
  [
    'machines with public addresses are started',
    ec2(
      'RunInstances',
      { networkInterfaceSet: { items: [{ deviceIndex: 0, associatePublicIpAddress: true }] } },
      { responseElements: { instancesSet: { items: [{ instanceId: 'i-1' }, { instanceId: 'i-2' }] } } },
    ),
    ['public-address opened -: the new instances `i-1` and `i-2` get public addresses'],
  ],
  ['machines without are started', ec2('RunInstances', { networkInterfaceSet: {} }), []],
  [
    'a machine may pass on what is not its own',
    ec2('ModifyInstanceAttribute', { instanceId: 'i-1', sourceDestCheck: { value: false } }),
    [
      'forwarding opened -: instance `i-1` may now take and pass on traffic that is not its own, as a router or an interceptor does',
    ],
  ],
  [
    'an interface gets other groups and may not forward any more',
    ec2('ModifyNetworkInterfaceAttribute', {
      networkInterfaceId: 'eni-1',
      sourceDestCheck: { value: true },
      groupSet: { items: [{ groupId: 'sg-1' }, { groupId: 'sg-2' }] },
    }),
    [
      'forwarding closed -: network interface `eni-1` takes and sends only its own traffic again',
      'security-groups unknown -: network interface `eni-1` now has the security groups `sg-1` and `sg-2`',
    ],
  ],
  [
    'another attribute of an instance',
    ec2('ModifyInstanceAttribute', { instanceId: 'i-1', userData: '<sensitiveDataRemoved>' }),
    [],
  ],
  [
    'traffic is mirrored, as real records have it',
    newer('CreateTrafficMirrorSession', {
      ClientToken: '32617bdc-4512-4f42-a69f-3da62c6692c6',
      NetworkInterfaceId: 'eni-1',
      SessionNumber: 1,
      TrafficMirrorTargetId: 'tmt-1',
    }),
    [
      'traffic-mirror opened -: a copy of the traffic of network interface `eni-1` now goes to mirror target `tmt-1`',
    ],
  ],
  [
    'a place for mirrored traffic',
    newer('CreateTrafficMirrorTarget', { NetworkInterfaceId: 'eni-2' }),
    ['traffic-mirror unknown -: copies of traffic can now be sent to `eni-2`'],
  ],
  [
    'a mirror is taken away',
    newer('DeleteTrafficMirrorSession', { TrafficMirrorSessionId: 'tms-1' }),
    ['traffic-mirror closed -: traffic mirror session `tms-1` is deleted'],
  ],
  [
    'name servers on the internet',
    dhcp('8.8.8.8', 'AmazonProvidedDNS'),
    [
      'dns-servers opened narrow: new DHCP options tell machines to ask the name server `8.8.8.8`, which is not only in private networks',
    ],
  ],
  [
    'name servers of one’s own',
    dhcp('10.0.0.2', '10.0.1.2'),
    [
      'dns-servers opened private: new DHCP options tell machines to ask the name servers `10.0.0.2` and `10.0.1.2`',
    ],
  ],
  ['name servers of AWS', dhcp('AmazonProvidedDNS'), []],
  [
    'a network follows other options',
    ec2('AssociateDhcpOptions', { vpcId: 'vpc-1', dhcpOptionsId: 'dopt-1' }),
    ['dns-servers unknown -: machines in network `vpc-1` now follow the DHCP options `dopt-1`'],
  ],
  [
    'a prefix list comes to hold the internet',
    newer('ModifyManagedPrefixList', {
      PrefixListId: 'pl-1',
      AddEntry: [
        { tag: 1, Cidr: '0.0.0.0/1' },
        { tag: 2, Cidr: '128.0.0.0/1' },
      ],
    }),
    [
      'prefix-list opened internet: prefix list `pl-1` now holds `0.0.0.0/1` and `128.0.0.0/1`, which are the whole internet: every rule and route that names the list follows it',
    ],
  ],
  [
    'a prefix list gets another name',
    newer('ModifyManagedPrefixList', { PrefixListId: 'pl-1', PrefixListName: 'x' }),
    [],
  ],
];

const peerCases: readonly Case[] = [
  [
    'a peering with a stranger is asked for',
    ec2('CreateVpcPeeringConnection', { vpcId: 'vpc-1', peerVpcId: 'vpc-2', peerOwnerId: stranger }),
    [
      'peering unknown foreign-account: a peering of network `vpc-1` and network `vpc-2` of account `444455556666` was asked for',
    ],
  ],
  [
    'a peering within the account is asked for',
    ec2('CreateVpcPeeringConnection', { vpcId: 'vpc-1', peerVpcId: 'vpc-2' }),
    [
      'peering unknown own-account: a peering of network `vpc-1` and network `vpc-2` of account `111122223333` was asked for',
    ],
  ],
  [
    'a peering with a stranger is accepted',
    ec2(
      'AcceptVpcPeeringConnection',
      { vpcPeeringConnectionId: 'pcx-1' },
      {
        responseElements: {
          vpcPeeringConnection: {
            vpcPeeringConnectionId: 'pcx-1',
            requesterVpcInfo: { ownerId: stranger, vpcId: 'vpc-2' },
            accepterVpcInfo: { ownerId: '111122223333', vpcId: 'vpc-1' },
          },
        },
      },
    ),
    [
      'peering opened foreign-account: network `vpc-1` and network `vpc-2` of account `444455556666` are now peered: peering connection `pcx-1`',
    ],
  ],
  [
    'a peering is accepted, and the record does not say whose',
    ec2('AcceptVpcPeeringConnection', { vpcPeeringConnectionId: 'pcx-1' }),
    [
      'peering opened unknown: network of this account and a network of an account that the record does not name are now peered: peering connection `pcx-1`',
    ],
  ],
  [
    'a peering is deleted',
    ec2('DeleteVpcPeeringConnection', { vpcPeeringConnectionId: 'pcx-1' }),
    ['peering closed -: peering connection `pcx-1` is deleted'],
  ],
  [
    'a transit gateway takes everybody who has a share',
    newer('ModifyTransitGateway', {
      TransitGatewayId: 'tgw-1',
      Options: { AutoAcceptSharedAttachments: 'enable' },
    }),
    [
      'transit-gateway-sharing opened -: transit gateway `tgw-1` now connects the network of any account that it is shared with, without asking',
    ],
  ],
  [
    "a stranger's network is attached",
    newer(
      'AcceptTransitGatewayVpcAttachment',
      { TransitGatewayAttachmentId: 'tgw-attach-1' },
      {
        transitGatewayVpcAttachment: { transitGatewayId: 'tgw-1', vpcId: 'vpc-2', vpcOwnerId: stranger },
      },
    ),
    [
      'transit-gateway opened foreign-account: network `vpc-2` of account `444455556666` is now attached to transit gateway `tgw-1`',
    ],
  ],
  [
    "a peering with a stranger's transit gateway is asked for",
    newer('CreateTransitGatewayPeeringAttachment', {
      TransitGatewayId: 'tgw-1',
      PeerTransitGatewayId: 'tgw-2',
      PeerAccountId: stranger,
      PeerRegion: 'us-east-1',
    }),
    [
      'transit-gateway unknown foreign-account: transit gateway `tgw-1` asks to be peered with `tgw-2` of account `444455556666`',
    ],
  ],
  [
    'a VPN',
    ec2(
      'CreateVpnConnection',
      { type: 'ipsec.1', customerGatewayId: 'cgw-1', vpnGatewayId: 'vgw-1' },
      { responseElements: { vpnConnection: { vpnConnectionId: 'vpn-1' } } },
    ),
    [
      'vpn opened -: VPN connection `vpn-1` connects the device of customer gateway `cgw-1` with the networks behind `vgw-1`',
    ],
  ],
  [
    'the far end of VPNs',
    ec2('CreateCustomerGateway', { type: 'ipsec.1', ipAddress: '8.8.4.4', bgpAsn: 65_000 }),
    ['vpn unknown -: VPNs can now be made to a device at `8.8.4.4`'],
  ],
  [
    'everyone who signs in at a Client VPN may go anywhere',
    newer('AuthorizeClientVpnIngress', {
      ClientVpnEndpointId: 'cvpn-endpoint-1',
      TargetNetworkCidr: '0.0.0.0/0',
      AuthorizeAllGroups: true,
    }),
    [
      'client-vpn opened -: everyone who signs in at Client VPN endpoint `cvpn-endpoint-1` may now go to `0.0.0.0/0`',
    ],
  ],
  [
    'an endpoint service stops asking',
    newer('ModifyVpcEndpointServiceConfiguration', { ServiceId: 'vpce-svc-1', AcceptanceRequired: false }),
    [
      'endpoint-service-acceptance opened -: endpoint service `vpce-svc-1` now connects everybody who may ask, without asking back',
    ],
  ],
  [
    'a line from a data centre of strangers',
    apiCall('directconnect', 'AllocatePrivateVirtualInterface', {
      connectionId: 'dxcon-1',
      ownerAccount: stranger,
    }),
    [
      'direct-connect opened foreign-account: Direct Connect resource `dxcon-1` now joins a line into a data centre with networks in AWS (account `444455556666`)',
    ],
  ],
  [
    'an accelerator',
    apiCall('globalaccelerator', 'AddEndpoints', {
      endpointGroupArn: 'arn:aws:globalaccelerator::111122223333:accelerator/a/listener/b/endpoint-group/c',
      endpointConfigurations: [{ endpointId: 'i-1' }],
    }),
    [
      'accelerator opened -: Global Accelerator now leads traffic from the internet to `i-1`, private ones included',
    ],
  ],
];

describe('ways of traffic', () => {
  it.each(cases)('%s', (_name, event, expected) => {
    expect(lines(paths(event), 'kind', 'change', 'reach')).toEqual(expected);
  });

  it.each(peerCases)('%s', (_name, event, expected) => {
    expect(lines(paths(event), 'kind', 'change', 'peer')).toEqual(expected);
  });

  it('know accounts that are known', () => {
    const known: Known = { accounts: { [stranger]: { relation: 'trusted' } }, organisations: [] };
    const [, event] = peerCases[0] ?? [];
    if (event === undefined) throw new Error('no case');
    expect(factsOf(event, known).map(({ fields }) => [fields['peer'], fields['peer_accounts']])).toEqual([
      ['known-account', []],
    ]);
  });

  it('are told from hostile names', () => {
    const [fact] = factsOf(route({ routeTableId: 'rtb-1`\n<!channel>\u202E', gatewayId: 'igw-`' }));
    expect(fact?.explanation).not.toMatch(/[\n\u202E]/);
    expect(fact?.explanation.split('`')).toHaveLength(7);
  });
});

describe('the analysers of networks', () => {
  const names = ['items', 'value', 'groupId', 'routeTableId', 'gatewayId', 'destinationCidrBlock', 'cidr'];
  const { json } = fc.letrec<{ json: Json }>((tie) => ({
    json: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<Json>('0.0.0.0/0', 'igw-1', true, 22, null, '', '10.0.0.0/8'),
      fc.dictionary(fc.constantFrom(...names), tie('json'), { maxKeys: 4 }),
      fc.array(tie('json'), { maxLength: 3 }),
    ),
  }));

  it.each(networkAnalysers.flatMap(({ actions }) => actions))('never throw: %s', (name) => {
    const [service = '', action = ''] = name.split('.amazonaws.com:');
    fc.assert(
      fc.property(
        fc.oneof(json, fc.jsonValue()),
        fc.oneof(json, fc.jsonValue()),
        fc.boolean(),
        (request, answer, fails) => {
          const wrapped = { [`${action}Request`]: request };
          for (const parameters of [request, wrapped]) {
            const more = { responseElements: answer, ...(fails ? refused : {}) };
            for (const fact of factsOf(apiCall(service, action, parameters, more))) {
              expect(fact.explanation.length).toBeLessThan(4000);
              expect(fact.fields['attempted']).toBe(fails);
              expect(fails && fact.unknowns.length > 0).toBe(false);
            }
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
