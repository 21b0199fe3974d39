import { cloudTrailEvent } from './cloudtrail/event.ts';
import type { Format, ReadLimits, Sink } from './format.ts';
import { areLakeColumns, lakeFields } from './lake.ts';
import { printable } from './printable.ts';
import { unwrapText } from './shapes.ts';
import { through } from './through.ts';

const sliceBytes = 64 * 1024;
/** So many errors without a row between them: the rest is left out, for each error costs the parser as much as all of them before it. */
const hopeless = 1000;

interface Row {
  readonly record: string[];
  readonly raw: string;
  /** `bytes` is the offset of the row's end. */
  readonly info: { readonly bytes: number };
}

/**
 * CloudTrail records as CSV with column names in the first row: what CloudTrail Lake saves to S3, and Athena's
 * results over a CloudTrail table. See lake.ts for what is exact. A wrong quote costs the rows up to the next quote, and
 * a row over the limit, or a thousand errors without a row between them, all rows after it; each is one rejection that says how far it
 * reaches.
 */
export const csvFormat: Format = {
  name: 'CSV',
  detect: (head) => {
    // Looked at first because a file of JSON is one long line, and the names of its columns would be sought in all of it.
    if (head[0] === 0x7b || head[0] === 0x5b) return false;
    const text = Buffer.from(head)
      .toString('latin1')
      .replace(/^\xef\xbb\xbf/, '');
    const [line = ''] = text.split(/[\r\n]/, 1);
    return line.includes(',') || line.includes('eventJson')
      ? areLakeColumns(line.split(',').map(unquote))
      : false;
  },
  read: readCsv,
};

function unquote(name: string): string {
  return name.replace(/^"(.*)"$/, '$1');
}

async function* readCsv(
  chunks: AsyncIterable<Uint8Array>,
  sink: Sink,
  limits: ReadLimits,
): AsyncGenerator<number> {
  /** How many errors there were since the last row that could be read. */
  let inStretch = 0;
  let givenUp = false;
  let columns: readonly string[] | undefined;
  let jsonColumn = -1;
  let lastEnd = 0;
  let rows = 0;
  let total = 0;
  /** Unreadable rows that are not rejected yet; the parser tells of them before the rows ahead of them are handled. */
  let unreadable: {
    /** How many rows were read before it. */
    readonly after: number;
    readonly reason: string;
    readonly raw: string;
  }[] = [];

  // Loaded on demand: most logs are JSON.
  const { parse } = await import('csv-parse');
  const parser = parse({
    // One character a byte: the library would replace bytes that are not UTF-8 without a word.
    encoding: 'latin1',
    bom: true,
    info: true,
    raw: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: limits.maxRecordBytes,
    on_skip: (error, raw) => {
      // Errors between the same two rows are one stretch. Each brings all text since the row before, so keeping them all would fill the memory.
      const after = Number(error?.['records']);
      inStretch = unreadable.at(-1)?.after === after ? inStretch + 1 : 0;
      if (inStretch > 0) return undefined;
      const reason = printable(error?.message ?? 'unreadable', 160);
      unreadable.push({ after, reason, raw: raw ?? '' });
      return undefined;
    },
  });
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += sliceBytes) {
        const slice = chunk.subarray(at, at + sliceBytes);
        total += slice.length;
        givenUp ||= inStretch >= hopeless;
        if (!givenUp) yield slice;
      }
    }
  };
  const rejectUnreadable = (rowsBefore: number, upTo: number): void => {
    const [first] = unreadable;
    if (first === undefined || first.after > rowsBefore) return;
    const raw = { bytes: Buffer.from(first.raw, 'latin1'), length: upTo - lastEnd };
    sink.rejected(lastEnd, `unreadable CSV, rows up to byte ${upTo} are left out: ${first.reason}`, raw);
    unreadable = unreadable.filter(({ after }) => after > rowsBefore);
    lastEnd = upTo;
  };

  for await (const batch of through<Row>(parser, counted(), sliceBytes)) {
    for (const { record, raw, info } of batch) {
      rejectUnreadable(rows++, info.bytes - raw.length);
      const at = lastEnd;
      lastEnd = info.bytes;
      if (columns === undefined) {
        columns = record;
        jsonColumn = columns.findIndex((name) => name.toLowerCase() === 'eventjson');
        continue;
      }
      takeRow(record, columns, jsonColumn, Buffer.from(raw, 'latin1'), { sink, at, limits });
    }
    yield total;
  }
  rejectUnreadable(Infinity, total);
  if (givenUp && lastEnd < total) {
    const reason = `unreadable CSV, rows up to byte ${total} are left out: too many wrong quotes before them`;
    sink.rejected(lastEnd, reason, { bytes: new Uint8Array(0), length: total - lastEnd });
  }
}

function takeRow(
  cells: readonly string[],
  columns: readonly string[],
  jsonColumn: number,
  bytes: Buffer,
  place: { readonly sink: Sink; readonly at: number; readonly limits: ReadLimits },
): void {
  const { sink, at } = place;
  const raw = { bytes, length: bytes.length };
  if (cells.length !== columns.length) {
    sink.rejected(
      at,
      `the row has ${cells.length} cells, the first row names ${columns.length} columns`,
      raw,
    );
    return;
  }
  if (jsonColumn >= 0) {
    unwrapText(Buffer.from(cells[jsonColumn] ?? '', 'latin1'), raw, place);
    return;
  }
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    const pairs = columns.map((name, index): [string, string] => [
      name,
      decoder.decode(Buffer.from(cells[index] ?? '', 'latin1')),
    ]);
    sink.record(at, lakeFields(pairs), cloudTrailEvent, raw);
  } catch {
    sink.rejected(at, 'the row is not UTF-8; write the table as UTF-8', raw);
  }
}
