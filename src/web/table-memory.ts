/** Memory for tables that come and go, inside one large buffer: lengths are powers of two, and what was given back is used again. */
export interface TableMemory {
  /** So many numbers, a power of two, all 0; undefined where there is no room. */
  readonly take: (length: number) => Uint32Array<ArrayBuffer> | undefined;
  /** False where the table does not lie here. It is not to be used any more. */
  readonly giveBack: (table: Uint32Array) => boolean;
  readonly has: (table: Uint32Array) => boolean;
}

/** @param from where it begins in the buffer, at a multiple of 4; all bytes are 0 */
export function tableMemory(buffer: ArrayBuffer, from: number, bytes: number): TableMemory {
  /** Places that are free again, by the length of the table. */
  const free = new Map<number, number[]>();
  let used = from;
  const has = (table: Uint32Array): boolean => table.buffer === buffer;
  return {
    has,
    take: (length) => {
      const again = free.get(length)?.pop();
      if (again !== undefined) return new Uint32Array(buffer, again, length).fill(0);
      const next = used + length * Uint32Array.BYTES_PER_ELEMENT;
      if (next > from + bytes) return undefined;
      const table = new Uint32Array(buffer, used, length);
      used = next;
      return table;
    },
    giveBack: (table) => {
      if (!has(table)) return false;
      const places = free.get(table.length);
      if (places === undefined) free.set(table.length, [table.byteOffset]);
      else places.push(table.byteOffset);
      return true;
    },
  };
}
