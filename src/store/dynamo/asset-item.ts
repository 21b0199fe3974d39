import { fromColumn } from '../column-text.ts';
import { parsedAsset, type NewAssetRow } from '../assets.ts';
import type { Asset } from '../../facts/assets/asset.ts';
import { keyItem, numberOf, numeral, textOf, type Item } from './item.ts';
import { alone, keyPart, rising, type Key } from './keys.ts';
import { textWithin, type Stage } from './stage.ts';
import type { Table } from './table.ts';

/** Assets in the order in which they were heard of. */
export const assetList = 'AL';

/** The item that says where in the list an asset is. @param key as `toKey` makes it */
export function assetKey(key: string): Key {
  return { pk: `AK#${keyPart(key)}`, sk: alone };
}

export function assetPlace(lastSeen: number, key: string): string {
  return `${rising(lastSeen)}#${keyPart(key)}`;
}

/** What a change of assets wrote, by its revision; so many of the last are kept. */
export const revisionList = 'AR';
export const keptRevisions = 10_000;

/** The asset's own item and the one that points to it. */
export function assetItems(row: NewAssetRow, text: string, stage: Stage): readonly [list: Item, key: Item] {
  const place = assetPlace(row.last_seen, row.key);
  return [
    {
      pk: { S: assetList },
      sk: { S: place },
      key: { S: row.key },
      seen: numeral(row.last_seen),
      type: { S: row.type },
      ...(typeof row.account === 'string' && { account: { S: row.account } }),
      words: { S: row.words },
      ...stage.pack(text),
    },
    { ...keyItem(assetKey(row.key)), place: { S: place } },
  ];
}

/** @throws {StoreError} `corrupt` */
export async function assetWithin(table: Table, item: Item): Promise<Asset> {
  const key = textOf(item, 'key') ?? '';
  return parsedAsset(key, await textWithin(table, item, `the asset ${fromColumn(key)}`), table.place);
}

export function seenOf(item: Item): number {
  return numberOf(item, 'seen') ?? 0;
}
