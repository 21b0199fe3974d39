import type { RequestsBuilder } from './builder.ts';
import { find, findLast } from './search.ts';

const space = 0x20;
const question = 0x3f;

/** Splits `GET /path?query HTTP/1.1` into method, path and query. What is no request line (garbage, TLS on a plain port) is a path alone. */
export function splitTarget(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: RequestsBuilder,
  row: number,
): void {
  const { method, path, query } = into.text;
  const methodEnd = find(bytes, space, start, Math.min(end, start + longestMethod + 1));
  let pathStart = start;
  if (methodEnd !== -1) {
    method.start[row] = start;
    method.end[row] = methodEnd;
    pathStart = methodEnd + 1;
  }
  // The protocol is what follows the last space; a target with spaces in it is logged as it came.
  const lastSpace = findLast(bytes, space, pathStart, end);
  const targetEnd = lastSpace > pathStart && isProtocol(bytes, lastSpace + 1, end) ? lastSpace : end;
  const found = find(bytes, question, pathStart, targetEnd);
  const pathEnd = found === -1 ? targetEnd : found;
  path.start[row] = pathStart;
  path.end[row] = pathEnd;
  if (pathEnd < targetEnd) {
    query.start[row] = pathEnd + 1;
    query.end[row] = targetEnd;
  }
}

const longestMethod = 32;

/** `HTTP/` */
function isProtocol(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start >= 6 &&
    bytes[start] === 0x48 &&
    bytes[start + 1] === 0x54 &&
    bytes[start + 2] === 0x54 &&
    bytes[start + 3] === 0x50 &&
    bytes[start + 4] === 0x2f
  );
}
