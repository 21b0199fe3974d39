import type { Correlation } from './correlation.ts';
import {
  evidenceOf,
  fieldsOf,
  isBefore,
  newEntry,
  packFields,
  type Entry,
  type EvidenceItem,
} from './entry.ts';
import type { FieldValues } from './match.ts';
import type { Outcome } from './runner.ts';
import { digest, type Scalar } from './scalars.ts';

/** A correlation that matched, with the events that made it match; pure data. */
export interface CorrelationFinding {
  /** The same whenever the same events are read, in any order. */
  readonly id: string;
  readonly correlation: Correlation;
  /** The instant at which it matched, in milliseconds since the epoch. */
  readonly time: number;
  readonly group: readonly { readonly field: string; readonly value: string }[];
  /** What was held against the condition: a count, sum, percentage ... */
  readonly value: number;
  /** Values that tell more than the number: the new ones, or what changed into what. */
  readonly notes: readonly string[];
  /** Time of the first event in the window, and the end of the window. */
  readonly start: number;
  readonly end: number;
  /** How many events are behind it; `events` lists the newest of them, in the order of time. */
  readonly total: number;
  readonly events: readonly EvidenceItem[];
  /** What the listed events hold in the fields that are kept for this correlation. */
  readonly fields: FieldValues;
}

/** So many different values of one field are kept. */
const mostValues = 20;

export function findingOf(
  correlation: Correlation,
  outcome: Outcome,
  mostEvents: number,
): CorrelationFinding {
  const newest = outcome.entries.slice(-mostEvents);
  const listed = new Map<string, EvidenceItem>();
  let total = 0;
  for (const entry of outcome.entries) total += entry.total;
  for (const entry of newest)
    for (const item of evidenceOf(entry)) {
      // The same event, behind two findings that this one is made of.
      if (listed.has(item.id)) total--;
      listed.set(item.id, item);
    }
  const events = [...listed.values()].sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1));
  const values = outcome.groupValues;
  return {
    id: digest(correlation.id, outcome.eventId, ...values).slice(0, 32),
    correlation,
    time: outcome.end,
    group: correlation.groupBy.map((field, i) => ({ field, value: values[i] ?? '' })),
    value: outcome.value,
    notes: outcome.notes,
    start: Math.min(outcome.start, ...events.slice(0, 1).map(({ time }) => time)),
    end: outcome.end,
    total,
    events: events.slice(-mostEvents),
    fields: valuesIn(newest),
  };
}

function valuesIn(entries: readonly Entry[]): FieldValues {
  const found = new Map<string, Set<Scalar>>();
  for (const entry of entries)
    for (const [name, values] of Object.entries(fieldsOf(entry))) {
      const all = found.get(name) ?? new Set<Scalar>();
      for (const value of values) if (all.size < mostValues) all.add(value);
      found.set(name, all);
    }
  return Object.fromEntries([...found].map(([name, values]) => [name, [...values]]));
}

/** A finding as an event of the correlations above it: with its own group, and else with the fields of the last event behind it. */
export function entryOf(finding: CorrelationFinding, entries: readonly Entry[]): Entry {
  let last: Entry | undefined;
  for (const entry of entries) if (last === undefined || isBefore(last, entry)) last = entry;
  const group = finding.group.map(({ field, value }) => [field, [value]] as const);
  const fields = last === undefined ? {} : fieldsOf(last);
  return newEntry({
    time: finding.end,
    id: finding.id,
    sources: [finding.correlation.id],
    fields: packFields(Object.fromEntries([...Object.entries(fields), ...group])),
    evidence: '',
    behind: finding.events,
    total: finding.total,
  });
}
