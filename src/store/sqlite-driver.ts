import type { Database, Statement } from 'better-sqlite3';
import {
  CompiledQuery,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely';
import { whileBusy } from './sqlite-busy.ts';
import { sqliteProblem } from './sqlite-problem.ts';

/** What the driver uses of a better-sqlite3 database. */
export type SqliteHandle = Pick<Database, 'prepare' | 'inTransaction' | 'name'>;

const statementsKept = 200;
const longestKept = 5_000;

/**
 * kysely's SQLite dialect with a driver of our own, because kysely's begins transactions without the write lock (two
 * processes that both read and then write would then fail instead of wait) and compiles each statement anew each time.
 * @param onWritten told of each transaction that changed something, once it is committed
 */
export function sqliteDialect(
  database: SqliteHandle,
  busyTimeout: number,
  onWritten: () => void = () => {},
): Dialect {
  return {
    createDriver: () => sqliteDriver(database, busyTimeout, onWritten),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

function sqliteDriver(database: SqliteHandle, busyTimeout: number, onWritten: () => void): Driver {
  const connection = sqliteConnection(database, busyTimeout, onWritten);
  const run = async (sql: string): Promise<void> => {
    await connection.executeQuery(CompiledQuery.raw(sql));
  };
  return {
    init: async () => {},
    acquireConnection: async () => connection,
    releaseConnection: async () => {},
    beginTransaction: () => run('begin immediate'),
    commitTransaction: () => run('commit'),
    // SQLite has already rolled back by itself after some errors, a full disk among them.
    rollbackTransaction: async () => {
      if (database.inTransaction) await run('rollback');
    },
    // kysely comes here only where a query has been run; whoever opened the database closes it.
    destroy: async () => {},
  };
}

function sqliteConnection(
  database: SqliteHandle,
  busyTimeout: number,
  onWritten: () => void,
): DatabaseConnection {
  const statements = new Map<string, Statement>();
  /** Whether something was changed since a transaction last ended, be it one of a single statement. */
  let isChanged = false;

  function prepare(sql: string): Statement {
    let statement = statements.get(sql);
    if (statement) {
      statements.delete(sql);
    } else {
      statement = database.prepare(sql);
      if (sql.length > longestKept) return statement;
    }
    // A Map iterates in order of insertion, so the first key is the one not used for the longest time.
    statements.set(sql, statement);
    if (statements.size > statementsKept) {
      for (const oldest of statements.keys()) {
        statements.delete(oldest);
        break;
      }
    }
    return statement;
  }

  function execute<Row>(query: CompiledQuery): QueryResult<Row> {
    try {
      const result = run<Row>(prepare(query.sql), query.parameters);
      if (isChanged && !database.inTransaction) {
        isChanged = false;
        if (query.sql !== 'rollback') onWritten();
      }
      return result;
    } catch (error) {
      throw sqliteProblem(error, 'database', database.name);
    }
  }

  function run<Row>(statement: Statement, parameters: readonly unknown[]): QueryResult<Row> {
    // The row's type is what kysely inferred from the query; SQLite itself has no types to check against.
    if (statement.reader) {
      const rows = statement.all(...parameters) as Row[];
      if (rows.length > 0 && !statement.readonly) isChanged = true;
      return { rows };
    }
    const { changes } = statement.run(...parameters);
    if (changes > 0 && !statement.readonly) isChanged = true;
    return { rows: [], numAffectedRows: BigInt(changes) };
  }

  return {
    // Inside a transaction the lock is held already, and a statement of it must not be tried by itself again.
    executeQuery: async <Row>(query: CompiledQuery) =>
      database.inTransaction ? execute<Row>(query) : whileBusy(() => execute<Row>(query), busyTimeout),
    // eslint-disable-next-line require-yield
    async *streamQuery(): AsyncGenerator<never> {
      throw new Error('the SQLite store does not stream rows; read a page at a time');
    },
  };
}
