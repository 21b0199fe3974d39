import { open, type FileHandle } from 'node:fs/promises';
import type { InputFile } from './files.ts';

/** A stretch of a file that can be read by itself: `to` is the offset behind its last byte, undefined for the file's end. */
export interface FilePart {
  readonly file: InputFile;
  readonly from: number;
  readonly to: number | undefined;
}

/** So large a part that to start one costs nothing beside reading it. */
const partBytes = 64 * 1024 * 1024;
/** How far behind the place where a part could end its border is sought. No record of CloudTrail is as long. */
const searchBytes = 2 * 1024 * 1024;
/** A line of JSON that begins with a record, as opposed to one record that is written on many lines. */
const beginsWithLine = /^\s*\{"[^\n]*\}\r?\n\s*\{/;
const border = Buffer.from('}\n{');

/**
 * Cuts a large file with a JSON object on each line into parts; any other file is one part. A closing brace, a line break and an
 * opening brace stand like that between two lines only: inside an object they would need a comma, and no text holds a line break.
 */
export async function partsOf(file: InputFile, size = partBytes): Promise<readonly FilePart[]> {
  const whole = [{ file, from: 0, to: undefined }];
  if (file.stdin || file.size < 2 * size) return whole;
  // What cannot be opened is told by whoever reads it.
  const handle = await open(file.path).catch(() => undefined);
  if (handle === undefined) return whole;
  try {
    const head = await bytesAt(handle, 0, searchBytes);
    if (!beginsWithLine.test(head.toString('latin1'))) return whole;
    const parts: FilePart[] = [];
    let from = 0;
    for (let at = size; at < file.size; at += size) {
      const found = (await bytesAt(handle, at, searchBytes)).indexOf(border);
      if (found < 0) continue;
      const to = at + found + 2;
      parts.push({ file, from, to });
      from = to;
    }
    return [...parts, { file, from, to: undefined }];
  } catch {
    return whole;
  } finally {
    await handle.close();
  }
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(length), position });
  return buffer.subarray(0, bytesRead);
}
