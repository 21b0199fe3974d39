import { createHash } from 'node:crypto';

/** Where an item is: the table's partition key and its sort key, both strings. */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** The sort key of items that are alone in their partition. */
export const alone = '-';

/** One text for a key, to find it in a map. */
export function keyText({ pk, sk }: Key): string {
  return `${pk}\n${sk}`;
}

/**
 * Any text as a part of a key. Keys may have 1,024 bytes at most, and an attacker chooses names, so that everything but short texts of ASCII
 * is told apart by its hash. `#` stands between parts, and in none.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
export function keyPart(text: string): string {
  if (/^[ -"$-~]{1,200}$/.test(text)) return text;
  return `#${createHash('sha256').update(JSON.stringify(text)).digest('base64url')}`;
}

const bits = new DataView(new ArrayBuffer(8));
const sign = 1n << 63n;
const all = (1n << 64n) - 1n;

/** A number as 16 hex digits that sort as numbers do, whatever its sign or fraction. */
export function rising(value: number): string {
  // Minus zero and zero are one number.
  bits.setFloat64(0, value + 0);
  const raw = bits.getBigUint64(0);
  return ((raw & sign) === 0n ? raw | sign : raw ^ all).toString(16).padStart(16, '0');
}

/** The number that `rising` made this text of. */
export function risen(text: string): number {
  const raw = BigInt(`0x${text}`);
  bits.setBigUint64(0, (raw & sign) === 0n ? raw ^ all : raw ^ sign);
  return bits.getFloat64(0);
}

/** As `rising`, the greatest first. */
export function falling(value: number): string {
  return (BigInt(`0x${rising(value)}`) ^ all).toString(16).padStart(16, '0');
}

/** Behind every sort key that begins with what stands before it. */
export const last = '\uffff';
