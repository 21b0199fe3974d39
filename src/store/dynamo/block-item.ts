import type { Block } from '../../web/block.ts';
import type { StoredBlock } from '../block-store.ts';
import { keyItem, numberOf, numeral, type Item } from './item.ts';
import { alone, keyPart, keyText, rising, type Key } from './keys.ts';
import { textWithin, type Stage } from './stage.ts';
import type { Table } from './table.ts';
import type { Write } from './write.ts';

export const blockList = 'B';
/** Those that are active as they were written down. */
export const activeList = 'BA';
/** Those that ended before their time, by the end of that. */
export const earlyList = 'BE';
/** Those that rules led to, by when they were decided. */
export const decidedList = 'BD';

export function blockKey(sequence: number): Key {
  return { pk: blockList, sk: rising(sequence) };
}

export function blockIdKey(id: string): Key {
  return { pk: `BI#${keyPart(id)}`, sk: alone };
}

export function subjectPartition(subject: string): string {
  return `BS#${keyPart(subject)}`;
}

function earlyKey({ expiresAt, sequence }: StoredBlock): Key {
  return { pk: earlyList, sk: `${rising(expiresAt)}#${rising(sequence)}` };
}

function isEarly({ state }: Block): boolean {
  return state === 'removed' || state === 'approved';
}

/** What a block that is new, or changed, writes. */
export function blockWrites(
  block: StoredBlock,
  before: StoredBlock | undefined,
  stage: Stage,
): readonly Write[] {
  const { sequence, id, subject, rule, decidedAt, state } = block;
  const pointer: Item = { q: numeral(sequence) };
  const active: Key = { pk: activeList, sk: rising(sequence) };
  const writes: Write[] = [
    {
      type: 'put',
      item: { ...keyItem(blockKey(sequence)), ...pointer, ...stage.pack(JSON.stringify(block)) },
    },
  ];
  if (before === undefined)
    writes.push(
      { type: 'put', item: { ...keyItem(blockIdKey(id)), ...pointer } },
      {
        type: 'put',
        item: { ...keyItem({ pk: subjectPartition(subject), sk: rising(sequence) }), ...pointer },
      },
    );
  if (before === undefined && rule !== 'operator')
    writes.push({
      type: 'put',
      item: { ...keyItem({ pk: decidedList, sk: `${rising(decidedAt)}#${rising(sequence)}` }), ...pointer },
    });
  if (before !== undefined && isEarly(before) && !(isEarly(block) && before.expiresAt === block.expiresAt))
    writes.push({ type: 'remove', key: earlyKey(before) });
  if (state === 'active') writes.push({ type: 'put', item: { ...keyItem(active), ...pointer } });
  else if (before?.state === 'active') writes.push({ type: 'remove', key: active });
  if (isEarly(block)) writes.push({ type: 'put', item: { ...keyItem(earlyKey(block)), ...pointer } });
  return writes;
}

/** The blocks that items of a list point to, in the order of the items. */
export async function pointedBlocks(table: Table, items: readonly Item[]): Promise<readonly StoredBlock[]> {
  const keys = items.map((item) => blockKey(numberOf(item, 'q') ?? 0));
  const found = await table.getMany(keys);
  const blocks = await Promise.all(
    keys.map(async (key) => {
      const item = found.get(keyText(key));
      return item === undefined ? [] : [await readBlock(table, item)];
    }),
  );
  return blocks.flat();
}

/** @throws {StoreError} `corrupt` */
export async function readBlock(table: Table, item: Item): Promise<StoredBlock> {
  const sequence = numberOf(item, 'q') ?? 0;
  return { ...(JSON.parse(await textWithin(table, item, `block ${sequence}`)) as Block), sequence };
}
