import { existsSync } from 'node:fs';
import type { Config } from '../../runtime/config-schema.ts';
import { openStore, storeFile } from '../../runtime/open-store.ts';
import { openSqliteStore } from '../../store/sqlite.ts';
import type { Store } from '../../store/store.ts';
import { CliFailure } from '../failure.ts';

/**
 * The store of a configuration, or the file that a flag names instead. To look into a missing file is a mistake; only what is to be written
 * makes one.
 *
 * @throws {CliFailure} where the file is missing
 */
export async function openStoreOf(
  config: Config,
  file: string | undefined,
  missing: 'refuse' | 'make' = 'refuse',
): Promise<Store> {
  const { postgres, dynamodb } = config.store;
  if (file === undefined && (postgres !== undefined || dynamodb !== undefined)) return openStore(config);
  const path = file ?? storeFile(config);
  if (missing === 'refuse' && !existsSync(path))
    throw new CliFailure(
      `${path}: there is no such store; name one with --store or --config, or let 'tocsin serve' or 'tocsin scan --store' make it`,
    );
  return openSqliteStore({ path });
}
