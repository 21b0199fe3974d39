import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseNetwork, type Network } from '../web/network.ts';
import { EnforcementError, type Enforcement } from './enforcement.ts';

/** The first line of each file that Tocsin writes; a file that begins otherwise is somebody else's and stays as it is. */
const mark = '# Blocked addresses, written by Tocsin. What is changed here by hand will be lost.';

/** How one kind of file says that an address is blocked. */
export interface LineForm {
  readonly write: (network: Network) => string;
  /** The text of the network in a line; undefined where there is none. */
  readonly read: (line: string) => string | undefined;
}

/** A file of our own with one network a line, replaced as a whole, so that who reads it never sees half of it. */
export function listFile(kind: string, path: string, form: LineForm): Enforcement {
  const file = resolve(path);
  return {
    name: `${kind}:${file}`,
    family: undefined,
    capacity: Number.MAX_SAFE_INTEGER,
    exclusive: true,
    pace: { name: `${kind}:${file}`, apart: 0 },
    read: async () => {
      const text = await contentOf(file);
      if (text === undefined) return { entries: [], absent: true };
      if (text !== '' && !text.startsWith(mark))
        throw new EnforcementError(
          'refused',
          `${file}: it was not written by Tocsin and is left as it is; name another file, or move this one away`,
        );
      const entries = text.split('\n').flatMap((line) => {
        const network = parseNetwork(form.read(line) ?? '');
        return network === undefined ? [] : [network];
      });
      return { entries, absent: text === '' };
    },
    write: (entries) => replace(file, `${mark}\n${entries.map((each) => `${form.write(each)}\n`).join('')}`),
  };
}

async function contentOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw troubleWith(file, error);
  }
}

/** Durable under its name, or not there: written beside it, flushed, and renamed over it. */
async function replace(file: string, content: string): Promise<void> {
  const beside = `${file}.${randomUUID()}.new`;
  try {
    const handle = await open(beside, 'wx', 0o644);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
    const folder = await open(dirname(file), 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    await rm(beside, { force: true });
    throw troubleWith(file, error);
  }
}

function troubleWith(file: string, error: unknown): EnforcementError {
  const reason = error instanceof Error ? error.message : String(error);
  return new EnforcementError(
    'refused',
    `${file}: ${reason}; make its folder and let this user write there`,
    {
      cause: error,
    },
  );
}
