import type { RequestsBuilder } from './builder.ts';

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
  const methodEnd = bytes.indexOf(space, start);
  let pathStart = start;
  if (methodEnd !== -1 && methodEnd < end && methodEnd - start <= 32) {
    method.start[row] = start;
    method.end[row] = methodEnd;
    pathStart = methodEnd + 1;
  }
  // The protocol is what follows the last space; a target with spaces in it is logged as it came.
  const lastSpace = bytes.lastIndexOf(space, end - 1);
  const targetEnd = lastSpace > pathStart && isProtocol(bytes, lastSpace + 1, end) ? lastSpace : end;
  const found = bytes.indexOf(question, pathStart);
  const pathEnd = found === -1 || found >= targetEnd ? targetEnd : found;
  path.start[row] = pathStart;
  path.end[row] = pathEnd;
  if (pathEnd < targetEnd) {
    query.start[row] = pathEnd + 1;
    query.end[row] = targetEnd;
  }
}

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

/** The whole number that begins at `at`; NaN where there is none. */
export function numberAt(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  let digits = 0;
  for (let i = at; i < end; i++) {
    const digit = (bytes[i] ?? 0) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
    digits++;
  }
  return digits === 0 ? Number.NaN : value;
}
