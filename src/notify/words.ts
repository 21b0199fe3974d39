import type { Alert, AlertCorrelation, AlertPerson, AlertEvent, ExceptionNote } from '../alert/alert.ts';
import type { Lookup } from '../alert/lookup.ts';
import { incidentRule } from '../alert/incident/incident-rule.ts';
import type { Warning } from '../context/intel/intel.ts';
import type { Place } from '../context/place.ts';
import { providerWords } from '../context/providers/provider.ts';
import type { ActorKind, Origin } from '../event/event.ts';
import type { Severity } from '../event/severity.ts';

/**
 * How every channel says the same thing. These are the raw words, with names as the log gives them: a channel passes
 * what it gets through its own part of safe-text.ts.
 */

/** `emoji` and `colour` carry the same order as the word, for readers who scan. */
export const severityLook: Readonly<
  Record<Severity, { readonly word: string; readonly emoji: string; readonly colour: string }>
> = {
  informational: { word: 'INFO', emoji: '⚪', colour: '#8b95a1' },
  low: { word: 'LOW', emoji: '🔵', colour: '#2f7fd6' },
  medium: { word: 'MEDIUM', emoji: '🟡', colour: '#e0b000' },
  high: { word: 'HIGH', emoji: '🟠', colour: '#e8710a' },
  critical: { word: 'CRITICAL', emoji: '🔴', colour: '#c4161c' },
};

const actorWords: Readonly<Record<ActorKind, string>> = {
  root: 'the root user',
  'iam-user': 'IAM user',
  'assumed-role': 'assumed role',
  role: 'role',
  'federated-user': 'federated user',
  'web-identity-user': 'web identity',
  'saml-user': 'SAML user',
  'identity-center-user': 'Identity Center user',
  'directory-user': 'directory user',
  'aws-account': 'AWS account',
  'aws-service': 'AWS service',
  anonymous: 'nobody signed in',
  unknown: 'unknown kind of caller',
};

/** `(IAM user, without MFA)` without the brackets. */
export function actorDetail(who: Alert['who']): string {
  const mfa = who.mfa === undefined ? '' : who.mfa ? ', with MFA' : ', without MFA';
  return `${actorWords[who.kind]}${mfa}`;
}

/** `Jane Doe, Payments (jane@example.com)` */
export function personWords({ name, team, contact }: AlertPerson): string {
  return `${name}${team === undefined ? '' : `, ${team}`}${contact === undefined ? '' : ` (${contact})`}`;
}

/** `203.0.113.9, Berlin, Germany (AS3320 Deutsche Telekom AG)`; as much of it as is known. */
export function originWords(origin: Origin, place?: Place): string {
  switch (origin.type) {
    case 'address':
      return origin.address + spokenPlace(place);
    case 'service':
      return `AWS service ${origin.service}`;
    case 'internal':
      return 'inside AWS';
    case 'unknown':
      return origin.text === '' ? 'unknown' : origin.text;
  }
}

function spokenPlace(place: Place | undefined): string {
  if (place === undefined) return '';
  const { kind, network, city, country, countryName = country, asn, asName = '', provider } = place;
  if (kind === 'own') return `, ${network}`;
  const system = asn === undefined ? '' : ` (${`AS${asn} ${asName}`.trim()})`;
  const whose = provider === undefined ? '' : `, an address of ${providerWords(provider)}`;
  const where =
    whose + [city, countryName].map((text) => (text === undefined ? '' : `, ${text}`)).join('') + system;
  return where === '' && kind === 'private' ? ', a private address' : where;
}

/** `185.220.101.1 is in the feed tor-c2: Emotet` */
export function warningWords({ value, feed, label }: Warning): string {
  return `${value} is in the feed ${feed}${label === undefined ? '' : `: ${label}`}`;
}

/** `AbuseIPDB on 185.220.101.1: malicious, 412 reports in 90 days`; `... : no answer, HTTP 503 from the receiver`. */
export function lookupWords({ provider, about, verdict, summary }: Lookup): string {
  const judged = verdict === 'none' ? '' : verdict === 'unanswered' ? 'no answer, ' : `${verdict}, `;
  return `${provider} on ${about.value}: ${judged}${summary}`;
}

/** `s3.amazonaws.com PutBucketPolicy: succeeded`; of what a service found, which is no call: `guardduty.amazonaws.com found Recon:EC2/PortProbe`. */
export function callWords(what: Alert['what']): string {
  if (what.kind.endsWith('.finding')) return `${what.service} found ${what.action}`;
  const results = { success: 'succeeded', failure: 'failed', unknown: 'result unknown' } as const;
  const reason = what.reason === undefined ? '' : ` (${what.reason})`;
  return `${what.service} ${what.action}: ${results[what.result]}${reason}`;
}

/** `account 111122223333, eu-west-1` */
export function placeWords(where: Alert['where']): string {
  const called = where.accountName === undefined ? '' : ` (${where.accountName})`;
  const account = where.account === undefined ? 'account unknown' : `account ${where.account}${called}`;
  return `${account}, ${where.region ?? 'region unknown'}`;
}

/** `under the exception "pentest" until 2026-12-31 00:00:00 UTC: agreed with jane (jane)` */
export function exceptionWords({ name, reason, owner, until }: ExceptionNote): string {
  return `Under the exception "${name}" until ${utc(until)}: ${reason} (${owner} answers for it); nobody is told of it`;
}

/** `T1530 Data from Cloud Storage`, joined by commas; empty where the rule names none. */
export function attackWords(alert: Alert): string {
  return alert.techniques.map(({ id, name }) => `${id} ${name}`.trim()).join(', ');
}

/** The object and the byte offset in it where the record lies, and the worker that found it there. */
export function evidencePlace({ provenance }: Pick<Alert['evidence'], 'provenance'>): string {
  const place = `${provenance.object} at byte ${provenance.position}`;
  return provenance.worker === undefined ? place : `${place}, sent by the worker ${provenance.worker}`;
}

/** `2026-11-21 12:03:11 UTC`; `unknown time` where the number is no date, because a log can hold any number. */
export function utc(time: number): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return 'unknown time';
  return `${date
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, '')} UTC`;
}

/** The alert's sentence, or its rule's title where it has none; never blank. */
export function titleOf(alert: Alert): string {
  return [alert.title, alert.rule.title].find((text) => text.trim() !== '') ?? 'Alert without a title';
}

/** `from 2026-11-21 12:03:11 UTC to 2026-11-21 12:05:40 UTC` */
export function periodWords({ start, end }: AlertCorrelation): string {
  return start === end ? `at ${utc(start)}` : `from ${utc(start)} to ${utc(end)}`;
}

/** `userIdentity.arn is alice, sourceIPAddress is 192.0.2.1`; empty where all events are one group. */
export function groupWords({ group }: AlertCorrelation): string {
  return group.map(({ field, value }) => `${field} is ${value}`).join(', ');
}

/** `2026-11-21 12:03:11 UTC  GetObject failed (AccessDenied) on invoices, by alice from 192.0.2.1` */
export function eventWords(event: AlertEvent): string {
  const result = { success: '', failure: ' failed', unknown: '' }[event.result];
  const reason = event.reason === undefined ? '' : ` (${event.reason})`;
  const target = event.target === undefined ? '' : ` on ${event.target}`;
  return `${utc(event.time)}  ${event.action}${result}${reason}${target}, by ${event.who.name} from ${originWords(event.origin, event.place)}`;
}

/** Of many events the newest are shown; those before them are counted. */
export function shownEvents(
  { events, total }: AlertCorrelation,
  most: number,
): { readonly before: number; readonly events: readonly AlertEvent[] } {
  const shown = events.slice(-most);
  return { before: Math.max(0, total - shown.length), events: shown };
}

/** `part of alerts around alice and 2 more`; undefined where it is part of none that people were told of, or tells of one itself. */
export function incidentWords({ rule, incident }: Alert): string | undefined {
  if (incident === undefined || rule.id === incidentRule.id) return undefined;
  const muted =
    incident.mutes === undefined
      ? ''
      : `; not told to ${incident.mutes.join(', ')}, where the incident was told`;
  return `part of ${incident.name} (${incident.id})${muted}`;
}

/**
 * The page of its incident; undefined where it has none.
 * @param link the alert's own page, `https://tocsin.example.com/alerts/ID`, beside which incidents have theirs
 */
export function incidentLink({ incident }: Alert, link: string | undefined): string | undefined {
  const page = link === undefined || incident === undefined ? null : URL.parse(link);
  if (page === null || incident === undefined) return undefined;
  return new URL(`../incidents/${encodeURIComponent(incident.id)}`, page).href;
}
