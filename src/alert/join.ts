import { severities, type Severity } from '../event/severity.ts';
import type { Alert } from './alert.ts';
import type { FollowedAlert, Occurrences, Told } from './alert-life.ts';
import { isClosed, lifecycleOf, type HistoryLine } from './lifecycle.ts';
import { newValues, occurrencesOf, variedOf, withOccurrence } from './occurrences.ts';

/** When people are told of an alert again although nothing changed its meaning: whichever comes first. */
export interface Realert {
  /** After so many further occurrences. */
  readonly after?: number | undefined;
  /** With the first occurrence that is so much later than the last one that was told, in milliseconds of event time. */
  readonly everyMs?: number | undefined;
  /** Whether that time doubles with each telling, and up to what. */
  readonly longestMs?: number | undefined;
}

/** What can be new about an occurrence so that the alert means more than before. */
export const newsKinds = ['result', 'person', 'country', 'target', 'fact'] as const;

export type NewsKind = (typeof newsKinds)[number];

/** How findings join alerts, and who is told of it. All functions are pure and may be called again. */
export interface Joining {
  readonly raise: {
    /** Of what people are told. */
    readonly on: readonly NewsKind[];
    /** By how many steps the severity goes up with the first such news. */
    readonly steps: number;
  };
  readonly realertOf: (alert: Alert) => Realert | undefined;
  /** How many tellings of one rule an hour may bring, the first of each alert included; no limit where it is undefined. */
  readonly perHour?: ((alert: Alert) => number | undefined) | undefined;
}

export type Verdict =
  | {
      readonly type: 'joins';
      readonly alert: Alert;
      /** Whether people are to be told of it again. */
      readonly tells: boolean;
      readonly lines: readonly HistoryLine[];
    }
  /** It is an alert of its own. */
  | { readonly type: 'apart'; readonly follows?: FollowedAlert | undefined };

/** What of an alert decides whether a finding may join it. */
export interface Span {
  readonly firstSeen: number;
  readonly lastSeen: number;
}

/** Whether a time lies in the span of an alert, or no further from it than the window. */
export function isWithin(time: number, { firstSeen, lastSeen }: Span, windowMs: number): boolean {
  return time >= firstSeen - windowMs && time <= lastSeen + windowMs;
}

/**
 * Puts a finding to an alert of its group and window. What it does to a closed one follows from when it happened, in event time: before the alert was closed it
 * is only counted, unless it changes the meaning; after, it opens a resolved alert again, and stands apart from a false positive, whose
 * verdict was about other events.
 */
export function joinFinding(stored: Alert, finding: Alert, joining: Joining, now: number): Verdict {
  const life = lifecycleOf(stored);
  const closed = isClosed(life);
  const isLater = finding.time > life.since;
  if (standsApart(stored, finding)) return { type: 'apart', follows: { id: stored.id, status: life.status } };

  const before = occurrencesOf(stored);
  const occurrences = withOccurrence(before, finding);
  const news = newsOf(stored, finding, before, joining.raise);
  const reopens = closed && (isLater || news.sentences.length > 0);
  const snoozed = life.snoozedUntil !== undefined && life.snoozedUntil > now;
  const raised = news.sentences.length > 0;
  const again =
    life.status === 'open' && !snoozed ? realertNews(occurrences, joining.realertOf(stored)) : undefined;
  const tells = stored.exception === undefined && (raised || reopens || again !== undefined);
  const lifecycle = {
    ...life,
    revision: life.revision + 1,
    ...(reopens && { status: 'open' as const, since: now, by: 'tocsin', reason: undefined }),
    ...(raised && { snoozedUntil: undefined }),
  };
  const sentence = raised
    ? news.sentences.join('; ')
    : reopens
      ? 'reopened: it happened again'
      : (again ?? '');
  const type = reopens ? 'reopened' : raised ? 'raised' : 'again';
  const { times } = before.told;
  const told = toldNow(occurrences, raised || reopens ? 1 : times + 1);
  return {
    type: 'joins',
    tells,
    alert: {
      ...stored,
      severity: news.severity,
      ...(news.changes.length > 0 && {
        severityChanges: [...(stored.severityChanges ?? []), ...news.changes],
      }),
      occurrences: {
        ...occurrences,
        stepped: before.stepped || news.stepped,
        told: tells ? told : before.told,
      },
      ...(tells && { news: { type, sentence, number: (stored.news?.number ?? 0) + 1 } }),
      ...((raised || reopens) && { lifecycle }),
    },
    lines: [
      ...(raised ? [{ action: 'raise' as const, detail: news.sentences.join('; ') }] : []),
      ...(reopens
        ? [{ action: 'reopen' as const, detail: `it was ${life.status}, and new evidence came` }]
        : []),
    ],
  };
}

/** Whether people have said that such an alert is none, before it happened again: their verdict was about other events. */
export function standsApart(stored: Alert, finding: Pick<Alert, 'time'>): boolean {
  const { status, since } = lifecycleOf(stored);
  return status === 'false-positive' && finding.time > since;
}

interface News {
  readonly severity: Severity;
  /** What `severityChanges` says of it. */
  readonly changes: readonly string[];
  readonly stepped: boolean;
  /** What people are told; empty where the meaning is the same. */
  readonly sentences: readonly string[];
}

function newsOf(stored: Alert, finding: Alert, before: Occurrences, { on, steps }: Joining['raise']): News {
  const found = on.flatMap((kind) => novelty(kind, finding, before));
  const [first] = found;
  const isStep = first !== undefined && !before.stepped && steps > 0;
  const changes: string[] = [];
  let { severity } = stored;
  const rise = (to: Severity, why: string): void => {
    if (severities.indexOf(to) <= severities.indexOf(severity)) return;
    changes.push(`raised from ${severity} to ${to}: ${why}`);
    severity = to;
  };
  if (isStep) rise(up(severity, steps), first);
  // Why the finding is as bad as that: people are told of the alert, and not of what joined it.
  const reasons = finding.severityChanges ?? [];
  const because = reasons.length === 0 ? '' : ` (${reasons.join('; ')})`;
  rise(finding.severity, `a later finding is ${finding.severity}${because}`);
  // What the severity rose by is told already.
  const others = found.filter((sentence) => !changes.some((change) => change.endsWith(`: ${sentence}`)));
  return { severity, changes, stepped: isStep, sentences: [...changes, ...others] };
}

function up(severity: Severity, steps: number): Severity {
  return severities[Math.min(severities.indexOf(severity) + steps, severities.length - 1)] ?? severity;
}

const words: Readonly<Record<Exclude<NewsKind, 'result'>, string>> = {
  person: 'another person',
  country: 'another country',
  target: 'another target',
  fact: 'something more',
};

/**
 * What is new in one respect, as a sentence. A stream of ever new values is told at the second, the fourth, the eighth ... of them, so that
 * whoever invents values cannot make noise with it.
 */
function novelty(kind: NewsKind, finding: Alert, before: Occurrences): readonly string[] {
  const found = variedOf(finding);
  const fresh = newValues(before.varied, found, kind);
  const [value] = fresh;
  const known = before.varied[kind].length;
  if (value === undefined || known === 0) return [];
  if (kind === 'result')
    return value === 'success' && before.varied.result.includes('failure')
      ? ['it had failed before, and now it succeeded']
      : [];
  const isTold = Math.floor(Math.log2(known + fresh.length)) > Math.floor(Math.log2(known));
  return isTold ? [`${words[kind]}: ${value}`] : [];
}

function realertNews(occurrences: Occurrences, realert: Realert | undefined): string | undefined {
  if (realert === undefined) return undefined;
  const { told, count, lastSeen } = occurrences;
  const more = count - told.count;
  const { after, everyMs, longestMs } = realert;
  const interval =
    everyMs === undefined
      ? undefined
      : longestMs === undefined
        ? everyMs
        : Math.min(everyMs * 2 ** Math.min(told.times - 1, 40), Math.max(everyMs, longestMs));
  const isDue =
    (after !== undefined && more >= after) || (interval !== undefined && lastSeen - told.at >= interval);
  return isDue ? againSentence(more, told.at) : undefined;
}

/** `again: 214 more since 2026-11-21 09:10 UTC` */
function againSentence(more: number, since: number): string {
  return `again: ${more.toLocaleString('en')} more since ${new Date(since).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** An alert whose snooze is over, as people are told of it. */
export function awake(alert: Alert): Alert {
  const { occurrences } = alert;
  const more = occurrences === undefined ? 0 : occurrences.count - occurrences.told.count;
  const seen = more > 0 ? `; ${more.toLocaleString('en')} more meanwhile` : '';
  return {
    ...alert,
    news: {
      type: 'woken',
      sentence: `snoozed no longer${seen}`,
      number: (alert.news?.number ?? 0) + 1,
    },
    ...(occurrences && {
      occurrences: { ...occurrences, told: toldNow(occurrences, occurrences.told.times) },
    }),
  };
}

function toldNow({ lastSeen, count }: Occurrences, times: number): Told {
  return { at: lastSeen, count, times };
}
