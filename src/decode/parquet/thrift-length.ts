import { ParquetError } from './error.ts';

/** Nothing that Parquet writes is deeper: a list of row groups, of columns, of their statistics. */
const deepest = 12;

const types = {
  yes: 1,
  no: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  struct: 12,
} as const;

/**
 * Walks over one struct of Thrift's compact protocol and makes nothing of it, so that no length that lies leads to memory being taken: what
 * this has walked over has all the elements that its lists say they have.
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 * @returns where the struct ends; undefined where the bytes end before it does
 * @throws {ParquetError} where it is none, or too deep
 */
export function thriftEnd(bytes: Uint8Array, start: number): number | undefined {
  let at = start;
  const need = (count: number): void => {
    if (count > bytes.length - at) throw new Short();
    at += count;
  };
  const varint = (): number => {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const byte = bytes[at] ?? 0;
      need(1);
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw new ParquetError('a number in its metadata has no end');
  };
  const list = (depth: number): void => {
    const head = bytes[at] ?? 0;
    need(1);
    const type = head & 0x0f;
    const size = head >> 4 === 15 ? varint() : head >> 4;
    if (size > bytes.length - at) throw new Short();
    for (let i = 0; i < size; i++)
      if (type === types.yes || type === types.no) need(1);
      else value(type, depth);
  };
  const struct = (depth: number): void => {
    if (depth > deepest) throw new ParquetError('its metadata is nested too deeply');
    for (;;) {
      const head = bytes[at] ?? 0;
      need(1);
      if ((head & 0x0f) === 0) return;
      if (head >> 4 === 0) varint();
      value(head & 0x0f, depth);
    }
  };
  const value = (type: number, depth: number): void => {
    switch (type) {
      case types.yes:
      case types.no:
        return;
      case types.byte:
        return need(1);
      case types.i16:
      case types.i32:
      case types.i64:
        varint();
        return;
      case types.double:
        return need(8);
      case types.binary:
        return need(varint());
      case types.list:
        if (depth >= deepest) throw new ParquetError('its metadata is nested too deeply');
        return list(depth + 1);
      case types.struct:
        return struct(depth + 1);
      default:
        throw new ParquetError('its metadata cannot be read');
    }
  };
  try {
    struct(0);
    return at;
  } catch (error) {
    if (error instanceof Short) return undefined;
    throw error;
  }
}

class Short extends Error {}
