/** Whether a path is one of these, exactly, or with a slash behind it. Nearly all are answered for by their length. */
export function honeypot(
  paths: readonly string[],
): (bytes: Uint8Array, start: number, end: number) => boolean {
  const baits = paths.map((path) =>
    Buffer.from(path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path),
  );
  const slash = 0x2f;
  /** Which lengths a path may have that is one of them. */
  const lengths = new Uint8Array(2 + Math.max(0, ...baits.map(({ length }) => length)));
  for (const { length } of baits) lengths.fill(1, length, length + 2);
  const equal = (bytes: Uint8Array, start: number, bait: Uint8Array): boolean => {
    // Paths differ at their ends sooner than at their beginnings.
    for (let i = bait.length - 1; i >= 0; i--) if (bytes[start + i] !== bait[i]) return false;
    return true;
  };
  return (bytes, start, end) => {
    if (lengths[end - start] !== 1) return false;
    for (const bait of baits) {
      const over = end - start - bait.length;
      if ((over === 0 || (over === 1 && bytes[end - 1] === slash)) && equal(bytes, start, bait)) return true;
    }
    return false;
  };
}
