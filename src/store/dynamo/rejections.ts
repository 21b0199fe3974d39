import type { CommitRows } from '../rows.ts';
import { readRejection } from '../rows.ts';
import { checkLimit } from '../limit.ts';
import type { RejectionLedger, StoredRejection } from '../store.ts';
import type { Changes, Plan } from './change.ts';
import type { Head, HeadNumber } from './head.ts';
import { keyItem, keyOf, numberOf, numeral, textOf, type Item } from './item.ts';
import { alone, keyPart, keyText, risen, rising, type Key } from './keys.ts';
import { textWithin, type Stage } from './stage.ts';
import type { Table } from './table.ts';
import type { Write } from './write.ts';

export interface RejectionLimits {
  readonly most: number;
  readonly bytes: number;
}

const partition = 'R';

/** The item that tells that a rejection is there, and its number. */
export function rejectionIdKey(id: string): Key {
  return { pk: `RI#${keyPart(id)}`, sk: alone };
}

interface PlannedRejections {
  readonly writes: readonly Write[];
  readonly numbers: Partial<Record<HeadNumber, number>>;
}

/** Those that are new, and in exchange the oldest where there are too many; the newest one always stays. */
export async function planRejections(
  rows: CommitRows['rejections'],
  there: ReadonlyMap<string, Item>,
  head: Head,
  stage: Stage,
  table: Table,
  limits: RejectionLimits,
): Promise<PlannedRejections> {
  const seen = new Set<string>();
  const fresh = rows.filter(({ id }) => {
    if (seen.has(id) || there.has(keyText(rejectionIdKey(id)))) return false;
    seen.add(id);
    return true;
  });
  if (fresh.length === 0) return { writes: [], numbers: {} };
  let sequence = head.numbers['rejections.sequence'];
  let count = head.numbers.rejections + fresh.length;
  let bytes = head.numbers['rejections.bytes'] + fresh.reduce((sum, { size }) => sum + size, 0);
  let dropped = head.numbers['rejections.dropped'];
  const tooMany = (): boolean => count > 1 && (count > Math.max(limits.most, 1) || bytes > limits.bytes);

  const writes: Write[] = [];
  if (tooMany())
    oldest: for await (const page of table.pages({ pk: partition, limit: 200 }))
      for (const item of page) {
        if (!tooMany()) break oldest;
        stage.replace(item);
        writes.push(
          { type: 'remove', key: { pk: partition, sk: textOf(item, 'sk') ?? '' } },
          { type: 'remove', key: rejectionIdKey(textOf(item, 'id') ?? '') },
        );
        count -= 1;
        bytes -= numberOf(item, 'size') ?? 0;
        dropped += 1;
      }
  // Those of a batch that is larger than all the room there is are dropped as they come.
  const kept = [...fresh];
  while (tooMany() && kept.length > 1) {
    count -= 1;
    bytes -= kept.shift()?.size ?? 0;
    dropped += 1;
  }
  for (const { id, stored_at, length, about, bytes: content, size } of kept) {
    sequence += 1;
    const text = JSON.stringify([about, Buffer.from(content).toString('base64')]);
    writes.push(
      { type: 'put', item: { ...keyItem(rejectionIdKey(id)), sequence: numeral(sequence) } },
      {
        type: 'put',
        item: {
          pk: { S: partition },
          sk: { S: rising(sequence) },
          id: { S: id },
          g: numeral(stored_at),
          length: numeral(length),
          size: numeral(size),
          ...stage.pack(text),
        },
      },
    );
  }
  return {
    writes,
    numbers: {
      rejections: count,
      'rejections.bytes': bytes,
      'rejections.dropped': dropped,
      'rejections.sequence': sequence,
    },
  };
}

export async function newestRejections(table: Table, limit: number): Promise<readonly StoredRejection[]> {
  const items: Item[] = [];
  for await (const page of table.pages({ pk: partition, newestFirst: true, limit })) {
    items.push(...page);
    if (items.length >= limit) break;
  }
  return Promise.all(items.slice(0, limit).map((item) => rejectionWithin(table, item)));
}

async function rejectionWithin(table: Table, item: Item): Promise<StoredRejection> {
  const id = textOf(item, 'id') ?? '';
  const text = await textWithin(table, item, `rejection ${id}`);
  const [about, content] = JSON.parse(text) as readonly [string, string];
  return readRejection(
    {
      sequence: sequenceOf(item),
      id,
      stored_at: numberOf(item, 'g') ?? 0,
      length: numberOf(item, 'length') ?? 0,
      about,
      bytes: Buffer.from(content, 'base64'),
      size: numberOf(item, 'size') ?? 0,
    },
    table.place,
  );
}

const sequenceOf = (item: Item): number => risen(textOf(item, 'sk') ?? '');

/** Goes through the rejections in the order of their numbers. */
export function dynamoRejectionLedger(
  table: Table,
  changes: Changes,
  run: <T>(subject: string, work: () => Promise<T>) => Promise<T>,
): RejectionLedger {
  return {
    page: ({ after, limit }) =>
      run('rejections', () =>
        changes.read(async () => {
          checkLimit(limit);
          const items: Item[] = [];
          for await (const page of table.pages({ pk: partition, from: rising((after ?? 0) + 1), limit })) {
            items.push(...page);
            if (items.length >= limit) break;
          }
          const some = items.slice(0, limit);
          const newest = some.at(-1);
          return {
            rejections: await Promise.all(some.map((item) => rejectionWithin(table, item))),
            next: newest && sequenceOf(newest),
          };
        }),
      ),

    forget: (ids) =>
      run('rejections', async () => {
        let gone = 0;
        for (let start = 0; start < ids.length; start += forgottenAtOnce) {
          const some = ids.slice(start, start + forgottenAtOnce);
          gone += await changes.change('rejections', (head, stage) =>
            planForgetting(some, head, stage, table),
          );
        }
        return gone;
      }),
  };
}

/** Two writes each, and all of them in one transaction. */
const forgottenAtOnce = 45;

async function planForgetting(
  ids: readonly string[],
  { numbers }: Head,
  stage: Stage,
  table: Table,
): Promise<Plan<number>> {
  const marks = await table.getMany(ids.map(rejectionIdKey));
  const there = await table.getMany(
    [...marks.values()].map((mark) => ({ pk: partition, sk: rising(numberOf(mark, 'sequence') ?? 0) })),
  );
  const writes: Write[] = [];
  let bytes = 0;
  for (const item of there.values()) {
    stage.replace(item);
    writes.push(
      { type: 'remove', key: keyOf(item) },
      { type: 'remove', key: rejectionIdKey(textOf(item, 'id') ?? '') },
    );
    bytes += numberOf(item, 'size') ?? 0;
  }
  return {
    writes,
    numbers: {
      rejections: numbers.rejections - there.size,
      'rejections.bytes': numbers['rejections.bytes'] - bytes,
    },
    result: there.size,
  };
}
