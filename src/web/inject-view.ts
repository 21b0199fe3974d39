import { textAt, type Escaping, type Requests, type TextColumnName } from '../event/requests.ts';
import type { Json, JsonObject } from '../event/json.ts';
import type { EventView } from '../sigma/compile.ts';
import type { LogSource } from '../sigma/rule.ts';
import { createDecoder, longestText, trickBit, tricks, type Decoder } from './inject-decode.ts';

/** By what Sigma knows access logs. */
export const webServerSource: LogSource = { product: undefined, service: undefined, category: 'webserver' };

/** The columns that what an attacker writes stands in. */
export const searchedColumns = ['path', 'query', 'agent', 'referrer', 'forwarded', 'host'] as const;

export type SearchedColumn = (typeof searchedColumns)[number];

/** How rules see a column: as it was sent, decoded, without quoting, or by what was done to hide something. */
export type Form = 'raw' | 'decoded' | 'unquoted' | 'tricks';

/** A part of the row out of which a field's value is made. */
export interface Stream {
  readonly column: SearchedColumn;
  readonly form: Form;
}

/**
 * One request as rules see it. The names beginning with `c` and `s` are those of Sigma's webserver category and hold what was sent;
 * those under `tocsin.request` hold it decoded, in small letters.
 * https://sigmahq.io/sigma-specification/specification/sigma-appendix-taxonomy.html#webserver
 */
export interface RequestSubject {
  readonly requests: Requests;
  readonly row: number;
  /** What was decoded already, by column and form. */
  readonly known: Map<string, string>;
}

export function requestSubject(requests: Requests, row: number): RequestSubject {
  return { requests, row, known: new Map() };
}

const decodedColumns = ['path', 'query', 'agent', 'referrer', 'forwarded'] as const;

/** Without the agent: every ordinary one has brackets and semicolons in it. */
const valueColumns = ['path', 'query', 'referrer', 'forwarded'] as const;

const rawFields: Readonly<Record<string, readonly SearchedColumn[]>> = {
  'cs-uri-stem': ['path'],
  'cs-uri-query': ['query'],
  'cs-uri': ['path', 'query'],
  'c-uri': ['path', 'query'],
  'cs-user-agent': ['agent'],
  'c-useragent': ['agent'],
  'cs-referer': ['referrer'],
  'cs-referrer': ['referrer'],
  'cs-host': ['host'],
  'x-forwarded-for': ['forwarded'],
};

const prefix = 'tocsin.request.';

const derivedFields: Readonly<Record<string, readonly Stream[]>> = {
  ...Object.fromEntries(decodedColumns.map((column) => [column, [{ column, form: 'decoded' }]])),
  decoded: decodedColumns.map((column) => ({ column, form: 'decoded' })),
  values: valueColumns.map((column) => ({ column, form: 'decoded' })),
  unquoted: valueColumns.map((column) => ({ column, form: 'unquoted' })),
  tricks: decodedColumns.map((column) => ({ column, form: 'tricks' })),
};

/** What a field is made of; empty where it is not made of searched texts. */
export function streamsOf(field: string): readonly Stream[] {
  const raw = Object.hasOwn(rawFields, field) ? rawFields[field] : undefined;
  if (raw !== undefined) return raw.map((column) => ({ column, form: 'raw' }));
  if (!field.startsWith(prefix)) return [];
  const name = field.slice(prefix.length);
  return Object.hasOwn(derivedFields, name) ? (derivedFields[name] ?? []) : [];
}

/** How the log wrote a column; see `textAt`. */
export function escapingOf({ escaping }: Requests, column: TextColumnName): Escaping {
  return escapingIn(escaping, column);
}

/** The same for a log that escapes so. */
export function escapingIn(escaping: Escaping, column: TextColumnName): Escaping {
  return escaping === 'percent' && column !== 'agent' && column !== 'referrer' ? 'none' : escaping;
}

/** A view of rows; it keeps one buffer for what it decodes. */
export function requestView(): EventView<RequestSubject> {
  const decoder = createDecoder();
  return {
    field: (name) => {
      const streams = streamsOf(name);
      if (streams.length === 0) return otherField(name);
      if (!name.startsWith(prefix)) return (subject) => rawOf(streams, subject);
      if (name === `${prefix}tricks`) return (subject) => tricksOf(streams, subject, decoder);
      const [only] = streams;
      if (streams.length === 1 && only !== undefined)
        return (subject) => presentOf(decodedOf(only, subject, decoder));
      return (subject) => {
        const texts = streams
          .map((stream) => decodedOf(stream, subject, decoder))
          .filter((text) => text !== '');
        return texts.length === 0 ? undefined : texts;
      };
    },
    whole: ({ requests, row }) => wholeOf(requests, row),
    topKeys: (name) => (name.startsWith('tocsin.') ? undefined : [name]),
  };
}

function otherField(name: string): (subject: RequestSubject) => Json | undefined {
  switch (name) {
    case 'cs-method':
      return ({ requests, row }) => presentOf(textAt(requests, 'method', row));
    case 'c-ip':
      return ({ requests, row }) => presentOf(textAt(requests, 'client', row));
    case 'sc-status':
      return ({ requests, row }) => requests.status[row] || undefined;
    case 'sc-bytes':
      return ({ requests, row }) => numberOf(requests.sent[row]);
    case 'cs-bytes':
      return ({ requests, row }) => numberOf(requests.received[row]);
    default:
      return () => undefined;
  }
}

function presentOf(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function numberOf(value: number | undefined): number | undefined {
  return value === undefined || Number.isNaN(value) ? undefined : value;
}

function rawOf(streams: readonly Stream[], { requests, row }: RequestSubject): string | undefined {
  const texts = streams.map(({ column }) => cutText(requests, column, row)).filter((text) => text !== '');
  return texts.length === 0 ? undefined : texts.join('?');
}

/** No more of a text than the decoder takes, too. */
function cutText(requests: Requests, column: TextColumnName, row: number): string {
  const { start, end } = requests.text[column];
  const from = start[row] ?? 0;
  if ((end[row] ?? 0) - from <= longestText) return textAt(requests, column, row);
  const cut = { start: Int32Array.of(from), end: Int32Array.of(from + longestText) };
  return textAt({ ...requests, text: { ...requests.text, [column]: cut } }, column, 0);
}

const utf8 = new TextDecoder('utf-8');

function decodedOf({ column, form }: Stream, subject: RequestSubject, decoder: Decoder): string {
  const key = `${form} ${column}`;
  const known = subject.known.get(key);
  if (known !== undefined) return known;
  const { requests, row } = subject;
  const length = decodeRow(requests, column, row, decoder);
  const text = utf8.decode(decoder.out.subarray(0, length));
  subject.known.set(`decoded ${column}`, text);
  const unquoted = form === 'unquoted' ? decoder.unquote(length) : -1;
  if (form !== 'unquoted') return text;
  const plain = unquoted === -1 ? text : utf8.decode(decoder.unquoted.subarray(0, unquoted));
  subject.known.set(key, plain);
  return plain;
}

function decodeRow(requests: Requests, column: TextColumnName, row: number, decoder: Decoder): number {
  const { start, end } = requests.text[column];
  return decoder.decode(requests.bytes, start[row] ?? 0, end[row] ?? 0, escapingOf(requests, column));
}

function tricksOf(
  streams: readonly Stream[],
  { requests, row }: RequestSubject,
  decoder: Decoder,
): readonly string[] | undefined {
  let seen = 0;
  for (const { column } of streams) {
    decodeRow(requests, column, row, decoder);
    seen |= decoder.tricks();
  }
  return seen === 0 ? undefined : tricks.filter((name) => (seen & trickBit[name]) !== 0);
}

function wholeOf(requests: Requests, row: number): JsonObject {
  const fields: Record<string, Json> = {};
  for (const [name, [column]] of Object.entries(rawFields))
    if (column !== undefined && !(name in fields)) fields[name] = cutText(requests, column, row);
  return fields;
}
