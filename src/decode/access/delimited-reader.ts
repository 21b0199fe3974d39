import type { RequestsBuilder } from './builder.ts';
import type { Layout, Lines } from './cloudfront-fields.ts';

import { mostFields, type FieldScanner } from './field-scanner.ts';
import { lineReader, type AccessReader, type ReadLine } from './format.ts';
import { find } from './search.ts';

/** A log that has less is read faster than a scanner is made ready. */
const worthScanning = 32 * 1024;

/**
 * Reads lines of fields: plain lines many at once, by the scanner where this engine has one; every other one by `readLine`, which decides
 * alone what it means (and may change `lines`, as a header does).
 */
export function delimitedReader(lines: Lines, readLine: ReadLine): AccessReader {
  const plain = lineReader(readLine);
  let seen = 0;
  let begun: FieldScanner | undefined;
  return {
    read: (bytes, start, end, offset, into) => {
      seen += end - start;
      const { scanner } = into.memory;
      if (scanner === undefined || seen <= worthScanning) return plain.read(bytes, start, end, offset, into);
      if (begun !== scanner) scanner.begin();
      begun = scanner;
      into.bytes = bytes;
      let at = start;
      while (at < end && !into.isFull()) at = readWindow(scanner, lines, plain, bytes, at, end, offset, into);
      return at;
    },
  };
}

/** Reads as much as the scanner holds at once, or a line that is longer. */
function readWindow(
  scanner: FieldScanner,
  lines: Lines,
  plain: AccessReader,
  bytes: Uint8Array,
  window: number,
  end: number,
  offset: number,
  into: RequestsBuilder,
): number {
  const windowEnd = Math.min(end, window + scanner.capacity);
  scanner.fill(bytes.subarray(window, windowEnd), window);
  let at = window;
  while (at < windowEnd && !into.isFull()) {
    let stopped: 'more' | 'odd' | 'full' = 'odd';
    if (canScan(lines.layout)) {
      scanner.use(lines);
      const scanned = scanner.scan(at - window, offset, into);
      stopped = scanned.stopped;
      at = window + scanned.position;
    }
    if (stopped === 'full') continue;
    // The next window begins with the line that is cut by the end of this one.
    if (stopped === 'more' && at > window && windowEnd < end) return at;
    if (at === windowEnd || into.isFull()) return at;
    const lineEnd = find(bytes, lineFeed, at, end);
    at = plain.read(bytes, at, lineEnd === -1 ? end : lineEnd + 1, offset, into);
  }
  return at;
}

function canScan({ problem, codes }: Layout): boolean {
  return problem === undefined && codes.length <= mostFields;
}

const lineFeed = 0x0a;
