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
  callOf('ssm', 'SendCommand', {
    documentName: 'arn:aws:ssm:eu-west-1:444455556666:document/Deploy',
    instanceIds: ['i-1', 'i-2'],
    serviceRoleArn: 'arn:aws:iam::111122223333:role/notify',
  }),
  callOf('ec2', 'CopySnapshot', { sourceSnapshotId: 'snap-1', sourceRegion: 'us-east-1' }),
  callOf('rds', 'DeleteDBInstance', { dBInstanceIdentifier: 'billing', skipFinalSnapshot: true }),
];
