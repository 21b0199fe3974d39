import type { Asset } from '../../facts/assets/asset.ts';
import { fromColumn, toColumn, toKey } from '../column-text.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { StoreError } from '../error.ts';
import { checkLimit } from '../limit.ts';
import type { AssetChanges, AssetPage, AssetQuery } from '../store.ts';
import {
  assetKey,
  assetList,
  assetPlace,
  assetWithin,
  keptRevisions,
  revisionList,
  seenOf,
} from './asset-item.ts';
import type { Head } from './head.ts';
import { textOf, type Item } from './item.ts';
import { keyText, rising } from './keys.ts';
import { textWithin } from './stage.ts';
import type { Table } from './table.ts';

/** @throws {BadCursorError} @throws {RangeError} */
export async function selectAssets(table: Table, query: AssetQuery): Promise<AssetPage> {
  checkLimit(query.limit);
  const after = query.after === undefined ? undefined : readCursor(query.after);
  const end = after === undefined ? undefined : assetPlace(after.time, after.id);
  const words = query.text === undefined ? '' : toColumn(query.text).toLowerCase();
  const found: Item[] = [];
  for await (const page of table.pages({ pk: assetList, to: end, newestFirst: true, limit: 500 })) {
    found.push(
      ...page
        .filter((item) => textOf(item, 'sk') !== end)
        .filter((item) => query.type === undefined || textOf(item, 'type') === toKey(query.type))
        .filter((item) => query.account === undefined || textOf(item, 'account') === toKey(query.account))
        .filter((item) => (textOf(item, 'words') ?? '').includes(words)),
    );
    if (found.length > query.limit) break;
  }
  const chosen = found.slice(0, query.limit);
  const final = chosen.at(-1);
  return {
    assets: await Promise.all(chosen.map((item) => assetWithin(table, item))),
    next:
      found.length > query.limit && final
        ? writeCursor({ time: seenOf(final), id: textOf(final, 'key') ?? '' })
        : undefined,
  };
}

export async function selectAsset(table: Table, key: string): Promise<Asset | undefined> {
  const pointer = await table.get(assetKey(toKey(key)));
  const sk = textOf(pointer, 'place');
  if (sk === undefined) return undefined;
  const item = await table.get({ pk: assetList, sk });
  return item && assetWithin(table, item);
}

const assetsAtOnce = 1_000;

/** Piece by piece, so that no more than a piece is held twice. */
export async function* selectAllAssets(table: Table): AsyncGenerator<readonly Asset[]> {
  for await (const page of table.pages({ pk: assetList, limit: assetsAtOnce }))
    if (page.length > 0) yield await Promise.all(page.map((item) => assetWithin(table, item)));
}

/** So many of others' changes are taken at once. */
const mostRevisions = 200;

/** @param own revisions of one's own changes, which one knows already; those that are over are taken out of it */
export async function selectAssetChanges(
  table: Table,
  head: Head,
  since: number,
  own: Set<number>,
): Promise<AssetChanges> {
  const revision = head.numbers['assets.revision'];
  const others = [];
  for (let one = since + 1; one <= revision && others.length < mostRevisions; one++)
    if (!own.has(one)) others.push(one);
  const upTo = others.length < mostRevisions ? revision : (others.at(-1) ?? revision);
  for (const one of own) if (one <= upTo) own.delete(one);
  const [first] = others;
  if (first === undefined) return { changes: [], revision };
  if (first <= revision - keptRevisions)
    throw new StoreError('stale', {
      subject: 'assets',
      place: table.place,
      reason: `what was changed before the last ${keptRevisions} changes is not known one by one any more`,
      wayOut: 'start again, and read all assets anew',
    });
  const items = await table.getMany(others.map((one) => ({ pk: revisionList, sk: rising(one) })));
  const lists = await Promise.all(
    [...items.values()].map(
      async (item) => JSON.parse(await textWithin(table, item, 'a change of assets')) as readonly string[],
    ),
  );
  const keys = [...new Set(lists.flat())];
  const pointers = await table.getMany(keys.map(assetKey));
  const places = new Map(keys.map((key) => [key, textOf(pointers.get(keyText(assetKey(key))), 'place')]));
  const found = await table.getMany(
    [...places.values()].flatMap((sk) => (sk === undefined ? [] : [{ pk: assetList, sk }])),
  );
  const changes = await Promise.all(
    [...places].map(async ([key, sk]) => {
      const item = sk === undefined ? undefined : found.get(keyText({ pk: assetList, sk }));
      return { key: fromColumn(key), asset: item && (await assetWithin(table, item)) };
    }),
  );
  return { changes, revision: upTo };
}
