import { createHash } from 'node:crypto';
import type { Alert, AlertDigest } from '../alert/alert.ts';
import { severities, type Severity } from '../event/severity.ts';
import type { Standing } from '../alert/standing.ts';
import type { Delivery } from '../store/delivery.ts';
import { statusWords } from './change-words.ts';
import { titleOf } from './words.ts';

/** Gathers what one digest says, without holding on to the alerts. */
export interface DigestMaker {
  readonly add: (delivery: Delivery) => void;
  /** Deliveries that are in it. */
  readonly ids: () => readonly string[];
  /** Attempts begun before, of the delivery with the most. */
  readonly attempts: () => number;
  /** Since when the first of them is owed. */
  readonly since: () => number;
  /** The digest in the form of an alert, so that every channel can write it: with its own escaping, in its own looks. */
  readonly alert: (now: number) => Alert;
}

/** How many alerts a digest names, and how many rules and accounts. */
const shown = { top: 10, rules: 10, accounts: 10 } as const;
/** An attacker may choose names of rules' subjects, but not make a digest hold more kinds than this. */
const mostKinds = 2_000;
const longest = 300;

type Top = AlertDigest['top'][number];

/** @param link the page of an alert, where there is one */
export function digestMaker(link: (alert: Alert) => string | undefined): DigestMaker {
  const ids: string[] = [];
  /** What tells one digest from another: an alert that has changed is in a later one, too. */
  const messages: string[] = [];
  const bySeverity = new Map<Severity, number>();
  const byRule = new Map<string, { readonly title: string; count: number }>();
  const byAccount = new Map<string, { readonly title: string; count: number }>();
  let top: readonly Top[] = [];
  let attempts = 0;
  let since = Number.POSITIVE_INFINITY;
  const times = { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY };
  const countIn = (map: typeof byRule, key: string, title: string): void => {
    const known = map.get(key);
    if (known !== undefined) known.count += 1;
    else if (map.size < mostKinds) map.set(key, { title: cut(title), count: 1 });
  };
  return {
    add: ({ id, alert, attempts: before, owedSince, revision, standing }) => {
      ids.push(id);
      messages.push(`${id}:${revision}`);
      attempts = Math.max(attempts, before);
      since = Math.min(since, owedSince ?? alert.decidedAt);
      if (Number.isFinite(alert.time)) {
        times.from = Math.min(times.from, alert.time);
        times.to = Math.max(times.to, alert.time);
      }
      const { severity } = standing;
      bySeverity.set(severity, (bySeverity.get(severity) ?? 0) + 1);
      countIn(byRule, alert.rule.id, alert.rule.title);
      const { account = 'unknown', accountName } = alert.where;
      countIn(byAccount, account, accountName === undefined ? account : `${accountName} (${account})`);
      const title = `${cut(titleOf(alert))}${standingWords(alert, standing)}`;
      const entry = { id: alert.id, severity, time: alert.time, title, link: link(alert) };
      top = [...top, entry].toSorted(worstFirst).slice(0, shown.top);
    },
    ids: () => ids,
    attempts: () => attempts,
    since: () => since,
    alert: (now) => {
      const worst = severities.findLast((severity) => bySeverity.has(severity)) ?? 'informational';
      const from = Number.isFinite(times.from) ? times.from : now;
      const to = Number.isFinite(times.to) ? times.to : now;
      const digest: AlertDigest = {
        from,
        to,
        total: ids.length,
        severities: severities
          .toReversed()
          .flatMap((severity) => ({ severity, count: bySeverity.get(severity) ?? 0 }))
          .filter(({ count }) => count > 0),
        rules: largest(byRule, shown.rules),
        accounts: largest(byAccount, shown.accounts),
        top,
      };
      return digestAlert(digest, worst, idOf(messages), now);
    },
  };
}

function worstFirst(a: Top, b: Top): number {
  return severities.indexOf(b.severity) - severities.indexOf(a.severity) || b.time - a.time;
}

function largest(
  map: ReadonlyMap<string, { readonly title: string; readonly count: number }>,
  most: number,
): AlertDigest['rules'] {
  const all = [...map.values()].toSorted((a, b) => b.count - a.count || (a.title < b.title ? -1 : 1));
  return all.slice(0, most).map(({ title, count }) => ({ title, count }));
}

/** What became of it before the digest, as far as it changes what the reader is to do. */
function standingWords({ news }: Alert, { status }: Standing): string {
  const words = [
    ...(status === 'open' ? [] : [`now ${statusWords[status]}`]),
    ...(news === undefined ? [] : [cut(news.sentence)]),
  ];
  return words.length === 0 ? '' : ` (${words.join('; ')})`;
}

/** The same deliveries make the same digest: a repeat carries the same idempotency key. */
function idOf(messages: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify(['digest', ...messages.toSorted()]))
    .digest('hex')
    .slice(0, 32);
}

function cut(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest).toWellFormed()}…`;
}

function digestAlert(digest: AlertDigest, severity: Severity, id: string, now: number): Alert {
  const counts = digest.severities.map((one) => `${one.count} ${one.severity}`).join(', ');
  return {
    id,
    digest,
    rule: { id: 'tocsin-digest', title: 'Digest' },
    severity,
    title: `${digest.total} ${digest.total === 1 ? 'alert' : 'alerts'}: ${counts}`,
    description: 'A digest of alerts that were not told one by one.',
    response: '',
    time: digest.to,
    receivedAt: now,
    decidedAt: now,
    who: { kind: 'unknown', name: 'several', chain: [] },
    what: {
      kind: 'cloudtrail.service-event',
      service: 'tocsin',
      action: 'Digest',
      result: 'unknown',
      targets: [],
    },
    where: { origin: { type: 'unknown', text: 'several' } },
    tactics: [],
    techniques: [],
    facts: [],
    falsePositives: [],
    references: [],
    evidence: {
      eventId: id,
      provenance: { source: 'tocsin', object: 'digest', position: 0, receivedAt: now },
      fields: {},
    },
  };
}
