import { textColumnNames } from '../../event/requests.ts';
import type { RequestsBuilder } from './builder.ts';
import { firstText, type Lines } from './cloudfront-fields.ts';
import { decimalAt, numberAt, statusAt } from './numbers.ts';
import { place } from './place.ts';
import { clockAt, dateAt, isTime } from './times.ts';

/** Reads a line into the row. Gives what is wrong with it. */
export function readDelimited(
  { layout, delimiter, atLeast }: Lines,
  bytes: Uint8Array,
  start: number,
  end: number,
  into: RequestsBuilder,
  row: number,
): string | undefined {
  if (layout.problem !== undefined) return layout.problem;
  const { codes } = layout;
  let time = 0;
  let field = 0;
  let from = start;
  for (let at = start; at <= end; at++) {
    if (at < end && bytes[at] !== delimiter) continue;
    const code = codes[field++] ?? 0;
    if (code >= firstText) place(into, textColumnNames[code - firstText] ?? 'client', row, from, at);
    else if (code !== 0) {
      switch (code) {
        case 1:
          time += at - from === 10 ? dateAt(bytes, from) : Number.NaN;
          break;
        case 2:
          time += at - from === 8 ? clockAt(bytes, from) : Number.NaN;
          break;
        case 3:
          time = epochAt(bytes, from, at);
          break;
        case 4:
          into.status[row] = statusAt(bytes, from, at);
          break;
        case 5:
          into.sent[row] = numberAt(bytes, from, at);
          break;
        case 6:
          into.received[row] = numberAt(bytes, from, at);
          break;
        default:
          into.taken[row] = decimalAt(bytes, from, at) * 1000;
      }
    }
    from = at + 1;
  }
  if (field < atLeast || field > codes.length) {
    return `${field} fields where ${atLeast === codes.length ? '' : `${atLeast} to `}${codes.length} are named`;
  }
  if (!isTime(time)) return 'date and time cannot be read; expected such as 2026-01-05 and 10:00:59';
  into.time[row] = time;
  return undefined;
}

/** Seconds since the epoch with a fraction, or milliseconds: nobody logged before 1973. */
function epochAt(bytes: Uint8Array, at: number, end: number): number {
  const value = decimalAt(bytes, at, end);
  return value < 1e11 ? Math.round(value * 1000) : value;
}
