import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { leaderFile } from '../store/sqlite-leadership.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { ConfigError } from './config-error.ts';
import type { Config } from './config-schema.ts';

type StoreConfig = Pick<Config, 'data' | 'store'>;

/** The file of the embedded store. */
export function storeFile({ data }: Pick<Config, 'data'>): string {
  return join(data, 'tocsin.db');
}

/** Every file that the store writes: none is input. */
export function storeFiles(config: Pick<Config, 'data'>): readonly string[] {
  const file = storeFile(config);
  return [file, `${file}-wal`, `${file}-shm`, leaderFile(file)];
}

/**
 * The store of a configuration: PostgreSQL or DynamoDB where it names one, otherwise the file in its data folder.
 * @param onFlushed told of each flush of that file, with the milliseconds that it took
 * @throws {StoreError} @throws {ConfigError} where the file of authorities cannot be read
 */
export async function openStore(config: StoreConfig, onFlushed?: (ms: number) => void): Promise<Store> {
  const { postgres, dynamodb } = config.store;
  if (dynamodb !== undefined) {
    // Loaded on demand: most have no use for it.
    const { openDynamoStore } = await import('../store/dynamo/dynamo-store.ts');
    return openDynamoStore(dynamodb);
  }
  if (postgres === undefined) return openSqliteStore({ path: storeFile(config), onFlushed });
  // Likewise.
  const { openPostgresStore } = await import('../store/postgres.ts');
  const { tls, ca, ...rest } = postgres;
  return openPostgresStore({
    ...rest,
    tls: tls === 'off' ? undefined : { ca: ca === undefined ? undefined : readAuthorities(ca) },
  });
}

function readAuthorities(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(
      `store.postgres.ca: ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
