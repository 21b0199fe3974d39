import {
  DescribeDBClusterSnapshotAttributesCommand,
  DescribeDBSnapshotAttributesCommand,
  paginateDescribeDBClusters,
  paginateDescribeDBClusterSnapshots,
  paginateDescribeDBInstances,
  paginateDescribeDBSnapshots,
  RDSClient,
} from '@aws-sdk/client-rds';
import type { Json } from '../../event/json.ts';
import { itemsAt, textAt, type Place, type Sighting } from '../../facts/assets/sighting.ts';
import { clusterShown, databaseShown, databaseSnapshotShown } from '../../facts/assets/snapshot/rds.ts';
import { clientSettings, first, onlyReads } from './client.ts';
import { ask, askAll, inParallel, type ClientOptions, type Look } from './look.ts';

/** Database instances, clusters, and snapshots that people made, with whom they are shared with, of one region. */
export async function readRds(look: Look): Promise<void> {
  const client = rdsClient(look.client);
  const manual = { SnapshotType: 'manual' };
  try {
    await readList(look, 'AWS::RDS::DBInstance', {
      permission: 'rds:DescribeDBInstances',
      pages: () => paginateDescribeDBInstances({ client, pageSize: 100 }, {}),
      items: 'DBInstances',
      shown: async (place, item) => databaseShown(place, item),
    });
    await readList(look, 'AWS::RDS::DBCluster', {
      permission: 'rds:DescribeDBClusters',
      pages: () => paginateDescribeDBClusters({ client, pageSize: 100 }, {}),
      items: 'DBClusters',
      shown: async (place, item) => clusterShown(place, item),
    });
    // Automated snapshots can't be shared, so there is nothing to know of them.
    await readList(look, 'AWS::RDS::DBSnapshot', {
      permission: 'rds:DescribeDBSnapshots',
      pages: () => paginateDescribeDBSnapshots({ client, pageSize: 100 }, manual),
      items: 'DBSnapshots',
      shown: async (place, item) => {
        const id = textAt(item, 'DBSnapshotIdentifier') ?? '';
        const attributes = await ask(
          look,
          { permission: 'rds:DescribeDBSnapshotAttributes', of: id, none: ['DBSnapshotNotFoundFault'] },
          () => client.send(new DescribeDBSnapshotAttributesCommand({ DBSnapshotIdentifier: id })),
        );
        return attributes === null ? [] : databaseSnapshotShown(place, item, attributes);
      },
    });
    await readList(look, 'AWS::RDS::DBClusterSnapshot', {
      permission: 'rds:DescribeDBClusterSnapshots',
      pages: () => paginateDescribeDBClusterSnapshots({ client, pageSize: 100 }, manual),
      items: 'DBClusterSnapshots',
      shown: async (place, item) => {
        const id = textAt(item, 'DBClusterSnapshotIdentifier') ?? '';
        const none = ['DBClusterSnapshotNotFoundFault'];
        const attributes = await ask(
          look,
          { permission: 'rds:DescribeDBClusterSnapshotAttributes', of: id, none },
          () =>
            client.send(new DescribeDBClusterSnapshotAttributesCommand({ DBClusterSnapshotIdentifier: id })),
        );
        return attributes === null ? [] : databaseSnapshotShown(place, item, attributes);
      },
    });
  } finally {
    client.destroy();
  }
}

interface Listing {
  readonly permission: string;
  readonly pages: () => AsyncIterable<unknown>;
  /** Where the items stand on a page. */
  readonly items: string;
  readonly shown: (place: Place, item: Json) => Promise<readonly Sighting[]>;
}

async function readList(
  look: Look,
  type: string,
  { permission, pages, items, shown }: Listing,
): Promise<void> {
  const time = look.now();
  const all = await askAll(look, { permission }, pages);
  if (all === undefined) return;
  await inParallel(
    all.flatMap((page) => itemsAt(page, items)),
    4,
    async (item) => {
      const asked = look.now();
      look.show(await shown(look.place, item), Math.min(time, asked));
    },
  );
  look.whole({ type, region: look.place.region, time });
}

function rdsClient(options: ClientOptions): RDSClient {
  const client = new RDSClient(clientSettings(options));
  client.middlewareStack.add(onlyReads, first);
  return client;
}
