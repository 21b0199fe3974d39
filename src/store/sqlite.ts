import { resolve } from 'node:path';
import { Kysely } from 'kysely';
import { noFlusher, type Flusher } from './flusher.ts';
import type { Tables } from './schema.ts';
import { sqliteSql } from './sql-dialect.ts';
import { createSqlStore } from './sql-store.ts';
import { whileBusy } from './sqlite-busy.ts';
import { noCheckpoints, sqliteCheckpoints, type Checkpoints } from './sqlite-checkpoints.ts';
import { sqliteDialect, type SqliteHandle } from './sqlite-driver.ts';
import { walFlusher } from './sqlite-flush.ts';
import { openSqliteFile } from './sqlite-file.ts';
import { sqliteLeadership } from './sqlite-leadership.ts';
import type { Store } from './store.ts';

const longestWait = 5_000;

export interface SqliteStoreOptions {
  /** A file, made with its folder where it is missing, or `:memory:` for a store that ends with the process. */
  readonly path: string;
  /** How long a write waits for another process's, in milliseconds; 5,000 by default. */
  readonly busyTimeout?: number | undefined;
  /** How much of rejected records is kept before the oldest are dropped (and counted): 100,000 records and 256 MB by default. */
  readonly rejections?: { readonly most: number; readonly bytes: number } | undefined;
  /** Told of each flush of the disk, with the milliseconds that it took. */
  readonly onFlushed?: ((ms: number) => void) | undefined;
}

/**
 * The embedded store: one SQLite file, safe against a kill of the process and, as far as the disk keeps its word when
 * asked to flush, against a power cut. Several processes on one machine may have the file open at once: their writes
 * wait for one another, and deliveries go to one of them. The file must be on a local disk: network file systems do not
 * have the shared memory that this needs.
 *
 * @throws {StoreError} where the file cannot be used: not ours, newer, read-only, damaged, locked
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const database = await whileBusy(() => openSqliteFile(options.path), options.busyTimeout ?? longestWait);
  // A flush by SQLite itself would hold up the event loop for as long as the disk takes. The store has commits flushed beside it, and nobody
  // is told of them before.
  database.pragma('synchronous = NORMAL');
  if (options.path === ':memory:') return sqliteStoreOn(database, options);
  const path = resolve(options.path);
  const checkpoints = sqliteCheckpoints(path, (pages) => database.pragma(`wal_autocheckpoint = ${pages}`));
  return sqliteStoreOn(database, options, walFlusher(path, undefined, options.onFlushed), checkpoints);
}

/**
 * A store on a database that `openSqliteFile` has prepared; it closes the database when it is closed.
 * @param flusher what brings commits onto the disk; they are there when they end, where left out
 */
export function sqliteStoreOn(
  database: SqliteHandle & { close(): unknown },
  options: SqliteStoreOptions,
  flusher: Flusher = noFlusher,
  checkpoints: Checkpoints = noCheckpoints,
): Store {
  const place = options.path === ':memory:' ? options.path : resolve(options.path);
  const dialect = sqliteDialect(database, options.busyTimeout ?? longestWait, () => {
    flusher.written();
    checkpoints.written();
  });
  const store = createSqlStore(new Kysely<Tables>({ dialect }), {
    place,
    rejections: options.rejections ?? { most: 100_000, bytes: 256 * 1024 * 1024 },
    groupSize: 256,
    dialect: sqliteSql,
    leadership: sqliteLeadership(place),
    flusher,
  });
  return {
    ...store,
    close: async () => {
      await store.close();
      await flusher.close();
      await checkpoints.close();
      database.close();
    },
  };
}
