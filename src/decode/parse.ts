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
    const value: Json = JSON.parse(text);
    return { value };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { problem: `not JSON: ${printable(why, 160)}` };
  }
}

/** Offset of the first byte that no UTF-8 text can have there: where the longest good beginning ends. */
function invalidUtf8At(bytes: Uint8Array): number {
  let good = 0;
  let bad = bytes.length;
  // A beginning may be cut inside a character, so try the next three ends too before calling it bad.
  const isGood = (length: number): boolean => {
    for (let end = length; end > length - 4 && end >= 0; end--) {
      if (isUtf8(bytes.subarray(0, end))) return end === length || isStartOfCharacter(bytes, end, length);
    }
    return false;
  };
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    if (isGood(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

/** Whether bytes[from, to) can begin a character of more bytes than these. */
function isStartOfCharacter(bytes: Uint8Array, from: number, to: number): boolean {
  const lead = bytes[from] ?? 0;
  const size = lead >= 0xf0 && lead <= 0xf4 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
  if (lead > 0xf4 || to - from >= size) return false;
  for (let index = from + 1; index < to; index++) {
    if (((bytes[index] ?? 0) & 0xc0) !== 0x80) return false;
  }
  return true;
}
