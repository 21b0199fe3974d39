import type { ClientBase } from 'pg';
import { StoreError } from './error.ts';
import { postgresMigrations } from './postgres-migrations.ts';

/**
 * Makes the schema where it is missing and brings it up to date: all steps that are missing, in one transaction, and one server after
 * the other where several start at once. A schema that is no Tocsin store, or that a newer Tocsin wrote, is refused before anything is
 * written to it.
 *
 * @throws {StoreError} `foreign`, `newer`; and whatever the client throws
 */
export async function preparePostgresSchema(
  client: ClientBase,
  schema: string,
  place: string,
): Promise<void> {
  await client.query("begin; set local statement_timeout = 0; set local lock_timeout = '60s'");
  try {
    await client.query("select pg_advisory_xact_lock(hashtextextended('tocsin migrations ' || $1, 0))", [
      schema,
    ]);
    const version = await versionOf(client, schema, place);
    if (version > postgresMigrations.length)
      throw new StoreError('newer', {
        subject: 'store',
        place,
        reason: `it has been written by a newer Tocsin (store version ${version}; this one knows up to ${postgresMigrations.length})`,
        wayOut: 'run that version of Tocsin or a later one, or choose another schema',
      });
    if (version < postgresMigrations.length) {
      for (const step of postgresMigrations.slice(version)) await client.query(step);
      await client.query('update meta set version = $1', [postgresMigrations.length]);
    }
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

/** How many steps the schema has been through; one that is not there is made. */
async function versionOf(client: ClientBase, schema: string, place: string): Promise<number> {
  const { rows: tables } = await client.query<{ name: string }>(
    'select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1',
    [schema],
  );
  if (tables.some(({ name }) => name === 'meta')) {
    const { rows } = await client.query<{ program: unknown; version: unknown }>('select * from meta');
    const [row] = rows;
    if (row?.program === 'tocsin' && typeof row.version === 'number') return row.version;
    throw foreign(schema, place);
  }
  if (tables.length > 0) throw foreign(schema, place);
  const { rows: schemas } = await client.query('select 1 from pg_namespace where nspname = $1', [schema]);
  // Asking for what is there already would take a right that it does not need.
  if (schemas.length === 0) await client.query(`create schema ${quoted(schema)}`);
  await client.query('create table meta (program text not null, version integer not null)');
  await client.query("insert into meta values ('tocsin', 0)");
  return 0;
}

function foreign(schema: string, place: string): StoreError {
  return new StoreError('foreign', {
    subject: 'store',
    place,
    reason: `the schema ${schema} holds tables of another program, and has been left as it is`,
    wayOut: 'choose another schema or database for the store',
  });
}

/** A name as an identifier, whatever is in it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
