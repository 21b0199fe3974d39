import { atLeast, severities, type Severity } from '../../event/severity.ts';
import { entityKey, joiningEntities, keysOf, type GatherSetting, type KeysOf } from './gather.ts';
import { incidentName, isOneClient, type Incident } from './incident.ts';
import type { Sighting } from './sighting.ts';

/** What people were told of before an alert came that belongs to it. */
export interface ToldBefore {
  /** An incident is found by this. */
  readonly id: string;
  readonly name: string;
  /** The alert that told them. */
  readonly alertId: string;
  readonly severity: Severity;
  /** Who was told. */
  readonly channels: readonly string[];
}

/** Times of alerts that are about one entity, and what was told of those alerts. */
interface Trace {
  readonly times: number[];
  readonly told: ToldBefore;
  readonly first: number;
  readonly last: number;
  readonly size: number;
}

export interface ToldIncidents {
  /**
   * What people were told of that an alert would belong to: an incident that was told; or, of requests of one client, an alert about that client that
   * is no less severe. Undefined where there is nothing.
   */
  readonly before: (sighting: Sighting) => ToldBefore | undefined;
  /** An alert that is stored by now, and not gathered yet. */
  readonly add: (sighting: Sighting) => void;
}

/**
 * Finds what people were told of without gathering all alerts anew: by what an alert shares with those that were gathered. The same as gathering
 * with the alert among them, but where an incident has reached its limits or one more actor makes an entity too wide: see the tests.
 */
export function toldIncidents(
  sightings: readonly Sighting[],
  incidents: readonly Incident[],
  setting: GatherSetting,
  keys: KeysOf = keysOf,
  joining: ReadonlySet<string> = joiningEntities(sightings, setting, keys),
): ToldIncidents {
  const traces = new Map<string, Trace[]>();
  const actors = new Map<string, Set<string>>();
  const clients = new Map<string, Sighting[]>();

  for (const incident of incidents) {
    const { told, alerts, sightings: seen } = incident;
    if (told?.channels === undefined || isOneClient(incident)) continue;
    const { id, alertId, severity, channels } = told;
    const note = { id, name: incidentName(alerts), alertId, severity, channels };
    const own = new Map<string, Trace>();
    for (const one of seen)
      for (const key of keys(one)) {
        if (!joining.has(key)) continue;
        const trace = own.get(key);
        if (trace !== undefined) trace.times.push(one.time);
        else
          own.set(key, {
            times: [one.time],
            told: note,
            first: incident.first,
            last: incident.last,
            size: seen.length,
          });
      }
    for (const [key, trace] of own) pushTo(traces, key, trace);
  }
  for (const one of sightings)
    for (const key of keys(one)) {
      const { actor } = one;
      if (actor === undefined || !traces.has(key)) continue;
      const known = actors.get(key);
      if (known === undefined) actors.set(key, new Set([actor]));
      else known.add(actor);
    }
  for (const one of sightings) addClient(one);

  /** The key of the one client that it is about, where that joins alerts. */
  function clientKey({ web, entities }: Sighting): string | undefined {
    const address = web === true ? entities.find(({ kind }) => kind === 'address') : undefined;
    return address === undefined || address.wide === true || setting.ignore.has(address.key)
      ? undefined
      : entityKey(address);
  }

  function addClient(one: Sighting): void {
    const key = clientKey(one);
    if (key !== undefined) pushTo(clients, key, one);
  }

  /** Whether one more actor leaves it what several alerts are joined by. */
  function staysNarrow(key: string, actor: string | undefined): boolean {
    const known = actors.get(key);
    return actor === undefined || known === undefined || known.has(actor) || known.size < setting.mostActors;
  }

  function ofIncident({ time, entities, actor }: Sighting): ToldBefore | undefined {
    const found = entities
      .flatMap((entity) => {
        const key = entityKey(entity);
        return entity.wide !== true && staysNarrow(key, actor) ? (traces.get(key) ?? []) : [];
      })
      .filter(
        ({ times, first, last, size }) =>
          size < setting.most &&
          Math.max(last, time) - Math.min(first, time) <= setting.longestMs &&
          times.some((at) => Math.abs(at - time) <= setting.windowMs),
      )
      .toSorted((a, b) => b.last - a.last || (a.told.id < b.told.id ? -1 : 1));
    return found[0]?.told;
  }

  function ofClient(sighting: Sighting): ToldBefore | undefined {
    const { id, time, severity, who } = sighting;
    const key = clientKey(sighting);
    const same = (key === undefined ? undefined : clients.get(key)) ?? [];
    if (!same.some((one) => one.id !== id && Math.abs(one.time - time) <= setting.windowMs)) return undefined;
    const told = same
      .filter(
        (one) =>
          one.id !== id &&
          one.told !== undefined &&
          Math.abs(one.time - time) <= setting.longestMs &&
          atLeast(one.severity, severity),
      )
      .toSorted((a, b) => severities.indexOf(b.severity) - severities.indexOf(a.severity) || a.time - b.time);
    const [by] = told;
    return (
      by && {
        id: by.id,
        name: incidentName([{ who }]),
        alertId: by.id,
        severity: by.severity,
        channels: by.told ?? [],
      }
    );
  }

  return { before: (sighting) => ofIncident(sighting) ?? ofClient(sighting), add: addClient };
}

function pushTo<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const some = map.get(key);
  if (some === undefined) map.set(key, [value]);
  else some.push(value);
}
