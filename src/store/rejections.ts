import type { Kysely } from 'kysely';
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
