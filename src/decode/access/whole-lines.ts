import { disposeOf } from '../disposable.ts';

/** The longest line; longer ones are rejected. ALB and S3 cut requests at a few kilobytes, WAF's JSON can be longer. */
const longestLine = 1024 * 1024;

/** Longer chunks are cut, so that the line between two of them costs little to put together. A batch of requests is made of each. */
const sliceBytes = 1024 * 1024;

const lineFeed = 0x0a;

/** Bytes that end with a line, or with the content; `at`: where they begin in it. Valid until the next piece is asked for. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly at: number;
}

/**
 * Cuts content between lines. Of a line that is cut by the end of a chunk the beginning is kept and stands before the next.
 * @param tooLong told of lines that are longer than is read, with their beginning
 */
export async function* wholeLines(
  chunks: AsyncIterable<Uint8Array>,
  startAt: number,
  tooLong: (at: number, beginning: Uint8Array, length: number, reason: string) => void,
): AsyncGenerator<Piece> {
  /** Holds the beginning of a line, and then what follows it; used again for each piece. */
  let buffer: Uint8Array = new Uint8Array(0);
  let held = 0;
  /** Of the line that is begun; more than is held where it is too long. */
  let length = 0;
  let at = startAt;
  const hold = (bytes: Uint8Array): void => {
    const need = held + bytes.length;
    if (need > buffer.length) {
      const larger = new Uint8Array(Math.max(need, 2 * buffer.length));
      larger.set(buffer.subarray(0, held));
      buffer = larger;
    }
    buffer.set(bytes, held);
    held = need;
  };
  const refuse = (whole: number): void => {
    const reason = `a line of ${whole} bytes; the longest that is read has ${longestLine}`;
    tooLong(at, buffer.subarray(0, held), whole, reason);
  };
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length;) {
      let slice = chunk.subarray(from, from + sliceBytes);
      if (length > longestLine) {
        const first = slice.indexOf(lineFeed) + 1;
        if (first === 0) {
          length += slice.length;
          from += slice.length;
          continue;
        }
        refuse(length + first);
        at += length + first;
        held = 0;
        length = 0;
        from += first;
        slice = slice.subarray(first);
      }
      const end = slice.lastIndexOf(lineFeed) + 1;
      if (end > 0) {
        const lines = slice.subarray(0, end);
        const whole = held + end;
        if (held > 0) hold(lines);
        yield { bytes: held > 0 ? buffer.subarray(0, held) : lines, at };
        at += whole;
        held = 0;
        length = 0;
        // The next slice begins with the line that is cut here: in the middle of a chunk nothing is copied.
        from += end;
        continue;
      }
      hold(slice);
      length = held;
      from += slice.length;
    }
    disposeOf(chunk);
  }
  if (length > longestLine) refuse(length);
  else if (held > 0) yield { bytes: buffer.subarray(0, held), at };
}
