import type { TextColumnName } from '../../event/requests.ts';
import type { RequestsBuilder } from './builder.ts';
import { find, findLast } from './search.ts';

const dash = 0x2d;

/** Says where a text of this row stands; `-` stands for nothing. */
export function place(
  into: RequestsBuilder,
  column: TextColumnName,
  row: number,
  start: number,
  end: number,
): void {
  if (end - start === 1 && into.bytes[start] === dash) return;
  const { start: starts, end: ends } = into.text[column];
  starts[row] = start;
  ends[row] = end;
}

/** Address and port with a colon between (`192.0.2.1:443`, `[2001:db8::1]:443`, `2001:db8:0:0:0:0:0:1:443`): the address. */
export function placeClient(into: RequestsBuilder, row: number, start: number, end: number): void {
  const { bytes } = into;
  if (bytes[start] === openBracket) {
    const close = find(bytes, closeBracket, start, end);
    if (close !== -1) return place(into, 'client', row, start + 1, close);
  }
  const last = findLast(bytes, colon, start, end);
  place(into, 'client', row, start, last > start ? last : end);
}

const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
