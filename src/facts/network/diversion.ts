import { accountOfArn } from '../../decode/cloudtrail/arn.ts';
import { at, firstText, membersAt, resourceOf, textAt } from '../call.ts';
import type { Call } from '../call.ts';
import { listed, quote } from '../sentence.ts';
import { breadthOf, pathAnalyser } from './path.ts';
import type { PathChange } from './path.ts';

/** What makes traffic heard by others or sends it elsewhere: mirrors, name servers handed out, lists of addresses that rules follow. Fields: path.ts. */
export const diversion = pathAnalyser('diversion', {
  ec2: {
    AssociateDhcpOptions: ofDhcpAssociation,
    CreateDhcpOptions: ofDhcpOptions,
    CreateManagedPrefixList: ofPrefixList,
    ModifyManagedPrefixList: ofPrefixList,
    CreateTrafficMirrorSession: ofMirror,
    ModifyTrafficMirrorSession: ofMirror,
    DeleteTrafficMirrorSession: ofMirrorEnd,
    CreateTrafficMirrorTarget: ofMirrorTarget,
  },
});

// https://docs.aws.amazon.com/vpc/latest/mirroring/what-is-traffic-mirroring.html
function ofMirror({ event, request }: Call): PathChange {
  const source = textAt(request, 'networkInterfaceId');
  const target = textAt(request, 'trafficMirrorTargetId');
  const session = textAt(request, 'trafficMirrorSessionId');
  const resource =
    source === undefined
      ? resourceOf(event, 'AWS::EC2::TrafficMirrorSession', 'traffic mirror session', session)
      : resourceOf(event, 'AWS::EC2::NetworkInterface', 'network interface', source);
  return {
    kind: 'traffic-mirror',
    effect: source === undefined && target === undefined ? 'unknown' : 'opened',
    resource,
    through: target,
    says: `a copy of the traffic of ${resource.spoken} now goes to ${target === undefined ? 'a target that the record does not name' : `mirror target ${quote(target)}`}`,
    unknowns: ['who reads what arrives at the target: DescribeTrafficMirrorTargets would tell what it is'],
  };
}

function ofMirrorEnd({ event, request }: Call): PathChange {
  const id = textAt(request, 'trafficMirrorSessionId');
  const resource = resourceOf(event, 'AWS::EC2::TrafficMirrorSession', 'traffic mirror session', id);
  return { kind: 'traffic-mirror', effect: 'closed', resource, says: `${resource.spoken} is deleted` };
}

function ofMirrorTarget({ event, request, response }: Call): PathChange {
  const id = textAt(response, 'trafficMirrorTarget.trafficMirrorTargetId');
  const resource = resourceOf(event, 'AWS::EC2::TrafficMirrorTarget', 'traffic mirror target', id);
  const place = firstText(request, [
    'networkLoadBalancerArn',
    'networkInterfaceId',
    'gatewayLoadBalancerEndpointId',
  ]);
  const owner = accountOfArn(place);
  return {
    kind: 'traffic-mirror',
    effect: 'unknown',
    resource,
    through: place,
    peers: owner === undefined ? undefined : [owner],
    says: `copies of traffic can now be sent to ${place === undefined ? 'a place that the record does not name' : quote(place)}`,
    unknowns: ['whether a session mirrors traffic to it: DescribeTrafficMirrorSessions would tell'],
  };
}

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateDhcpOptions.html
function ofDhcpOptions({ event, request, response }: Call): PathChange | undefined {
  const entries = [...membersAt(request, 'dhcpConfigurationSet'), ...membersAt(request, 'dhcpConfiguration')];
  const servers = entries
    .filter((entry) => textAt(entry, 'key')?.toLowerCase() === 'domain-name-servers')
    .flatMap((entry) => [...membersAt(entry, 'valueSet'), ...membersAt(entry, 'value')])
    .flatMap((item) => (typeof item === 'string' ? item : (textAt(item, 'value') ?? [])))
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '' && text !== 'AmazonProvidedDNS');
  if (servers.length === 0) return undefined;
  const id = textAt(response, 'dhcpOptions.dhcpOptionsId');
  const resource = resourceOf(event, 'AWS::EC2::DHCPOptions', 'DHCP options', id);
  const where = breadthOf(servers) === 'private' ? '' : ', which is not only in private networks';
  return {
    kind: 'dns-servers',
    effect: 'opened',
    resource,
    ranges: servers,
    says: `${id === undefined ? 'new DHCP options' : resource.spoken} tell machines to ask the name server${servers.length > 1 ? 's' : ''} ${listed(servers.map(quote))}${where}`,
    unknowns: ['which networks use these options: DescribeVpcs would tell'],
  };
}

function ofDhcpAssociation({ event, request }: Call): PathChange {
  const vpc = resourceOf(event, 'AWS::EC2::VPC', 'network', textAt(request, 'vpcId'));
  const options = textAt(request, 'dhcpOptionsId');
  return {
    kind: 'dns-servers',
    effect: options === 'default' ? 'closed' : 'unknown',
    resource: vpc,
    through: options,
    says: `machines in ${vpc.spoken} now follow ${options === 'default' ? 'no DHCP options: they ask the name servers of AWS' : `the DHCP options ${options === undefined ? 'that the record does not name' : quote(options)}`}`,
    unknowns:
      options === 'default'
        ? []
        : ['which name servers these options name, and which it had before: DescribeDhcpOptions would tell'],
  };
}

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyManagedPrefixList.html
function ofPrefixList({ event, request, response }: Call): PathChange | undefined {
  const added = [
    ...membersAt(request, 'addEntries'),
    ...membersAt(request, 'addEntry'),
    ...membersAt(request, 'entry'),
    ...membersAt(request, 'entries'),
  ];
  const ranges = added.flatMap((item) => textAt(item, 'cidr') ?? []);
  if (ranges.length === 0) return undefined;
  const id = textAt(request, 'prefixListId') ?? textAt(at(response, 'prefixList'), 'prefixListId');
  const resource = resourceOf(event, 'AWS::EC2::PrefixList', 'prefix list', id);
  const whole = breadthOf(ranges) === 'internet' ? ', which are the whole internet' : '';
  return {
    kind: 'prefix-list',
    effect: 'opened',
    resource,
    ranges,
    says: `${resource.spoken} now holds ${listed(ranges.map(quote))}${whole}: every rule and route that names the list follows it`,
    unknowns: ['which security groups and routes name the list: GetManagedPrefixListAssociations would tell'],
  };
}
