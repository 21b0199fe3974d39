import type { Requests } from '../event/requests.ts';
import { atLeast, type Severity } from '../event/severity.ts';
import type { Rule } from '../sigma/rule.ts';
import type { ClientTable } from './clients.ts';
import { batchMatcher } from './inject-match.ts';
import { evidenceOf, mostEvidence, type EvidenceLine, type Offence, type OffenceSubject } from './offence.ts';
import type { Signal } from './signal.ts';
import { textTable, type TextTable } from './text-table.ts';

export interface InjectionSettings {
  /** Hits of one client are counted together in stretches of so many milliseconds of event time. */
  readonly window: number;
  /** So many hits of rules of level medium in a window are an attack. */
  readonly threshold: number;
  /** Hits of so many different rules of level medium are one, too. */
  readonly kinds: number;
  /** How late requests may come, in milliseconds. */
  readonly lateness: number;
  /** The most clients and windows that hits are kept of. */
  readonly mostClients: number;
}

export const injectionDefaults: InjectionSettings = {
  window: 3_600_000,
  threshold: 5,
  kinds: 2,
  lateness: 3_600_000,
  mostClients: 20_000,
};

export interface InjectionCounters {
  /** Rows that a rule matched. */
  readonly hits: number;
  /** Of these, rows that came later than the lateness allows: they are in no offence. */
  readonly late: number;
  /** Hits for which there was no room, because too many clients have some. */
  readonly crowdedOut: number;
}

/** Slugs of what the signal tells: a probe is to be seen, an attack may be blocked. */
export const probeRule = 'injection-probe';
export const attackRule = 'injection';

/** What is remembered of one client in one window. */
interface Hits {
  readonly subject: OffenceSubject;
  readonly start: number;
  first: number;
  last: number;
  /** Rows. */
  count: number;
  /** Rows with a rule of level medium or above. */
  serious: number;
  severity: Severity;
  /** Titles of the rules that matched, and of those of level medium or above. */
  readonly titles: Set<string>;
  readonly seriousTitles: Set<string>;
  readonly evidence: EvidenceLine[];
}

/** Beyond so many hits of a client in a window nothing more is learned, and rules are tried on its requests no longer: these take time. */
const mostCounted = 200;

/**
 * Requests that carry an attack, by Sigma rules of the category webserver. One hit is told as `injection-probe`, at most of level medium: it is
 * worth knowing, and may be an accident. Several kinds of attack, several hits, or one hit of a rule of level high (such as Log4Shell) are
 * `injection`.
 */
export function injectionSignal(
  rules: readonly Rule[],
  clients: Pick<ClientTable, 'textOf'>,
  settings: InjectionSettings = injectionDefaults,
  texts: TextTable = textTable(),
): Signal & { readonly counters: () => InjectionCounters } {
  const { suspects, match } = batchMatcher(rules);
  const windows = new Map<string, Hits>();
  const changed = new Set<Hits>();
  const counters = { hits: 0, late: 0, crowdedOut: 0 };
  /** Clients of which enough is known, with the window for which that is so. */
  const saturated = new Map<number, number>();
  /** The earliest end of any window that is held. */
  let firstEnd = Number.POSITIVE_INFINITY;
  /** Windows that end before are closed. */
  let closedBefore = Number.NEGATIVE_INFINITY;

  const startOf = (time: number): number => Math.floor(time / settings.window) * settings.window;

  const hitsOf = (requests: Requests, row: number, client: number): Hits | undefined => {
    const time = requests.time[row] ?? Number.NaN;
    const start = startOf(time);
    if (Number.isNaN(start)) return undefined;
    if (start + settings.window <= closedBefore) {
      counters.late++;
      return undefined;
    }
    // What is from nobody who can be named is from the site's visitors as a whole.
    const subject: OffenceSubject =
      client < 0 ? { type: 'site', value: '' } : { type: 'client', value: clients.textOf(client) };
    const key = `${start} ${subject.value}`;
    let hits = windows.get(key);
    if (hits === undefined) {
      if (windows.size >= settings.mostClients) {
        counters.crowdedOut++;
        return undefined;
      }
      hits = {
        subject,
        start,
        first: time,
        last: time,
        count: 0,
        serious: 0,
        severity: 'informational',
        titles: new Set(),
        seriousTitles: new Set(),
        evidence: [],
      };
      windows.set(key, hits);
      firstEnd = Math.min(firstEnd, start + settings.window);
    }
    return hits;
  };

  const take = (requests: Requests, ids: Int32Array): void => {
    const isSuspect = suspects(requests, texts);
    if (isSuspect === undefined) return;
    for (
      let row = isSuspect.indexOf(1);
      row !== -1 && row < requests.count;
      row = isSuspect.indexOf(1, row + 1)
    ) {
      const client = ids[row] ?? -1;
      if (saturated.size > 0) {
        const start = saturated.get(client);
        if (start !== undefined && start === startOf(requests.time[row] ?? Number.NaN)) continue;
      }
      const matched = match(requests, row);
      if (matched.length === 0) continue;
      counters.hits++;
      const hits = hitsOf(requests, row, client);
      if (hits === undefined) continue;
      if (hits.count >= mostCounted) continue;
      const time = requests.time[row] ?? 0;
      hits.first = Math.min(hits.first, time);
      hits.last = Math.max(hits.last, time);
      hits.count++;
      let isSerious = false;
      for (const { title, level } of matched) {
        hits.titles.add(title);
        if (atLeast(level, hits.severity)) hits.severity = level;
        if (!atLeast(level, 'medium')) continue;
        isSerious = true;
        hits.seriousTitles.add(title);
      }
      if (isSerious) hits.serious++;
      keepEvidence(hits.evidence, requests, row);
      changed.add(hits);
      if (hits.count >= mostCounted && client >= 0) saturated.set(client, hits.start);
    }
  };

  return {
    name: 'injection',
    take,
    tick: (now) => {
      closedBefore = Math.max(closedBefore, now - settings.lateness);
      if (firstEnd > closedBefore) return;
      firstEnd = Number.POSITIVE_INFINITY;
      for (const [key, { start }] of windows)
        if (start + settings.window <= closedBefore) windows.delete(key);
        else firstEnd = Math.min(firstEnd, start + settings.window);
      for (const [client, start] of saturated)
        if (start + settings.window <= closedBefore) saturated.delete(client);
    },
    forget: (forgotten) => {
      for (const client of forgotten) saturated.delete(client);
    },
    offences: () => {
      const told = [...changed].flatMap((hits) => offencesOf(hits, settings));
      changed.clear();
      return told;
    },
    counters: () => ({ ...counters }),
  };
}

/** The earliest requests are the sample, whatever the order in which they come. */
function keepEvidence(evidence: EvidenceLine[], requests: Requests, row: number): void {
  const time = requests.time[row] ?? 0;
  const latest = evidence.at(-1);
  if (evidence.length === mostEvidence && latest !== undefined && latest.time < time) return;
  evidence.push(evidenceOf(requests, row));
  evidence.sort((a, b) => a.time - b.time || a.position - b.position || (a.target < b.target ? -1 : 1));
  evidence.length = Math.min(evidence.length, mostEvidence);
}

function offencesOf(hits: Hits, { window, threshold, kinds }: InjectionSettings): readonly Offence[] {
  const isGrave = atLeast(hits.severity, 'high');
  const isAttack = isGrave || hits.serious >= threshold || hits.seriousTitles.size >= kinds;
  const common = {
    subject: hits.subject,
    start: hits.start,
    first: hits.first,
    last: hits.last,
    window,
    evidence: [...hits.evidence],
  };
  const who = hits.subject.type === 'client' ? hits.subject.value : 'Somebody without a readable address';
  const [from, to] = [secondText(hits.first), secondText(hits.last)];
  const within = from === to ? `at ${from} UTC` : `between ${from} and ${to} UTC`;
  const probe: Offence = {
    ...common,
    rule: probeRule,
    count: hits.count,
    threshold: 1,
    severity: atLeast(hits.severity, 'medium') ? 'medium' : hits.severity,
    explanation: `${who} sent ${requestsText(hits.count)} ${within} with: ${[...hits.titles].sort().join('; ')}.`,
  };
  if (!isAttack) return [probe];
  return [
    probe,
    {
      ...common,
      rule: attackRule,
      count: hits.serious,
      threshold: isGrave ? 1 : Math.min(threshold, hits.seriousTitles.size >= kinds ? kinds : threshold),
      severity: atLeast(hits.severity, 'critical') ? 'critical' : 'high',
      explanation: `${who} attacked the site in ${waysText(hits.seriousTitles.size)} with ${requestsText(hits.serious)} ${within}: ${[...hits.seriousTitles].sort().join('; ')}.`,
    },
  ];
}

function requestsText(count: number): string {
  if (count === 1) return 'one request';
  return `${count >= mostCounted ? 'at least ' : ''}${count} requests`;
}

/** `2026-03-02 08:35:10`, in UTC. */
function secondText(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ');
}

function waysText(count: number): string {
  return count === 1 ? 'one way' : `${count} ways`;
}
