import type { Kysely, Selectable, Transaction } from 'kysely';
import { sql } from 'kysely';
import type { Asset } from '../facts/assets/asset.ts';
import { readAsset, type AssetChange } from '../facts/assets/memory.ts';
import type { Json } from '../event/json.ts';
import { checkLimit } from './limit.ts';
import { fromColumn, toColumn, toKey } from './column-text.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { nextNumber } from './counters.ts';
import { StoreError } from './error.ts';
import { rowInserter } from './fixed-sql.ts';
import type { AssetRow, Tables } from './schema.ts';
import type { SqlDialect } from './sql-dialect.ts';
import type { AssetChanges, AssetPage, AssetQuery } from './store.ts';

/** An asset's row but for its revision, which the transaction gives it. */
export type NewAssetRow = Omit<Selectable<AssetRow>, 'revision' | 'sequence'>;

export function assetRow({ key, asset }: AssetChange, now: number): NewAssetRow {
  const words = [asset?.name, asset?.id, asset?.arn].map((word) => toColumn(word ?? '').toLowerCase());
  return {
    key: toKey(key),
    type: toKey(asset?.type ?? ''),
    account: asset?.account === undefined ? null : toKey(asset.account),
    words: words.join('\n').slice(0, longestWords),
    last_seen: asset?.lastSeen ?? now,
    stored_at: now,
    asset: asset === undefined ? null : JSON.stringify(asset),
  };
}

const longestWords = 3_000;
const assetsAtOnce = 2_000;

const upsertAssets = rowInserter(
  'assets',
  ['key', 'type', 'account', 'words', 'last_seen', 'stored_at', 'asset', 'revision'],
  `on conflict (key) do update set type = excluded.type, account = excluded.account, words = excluded.words,
  last_seen = excluded.last_seen, revision = excluded.revision, stored_at = excluded.stored_at, asset = excluded.asset`,
);

/**
 * Writes changes in their order, all with the next revision; returns that, or undefined where there was nothing to write.
 * @param own revisions that were written here, and are known to whom the changes come from
 * @throws {StoreError} `stale` where others have written since what changes were made from
 */
export async function writeAssets(
  trx: Transaction<Tables>,
  batches: readonly { readonly assets: readonly NewAssetRow[]; readonly assetsFrom: number | undefined }[],
  own: ReadonlySet<number>,
  { place, dialect }: { readonly place: string; readonly dialect: SqlDialect },
): Promise<number | undefined> {
  const rows = batches.flatMap(({ assets }) => assets);
  if (rows.length === 0) return undefined;
  const revision = await nextNumber(trx, dialect, 'assets.revision');
  for (const { assets, assetsFrom } of batches) {
    if (assets.length === 0 || assetsFrom === undefined) continue;
    for (let one = assetsFrom + 1; one < revision; one++) if (!own.has(one)) throw staleAssets(place);
  }
  // The last word on each: one statement must not change the same row twice.
  const last = [...new Map(rows.map((row) => [row.key, { ...row, revision }])).values()];
  await upsertAssets(trx, dialect, last);
  return revision;
}

/** Others have written since what changes were made from. */
export function staleAssets(place: string): StoreError {
  return new StoreError('stale', {
    subject: 'assets',
    place,
    reason: 'another process has changed what is remembered of assets meanwhile',
    wayOut: 'read what has changed, and write again',
  });
}

/** @throws {BadCursorError} @throws {RangeError} */
export async function selectAssets(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  query: AssetQuery,
  place: string,
): Promise<AssetPage> {
  checkLimit(query.limit);
  const after = query.after === undefined ? undefined : readCursor(query.after);
  let select = db
    .selectFrom('assets')
    .select(['key', 'last_seen', 'asset'])
    .where('asset', 'is not', null)
    .orderBy('last_seen', 'desc')
    .orderBy('key', 'desc')
    .limit(query.limit + 1);
  if (query.type !== undefined) select = select.where('type', '=', toKey(query.type));
  if (query.account !== undefined) select = select.where('account', '=', toKey(query.account));
  if (query.text !== undefined && query.text !== '')
    select = select.where(dialect.wordsHold(toColumn(query.text).toLowerCase()));
  if (after !== undefined)
    select = select.where(sql<boolean>`(last_seen, key) < (${after.time}, ${after.id})`);
  const rows = await select.execute();
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  return {
    assets: page.map(({ key, asset }) => parsedAsset(key, asset, place)),
    next: rows.length > query.limit && last ? writeCursor({ time: last.last_seen, id: last.key }) : undefined,
  };
}

export async function selectAsset(
  db: Kysely<Tables>,
  key: string,
  place: string,
): Promise<Asset | undefined> {
  const row = await db
    .selectFrom('assets')
    .select(['key', 'asset'])
    .where('key', '=', toKey(key))
    .executeTakeFirst();
  return row === undefined || row.asset === null ? undefined : parsedAsset(row.key, row.asset, place);
}

/** Piece by piece, so that no more than a piece is held twice. */
export async function* selectAllAssets(db: Kysely<Tables>, place: string): AsyncGenerator<readonly Asset[]> {
  let last: { readonly last_seen: number; readonly key: string } | undefined;
  for (;;) {
    let select = db
      .selectFrom('assets')
      .select(['key', 'last_seen', 'asset'])
      .where('asset', 'is not', null)
      .orderBy('last_seen')
      .orderBy('key')
      .limit(assetsAtOnce);
    if (last !== undefined)
      select = select.where(sql<boolean>`(last_seen, key) > (${last.last_seen}, ${last.key})`);
    const rows = await select.execute();
    if (rows.length === 0) return;
    last = rows.at(-1);
    yield rows.map(({ key, asset }) => parsedAsset(key, asset, place));
  }
}

/** @param own revisions of one's own commits, which one knows already; those that are over are taken out of it */
export async function selectAssetChanges(
  db: Kysely<Tables>,
  since: number,
  own: Set<number>,
  place: string,
): Promise<AssetChanges> {
  const { value: revision } = await db
    .selectFrom('counters')
    .select('value')
    .where('name', '=', 'assets.revision')
    .executeTakeFirstOrThrow();
  const others = [];
  for (let one = since + 1; one <= revision && others.length < mostRevisions; one++)
    if (!own.has(one)) others.push(one);
  const upTo = others.length < mostRevisions ? revision : (others.at(-1) ?? revision);
  for (const one of own) if (one <= upTo) own.delete(one);
  if (others.length === 0) return { changes: [], revision };
  const rows = await db
    .selectFrom('assets')
    .select(['key', 'asset'])
    .where('revision', 'in', others)
    .execute();
  const changes = rows.map(({ key, asset }) => ({
    key: fromColumn(key),
    asset: asset === null ? undefined : parsedAsset(key, asset, place),
  }));
  return { changes, revision: upTo };
}

/** So many of others' commits are taken at once. */
const mostRevisions = 200;

/** The asset of a text that a store has kept. @throws {StoreError} `corrupt` */
export function parsedAsset(key: string, text: string | null, place: string): Asset {
  const corrupt = (cause?: unknown): StoreError =>
    new StoreError(
      'corrupt',
      {
        subject: `the asset ${key}`,
        place,
        reason: 'what is stored is no asset any more',
        wayOut: 'forget it (tocsin assets forget), or restore the store from a backup',
      },
      { cause },
    );
  let value: Json;
  try {
    value = JSON.parse(text ?? 'null') as Json;
  } catch (cause) {
    throw corrupt(cause);
  }
  const asset = readAsset(value);
  if (asset === undefined) throw corrupt();
  return asset;
}
