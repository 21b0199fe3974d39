import { severities, type Severity } from '../../event/severity.ts';
import type { Entity } from './entity.ts';
import {
  entityKey,
  gatherInPieces,
  joiningInPieces,
  keysOf,
  type GatherSetting,
  type KeysOf,
} from './gather.ts';
import { atOnce, inPieces, type Pieces } from './pieces.ts';
import { riskOf, type Risk } from './risk.ts';
import { alertIdOf, type Sighting } from './sighting.ts';

/** What people were told of an incident. */
export interface ToldIncident {
  /** The incident's id by then. */
  readonly id: string;
  /** The alert that told them. */
  readonly alertId: string;
  readonly severity: Severity;
  /** The channels that it was owed to; absent where it was owed to none. */
  readonly channels?: readonly string[] | undefined;
}

export interface IncidentEntity extends Entity {
  /** How many of the alerts are about it. */
  readonly alerts: number;
  /** Whether alerts were gathered by it. */
  readonly joins: boolean;
  readonly risk: Risk;
}

/** Alerts that belong together. Times are event times, in milliseconds since the epoch. */
export interface Incident {
  /** The id of its earliest finding, or of the one that was the earliest when people were first told. Every alert in it names it as well. */
  readonly id: string;
  readonly first: number;
  readonly last: number;
  /** The worst of its alerts. */
  readonly severity: Severity;
  readonly risk: Risk;
  /** The alert by which people were told of it; absent while nobody was. Of requests of one client that is an alert in it. */
  readonly told: ToldIncident | undefined;
  readonly accounts: readonly string[];
  /** The heaviest first, at most 50. */
  readonly entities: readonly IncidentEntity[];
  /** In the order of time, each once, by the earliest of it that belongs here and with the worst severity of that. */
  readonly alerts: readonly Sighting[];
  /** The same, and what has joined them and belongs here. */
  readonly sightings: readonly Sighting[];
}

const mostEntities = 50;

/** What follows from a group of alerts alone. */
interface Gathered extends Pick<
  Incident,
  'first' | 'last' | 'severity' | 'risk' | 'accounts' | 'alerts' | 'sightings'
> {
  readonly entities: readonly Omit<IncidentEntity, 'joins'>[];
}

/** For who asks again and again about nearly the same alerts: only what is new among them is worked out. */
export interface GatherMemory {
  readonly keys: KeysOf;
  readonly gathered: (alerts: readonly Sighting[]) => Gathered;
}

export function gatherMemory(): GatherMemory {
  const keys = new WeakMap<Sighting, readonly string[]>();
  const groups = new WeakMap<Sighting, Gathered>();
  return {
    keys: (one) => {
      let known = keys.get(one);
      if (known === undefined) keys.set(one, (known = keysOf(one)));
      return known;
    },
    gathered: (alerts) => {
      const [first] = alerts;
      const known = first && groups.get(first);
      const isSame =
        known?.sightings.length === alerts.length && alerts.every((one, i) => one === known.sightings[i]);
      if (isSame) return known;
      const anew = gatheredOf(alerts);
      if (first !== undefined) groups.set(first, anew);
      return anew;
    },
  };
}

const noMemory: GatherMemory = { keys: keysOf, gathered: gatheredOf };

/**
 * The incidents among alerts, the latest first. Which alerts belong together, and how much they weigh, follows from the set of alerts alone;
 * where two become one of which people were told, the id that was told first stays.
 */
export function incidentsOf(
  sightings: readonly Sighting[],
  told: readonly ToldIncident[],
  setting: GatherSetting,
  memory: GatherMemory = noMemory,
): readonly Incident[] {
  return atOnce(gatheringInPieces(sightings, told, setting, memory)).incidents;
}

/** What was found among alerts. */
export interface Gathering {
  readonly sightings: readonly Sighting[];
  readonly incidents: readonly Incident[];
  /** Keys of the entities that join alerts. */
  readonly joining: ReadonlySet<string>;
  readonly keys: KeysOf;
}

/**
 * Finds the same incidents in pieces of less than a millisecond each where alerts are thousands.
 * @param breathe between them, for whoever else is waiting
 */
export function gatherInSteps(
  sightings: readonly Sighting[],
  told: readonly ToldIncident[],
  setting: GatherSetting,
  memory: GatherMemory,
  breathe: () => Promise<void>,
): Promise<Gathering> {
  return inPieces(gatheringInPieces(sightings, told, setting, memory), breathe);
}

function* gatheringInPieces(
  sightings: readonly Sighting[],
  told: readonly ToldIncident[],
  setting: GatherSetting,
  { keys, gathered }: GatherMemory,
): Pieces<Gathering> {
  const joining = yield* joiningInPieces(sightings, setting, keys);
  yield;
  const groups = yield* gatherInPieces(sightings, joining, setting, keys);
  const tellings = new Map(told.map((one) => [one.id, one]));
  const incidents: Incident[] = [];
  for (const alerts of groups) {
    yield;
    incidents.push(incidentOf(gathered(alerts), joining, tellings));
  }
  incidents.sort((a, b) => b.last - a.last || (a.id < b.id ? -1 : 1));
  return { sightings, incidents, joining, keys };
}

/** The incident that goes by an id: its own, that of an alert in it, or of the alert that told of it. */
export function findIncident(incidents: readonly Incident[], id: string): Incident | undefined {
  return (
    incidents.find((one) => one.id === id || one.told?.alertId === id) ??
    incidents.find(({ alerts }) => alerts.some((one) => one.id === id))
  );
}

function incidentOf(
  { alerts, sightings, entities, ...rest }: Gathered,
  joining: ReadonlySet<string>,
  tellings: ReadonlyMap<string, ToldIncident>,
): Incident {
  const told =
    sightings.map(({ id }) => tellings.get(id)).find((one) => one !== undefined) ?? toldByMember(alerts);
  return {
    id: told?.id ?? sightings[0]?.id ?? '',
    ...rest,
    told,
    entities: entities.map((one) => ({ ...one, joins: one.alerts > 1 && joining.has(entityKey(one)) })),
    alerts,
    sightings,
  };
}

function gatheredOf(sightings: readonly Sighting[]): Gathered {
  const accounts = new Set(sightings.flatMap(({ account }) => account ?? []));
  return {
    first: sightings[0]?.time ?? 0,
    last: sightings.at(-1)?.time ?? 0,
    severity: worst(sightings),
    risk: riskOf(sightings),
    accounts: [...accounts].sort(),
    entities: entitiesIn(sightings),
    alerts: alertsOf(sightings),
    sightings,
  };
}

/** Each alert once. */
function alertsOf(sightings: readonly Sighting[]): readonly Sighting[] {
  if (sightings.every(({ of }) => of === undefined)) return sightings;
  return [...Map.groupBy(sightings, alertIdOf)].flatMap(([id, seen]) => {
    const [first] = seen;
    if (first === undefined) return [];
    const { of: _, ...one } = first;
    return [{ ...one, id, severity: worst(seen) }];
  });
}

/** `alerts around alice and 2 more`: by the first actors that its alerts name. */
export function incidentName(alerts: readonly Pick<Sighting, 'who'>[]): string {
  const names = new Set(alerts.map(({ who }) => who));
  const [name = ''] = names;
  return `alerts around ${name}${names.size > 1 ? ` and ${names.size - 1} more` : ''}`;
}

/** Whether an incident is nothing but requests of one client: one doing, however many rules see it, of which its worst alert tells. */
export function isOneClient({ alerts }: Pick<Incident, 'alerts'>): boolean {
  return alerts.every(({ web }) => web === true);
}

function toldByMember(alerts: readonly Sighting[]): ToldIncident | undefined {
  const [first] = alerts;
  const told = alerts.filter((one) => one.told !== undefined);
  if (first === undefined || told.length === 0 || !isOneClient({ alerts })) return undefined;
  const severity = worst(told);
  const by = told.find((one) => one.severity === severity) ?? first;
  return { id: first.id, alertId: by.id, severity, channels: by.told };
}

function entitiesIn(alerts: readonly Sighting[]): Gathered['entities'] {
  const found = new Map<string, { entity: Entity; alerts: Sighting[] }>();
  for (const one of alerts)
    for (const entity of one.entities) {
      const known = found.get(entityKey(entity));
      if (known === undefined) found.set(entityKey(entity), { entity, alerts: [one] });
      else known.alerts.push(one);
    }
  return [...found.values()]
    .map(({ entity, alerts: about }) => ({
      ...entity,
      alerts: new Set(about.map(alertIdOf)).size,
      risk: riskOf(about),
    }))
    .sort((a, b) => b.risk.score - a.risk.score || (entityKey(a) < entityKey(b) ? -1 : 1))
    .slice(0, mostEntities);
}

function worst(alerts: readonly Sighting[]): Severity {
  const most = Math.max(...alerts.map(({ severity }) => severities.indexOf(severity)));
  return severities[most] ?? 'informational';
}
