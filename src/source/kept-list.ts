import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Validators } from './fetch-list.ts';

/** The last good copy of a list. */
export interface KeptList {
  readonly bytes: Uint8Array;
  readonly validators: Validators;
  /** When a server last said that this is the list, in milliseconds since the epoch. */
  readonly confirmedAt: number;
}

const headSchema = z.object({
  url: z.string(),
  etag: z.string().optional(),
  lastModified: z.string().optional(),
  confirmedAt: z.number(),
  sha256: z.string(),
});

/**
 * Writes a copy under the list's name, of letters, digits, `-` and `_`. It is one file, its first line what is known of the rest, and takes the
 * place of the one before in one step.
 */
export async function keepList(folder: string, name: string, url: string, list: KeptList): Promise<void> {
  const head = { url, ...list.validators, confirmedAt: list.confirmedAt, sha256: digest(list.bytes) };
  await mkdir(folder, { recursive: true });
  const file = fileOf(folder, name);
  await writeFile(`${file}.new`, Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), list.bytes]));
  await rename(`${file}.new`, file);
}

/** The copy that was kept of the list at this URL; undefined where there is none or it is damaged. */
export async function keptList(folder: string, name: string, url: string): Promise<KeptList | undefined> {
  try {
    const file = await readFile(fileOf(folder, name));
    const end = file.indexOf(0x0a);
    const head = headSchema.parse(JSON.parse(file.subarray(0, end).toString('utf8')));
    const bytes = file.subarray(end + 1);
    if (head.url !== url || head.sha256 !== digest(bytes)) return undefined;
    const validators = { etag: head.etag, lastModified: head.lastModified };
    return { bytes, validators, confirmedAt: head.confirmedAt };
  } catch {
    // A copy that cannot be read is as good as none: the list is fetched anew.
    return undefined;
  }
}

function fileOf(folder: string, name: string): string {
  return join(folder, `${name}.list`);
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
