import type { Severity } from '../event/severity.ts';
import { evidenceKeeper, type EvidenceKeeper } from './evidence.ts';
import type { Offence, OffenceSubject } from './offence.ts';

/** What is the same for all offences against one rule. */
export interface OffenceRule {
  readonly rule: string;
  readonly threshold: number;
  readonly window: number;
  readonly severity: Severity;
  /** The sentence for a count. */
  readonly explain: (subject: OffenceSubject, count: number) => string;
}

export interface Sighting {
  readonly rule: OffenceRule;
  readonly subject: OffenceSubject;
  readonly start: number;
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

export interface OffenceBookSettings {
  readonly lateness: number;
  readonly period: number;
  /** The most offences that are open at once. */
  readonly most: number;
}

/**
 * The offences that are open: they may still grow. Sightings are merged (first, last and highest count), so that their order makes no
 * difference to what is told in the end.
 */
export interface OffenceBook {
  /** Returns what takes evidence for it. */
  readonly see: (sighting: Sighting) => EvidenceKeeper;
  readonly tick: (now: number) => void;
  /** What is new, what has grown much, what has changed and was not told for a minute, and what is closed; with `all`, whatever has changed. */
  readonly drain: (all?: boolean) => readonly Offence[];
}

/** So long an offence that has changed little may wait until it is told again. */
const toldAgainAfter = 60_000;
/** How often is looked for offences that are over. */
const clearedEvery = 60_000;

export function offenceBook({ lateness, period, most }: OffenceBookSettings): OffenceBook {
  interface Entry extends Sighting {
    first: number;
    last: number;
    count: number;
    rule: OffenceRule;
    readonly evidence: EvidenceKeeper;
    toldCount: number;
    toldAt: number;
  }
  const open = new Map<string, Entry>();
  const changed = new Set<Entry>();
  let closing: Entry[] = [];
  let time = Number.NEGATIVE_INFINITY;
  let cleared = Number.NEGATIVE_INFINITY;

  const offenceOf = (entry: Entry): Offence => ({
    rule: entry.rule.rule,
    subject: entry.subject,
    start: entry.start,
    first: entry.first,
    last: entry.last,
    count: entry.count,
    threshold: entry.rule.threshold,
    window: entry.rule.window,
    severity: entry.rule.severity,
    evidence: entry.evidence.lines(),
    explanation: entry.rule.explain(entry.subject, entry.count),
  });

  const close = (key: string, entry: Entry): void => {
    open.delete(key);
    if (changed.delete(entry)) closing.push(entry);
  };

  return {
    see: (sighting) => {
      const { rule, subject, start } = sighting;
      const key = JSON.stringify([rule.rule, subject.type, subject.value, start, rule.window]);
      let entry = open.get(key);
      if (entry === undefined) {
        const oldest = open.entries().next().value;
        if (open.size >= most && oldest !== undefined) close(...oldest);
        const added: Entry = {
          ...sighting,
          evidence: evidenceKeeper(() => changed.add(added)),
          toldCount: 0,
          toldAt: Number.NEGATIVE_INFINITY,
        };
        entry = added;
        open.set(key, entry);
        changed.add(entry);
      } else {
        const { first, last, count } = sighting;
        if (first < entry.first || last > entry.last || count > entry.count) changed.add(entry);
        entry.first = Math.min(entry.first, first);
        entry.last = Math.max(entry.last, last);
        // Thresholds may follow a baseline: the one that is told belongs to the count that is told.
        if (count > entry.count) [entry.count, entry.rule] = [count, rule];
      }
      return entry.evidence;
    },
    tick: (now) => {
      time = now;
      if (now - cleared < clearedEvery) return;
      cleared = now;
      for (const [key, entry] of open)
        if (entry.start + period + entry.rule.window < now - lateness) close(key, entry);
    },
    drain: (all = false) => {
      const told = closing.map(offenceOf);
      closing = [];
      for (const entry of changed) {
        if (!all && entry.count < entry.toldCount * 2 && time - entry.toldAt < toldAgainAfter) continue;
        changed.delete(entry);
        entry.toldCount = entry.count;
        entry.toldAt = time;
        told.push(offenceOf(entry));
      }
      return told;
    },
  };
}
