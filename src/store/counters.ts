import type { Transaction } from 'kysely';
import { fixedSql } from './fixed-sql.ts';
import type { Counter, CounterRow, Tables } from './schema.ts';
import type { SqlDialect } from './sql-dialect.ts';

const raise = fixedSql(
  (next) => `update counters set value = value + 1 where name = ${next()} returning value`,
);

/** Raises a running number by one and returns it. */
export async function nextNumber(
  trx: Transaction<Tables>,
  dialect: SqlDialect,
  name: Counter,
): Promise<number> {
  const [counter] = await raise<Pick<CounterRow, 'value'>>(trx, dialect, [name]);
  if (counter === undefined) throw new Error(`the store has no counter ${name}`);
  return counter.value;
}
