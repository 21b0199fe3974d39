import { isAscii, isUtf8 } from 'node:buffer';

import type { Json } from '../event/json.ts';
import { printable } from './printable.ts';

/**
 * Parses the bytes of one JSON value. Bytes that are not UTF-8 are a problem, never replaced: a replaced byte would
 * let two different names look the same to a rule. Of a key that occurs twice the last one wins. Never throws.
 */
export function parseJson(bytes: Uint8Array): { readonly value: Json } | { readonly problem: string } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text: string;
  if (isAscii(buffer)) {
    text = buffer.toString('latin1');
  } else if (isUtf8(buffer)) {
    text = buffer.toString('utf8');
  } else {
    const at = invalidUtf8At(buffer);
    return {
      problem: `not UTF-8: byte 0x${(buffer[at] ?? 0).toString(16)} at offset ${at} of the record; write the log as UTF-8`,
    };
  }
  try {
    return { value: JSON.parse(text) as Json };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { problem: `not JSON: ${printable(why, 160)}` };
  }
}

/** Offset of the first byte that belongs to no UTF-8 character. */
function invalidUtf8At(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at] ?? 0;
    const size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (size > 1 && !isUtf8(bytes.subarray(at, at + size))) break;
    at += size;
  }
  return at;
}
