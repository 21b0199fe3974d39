import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { hasHead } from './line-file.ts';
import { beginningOf, contentBetween, hasTail, isPlainText, unpackedBeginning } from './text-file.ts';
import { hashOf } from './line-file.ts';

const head = z.object({ length: z.number(), hash: z.string() });
/** What a watched folder of text stores of a file. */
const progress = z.object({ packed: z.boolean().optional(), head, tail: head, offset: z.number() });

type Progress = z.infer<typeof progress>;

/** What was read, under whatever name and however packed it lies now. */
export interface FoundAgain {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly beginning: Uint8Array | undefined;
}

/**
 * Finds what was read of a file of text, in its place or beside it, where rotated logs go. Undefined where it is gone.
 * @param position what the source stored with it
 * @param from where it begins, in the unpacked content
 */
export async function findAgain(
  file: string,
  position: string,
  from: number,
): Promise<FoundAgain | undefined> {
  const read = progress.safeParse(JSON.parse(position)).data;
  if (read === undefined) return undefined;
  for (const candidate of await candidates(file)) {
    const isPlain = await placeOf(candidate, read);
    if (isPlain === undefined) continue;
    const to = read.packed === true ? Number.POSITIVE_INFINITY : read.offset;
    return {
      chunks: contentBetween(candidate, isPlain, from, to),
      beginning: from === 0 ? undefined : isPlain ? await beginningOf(candidate) : undefined,
    };
  }
  return undefined;
}

/** The file itself, then those beside it whose names begin alike. */
async function candidates(file: string): Promise<readonly string[]> {
  const folder = dirname(file);
  const [stem = ''] = basename(file).split('.');
  const beside = await readdir(folder).catch((): string[] => []);
  return [
    file,
    ...beside
      .filter((name) => name.startsWith(stem) && name !== basename(file))
      .map((name) => join(folder, name)),
  ];
}

/** Whether a file holds it plain (true) or packed (false); undefined where it does not. */
async function placeOf(file: string, read: Progress): Promise<boolean | undefined> {
  try {
    const { size } = await stat(file);
    const isPlain = await isPlainText(file);
    if (read.packed === true)
      return !isPlain && size === read.offset && (await hasHead(file, read.head)) ? false : undefined;
    const begins = isPlain
      ? size >= read.offset && (await hasHead(file, read.head))
      : hashOf(await unpackedBeginning(file, read.head.length)) === read.head.hash;
    return begins && (await hasTail(file, !isPlain, read)) ? isPlain : undefined;
  } catch {
    // Gone while we looked, or a folder.
    return undefined;
  }
}
