import { textAt, type Requests, type TextColumnName } from '../event/requests.ts';
import type { Severity } from '../event/severity.ts';

/** Whom an offence is about. `site` is the whole of what is watched; an `account` is only ever a keyed hash. */
export interface OffenceSubject {
  readonly type: 'client' | 'network' | 'agent' | 'path' | 'account' | 'site';
  /** An address, a network in CIDR notation, a user agent or a path as it was sent. */
  readonly value: string;
}

/**
 * What a signal found out about a subject in a stretch of time. It may be told again with a higher count: `offenceKey` says which are the
 * same.
 */
export interface Offence {
  /** A slug, such as `scanner`, `flood` or `probe-path`. */
  readonly rule: string;
  readonly subject: OffenceSubject;
  /** When the stretch of time begins to which this offence belongs, in milliseconds since the epoch: a part of its identity. */
  readonly start: number;
  /** Event times of the first and the last request of it that were seen. */
  readonly first: number;
  readonly last: number;
  /** The highest count in any `window` of it, and the count from which on it is an offence. */
  readonly count: number;
  readonly threshold: number;
  /** In milliseconds. */
  readonly window: number;
  readonly severity: Severity;
  /** A sample of the requests, at most `mostEvidence`. */
  readonly evidence: readonly EvidenceLine[];
  /** One sentence that can be checked against the log. */
  readonly explanation: string;
}

/** One request as proof, cut to what a person reads. */
export interface EvidenceLine {
  readonly time: number;
  readonly client: string;
  readonly method: string;
  readonly host: string;
  /** Path and query. */
  readonly target: string;
  readonly status: number;
  readonly agent: string;
  /** Where it stands: the object, and the byte offset in its unpacked content. */
  readonly object: string;
  readonly position: number;
}

export const mostEvidence = 5;

/** How many characters of each text are kept. */
const kept = { target: 300, agent: 200, host: 253, client: 64, method: 32 } as const;

/** Two offences with the same key are the same offence, told at different times. */
export function offenceKey({ rule, subject, start, window }: Offence): string {
  return JSON.stringify([rule, subject.type, subject.value, start, window]);
}

/** The same offence told twice, as one: what is known of it from both. */
export function merged(before: Offence, after: Offence): Offence {
  const highest = after.count >= before.count ? after : before;
  return {
    ...highest,
    first: Math.min(before.first, after.first),
    last: Math.max(before.last, after.last),
    evidence: after.evidence.length >= before.evidence.length ? after.evidence : before.evidence,
  };
}

/** Copies what proves something out of a row. */
export function evidenceOf(requests: Requests, row: number): EvidenceLine {
  const cut = (column: TextColumnName, length: number): string => cutTextAt(requests, column, row, length);
  const query = cut('query', kept.target);
  const target = query === '' ? cut('path', kept.target) : `${cut('path', kept.target)}?${query}`;
  return {
    time: requests.time[row] ?? Number.NaN,
    client: cut('client', kept.client),
    method: cut('method', kept.method),
    host: cut('host', kept.host),
    target: shortened(target, kept.target),
    status: requests.status[row] ?? 0,
    agent: cut('agent', kept.agent),
    object: requests.from.object,
    position: requests.position[row] ?? 0,
  };
}

/** At most `length` characters of a text; does not decode a megabyte to keep 300 characters of it. */
export function cutTextAt(requests: Requests, column: TextColumnName, row: number, length: number): string {
  const { start, end } = requests.text[column];
  const from = start[row] ?? 0;
  // The longest way to write one character: four bytes, each escaped in four.
  const most = from + length * 16;
  if ((end[row] ?? 0) <= most) return shortened(textAt(requests, column, row), length);
  const cutColumn = { start: Int32Array.of(from), end: Int32Array.of(most) };
  return shortened(
    textAt({ ...requests, text: { ...requests.text, [column]: cutColumn } }, column, 0),
    length,
  );
}

/** At most `length` characters; where something is cut off it ends with an ellipsis. Never half of a pair. */
export function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  const end = isLeadSurrogate(text.charCodeAt(length - 2)) ? length - 2 : length - 1;
  return `${text.slice(0, end)}…`;
}

function isLeadSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
