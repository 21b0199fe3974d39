import { createReadStream, watch, type FSWatcher } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ingest, RunningSource, SourceLog } from './source.ts';

export interface WatchedFolderOptions {
  readonly path: string;
  readonly ingest: Ingest;
  /** What an earlier run stored for a file of this folder. */
  readonly position: (source: string) => Promise<string | undefined>;
  readonly clock: () => number;
  readonly log: SourceLog;
  /** How often the folder is looked through; changes are usually noticed sooner. */
  readonly intervalMs?: number | undefined;
}

/** How far a file has been read. */
interface Progress {
  /** Tells a file from another that was later given its name. */
  readonly inode: number;
  /** Bytes read: up to the end of the last whole line for files that grow, the whole size otherwise. */
  readonly offset: number;
  readonly modified: number;
}

const defaultIntervalMs = 2_000;
const headBytes = 64 * 1024;
const largestUnendedLine = 4 * 1024 * 1024;

/**
 * Reads what is in a folder and what is added to it, until stopped. Plain files of one record a line are followed as they grow,
 * whole line by whole line; every other file (compressed, or one JSON document) is read once it has stopped changing, and again
 * from the start when it changes. Positions are stored with what was read, so that a restart goes on where it was.
 */
export function startWatchedFolder(options: WatchedFolderOptions): RunningSource {
  const { path, log, intervalMs = defaultIntervalMs } = options;
  const known = new Map<string, Progress>();
  /** Sizes and times at the last look, for files that must first come to rest. */
  const lastLook = new Map<string, string>();
  let trouble: string | undefined;
  const stopping = new AbortController();
  let wake: (() => void) | undefined;

  async function look(): Promise<void> {
    for (const file of await filesBelow(path)) {
      if (stopping.signal.aborted) return;
      try {
        await lookAt(file);
      } catch (error) {
        trouble = `${file}: ${error instanceof Error ? error.message : String(error)}`;
        log.error({ file, error: trouble }, 'a file could not be read and is tried again');
      }
    }
  }

  async function lookAt(file: string): Promise<void> {
    const now = await stat(file);
    const key = `folder:${file}`;
    const before = known.get(file) ?? readProgress(await options.position(key));
    const isSame = before !== undefined && before.inode === now.ino && before.offset <= now.size;
    if (isSame && before.offset === now.size && before.modified === now.mtimeMs) {
      known.set(file, before);
      return;
    }
    const lines = await isLines(file);
    const start = isSame && lines ? before.offset : 0;
    const looks = `${now.ino}/${now.size}/${now.mtimeMs}`;
    const atRest = lastLook.get(file) === looks;
    lastLook.set(file, looks);
    if (!lines && !atRest) return;
    const end = lines ? await readableEnd(file, start, now.size, atRest) : now.size;
    const progress: Progress = { inode: now.ino, offset: end, modified: now.mtimeMs };
    if (end > start) {
      await options.ingest(createReadStream(file, { start, end: end - 1, highWaterMark: 512 * 1024 }), {
        source: 'file',
        object: file,
        receivedAt: options.clock(),
        startAt: start,
        position: { source: key, position: JSON.stringify(progress) },
      });
    }
    known.set(file, progress);
    if (end === now.size) lastLook.delete(file);
  }

  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(path, { recursive: true }, () => wake?.());
    watcher.on('error', (error) =>
      log.warn({ folder: path, error: error.message }, 'changes are noticed by looking only'),
    );
  } catch (error) {
    log.warn({ folder: path, error: String(error) }, 'changes are noticed by looking only');
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      trouble = undefined;
      await look().catch((error: unknown) => {
        trouble = `the folder cannot be read: ${error instanceof Error ? error.message : String(error)}`;
        log.error({ folder: path, error: trouble }, 'the folder cannot be read');
      });
      if (stopping.signal.aborted) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, intervalMs);
        wake = () => {
          clearTimeout(timer);
          // Writers seldom stop after one write: a short wait takes the rest along.
          setTimeout(resolve, Math.min(100, intervalMs));
        };
      });
      wake = undefined;
    }
  }

  const running = run();
  return {
    name: `folder ${path}`,
    trouble: () => trouble,
    stop: async () => {
      stopping.abort();
      watcher?.close();
      wake?.();
      await running;
    },
  };
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Whether a file holds one JSON value a line, so that it can be read up to any line's end: its first line is a whole JSON object. */
async function isLines(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    const newline = buffer.subarray(0, bytesRead).indexOf(0x0a);
    if (newline <= 0) return false;
    const first: unknown = JSON.parse(buffer.toString('utf8', 0, newline));
    return typeof first === 'object' && first !== null && !('Records' in first);
  } catch {
    return false;
  } finally {
    await handle.close();
  }
}

/** How far a file of lines can be read: to its last newline, or to its end where it is at rest and the last line is whole without one. */
async function readableEnd(file: string, from: number, to: number, atRest: boolean): Promise<number> {
  const end = await endOfLastLine(file, from, to);
  const rest = to - end;
  if (!atRest || rest === 0 || rest > largestUnendedLine) return end;
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(rest), 0, rest, end);
    JSON.parse(buffer.toString('utf8', 0, bytesRead));
    return to;
  } catch {
    return end;
  } finally {
    await handle.close();
  }
}

/** The offset after the last newline in [from, to), or `from` where there is none. */
async function endOfLastLine(file: string, from: number, to: number): Promise<number> {
  const handle = await open(file);
  try {
    const piece = Buffer.alloc(headBytes);
    for (let end = to; end > from; end -= headBytes) {
      const start = Math.max(from, end - headBytes);
      const { bytesRead } = await handle.read(piece, 0, end - start, start);
      const newline = piece.subarray(0, bytesRead).lastIndexOf(0x0a);
      if (newline >= 0) return start + newline + 1;
    }
    return from;
  } finally {
    await handle.close();
  }
}

function readProgress(stored: string | undefined): Progress | undefined {
  if (stored === undefined) return undefined;
  const { inode, offset, modified } = JSON.parse(stored) as Progress;
  return { inode, offset, modified };
}
