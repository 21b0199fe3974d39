import type { Transaction } from 'kysely';
import type { AuditLine, AuditPhase } from './block-store.ts';
import { toColumn, toKey } from './column-text.ts';
import type { Tables } from './schema.ts';

const rowsAtOnce = 100;

/** How a call is wrapped by the store: refused when closed, waited for when closing. */
export type Run = <T>(subject: string, work: () => Promise<T>) => Promise<T>;

/** Returns the numbers of the lines. */
export async function writeAudit(
  trx: Transaction<Tables>,
  lines: readonly AuditLine[],
  phase: AuditPhase,
  now: number,
): Promise<readonly number[]> {
  const numbers: number[] = [];
  for (let from = 0; from < lines.length; from += rowsAtOnce) {
    const rows = await trx
      .insertInto('block_audit')
      .values(
        lines.slice(from, from + rowsAtOnce).map(({ action, by, subject, block, detail }) => ({
          time: now,
          action,
          by: toColumn(by),
          subject: toKey(subject),
          block: block ?? null,
          detail: toColumn(detail),
          phase,
          settled_at: null,
          outcome: null,
        })),
      )
      .returning('sequence')
      .execute();
    numbers.push(...rows.map(({ sequence }) => sequence));
  }
  return numbers;
}
