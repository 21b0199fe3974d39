import type { Event } from '../../../event/event.ts';
import { apiCall } from '../../testing/cloudtrail.ts';

/** Calls whose facts have, together, every field that facts about networks have. */
export const networkExamples: readonly Event[] = [
  apiCall('ec2', 'AuthorizeSecurityGroupIngress', {
    groupId: 'sg-1',
    cidrIp: '0.0.0.0/0',
    ipProtocol: 'tcp',
    fromPort: 22,
    toPort: 22,
  }),
  apiCall('ec2', 'CreateRoute', {
    routeTableId: 'rtb-1',
    destinationCidrBlock: '0.0.0.0/0',
    gatewayId: 'igw-1',
  }),
  apiCall('ec2', 'CreateVpcPeeringConnection', {
    vpcId: 'vpc-1',
    peerVpcId: 'vpc-2',
    peerOwnerId: '444455556666',
  }),
];
