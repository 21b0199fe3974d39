import * as z from 'zod';
import { severities } from '../../event/severity.ts';
import type { Json } from '../../event/json.ts';
import type { Alert } from '../alert.ts';
import { actorOf, clientOf, entitiesOf, entityKinds } from './entity.ts';
import { incidentRule } from './incident-rule.ts';

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

/** @throws {z.ZodError} where it is none */
export function readSighting(value: Json): Sighting {
  return sightingSchema.parse(value);
}

function cut(text: string): string {
  return text.length <= 200 ? text.toWellFormed() : `${text.slice(0, 200).toWellFormed()}…`;
}
