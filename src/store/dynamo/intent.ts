import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { headKey, readHead } from './head.ts';
import { keyItem, keyOf, numberOf, numeral, packText, textOf, unpackText, type Item } from './item.ts';
import { rising, type Key } from './keys.ts';
import type { Table } from './table.ts';

/**
 * The list of what a change writes beforehand and leaves behind. It is there before any of that is, so that whatever becomes of the process
 * that makes the change, somebody can clear it away.
 */
export interface Intent {
  readonly id: string;
  /** To be removed where the change was not published. */
  readonly undo: readonly Key[];
  /** To be removed where it was. */
  readonly done: readonly Key[];
}

const partition = 'I';
/** Of two texts each; packed, well below the 400 KB of an item. */
const keysInOne = 1_500;

function intentKey(id: string): Key {
  return { pk: partition, sk: id };
}

/** The first is the intent; the others continue its lists. */
export function intentItems({ id, undo, done }: Intent, now: number): [Item, ...Item[]] {
  const lists: string[] = [];
  for (let from = 0; from === 0 || from < Math.max(undo.length, done.length); from += keysInOne)
    lists.push(
      JSON.stringify(
        [undo, done].map((keys) => keys.slice(from, from + keysInOne).map(({ pk, sk }) => [pk, sk])),
      ),
    );
  const main: Item = {
    ...keyItem(intentKey(id)),
    at: numeral(now),
    state: { S: 'open' },
    b: { B: packText(lists[0] ?? '[[],[]]') },
  };
  const more = lists
    .slice(1)
    .map((list, i) => ({ pk: { S: listPartition(id) }, sk: { S: rising(i + 1) }, b: { B: packText(list) } }));
  return [main, ...more];
}

function listPartition(id: string): string {
  return `${partition}#${id}`;
}

/** Says that the change was made, or never will be; whoever comes second fails. */
export function settleIntent(table: string, id: string, state: 'done' | 'void'): TransactWriteItem {
  return {
    Update: {
      TableName: table,
      Key: keyItem(intentKey(id)),
      ConditionExpression: '#state = :open',
      UpdateExpression: 'set #state = :state',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':open': { S: 'open' }, ':state': { S: state } },
    },
  };
}

/** Clears away, the intent last. */
export async function removeStaged(
  table: Table,
  { id, undo, done }: Intent,
  published: boolean,
): Promise<void> {
  await table.removeAll(unique(published ? done : undo));
  await table.removeAll((await table.list({ pk: listPartition(id) })).map(keyOf));
  await table.removeAll([intentKey(id)]);
}

/** Clears away what a change has written that was not published, once it is certain that it never will be. */
export async function undoStaged(table: Table, intent: Intent): Promise<void> {
  if (await table.transact([settleIntent(table.name, intent.id, 'void')]))
    await removeStaged(table, intent, false);
}

/** A batch must not name a key twice. */
function unique(keys: readonly Key[]): readonly Key[] {
  return [...new Map(keys.map((key) => [`${key.pk}\n${key.sk}`, key])).values()];
}

/**
 * Clears away what changes have left that were cut off longer ago than a time.
 * @param complete brings the change that is under way to its end
 */
export async function sweep(table: Table, before: number): Promise<number> {
  let swept = 0;
  for await (const page of table.pages({ pk: partition }))
    for (const item of page) {
      if ((numberOf(item, 'at') ?? 0) >= before) continue;
      const id = textOf(item, 'sk') ?? '';
      const { pending } = readHead(await table.get(headKey), table.place);
      // Its steps are still needed.
      if (pending?.id === id) continue;
      const state = textOf(item, 'state');
      const intent = { id, ...(await listsOf(table, id, item)) };
      if (state === 'open') await undoStaged(table, intent);
      else await removeStaged(table, intent, state === 'done');
      swept += 1;
    }
  return swept;
}

async function listsOf(table: Table, id: string, main: Item): Promise<Omit<Intent, 'id'>> {
  const more = await table.list({ pk: listPartition(id) });
  const lists = [main, ...more].map(
    (item) =>
      JSON.parse(unpackText(item['b']?.B ?? packText('[]'))) as readonly (readonly [string, string][])[],
  );
  const keys = (which: number): readonly Key[] =>
    lists.flatMap((list) => (list[which] ?? []).map(([pk, sk]) => ({ pk, sk })));
  return { undo: keys(0), done: keys(1) };
}
