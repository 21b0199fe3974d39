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
];
