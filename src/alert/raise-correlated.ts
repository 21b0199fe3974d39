import { noContext, type Context } from '../context/context.ts';
import type { Warning } from '../context/intel/intel.ts';
import type { Json } from '../event/json.ts';
import type { Correlation } from '../sigma/correlation/correlation.ts';
import type { CorrelationFinding } from '../sigma/correlation/finding.ts';
import type { Alert, AlertEvent, AlertFact } from './alert.ts';
import { alertPerson } from './alert-person.ts';
import { correlationWords } from './correlation-words.ts';
import { readDigest, type ReadDigest } from './digest.ts';
import { compileSentence, type Headline } from './headline.ts';
import { alertId } from './identity.ts';
import { headerPart, headlineOf, type HeaderPart } from './rule-header.ts';

/** What a correlation's headline can name besides fields of the events. */
export const correlationFields = [
  { name: 'tocsin.count', description: 'How many events there were.' },
  { name: 'tocsin.value', description: 'What was held against the condition: a count, sum, percentage ...' },
  { name: 'tocsin.values', description: 'The new values, or what changed into what.' },
  { name: 'tocsin.timespan', description: 'The length of the window, as the rule writes it.' },
] as const;

interface CorrelationPart extends HeaderPart {
  readonly headline: Headline<CorrelationFinding>;
}

/** The fields of events that a correlation's headline names, in order to keep them with the events. */
export function headlineFields(correlation: Correlation): readonly string[] {
  const known = new Set<string>(correlationFields.map(({ name }) => name));
  return compileSentence(headlineOf(correlation), findingField).fields.filter((name) => !known.has(name));
}

function findingField(name: string): (finding: CorrelationFinding) => Json | undefined {
  switch (name) {
    case 'tocsin.count':
      return ({ total }) => total;
    case 'tocsin.value':
      return ({ value }) => (Number.isInteger(value) ? value : Number(value.toPrecision(4)));
    case 'tocsin.values':
      return ({ notes }) => notes;
    case 'tocsin.timespan':
      return ({ correlation }) => correlation.timespanText;
    default:
      return ({ group, fields }) =>
        group.find(({ field }) => field === name)?.value ??
        (Object.hasOwn(fields, name) ? fields[name] : undefined);
  }
}

/** Makes a function that turns correlations' findings into alerts. It keeps what it has worked out for each rule, nothing of events. */
export function correlatedRaiser(
  context: Context = noContext,
): (finding: CorrelationFinding, decidedAt: number) => Alert {
  const parts = new WeakMap<Correlation, CorrelationPart>();
  return (finding, decidedAt) => {
    const { correlation } = finding;
    let part = parts.get(correlation);
    if (part === undefined) {
      part = { headline: compileSentence(headlineOf(correlation), findingField), ...headerPart(correlation) };
      parts.set(correlation, part);
    }
    return raise(finding, part, decidedAt, context);
  };
}

function raise(
  finding: CorrelationFinding,
  part: CorrelationPart,
  decidedAt: number,
  context: Context,
): Alert {
  const { correlation, group, start, end, total, value } = finding;
  const around: Around[] = [];
  const events = finding.events.map(({ id, time, event }): AlertEvent => {
    const { warnings, unusual, ...digest } = readDigest(event);
    around.push({ who: digest.who, warnings, unusual });
    return { id, time, ...digest, place: context.placeOf(digest.origin) };
  });
  const warnings = warningsOf(around);
  const last = events.at(-1);
  const provenance = last?.provenance ?? { source: '', object: '', position: 0, receivedAt: 0 };
  const agents = distinct(events, ({ userAgent }) => userAgent);
  return {
    id: alertId(correlation.id, ['correlation'], finding.id),
    rule: { id: correlation.id, title: correlation.title },
    severity: correlation.level,
    title: part.headline.render(finding),
    description: correlation.description,
    response: part.response,
    time: finding.time,
    receivedAt: Math.max(0, ...events.map((event) => event.provenance.receivedAt)),
    decidedAt,
    who: whoOf(events, context),
    what: whatOf(events),
    where: {
      account: only(distinct(events, ({ account }) => account)),
      region: only(distinct(events, ({ region }) => region)),
      origin: originOf(events),
      place: samePlace(events),
      userAgent: agents.length === 0 ? undefined : several(agents),
    },
    tactics: part.tactics,
    techniques: part.techniques,
    facts: unlikeBefore(around),
    falsePositives: correlation.falsePositives,
    references: correlation.references,
    ...(warnings.length > 0 && { context: { warnings } }),
    correlation: {
      type: correlation.test.type,
      summary: correlationWords(finding),
      group,
      value,
      start,
      end,
      total,
      events,
    },
    evidence: { eventId: last?.id ?? '', provenance, fields: {} },
  };
}

type Around = Pick<ReadDigest, 'who' | 'warnings' | 'unusual'>;

/** As many as of one event; what the newest events name first. */
const mostWarnings = 10;
/** Of as many actors is told what they did for the first time. */
const mostUnusual = 5;

function warningsOf(around: readonly Around[]): readonly Warning[] {
  const found = new Map<string, Warning>();
  for (const { warnings } of around.toReversed())
    for (const warning of warnings) {
      const key = JSON.stringify([warning.type, warning.value, warning.feed]);
      if (found.size < mostWarnings && !found.has(key)) found.set(key, warning);
    }
  return [...found.values()];
}

/** Who it was is told where there are several. */
function unlikeBefore(around: readonly Around[]): readonly AlertFact[] {
  const isOne = new Set(around.map(({ who }) => who.name)).size === 1;
  const sentences = around
    .toReversed()
    .flatMap(({ who, unusual }) =>
      unusual === undefined ? [] : [isOne ? unusual : `${who.name}: ${unusual}`],
    );
  return [...new Set(sentences)].slice(0, mostUnusual).map((explanation) => ({ explanation, unknowns: [] }));
}

function whoOf(events: readonly AlertEvent[], { personNamed }: Context): Alert['who'] {
  // Of some only the others would be blamed.
  const person = events.every((event) => event.person !== undefined)
    ? only(distinct(events, (event) => event.person))
    : undefined;
  const names = distinct(events, ({ who }) => who.name);
  const kinds = distinct(events, ({ who }) => who.kind);
  return {
    kind: only(kinds) ?? 'unknown',
    name: several(names),
    arn: only(distinct(events, ({ who }) => who.arn)),
    account: only(distinct(events, ({ who }) => who.account)),
    accessKeyId: only(distinct(events, ({ who }) => who.accessKeyId)),
    person: person === undefined ? undefined : alertPerson(personNamed(person)),
    chain: [],
  };
}

function whatOf(events: readonly AlertEvent[]): Alert['what'] {
  const targets = distinct(events, ({ target }) => target);
  const results = distinct(events, ({ result }) => result);
  const failed = events.filter(({ result }) => result === 'failure').length;
  return {
    kind: events.at(-1)?.kind ?? 'cloudtrail.api-call',
    service: several(distinct(events, ({ service }) => service)),
    action: several(distinct(events, ({ action }) => action)),
    result: only(results) ?? 'unknown',
    reason:
      results.length > 1
        ? `${failed} of ${events.length} failed`
        : only(distinct(events, ({ reason }) => reason)),
    targets: targets.map((name) => ({ name })),
  };
}

function originOf(events: readonly AlertEvent[]): Alert['where']['origin'] {
  const texts = distinct(events, ({ origin }) => JSON.stringify(origin));
  const first = events[0]?.origin;
  if (first !== undefined && texts.length === 1) return first;
  const places = distinct(events, ({ origin }) => {
    switch (origin.type) {
      case 'address':
        return origin.address;
      case 'service':
        return origin.service;
      case 'internal':
        return 'inside AWS';
      case 'unknown':
        return origin.text;
    }
  });
  return { type: 'unknown', text: several(places) };
}

/** The place that all of them came from. */
function samePlace(events: readonly AlertEvent[]): Alert['where']['place'] {
  const places = distinct(events, ({ place }) => JSON.stringify(place));
  return places.length === 1 ? events[0]?.place : undefined;
}

/** The newest first: what happened last is what a person looks for. */
function distinct<T>(
  events: readonly AlertEvent[],
  read: (event: AlertEvent) => T | undefined,
): readonly T[] {
  const found = events.toReversed().flatMap((event) => read(event) ?? []);
  return [...new Set(found)];
}

function only<T>(values: readonly T[]): T | undefined {
  return values.length === 1 ? values[0] : undefined;
}

const mostNamed = 3;

function several(values: readonly string[]): string {
  const named = values.slice(0, mostNamed).join(', ');
  const more = values.length - mostNamed;
  return more > 0 ? `${named} and ${more} more` : named;
}
