import {
  closeSync,
  createReadStream,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  type Dirent,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import { disposable, disposableWhole, lent } from '../decode/disposable.ts';

/** A file to read, or standard input. */
export interface InputFile {
  /** As the user wrote it, joined with what was found below it. */
  readonly path: string;
  /** Bytes on disk; 0 where it cannot be known beforehand. */
  readonly size: number;
  readonly stdin: boolean;
}

/** A path that leads to nothing. */
export class NoInputError extends Error {
  override readonly name = 'NoInputError';
}

const readAtOnce = 512 * 1024;
const smallFile = 4 * 1024 * 1024;

/**
 * The files behind the paths that a user gave: files, folders (with all below them; links to folders are not followed), globs, and `-` for
 * standard input. Sorted within each path, no file twice. A file or folder below that cannot be opened is among them, so that
 * reading it tells why.
 * @throws {NoInputError} where a path leads to no file.
 */
export async function findFiles(paths: readonly string[]): Promise<readonly InputFile[]> {
  const found = new Map<string, InputFile>();
  for (const path of paths) {
    for (const file of await filesAt(path)) if (!found.has(file.path)) found.set(file.path, file);
  }
  return [...found.values()];
}

async function filesAt(path: string): Promise<readonly InputFile[]> {
  if (path === '-') return [{ path, size: 0, stdin: true }];
  const kind = kindOf(path);
  if (kind?.isDirectory()) return filesBelow(path);
  if (kind) return [{ path, size: kind.size, stdin: false }];
  const matches = /[*?[\]{}]/.test(path) ? await filesMatching(path) : [];
  if (matches.length === 0)
    throw new NoInputError(`${path}: there is no such file or folder, and nothing matches it as a pattern`);
  return matches.map((match) => ({ path: match, size: kindOf(match)?.size ?? 0, stdin: false }));
}

async function filesMatching(pattern: string): Promise<readonly string[]> {
  // Loaded on demand: mostly the shell has found the files, or a folder is named.
  const { glob } = await import('tinyglobby');
  return (await glob(pattern, { dot: true, onlyFiles: true, followSymbolicLinks: false })).sort();
}

function filesBelow(folder: string): readonly InputFile[] {
  const files: InputFile[] = [];
  const folders = [folder];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    // What cannot be opened is kept as an input: reading it fails, and that is told as for any other file.
    const unreadable = { path: at, size: 0, stdin: false };
    const entries = entriesOf(at);
    if (entries === undefined) files.push(unreadable);
    for (const entry of entries ?? []) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile() || entry.isSymbolicLink()) {
        const kind = kindOf(path);
        if (kind === undefined || kind.isFile()) files.push({ path, size: kind?.size ?? 0, stdin: false });
      }
    }
  }
  if (files.length === 0) throw new NoInputError(`${folder}: the folder holds no files`);
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** At once, here and below: to ask in the background takes thirty times as long, and archives have thousands of files. */
function kindOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** Undefined where the folder cannot be read. */
function entriesOf(folder: string): readonly Dirent[] | undefined {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return undefined;
  }
}

/**
 * The bytes of a file in order, in pieces that are large enough to be fast and small enough to be forgotten; from offset `from` up to
 * the one before `to`, where they are given.
 */
export function readInput(file: InputFile, from = 0, to?: number): AsyncIterable<Uint8Array> {
  if (file.stdin) return process.stdin;
  if (from > 0 || to !== undefined)
    return readPieces(file.path, from, to === undefined ? Number.POSITIVE_INFINITY : to - 1);
  // As CloudTrail delivers them, most files are so small that a stream costs more than the file.
  if (file.size > 0 && file.size <= smallFile) return readWhole(file.path);
  return readPieces(file.path, 0, Number.POSITIVE_INFINITY);
}

async function* readPieces(path: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  // A pipe can only be read as it comes, and refuses to be asked for a place.
  const place = start === 0 && end === Number.POSITIVE_INFINITY ? {} : { start, end };
  for await (const piece of createReadStream(path, { highWaterMark: readAtOnce, ...place }))
    yield disposableWhole(piece as Buffer);
}

/** Without a way through the thread pool, which takes longer than reading so little. */
// eslint-disable-next-line typescript/require-await -- one way of reading among others that do wait
async function* readWhole(path: string): AsyncGenerator<Uint8Array> {
  yield readAgain(path) ?? disposable(readFileSync(path));
}

/** Room that has been read into before and is free: fresh memory takes the system longer to give than most files to read. */
let spare: ArrayBuffer | undefined;

/** Reads a file into the same room as the one before, once that has been given back; undefined where it is not small any more. */
function readAgain(path: string): Uint8Array | undefined {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    // A pipe, or what the system makes up while it is read, has no size.
    if (size === 0 || size > smallFile) return undefined;
    const room = spare !== undefined && spare.byteLength >= size ? spare : new ArrayBuffer(roomFor(size));
    spare = undefined;
    const bytes = new Uint8Array(room, 0, size);
    let used = 0;
    for (let more = 1; used < size && more > 0; used += more)
      more = readSync(file, bytes, used, size - used, null);
    return lent(bytes.subarray(0, used), () => {
      spare = room;
    });
  } finally {
    closeSync(file);
  }
}

/** In steps, so that files which grow little by little do not each take new room. */
function roomFor(size: number): number {
  return Math.ceil(size / readAtOnce) * readAtOnce;
}
