import type { ListReader, ListSink } from './format.ts';
import { rangeOf } from './range.ts';

/**
 * Fields that hold an address or a network: of Spamhaus, of AWS's ip-ranges.json, of what Google, Microsoft, Apple, DuckDuckGo and OpenAI
 * publish of their crawlers, and common ones.
 */
export const knownFields = [
  'cidr',
  'ipv4Prefix',
  'ipv6Prefix',
  'ip_prefix',
  'ipv6_prefix',
  'ip',
  'ip_address',
  'ipAddress',
  'network',
  'prefix',
  'address',
  'range',
] as const;

/** Arrays in which lists keep their entries. AWS has two of them. */
const knownArrays = [
  'prefixes',
  'ipv6_prefixes',
  'data',
  'ips',
  'addresses',
  'networks',
  'ranges',
  'results',
  'ApprovedIPs',
];

/**
 * A JSON document: an array of texts or of objects with a field that holds the address, or an object with such an array.
 * https://developers.google.com/static/search/apis/ipranges/googlebot.json https://ip-ranges.amazonaws.com/ip-ranges.json
 */
export const readJsonList: ListReader = (bytes, { column }, sink) => {
  let value: unknown;
  try {
    value = JSON.parse(
      Buffer.from(bytes)
        .toString('utf8')
        .replace(/^\uFEFF/, ''),
    );
  } catch {
    return 'is no whole JSON document';
  }
  const arrays = arraysOf(value);
  if (arrays.length === 0)
    return `has no array of addresses; expected one at the top, or in one of ${knownArrays.join(', ')}`;
  for (const array of arrays) for (const item of array) if (!takeItem(item, column, sink)) return undefined;
  return undefined;
};

/**
 * One JSON object a line, as Spamhaus writes DROP: `{"cidr":"192.0.2.0/24","sblid":"SBL1","rir":"ripencc"}`, and at the end a line of
 * metadata, whose count tells that nothing is missing. https://www.spamhaus.org/drop/drop_v4.json
 */
export const readJsonLines: ListReader = (bytes, { column }, sink) => {
  let taken = 0;
  let promised: number | undefined;
  for (const line of Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .split('\n')) {
    if (line.trim() === '') continue;
    let item: unknown;
    try {
      item = JSON.parse(line);
    } catch {
      item = undefined;
    }
    if (isObject(item) && item['type'] === 'metadata') {
      const { records } = item;
      if (typeof records === 'number') promised = records;
      continue;
    }
    taken++;
    if (!takeItem(item, column, sink)) return undefined;
  }
  return promised !== undefined && promised !== taken
    ? `says that it has ${promised} entries, and has ${taken}`
    : undefined;
};

function arraysOf(value: unknown): readonly unknown[][] {
  if (Array.isArray(value)) return [value];
  if (!isObject(value)) return [];
  return knownArrays.map((name) => value[name]).filter((array) => Array.isArray(array));
}

function takeItem(item: unknown, column: string | number | undefined, sink: ListSink): boolean {
  if (typeof item === 'string') return sink.entry(rangeOf(item), () => item);
  const written = (): string => JSON.stringify(item) ?? '';
  if (!isObject(item)) return sink.entry(undefined, written);
  const fields = column === undefined ? knownFields : [String(column)];
  const texts = fields.map((field) => item[field]).filter((text) => typeof text === 'string');
  if (texts.length === 0) return sink.entry(undefined, written);
  return texts.every((text) => sink.entry(rangeOf(text), written));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
