import { open, stat } from 'node:fs/promises';
import type { PlaceData } from '../context/place-data.ts';
import { locateInOrder, type Locate } from '../context/place.ts';
import { providersIn, type ProviderDocument } from '../context/providers/provider-documents.ts';
import { locateWithProviders } from '../context/providers/provider-index.ts';
import { builtinPlaces } from './builtin-places.ts';
import { readMmdb } from './mmdb-reader.ts';

/** A file that was found to be good. Its bytes lie in memory that threads share. */
export interface PlaceFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** What addresses are looked up in: plain data, which may be sent to another thread. */
export interface PlaceSources {
  /** Asked in this order; each for what those before it did not tell. */
  readonly files: readonly PlaceFile[];
  /** Whether the data that comes with Tocsin is asked after them. */
  readonly builtin: boolean;
  /** What clouds and vendors publish of their addresses. */
  readonly providers?: readonly ProviderDocument[] | undefined;
}

/** Larger files are refused. The largest of MaxMind's have some 200 MB. */
const largest = 1024 ** 3;

/** @param onProblem told where the data that comes with Tocsin cannot be used */
export function locateIn(
  { files, builtin, providers = [] }: PlaceSources,
  onProblem: (problem: string) => void,
): Locate {
  const ofFiles = files.flatMap(({ bytes }) => {
    const data = readMmdb(bytes);
    return 'locate' in data ? [data.locate] : [];
  });
  const locate = locateInOrder([...ofFiles, ...(builtin ? [builtinPlaces(onProblem)] : [])]);
  return providers.length === 0 ? locate : locateWithProviders(locate, providersIn(providers));
}

/** Reads a file whole and looks whether it can be used. Never throws. */
export async function readPlaceFile(
  path: string,
): Promise<{ readonly file: PlaceFile; readonly data: PlaceData } | { readonly problem: string }> {
  try {
    const bytes = await readShared(path);
    if ('problem' in bytes) return { problem: `${path}: ${bytes.problem}` };
    const data = readMmdb(bytes);
    return 'locate' in data ? { file: { path, bytes }, data } : { problem: `${path}: ${data.problem}` };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { problem: `${path}: cannot be read: ${reason}; mend the path, or its permissions` };
  }
}

async function readShared(path: string): Promise<Uint8Array | { readonly problem: string }> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    if (size > largest) return { problem: `has ${size} bytes, more than ${largest}; name another file` };
    const bytes = new Uint8Array(new SharedArrayBuffer(size));
    for (let at = 0; at < size;) {
      const { bytesRead } = await handle.read(bytes, at, size - at, at);
      if (bytesRead === 0) return { problem: 'became shorter while it was read' };
      at += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

/** Reads what the configuration names. What cannot be used is left out and told. */
export async function readPlaceSources(
  { files, builtin }: { readonly files: readonly string[]; readonly builtin: boolean },
  onProblem: (problem: string) => void,
): Promise<PlaceSources> {
  const good: PlaceFile[] = [];
  for (const path of files) {
    const read = await readPlaceFile(path);
    if ('file' in read) good.push(read.file);
    else onProblem(read.problem);
  }
  return { files: good, builtin };
}

/** When a file was last changed, and which it is; undefined where there is none. */
export async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return undefined;
  }
}
