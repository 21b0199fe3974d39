import pg from 'pg';
import {
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely';
import { postgresProblem } from './postgres-problem.ts';

/** Whole numbers come as numbers: none of ours passes 2^53. */
export const numberTypes: pg.CustomTypesConfig = {
  getTypeParser: (id, format) =>
    id === pg.types.builtins.INT8
      ? Number
      : (pg.types.getTypeParser(id, format) as (text: string) => unknown),
};

/** Tells a new connection what all of ours are told. */
type Prepare = (client: pg.PoolClient) => Promise<void>;

/** kysely's PostgreSQL dialect with a driver of our own: its errors are the store's, and a connection that broke is never used again. */
export function postgresDialect(pool: pg.Pool, place: string, prepare: Prepare): Dialect {
  return {
    createDriver: () => postgresDriver(pool, place, prepare),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
  };
}

interface Held {
  readonly client: pg.PoolClient;
  /** What made it unfit to be used again. */
  broken: Error | undefined;
}

function postgresDriver(pool: pg.Pool, place: string, prepare: Prepare): Driver {
  const prepared = new WeakSet<pg.PoolClient>();
  const held = new WeakMap<DatabaseConnection, Held>();

  async function run<Row>(
    mine: Held,
    text: string,
    parameters: readonly unknown[],
  ): Promise<QueryResult<Row>> {
    try {
      const { rows, rowCount, command } = await mine.client.query<Row & pg.QueryResultRow>(text, [
        ...parameters,
      ]);
      // A transaction in which something failed answers `commit` so.
      if (text === 'commit' && command === 'ROLLBACK') throw new Error('the transaction was rolled back');
      return { rows, numAffectedRows: BigInt(rowCount ?? 0) };
    } catch (error) {
      const problem = postgresProblem(error, 'database', place);
      if (problem.problem === 'unreachable') mine.broken = problem;
      throw problem;
    }
  }

  const control = async (connection: DatabaseConnection, text: string): Promise<void> => {
    const mine = held.get(connection);
    if (mine !== undefined) await run(mine, text, []);
  };

  return {
    init: async () => {},
    acquireConnection: async () => {
      let client: pg.PoolClient | undefined;
      try {
        client = await pool.connect();
        if (!prepared.has(client)) await prepare(client);
        prepared.add(client);
      } catch (error) {
        client?.release(true);
        throw postgresProblem(error, 'database', place);
      }
      const mine: Held = { client, broken: undefined };
      const connection: DatabaseConnection = {
        executeQuery: <Row>({ sql, parameters }: CompiledQuery) => run<Row>(mine, sql, parameters),
        // eslint-disable-next-line require-yield
        async *streamQuery(): AsyncGenerator<never> {
          throw new Error('the PostgreSQL store does not stream rows; read a page at a time');
        },
      };
      held.set(connection, mine);
      return connection;
    },
    releaseConnection: async (connection) => {
      const mine = held.get(connection);
      mine?.client.release(mine.broken);
    },
    beginTransaction: (connection) => control(connection, 'begin'),
    commitTransaction: (connection) => control(connection, 'commit'),
    // What cannot be rolled back is rolled back by the server when the connection ends.
    rollbackTransaction: async (connection) => {
      const mine = held.get(connection);
      if (mine === undefined || mine.broken !== undefined) return;
      try {
        await run(mine, 'rollback', []);
      } catch (error) {
        mine.broken = error instanceof Error ? error : new Error(String(error));
      }
    },
    destroy: () => pool.end(),
  };
}
