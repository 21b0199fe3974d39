import { createReadStream, watch, type FSWatcher, type Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { endOfLastLine, hasHead, headBytes, headOf, isLines, readableEnd, type Head } from './line-file.ts';
import type { Ingest, InputOrigin, RunningSource, SourceLog } from './source.ts';
import {
  beginningHashes,
  beginningOf,
  contentBetween,
  firstBytes,
  hasTail,
  isPlainText,
  readableTextEnd,
  tailOf,
  unpackedBeginning,
} from './text-file.ts';

export interface WatchedFolderOptions {
  readonly path: string;
  readonly ingest: Ingest;
  /** What an earlier run stored for a file of this folder. */
  readonly position: (source: string) => Promise<string | undefined>;
  readonly clock: () => number;
  readonly log: SourceLog;
  /** Files and folders that are passed over: what Tocsin itself writes would otherwise be read, written, and read again. */
  readonly except?: readonly string[] | undefined;
  /** What the files hold: JSON, or lines of text that obey no document around them (access logs); JSON where left out. */
  readonly content?: 'json' | 'text' | undefined;
  /** Which files are read, by their names; all, where left out. */
  readonly accepts?: ((name: string) => boolean) | undefined;
  /** What keys of positions begin with: `folder`, where left out. */
  readonly keys?: string | undefined;
  /** Of text: positions that were stored for files which may have other names by now. */
  readonly formerly?: readonly string[] | undefined;
  /** How long nothing must have come to a file of text until its last line is taken for whole although no line feed ends it. */
  readonly unendedMs?: number | undefined;
  /** How often the folder is looked through; changes are usually noticed sooner. */
  readonly intervalMs?: number | undefined;
  /** How long a file that is read as a whole must have kept its size and time. */
  readonly restMs?: number | undefined;
  /** Positions in files of lines are stored at least this often, in bytes read. */
  readonly pieceBytes?: number | undefined;
  /** How long a file that is being read may go on once the source is stopped. */
  readonly graceMs?: number | undefined;
}

/** How far a file has been read. */
interface Progress {
  /** Whether the file is packed, and `offset` then its whole size. */
  readonly packed?: boolean | undefined;
  /** Of text: the last bytes before `offset`, to know the content again under another name. */
  readonly tail?: Head | undefined;
  /** Both tell a file from another that was later given its name: an inode number is used again, a file written over in place keeps it. */
  readonly inode: number;
  readonly head: Head;
  /** Bytes read: up to the end of the last whole line for files that grow, the whole size otherwise. */
  readonly offset: number;
  readonly modified: number;
}

const defaultIntervalMs = 2_000;
const defaultRestMs = 3_000;
const defaultPieceBytes = 64 * 1024 * 1024;
const defaultGraceMs = 5_000;
const defaultUnendedMs = 60_000;
/** So many contents that are no longer under their name are remembered, in case they turn up under another. */
const mostGone = 20_000;
/** Writers seldom stop after one write: a short wait takes the rest along. */
const settleMs = 100;

/**
 * Reads what is in a folder and what is added to it, until stopped. Plain files of one record a line are followed as they grow,
 * whole line by whole line; every other file (compressed, or one JSON document) is read once it has stopped changing, and again
 * from the start when it changes. Positions are stored with what was read, so that a restart goes on where it was. Links are
 * not followed.
 *
 * Text is counted, and reading it twice would count it twice: files of text are known again when they were renamed, copied or packed (as
 * logs are when they are rotated), and are read in the order in which they were last written.
 */
export function startWatchedFolder(options: WatchedFolderOptions): RunningSource {
  const { path, log, intervalMs = defaultIntervalMs, pieceBytes = defaultPieceBytes } = options;
  const isText = options.content === 'text';
  const keyOf = (file: string): string => `${options.keys ?? 'folder'}:${file}`;
  const except = new Set((options.except ?? []).map((each) => resolve(each)));
  const known = new Map<string, Progress>();
  /** What was read under names that are gone, or that are another file's now. */
  const gone: Progress[] = (options.formerly ?? []).flatMap((stored) => readProgress(stored) ?? []);
  /** What a file looked like, and since when it has. */
  const lastLook = new Map<string, { readonly looks: string; readonly since: number }>();
  /** What a file looked like when all that can be read of it had been read. */
  const done = new Map<string, string>();
  /** Files and folders in trouble now, and why. */
  const failing = new Map<string, string>();
  const stopping = new AbortController();
  const cut = new AbortController();
  let wake: (() => void) | undefined;

  function fail(place: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (failing.get(place) === reason) return;
    failing.set(place, reason);
    log.error({ place, error: reason }, 'cannot be read and is tried again');
  }

  async function look(): Promise<void> {
    const files = await filesBelow(path);
    const present = new Set(files);
    for (const [file, progress] of known) if (!present.has(file)) keepGone(progress);
    for (const map of [known, lastLook, done])
      for (const file of map.keys()) if (!present.has(file)) map.delete(file);
    if (isText) await learnPositions(files);
    for (const file of isText ? await oldestFirst(files) : files) {
      if (stopping.signal.aborted) return;
      try {
        await lookAt(file);
        failing.delete(file);
      } catch (error) {
        if (cut.signal.aborted) return;
        // Gone since the folder was listed.
        if (isMissing(error)) failing.delete(file);
        else fail(file, error);
      }
    }
    for (const place of failing.keys())
      if (place !== path && !present.has(place) && !(await exists(place))) failing.delete(place);
  }

  /** All that was read must be known before a file is taken for a new one. */
  async function learnPositions(files: readonly string[]): Promise<void> {
    for (const file of files) {
      if (known.has(file) || lastLook.has(file)) continue;
      const progress = readProgress(await options.position(keyOf(file)));
      if (progress !== undefined) known.set(file, progress);
    }
  }

  function keepGone(progress: Progress): void {
    if (!isText) return;
    gone.push(progress);
    if (gone.length > mostGone) gone.shift();
  }

  /**
   * Up to where the content of a file of text that is new under its name was read when it had another: an offset in the unpacked content, or
   * Infinity where it is a packed file that was read whole.
   */
  async function readElsewhere(file: string, size: number, packed: boolean): Promise<number> {
    const raw = beginningHashes(() => firstBytes(file, headBytes));
    const unpacked = packed ? beginningHashes(() => unpackedBeginning(file, headBytes)) : raw;
    for (const content of [gone.toReversed(), known.values()].flatMap((all) => [...all])) {
      const { head, tail, offset, packed: wasPacked = false } = content;
      if (tail === undefined || offset === 0) continue;
      if (wasPacked && (!packed || offset !== size)) continue;
      if (!packed && offset > size) continue;
      const begins = wasPacked ? raw : unpacked;
      if ((await begins(head.length)) !== head.hash) continue;
      if (await hasTail(file, packed && !wasPacked, { tail, offset }))
        return wasPacked ? Number.POSITIVE_INFINITY : offset;
    }
    return 0;
  }

  async function lookAt(file: string): Promise<void> {
    const now = await stat(file);
    const looks = `${now.ino}/${now.size}/${now.mtimeMs}`;
    if (done.get(file) === looks) return;
    const key = keyOf(file);
    const before = known.get(file) ?? readProgress(await options.position(key));
    const isSame =
      before !== undefined &&
      before.inode === now.ino &&
      before.offset <= now.size &&
      (await hasHead(file, before.head));
    if (isSame && before.offset === now.size && before.modified === now.mtimeMs) {
      known.set(file, before);
      done.set(file, looks);
      return;
    }
    const restedMs = restOf(file, looks);
    const atRest = restedMs >= (options.restMs ?? defaultRestMs);
    const lines = isText ? await isPlainText(file) : await isLines(file);
    if (!lines && !atRest) return;
    if (isText && before !== undefined && !isSame) {
      keepGone(before);
      known.delete(file);
    }
    const elsewhere = isText && !isSame ? await readElsewhere(file, now.size, !lines) : 0;
    if (isText && !lines) return readPacked(file, now, elsewhere);
    const start = isSame && lines ? before.offset : elsewhere;
    const isFinished = restedMs >= (options.unendedMs ?? defaultUnendedMs);
    const end = isText
      ? await readableTextEnd(file, start, now.size, isFinished)
      : lines
        ? await readableEnd(file, start, now.size, atRest)
        : now.size;
    if (start === end && elsewhere > 0) {
      const progress = await progressAt(file, end, now);
      await options.ingest(nothing(), originOf(file, end, progress));
      known.set(file, progress);
    }
    for (let from = start; from < end;) {
      if (stopping.signal.aborted) return;
      const whole = !lines || end - from <= pieceBytes;
      const lineEnd = whole ? end : await endOfLastLine(file, from, from + pieceBytes);
      const to = lineEnd > from ? lineEnd : end;
      const progress = await progressAt(file, to, now);
      await options.ingest(
        createReadStream(file, { start: from, end: to - 1, highWaterMark: 512 * 1024, signal: cut.signal }),
        {
          ...originOf(file, from, progress),
          ...(isText && from > 0 && { beginning: await beginningOf(file) }),
        },
      );
      known.set(file, progress);
      from = to;
    }
    if ((isText ? isFinished : atRest) || end === now.size) done.set(file, looks);
  }

  async function progressAt(file: string, offset: number, now: Stats): Promise<Progress> {
    return {
      inode: now.ino,
      head: await headOf(file, offset),
      ...(isText && { tail: await tailOf(file, offset) }),
      offset,
      modified: now.mtimeMs,
    };
  }

  function originOf(file: string, startAt: number, progress: Progress): InputOrigin {
    return {
      source: 'file',
      object: file,
      receivedAt: options.clock(),
      startAt,
      position: { source: keyOf(file), position: JSON.stringify(progress) },
    };
  }

  /** Reads a packed file of text whole, but for what was read of it before it was packed. */
  async function readPacked(file: string, now: Stats, elsewhere: number): Promise<void> {
    const progress: Progress = { ...(await progressAt(file, now.size, now)), packed: true };
    const isKnown = elsewhere === Number.POSITIVE_INFINITY;
    await options.ingest(
      elsewhere === 0
        ? createReadStream(file, { highWaterMark: 512 * 1024, signal: cut.signal })
        : isKnown
          ? nothing()
          : contentBetween(file, false, elsewhere),
      originOf(file, isKnown ? 0 : elsewhere, progress),
    );
    known.set(file, progress);
    done.set(file, `${now.ino}/${now.size}/${now.mtimeMs}`);
  }

  /** For how long a file has looked as it does, in milliseconds. */
  function restOf(file: string, looks: string): number {
    const now = options.clock();
    const last = lastLook.get(file);
    if (last?.looks === looks) return now - last.since;
    lastLook.set(file, { looks, since: now });
    return -1;
  }

  async function filesBelow(folder: string): Promise<string[]> {
    const files: string[] = [];
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const place = join(folder, entry.name);
      if (except.has(resolve(place))) continue;
      if (entry.isFile() && (options.accepts?.(entry.name) ?? true)) files.push(place);
      if (!entry.isDirectory()) continue;
      try {
        files.push(...(await filesBelow(place)));
        failing.delete(place);
      } catch (error) {
        // One folder that is closed to us must not keep us from the others.
        if (!isMissing(error)) fail(place, error);
      }
    }
    return files;
  }

  let watcher: FSWatcher | undefined;
  function watchFolder(): void {
    try {
      watcher = watch(path, { recursive: true }, () => wake?.());
      watcher.on('error', (error) =>
        log.warn({ folder: path, error: error.message }, 'changes are noticed by looking only'),
      );
    } catch (error) {
      log.warn({ folder: path, error: String(error) }, 'changes are noticed by looking only');
    }
  }

  async function run(): Promise<void> {
    watchFolder();
    while (!stopping.signal.aborted) {
      const began = performance.now();
      try {
        await look();
        if (failing.delete(path)) {
          watcher?.close();
          watchFolder();
        }
      } catch (error) {
        fail(path, error);
      }
      if (stopping.signal.aborted) return;
      // A folder that takes long to look through must not be looked through all the time because one file in it grows.
      const pause = Math.min(intervalMs, Math.max(settleMs, performance.now() - began));
      await new Promise<void>((resume) => {
        const timer = setTimeout(resume, intervalMs);
        wake = () => {
          clearTimeout(timer);
          setTimeout(resume, stopping.signal.aborted ? 0 : pause);
          wake = undefined;
        };
      });
      wake = undefined;
    }
  }

  const running = run();
  return {
    name: `folder ${path}`,
    trouble: () => {
      const [first] = failing;
      return first && `${first[0]}: ${first[1]}${failing.size > 1 ? ` (and ${failing.size - 1} more)` : ''}`;
    },
    stop: async () => {
      stopping.abort();
      watcher?.close();
      wake?.();
      const patience = setTimeout(() => cut.abort(), options.graceMs ?? defaultGraceMs);
      await running;
      clearTimeout(patience);
    },
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

async function exists(place: string): Promise<boolean> {
  return stat(place).then(
    () => true,
    () => false,
  );
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** In the order in which they were last written. */
async function oldestFirst(files: readonly string[]): Promise<readonly string[]> {
  const written = new Map<string, number>();
  for (const file of files)
    written.set(
      file,
      await stat(file).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    );
  return files.toSorted((a, b) => (written.get(a) ?? 0) - (written.get(b) ?? 0));
}

/** Undefined too for what an earlier version stored without a head: the file is then read again, which doubles no alert. */
function readProgress(stored: string | undefined): Progress | undefined {
  if (stored === undefined) return undefined;
  const { inode, head, tail, offset, modified, packed } = JSON.parse(stored) as Partial<Progress>;
  return inode === undefined || head === undefined || offset === undefined || modified === undefined
    ? undefined
    : { inode, head, tail, offset, modified, packed };
}
