import { open, rename, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** The old content or the new one is there, whatever happens between; the new one when it has resolved. */
export async function replaceFile(path: string, content: string): Promise<void> {
  const next = join(dirname(path), `${basename(path)}.new`);
  await writeFile(next, content, { mode: 0o600, flush: true });
  await rename(next, path);
  await syncFolder(dirname(path));
}

export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

/** So that a new file is still there when the machine has lost its power. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
