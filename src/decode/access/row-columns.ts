import { textColumnNames, type TextColumnName } from '../../event/requests.ts';

/** The most rows of a batch: enough that calls between batches cost nothing, few enough to stay in the cache. */
export const rowsAtOnce = 8_192;

/** Columns of so many rows; see `Requests`. */
export interface RowColumns {
  readonly position: Float64Array;
  readonly time: Float64Array;
  readonly status: Uint16Array;
  readonly sent: Float64Array;
  readonly received: Float64Array;
  readonly taken: Float64Array;
  readonly text: Readonly<Record<TextColumnName, { readonly start: Int32Array; readonly end: Int32Array }>>;
}

export function newRowColumns(): RowColumns {
  const numbers = (): Float64Array => new Float64Array(rowsAtOnce);
  const places = (): Int32Array => new Int32Array(rowsAtOnce);
  const text = Object.fromEntries(textColumnNames.map((name) => [name, { start: places(), end: places() }]));
  return {
    position: numbers(),
    time: numbers(),
    status: new Uint16Array(rowsAtOnce),
    sent: numbers(),
    received: numbers(),
    taken: numbers(),
    text: text as RowColumns['text'],
  };
}
