import { mkdir, open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { grouped } from '../store/grouped.ts';
import { syncFolder } from './durable.ts';
import { decodeLines, encodeLine } from './line-log.ts';

/** How far each source has been read, in its own notation; kept in a file that is only added to. */
export interface Positions {
  readonly get: (source: string) => string | undefined;
  /** Resolves when it is durable. */
  readonly set: (source: string, position: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Written anew, with the last word on each source alone, when it has grown by so much. */
const rewriteBytes = 8 * 1024 * 1024;

export async function openPositions(path: string): Promise<Positions> {
  await mkdir(dirname(path), { recursive: true });
  const known = await readPositions(path);
  let file: FileHandle | undefined;
  let added = 0;

  async function rewrite(): Promise<FileHandle> {
    await file?.close();
    file = undefined;
    const next = await open(`${path}.new`, 'w', 0o600);
    try {
      for (const [source, position] of known)
        await next.appendFile(encodeLine(JSON.stringify([source, position])));
      await next.sync();
    } catch (error) {
      await next.close();
      throw error;
    }
    await rename(`${path}.new`, path);
    await syncFolder(dirname(path));
    added = 0;
    return (file = next);
  }

  const write = grouped<readonly [string, string], true>(async (entries) => {
    const lines = Buffer.concat(entries.map((entry) => encodeLine(JSON.stringify(entry))));
    const handle = file === undefined || added > rewriteBytes ? await rewrite() : file;
    try {
      await handle.appendFile(lines);
      await handle.datasync();
    } catch (error) {
      // The file may end in the middle of a line: the next write begins a new one.
      added = Number.POSITIVE_INFINITY;
      throw error;
    }
    added += lines.length;
    for (const [source, position] of entries) known.set(source, position);
    return entries.map(() => true);
  }, 256);

  return {
    get: (source) => known.get(source),
    set: async (source, position) => void (await write([source, position])),
    close: async () => {
      await file?.close();
      file = undefined;
    },
  };
}

/** A damaged line is passed over: its source is then read from an earlier place, which doubles nothing. */
async function readPositions(path: string): Promise<Map<string, string>> {
  const known = new Map<string, string>();
  const content = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  for (const { json } of decodeLines(content)) {
    const [source, position] = json === undefined ? [] : (JSON.parse(json) as readonly unknown[]);
    if (typeof source === 'string' && typeof position === 'string') known.set(source, position);
  }
  return known;
}
