import { accountOfArn } from '../../decode/cloudtrail/arn.ts';
import { at, firstText, flagAt, membersAt, resourceOf, textAt } from '../call.ts';
import type { Call } from '../call.ts';
import { listed, quote } from '../sentence.ts';
import { pathAnalyser } from './path.ts';
import type { PathChange } from './path.ts';

/** What connects a network with others: peering, transit gateways, VPNs, Direct Connect, and what they share. Fields: path.ts. */
export const connection = pathAnalyser('connection', {
  ec2: {
    CreateVpcPeeringConnection: ofPeering,
    AcceptVpcPeeringConnection: ofPeering,
    DeleteVpcPeeringConnection: ofPeeringEnd,
    RejectVpcPeeringConnection: ofPeeringEnd,
    CreateTransitGateway: ofSharing,
    ModifyTransitGateway: ofSharing,
    CreateTransitGatewayVpcAttachment: ofAttachment,
    AcceptTransitGatewayVpcAttachment: ofAttachment,
    CreateTransitGatewayPeeringAttachment: ofTransitPeering,
    AcceptTransitGatewayPeeringAttachment: ofTransitPeering,
    CreateCustomerGateway: ofCustomerGateway,
    CreateVpnConnection: ofVpn,
    DeleteVpnConnection: ofVpnEnd,
    CreateClientVpnEndpoint: ofClientVpn,
    AuthorizeClientVpnIngress: ofClientVpnAccess,
    CreateVpcEndpointServiceConfiguration: ofAcceptance,
    ModifyVpcEndpointServiceConfiguration: ofAcceptance,
  },
  directconnect: {
    AcceptDirectConnectGatewayAssociationProposal: ofDirectConnect,
    AllocatePrivateVirtualInterface: ofDirectConnect,
    AllocateTransitVirtualInterface: ofDirectConnect,
    ConfirmPrivateVirtualInterface: ofDirectConnect,
    ConfirmTransitVirtualInterface: ofDirectConnect,
    CreateDirectConnectGatewayAssociation: ofDirectConnect,
    CreatePrivateVirtualInterface: ofDirectConnect,
    CreateTransitVirtualInterface: ofDirectConnect,
  },
  globalaccelerator: {
    CreateEndpointGroup: ofAccelerator,
    AddEndpoints: ofAccelerator,
    UpdateEndpointGroup: ofAccelerator,
  },
});

const unknownRoutes =
  'whether routes and security groups let traffic pass: DescribeRouteTables and DescribeSecurityGroups would tell';

/** An account in a sentence, or that the record names none. */
function spokenAccount(account: string | undefined): string {
  return account === undefined ? 'an account that the record does not name' : `account ${quote(account)}`;
}

function ofPeering({ event, request, response }: Call): PathChange {
  const made = at(response, 'vpcPeeringConnection');
  const accepts = event.action === 'AcceptVpcPeeringConnection';
  const id = textAt(request, 'vpcPeeringConnectionId') ?? textAt(made, 'vpcPeeringConnectionId');
  const resource = resourceOf(event, 'AWS::EC2::VPCPeeringConnection', 'peering connection', id);
  // Without peerOwnerId the other network is of the same account.
  const peer = accepts
    ? textAt(made, 'requesterVpcInfo.ownerId')
    : (textAt(made, 'accepterVpcInfo.ownerId') ?? textAt(request, 'peerOwnerId') ?? event.account);
  const theirs = accepts ? textAt(made, 'requesterVpcInfo.vpcId') : textAt(request, 'peerVpcId');
  const own = accepts ? textAt(made, 'accepterVpcInfo.vpcId') : textAt(request, 'vpcId');
  const networks = `network ${own === undefined ? 'of this account' : quote(own)} and ${theirs === undefined ? 'a network' : `network ${quote(theirs)}`} of ${spokenAccount(peer)}`;
  return {
    kind: 'peering',
    effect: accepts ? 'opened' : 'unknown',
    resource,
    through: theirs,
    peers: [peer],
    says: accepts
      ? `${networks} are now peered: ${resource.spoken}`
      : `a peering of ${networks} was asked for`,
    unknowns: [
      ...(accepts ? [] : ['whether the other side accepts: DescribeVpcPeeringConnections would tell']),
      unknownRoutes,
    ],
  };
}

function ofPeeringEnd({ event, request }: Call): PathChange {
  const id = textAt(request, 'vpcPeeringConnectionId');
  const resource = resourceOf(event, 'AWS::EC2::VPCPeeringConnection', 'peering connection', id);
  return {
    kind: 'peering',
    effect: 'closed',
    resource,
    says: `${resource.spoken} is ${event.action.startsWith('Reject') ? 'rejected' : 'deleted'}`,
  };
}

function ofSharing({ event, request, response }: Call): PathChange | undefined {
  const word = textAt(request, 'options.autoAcceptSharedAttachments')?.toLowerCase();
  if (word !== 'enable' && word !== 'disable') return undefined;
  const id = textAt(request, 'transitGatewayId') ?? textAt(response, 'transitGateway.transitGatewayId');
  const resource = resourceOf(event, 'AWS::EC2::TransitGateway', 'transit gateway', id);
  const on = word === 'enable';
  // A new one that asks is the default: nothing that anybody wants to hear of.
  if (!on && event.action === 'CreateTransitGateway') return undefined;
  return {
    kind: 'transit-gateway-sharing',
    effect: on ? 'opened' : 'closed',
    resource,
    says: on
      ? `${resource.spoken} now connects the network of any account that it is shared with, without asking`
      : `${resource.spoken} asks again before it connects networks of other accounts`,
    unknowns: on
      ? ['with whom it is shared: GetResourceShareAssociations of Resource Access Manager would tell']
      : [],
  };
}

function ofAttachment({ event, request, response }: Call): PathChange {
  const made = at(response, 'transitGatewayVpcAttachment');
  const accepts = event.action.startsWith('Accept');
  const gateway = textAt(request, 'transitGatewayId') ?? textAt(made, 'transitGatewayId');
  const network = textAt(request, 'vpcId') ?? textAt(made, 'vpcId');
  const resource = resourceOf(event, 'AWS::EC2::TransitGateway', 'transit gateway', gateway);
  const owner = accepts ? textAt(made, 'vpcOwnerId') : event.account;
  return {
    kind: 'transit-gateway',
    effect: 'opened',
    resource,
    through: network,
    peers: accepts ? [owner] : undefined,
    says: `${network === undefined ? 'a network' : `network ${quote(network)}`} of ${spokenAccount(owner)} is now attached to ${resource.spoken}`,
    unknowns: [
      ...(accepts
        ? []
        : ['whose transit gateway that is, and who else is attached: DescribeTransitGateways would tell']),
      unknownRoutes,
    ],
  };
}

function ofTransitPeering({ event, request, response }: Call): PathChange {
  const made = at(response, 'transitGatewayPeeringAttachment');
  const accepts = event.action.startsWith('Accept');
  const id = firstText(request, ['transitGatewayId', 'transitGatewayAttachmentId']);
  const resource = resourceOf(event, 'AWS::EC2::TransitGateway', 'transit gateway', id);
  const peer = accepts
    ? textAt(made, 'requesterTgwInfo.ownerId')
    : (textAt(request, 'peerAccountId') ?? textAt(made, 'accepterTgwInfo.ownerId'));
  const other = accepts
    ? textAt(made, 'requesterTgwInfo.transitGatewayId')
    : textAt(request, 'peerTransitGatewayId');
  return {
    kind: 'transit-gateway',
    effect: accepts ? 'opened' : 'unknown',
    resource,
    through: other,
    peers: [peer],
    says: `${resource.spoken} ${accepts ? 'is now' : 'asks to be'} peered with ${other === undefined ? 'a transit gateway' : quote(other)} of ${spokenAccount(peer)}`,
    unknowns: [
      ...(accepts
        ? []
        : ['whether the other side accepts: DescribeTransitGatewayPeeringAttachments would tell']),
      unknownRoutes,
    ],
  };
}

function ofCustomerGateway({ event, request, response }: Call): PathChange {
  const id = textAt(response, 'customerGateway.customerGatewayId');
  const address = firstText(request, ['ipAddress', 'publicIp']);
  const resource = resourceOf(event, 'AWS::EC2::CustomerGateway', 'customer gateway', id);
  return {
    kind: 'vpn',
    effect: 'unknown',
    resource,
    through: address,
    ranges: address === undefined ? [] : [address],
    says: `VPNs can now be made to a device at ${address === undefined ? 'an address that the record does not name' : quote(address)}`,
    unknowns: ['whether a VPN connection uses it: DescribeVpnConnections would tell'],
  };
}

function ofVpn({ event, request, response }: Call): PathChange {
  const id = textAt(response, 'vpnConnection.vpnConnectionId');
  const resource = resourceOf(event, 'AWS::EC2::VPNConnection', 'VPN connection', id);
  const gateway = firstText(request, ['vpnGatewayId', 'transitGatewayId', 'vpnConcentratorId']);
  const device = textAt(request, 'customerGatewayId');
  return {
    kind: 'vpn',
    effect: 'opened',
    resource,
    through: device,
    says: `${resource.spoken} connects the device of customer gateway ${device === undefined ? 'that the record does not name' : quote(device)} with the networks behind ${gateway === undefined ? 'a gateway of this account' : quote(gateway)}`,
    unknowns: ['where the device is: DescribeCustomerGateways would tell', unknownRoutes],
  };
}

function ofVpnEnd({ event, request }: Call): PathChange {
  const id = textAt(request, 'vpnConnectionId');
  const resource = resourceOf(event, 'AWS::EC2::VPNConnection', 'VPN connection', id);
  return { kind: 'vpn', effect: 'closed', resource, says: `${resource.spoken} is deleted` };
}

function ofClientVpn({ event, request, response }: Call): PathChange {
  const id = textAt(response, 'clientVpnEndpointId');
  const resource = resourceOf(event, 'AWS::EC2::ClientVpnEndpoint', 'Client VPN endpoint', id);
  const vpc = textAt(request, 'vpcId');
  return {
    kind: 'client-vpn',
    effect: 'opened',
    resource,
    through: vpc,
    says: `${resource.spoken} was made, by which people can come into ${vpc === undefined ? 'networks of this account' : `network ${quote(vpc)}`}`,
    unknowns: [
      'who can sign in, and into which networks they may go: DescribeClientVpnAuthorizationRules would tell',
    ],
  };
}

function ofClientVpnAccess({ event, request }: Call): PathChange {
  const id = textAt(request, 'clientVpnEndpointId');
  const resource = resourceOf(event, 'AWS::EC2::ClientVpnEndpoint', 'Client VPN endpoint', id);
  const target = textAt(request, 'targetNetworkCidr');
  const all = flagAt(request, 'authorizeAllGroups') === true;
  const group = textAt(request, 'accessGroupId');
  return {
    kind: 'client-vpn',
    effect: 'opened',
    resource,
    ranges: target === undefined ? [] : [target],
    through: group,
    says: `${all ? 'everyone who signs in' : group === undefined ? 'a group of people' : `group ${quote(group)}`} at ${resource.spoken} may now go to ${target === undefined ? 'a network that the record does not name' : quote(target)}`,
  };
}

function ofAcceptance({ event, request, response }: Call): PathChange | undefined {
  const asks = flagAt(request, 'acceptanceRequired');
  // A new service asks unless it is told not to; what it is told is in the record.
  if (asks === undefined || (asks && event.action.startsWith('Create'))) return undefined;
  const id = textAt(request, 'serviceId') ?? textAt(response, 'serviceConfiguration.serviceId');
  const resource = resourceOf(event, 'AWS::EC2::VPCEndpointService', 'endpoint service', id);
  return {
    kind: 'endpoint-service-acceptance',
    effect: asks ? 'closed' : 'opened',
    resource,
    says: asks
      ? `${resource.spoken} asks again before anybody is connected`
      : `${resource.spoken} now connects everybody who may ask, without asking back`,
    unknowns: asks ? [] : ['who may ask: DescribeVpcEndpointServicePermissions would tell'],
  };
}

// https://docs.aws.amazon.com/directconnect/latest/UserGuide/virtualgateways.html
function ofDirectConnect({ event, request, response }: Call): PathChange {
  const id =
    firstText(request, ['virtualInterfaceId', 'directConnectGatewayId', 'connectionId']) ??
    textAt(response, 'virtualInterfaceId');
  const resource = resourceOf(event, 'AWS::DirectConnect', 'Direct Connect resource', id);
  const others = [
    textAt(request, 'ownerAccount'),
    textAt(request, 'associatedGatewayOwnerAccount'),
    textAt(response, 'directConnectGatewayAssociation.associatedGateway.ownerAccount'),
  ].filter((account) => account !== undefined);
  return {
    kind: 'direct-connect',
    effect: 'opened',
    resource,
    peers: others.length === 0 ? undefined : others,
    says: `${resource.spoken} now joins a line into a data centre with networks in AWS${others.length === 0 ? '' : ` (${listed([...new Set(others)].map(spokenAccount))})`}`,
    unknowns: [unknownRoutes],
  };
}

// https://docs.aws.amazon.com/global-accelerator/latest/api/API_CreateEndpointGroup.html
function ofAccelerator({ event, request, response }: Call): PathChange | undefined {
  const endpoints = membersAt(request, 'endpointConfigurations').flatMap(
    (item) => textAt(item, 'endpointId') ?? [],
  );
  if (endpoints.length === 0) return undefined;
  const owners = endpoints.flatMap((endpoint) => accountOfArn(endpoint) ?? []);
  const group = textAt(request, 'endpointGroupArn') ?? textAt(response, 'endpointGroup.endpointGroupArn');
  const resource = resourceOf(event, 'AWS::GlobalAccelerator::EndpointGroup', 'endpoint group', group);
  return {
    kind: 'accelerator',
    effect: 'opened',
    resource,
    through: endpoints.slice(0, 10).join(' '),
    peers: owners.length === 0 ? undefined : owners,
    says: `Global Accelerator now leads traffic from the internet to ${listed(endpoints.map(quote))}, private ones included`,
    unknowns: ['what their security groups let in: DescribeSecurityGroups would tell'],
  };
}
