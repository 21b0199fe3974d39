import type { Event } from '../../../event/event.ts';
import { callOf } from '../../testing/call.ts';

/** Calls that together give every field of the facts about data stores and machines. */
export const storeExamples: readonly Event[] = [
  callOf('rds', 'ModifyDBInstance', { dBInstanceIdentifier: 'billing', deletionProtection: false }),
  callOf(
    'ec2',
    'RunInstances',
    {
      instanceType: 'p2.xlarge',
      iamInstanceProfile: { name: 'web' },
      instancesSet: { items: [{ imageId: 'ami-1', maxCount: 2 }] },
    },
    { errorCode: 'Client.VcpuLimitExceeded' },
  ),
];
