import {
  chmodSync,
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  statSync,
  type Stats,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import type { Alert } from '../alert/alert.ts';
import { StoreError } from './error.ts';
import { alertTerms } from './search-terms.ts';
import { sqliteMigrations } from './sqlite-migrations.ts';
import { sqliteProblem } from './sqlite-problem.ts';

/** `Tcsn`: marks a SQLite file as a Tocsin store; see https://www.sqlite.org/fileformat.html#application_id */
export const applicationId = 0x5463736e;

const magic = 'SQLite format 3\0';
const headerLength = 100;

/**
 * Files that this thread has open. POSIX drops all of a process's locks on a file when any descriptor of it is closed,
 * so the look at a file's header must not be taken at a file that SQLite holds open: that could corrupt it
 * (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 */
const openHere = new Map<string, number>();

/**
 * Opens a store's file, making it and its folder where they are missing, and brings its schema up to date.
 * A file that is no Tocsin store, or that a newer Tocsin wrote, is refused before anything is written to it.
 * Waits for no lock: where another process holds the one that is needed, the error is `busy`.
 *
 * @throws {StoreError}
 */
export function openSqliteFile(path: string): Database {
  if (path === ':memory:') return prepareDatabase(new BetterSqlite3(':memory:'), path);
  const file = resolve(path);
  if (path === '' || file !== file.trim()) {
    throw new StoreError('failed', {
      subject: 'store',
      place: JSON.stringify(path),
      reason: 'the path is empty or ends in a space',
      wayOut: 'give the store another path',
    });
  }
  try {
    makeFile(file);
    const key = identity(statSync(file));
    if (!openHere.has(key)) checkHeader(file);
    const database = new BetterSqlite3(file, { timeout: 0, fileMustExist: true });
    holdOpen(key, database);
    return prepareDatabase(database, file);
  } catch (error) {
    throw fileProblem(error, file);
  }
}

/** The folder is for its owner only, and so is the file: what is in it is evidence. An existing file keeps its rights. */
function makeFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** Reads the header by itself: SQLite would already write beside the file, and into it where it was left in the middle of a change. */
function checkHeader(file: string): void {
  const header = Buffer.alloc(headerLength);
  const descriptor = openSync(realpathSync(file), 'r');
  let stats: Stats;
  let length = 0;
  try {
    stats = fstatSync(descriptor);
    if (stats.isFile()) length = readSync(descriptor, header, 0, headerLength, 0);
  } finally {
    closeSync(descriptor);
  }
  if (!stats.isFile()) throw foreign(file, 'it is not a file');
  if (length === 0) {
    chmodSync(file, 0o600);
    return;
  }
  if (length < headerLength || header.toString('latin1', 0, magic.length) !== magic) {
    throw foreign(file, 'it is not a SQLite database');
  }
  if (header.readUInt32BE(68) !== applicationId) throw foreign(file, 'it is the database of another program');
  checkVersion(header.readUInt32BE(60), file);
}

function prepareDatabase(database: Database, place: string): Database {
  try {
    database.pragma('foreign_keys = ON');
    database.pragma('trusted_schema = OFF');
    database.pragma('cell_size_check = ON');
    // The default of better-sqlite3 in WAL mode is NORMAL, which loses the last commits when the power fails.
    database.pragma('synchronous = FULL');
    // macOS alone: fsync does not reach the platter there.
    database.pragma('fullfsync = ON');
    database.pragma('checkpoint_fullfsync = ON');
    database.pragma('journal_size_limit = 67108864');

    claimFile(database, place);
    if (place !== ':memory:') useWal(database, place);
    migrate(database, place);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Writes the mark into a new file before WAL mode begins, so that it stands in the file itself and never only in the
 * log beside it, where `checkHeader` does not look.
 */
function claimFile(database: Database, place: string): void {
  if (numberOf(database, 'application_id') === applicationId) return;
  immediately(database, () => {
    const mark = numberOf(database, 'application_id');
    if (mark === applicationId) return;
    const objects = database.prepare('select count(*) from sqlite_schema').pluck().get();
    if (mark !== 0 || objects !== 0) throw foreign(place, 'it is the database of another program');
    database.pragma(`application_id = ${applicationId}`);
  });
}

function useWal(database: Database, place: string): void {
  const mode = database.pragma('journal_mode = WAL', { simple: true });
  if (mode !== 'wal') {
    throw new StoreError('failed', {
      subject: 'store',
      place,
      reason: `the file system does not allow write-ahead logging (journal mode stays ${String(mode)})`,
      wayOut: 'put the store on a local disk',
    });
  }
}

/** All steps that are missing, in one transaction: a file is at the old version or at the new one, never between. */
function migrate(database: Database, place: string): void {
  database.function('terms_of_alert', { deterministic: true }, (text) =>
    alertTerms(JSON.parse(String(text)) as Alert).join(' '),
  );
  // The write lock is taken even where there is nothing to do: a store that cannot be written is told now, not at the first alert.
  immediately(database, () => {
    const version = numberOf(database, 'user_version');
    checkVersion(version, place);
    for (const step of sqliteMigrations.slice(version)) database.exec(step);
    if (version < sqliteMigrations.length) database.pragma(`user_version = ${sqliteMigrations.length}`);
  });
}

function immediately(database: Database, work: () => void): void {
  database.transaction(work).immediate();
}

function numberOf(database: Database, pragma: 'application_id' | 'user_version'): number {
  return Number(database.pragma(pragma, { simple: true }));
}

function checkVersion(version: number, place: string): void {
  if (version <= sqliteMigrations.length) return;
  throw new StoreError('newer', {
    subject: 'store',
    place,
    reason: `it has been written by a newer Tocsin (store version ${version}; this one knows up to ${sqliteMigrations.length})`,
    wayOut: 'run that version of Tocsin or a later one, or choose another path',
  });
}

function foreign(place: string, reason: string): StoreError {
  return new StoreError('foreign', {
    subject: 'store',
    place,
    reason: `${reason}, and has been left as it is`,
    wayOut: 'choose another path for the store',
  });
}

function fileProblem(error: unknown, place: string): StoreError {
  switch (errorCode(error)) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StoreError(
        'read-only',
        {
          subject: 'store',
          place,
          reason: `this user may not write there (${String(error)})`,
          wayOut: 'give this user the right to write to the file and its folder, or choose another path',
        },
        { cause: error },
      );
    case 'ENOENT':
      return new StoreError(
        'failed',
        {
          subject: 'store',
          place,
          reason: `its folder is not there and cannot be made (${String(error)})`,
          wayOut: 'make the folder, check that no link in the path leads to nothing, or choose another path',
        },
        { cause: error },
      );
    case 'ENOTDIR':
    case 'EEXIST':
      return new StoreError(
        'failed',
        {
          subject: 'store',
          place,
          reason: `a part of the path is a file and not a folder (${String(error)})`,
          wayOut: 'choose another path for the store',
        },
        { cause: error },
      );
    default:
      return sqliteProblem(error, 'store', place);
  }
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function identity(stats: Stats): string {
  return `${stats.dev}:${stats.ino}`;
}

/** Notes the file as open until the database is closed. */
function holdOpen(key: string, database: Database): void {
  openHere.set(key, (openHere.get(key) ?? 0) + 1);
  const close = database.close.bind(database);
  database.close = () => {
    if (database.open) {
      const left = (openHere.get(key) ?? 1) - 1;
      if (left > 0) openHere.set(key, left);
      else openHere.delete(key);
    }
    return close();
  };
}
