/** How much of a text goes into its hash: what is longer differs before, or is the same to whoever counts texts. */
const mostHashed = 1_024;

/**
 * A hash of 32 bits over a stretch of bytes. `seed` keeps others from choosing texts that fall together; it is no hash for secrets.
 */
export function hashBytes(bytes: Uint8Array, start: number, end: number, seed: number): number {
  const length = Math.min(end - start, mostHashed);
  let h = Math.imul(seed ^ length, 0x9e3779b1);
  let i = start;
  const whole = start + (length & ~3);
  for (; i < whole; i += 4) {
    const four =
      (bytes[i] ?? 0) |
      ((bytes[i + 1] ?? 0) << 8) |
      ((bytes[i + 2] ?? 0) << 16) |
      ((bytes[i + 3] ?? 0) << 24);
    h = Math.imul(h ^ four, 0x85ebca6b);
    h ^= h >>> 15;
  }
  for (const last = start + length; i < last; i++) h = Math.imul(h ^ (bytes[i] ?? 0), 0x01000193);
  return mixed(h);
}

/** Spreads what two numbers differ in over all bits. */
export function hashPair(a: number, b: number): number {
  return mixed(Math.imul(a ^ 0x9e3779b1, 0x85ebca6b) ^ Math.imul(b, 0xc2b2ae35));
}

function mixed(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
