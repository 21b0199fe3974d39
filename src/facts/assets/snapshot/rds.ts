import type { Json } from '../../../event/json.ts';
import { cluster, clusterSnapshot, database, sharedWith, sighted, snapshot } from '../services.ts';
import {
  at,
  itemsAt,
  reachable,
  reachedAt,
  setIf,
  textAt,
  type AspectChange,
  type Place,
  type Sighting,
} from '../sighting.ts';

/** An instance of DescribeDBInstances. */
export function databaseShown(place: Place, item: Json): readonly Sighting[] {
  const given = textAt(item, 'DBInstanceArn', 'DBInstanceIdentifier');
  if (given === undefined) return [];
  return [
    sighted(place, database, given, 'shown', {
      'made on': setIf(at(item, 'InstanceCreateTime')),
      'publicly accessible': setIf(at(item, 'PubliclyAccessible')),
      'deletion protection': setIf(at(item, 'DeletionProtection')),
      engine: setIf(textAt(item, 'Engine')),
      [reachedAt]: reachedBy(textAt(item, 'Endpoint.Address')),
    }),
  ];
}

/** A cluster of DescribeDBClusters, which lists those of Neptune and DocumentDB too. */
export function clusterShown(place: Place, item: Json): readonly Sighting[] {
  const given = textAt(item, 'DBClusterArn', 'DBClusterIdentifier');
  if (given === undefined) return [];
  return [
    sighted(place, cluster, given, 'shown', {
      'made on': setIf(at(item, 'ClusterCreateTime')),
      'publicly accessible': setIf(at(item, 'PubliclyAccessible')),
      'deletion protection': setIf(at(item, 'DeletionProtection')),
      engine: setIf(textAt(item, 'Engine')),
      [reachedAt]: reachedBy(textAt(item, 'Endpoint'), textAt(item, 'ReaderEndpoint')),
    }),
  ];
}

/** A snapshot of either kind, and the attributes of DescribeDB…SnapshotAttributes where they could be read. */
export function databaseSnapshotShown(
  place: Place,
  item: Json,
  attributes: Json | undefined,
): readonly Sighting[] {
  const ofCluster = textAt(item, 'DBClusterSnapshotArn', 'DBClusterSnapshotIdentifier');
  const given = ofCluster ?? textAt(item, 'DBSnapshotArn', 'DBSnapshotIdentifier');
  if (given === undefined) return [];
  const list =
    ofCluster === undefined
      ? 'DBSnapshotAttributesResult.DBSnapshotAttributes'
      : 'DBClusterSnapshotAttributesResult.DBClusterSnapshotAttributes';
  const restore = itemsAt(attributes, list).find((one) => textAt(one, 'AttributeName') === 'restore');
  const shares = itemsAt(restore, 'AttributeValues').filter((one) => typeof one === 'string');
  return [
    sighted(place, ofCluster === undefined ? snapshot : clusterSnapshot, given, 'shown', {
      'made on': setIf(at(item, 'SnapshotCreateTime')),
      engine: setIf(textAt(item, 'Engine')),
      encrypted: setIf(at(item, 'Encrypted') ?? at(item, 'StorageEncrypted')),
      [sharedWith]:
        attributes === undefined ? undefined : { how: 'members', add: shares, remove: [], all: true },
    }),
  ];
}

function reachedBy(...names: readonly (string | undefined)[]): AspectChange {
  const add = names.flatMap((name) => (name === undefined ? [] : [reachable(name)]));
  return { how: 'members', add, remove: [], all: true };
}
