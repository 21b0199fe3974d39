import type { Alert } from '../alert/alert.ts';
import { clip, line } from './safe-text.ts';
import { alertSections } from './sections.ts';
import type { Wording } from './template.ts';

/** Breaks what programs make links of in plain text, so that no address from a log can be clicked; where an object lies in S3 can still be copied. */
export function unlinked(shown: string): string {
  return shown.replace(/(?<!\bs3):\/\//g, `:${wordJoiner}//`).replace(/\bwww\./gi, `$&${wordJoiner}`);
}

const wordJoiner = '\u2060';

/** A text as a log gives it, visible and without links, on one line of at most `max`. */
export function plainLine(text: string, max: number): string {
  return clip(unlinked(line(text, max)), max);
}

/** What PagerDuty and the like show of one text. */
const longestOwn = 8_000;

/**
 * An alert as names and values, for systems that show such a table and know no markup. Each value is one text; lists are
 * lines of it. Names do not depend on the alert, so that rules over there can use them.
 */
export function alertDetails(
  alert: Alert,
  link: string | undefined,
  wording?: Wording,
): Readonly<Record<string, string>> {
  const { rows, several, facts, why, steps, footer, links } = alertSections(alert, link, wording);
  const table = new Map<string, string[]>();
  const own = wording?.(unlinked, longestOwn);
  if (own !== undefined) return { Message: own, ...(links[0] === undefined ? {} : { Alert: links[0].url }) };
  const add = (name: string, ...values: readonly string[]): void => {
    if (values.length > 0) table.set(name, [...(table.get(name) ?? []), ...values.map(unlinked)]);
  };
  for (const { label, value } of [...rows, ...(several?.rows ?? [])]) add(label, value);
  add('Events', ...(several?.events ?? []));
  for (const { explanation, unknowns, diff } of facts) {
    add('What it means', explanation, ...unknowns.map((unknown) => `Unknown: ${unknown}`), ...diff);
  }
  if (why !== '') add('Why', why);
  add('Do first', ...steps);
  add('Found by', ...footer);
  const [page] = links;
  if (page !== undefined) table.set('Alert', [page.url]);
  return Object.fromEntries([...table].map(([name, values]) => [name, values.join('\n')]));
}
