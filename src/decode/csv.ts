import { parse } from 'csv-parse';

import { cloudTrailEvent } from './cloudtrail/event.ts';
import type { Format, ReadLimits, Sink } from './format.ts';
import { areLakeColumns, lakeFields } from './lake.ts';
import { printable } from './printable.ts';
import { unwrapText } from './shapes.ts';
import { through } from './through.ts';

interface Row {
  readonly record: string[];
  readonly raw: string;
  /** `bytes` is the offset of the row's end. */
  readonly info: { readonly bytes: number };
}

/**
 * CloudTrail records as CSV with column names in the first row: what CloudTrail Lake saves to S3, and Athena's
 * results over a CloudTrail table. See lake.ts for what is exact. A wrong quote costs the rows up to the next quote, and
 * a row over the limit all rows after it; both are one rejection that says how far it reaches.
 */
export const csvFormat: Format = {
  name: 'CSV',
  detect: (head) => {
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
  let columns: readonly string[] | undefined;
  let jsonColumn = -1;
  let lastEnd = 0;
  let total = 0;
  /** Unreadable rows that are not rejected yet; the parser tells of them before the rows ahead of them are handled. */
  let unreadable: { readonly at: number; readonly reason: string; readonly raw: string }[] = [];

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
      const reason = printable(error?.message ?? 'unreadable', 160);
      unreadable.push({ at: Number(error?.['bytes']), reason, raw: raw ?? '' });
      return undefined;
    },
  });
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      total += chunk.length;
      yield chunk;
    }
  };
  const rejectUnreadable = (beforeRowEnd: number, upTo: number): void => {
    const [first] = unreadable;
    if (first === undefined || first.at > beforeRowEnd) return;
    const raw = { bytes: Buffer.from(first.raw, 'latin1'), length: upTo - lastEnd };
    sink.rejected(lastEnd, `unreadable CSV, rows up to byte ${upTo} are left out: ${first.reason}`, raw);
    unreadable = unreadable.filter(({ at }) => at > beforeRowEnd);
    lastEnd = upTo;
  };

  for await (const rows of through<Row>(parser, counted(), 64 * 1024)) {
    for (const { record, raw, info } of rows) {
      rejectUnreadable(info.bytes, info.bytes - raw.length);
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
