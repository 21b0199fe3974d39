import { open, type FileHandle } from 'node:fs/promises';
import { StoreError } from './error.ts';
import type { Flusher } from './flusher.ts';

/**
 * The write-ahead log is all that a commit changes (https://www.sqlite.org/wal.html), so that a commit is safe once that file is flushed.
 * SQLite itself flushes it, and the database, before and after it moves anything from one to the other.
 * @param sync flushes a file; the system's, where left out
 * @param onFlushed told of each flush that went well, with the milliseconds that it took
 */
export function walFlusher(
  path: string,
  sync: (file: FileHandle) => Promise<void> = datasync,
  onFlushed: (ms: number) => void = () => {},
): Flusher {
  const log = `${path}-wal`;
  let written = 0;
  let flushed = 0;
  let file: Promise<FileHandle> | undefined;
  /** The oldest first. */
  let underway: readonly Flush[] = [];
  let refused: StoreError | undefined;
  let soon: NodeJS.Timeout | undefined;

  async function sendToDisk(upTo: number, before: Promise<void> | undefined): Promise<void> {
    try {
      // Not before there is something in it: it is SQLite that makes it.
      file ??= open(log, 'r+');
      const opened = await file;
      const began = performance.now();
      await sync(opened);
      onFlushed(performance.now() - began);
      // The system tells of an error once, and perhaps to that one.
      await before;
      if (refused === undefined) flushed = upTo;
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

  function begin(): Flush {
    const upTo = written;
    const done = sendToDisk(upTo, underway.at(-1)?.done).finally(() => {
      underway = underway.filter((other) => other !== begun);
    });
    const begun = { upTo, done };
    underway = [...underway, begun];
    return begun;
  }

  async function flush(upTo = written): Promise<void> {
    for (;;) {
      if (flushed >= upTo) return;
      // The system forgets what it could not write: another try would seem to work.
      if (refused !== undefined) throw refused;
      const enough = underway.find((one) => one.upTo >= upTo);
      const [oldest] = underway;
      const next = enough ?? (oldest !== undefined && underway.length >= mostAtOnce ? oldest : begin());
      await next.done;
    }
  }

  return {
    written: () => {
      written += 1;
    },
    mark: () => written,
    flush,
    flushSoon: () => {
      soon ??= setTimeout(() => {
        soon = undefined;
        // Where it fails, the next call that waits says so.
        flush().catch(() => {});
      }, soonMs).unref();
    },
    close: async () => {
      clearTimeout(soon);
      await Promise.all(underway.map(({ done }) => done));
      await (await file?.catch(() => undefined))?.close();
      file = undefined;
    },
  };
}

/** What comes during a flush has one of its own, and need not wait for the end of the other. */
const mostAtOnce = 2;
const soonMs = 500;

interface Flush {
  /** What it brings onto the disk. */
  readonly upTo: number;
  readonly done: Promise<void>;
}

function datasync(file: FileHandle): Promise<void> {
  return file.datasync();
}
