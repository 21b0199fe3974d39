import { accountOfArn } from '../../decode/cloudtrail/arn.ts';
import type { Event } from '../../event/event.ts';
import type { Json } from '../../event/json.ts';
import type { Analyser, Fact } from '../fact.ts';
import type { Known } from '../known.ts';
import { s3ResourceOf } from '../s3-resource.ts';
import type { S3Resource } from '../s3-resource.ts';
import { whoseAccount } from '../whose.ts';
import { transferEnded, transfersOf } from './destination.ts';
import type { Destination, Shipment } from './destination.ts';
import { guardFact } from './guard.ts';
import { controlCalls, requestOf } from './s3-calls.ts';
import { accountIn, child, children, element, leaf } from './xml.ts';

/**
 * Where a bucket's objects are copied to by themselves. As the way of data to a stranger it is a transfer, as the way to a
 * backup it is a protection that can be taken away.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketReplication.html
 */
export const s3Replication: Analyser = {
  name: 's3-replication',
  subjects: ['transfer', 'protection'],
  actions: controlCalls('DeleteBucketReplication', 'PutBucketReplication'),
  analyse,
};

function analyse(event: Event, known: Known): readonly Fact[] {
  const resource = s3ResourceOf(event, 'bucket');
  if (resource === undefined) return [];
  const { spoken } = resource;
  const shipment: Shipment = {
    event,
    resource,
    kind: 'replication',
    does: `objects of ${spoken} are now copied by themselves`,
    shownBy: 'GetBucketReplication',
  };
  if (event.action === 'DeleteBucketReplication') {
    return ended(shipment, resource, `replication of ${spoken} is deleted: new objects are copied nowhere`);
  }
  const configuration = element(requestOf(event), 'ReplicationConfiguration');
  if (configuration === undefined) {
    const sentence = `replication of ${spoken} was set, but where to cannot be read from the record`;
    return [transferEnded(shipment, sentence, true)];
  }
  const rules = [...children(configuration, 'Rule'), ...children(element(configuration, 'Rules'), 'Rule')];
  const destinations = rules
    .filter((rule) => leaf(rule, 'Status')?.toLowerCase() === 'enabled')
    .flatMap((rule) => destinationOf(rule, resource, known));
  return destinations.length > 0
    ? transfersOf(shipment, destinations)
    : ended(shipment, resource, `no replication rule of ${spoken} is on: new objects are copied nowhere`);
}

/** The end of replication, as the end of a transfer and of a copy that guards against loss. */
function ended(shipment: Shipment, resource: S3Resource, sentence: string): readonly Fact[] {
  const { event } = shipment;
  return [
    transferEnded(shipment, `objects of ${resource.spoken} go nowhere by replication any more`),
    guardFact({ event, resource, kind: 'replication', wanted: 'removed', sentence }),
  ];
}

function destinationOf(rule: Json, resource: S3Resource, known: Known): readonly Destination[] {
  const destination = element(rule, 'Destination');
  const bucket = leaf(destination, 'Bucket');
  if (bucket === undefined) return [];
  const key = leaf(element(destination, 'EncryptionConfiguration'), 'ReplicaKmsKeyID');
  // S3 wants the account only where ownership goes along; the key's is mostly the bucket's.
  const account = accountIn(destination, 'Account') ?? accountOfArn(bucket) ?? accountOfArn(key);
  const filter = child(rule, 'Filter');
  const prefix = leaf(rule, 'Prefix') ?? leaf(filter, 'Prefix') ?? leaf(element(filter, 'And'), 'Prefix');
  return [
    {
      name: bucketName(bucket),
      whose: whoseAccount(account, resource.owner, known),
      account,
      scope: prefix === undefined ? [] : [prefix],
      givesOwnership:
        leaf(element(destination, 'AccessControlTranslation'), 'Owner')?.toLowerCase() === 'destination',
    },
  ];
}

/** The name of a bucket out of its ARN; other ARNs as they are. */
export function bucketName(arn: string): string {
  return /^arn:[^:]*:s3:::([^/]+)$/.exec(arn)?.[1] ?? arn;
}
