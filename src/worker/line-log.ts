import { crc32 } from 'node:zlib';

/** Every line of the worker's files: eight hex digits of a checksum, a space, JSON, a line feed. */
const checksumLength = 9;
const lineFeed = 0x0a;

/** @param json without a line feed, as `JSON.stringify` writes it */
export function encodeLine(json: string): Buffer {
  const content = Buffer.from(json);
  const line = Buffer.allocUnsafe(checksumLength + content.length + 1);
  line.write(`${checksum(content)} `, 0, 'latin1');
  content.copy(line, checksumLength);
  line[line.length - 1] = lineFeed;
  return line;
}

export interface DecodedLine {
  /** Undefined where the line is not what was written. */
  readonly json: string | undefined;
  /** Offset behind the line feed. */
  readonly end: number;
}

/** The whole lines of some bytes; what stands behind the last line feed was never written to its end. */
export function* decodeLines(bytes: Buffer): Generator<DecodedLine> {
  for (let start = 0; ;) {
    const end = bytes.indexOf(lineFeed, start);
    if (end < 0) return;
    yield { json: contentOf(bytes.subarray(start, end)), end: end + 1 };
    start = end + 1;
  }
}

function contentOf(line: Buffer): string | undefined {
  const content = line.subarray(checksumLength);
  const written = line.toString('latin1', 0, checksumLength);
  return written === `${checksum(content)} ` ? content.toString('utf8') : undefined;
}

function checksum(content: Uint8Array): string {
  return crc32(content).toString(16).padStart(8, '0');
}
