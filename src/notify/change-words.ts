import type { Alert } from '../alert/alert.ts';
import type { AlertNews, Status } from '../alert/alert-life.ts';
import type { Standing } from '../alert/standing.ts';
import type { FollowUpContext } from './channel.ts';
import { plainLine, unlinked } from './plain-text.ts';
import { line } from './safe-text.ts';
import { alertSections } from './sections.ts';

/** How every channel says what has changed of an alert. */

export const statusWords: Readonly<Record<Status, string>> = {
  open: 'open',
  acknowledged: 'acknowledged',
  'in-progress': 'in progress',
  resolved: 'resolved',
  'false-positive': 'a false positive',
};

const limits = { by: 100, reason: 300, news: 300 } as const;

/** `acknowledged by alice: looking into it`; visible, on one line, unescaped. */
export function statusLine({ status, by, reason }: Standing): string {
  const who = by === undefined ? '' : ` by ${line(by, limits.by)}`;
  const why = reason === undefined || reason.trim() === '' ? '' : `: ${line(reason, limits.reason)}`;
  return `${statusWords[status]}${who}${why}`;
}

/** Why people are told of an alert again, where they have not been told of that yet. */
export function newsSince({ news }: Pick<Alert, 'news'>, before: Standing): AlertNews | undefined {
  return news === undefined || news.number === before.news ? undefined : news;
}

/** One sentence for each thing that has changed since it was told last; empty where nothing has. Visible, on one line each, unescaped. */
export function changeSentences(
  alert: Pick<Alert, 'news'>,
  standing: Standing,
  before: Standing,
): readonly string[] {
  const sentences: string[] = [];
  const news = newsSince(alert, before);
  if (news !== undefined) sentences.push(newsSentence(news, before));
  const { status, severity, count } = standing;
  if (status !== before.status || standing.by !== before.by || standing.reason !== before.reason)
    sentences.push(`The alert is now ${statusLine(standing)}.`);
  if (severity !== before.severity)
    sentences.push(`Its severity is now ${severity}; it was ${before.severity}.`);
  if (count !== before.count) sentences.push(`It has happened ${count} times; it was ${before.count}.`);
  return sentences;
}

/** An alert keeps the latest news alone: a channel that was away hears how much there was. */
function newsSentence({ sentence, number }: AlertNews, before: Standing): string {
  const missed = number - (before.news ?? 0);
  return `${missed > 1 ? `News, the latest of ${missed}` : 'News'}: ${line(sentence, limits.news)}.`;
}

/** A message in plain text about a change: the title, the sentences, the link. */
export function changeWords(alert: Alert, { standing, told, link }: FollowUpContext): readonly string[] {
  const { title, links } = alertSections(alert, link);
  const [page] = links;
  return [
    plainLine(title, 300),
    ...changeSentences(alert, standing, told.standing).map(unlinked),
    ...(page === undefined ? [] : [`${page.text}: ${page.url}`]),
    `Alert ${alert.id}`,
  ];
}
