import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { unpack, UnpackError } from '../decode/unpack.ts';
import { endOfLastLine, hashOf, headBytes, type Head } from './line-file.ts';

/** Files that are no plain text: gzip, zstd, Parquet. */
const packedMagic = [[0x1f, 0x8b], [0x28, 0xb5, 0x2f, 0xfd], [...Buffer.from('PAR1')]];

/** How much of the beginning is looked at for headers. */
const beginningBytes = 16 * 1024;

/** Whether a file holds plain lines, so that it can be read up to any line's end. */
export async function isPlainText(file: string): Promise<boolean> {
  const beginning = await firstBytes(file, 8);
  return !packedMagic.some((magic) => magic.every((byte, i) => beginning[i] === byte));
}

/** Up to where a log can be read: to its last line feed, or to its end where nobody seems to go on with the last line. */
export async function readableTextEnd(
  file: string,
  from: number,
  to: number,
  isFinished: boolean,
): Promise<number> {
  return isFinished ? to : endOfLastLine(file, from, to);
}

/** The whole lines with which a file begins, as far as headers may reach. */
export async function beginningOf(file: string): Promise<Uint8Array> {
  const bytes = await firstBytes(file, beginningBytes);
  return bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1);
}

/** Up to where the content of a file was read, and how to know that content again under another name or packed. */
export interface ReadContent {
  readonly head: Head;
  readonly tail: Head;
  readonly offset: number;
}

/** The last bytes before an offset of a plain file. */
export async function tailOf(file: string, offset: number): Promise<Head> {
  const length = Math.min(headBytes, offset);
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset - length);
    return { length, hash: hashOf(buffer.subarray(0, bytesRead)) };
  } finally {
    await handle.close();
  }
}

/** The hash of so many of the first bytes, which are read once and only when they are asked for. */
export function beginningHashes(read: () => Promise<Uint8Array>): (length: number) => Promise<string> {
  let bytes: Promise<Uint8Array> | undefined;
  const hashes = new Map<number, string>();
  return async (length) => {
    const known = hashes.get(length);
    if (known !== undefined) return known;
    bytes ??= read();
    const hash = hashOf((await bytes).subarray(0, length));
    hashes.set(length, hash);
    return hash;
  };
}

/** The first bytes of what is packed in a file. */
export async function unpackedBeginning(file: string, length: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of contentBetween(file, false, 0, length)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Whether these are the last bytes before an offset, in the file or in what is packed in it. */
export async function hasTail(
  file: string,
  packed: boolean,
  { tail, offset }: Omit<ReadContent, 'head'>,
): Promise<boolean> {
  if (!packed) return (await tailOf(file, offset)).hash === tail.hash;
  const pieces: Uint8Array[] = [];
  for await (const piece of contentBetween(file, false, offset - tail.length, offset)) pieces.push(piece);
  const found = Buffer.concat(pieces);
  return found.length === tail.length && hashOf(found) === tail.hash;
}

/** The unpacked content from one offset to another; what is cut off ends early. */
export async function* contentBetween(
  file: string,
  isPlain: boolean,
  from: number,
  to = Number.POSITIVE_INFINITY,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (isPlain) {
    if (to > from)
      yield* createReadStream(file, { start: from, end: to - 1, highWaterMark: 512 * 1024, signal });
    return;
  }
  let at = 0;
  for await (const chunk of unpackedOf(file)) {
    const [start, end] = [Math.max(0, from - at), Math.min(chunk.length, to - at)];
    at += chunk.length;
    if (end > start) yield chunk.subarray(start, end);
    if (at >= to) return;
  }
}

async function* unpackedOf(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* unpack(createReadStream(file));
  } catch (error) {
    if (!(error instanceof UnpackError)) throw error;
  }
}

export async function firstBytes(file: string, length: number): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
