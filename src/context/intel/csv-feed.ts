import { csvRows } from '../csv-rows.ts';
import {
  indicatorTypes,
  indicatorValue,
  labelIn,
  timeIn,
  type IndicatorSink,
  type IndicatorType,
} from './indicator.ts';

export interface CsvShape {
  /** The column with what is warned of, by name or by number from 1. */
  readonly column?: string | number | undefined;
  /** The column that says what it is, in words such as `ip`, `domain`, `sha256`. */
  readonly typeColumn?: string | number | undefined;
  /** What all of it is, where no column says it and it cannot be told by itself: user agents. */
  readonly type?: IndicatorType | undefined;
  readonly labelColumn?: string | number | undefined;
  /** The column with the time from which on it counts no longer. */
  readonly untilColumn?: string | number | undefined;
}

const valueNames = [
  'indicator',
  'ioc',
  'ioc_value',
  'value',
  'ip',
  'ip_address',
  'address',
  'dst_ip',
  'domain',
  'url',
  'sha256_hash',
  'sha256',
  'md5_hash',
  'md5',
  'hash',
];
const typeNames = ['type', 'ioc_type', 'indicator_type'];
const labelNames = [
  'label',
  'name',
  'malware',
  'malware_printable',
  'threat',
  'signature',
  'description',
  'tags',
];
const untilNames = ['valid_until', 'expires', 'expiration', 'until'];

/** What columns call things. Agents look like any other text, and must be called so. */
const typeWords: readonly (readonly [RegExp, IndicatorType])[] = [
  [/agent/i, 'agent'],
  [/url|uri/i, 'url'],
  [/md5|sha|hash/i, 'hash'],
  [/domain|host|fqdn/i, 'domain'],
  [/^ip|ipv[46]|address|cidr/i, 'address'],
];

/** Told by themselves, in the order in which they are tried. */
const told: readonly IndicatorType[] = indicatorTypes.filter((type) => type !== 'agent');

/** Rows of columns with names in the first row, or with one column alone. Undefined, or in one clause why it cannot be read. */
export function readCsvFeed(bytes: Uint8Array, shape: CsvShape, sink: IndicatorSink): string | undefined {
  const rows = csvRows(bytes);
  if (typeof rows === 'string') return rows;
  const [names = [], ...others] = rows;
  const place = (asked: string | number | undefined, known: readonly string[]): number =>
    typeof asked === 'number'
      ? asked - 1
      : names.findIndex((name) =>
          asked === undefined ? known.includes(name.toLowerCase()) : name === asked,
        );
  const found = place(shape.column, valueNames);
  if (found === -1 && typeof shape.column === 'string')
    return `has no column ${JSON.stringify(shape.column)}; its first row is ${JSON.stringify(names.slice(0, 12))}`;
  const isHeaded = found !== -1 && typeof shape.column !== 'number';
  const at = found === -1 ? 0 : found;
  const [typeAt, labelAt, untilAt] = [
    place(shape.typeColumn, isHeaded ? typeNames : []),
    place(shape.labelColumn, isHeaded ? labelNames : []),
    place(shape.untilColumn, isHeaded ? untilNames : []),
  ];
  for (const row of isHeaded ? others : rows) {
    const text = withoutPort(row[at] ?? '');
    const words = row[typeAt] ?? '';
    const type = shape.type ?? typeWords.find(([pattern]) => pattern.test(words))?.[1];
    const indicator = firstOf(type === undefined ? told : [type], text);
    if (indicator === undefined) sink.leaveOut();
    else if (!sink.add({ ...indicator, label: labelIn(row[labelAt]), until: timeIn(row[untilAt]) })) break;
  }
  return undefined;
}

function firstOf(
  types: readonly IndicatorType[],
  text: string,
): { readonly type: IndicatorType; readonly value: string } | undefined {
  for (const type of types) {
    const value = indicatorValue(type, text);
    if (value !== undefined) return { type, value };
  }
  return undefined;
}

/** `192.0.2.1:443`, as lists of control servers write it. */
function withoutPort(text: string): string {
  return /^\d{1,3}(?:\.\d{1,3}){3}:\d{1,5}$/.test(text) ? text.slice(0, text.indexOf(':')) : text;
}
