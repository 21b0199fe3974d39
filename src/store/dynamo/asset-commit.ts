import { staleAssets } from '../assets.ts';
import type { CommitRows } from '../rows.ts';
import { assetItems, assetKey, assetList, keptRevisions, revisionList } from './asset-item.ts';
import type { Head, HeadNumber } from './head.ts';
import { textOf, type Item } from './item.ts';
import { keyText, rising } from './keys.ts';
import type { Stage } from './stage.ts';
import type { Table } from './table.ts';
import type { Write } from './write.ts';

interface PlannedAssets {
  readonly writes: readonly Write[];
  readonly numbers: Partial<Record<HeadNumber, number>>;
  readonly revision: number | undefined;
}

/**
 * Changes of assets, all with the next revision.
 * @param own revisions that were written here, and are known to whom the changes come from
 * @throws {StoreError} `stale` where others have written since what changes were made from
 */
export async function planAssets(
  batches: readonly CommitRows[],
  there: ReadonlyMap<string, Item>,
  head: Head,
  stage: Stage,
  table: Table,
  own: ReadonlySet<number>,
): Promise<PlannedAssets> {
  // The last word on each.
  const rows = new Map(batches.flatMap(({ assets }) => assets.map((row) => [row.key, row])));
  if (rows.size === 0) return { writes: [], numbers: {}, revision: undefined };
  const revision = head.numbers['assets.revision'] + 1;
  for (const { assets, assetsFrom } of batches) {
    if (assets.length === 0 || assetsFrom === undefined) continue;
    for (let one = assetsFrom + 1; one < revision; one++) if (!own.has(one)) throw staleAssets(table.place);
  }
  const places = [...rows.keys()].flatMap((key) => {
    const sk = textOf(there.get(keyText(assetKey(key))), 'place');
    return sk === undefined ? [] : [{ pk: assetList, sk }];
  });
  const listed = await table.getMany(places);
  const writes: Write[] = [];
  for (const [key, row] of rows) {
    const before = textOf(there.get(keyText(assetKey(key))), 'place');
    if (before !== undefined) stage.replace(listed.get(keyText({ pk: assetList, sk: before })));
    if (typeof row.asset !== 'string') {
      if (before === undefined) continue;
      writes.push(
        { type: 'remove', key: { pk: assetList, sk: before } },
        { type: 'remove', key: assetKey(key) },
      );
      continue;
    }
    const [item, pointer] = assetItems(row, row.asset, stage);
    if (before !== undefined && before !== textOf(item, 'sk'))
      writes.push({ type: 'remove', key: { pk: assetList, sk: before } });
    writes.push({ type: 'put', item }, { type: 'put', item: pointer });
  }
  writes.push(
    {
      type: 'put',
      item: {
        pk: { S: revisionList },
        sk: { S: rising(revision) },
        ...stage.pack(JSON.stringify([...rows.keys()])),
      },
    },
    { type: 'remove', key: { pk: revisionList, sk: rising(revision - keptRevisions) } },
  );
  return { writes, numbers: { 'assets.revision': revision }, revision };
}
