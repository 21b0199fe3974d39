const dot = 0x2e;
const slash = 0x2f;
const longest = 6;

/**
 * Whether a path ends with one of these suffixes, such as `css`: lower case, without the dot, at most 6 letters or digits. Case of the path
 * makes no difference.
 */
export function suffixSet(
  suffixes: readonly string[],
): (bytes: Uint8Array, start: number, end: number) => boolean {
  const known = new Set(
    suffixes.map((suffix) => {
      const bytes = Buffer.from(suffix);
      return packed(bytes, 0, bytes.length);
    }),
  );
  const mayBe = new Uint8Array(4_096);
  for (const value of known) mayBe[value % 4_096] = 1;
  return (bytes, start, end) => {
    for (let i = end - 1; i >= start && i >= end - longest - 1; i--) {
      const byte = bytes[i];
      if (byte === slash) return false;
      if (byte === dot) {
        const value = packed(bytes, i + 1, end);
        return mayBe[value % 4_096] === 1 && known.has(value);
      }
    }
    return false;
  };
}

function packed(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] ?? 0;
    value = value * 256 + (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);
  }
  return value;
}
