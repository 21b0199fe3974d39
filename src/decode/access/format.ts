import type { Escaping } from '../../event/requests.ts';
import type { RequestsBuilder } from './builder.ts';

/** A format of access logs: one file each, and one line in the table of formats. */
export interface AccessFormat {
  readonly name: string;
  readonly escaping: Escaping;
  /** Whether content that begins with these bytes (unpacked; the first line at least, or 4 KB) is in this format. */
  readonly detect: (head: Uint8Array) => boolean;
  /** Begins to read one file or stream. */
  readonly open: () => AccessReader;
}

/** Reads one file. It may keep what the file says of itself, such as a header line. */
export interface AccessReader {
  /**
   * Reads the lines that lie wholly in `bytes` from `start` to `end` (the last one ends with a line feed, or is the last of the file), into
   * the builder, until that is full.
   * @param offset where `bytes` begins in the unpacked content
   * @returns where it stopped: `end`, or the beginning of the first line that had no room
   */
  readonly read: (
    bytes: Uint8Array,
    start: number,
    end: number,
    offset: number,
    into: RequestsBuilder,
  ) => number;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Reads one line: fills the row that was begun, or says what is wrong. */
export type ReadLine = (
  bytes: Uint8Array,
  start: number,
  end: number,
  into: RequestsBuilder,
  row: number,
) => string | undefined;

/** Makes a reader of a function that reads one line. Empty lines are nothing. */
export function lineReader(readLine: ReadLine): AccessReader {
  return {
    read: (bytes, start, end, offset, into) => {
      into.bytes = bytes;
      let at = start;
      while (at < end && !into.isFull()) {
        const found = bytes.indexOf(lineFeed, at);
        const next = found === -1 || found >= end ? end : found + 1;
        let last = found === -1 || found >= end ? end : found;
        if (last > at && bytes[last - 1] === carriageReturn) last--;
        if (last > at) {
          const row = into.begin(offset + at);
          const problem = readLine(bytes, at, last, into, row);
          if (problem === undefined) into.accept();
          else if (problem !== noRequest) into.reject(offset + at, bytes.subarray(at, last), problem);
        }
        at = next;
      }
      return at;
    },
  };
}

/** A line that is no record by its nature, such as a header. */
export const noRequest = 'no request';
