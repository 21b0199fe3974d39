import * as z from 'zod';
import { severities } from '../../event/severity.ts';
import type { Json } from '../../event/json.ts';
import type { Alert } from '../alert.ts';
import { actorOf, clientOf, entitiesOf, entityKinds } from './entity.ts';
import { incidentRule } from './incident-rule.ts';
import { mostVaried, occurrencesOf, variedOf } from '../occurrences.ts';

const sightingSchema = z.object({
  id: z.string(),
  time: z.number(),
  storedAt: z.number(),
  severity: z.enum(severities),
  rule: z.object({ id: z.string(), title: z.string() }),
  title: z.string(),
  who: z.string(),
  account: z.string().optional(),
  eventId: z.string(),
  tactics: z.array(z.string()).readonly(),
  actor: z.string().optional(),
  /** It is about requests of one client, out of an access log. */
  web: z.literal(true).optional(),
  /** The channels that it was owed to; absent where there were none. */
  told: z.array(z.string()).readonly().optional(),
  /** The alert that it has joined; absent where it is one of its own. */
  of: z.string().optional(),
  /** Some channel was not told of it, because it had been told of the incident. */
  muted: z.literal(true).optional(),
  entities: z
    .array(
      z.object({ kind: z.enum(entityKinds), key: z.string(), wide: z.literal(true).optional() }).readonly(),
    )
    .readonly(),
});

/** What incidents need of an alert: plain data of a few hundred bytes. Times are in milliseconds since the epoch. */
export type Sighting = Readonly<z.output<typeof sightingSchema>>;

/**
 * Undefined for alerts that tell of other alerts, and for those that fall under an exception.
 * @param told the channels that it is owed to
 */
export function sightingOf(
  alert: Alert,
  storedAt: number,
  told: readonly string[] = [],
): Sighting | undefined {
  const { id, time, severity, rule, who, where, evidence, tactics, incident } = alert;
  const isAboutAlerts = rule.id === incidentRule.id || evidence.provenance.source === 'tocsin';
  if (isAboutAlerts || alert.exception !== undefined) return undefined;
  const actor = actorOf(alert);
  return {
    id,
    time,
    storedAt,
    severity,
    rule: { id: cut(rule.id), title: cut(rule.title) },
    title: cut(alert.title),
    who: cut(who.name),
    ...(where.account !== undefined && { account: cut(where.account) }),
    eventId: cut(evidence.eventId),
    tactics: tactics.map(({ name }) => cut(name)).slice(0, 14),
    ...(actor !== undefined && { actor }),
    ...(clientOf(alert) !== undefined && { web: true }),
    ...(told.length > 0 && { told }),
    ...(incident?.mutes !== undefined && { muted: true }),
    entities: entitiesOf(alert),
  };
}

/**
 * What incidents need of a finding that joins an alert; undefined where it is about nobody and nothing that the alert is not about already, and for
 * requests of an access log, which are too many.
 * @param before the alert without it
 */
export function joinedSighting(finding: Alert, before: Alert, storedAt: number): Sighting | undefined {
  if (finding.what.kind === 'access-log.request' || before.id === finding.id) return undefined;
  const { count, varied } = occurrencesOf(before);
  const of = variedOf(finding);
  const isNews = telling.some((kind) => {
    const known = varied[kind] ?? [];
    // Where no more values are kept, nobody knows whether this one is new.
    return known.length >= mostVaried
      ? count <= mostUnknown
      : (of[kind] ?? []).some((value) => !known.includes(value));
  });
  const sighting = isNews ? sightingOf(finding, storedAt) : undefined;
  return sighting && { ...sighting, of: before.id };
}

/** Of what entities come. */
const telling = ['person', 'principal', 'access-key', 'address', 'target'] as const;

/** So many findings of one alert are looked at closely. */
const mostUnknown = 1_000;

/** The alert that tells of it. */
export function alertIdOf({ id, of }: Sighting): string {
  return of ?? id;
}

/** @throws {z.ZodError} where it is none */
export function readSighting(value: Json): Sighting {
  return sightingSchema.parse(value);
}

function cut(text: string): string {
  return text.length <= 200 ? text.toWellFormed() : `${text.slice(0, 200).toWellFormed()}…`;
}
