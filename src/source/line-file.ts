import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';

const pieceBytes = 64 * 1024;
/** CloudTrail's own limit for one record is about 1 MB. */
const longestFirstLine = 1024 * 1024;
const largestUnendedLine = 4 * 1024 * 1024;
/** Enough to reach the id and time of a first record, which no two files share. */
export const headBytes = 4 * 1024;

/** The beginning of what was read of a file. It tells the file from another one that was later written into its place. */
export interface Head {
  readonly length: number;
  /** SHA-256, in hex. */
  readonly hash: string;
}

/** Whether a file holds one JSON value a line, so that it can be read up to any line's end: its first line is a whole JSON object. */
export async function isLines(file: string): Promise<boolean> {
  return reading(file, async (handle) => {
    const first = await firstLine(handle);
    if (first === undefined) return false;
    const value = parsed(first);
    return typeof value === 'object' && value !== null && !('Records' in value);
  });
}

/** How far a file of lines can be read: to its last newline, or to its end where it is at rest and the last line is whole without one. */
export async function readableEnd(file: string, from: number, to: number, atRest: boolean): Promise<number> {
  const end = await endOfLastLine(file, from, to);
  const rest = to - end;
  if (!atRest || rest === 0 || rest > largestUnendedLine) return end;
  return reading(file, async (handle) => {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(rest), 0, rest, end);
    return parsed(buffer.subarray(0, bytesRead)) === undefined ? end : to;
  });
}

/** The offset after the last newline in [from, to), or `from` where there is none. */
export async function endOfLastLine(file: string, from: number, to: number): Promise<number> {
  return reading(file, async (handle) => {
    const piece = Buffer.alloc(pieceBytes);
    for (let end = to; end > from; end -= pieceBytes) {
      const start = Math.max(from, end - pieceBytes);
      const { bytesRead } = await handle.read(piece, 0, end - start, start);
      const newline = piece.subarray(0, bytesRead).lastIndexOf(0x0a);
      if (newline >= 0) return start + newline + 1;
    }
    return from;
  });
}

/** The head of a file of which `end` bytes were read. */
export async function headOf(file: string, end: number): Promise<Head> {
  const length = Math.min(headBytes, end);
  return reading(file, async (handle) => {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return { length, hash: hashOf(buffer.subarray(0, bytesRead)) };
  });
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export async function hasHead(file: string, head: Head): Promise<boolean> {
  return (await headOf(file, Math.min(head.length, headBytes))).hash === head.hash;
}

async function firstLine(handle: FileHandle): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  for (let at = 0; at < longestFirstLine; at += pieceBytes) {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(pieceBytes), 0, pieceBytes, at);
    const newline = buffer.subarray(0, bytesRead).indexOf(0x0a);
    if (newline >= 0) return Buffer.concat([...pieces, buffer.subarray(0, newline)]);
    if (bytesRead < pieceBytes) return undefined;
    pieces.push(buffer);
  }
  return undefined;
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

async function reading<Result>(file: string, work: (handle: FileHandle) => Promise<Result>): Promise<Result> {
  const handle = await open(file);
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
}
