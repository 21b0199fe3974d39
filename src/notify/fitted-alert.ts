import type { Alert } from '../alert/alert.ts';
import { isList, type Json } from '../event/json.ts';

/** What was left out so that the body fits: nothing, the raw event, or everything past the beginning of each text and list. */
export type Shortened = 'no' | 'raw event left out' | 'texts and lists cut';

/**
 * A whole alert in a body of `maxBytes`. An attacker can make an event so large that a receiver answers 413. Its alert
 * must arrive all the same, so it loses first its raw event and then the tails of its texts.
 */
export function fittedAlert(
  alert: Alert,
  maxBytes: number,
  write: (data: Alert | Json, shortened: Shortened) => string,
): string {
  const fits = (body: string) => Buffer.byteLength(body) <= maxBytes;
  const whole = write(alert, 'no');
  if (fits(whole)) return whole;
  const bare: Alert = { ...alert, evidence: { ...alert.evidence, fields: {} } };
  const withoutEvent = write(bare, 'raw event left out');
  if (fits(withoutEvent)) return withoutEvent;
  const plain = plainJson(bare);
  let body = withoutEvent;
  for (const most of cuts) {
    body = write(cut(plain, most), 'texts and lists cut');
    if (fits(body)) return body;
  }
  return body;
}

function plainJson(alert: Alert): Json {
  return JSON.parse(JSON.stringify(alert)) as Json;
}

/** Tried in order; the last makes a few KB of any alert that a rule can raise. */
const cuts = [
  { length: 200, items: 10 },
  { length: 100, items: 5 },
  { length: 50, items: 3 },
] as const;

function cut(value: Json, most: (typeof cuts)[number]): Json {
  if (typeof value === 'string')
    return value.length <= most.length ? value : `${value.slice(0, most.length).toWellFormed()}…`;
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.slice(0, most.items).map((item) => cut(item, most));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, item === undefined ? null : cut(item, most)]),
  );
}
