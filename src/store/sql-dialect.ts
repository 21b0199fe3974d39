import { sql, type RawBuilder, type Transaction } from 'kysely';
import type { Tables } from './schema.ts';

/** What the SQL databases do not have in common. */
export interface SqlDialect {
  /** Lets no other transaction that asks for the same write until this one ends; waits for one that is under way. */
  readonly alone: (trx: Transaction<Tables>) => Promise<void>;
  /** Whether the words of an asset hold a text; no sign in it has a meaning of its own. */
  readonly wordsHold: (text: string) => RawBuilder<boolean>;
  /** Whether a delivery belongs to a channel, in the form that the indexes are made for. */
  readonly isChannel: (channel: string) => RawBuilder<boolean>;
  /** Whether rows that another transaction holds are there to be passed over: a database with one writer has none. */
  readonly skipsLocked: boolean;
}

export const sqliteSql: SqlDialect = {
  // A transaction has the write lock from its beginning: see the driver.
  alone: async () => {},
  wordsHold: (text) => sql<boolean>`instr(words, ${text}) > 0`,
  isChannel: (channel) => sql<boolean>`channel = ${channel}`,
  skipsLocked: false,
};

export const postgresSql: SqlDialect = {
  // One writer at a time, as in SQLite: running totals are rows that every commit changes, and would make commits wait for one another
  // at best, and fail with a deadlock at worst. Claims change no total and do not come here.
  alone: async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('tocsin writes ' || current_schema(), 0))`.execute(
      trx,
    );
  },
  wordsHold: (text) => sql<boolean>`strpos(words, ${text}) > 0`,
  // What an index holds must be short, and a channel's name need not be.
  isChannel: (channel) => sql<boolean>`md5(channel) = md5(${channel})`,
  skipsLocked: true,
};
