import type { Provenance } from './record.ts';

/**
 * Requests out of an access log, as columns: row `i` of every column is one request. Millions of them pass a second, so that there is no
 * object for each. Valid until the next batch is asked for: whoever wants to keep a text copies it (`textAt`).
 */
export interface Requests {
  readonly count: number;
  /** What the text columns point into. */
  readonly bytes: Uint8Array;
  /** Where the log came from; `position` has the rest. */
  readonly from: Omit<Provenance, 'position'>;
  /** Byte offset of each record in the unpacked content. */
  readonly position: Float64Array;
  /** Event time in milliseconds since the epoch. */
  readonly time: Float64Array;
  /** HTTP status; 0 where the log has none. */
  readonly status: Uint16Array;
  /** Bytes to the client and from it; NaN where the log does not say. */
  readonly sent: Float64Array;
  readonly received: Float64Array;
  /** How long the answer took, in milliseconds; NaN where the log does not say. */
  readonly taken: Float64Array;
  readonly text: Readonly<Record<TextColumnName, TextColumn>>;
  /** How texts are written in this log: as they were, percent-encoded by the log (CloudFront), or with `\xHH` and `\"` (nginx, Apache). */
  readonly escaping: Escaping;
}

export type Escaping = 'none' | 'percent' | 'backslash';

/** Stretches of bytes, one for each row; empty (`start[i] === end[i]`) where the log has nothing (`-`). */
export interface TextColumn {
  readonly start: Int32Array;
  readonly end: Int32Array;
}

export const textColumnNames = [
  /** The address at the other end of the connection, without port and brackets. */
  'client',
  /** `X-Forwarded-For`, where the log has it. */
  'forwarded',
  'method',
  /** The host that was asked for. */
  'host',
  /** The path alone, as it was sent. */
  'path',
  /** What stands behind `?`. */
  'query',
  'agent',
  'referrer',
  /** What the log calls the request, to find it again. */
  'id',
  /** Two letters of the client's country, where the log itself says it. */
  'country',
  /** What the edge did with it, in the log's own word: `BLOCK` (WAF), `waf,fixed-response` (ALB), `Error` (CloudFront). */
  'action',
  /** Which rule ended it (WAF), or why it is no clean request (ALB's classification reason). */
  'rule',
  /** Labels that rules put on it and rules that only counted it (WAF), with spaces between. */
  'labels',
] as const;

export type TextColumnName = (typeof textColumnNames)[number];

const decoder = new TextDecoder('utf-8');

/** A text as the client sent it, a copy: what the log's own escaping did is undone once, and nothing more; invalid UTF-8 becomes U+FFFD. */
export function textAt(requests: Requests, column: TextColumnName, row: number): string {
  const { start, end } = requests.text[column];
  return sentText(requests.bytes.subarray(start[row], end[row]), requests.escaping, column);
}

/** The same of bytes that were copied out of such a column. */
export function sentText(bytes: Uint8Array, escaping: Escaping, column: TextColumnName): string {
  const raw = decoder.decode(bytes);
  switch (escaping) {
    case 'none':
      return raw;
    case 'percent':
      // CloudFront encodes what it logs of these headers; path and query stand as they were sent.
      if (column === 'agent') return agentOf(raw);
      return column === 'referrer' || column === 'forwarded' ? unescaped(raw, percent) : raw;
    case 'backslash':
      return unescaped(raw, backslash);
  }
}

/**
 * An agent as CloudFront encoded it. Older logs encode a user agent twice (`Mozilla/5.0%2520(X11`): told by `%20` where spaces should be, as
 * an agent that has itself `%20` in it (`My%20App/1 CFNetwork/1`) has spaces too.
 */
function agentOf(raw: string): string {
  const once = unescaped(raw, percent);
  return once.includes(' ') || !/%2[05]/.test(once) ? once : unescaped(once, percent);
}

type Escape = (
  bytes: Uint8Array,
  at: number,
) => { readonly value: number; readonly length: number } | undefined;

/** `%HH`. */
const percent: Escape = (bytes, at) => (bytes[at] === 0x25 ? hexadecimalAt(bytes, at + 1, 3) : undefined);

/** `\xHH`, and a quotation mark or a backslash behind a backslash. */
const backslash: Escape = (bytes, at) => {
  if (bytes[at] !== 0x5c) return undefined;
  const next = bytes[at + 1] ?? 0;
  if (next === 0x22 || next === 0x5c) return { value: next, length: 2 };
  return (next | 0x20) === 0x78 ? hexadecimalAt(bytes, at + 2, 4) : undefined;
};

/** Two hexadecimal digits, as an escape of so many signs in all. */
function hexadecimalAt(bytes: Uint8Array, at: number, length: number): ReturnType<Escape> {
  const value = (hexadecimal[bytes[at] ?? 0] ?? 16) * 16 + (hexadecimal[bytes[at + 1] ?? 0] ?? 16);
  return value < 256 ? { value, length } : undefined;
}

/** Of each byte what it is as a hexadecimal digit; of what is none more than two of them come to. */
const hexadecimal = Uint16Array.from({ length: 256 }, (_, byte) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase());
  return digit === -1 ? 256 : digit;
});

/** What was escaped byte by byte is UTF-8 together with what stands beside it. */
function unescaped(text: string, escape: Escape): string {
  if (!/[%\\]/.test(text)) return text;
  const bytes = Buffer.from(text);
  let length = 0;
  for (let at = 0; at < bytes.length;) {
    const found = escape(bytes, at);
    bytes[length++] = found?.value ?? bytes[at] ?? 0;
    at += found?.length ?? 1;
  }
  return decoder.decode(bytes.subarray(0, length));
}
