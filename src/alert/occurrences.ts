import type { Alert } from './alert.ts';
import {
  variedKinds,
  type Occurrence,
  type Occurrences,
  type Varied,
  type VariedKind,
} from './alert-life.ts';

/** Of a kind no more values are kept. */
export const mostVaried = 32;
const newestKept = 10;
const longest = 200;

/** What a single finding's alert says of occurrences. */
export function occurrencesOf(alert: Alert): Occurrences {
  return (
    alert.occurrences ?? {
      count: 1,
      firstSeen: alert.time,
      lastSeen: alert.time,
      samples: [occurrenceOf(alert)],
      varied: variedOf(alert),
      told: { at: alert.time, count: 1, times: 1 },
      stepped: false,
    }
  );
}

/** The same with one more, which has not been counted before. The order in which they come makes no difference to counts, times and samples. */
export function withOccurrence(known: Occurrences, finding: Alert): Occurrences {
  const { samples, varied } = known;
  const all = [...samples, occurrenceOf(finding)].sort(byTime);
  return {
    ...known,
    count: known.count + 1,
    firstSeen: Math.min(known.firstSeen, finding.time),
    lastSeen: Math.max(known.lastSeen, finding.time),
    samples: all.length <= newestKept + 1 ? all : [...all.slice(0, 1), ...all.slice(-newestKept)],
    varied: withVaried(varied, variedOf(finding)),
  };
}

function withVaried(known: Varied, more: Varied): Varied {
  const entries = variedKinds.map((kind) => {
    const fresh = newValues(known, more, kind);
    return [kind, [...(known[kind] ?? []), ...fresh]] as const;
  });
  return Object.fromEntries(entries) as Record<VariedKind, readonly string[]>;
}

/** What is among `more` and was not known; nothing where so much is known that no more is kept. */
export function newValues(known: Varied, more: Varied, kind: VariedKind): readonly string[] {
  const before = known[kind] ?? [];
  const room = Math.max(0, mostVaried - before.length);
  return (more[kind] ?? []).filter((value) => !before.includes(value)).slice(0, room);
}

export function variedOf({ who, what, where, facts }: Alert): Varied {
  return {
    result: [what.result],
    person: given(who.person?.name),
    country: given(where.place?.countryName ?? where.place?.country),
    target: distinct(what.targets.map(({ name, arn }) => arn ?? name)),
    fact: distinct(facts.map(({ explanation }) => explanation)),
    actor: given(who.name),
    principal: given(who.arn),
    'access-key': given(who.accessKeyId),
    account: given(where.account),
    region: given(where.region),
    address: where.origin.type === 'address' ? [where.origin.address] : [],
    agent: given(where.userAgent),
  };
}

function occurrenceOf({ id, time, severity, title, who, what, where, evidence }: Alert): Occurrence {
  const [target] = what.targets;
  return {
    id,
    time,
    severity,
    title: cut(title),
    who: cut(who.name),
    result: what.result,
    origin:
      where.origin.type === 'unknown' ? { ...where.origin, text: cut(where.origin.text) } : where.origin,
    country: where.place?.country,
    target: target && cut(target.name),
    eventId: cut(evidence.eventId),
    provenance: { ...evidence.provenance, object: evidence.provenance.object.slice(0, 1_000) },
  };
}

function byTime(a: Occurrence, b: Occurrence): number {
  return a.time - b.time || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

function given(value: string | undefined): readonly string[] {
  return value === undefined || value === '' ? [] : [cut(value)];
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values.slice(0, mostVaried).map(cut))];
}

function cut(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest).toWellFormed()}…`;
}
