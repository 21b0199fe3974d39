import { csvRows } from '../../context/csv-rows.ts';
import type { ListReader } from './format.ts';
import { knownFields } from './json-list.ts';
import { rangeBetween, rangeOf } from './range.ts';

/**
 * Rows of columns, one of which has the address, network or first address of a range. A column is named as in the first row, or counted from
 * 1, and then there may be a first row with names or none. Without a column it is one whose name says it.
 */
export const readCsvList: ListReader = (bytes, { column: asked, lastColumn }, sink) => {
  const column = asked ?? headedColumn(bytes);
  if (column === undefined)
    return 'is CSV, and its configuration does not say which column has the addresses';
  const rows = csvRows(bytes);
  if (typeof rows === 'string') return rows;
  const [names = [], ...others] = rows;
  const at = placeOf(column, names);
  const lastAt = lastColumn === undefined ? undefined : placeOf(lastColumn, names);
  if (at === -1 || lastAt === -1)
    return `has no column ${JSON.stringify(at === -1 ? column : lastColumn)}; its first row is ${JSON.stringify(names.slice(0, 12))}`;
  const named = typeof column === 'string' || rangeOf(names[at] ?? '') === undefined;
  for (const row of named ? others : rows) {
    const first = row[at] ?? '';
    const range = lastAt === undefined ? rangeOf(first) : rangeBetween(first, row[lastAt] ?? '');
    if (!sink.entry(range, () => row.join(','))) break;
  }
  return undefined;
};

/** The column of CSV's first row that says of itself that it holds addresses, such as `ip`; undefined where there is none. */
export function headedColumn(bytes: Uint8Array): string | undefined {
  const [first = ''] = Buffer.from(bytes.subarray(0, 1024)).toString('utf8').split(/\r?\n/, 1);
  if (!first.includes(',')) return undefined;
  const names = first
    .replace(/^\uFEFF/, '')
    .split(',')
    .map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
  return names.find((name) => known.has(name.toLowerCase()));
}

/** What columns are called besides the fields of JSON lists. */
const otherNames = ['ipaddr', 'ip_addr', 'ip address', 'src_ip', 'subnet', 'cidr_block', 'netblock'];

const known: ReadonlySet<string> = new Set([...knownFields.map((name) => name.toLowerCase()), ...otherNames]);

function placeOf(column: string | number, names: readonly string[]): number {
  return typeof column === 'number' ? column - 1 : names.indexOf(column);
}
