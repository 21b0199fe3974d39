import { parseAddress } from './address.ts';
import type { Networks } from './networks.ts';

/** Nobody has more proxies of their own in a row; what stands before is not looked at. */
const mostHops = 16;

const comma = 0x2c;
const space = 0x20;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/**
 * Reads the client out of `X-Forwarded-For`: from the right, the first hop that is none of the trusted proxies. What stands left of it was
 * written by the client itself. Where all hops are trusted it is the leftmost. Hops may have ports, and CloudFront's `%20` before them.
 * @returns false where the hop cannot be read
 */
export function forwardedClient(
  bytes: Uint8Array,
  start: number,
  end: number,
  trusted: Networks,
  into: Uint32Array,
): boolean {
  let to = end;
  for (let hop = 0; hop < mostHops; hop++) {
    const found = bytes.lastIndexOf(comma, to - 1);
    const from = found < start ? start : found + 1;
    if (!parseHop(bytes, from, to, into)) return false;
    if (!trusted.has(into) || from === start) return true;
    to = from - 1;
    if (to <= start) return false;
  }
  return true;
}

function parseHop(bytes: Uint8Array, start: number, end: number, into: Uint32Array): boolean {
  let from = start;
  let to = end;
  for (;;) {
    if (from < to && bytes[from] === space) from++;
    else if (from + 2 < to && bytes[from] === 0x25 && bytes[from + 1] === 0x32 && bytes[from + 2] === 0x30)
      from += 3;
    else break;
  }
  while (to > from && bytes[to - 1] === space) to--;
  if (bytes[from] === openBracket) {
    const close = bytes.indexOf(closeBracket, from);
    return close !== -1 && close < to && parseAddress(bytes, from + 1, close, into);
  }
  if (parseAddress(bytes, from, to, into)) return true;
  const port = bytes.lastIndexOf(colon, to - 1);
  // One colon alone: an IPv4 address with its port.
  return port > from && bytes.indexOf(colon, from) === port && parseAddress(bytes, from, port, into);
}
