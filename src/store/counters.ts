import type { Transaction } from 'kysely';
import type { Counter, Tables } from './schema.ts';

/** Raises a running number by one and returns it. */
export async function nextNumber(trx: Transaction<Tables>, name: Counter): Promise<number> {
  const { value } = await trx
    .updateTable('counters')
    .set((eb) => ({ value: eb('value', '+', 1) }))
    .where('name', '=', name)
    .returning('value')
    .executeTakeFirstOrThrow();
  return value;
}
