import { firstText, flagAt, membersAt, resourceOf, textAt } from '../call.ts';
import type { Call, Resource } from '../call.ts';
import { listed, quote } from '../sentence.ts';
import { pathAnalyser } from './path.ts';
import type { PathChange } from './path.ts';

const unknownReach =
  'what its security groups let in, and whether its subnet has a route to the internet: DescribeNetworkInterfaces and DescribeRouteTables would tell';

/** What calls on machines' network interfaces change: public addresses, security groups, forwarding for others. Fields: path.ts. */
export const networkInterface = pathAnalyser('network-interface', {
  ec2: {
    AssociateAddress: ofAddress,
    DisassociateAddress: ofAddressTakenAway,
    RunInstances: ofNewMachines,
    ModifyInstanceAttribute: ofAttributes,
    ModifyNetworkInterfaceAttribute: ofAttributes,
  },
});

function machineOf({ event, request }: Call): Resource {
  const instance = textAt(request, 'instanceId');
  return instance === undefined
    ? resourceOf(
        event,
        'AWS::EC2::NetworkInterface',
        'network interface',
        textAt(request, 'networkInterfaceId'),
      )
    : resourceOf(event, 'AWS::EC2::Instance', 'instance', instance);
}

function ofAddress(call: Call): PathChange {
  const resource = machineOf(call);
  const address = firstText(call.request, ['publicIp', 'allocationId']);
  return {
    kind: 'public-address',
    effect: 'opened',
    resource,
    through: address,
    says: `${resource.spoken} now has the public address ${address === undefined ? 'of an Elastic IP' : quote(address)}`,
    unknowns: [unknownReach],
  };
}

function ofAddressTakenAway({ event, request }: Call): PathChange {
  const address = firstText(request, ['publicIp', 'associationId']);
  const resource = resourceOf(event, 'AWS::EC2::EIP', 'Elastic IP', address);
  return {
    kind: 'public-address',
    effect: 'closed',
    resource,
    says: `${resource.spoken} belongs to no machine any more`,
  };
}

/** Only where the call asks for a public address: what a subnet gives by itself, its record doesn't show. */
function ofNewMachines({ event, request, response }: Call): PathChange | undefined {
  const asked = membersAt(request, 'networkInterfaceSet').some(
    (item) => flagAt(item, 'associatePublicIpAddress') === true,
  );
  if (!asked) return undefined;
  const ids = membersAt(response, 'instancesSet').flatMap((item) => textAt(item, 'instanceId') ?? []);
  const resource = resourceOf(event, 'AWS::EC2::Instance', 'instance', ids[0]);
  const spoken =
    ids.length === 0
      ? 'a new instance'
      : `the new instance${ids.length > 1 ? 's' : ''} ${listed(ids.map(quote))}`;
  return {
    kind: 'public-address',
    effect: 'opened',
    resource,
    says: `${spoken} ${ids.length > 1 ? 'get public addresses' : 'gets a public address'}`,
    unknowns: [unknownReach],
  };
}

function ofAttributes(call: Call): readonly PathChange[] {
  const { request } = call;
  const resource = machineOf(call);
  const changes: PathChange[] = [];
  const checked = flagAt(request, 'sourceDestCheck');
  if (checked !== undefined) {
    changes.push({
      kind: 'forwarding',
      effect: checked ? 'closed' : 'opened',
      resource,
      says: checked
        ? `${resource.spoken} takes and sends only its own traffic again`
        : `${resource.spoken} may now take and pass on traffic that is not its own, as a router or an interceptor does`,
      unknowns: checked ? [] : ['whether a route leads traffic to it: DescribeRouteTables would tell'],
    });
  }
  const groups = membersAt(request, 'groupSet').flatMap((item) => textAt(item, 'groupId') ?? []);
  if (groups.length > 0) {
    changes.push({
      kind: 'security-groups',
      effect: 'unknown',
      resource,
      through: groups.join(' '),
      says: `${resource.spoken} now has the security group${groups.length > 1 ? 's' : ''} ${listed(groups.map(quote))}`,
      unknowns: ['what these groups let in, and which it had before: DescribeSecurityGroups would tell'],
    });
  }
  return changes;
}
