import { partitionOfRegion } from '../../decode/cloudtrail/arn.ts';
import type { Event } from '../../event/event.ts';
import type { JsonObject } from '../../event/json.ts';
import type { Analyser, Fact } from '../fact.ts';
import type { GuardedResource } from '../gate.ts';
import type { Known } from '../known.ts';
import { s3ResourceOf } from '../s3-resource.ts';
import { quote } from '../sentence.ts';
import { whoseAccount } from '../whose.ts';
import { bodyOf } from './access-point.ts';
import { transferEnded, transfersOf } from './destination.ts';
import type { Shipment } from './destination.ts';
import { bucketName } from './replication.ts';
import { bucketCalls, controlCalls, requestOf } from './s3-calls.ts';
import { accountIn, element, leaf } from './xml.ts';

/**
 * Where a bucket's inventory (the names of all its objects) and its storage class analysis are delivered. The API's names
 * have `Bucket` in them and CloudTrail's have not, so both are read.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketInventoryConfiguration.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAnalyticsConfiguration.html
 * And where Storage Lens delivers its figures about all buckets of an account or organisation.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutStorageLensConfiguration.html
 */
export const s3Reports: Analyser = {
  name: 's3-reports',
  subjects: ['transfer'],
  actions: [
    ...controlCalls('DeleteStorageLensConfiguration', 'PutStorageLensConfiguration'),
    ...bucketCalls(
      'DeleteAnalyticsConfiguration',
      'DeleteBucketAnalyticsConfiguration',
      'DeleteBucketInventoryConfiguration',
      'DeleteInventoryConfiguration',
      'PutAnalyticsConfiguration',
      'PutBucketAnalyticsConfiguration',
      'PutBucketInventoryConfiguration',
      'PutInventoryConfiguration',
    ),
  ],
  analyse,
};

function analyse(event: Event, known: Known): readonly Fact[] {
  if (event.action.endsWith('StorageLensConfiguration')) return lensFacts(event, known);
  const resource = s3ResourceOf(event, 'bucket');
  if (resource === undefined) return [];
  const { spoken } = resource;
  const isInventory = event.action.includes('Inventory');
  const shipment: Shipment = {
    event,
    resource,
    kind: isInventory ? 'inventory' : 'analytics',
    does: isInventory
      ? `a list of the objects in ${spoken} is now delivered`
      : `an analysis of how ${spoken} is used is now delivered`,
    shownBy: isInventory ? 'GetBucketInventoryConfiguration' : 'GetBucketAnalyticsConfiguration',
  };
  const name = isInventory ? 'inventory' : 'analysis';
  if (event.action.startsWith('Delete')) {
    return [transferEnded(shipment, `an ${name} of ${spoken} is deleted`)];
  }
  const request = requestOf(event);
  const configuration = isInventory
    ? element(request, 'InventoryConfiguration')
    : element(request, 'AnalyticsConfiguration');
  if (configuration === undefined) {
    return [
      transferEnded(shipment, `an ${name} of ${spoken} was set, but cannot be read from the record`, true),
    ];
  }
  const bucket = isInventory ? inventoryBucket(configuration) : analysisBucket(configuration);
  const destined = leaf(bucket, 'Bucket');
  if (destined === undefined || leaf(configuration, 'IsEnabled') === 'false') {
    return [transferEnded(shipment, `an ${name} of ${spoken} is delivered nowhere`)];
  }
  const account = accountIn(bucket, 'AccountId') ?? accountIn(bucket, 'BucketAccountId');
  const prefix = leaf(element(configuration, 'Filter'), 'Prefix');
  return transfersOf(shipment, [
    {
      name: bucketName(destined),
      account,
      whose: whoseAccount(account, resource.owner, known),
      scope: prefix === undefined ? [] : [prefix],
      givesOwnership: false,
    },
  ]);
}

function lensFacts(event: Event, known: Known): readonly Fact[] {
  const request = requestOf(event);
  const body = bodyOf(request);
  const configuration = element(body, 'StorageLensConfiguration');
  const id = leaf(request, 'storagelensid') ?? leaf(body, 'ConfigId') ?? leaf(configuration, 'Id');
  if (id === undefined) return [];
  const { account, region = '' } = event;
  const resource: GuardedResource = {
    type: 'AWS::S3::StorageLens',
    arn: `arn:${partitionOfRegion(region)}:s3:${region}:${account ?? ''}:storage-lens/${id}`,
    name: id,
    owner: account,
    spoken: `Storage Lens ${quote(id)}`,
  };
  const shipment: Shipment = {
    event,
    resource,
    kind: 'usage-export',
    does: `figures about every bucket that ${resource.spoken} looks at are now delivered`,
    shownBy: 'GetStorageLensConfiguration',
  };
  const bucket = element(element(configuration, 'DataExport'), 'S3BucketDestination');
  const arn = leaf(bucket, 'Arn');
  if (arn === undefined || leaf(configuration, 'IsEnabled') === 'false') {
    return [transferEnded(shipment, `figures of ${resource.spoken} are delivered to no bucket`)];
  }
  const place = accountIn(bucket, 'AccountId');
  const whose = whoseAccount(place, account, known);
  return transfersOf(shipment, [
    { name: bucketName(arn), account: place, whose, scope: [], givesOwnership: false },
  ]);
}

function inventoryBucket(configuration: JsonObject): JsonObject | undefined {
  return element(element(configuration, 'Destination'), 'S3BucketDestination');
}

function analysisBucket(configuration: JsonObject): JsonObject | undefined {
  const analysis = element(configuration, 'StorageClassAnalysis');
  return inventoryBucket(element(analysis, 'DataExport') ?? {});
}
