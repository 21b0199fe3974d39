import type { Provenance, Rejection } from '../../event/record.ts';
import type { Escaping, Requests } from '../../event/requests.ts';
import { newRowColumns, rowsAtOnce, type RowColumns } from './row-columns.ts';
import type { RowMemory } from './row-memory.ts';

/** The most rejections of a batch, so that a file of nothing else does not lie in memory as such. */
const rejectionsAtOnce = 1_024;

/** The most bytes of texts that a reader writes itself, so that rows of the longest lines are fewer. */
const ownBytesAtOnce = 8 * 1024 * 1024;

/** Of what was refused so much is kept. */
const keepBytes = 4_096;

/**
 * Takes requests row by row. A reader writes into row `count` of the columns and then calls `accept`, or `reject` with the reason. A row
 * that is begun starts with every text empty, status 0 and sizes NaN.
 */
export interface RequestsBuilder extends RowColumns {
  count: number;
  /** What the text columns point into; set by the reader. */
  bytes: Uint8Array;
  /** Whose memory the columns lie in. */
  readonly memory: RowMemory;
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
  /** For who fills many rows at once. */
  readonly acceptRows: (rows: number) => void;
  /** `position`: byte offset in the unpacked content; `length` where `line` is only the beginning. */
  readonly reject: (position: number, line: Uint8Array, reason: string, length?: number) => void;
  /** What has been taken; columns are used again by the next batch. */
  readonly finish: () => Requests;
  readonly clear: () => void;
}

export function requestsBuilder(
  from: Omit<Provenance, 'position'>,
  escaping: Escaping,
  memory: RowMemory = { columns: newRowColumns() },
): RequestsBuilder {
  const { text } = memory.columns;
  const columns = Object.values(text);
  const builder: RequestsBuilder = {
    ...memory.columns,
    count: 0,
    bytes: new Uint8Array(0),
    memory,
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
