import type { Escaping, Requests, TextColumnName } from '../../event/requests.ts';
import { textColumnNames } from '../../event/requests.ts';

/** A request as a test writes it; what is left out is empty, 200, and at time 0. */
export type Wanted = Partial<Record<TextColumnName, string>> & {
  readonly time?: number;
  readonly status?: number;
  readonly sent?: number;
  readonly received?: number;
  readonly taken?: number;
};

/** A batch of requests, without a log. Positions are the numbers of the rows. */
export function requestsOf(
  rows: readonly Wanted[],
  { object = 'log', escaping = 'none' }: { readonly object?: string; readonly escaping?: Escaping } = {},
): Requests {
  const column = (): { start: Int32Array; end: Int32Array } => ({
    start: new Int32Array(rows.length),
    end: new Int32Array(rows.length),
  });
  const text = Object.fromEntries(textColumnNames.map((name) => [name, column()])) as Record<
    TextColumnName,
    { start: Int32Array; end: Int32Array }
  >;
  const pieces: Buffer[] = [];
  let length = 0;
  for (const [row, wanted] of rows.entries()) {
    for (const name of textColumnNames) {
      const bytes = Buffer.from(wanted[name] ?? '');
      text[name].start[row] = length;
      length += bytes.length;
      text[name].end[row] = length;
      pieces.push(bytes);
    }
  }
  return {
    count: rows.length,
    bytes: Buffer.concat(pieces),
    from: { source: 'test', object, receivedAt: 0 },
    position: Float64Array.from(rows.keys()),
    time: Float64Array.from(rows, ({ time = 0 }) => time),
    status: Uint16Array.from(rows, ({ status = 200 }) => status),
    sent: Float64Array.from(rows, ({ sent = Number.NaN }) => sent),
    received: Float64Array.from(rows, ({ received = Number.NaN }) => received),
    taken: Float64Array.from(rows, ({ taken = Number.NaN }) => taken),
    text,
    escaping,
  };
}
