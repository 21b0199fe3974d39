import { textColumnNames, type Requests, type TextColumn, type TextColumnName } from './requests.ts';

/** A batch of some rows of another, over the same bytes and valid as long. */
export function someRows(requests: Requests, rows: readonly number[]): Requests {
  const numbers = (column: Float64Array): Float64Array =>
    Float64Array.from(rows, (row) => column[row] ?? Number.NaN);
  const texts = textColumnNames.map((name): [TextColumnName, TextColumn] => {
    const { start, end } = requests.text[name];
    const places = (column: Int32Array): Int32Array => Int32Array.from(rows, (row) => column[row] ?? 0);
    return [name, { start: places(start), end: places(end) }];
  });
  return {
    count: rows.length,
    bytes: requests.bytes,
    from: requests.from,
    position: numbers(requests.position),
    time: numbers(requests.time),
    status: Uint16Array.from(rows, (row) => requests.status[row] ?? 0),
    sent: numbers(requests.sent),
    received: numbers(requests.received),
    taken: numbers(requests.taken),
    text: Object.fromEntries(texts) as Record<TextColumnName, TextColumn>,
    escaping: requests.escaping,
  };
}
