import { isJsonObject, type Json, type JsonObject } from '../../event/json.ts';
import type { TextColumnName } from '../../event/requests.ts';
import { parseJson } from '../parse.ts';
import type { RequestsBuilder } from './builder.ts';
import { largest } from './numbers.ts';
import { isTime } from './times.ts';
import { lineReader, type AccessReader } from './format.ts';

/** What a line of JSON says of a request. Numbers that it does not have are left out, as are texts. */
export interface JsonRequest {
  /** Milliseconds since the epoch; NaN where it cannot be read. */
  readonly time: number;
  readonly status?: number;
  readonly sent?: number;
  readonly received?: number;
  readonly taken?: number;
  readonly text: Partial<Readonly<Record<TextColumnName, string | undefined>>>;
}

/**
 * Reads lines of JSON. Their texts are escaped in the log, so that they are written out, one behind the other, into bytes that are used
 * again for the next batch.
 * @param toRequest gives what the fields of a line say, or what is wrong with them
 */
export function jsonLinesReader(toRequest: (fields: JsonObject) => JsonRequest | string): AccessReader {
  let arena = Buffer.alloc(64 * 1024);
  let used = 0;
  const write = (text: string, into: RequestsBuilder): number => {
    const need = used + text.length * 3;
    if (need > arena.length) {
      const larger = Buffer.alloc(Math.max(need, arena.length * 2));
      arena.copy(larger, 0, 0, used);
      arena = larger;
    }
    used += arena.write(text, used);
    into.ownBytes = used;
    return used;
  };
  return lineReader((bytes, start, end, into, row) => {
    const parsed = parseJson(bytes.subarray(start, end));
    if ('problem' in parsed) return parsed.problem;
    if (!isJsonObject(parsed.value)) return 'expected a JSON object in each line';
    const request = toRequest(parsed.value);
    if (typeof request === 'string') return request;
    if (!isTime(request.time)) return 'there is no time, or it cannot be read';
    into.time[row] = request.time;
    into.status[row] = statusOf(request.status);
    into.sent[row] = request.sent ?? Number.NaN;
    into.received[row] = request.received ?? Number.NaN;
    into.taken[row] = request.taken ?? Number.NaN;
    if (into.ownBytes === 0) used = 0;
    for (const [name, text] of Object.entries(request.text) as [TextColumnName, string | undefined][]) {
      if (text === undefined || text === '' || text === '-') continue;
      into.text[name].start[row] = used;
      into.text[name].end[row] = write(text, into);
    }
    into.bytes = arena;
    return undefined;
  });
}

function statusOf(status: number | undefined): number {
  return status !== undefined && status >= 100 && status <= 999 ? Math.trunc(status) : 0;
}

/** A text, or a number as one. */
export function textOf(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : undefined;
}

/** A number from 0 on, or a text of one; NaN where it is neither. */
export function numberOf(value: Json | undefined): number {
  const number = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && number >= 0 && number <= largest ? number : Number.NaN;
}

/** Path and query of `/path?query`. */
export function targetText(target: string | undefined): { readonly path?: string; readonly query?: string } {
  if (target === undefined) return {};
  const question = target.indexOf('?');
  return question === -1
    ? { path: target }
    : { path: target.slice(0, question), query: target.slice(question + 1) };
}

/** The address in `192.0.2.1:443` or `[2001:db8::1]:443`. */
export function withoutPort(address: string | undefined): string | undefined {
  return address?.replace(/:\d{1,5}$/, '').replaceAll(/[[\]]/g, '');
}
