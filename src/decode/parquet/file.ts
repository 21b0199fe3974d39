import { parquetMetadata } from 'hyparquet/src/metadata.js';
import type { ColumnMetaData, FileMetaData, SchemaElement } from 'hyparquet';
import { ParquetError } from './error.ts';
import { thriftEnd } from './thrift-length.ts';

/** Bytes that can be asked for in any order: a Parquet file says at its end what is where. */
export interface RandomBytes {
  readonly size: number;
  /** The bytes from `start` up to the one before `end`, which lie within the file. */
  readonly read: (start: number, end: number) => Promise<Uint8Array>;
}

/** A column with one value, or none, for each row. */
export interface FlatColumn {
  readonly name: string;
  readonly element: SchemaElement;
  readonly optional: boolean;
}

/** The pages of one column in one row group. */
export interface ColumnPlace {
  readonly start: number;
  readonly end: number;
  readonly codec: ColumnMetaData['codec'];
}

export interface ParquetGroup {
  readonly rows: number;
  /** By the column's name. */
  readonly columns: ReadonlyMap<string, ColumnPlace>;
}

export interface ParquetContents {
  /** Columns that are nested or repeated are not among these. */
  readonly columns: readonly FlatColumn[];
  readonly groups: readonly ParquetGroup[];
  readonly rows: number;
}

const magic = 'PAR1';
/** Room for some hundred row groups of some dozen columns; each byte may become an object. */
const longestFooter = 2 * 1024 * 1024;
/** Even a request that is like all others takes some bits; a file of more rows for its size is made to keep us busy. */
const rowsPerByte = 64;
const alwaysRows = 1_000_000;

export function isParquet(head: Uint8Array): boolean {
  return latin(head.subarray(0, 4)) === magic;
}

/**
 * Reads what a file says of itself. Lengths and places are held against the file before anything is believed.
 * https://parquet.apache.org/docs/file-format/
 * @throws {ParquetError}
 */
export async function parquetContents(file: RandomBytes): Promise<ParquetContents> {
  if (file.size < 12) throw new ParquetError('the file is too short for Parquet');
  const tail = await file.read(file.size - 8, file.size);
  if (latin(tail.subarray(4)) !== magic)
    throw new ParquetError('the file does not end as Parquet does: it is cut off, damaged or encrypted');
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true);
  if (length > file.size - 12)
    throw new ParquetError(`its footer says that it is ${length} bytes long, in a file of ${file.size}`);
  if (length > longestFooter)
    throw new ParquetError(`its footer is ${length} bytes long; at most ${longestFooter} are read`);
  const footer = await file.read(file.size - 8 - length, file.size);
  if (thriftEnd(footer.subarray(0, length), 0) === undefined)
    throw new ParquetError('its footer has less in it than it says');
  try {
    return contentsOf(parquetMetadata(footer, { geoparquet: false }), file.size);
  } catch (error) {
    if (error instanceof ParquetError) throw error;
    // Any of its fields may be missing, or of another type than it should be.
    throw new ParquetError(
      `its footer cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function contentsOf({ schema, row_groups: groups }: FileMetaData, size: number): ParquetContents {
  const most = Math.max(alwaysRows, size * rowsPerByte);
  const columns = flatColumns(schema);
  const names = new Set(columns.map(({ name }) => name));
  let rows = 0;
  const read = groups.map((group): ParquetGroup => {
    const count = Number(group.num_rows);
    if (!(count >= 0 && count <= most)) throw tooMany(count, size);
    rows += count;
    const places = new Map<string, ColumnPlace>();
    for (const { meta_data: column, file_path: elsewhere } of group.columns) {
      const [name] = column?.path_in_schema ?? [];
      if (column === undefined || name === undefined || elsewhere !== undefined || !names.has(name)) continue;
      if (column.path_in_schema.length === 1) places.set(name, placeOf(column, name, size));
    }
    return { rows: count, columns: places };
  });
  if (rows > most) throw tooMany(rows, size);
  return { columns, groups: read, rows };
}

function tooMany(rows: number, size: number): ParquetError {
  return new ParquetError(`it says that it has ${rows} rows in ${size} bytes, which cannot be`);
}

/** The members of the root, in order; what lies below a group is passed over. */
function flatColumns(schema: readonly SchemaElement[]): readonly FlatColumn[] {
  const columns: FlatColumn[] = [];
  let at = 1;
  for (let left = schema[0]?.num_children ?? 0; left > 0 && at < schema.length; left--) {
    const element = schema[at];
    let below = element?.num_children ?? 0;
    if (element?.type !== undefined && below === 0 && isFlat(element))
      columns.push({ name: element.name, element, optional: element.repetition_type !== 'REQUIRED' });
    at++;
    for (; below > 0 && at < schema.length; at++, below--) below += schema[at]?.num_children ?? 0;
  }
  return columns;
}

function isFlat({ name, repetition_type: repetition }: SchemaElement): boolean {
  return typeof name === 'string' && repetition !== 'REPEATED';
}

function placeOf(column: ColumnMetaData, name: string, size: number): ColumnPlace {
  const data = Number(column.data_page_offset);
  const dictionary = Number(column.dictionary_page_offset ?? 0n);
  const start = dictionary > 0 && dictionary < data ? dictionary : data;
  const end = start + Number(column.total_compressed_size);
  if (!(start >= 4 && end >= start && end <= size - 8))
    throw new ParquetError(`its column ${JSON.stringify(name.slice(0, 60))} lies outside the file`);
  return { start, end, codec: column.codec };
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
