import type { Provenance, Rejection } from '../../event/record.ts';
import { textColumnNames, type Escaping, type Requests, type TextColumnName } from '../../event/requests.ts';

/** The most rows of a batch: enough that calls between batches cost nothing, few enough to stay in the cache. */
const rowsAtOnce = 8_192;

/** The most rejections of a batch, so that a file of nothing else does not lie in memory as such. */
const rejectionsAtOnce = 1_024;

/** The most bytes of texts that a reader writes itself, so that rows of the longest lines are fewer. */
const ownBytesAtOnce = 8 * 1024 * 1024;

/** Of what was refused so much is kept. */
const keepBytes = 4_096;

interface MutableTextColumn {
  readonly start: Int32Array;
  readonly end: Int32Array;
}

/**
 * Takes requests row by row. A reader writes into row `count` of the columns and then calls `accept`, or `reject` with the reason. A row
 * that is begun starts with every text empty, status 0 and sizes NaN.
 */
export interface RequestsBuilder {
  count: number;
  /** What the text columns point into; set by the reader. */
  bytes: Uint8Array;
  readonly position: Float64Array;
  readonly time: Float64Array;
  readonly status: Uint16Array;
  readonly sent: Float64Array;
  readonly received: Float64Array;
  readonly taken: Float64Array;
  readonly text: Readonly<Record<TextColumnName, MutableTextColumn>>;
  /** How many bytes the reader wrote itself for the rows of this batch, where the columns do not point into the log. */
  ownBytes: number;
  readonly rejections: Rejection[];
  /** Records read: rows and rejections. */
  records: number;
  readonly isFull: () => boolean;
  /** Makes row `count` blank and gives its number. */
  readonly begin: (position: number) => number;
  readonly accept: () => void;
  /** How many more rows there may be. */
  readonly room: () => number;
  /** For readers that fill many rows at once: makes so many rows from row `count` on blank, and later accepts them. */
  readonly beginRows: (rows: number) => void;
  readonly acceptRows: (rows: number) => void;
  /** `position`: byte offset in the unpacked content; `length` where `line` is only the beginning. */
  readonly reject: (position: number, line: Uint8Array, reason: string, length?: number) => void;
  /** What has been taken; columns are used again by the next batch. */
  readonly finish: () => Requests;
  readonly clear: () => void;
}

export function requestsBuilder(from: Omit<Provenance, 'position'>, escaping: Escaping): RequestsBuilder {
  const text = Object.fromEntries(
    textColumnNames.map((name) => [
      name,
      { start: new Int32Array(rowsAtOnce), end: new Int32Array(rowsAtOnce) },
    ]),
  ) as Record<TextColumnName, MutableTextColumn>;
  const columns = Object.values(text);
  const builder: RequestsBuilder = {
    count: 0,
    bytes: new Uint8Array(0),
    position: new Float64Array(rowsAtOnce),
    time: new Float64Array(rowsAtOnce),
    status: new Uint16Array(rowsAtOnce),
    sent: new Float64Array(rowsAtOnce),
    received: new Float64Array(rowsAtOnce),
    taken: new Float64Array(rowsAtOnce),
    text,
    ownBytes: 0,
    rejections: [],
    records: 0,
    isFull: () =>
      builder.count === rowsAtOnce ||
      builder.rejections.length >= rejectionsAtOnce ||
      builder.ownBytes >= ownBytesAtOnce,
    begin: (position) => {
      const row = builder.count;
      builder.position[row] = position;
      builder.status[row] = 0;
      builder.sent[row] = Number.NaN;
      builder.received[row] = Number.NaN;
      builder.taken[row] = Number.NaN;
      for (const column of columns) {
        column.start[row] = 0;
        column.end[row] = 0;
      }
      return row;
    },
    accept: () => {
      builder.count++;
      builder.records++;
    },
    room: () => rowsAtOnce - builder.count,
    beginRows: (rows) => {
      const from = builder.count;
      builder.status.fill(0, from, from + rows);
      builder.sent.fill(Number.NaN, from, from + rows);
      builder.received.fill(Number.NaN, from, from + rows);
      builder.taken.fill(Number.NaN, from, from + rows);
      for (const column of columns) {
        column.start.fill(0, from, from + rows);
        column.end.fill(0, from, from + rows);
      }
    },
    acceptRows: (rows) => {
      builder.count += rows;
      builder.records += rows;
    },
    reject: (position, line, reason, length = line.length) => {
      builder.records++;
      const bytes = new Uint8Array(line.subarray(0, keepBytes));
      builder.rejections.push({ provenance: { ...from, position }, reason, length, bytes });
    },
    finish: () => ({
      count: builder.count,
      bytes: builder.bytes,
      from,
      position: builder.position,
      time: builder.time,
      status: builder.status,
      sent: builder.sent,
      received: builder.received,
      taken: builder.taken,
      text,
      escaping,
    }),
    clear: () => {
      builder.count = 0;
      builder.ownBytes = 0;
      builder.records = 0;
      builder.rejections.length = 0;
    },
  };
  return builder;
}
