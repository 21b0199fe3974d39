import type { Kysely, Transaction } from 'kysely';
import { checkLimit } from './limit.ts';
import { readRejection } from './rows.ts';
import type { Tables } from './schema.ts';
import type { RejectionLedger } from './store.ts';

const rowsAtOnce = 200;

/** Goes through the rejections in the order of their numbers, so that no index is needed for it. */
export function sqlRejectionLedger(
  db: Kysely<Tables>,
  run: <T>(subject: string, work: () => Promise<T>) => Promise<T>,
  place: string,
): RejectionLedger {
  return {
    page: ({ after, limit }) =>
      run('rejections', async () => {
        checkLimit(limit);
        const rows = await db
          .selectFrom('rejections')
          .selectAll()
          .where('sequence', '>', after ?? 0)
          .orderBy('sequence')
          .limit(limit)
          .execute();
        const last = rows.at(-1)?.sequence;
        return { rejections: rows.map((row) => readRejection(row, place)), next: last };
      }),

    forget: (ids) =>
      run('rejections', async () => {
        let gone = 0;
        for (let start = 0; start < ids.length; start += rowsAtOnce) {
          const { numDeletedRows } = await db
            .deleteFrom('rejections')
            .where('id', 'in', ids.slice(start, start + rowsAtOnce))
            .executeTakeFirst();
          gone += Number(numDeletedRows);
        }
        return gone;
      }),
  };
}

/** Keeps the newest rejections within the limits; the newest one always stays. */
export async function dropOldestRejections(
  trx: Transaction<Tables>,
  limits: { readonly most: number; readonly bytes: number },
): Promise<void> {
  for (;;) {
    const counters = await trx
      .selectFrom('counters')
      .selectAll()
      .where('name', 'in', ['rejections', 'rejections.bytes'])
      .execute();
    const value = (name: string): number => counters.find((row) => row.name === name)?.value ?? 0;
    let tooMany = value('rejections') - Math.max(limits.most, 1);
    let tooLong = value('rejections.bytes') - limits.bytes;
    const oldest = await trx
      .selectFrom('rejections')
      .select(['sequence', 'size'])
      .orderBy('sequence')
      .limit(Math.min(rowsAtOnce, Math.max(value('rejections') - 1, 0)))
      .execute();
    const dropped = [];
    for (const row of oldest) {
      if (tooMany <= 0 && tooLong <= 0) break;
      dropped.push(row.sequence);
      tooMany -= 1;
      tooLong -= row.size;
    }
    if (dropped.length === 0) return;
    await trx.deleteFrom('rejections').where('sequence', 'in', dropped).execute();
    await trx
      .updateTable('counters')
      .set((eb) => ({ value: eb('value', '+', dropped.length) }))
      .where('name', '=', 'rejections.dropped')
      .execute();
  }
}
