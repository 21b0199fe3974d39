import pg from 'pg';
import { Kysely } from 'kysely';
import { numberTypes, postgresDialect } from './postgres-driver.ts';
import { postgresLeadership } from './postgres-leadership.ts';
import { postgresProblem } from './postgres-problem.ts';
import { preparePostgresSchema, quoted } from './postgres-schema.ts';
import type { Tables } from './schema.ts';
import { postgresSql } from './sql-dialect.ts';
import { createSqlStore } from './sql-store.ts';
import type { Store } from './store.ts';

export interface PostgresStoreOptions {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password?: string | undefined;
  /** Where the tables are; made where it is missing. */
  readonly schema: string;
  /** Undefined for a connection in the clear. */
  readonly tls?: { readonly ca?: string | undefined } | undefined;
  /** Connections at most, without the one that leading takes. */
  readonly connections: number;
  /** How much of rejected records is kept before the oldest are dropped (and counted): 100,000 records and 256 MB by default. */
  readonly rejections?: { readonly most: number; readonly bytes: number } | undefined;
  /** How long to wait for a connection, in milliseconds; 10,000 by default. */
  readonly connectTimeout?: number | undefined;
}

/**
 * A store in a schema of a PostgreSQL database, for any number of processes at once. The database's server keeps what it has confirmed:
 * `synchronous_commit` is never off for us. A connection that breaks fails the calls that use it, with `unreachable`, and the next ones
 * get a new one. When it breaks while a commit is under way, nobody knows whether it came through: the same commit may be made again, as
 * always.
 *
 * @throws {StoreError} where it cannot be used: not reachable, not ours, newer, no right to write
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const { host, port, database, schema } = options;
  const place = `postgres://${host.startsWith('/') ? '' : host}:${port}/${database}, schema ${schema}`;
  const settings = clientSettings(options);
  const pool = new pg.Pool({ ...settings, max: options.connections });
  const prepare = (client: pg.ClientBase): Promise<void> => prepareSession(client, schema);
  // A connection that breaks while nobody uses it is taken out of the pool; whoever comes next gets a new one. One that breaks in
  // between two statements is found out by the next; without a listener it would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  try {
    const client = await pool.connect();
    try {
      await prepare(client);
      await preparePostgresSchema(client, schema, place);
    } finally {
      client.release();
    }
  } catch (error) {
    await pool.end();
    throw postgresProblem(error, 'store', place);
  }
  return createSqlStore(new Kysely<Tables>({ dialect: postgresDialect(pool, place, prepare) }), {
    place,
    dialect: postgresSql,
    rejections: options.rejections ?? { most: 100_000, bytes: 256 * 1024 * 1024 },
    groupSize: 256,
    leadership: postgresLeadership(settings, schema, place),
  });
}

function clientSettings(options: PostgresStoreOptions): pg.ClientConfig {
  const { host, port, database, user, password, tls } = options;
  return {
    host,
    port,
    database,
    user,
    // An empty one keeps the client from looking for one in the environment and in the user's files.
    password: password ?? '',
    ssl:
      tls === undefined
        ? false
        : { ...(tls.ca === undefined ? {} : { ca: tls.ca }), rejectUnauthorized: true },
    application_name: 'tocsin',
    connectionTimeoutMillis: options.connectTimeout ?? 10_000,
    keepAlive: true,
    types: numberTypes,
  };
}

/** What every connection is told first. */
async function prepareSession(client: pg.ClientBase, schema: string): Promise<void> {
  await client.query(
    `set search_path = ${quoted(schema)}; set lock_timeout = '20s'; set statement_timeout = '60s';
     set idle_in_transaction_session_timeout = '60s';
     select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'`,
  );
}
