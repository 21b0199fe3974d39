import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { readPlain } from 'hyparquet/src/plain.js';
import { snappyUncompress } from 'hyparquet/src/snappy.js';
import type { PageHeader } from 'hyparquet';
import { ParquetError } from './error.ts';
import type { ColumnPlace, FlatColumn } from './file.ts';
import { readRuns } from './runs.ts';

/** The values of some rows in a row: texts as stretches of bytes, or numbers. What is null starts at -1, or is NaN. */
export type Values =
  | { readonly type: 'texts'; readonly bytes: Buffer; readonly start: Int32Array; readonly end: Int32Array }
  | { readonly type: 'numbers'; readonly numbers: Float64Array };

/** Pages hold a megabyte where nobody says otherwise; some writers put a whole row group into one. */
export const longestPage = 64 * 1024 * 1024;
const mostValues = 4_000_000;

/** What is needed to decode a page. */
export interface PageColumn extends Pick<FlatColumn, 'element' | 'optional'>, Pick<ColumnPlace, 'codec'> {}

/** @throws {ParquetError} */
export function dictionaryOf(header: PageHeader, body: Uint8Array, column: PageColumn): Values {
  const count = checked(header.dictionary_page_header?.num_values);
  const page = unpacked(body, header.uncompressed_page_size, column);
  return plain(page, 0, count, column);
}

/**
 * Decodes a data page of either version.
 * https://parquet.apache.org/docs/file-format/data-pages/
 * @throws {ParquetError}
 */
export function dataOf(
  header: PageHeader,
  body: Uint8Array,
  column: PageColumn,
  dictionary: Values | undefined,
): Values {
  const { data_page_header: first, data_page_header_v2: second } = header;
  if (first !== undefined) {
    const count = checked(first.num_values);
    const page = unpacked(body, header.uncompressed_page_size, column);
    let at = 0;
    let present: Uint8Array | undefined;
    if (column.optional) {
      if (page.length < 4) throw new ParquetError('a page is too short');
      const length = page.readUInt32LE(0);
      at = 4 + length;
      present = levels(page, 4, at, count);
    }
    return valuesOf(page, at, first.encoding, count, present, column, dictionary);
  }
  if (second === undefined) throw new ParquetError(`a page of type ${header.type} cannot be read`);
  const count = checked(second.num_values);
  const { definition_levels_byte_length: defined, repetition_levels_byte_length: repeated } = second;
  if (!isWithin(defined, body.length) || !isWithin(repeated, body.length - defined))
    throw new ParquetError('a page is too short');
  const before = defined + repeated;
  const present = column.optional ? levels(Buffer.from(body), repeated, before, count) : undefined;
  const rest = body.subarray(before);
  const size = header.uncompressed_page_size - before;
  const page = second.is_compressed === false ? Buffer.from(rest) : unpacked(rest, size, column);
  return valuesOf(page, 0, second.encoding, count, present, column, dictionary);
}

/** A header may have a text or a list where a number should be. */
export function isWithin(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}

function checked(count: number | undefined): number {
  if (count === undefined || !isWithin(count, mostValues))
    throw new ParquetError(`a page says that it has ${count} values; at most ${mostValues} are read`);
  return count;
}

function unpacked(packed: Uint8Array, size: number, { codec }: PageColumn): Buffer {
  if (!isWithin(size, longestPage))
    throw new ParquetError(`a page says that it is ${size} bytes long; at most ${longestPage} are read`);
  const limit = { maxOutputLength: Math.max(1, size) };
  let out: Buffer;
  try {
    switch (codec) {
      case 'UNCOMPRESSED':
        out = Buffer.from(packed);
        break;
      case 'SNAPPY':
        out = Buffer.alloc(size);
        snappyUncompress(packed, out);
        break;
      case 'GZIP':
        out = gunzipSync(packed, limit);
        break;
      case 'ZSTD':
        out = zstdDecompressSync(packed, limit);
        break;
      case 'BROTLI':
        out = brotliDecompressSync(packed, limit);
        break;
      default:
        throw new ParquetError(
          `it is packed with ${codec}, which is not read; have it packed with Snappy, gzip or zstd`,
        );
    }
  } catch (error) {
    if (error instanceof ParquetError) throw error;
    throw new ParquetError(
      `a page cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (out.length !== size)
    throw new ParquetError(`a page says that it is ${size} bytes long and has ${out.length}`);
  return out;
}

/** For each row whether it has a value. */
function levels(page: Buffer, start: number, end: number, count: number): Uint8Array {
  if (end > page.length) throw new ParquetError('a page is too short');
  const out = new Uint8Array(count);
  readRuns(page, start, end, 1, out);
  return out;
}

function valuesOf(
  page: Buffer,
  at: number,
  encoding: string,
  count: number,
  present: Uint8Array | undefined,
  column: PageColumn,
  dictionary: Values | undefined,
): Values {
  const having = present === undefined ? count : present.reduce((sum, has) => sum + has, 0);
  const values = having === 0 ? empty(column) : decoded(page, at, encoding, having, column, dictionary);
  return present === undefined || having === count ? values : scattered(values, present);
}

function empty({ element }: PageColumn): Values {
  return element.type === 'BYTE_ARRAY'
    ? { type: 'texts', bytes: Buffer.alloc(0), start: new Int32Array(0), end: new Int32Array(0) }
    : { type: 'numbers', numbers: new Float64Array(0) };
}

function scattered(values: Values, present: Uint8Array): Values {
  let from = 0;
  if (values.type === 'numbers') {
    const numbers = Float64Array.from(present, (has) =>
      has === 1 ? (values.numbers[from++] ?? Number.NaN) : Number.NaN,
    );
    return { type: 'numbers', numbers };
  }
  const start = new Int32Array(present.length).fill(-1);
  const end = new Int32Array(present.length).fill(-1);
  for (const [row, has] of present.entries()) {
    if (has === 0) continue;
    start[row] = values.start[from] ?? -1;
    end[row] = values.end[from++] ?? -1;
  }
  return { type: 'texts', bytes: values.bytes, start, end };
}

function decoded(
  page: Buffer,
  at: number,
  encoding: string,
  count: number,
  column: PageColumn,
  dictionary: Values | undefined,
): Values {
  switch (encoding) {
    case 'PLAIN':
      return plain(page, at, count, column);
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY': {
      if (dictionary === undefined) throw new ParquetError('a page needs a dictionary, and there is none');
      const indexes = new Int32Array(count);
      readRuns(page, at + 1, page.length, page[at] ?? 0, indexes);
      return looked(dictionary, indexes);
    }
    case 'DELTA_BINARY_PACKED':
      return numbersOf(delta(page, at, count, column.element.type === 'INT64').numbers);
    case 'DELTA_LENGTH_BYTE_ARRAY': {
      const lengths = delta(page, at, count, false);
      return texts(page, lengths.end, lengths.numbers);
    }
    case 'DELTA_BYTE_ARRAY':
      return prefixed(page, at, count);
    default:
      throw new ParquetError(`a page is encoded as ${encoding}, which is not read`);
  }
}

function looked(dictionary: Values, indexes: Int32Array): Values {
  const size = dictionary.type === 'texts' ? dictionary.start.length : dictionary.numbers.length;
  if (indexes.some((index) => index >= size))
    throw new ParquetError('a page names an entry that its dictionary does not have');
  if (dictionary.type === 'numbers')
    return {
      type: 'numbers',
      numbers: Float64Array.from(indexes, (index) => dictionary.numbers[index] ?? 0),
    };
  return {
    type: 'texts',
    bytes: dictionary.bytes,
    start: indexes.map((index) => dictionary.start[index] ?? 0),
    end: indexes.map((index) => dictionary.end[index] ?? 0),
  };
}

function plain(page: Buffer, from: number, count: number, { element }: PageColumn): Values {
  const { type } = element;
  if (type === 'BYTE_ARRAY') {
    // Each has its length before it, so that this cannot be more than there is.
    if (count > (page.length - from) / 4) throw new ParquetError('a page has fewer values than it says');
    const start = new Int32Array(count);
    const end = new Int32Array(count);
    let at = from;
    for (let i = 0; i < count; i++) {
      const length = at + 4 <= page.length ? page.readUInt32LE(at) : Infinity;
      at += 4;
      if (at + length > page.length) throw new ParquetError('a page has fewer values than it says');
      start[i] = at;
      at += length;
      end[i] = at;
    }
    return { type: 'texts', bytes: page, start, end };
  }
  const width = type === 'INT32' || type === 'FLOAT' ? 4 : type === 'INT64' || type === 'DOUBLE' ? 8 : 0;
  if (type === undefined || width === 0)
    throw new ParquetError(`a column has values of type ${type}, which are not read`);
  if (count > (page.length - from) / width) throw new ParquetError('a page has fewer values than it says');
  if (count === 0) return { type: 'numbers', numbers: new Float64Array(0) };
  const values = readPlain({ view: viewOf(page), offset: from }, type, count, undefined);
  return { type: 'numbers', numbers: Float64Array.from(values as Iterable<number | bigint>, Number) };
}

/** Whole numbers as differences, and where they end. */
function delta(
  page: Buffer,
  at: number,
  count: number,
  wide: boolean,
): { readonly numbers: Int32Array | BigInt64Array; readonly end: number } {
  const reader = { view: viewOf(page), offset: at };
  // Both are made room for before they are looked at.
  const block = varint(page, at);
  const miniblocks = varint(page, block.end);
  if (block.value > mostInBlock || miniblocks.value === 0 || miniblocks.value > block.value)
    throw new ParquetError(`a page has blocks of ${block.value} values in ${miniblocks.value} parts`);
  const numbers = wide ? new BigInt64Array(count) : new Int32Array(count);
  try {
    deltaBinaryUnpack(reader, count, numbers);
  } catch (error) {
    throw new ParquetError(
      `a page cannot be decoded: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return { numbers, end: reader.offset };
}

/** Writers take 128. */
const mostInBlock = 65_536;

function varint(bytes: Buffer, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[start + i] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  throw new ParquetError('a page has a number without an end');
}

function numbersOf(numbers: Int32Array | BigInt64Array): Values {
  return { type: 'numbers', numbers: Float64Array.from(numbers as Iterable<number | bigint>, Number) };
}

/** Texts one behind the other, whose lengths are known. */
function texts(page: Buffer, from: number, lengths: Int32Array | BigInt64Array): Values {
  const start = new Int32Array(lengths.length);
  const end = new Int32Array(lengths.length);
  let at = from;
  for (let i = 0; i < lengths.length; i++) {
    const length = Number(lengths[i]);
    if (!(length >= 0 && at + length <= page.length))
      throw new ParquetError('a page has fewer values than it says');
    start[i] = at;
    at += length;
    end[i] = at;
  }
  return { type: 'texts', bytes: page, start, end };
}

/** Texts that begin as the one before: each says how far, and what follows. Their sum is known before anything is written. */
function prefixed(page: Buffer, at: number, count: number): Values {
  const prefixes = delta(page, at, count, false);
  const suffixes = delta(page, prefixes.end, count, false);
  const tails = texts(page, suffixes.end, suffixes.numbers);
  if (tails.type !== 'texts') return tails;
  const start = new Int32Array(count);
  const end = new Int32Array(count);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const prefix = Number(prefixes.numbers[i]);
    const before = i === 0 ? 0 : (end[i - 1] ?? 0) - (start[i - 1] ?? 0);
    if (!(prefix >= 0 && prefix <= before)) throw new ParquetError('a page has a text without its beginning');
    start[i] = sum;
    sum += prefix + (tails.end[i] ?? 0) - (tails.start[i] ?? 0);
    if (sum > longestPage) throw new ParquetError(`a page has more than ${longestPage} bytes of texts`);
    end[i] = sum;
  }
  const bytes = Buffer.alloc(sum);
  for (let i = 0; i < count; i++) {
    const to = start[i] ?? 0;
    const prefix = Number(prefixes.numbers[i]);
    if (prefix > 0) bytes.copy(bytes, to, start[i - 1], (start[i - 1] ?? 0) + prefix);
    page.copy(bytes, to + prefix, tails.start[i], tails.end[i]);
  }
  return { type: 'texts', bytes, start, end };
}

function viewOf(page: Buffer): DataView {
  return new DataView(page.buffer, page.byteOffset, page.byteLength);
}
