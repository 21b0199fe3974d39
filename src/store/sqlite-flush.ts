import { open, type FileHandle } from 'node:fs/promises';
import { StoreError } from './error.ts';
import type { Flusher } from './flusher.ts';

/**
 * The write-ahead log is all that a commit changes (https://www.sqlite.org/wal.html), so that a commit is safe once that file is flushed.
 * SQLite itself flushes it, and the database, before and after it moves anything from one to the other.
 * @param sync flushes a file; the system's, where left out
 */
export function walFlusher(path: string, sync: (file: FileHandle) => Promise<void> = datasync): Flusher {
  const log = `${path}-wal`;
  let written = 0;
  let flushed = 0;
  let file: FileHandle | undefined;
  let underway: Promise<void> | undefined;
  let refused: StoreError | undefined;

  async function flushAll(): Promise<void> {
    const before = written;
    try {
      // Not before there is something in it: it is SQLite that makes it.
      file ??= await open(log, 'r+');
      await sync(file);
      flushed = before;
    } catch (error) {
      refused = new StoreError(
        'failed',
        {
          subject: 'flush',
          place: log,
          reason: `the disk does not keep what was written (${String(error)})`,
          wayOut: 'check the disk, then start again; what was not acknowledged has to be sent again',
        },
        { cause: error },
      );
    }
  }

  return {
    written: () => {
      written += 1;
    },
    mark: () => written,
    flush: async (upTo = written) => {
      while (flushed < upTo) {
        // The system forgets what it could not write: another try would seem to work.
        if (refused !== undefined) throw refused;
        underway ??= flushAll().finally(() => {
          underway = undefined;
        });
        await underway;
      }
    },
    close: async () => {
      await underway;
      await file?.close();
      file = undefined;
    },
  };
}

function datasync(file: FileHandle): Promise<void> {
  return file.datasync();
}
