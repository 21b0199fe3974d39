import type { Provenance } from '../../event/record.ts';
import type { TextColumnName } from '../../event/requests.ts';
import { columnReader, rowsOf, type Budget, type ColumnReader } from '../parquet/column.ts';
import { ParquetError } from '../parquet/error.ts';
import { parquetContents, type FlatColumn, type ParquetGroup, type RandomBytes } from '../parquet/file.ts';
import type { Values } from '../parquet/page.ts';
import { emptied, type AccessBatch } from './batch.ts';
import { requestsBuilder, type RequestsBuilder } from './builder.ts';
import { fieldsOf } from './cloudfront-fields.ts';
import { decimalAt, largest, numberAt, statusAt } from './numbers.ts';
import { clockAt, dateAt, isTime } from './times.ts';

/** All pages that are open at once, of a log with columns of a megabyte some thirty. */
const heldAtOnce = 256 * 1024 * 1024;
/** No server takes a longer header. */
const longestText = 64 * 1024;

const numberNames = ['date', 'clock', 'timestamp', 'status', 'sent', 'received', 'taken'] as const;
const textNames = [
  'client',
  'forwarded',
  'method',
  'host',
  'path',
  'query',
  'agent',
  'referrer',
  'id',
  'country',
  'action',
] as const satisfies readonly TextColumnName[];

type NumberName = (typeof numberNames)[number];
type TextName = (typeof textNames)[number];

/** A column while a row group is read. */
interface Open {
  readonly column: FlatColumn;
  readonly reader: ColumnReader;
  page: Values | undefined;
  at: number;
}

type OpenColumns = ReadonlyMap<NumberName | TextName, Open>;

/**
 * CloudFront's standard logs of version 2 as Parquet: the fields of the other forms, as texts, with `_` for what a column's name may not have
 * (`c_ip`, `cs_user_agent`). Names as other programs write them (`c-ip`), and numbers and times as such, are read too.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging.html
 * https://docs.aws.amazon.com/athena/latest/ug/create-cloudfront-table-manual-parquet.html
 *
 * Holds a page of each column. `position` is the number of the row in the file, from 0 on, and `bytes` of a batch how many rows were read. What cannot be read is one rejection for each row, or
 * one for all that follow.
 */
export async function* readParquetLog(
  file: RandomBytes,
  from: Omit<Provenance, 'position'>,
): AsyncGenerator<AccessBatch> {
  const into = requestsBuilder(from, 'percent');
  let row = 0;
  try {
    const { columns, groups } = await parquetContents(file);
    const wanted = columnsOf(columns);
    for (const group of groups) {
      const open = openedColumns(file, group, wanted);
      for (let left = group.rows; left > 0;) {
        const count = await loaded(open, Math.min(left, into.room()), group.rows - left);
        for (let i = 0; i < count; i++) {
          takeRow(open, i, row, into);
          row++;
          left--;
          if (into.isFull() || i === count - 1) {
            for (const each of open.values()) each.at += i + 1;
            break;
          }
        }
        if (into.isFull()) yield* emptied(into, row);
      }
    }
  } catch (error) {
    if (!(error instanceof ParquetError)) throw error;
    const reason = row === 0 ? error.message : `from row ${row} on the file cannot be read: ${error.message}`;
    into.reject(row, new Uint8Array(0), `Parquet: ${reason}`);
  }
  yield* emptied(into, row);
}

/** `cs(User-Agent)`, `cs_user_agent` and `cs-user-agent` are one. */
function plainName(name: string): string {
  return name
    .toLowerCase()
    .replace(/\((.*)\)$/, '-$1')
    .replaceAll('_', '-');
}

/** @throws {ParquetError} where the file is no log of CloudFront, or lacks what no request can be without */
function columnsOf(columns: readonly FlatColumn[]): ReadonlyMap<NumberName | TextName, FlatColumn> {
  const byName = new Map(columns.map((column) => [plainName(column.name), column] as const));
  const wanted = new Map<NumberName | TextName, FlatColumn>();
  for (const name of [...numberNames, ...textNames]) {
    const field = fieldsOf(name).find((each) => byName.has(plainName(each)));
    const column = field === undefined ? undefined : byName.get(plainName(field));
    if (column !== undefined) wanted.set(name, column);
  }
  // One field that says it all, where there is no date and time.
  if (wanted.has('date') && wanted.has('clock')) wanted.delete('timestamp');
  const isTimed = wanted.has('timestamp') || (wanted.has('date') && wanted.has('clock'));
  if (isTimed && wanted.get('client')?.element.type === 'BYTE_ARRAY') return wanted;
  const names = columns.slice(0, 8).map(({ name }) => name.slice(0, 40));
  throw new ParquetError(
    `not a log of CloudFront: it has no columns date and time, or none with c_ip; its first are ${JSON.stringify(names)}`,
  );
}

function openedColumns(
  file: RandomBytes,
  { columns, rows }: ParquetGroup,
  wanted: ReadonlyMap<NumberName | TextName, FlatColumn>,
): OpenColumns {
  const budget: Budget = { left: heldAtOnce };
  const open = new Map<NumberName | TextName, Open>();
  for (const [name, column] of wanted) {
    const place = columns.get(column.name);
    if (place !== undefined)
      open.set(name, { column, reader: columnReader(file, column, place, budget), page: undefined, at: 0 });
    else if (rows > 0) throw new ParquetError(`a row group lacks its column ${JSON.stringify(column.name)}`);
  }
  return open;
}

/** Makes every column stand at a row of its page; how many rows they all have from there on, at most `most`. */
async function loaded(open: OpenColumns, most: number, done: number): Promise<number> {
  let count = most;
  for (const each of open.values()) {
    if (each.page === undefined || each.at === rowsOf(each.page)) {
      each.page = await each.reader.next();
      each.at = 0;
      if (each.page === undefined)
        throw new ParquetError(
          `its column ${JSON.stringify(each.column.name)} ends after ${done} rows of a row group, before others`,
        );
    }
    count = Math.min(count, rowsOf(each.page) - each.at);
  }
  return count;
}

function takeRow(open: OpenColumns, offset: number, position: number, into: RequestsBuilder): void {
  const row = into.begin(position);
  const time = timeOf(open, offset);
  if (!isTime(time))
    return into.reject(position, lineOf(open, offset), 'there is no time, or it cannot be read');
  into.time[row] = time;
  const status = numberOf(open.get('status'), offset, statusAt);
  into.status[row] = status >= 100 && status <= 999 ? status : 0;
  into.sent[row] = numberOf(open.get('sent'), offset, numberAt);
  into.received[row] = numberOf(open.get('received'), offset, numberAt);
  into.taken[row] = numberOf(open.get('taken'), offset, decimalAt) * 1000;
  for (const name of textNames) {
    const each = open.get(name);
    if (each?.page?.type !== 'texts') continue;
    const { bytes, start, end } = each.page;
    const begin = start[each.at + offset] ?? -1;
    const finish = end[each.at + offset] ?? -1;
    if (begin < 0 || begin === finish || (finish - begin === 1 && bytes[begin] === dash)) continue;
    if (finish - begin > longestText)
      return into.reject(
        position,
        bytes.subarray(begin, finish),
        `${each.column.name} has ${finish - begin} bytes; at most ${longestText} are read`,
      );
    const { ownBytes } = into;
    write(into, bytes, begin, finish);
    into.text[name].start[row] = ownBytes;
    into.text[name].end[row] = into.ownBytes;
  }
  into.accept();
}

const dash = 0x2d;

function write(into: RequestsBuilder, bytes: Buffer, start: number, end: number): void {
  const to = into.ownBytes;
  if (to + end - start > into.bytes.length) {
    const larger = Buffer.alloc(Math.max(64 * 1024, into.bytes.length * 2, to + end - start));
    larger.set(into.bytes.subarray(0, to));
    into.bytes = larger;
  }
  bytes.copy(into.bytes, to, start, end);
  into.ownBytes = to + end - start;
}

/** NaN where there is none. */
function numberOf(
  each: Open | undefined,
  offset: number,
  read: (bytes: Uint8Array, at: number, end: number) => number,
): number {
  if (each?.page === undefined) return Number.NaN;
  const { page } = each;
  const row = each.at + offset;
  if (page.type === 'numbers') {
    const number = page.numbers[row] ?? Number.NaN;
    return number >= 0 && number <= largest ? number : Number.NaN;
  }
  const start = page.start[row] ?? -1;
  return start < 0 ? Number.NaN : read(page.bytes, start, page.end[row] ?? start);
}

/** Milliseconds since the epoch; NaN where there is no time. */
function timeOf(open: OpenColumns, offset: number): number {
  const stamp = open.get('timestamp');
  if (stamp !== undefined) {
    const value = numberOf(stamp, offset, decimalAt) / perMillisecond(stamp, 'TIMESTAMP');
    return value < 1e11 ? Math.round(value * 1000) : Math.floor(value);
  }
  const [date, clock] = [open.get('date'), open.get('clock')];
  const days = numberOf(date, offset, textTime(10, dateAt));
  const since = numberOf(clock, offset, textTime(8, clockAt));
  const midnight = date?.page?.type === 'numbers' ? days * 86_400_000 : days;
  return (
    midnight + (clock?.page?.type === 'numbers' ? Math.floor(since / perMillisecond(clock, 'TIME')) : since)
  );
}

/** A time in so many letters, and not one that is cut off with other letters behind it. */
function textTime(length: number, read: (bytes: Uint8Array, at: number) => number) {
  return (bytes: Uint8Array, at: number, end: number): number =>
    end - at === length ? read(bytes, at) : Number.NaN;
}

/** How many of a column's units are a millisecond. */
function perMillisecond({ column: { element } }: Open, type: 'TIME' | 'TIMESTAMP'): number {
  const { logical_type: logical, converted_type: converted } = element;
  if (logical?.type === type && 'unit' in logical)
    return logical.unit === 'NANOS' ? 1_000_000 : logical.unit === 'MICROS' ? 1_000 : 1;
  return converted === `${type}_MICROS` ? 1_000 : 1;
}

/** What of a row that was refused is kept for people. */
function lineOf(open: OpenColumns, offset: number): Uint8Array {
  const parts: Buffer[] = [];
  for (const each of open.values()) {
    if (each.page?.type !== 'texts') continue;
    const row = each.at + offset;
    const start = each.page.start[row] ?? -1;
    if (start < 0) continue;
    parts.push(each.page.bytes.subarray(start, Math.min(each.page.end[row] ?? start, start + 256)), tab);
  }
  return Buffer.concat(parts);
}

const tab = Buffer.from('\t');
