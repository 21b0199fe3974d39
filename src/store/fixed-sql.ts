import { CompiledQuery, type Insertable, type Kysely } from 'kysely';
import type { Tables } from './schema.ts';
import type { NextParameter, SqlDialect } from './sql-dialect.ts';

/** Rows of one statement at most: well below any database's limit on parameters, and few enough for its texts to be kept. */
const rowsAtOnce = 64;

type Parameter = string | number | null | Uint8Array;

/** Runs a statement with its parameters, in the order in which their places stand in it. */
type Run = <Row = never>(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  parameters: readonly Parameter[],
  count?: number,
) => Promise<readonly Row[]>;

/**
 * A statement whose text is put together once, for each `count` that it is asked for with. With kysely's builders that is done each time, and takes
 * longer than SQLite takes to carry it out. For what every alert needs; the rest is better said with the builders, which hold it against the tables.
 * @param write the text; `count` is 1 where the caller says nothing
 */
export function fixedSql(write: (next: NextParameter, count: number, dialect: SqlDialect) => string): Run {
  const texts = new Map<SqlDialect, Map<number, string>>();

  function textOf(dialect: SqlDialect, count: number): string {
    const known = texts.get(dialect) ?? new Map<number, string>();
    texts.set(dialect, known);
    let position = 0;
    const text = known.get(count) ?? write(() => dialect.parameter((position += 1)), count, dialect);
    if (count <= rowsAtOnce) known.set(count, text);
    return text;
  }

  return async <Row>(
    db: Kysely<Tables>,
    dialect: SqlDialect,
    parameters: readonly Parameter[],
    count = 1,
  ): Promise<readonly Row[]> => {
    const query = CompiledQuery.raw(textOf(dialect, count), [...parameters]);
    const { rows } = await db.executeQuery(query);
    // As with kysely's own raw queries, who writes a text says what it gives.
    return rows as readonly Row[];
  };
}

/**
 * Inserts rows into a table by such statements.
 * @param columns those that each row fills, all of them
 * @param after what follows upon the rows: `on conflict ...`, `returning ...`
 */
export function rowInserter<Table extends keyof Tables, Column extends keyof Insertable<Tables[Table]>>(
  table: Table,
  columns: readonly (Column & string)[],
  after = '',
) {
  const insert = fixedSql(
    (next, count) =>
      `insert into ${table} (${columns.join(', ')}) values ${listOf(count, () => `(${columns.map(next).join(', ')})`)} ${after}`,
  );
  return async <Row = never>(
    db: Kysely<Tables>,
    dialect: SqlDialect,
    rows: readonly Readonly<Record<Column, Parameter>>[],
  ): Promise<readonly Row[]> => {
    const given: Row[] = [];
    for (let from = 0; from < rows.length; from += rowsAtOnce) {
      const some = rows.slice(from, from + rowsAtOnce);
      const parameters = some.flatMap((row) => columns.map((column) => row[column]));
      given.push(...(await insert<Row>(db, dialect, parameters, some.length)));
    }
    return given;
  };
}

/** So many of a part of a text, with commas between them. */
export function listOf(count: number, part: () => string): string {
  return Array.from({ length: count }, part).join(', ');
}
