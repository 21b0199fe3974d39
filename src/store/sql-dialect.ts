import { sql, type RawBuilder, type Transaction } from 'kysely';
import type { Tables } from './schema.ts';
import type { TermQuery } from './search-terms.ts';

/** Gives the place of the next parameter in the text of a statement. */
export type NextParameter = () => string;

/** What the SQL databases do not have in common. */
export interface SqlDialect {
  /** Lets no other transaction that asks for the same write until this one ends; waits for one that is under way. */
  readonly alone: (trx: Transaction<Tables>) => Promise<void>;
  /** Whether the words of an asset hold a text; no sign in it has a meaning of its own. */
  readonly wordsHold: (text: string) => RawBuilder<boolean>;
  /** Whether the reason of a delivery holds a text; no sign in it has a meaning of its own. */
  readonly reasonHolds: (text: string) => RawBuilder<boolean>;
  /** Whether a delivery belongs to a channel, in the form that the indexes are made for. */
  readonly isChannel: (channel: string) => RawBuilder<boolean>;
  /**
   * The sequences of the alerts that have terms, as a query with the column `sequence`: of all alerts, or of those among others that are given,
   * and then perhaps of some between them too.
   */
  readonly alertsWith: (terms: TermQuery, among?: readonly number[]) => RawBuilder<{ sequence: number }>;
  /** Whether the row of `alerts` is one of these sequences. */
  readonly isOneOf: (sequences: readonly number[]) => RawBuilder<boolean>;
  /** The column that holds an alert's sequence beside its terms. */
  readonly termKey: 'rowid' | 'sequence';
  /** A row of that table, with places for the sequence and for the terms as one text with a space between them. */
  readonly termRow: (next: NextParameter) => string;
  /** How a statement names its parameters, counted from 1. */
  readonly parameter: (position: number) => string;
  /** Whether a column of text is one of these; one text however many they are, so that it is prepared once. */
  readonly isOneOfTexts: (column: string, texts: readonly string[]) => RawBuilder<boolean>;
  /** Whether rows that another transaction holds are there to be passed over: a database with one writer has none. */
  readonly skipsLocked: boolean;
}

export const sqliteSql: SqlDialect = {
  // A transaction has the write lock from its beginning: see the driver.
  alone: async () => {},
  wordsHold: (text) => sql<boolean>`instr(words, ${text}) > 0`,
  reasonHolds: (text) => sql<boolean>`instr(deliveries.reason, ${text}) > 0`,
  isChannel: (channel) => sql<boolean>`channel = ${channel}`,
  // A range and not a list: FTS5 reads what it holds of a term from one end to the other for each row that is asked for.
  alertsWith: (terms, among) =>
    among === undefined
      ? sql`select rowid as sequence from alert_terms where alert_terms match ${matchText(terms)}`
      : sql`select rowid as sequence from alert_terms where alert_terms match ${matchText(terms)}
          and rowid between ${among.reduce((a, b) => Math.min(a, b))} and ${among.reduce((a, b) => Math.max(a, b))}
          order by rowid desc`,
  isOneOf: (sequences) =>
    sql<boolean>`sequence in (select value from json_each(${JSON.stringify(sequences)}))`,
  isOneOfTexts: (column, texts) =>
    sql<boolean>`${sql.ref(column)} in (select value from json_each(${JSON.stringify(texts)}))`,
  termKey: 'rowid',
  termRow: (next) => `(${next()}, ${next()})`,
  parameter: () => '?',
  skipsLocked: false,
};

/** FTS5's language, https://www.sqlite.org/fts5.html#full_text_query_syntax; terms have no sign in them that means anything there. */
function matchText(terms: TermQuery): string {
  const all = terms.all.map((any) => `(${any.map((one) => `"${one}"`).join(' OR ')})`).join(' AND ');
  return [`(${all})`, ...terms.none.map((one) => `"${one}"`)].join(' NOT ');
}

export const postgresSql: SqlDialect = {
  // One writer at a time, as in SQLite: running totals are rows that every commit changes, and would make commits wait for one another
  // at best, and fail with a deadlock at worst. Claims change no total and do not come here.
  alone: async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('tocsin writes ' || current_schema(), 0))`.execute(
      trx,
    );
  },
  wordsHold: (text) => sql<boolean>`strpos(words, ${text}) > 0`,
  reasonHolds: (text) => sql<boolean>`strpos(deliveries.reason, ${text}) > 0`,
  // What an index holds must be short, and a channel's name need not be.
  isChannel: (channel) => sql<boolean>`md5(channel) = md5(${channel})`,
  alertsWith: (terms, among) =>
    among === undefined
      ? sql`select sequence from alert_terms where terms @@ ${tsquery(terms)}::tsquery`
      : sql`select sequence from alert_terms where sequence = any(${among}::bigint[]) and terms @@ ${tsquery(terms)}::tsquery`,
  isOneOf: (sequences) => sql<boolean>`sequence = any(${sequences}::bigint[])`,
  isOneOfTexts: (column, texts) => sql<boolean>`${sql.ref(column)} = any(${texts}::text[])`,
  termKey: 'sequence',
  termRow: (next) => `(${next()}::bigint, array_to_tsvector(string_to_array(${next()}::text, ' ')))`,
  parameter: (position) => `$${position}`,
  skipsLocked: true,
};

/** https://www.postgresql.org/docs/current/datatype-textsearch.html#DATATYPE-TSQUERY */
function tsquery(terms: TermQuery): string {
  return [
    ...terms.all.map((any) => `(${any.map((one) => `'${one}'`).join(' | ')})`),
    ...terms.none.map((one) => `!'${one}'`),
  ].join(' & ');
}
