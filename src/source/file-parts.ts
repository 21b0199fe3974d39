import { open, type FileHandle } from 'node:fs/promises';
import type { ListPlace } from '../decode/frames.ts';
import type { InputFile } from './files.ts';

/** A stretch of a file that can be read by itself: `to` is the offset behind its last byte, undefined for the file's end. */
export interface FilePart {
  readonly file: InputFile;
  readonly from: number;
  readonly to: number | undefined;
  /**
   * Of a file that is one long list. `to` then only seems to be a border between records: whoever reads the part finds out, and where it is
   * none reads on to the first of the later `borders` that is one. Parts that begin in between count for nothing.
   */
  readonly list?: { readonly place: ListPlace; readonly borders: readonly number[] };
}

/** So large a part that to start one costs nothing beside reading it. */
const partBytes = 16 * 1024 * 1024;
/** How far behind the place where a part could end its border is sought. No record of CloudTrail is as long. */
const searchBytes = 2 * 1024 * 1024;
/** A line of JSON that begins with a record, as opposed to one record that is written on many lines. */
const beginsWithLine = /^\s*\{"[^\n]*\}\r?\n\s*\{/;
const border = Buffer.from('}\n{');
/** How a list of records begins, with the first key of its first record. */
const beginsWithList = /^(?:\xef\xbb\xbf)?\s*(\{\s*"Records"\s*:\s*)?\[\s*\{\s*"([\w.-]{1,100})"\s*:/;

/**
 * Cuts a large file into parts. With a JSON object on each line, it is cut between lines: a closing brace, a line break and an
 * opening brace stand like that there only, as inside an object they would need a comma, and no text holds a line break. A list of
 * records is cut where one record seems to end and one to begin with the same key as the first; what is inside a record may look the same,
 * so that such a border is still to be proven. Any other file is one part.
 */
export async function partsOf(file: InputFile, size = partBytes): Promise<readonly FilePart[]> {
  const whole = [{ file, from: 0, to: undefined }];
  if (file.stdin || file.size < 2 * size) return whole;
  // What cannot be opened is told by whoever reads it.
  const handle = await open(file.path).catch(() => undefined);
  if (handle === undefined) return whole;
  try {
    const head = (await bytesAt(handle, 0, searchBytes)).toString('latin1');
    const list = beginsWithList.exec(head);
    if (list === null && !beginsWithLine.test(head)) return whole;
    const find = list === null ? lineBorder : recordBorder(list[2] ?? '');
    const borders: number[] = [];
    for (let at = size; at < file.size; at += size) {
      const found = find(await bytesAt(handle, at, searchBytes));
      const to = at + (found ?? 0);
      if (found !== undefined && to > (borders.at(-1) ?? 0)) borders.push(to);
    }
    const place = list?.[1] === undefined ? 'array' : 'container';
    return [0, ...borders].map((from, i) => {
      const part = { file, from, to: borders[i] };
      return list === null ? part : { ...part, list: { place, borders: borders.slice(i) } };
    });
  } catch {
    return whole;
  } finally {
    await handle.close();
  }
}

function lineBorder(bytes: Buffer): number | undefined {
  const found = bytes.indexOf(border);
  return found < 0 ? undefined : found + 2;
}

/** The place behind a record's last brace, where the next one begins with this key. */
function recordBorder(key: string): (bytes: Buffer) => number | undefined {
  const between = new RegExp(`\\}(?=\\s*,\\s*\\{\\s*"${key.replaceAll(/[.-]/g, '\\$&')}"\\s*:)`);
  return (bytes) => {
    const found = between.exec(bytes.toString('latin1'));
    return found === null ? undefined : found.index + 1;
  };
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(length), position });
  return buffer.subarray(0, bytesRead);
}
