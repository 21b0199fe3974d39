import type { Alert } from '../alert/alert.ts';
import type { Status } from '../alert/alert-life.ts';
import type { Standing } from '../alert/standing.ts';
import type { FollowUpContext } from './channel.ts';
import { plainLine, unlinked } from './plain-text.ts';
import { line } from './safe-text.ts';
import { alertSections } from './sections.ts';

/** How every channel says what has changed of an alert. */

const statusWords: Readonly<Record<Status, string>> = {
  open: 'open',
  acknowledged: 'acknowledged',
  'in-progress': 'in progress',
  resolved: 'resolved',
  'false-positive': 'a false positive',
};

const limits = { by: 100, reason: 300 } as const;

/** `acknowledged by alice: looking into it`; visible, on one line, unescaped. */
export function statusLine({ status, by, reason }: Standing): string {
  const who = by === undefined ? '' : ` by ${line(by, limits.by)}`;
  const why = reason === undefined || reason.trim() === '' ? '' : `: ${line(reason, limits.reason)}`;
  return `${statusWords[status]}${who}${why}`;
}

/** One sentence for each thing that has changed since it was told last; empty where nothing has. Visible, on one line each, unescaped. */
export function changeSentences(standing: Standing, before: Standing): readonly string[] {
  const sentences: string[] = [];
  const { status, severity, count } = standing;
  if (status !== before.status || standing.by !== before.by || standing.reason !== before.reason)
    sentences.push(`The alert is now ${statusLine(standing)}.`);
  if (severity !== before.severity)
    sentences.push(`Its severity is now ${severity}; it was ${before.severity}.`);
  if (count !== before.count) sentences.push(`It has happened ${count} times; it was ${before.count}.`);
  return sentences;
}

/** A message in plain text about a change: the title, the sentences, the link. */
export function changeWords(alert: Alert, { standing, told, link }: FollowUpContext): readonly string[] {
  const { title, links } = alertSections(alert, link);
  const [page] = links;
  return [
    plainLine(title, 300),
    ...changeSentences(standing, told.standing).map(unlinked),
    ...(page === undefined ? [] : [`${page.text}: ${page.url}`]),
    `Alert ${alert.id}`,
  ];
}
