import type { Alert, AlertDigest } from '../alert/alert.ts';
import { line, lines } from './safe-text.ts';
import type { Wording } from './template.ts';
import {
  actorDetail,
  attackWords,
  callWords,
  eventWords,
  evidencePlace,
  groupWords,
  lookupWords,
  incidentLink,
  incidentWords,
  originWords,
  periodWords,
  personWords,
  placeWords,
  severityLook,
  shownEvents,
  titleOf,
  warningWords,
  utc,
} from './words.ts';

/**
 * What a message about an alert says, in what order and at what length, the same for every channel that people read.
 * All texts are on one line and visible (safe-text.ts), but not escaped: a channel puts them where no markup is known, or
 * through the escaping of its target.
 */
export interface AlertSections {
  readonly look: (typeof severityLook)[keyof typeof severityLook];
  /** Up to 600 characters; never blank. */
  readonly title: string;
  /** To the alert's page, and to the event or events on it; empty where no public address is configured. */
  readonly links: readonly { readonly text: string; readonly url: string }[];
  /** News of it, who, from where, when, in which account, by which call, on what, and why the severity is not the rule's. */
  readonly rows: readonly Row[];
  /** What several events have in common, and the newest of them. */
  readonly several: { readonly rows: readonly Row[]; readonly events: readonly string[] } | undefined;
  /** Empty where the rule's description stands instead. */
  readonly facts: readonly FactSection[];
  /** The rule's description, where there is no fact; may be empty. */
  readonly why: string;
  /** What to do first. */
  readonly steps: readonly string[];
  /** In people's own words what stands instead of all below the title and the links. */
  readonly wording?: Wording | undefined;
  /** What a person needs to find the same thing elsewhere. */
  readonly footer: readonly string[];
}

export interface Row {
  readonly label: string;
  readonly value: string;
  /** Where the value is a moment that a reader's program can show in their own time zone: milliseconds since the epoch. */
  readonly time?: number | undefined;
}

export interface FactSection {
  /** Names stand between backticks; `codeRuns` takes it apart. */
  readonly explanation: string;
  readonly unknowns: readonly string[];
  /** Lines that start with `+`, `-` or a space; the last one may say how many more there are. */
  readonly diff: readonly string[];
}

/** The part of the console's alert page that holds the raw event. */
export const rawEventAnchor = 'raw-event';

/** They keep a message readable, and bounded whatever an attacker puts into a log. */
const limits = {
  title: 600,
  url: 3000,
  value: 300,
  fact: 500,
  unknown: 250,
  description: 600,
  footer: 300,
  facts: 4,
  diff: 10,
  diffLine: 160,
  unknowns: 3,
  targets: 3,
  events: 5,
  event: 180,
  steps: 6,
  chain: 5,
  person: 120,
  key: 40,
  changes: 3,
  warnings: 3,
  lookups: 4,
  lookup: 200,
} as const;

/** `link` is the alert's page in the console. */
export function alertSections(alert: Alert, link: string | undefined, wording?: Wording): AlertSections {
  if (alert.digest !== undefined) return digestSections(alert, alert.digest, link);
  return {
    ...(wording === undefined ? {} : { wording }),
    look: severityLook[alert.severity],
    title: line(titleOf(alert), limits.title),
    links: linksOf(alert, link),
    rows: rowsOf(alert),
    several: severalEvents(alert),
    facts: factsOf(alert),
    why: alert.facts.length === 0 ? line(alert.description, limits.description) : '',
    steps: lines(alert.response, { lines: limits.steps, length: limits.value }).map((step) =>
      step.replace(/^(?:[-*•]|\d{1,2}[.)])\s+/, ''),
    ),
    footer: footerOf(alert),
  };
}

/** The alerts of a digest stand where the events of an alert stand, with a number each, by which their links are called. */
function digestSections(alert: Alert, digest: AlertDigest, link: string | undefined): AlertSections {
  const most = (counts: AlertDigest['rules']): string =>
    line(counts.map(({ title, count }) => `${count} × ${title}`).join(', '), limits.value);
  return {
    look: severityLook[alert.severity],
    title: line(alert.title, limits.title),
    links: [
      ...(link === undefined || link.length > limits.url ? [] : [{ text: 'All alerts', url: link }]),
      ...digest.top.flatMap(({ link: url }, index) =>
        url === undefined || url.length > limits.url ? [] : [{ text: String(index + 1), url }],
      ),
    ],
    rows: [
      row('When', `from ${utc(digest.from)} to ${utc(digest.to)}`),
      row('Severities', digest.severities.map(({ severity, count }) => `${count} ${severity}`).join(', ')),
      row('Rules', most(digest.rules)),
      row('Accounts', most(digest.accounts)),
    ],
    several: {
      rows: [],
      events: [
        ...digest.top.map(({ severity, time, title }, index) =>
          line(`${index + 1}. ${severityLook[severity].word} ${title} (${utc(time)})`, limits.value),
        ),
        ...(digest.total > digest.top.length ? [`and ${digest.total - digest.top.length} more`] : []),
      ],
    },
    facts: [],
    why: '',
    steps: [],
    footer: [`Tocsin digest ${alert.id}`],
  };
}

function rowsOf(alert: Alert): readonly Row[] {
  const { who, what, where, time, severityChanges = [], toldBecause, news, context } = alert;
  const incident = incidentWords(alert);
  const behind = line(who.chain.slice(0, limits.chain).join(' → '), limits.value);
  const targets = what.targets.slice(0, limits.targets).map(({ name }) => line(name, limits.value));
  const more =
    what.targets.length > limits.targets ? ` and ${what.targets.length - limits.targets} more` : '';
  const key = who.accessKeyId === undefined ? '' : `, key ${line(who.accessKeyId, limits.key)}`;
  const person = who.person === undefined ? '' : `${line(personWords(who.person), limits.person)} as `;
  const actor = `${person}${line(who.name, limits.value)} (${actorDetail(who)}${key})`;
  const when = utc(time);
  return [
    ...(toldBecause === undefined ? [] : [row('Told because', line(toldBecause, limits.value))]),
    ...(news === undefined ? [] : [row('News', line(news.sentence, limits.value))]),
    ...(incident === undefined ? [] : [row('Incident', line(incident, limits.value))]),
    row('Who', `${actor}${behind === '' ? '' : `, behind it ${behind}`}`),
    row('From', line(originWords(where.origin, where.place), limits.value)),
    { label: 'When', value: when, time: when === 'unknown time' || time < 0 ? undefined : time },
    row('Where', line(placeWords(where), limits.value)),
    row('Call', line(callWords(what), limits.value)),
    ...(targets.length === 0 ? [] : [row('On', targets.join(', ') + more)]),
    ...severityChanges.slice(0, limits.changes).map((text) => row('Severity', line(text, limits.value))),
    ...(context?.warnings ?? [])
      .slice(0, limits.warnings)
      .map((warning) => row('Warning', line(warningWords(warning), limits.lookup))),
    ...(context?.lookups ?? [])
      .slice(0, limits.lookups)
      .map((lookup) => row('Lookup', line(lookupWords(lookup), limits.lookup))),
  ];
}

function severalEvents({ correlation }: Alert): AlertSections['several'] {
  if (correlation === undefined) return undefined;
  const { before, events } = shownEvents(correlation, limits.events);
  const group = line(groupWords(correlation), limits.value);
  return {
    rows: [
      row('Found', line(correlation.summary, limits.value)),
      row('Period', line(periodWords(correlation), limits.value)),
      ...(group === '' ? [] : [row('Where all', group)]),
    ],
    events: [
      ...(before > 0 ? [`${before} before these`] : []),
      ...events.map((event) => line(eventWords(event), limits.event)),
    ],
  };
}

function factsOf(alert: Alert): readonly FactSection[] {
  // What several events have in common takes the room of what one changed.
  let left: number = alert.correlation === undefined ? limits.diff : 0;
  return alert.facts.slice(0, limits.facts).map(({ explanation, unknowns, diff = [] }) => {
    const shown = diff.slice(0, left).map(({ sign, text }) => `${sign} ${line(text, limits.diffLine)}`);
    const more = left > 0 && diff.length > left ? [`  and ${diff.length - left} more lines`] : [];
    left = Math.max(0, left - diff.length);
    return {
      explanation: line(explanation, limits.fact),
      unknowns: unknowns.slice(0, limits.unknowns).map((unknown) => line(unknown, limits.unknown)),
      diff: [...shown, ...more],
    };
  });
}

function footerOf(alert: Alert): readonly string[] {
  const attack = attackWords(alert);
  return [
    ...(attack === '' ? [] : [`MITRE ${attack}`]),
    `Rule: ${alert.rule.title}`,
    `${alert.correlation === undefined ? 'Event' : 'Last event'} ${alert.evidence.eventId}`,
    `In ${evidencePlace(alert.evidence)}`,
    `Alert ${alert.id}`,
  ].map((text) => line(text, limits.footer));
}

function linksOf(alert: Alert, link: string | undefined): AlertSections['links'] {
  const url = link === undefined ? null : URL.parse(link);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return [];
  const page = url.href;
  url.hash = rawEventAnchor;
  if (url.href.length > limits.url) return [];
  const incident = incidentLink(alert, link);
  return [
    { text: 'Open the alert', url: page },
    ...(incident === undefined ? [] : [{ text: 'Open the incident', url: incident }]),
    { text: alert.correlation === undefined ? 'Raw event' : 'Events', url: url.href },
  ];
}

function row(label: string, value: string): Row {
  return { label, value: value === '' ? 'unknown' : value };
}

/** A text as `plain`, `code`, `plain`, `code` ...: what stands between two backticks is code, and a backtick without a partner is only a backtick. */
export function codeRuns(text: string): readonly { readonly text: string; readonly code: boolean }[] {
  return text
    .split(/`([^`]+)`/)
    .map((part, index) => ({ text: part, code: index % 2 === 1 }))
    .filter((run) => run.text !== '');
}
