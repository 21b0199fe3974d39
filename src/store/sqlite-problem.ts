import BetterSqlite3 from 'better-sqlite3';
import { StoreError, type StoreProblem } from './error.ts';

interface Meaning {
  readonly problem: StoreProblem;
  readonly reason: string;
  readonly wayOut: string;
}

/** SQLite's primary result codes (https://www.sqlite.org/rescode.html) that a person can do something about. */
const meanings: Readonly<Record<string, Meaning>> = {
  SQLITE_BUSY: {
    problem: 'busy',
    reason: 'another process has been writing to the file for too long',
    wayOut: 'try again; if it stays so, stop the other process',
  },
  SQLITE_CANTOPEN: {
    problem: 'failed',
    reason: 'the file or its folder cannot be opened',
    wayOut: 'check that the path is right and that this user may read and write the file and its folder',
  },
  SQLITE_CORRUPT: {
    problem: 'corrupt',
    reason: 'the file is damaged',
    wayOut: 'stop Tocsin, keep a copy of the file, then run `sqlite3 FILE .recover` or restore a backup',
  },
  SQLITE_FULL: {
    problem: 'full',
    reason: 'there is no room left on the disk',
    wayOut: 'make room on the disk or move the store; nothing that was stored before is lost',
  },
  SQLITE_IOERR: {
    problem: 'failed',
    reason: 'the disk could not be read or written',
    wayOut: 'check the disk and the file system; the store must be on a local disk, not on a network share',
  },
  SQLITE_NOTADB: {
    problem: 'foreign',
    reason: 'the file is not a SQLite database',
    wayOut: 'choose another path for the store',
  },
  SQLITE_PERM: {
    problem: 'read-only',
    reason: 'this user may not open the file',
    wayOut: 'give this user the right to read and write the file and its folder',
  },
  SQLITE_READONLY: {
    problem: 'read-only',
    reason: 'the file cannot be written',
    wayOut: 'give this user the right to write to the file and its folder, or mount the disk writable',
  },
  SQLITE_TOOBIG: {
    problem: 'unfit',
    reason: 'a value is longer than SQLite can keep (1 GB)',
    wayOut: 'reject the record that it came from; trying again will not help',
  },
};

/** Any error as a `StoreError`; one that is one already stays as it is. */
export function sqliteProblem(error: unknown, subject: string, place: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = error instanceof BetterSqlite3.SqliteError ? error.code : '';
  // Extended codes begin with the primary one: SQLITE_IOERR_WRITE.
  const primary = Object.keys(meanings).find((name) => code === name || code.startsWith(`${name}_`));
  const { problem, reason, wayOut } = (primary !== undefined && meanings[primary]) || {
    problem: 'failed' as const,
    reason: 'an unexpected error',
    wayOut: 'please report it',
  };
  const detail = error instanceof Error ? error.message : String(error);
  return new StoreError(
    problem,
    { subject, place, reason: `${reason} (${code === '' ? '' : `${code}: `}${detail})`, wayOut },
    { cause: error },
  );
}
