import { firstText, flagAt, resourceOf, textAt } from '../call.ts';
import type { Call, Resource } from '../call.ts';
import { quote } from '../sentence.ts';
import { breadthOf, pathAnalyser } from './path.ts';
import type { PathChange, PathKind } from './path.ts';

/** What a route can lead to: the parameters that name it, and what that means. */
interface Way {
  readonly kind: PathKind;
  /** The parameters of CreateRoute that name what traffic goes through. */
  readonly parameters: readonly string[];
  /** What an id begins with, where one parameter takes several kinds of gateway. */
  readonly prefix?: string;
  readonly word: string;
  /** What follows from it. */
  readonly means?: string;
  readonly unknowns?: readonly string[];
}

const unknownPublic = [
  'which subnets use the route table: DescribeRouteTables would tell',
  'which machines in them have public addresses, and what their security groups let in: DescribeNetworkInterfaces would tell',
];
const read = 'whoever runs that can read and change what goes there';

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html
const ways: readonly Way[] = [
  {
    kind: 'internet-route',
    parameters: ['gatewayId'],
    prefix: 'igw-',
    word: 'the internet gateway',
    means: 'machines in its subnets that have public addresses can be reached from there',
    unknowns: unknownPublic,
  },
  {
    kind: 'internet-route',
    parameters: ['carrierGatewayId'],
    word: 'the carrier gateway',
    means: 'machines in its subnets that have carrier addresses can be reached from there',
    unknowns: unknownPublic,
  },
  { kind: 'network-route', parameters: ['gatewayId'], prefix: 'vgw-', word: 'the VPN gateway' },
  { kind: 'network-route', parameters: ['gatewayId'], prefix: 'vpce-', word: 'the gateway endpoint' },
  {
    kind: 'machine-route',
    parameters: ['instanceId'],
    word: 'the instance',
    means: read,
    unknowns: ['whose machine that is: DescribeInstances would tell'],
  },
  {
    kind: 'machine-route',
    parameters: ['networkInterfaceId'],
    word: 'the network interface',
    means: read,
    unknowns: ['which machine, of which account, has the interface: DescribeNetworkInterfaces would tell'],
  },
  {
    kind: 'machine-route',
    parameters: ['vpcEndpointId'],
    word: 'the endpoint of a network appliance',
    means: read,
    unknowns: ['whose appliance that is: DescribeVpcEndpoints would tell'],
  },
  {
    kind: 'network-route',
    parameters: ['vpcPeeringConnectionId'],
    word: 'the peering connection',
    unknowns: ['whose network is at the other end: DescribeVpcPeeringConnections would tell'],
  },
  {
    kind: 'network-route',
    parameters: ['transitGatewayId', 'coreNetworkArn', 'localGatewayId'],
    word: 'the gateway',
    unknowns: ['which networks are behind it: DescribeTransitGatewayAttachments would tell'],
  },
  { kind: 'egress-route', parameters: ['natGatewayId'], word: 'the NAT gateway' },
  {
    kind: 'egress-route',
    parameters: ['egressOnlyInternetGatewayId'],
    word: 'the egress-only internet gateway',
  },
];

/** What changes of routes and internet gateways do to the ways that traffic takes. Fields: path.ts. */
export const route = pathAnalyser('route', {
  ec2: {
    CreateRoute: ofRoute,
    ReplaceRoute: ofRoute,
    DeleteRoute: ofDeletedRoute,
    AssociateRouteTable: ofAssociation,
    ReplaceRouteTableAssociation: ofAssociation,
    AttachInternetGateway: (call) => ofInternetGateway(call, 'opened'),
    DetachInternetGateway: (call) => ofInternetGateway(call, 'closed'),
    CreateDefaultVpc: ofDefaultNetwork,
    CreateDefaultSubnet: ofDefaultNetwork,
    ModifySubnetAttribute: ofSubnet,
  },
});

function tableOf({ event, request }: Call): Resource {
  return resourceOf(event, 'AWS::EC2::RouteTable', 'route table', textAt(request, 'routeTableId'));
}

function destinationOf({ request }: Call): string | undefined {
  return firstText(request, ['destinationCidrBlock', 'destinationIpv6CidrBlock', 'destinationPrefixListId']);
}

function ofRoute(call: Call): PathChange | undefined {
  const destination = destinationOf(call);
  const found = wayOf(call);
  if (destination === undefined || found === undefined) return undefined;
  const { way, through } = found;
  const resource = tableOf(call);
  const spoken = breadthOf([destination]) === 'internet' ? 'the whole internet' : 'the network';
  const means = way.means === undefined ? '' : `: ${way.means}`;
  return {
    kind: way.kind,
    effect: 'opened',
    resource,
    through,
    ranges: [destination],
    says: `${resource.spoken} now sends traffic for ${spoken} (${quote(destination)}) through ${way.word} ${quote(through)}${means}`,
    unknowns: way.unknowns,
  };
}

function wayOf({ request }: Call): { readonly way: Way; readonly through: string } | undefined {
  for (const way of ways) {
    const through = firstText(request, way.parameters);
    if (through !== undefined && through.startsWith(way.prefix ?? '')) return { way, through };
  }
  return undefined;
}

function ofDeletedRoute(call: Call): PathChange | undefined {
  const destination = destinationOf(call);
  if (destination === undefined) return undefined;
  const resource = tableOf(call);
  return {
    kind: 'route',
    effect: 'closed',
    resource,
    ranges: [destination],
    says: `${resource.spoken} has no route of its own for ${quote(destination)} any more`,
  };
}

function ofAssociation(call: Call): PathChange {
  const resource = tableOf(call);
  const place = firstText(call.request, ['subnetId', 'gatewayId', 'associationId']);
  return {
    kind: 'route-table',
    effect: 'unknown',
    resource,
    through: place,
    says: `${resource.spoken} now directs the traffic of ${place === undefined ? 'a subnet that the record does not name' : quote(place)}`,
    unknowns: [
      'where the route table sends traffic, and what directed it before: DescribeRouteTables would tell',
    ],
  };
}

function ofInternetGateway({ event, request }: Call, effect: 'opened' | 'closed'): PathChange {
  const vpc = resourceOf(event, 'AWS::EC2::VPC', 'network', textAt(request, 'vpcId'));
  const gateway = textAt(request, 'internetGatewayId');
  const spoken = `the internet gateway${gateway === undefined ? '' : ` ${quote(gateway)}`}`;
  return {
    kind: 'internet-gateway',
    effect,
    resource: vpc,
    through: gateway,
    says:
      effect === 'opened'
        ? `${vpc.spoken} is now connected to the internet by ${spoken}`
        : `${vpc.spoken} is no longer connected to the internet by ${spoken}`,
    unknowns: effect === 'opened' ? ['which subnets have a route to it: DescribeRouteTables would tell'] : [],
  };
}

function ofDefaultNetwork({ event, response }: Call): PathChange {
  const isNetwork = event.action === 'CreateDefaultVpc';
  const given = isNetwork ? textAt(response, 'vpc.vpcId') : textAt(response, 'subnet.subnetId');
  const resource = resourceOf(
    event,
    isNetwork ? 'AWS::EC2::VPC' : 'AWS::EC2::Subnet',
    isNetwork ? 'the default network' : 'the default subnet',
    given,
  );
  const spoken = given === undefined ? `a default ${isNetwork ? 'network' : 'subnet'}` : resource.spoken;
  // https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html
  return {
    kind: 'default-network',
    effect: 'opened',
    resource,
    says: `${spoken} was made: ${isNetwork ? 'it has an internet gateway, and ' : ''}machines that are started there get public addresses`,
  };
}

function ofSubnet({ event, request }: Call): readonly PathChange[] {
  const resource = resourceOf(event, 'AWS::EC2::Subnet', 'subnet', textAt(request, 'subnetId'));
  const switches = [
    { name: 'mapPublicIpOnLaunch', spoken: 'public IPv4 addresses' },
    { name: 'assignIpv6AddressOnCreation', spoken: 'IPv6 addresses' },
  ];
  return switches.flatMap(({ name, spoken }): readonly PathChange[] => {
    const on = flagAt(request, name);
    if (on === undefined) return [];
    return [
      {
        kind: 'public-addresses-by-default',
        effect: on ? 'opened' : 'closed',
        resource,
        says: `machines that are started in ${resource.spoken} now get ${on ? '' : 'no '}${spoken} unless they ask otherwise`,
        unknowns: on
          ? ['whether the subnet has a route to the internet: DescribeRouteTables would tell']
          : [],
      },
    ];
  });
}
