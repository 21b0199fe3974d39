import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import { isList } from '../../event/json.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { factsOf } from '../table.ts';
import { callOf } from '../testing/call.ts';
import { denied } from '../testing/cloudtrail.ts';
import { copy } from './copy.ts';
import { deletion } from './deletion.ts';

const text = (value: Json | undefined): string =>
  isList(value) ? value.map(String).join('+') : typeof value === 'string' ? value : '';

function line(event: Event, subject: string, names: readonly string[]): string | undefined {
  const fields = factsOf(event).find((fact) => fact.subject === subject)?.fields;
  return fields === undefined
    ? undefined
    : names
        .map((name) => text(fields[name]))
        .filter((part) => part !== '')
        .join(' ');
}

const answer = (responseElements: Json): JsonObject => ({ responseElements });

describe('a copy', () => {
  it.each<readonly [string, Event, string | undefined]>([
    [
      'a database snapshot within its region',
      callOf('rds', 'CopyDBSnapshot', {
        sourceDBSnapshotIdentifier: 'billing-1',
        targetDBSnapshotIdentifier: 'copy',
      }),
      'copy started own-account copy unknown',
    ],
    [
      'a database snapshot of another region, with a key',
      callOf('rds', 'CopyDBSnapshot', {
        sourceDBSnapshotIdentifier: 'arn:aws:rds:us-east-1:111122223333:snapshot:billing-1',
        targetDBSnapshotIdentifier: 'copy',
        kmsKeyId: 'alias/x',
      }),
      'copy started own-account copy eu-west-1 yes',
    ],
    [
      'a database snapshot without encryption',
      callOf(
        'rds',
        'CopyDBSnapshot',
        { sourceDBSnapshotIdentifier: 'billing-1', targetDBSnapshotIdentifier: 'copy' },
        answer({ encrypted: false }),
      ),
      'copy started own-account copy no',
    ],
    [
      'a restore',
      callOf(
        'rds',
        'RestoreDBInstanceFromDBSnapshot',
        { dBSnapshotIdentifier: 'billing-1', dBInstanceIdentifier: 'copy' },
        answer({ storageEncrypted: true }),
      ),
      'restore started own-account copy yes',
    ],
    [
      'an export whose bucket could be anybody’s',
      callOf('rds', 'StartExportTask', {
        sourceArn: 'arn:aws:rds:eu-west-1:111122223333:snapshot:billing-1',
        s3BucketName: 'lake',
        kmsKeyId: 'k',
      }),
      'export started unknown lake yes',
    ],
    [
      'a refused export',
      callOf('rds', 'StartExportTask', { s3BucketName: 'lake' }, denied),
      'export unchanged unknown lake unknown',
    ],
    [
      'a table for a stranger',
      callOf('dynamodb', 'ExportTableToPointInTime', {
        tableArn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders',
        s3Bucket: 'lake',
        s3BucketOwner: '444455556666',
      }),
      'export started external-account 444455556666 lake',
    ],
    [
      'a table for its own account',
      callOf('dynamodb', 'ExportTableToPointInTime', {
        tableArn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders',
        s3Bucket: 'lake',
      }),
      'export started own-account lake',
    ],
    [
      'a table in a further region',
      callOf('dynamodb', 'UpdateTable', {
        tableName: 'orders',
        replicaUpdates: [{ create: { regionName: 'ap-southeast-1' } }],
      }),
      'replica started own-account ap-southeast-1',
    ],
    [
      'a table that changes otherwise',
      callOf('dynamodb', 'UpdateTable', { tableName: 'orders', billingMode: 'PAY_PER_REQUEST' }),
      undefined,
    ],
    [
      'a disk snapshot without encryption',
      callOf('ec2', 'CopySnapshot', {
        sourceRegion: 'us-east-1',
        sourceSnapshotId: 'snap-1',
        encrypted: false,
      }),
      'copy started own-account eu-west-1 no',
    ],
    [
      'an image',
      callOf('ec2', 'CopyImage', { sourceRegion: 'eu-west-1', sourceImageId: 'ami-1', name: 'copy' }),
      'copy started own-account copy unknown',
    ],
    [
      'an image of an instance',
      callOf('ec2', 'CreateImage', { instanceId: 'i-1', name: 'x' }),
      'snapshot started own-account x',
    ],
    [
      'an instance as a file',
      callOf('ec2', 'CreateInstanceExportTask', { instanceId: 'i-1', exportToS3: { s3Bucket: 'out' } }),
      'export started unknown out',
    ],
    [
      'an image as a file',
      callOf('ec2', 'ExportImage', {
        ExportImageRequest: { ImageId: 'ami-1', S3ExportLocation: { S3Bucket: 'out' } },
      }),
      'export started unknown out',
    ],
    [
      'blocks of a disk',
      callOf('ebs', 'GetSnapshotBlock', { snapshotId: 'snap-1', blockIndex: 0 }),
      'block-read started unknown',
    ],
    [
      'a cache',
      callOf('elasticache', 'CopySnapshot', { sourceSnapshotName: 'c', targetBucket: 'out' }),
      'export started unknown out',
    ],
    [
      'a cache that stays where it is',
      callOf('elasticache', 'CopySnapshot', { sourceSnapshotName: 'c' }),
      undefined,
    ],
  ])('%s', (_name, event, expected) => {
    expect(
      line(event, 'transfer', [
        'kind',
        'change',
        'whose',
        'accounts',
        'destinations',
        'regions',
        'encrypted',
      ]),
    ).toBe(expected);
  });

  it.each<readonly [string, Event, string]>([
    [
      'to a stranger',
      callOf('dynamodb', 'ExportTableToPointInTime', {
        tableArn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders',
        s3Bucket: 'lake',
        s3BucketOwner: '444455556666',
      }),
      'table `orders` is written into a bucket: `lake` of the outside AWS account 444455556666',
    ],
    [
      'without encryption',
      callOf('ec2', 'CopySnapshot', {
        sourceRegion: 'us-east-1',
        sourceSnapshotId: 'snap-1',
        encrypted: false,
      }),
      'disk snapshot `snap-1` is copied: in `eu-west-1`, without encryption',
    ],
    [
      'block by block',
      callOf('ebs', 'ListSnapshotBlocks', { snapshotId: 'snap-1' }),
      'disk snapshot `snap-1` is read block by block, past any machine',
    ],
    [
      'refused',
      callOf('ebs', 'ListSnapshotBlocks', { snapshotId: 'snap-1' }, denied),
      'tried to read block by block disk snapshot `snap-1`, but the call failed (`AccessDenied`)',
    ],
  ])('is told in a sentence: %s', (_name, event, expected) => {
    expect(factsOf(event).find(({ subject }) => subject === 'transfer')?.explanation).toBe(expected);
  });
});

describe('a deletion', () => {
  it.each<readonly [string, Event, string]>([
    [
      'a database without a last snapshot',
      callOf('rds', 'DeleteDBInstance', { dBInstanceIdentifier: 'billing', skipFinalSnapshot: true }),
      'deletion done data billing none',
    ],
    [
      'a database whose automated backups stay',
      callOf('rds', 'DeleteDBInstance', {
        dBInstanceIdentifier: 'billing',
        skipFinalSnapshot: true,
        deleteAutomatedBackups: false,
      }),
      'deletion done data billing unknown',
    ],
    [
      'a database with a last snapshot',
      callOf('rds', 'DeleteDBInstance', {
        dBInstanceIdentifier: 'billing',
        skipFinalSnapshot: false,
        finalDBSnapshotIdentifier: 'x',
      }),
      'deletion done data billing kept',
    ],
    [
      'a reader of a cluster',
      callOf(
        'rds',
        'DeleteDBInstance',
        { dBInstanceIdentifier: 'orders-2', skipFinalSnapshot: true },
        answer({ dBClusterIdentifier: 'orders' }),
      ),
      'deletion done data orders-2 unknown',
    ],
    [
      'a refused deletion',
      callOf('rds', 'DeleteDBCluster', { dBClusterIdentifier: 'orders', skipFinalSnapshot: true }, denied),
      'deletion unchanged data orders none',
    ],
    [
      'a snapshot',
      callOf('rds', 'DeleteDBSnapshot', { dBSnapshotIdentifier: 'billing-1' }),
      'deletion done backups billing-1 none',
    ],
    [
      'a Redshift cluster',
      callOf('redshift', 'DeleteCluster', { clusterIdentifier: 'lake', skipFinalClusterSnapshot: true }),
      'deletion done data lake none',
    ],
    [
      'a cache with a last snapshot',
      callOf('elasticache', 'DeleteReplicationGroup', {
        replicationGroupId: 'c',
        finalSnapshotIdentifier: 'x',
      }),
      'deletion done data c kept',
    ],
    [
      'a table, which recovery may bring back',
      callOf('dynamodb', 'DeleteTable', { tableName: 'orders' }),
      'deletion done data orders unknown',
    ],
    [
      'a disk snapshot, which the recycle bin may hold',
      callOf('ec2', 'DeleteSnapshot', { snapshotId: 'snap-1' }),
      'deletion done backups snap-1 unknown',
    ],
    [
      'machines',
      callOf('ec2', 'TerminateInstances', {
        instancesSet: { items: [{ instanceId: 'i-1' }, { instanceId: 'i-2' }] },
      }),
      'deletion done machine i-1 unknown',
    ],
  ])('%s', (_name, event, expected) => {
    expect(line(event, 'loss', ['kind', 'change', 'parts', 'resource_name', 'way_back'])).toBe(expected);
  });

  it.each<readonly [string, Event, string]>([
    [
      'a database',
      callOf('rds', 'DeleteDBInstance', { dBInstanceIdentifier: 'billing', skipFinalSnapshot: true }),
      'database instance `billing` is deleted, and no last snapshot is taken',
    ],
    [
      'machines',
      callOf('ec2', 'TerminateInstances', {
        instancesSet: { items: [{ instanceId: 'i-1' }, { instanceId: 'i-2' }] },
      }),
      '2 instances, `i-1` and `i-2`, are deleted',
    ],
  ])('is told in a sentence: %s', (_name, event, expected) => {
    expect(factsOf(event).find(({ subject }) => subject === 'loss')?.explanation).toBe(expected);
  });
});

describe('copies and deletions', () => {
  it('are read from any JSON without throwing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...copy.actions, ...deletion.actions), fc.jsonValue(), (name, request) => {
        const [service = '', action = ''] = name.split(':');
        for (const fact of factsOf(callOf(service.replace('.amazonaws.com', ''), action, request)))
          expect(fact.explanation).not.toBe('');
      }),
    );
  });
});
