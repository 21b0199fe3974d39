// Searches that end where the line does: those built in would go on to the end of the chunk, again for each line.

/** Where the byte stands first between two places; -1 where it does not. */
export function find(bytes: Uint8Array, byte: number, start: number, end: number): number {
  for (let at = start; at < end; at++) if (bytes[at] === byte) return at;
  return -1;
}

/** Where the byte stands last between two places; -1 where it does not. */
export function findLast(bytes: Uint8Array, byte: number, start: number, end: number): number {
  for (let at = end - 1; at >= start; at--) if (bytes[at] === byte) return at;
  return -1;
}

/** Where the word that begins at `start` ends: at the next space, or at the end. */
export function wordEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) if (bytes[at] === 0x20) return at;
  return end;
}
