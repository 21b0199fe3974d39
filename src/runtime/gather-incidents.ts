import { setTimeout as sleep } from 'node:timers/promises';
import type { Alert } from '../alert/alert.ts';
import { incidentAlert, tellingSeverity } from '../alert/incident/incident-alert.ts';
import {
  gatherInSteps,
  gatherMemory,
  type Gathering,
  type GatherMemory,
  type Incident,
  type ToldIncident,
} from '../alert/incident/incident.ts';
import type { GatherSetting } from '../alert/incident/gather.ts';
import { readSighting, sightingOf, type Sighting } from '../alert/incident/sighting.ts';
import { standsApart } from '../alert/join.ts';
import { severities, type Severity } from '../event/severity.ts';
import { alertPrefix, joinedPrefix, keptIncidents, toldPrefix } from '../store/incidents.ts';
import { tellsNow, type CommitJoining, type Owes } from '../store/owed.ts';
import { pausesAtTimes } from '../store/pauses.ts';
import type { Commit, DeliveryState, Store } from '../store/store.ts';
import { gatheringOf, type IncidentsConfig } from './config-incidents.ts';

export interface GatherOptions {
  readonly config: IncidentsConfig;
  readonly store: Pick<Store, 'alert' | 'oldAlerts' | 'position' | 'state'>;
  readonly commit: Store['commit'];
  readonly channelsFor: CommitJoining['channelsFor'];
  /** Without it, a worse incident is an alert of its own. */
  readonly joining: Commit['joining'];
  readonly clock: () => number;
  /** What the policy makes of the alert of an incident; it stays as it is, where left out. */
  readonly judge?: ((alert: Alert) => Alert) | undefined;
  /** Told of what has been gathered, when it has changed. */
  readonly onGathered?: ((gathering: Gathering) => void) | undefined;
  /** Told of the alerts of incidents, after they are durable. */
  readonly onNews: (created: readonly Alert[], raised: number) => void;
}

/** Under which the store knows how far alerts have been gathered. */
const source = 'incidents';

const day = 86_400_000;

/** What is kept of alerts: of the last days, and the latest of those that are too many. */
const keptMs = 7 * day;
const mostKept = 5_000;

/** What is read at once holds up all else that the server does: a millisecond's work, and then the others' turn. */
const pageSize = 10;
const breathe = (): Promise<void> => sleep(3);

/** Alerts are many after a pause; the rest waits for the next time. */
const mostAtOnce = 2_000;

interface Book {
  readonly position: number | undefined;
  readonly sightings: ReadonlyMap<string, Sighting>;
  readonly told: ReadonlyMap<string, ToldIncident>;
}

/**
 * Follows the alerts of the store in the order in which they were stored, keeps what incidents need of each, and tells of incidents that
 * weigh enough. What is kept, what is told, and how far it came are one commit, so that a process that dies in between leaves nothing out
 * and tells nothing twice.
 *
 * @returns to be called every few seconds, one call after the other
 */
export function incidentGatherer(options: GatherOptions): () => Promise<void> {
  const { store, clock } = options;
  const setting = gatheringOf(options.config);
  const memory = gatherMemory();
  let book: Book | undefined;
  let isKnown = false;
  const tell = async ({ sightings, told }: Book, known?: Gathering): Promise<void> => {
    const gathering = known ?? (await gatheringIn(sightings, told, setting, memory));
    await breathe();
    options.onGathered?.(gathering);
    isKnown = true;
  };
  return async () => {
    const before = (book ??= await readBook(store));
    if (!isKnown) await tell(before);
    const now = clock();
    const found = await readFresh(store, before.position, now);
    const joined = await readJoined(store);
    if (found.last === undefined && joined.length === 0) return;
    const fresh = [...found.fresh, ...joined];
    // Until the commit has been answered, nobody knows what the store holds.
    book = undefined;
    const taken = await take({ fresh, joined, last: found.last }, before, now, memory, options);
    book = taken.book;
    if (fresh.length > 0) await tell(book, taken.gathering);
  };
}

function gatheringIn(
  sightings: Book['sightings'],
  told: Book['told'],
  setting: GatherSetting,
  memory: GatherMemory,
): Promise<Gathering> {
  return gatherInSteps([...sightings.values()], [...told.values()], setting, memory, pausesAtTimes(breathe));
}

/** What was stored after a position. */
async function readFresh(
  store: GatherOptions['store'],
  position: number | undefined,
  now: number,
): Promise<{ readonly fresh: readonly Sighting[]; readonly last: number | undefined }> {
  const fresh: Sighting[] = [];
  let found: number | undefined;
  for (let read = 0; read < mostAtOnce; read += pageSize) {
    const { alerts, last } = await store.oldAlerts({
      before: Number.MAX_SAFE_INTEGER,
      after: found ?? position,
      limit: pageSize,
    });
    found = last ?? found;
    for (const { alert, storedAt, deliveries } of alerts) {
      const told = deliveries.filter(isToldBy).map(({ channel }) => channel);
      const sighting = storedAt < now - keptMs ? undefined : sightingOf(alert, storedAt, told);
      if (sighting !== undefined) fresh.push(sighting);
    }
    if (alerts.length < pageSize) break;
    await breathe();
  }
  return { fresh, last: found };
}

/** Who is to be told only where others do not act has not been told, until that has been done. */
function isToldBy({ state, cause }: DeliveryState): boolean {
  return state === 'delivered' || cause === undefined || cause.type === 'client';
}

/** What has joined alerts since the last time. */
async function readJoined(store: GatherOptions['store']): Promise<readonly Sighting[]> {
  const found: Sighting[] = [];
  const pauses = pausesAtTimes(breathe);
  for (const { value } of await store.state(joinedPrefix)) {
    found.push(readSighting(value));
    await pauses();
  }
  return found;
}

async function readBook(store: GatherOptions['store']): Promise<Book> {
  const position = await store.position(source);
  const { sightings, told } = await keptIncidents(store);
  return {
    position: position === undefined ? undefined : Number(position),
    sightings: new Map(sightings.map((one) => [one.id, one])),
    told: new Map(told.map((one) => [one.id, one])),
  };
}

interface Found {
  readonly fresh: readonly Sighting[];
  /** Those among them that have joined alerts. */
  readonly joined: readonly Sighting[];
  /** How far alerts have been read; undefined where there were no new ones. */
  readonly last: number | undefined;
}

async function take(
  { fresh, joined, last }: Found,
  before: Book,
  now: number,
  memory: GatherMemory,
  { config, store, commit, channelsFor, joining, judge = (alert) => alert, onNews }: GatherOptions,
): Promise<{ readonly book: Book; readonly gathering: Gathering | undefined }> {
  const setting = gatheringOf(config);
  const all = new Map(before.sightings);
  for (const one of fresh) if (!all.has(one.id)) all.set(one.id, one);
  const gathering = fresh.length === 0 ? undefined : await gatheringIn(all, before.told, setting, memory);
  const incidents = gathering?.incidents ?? [];
  await breathe();
  const freshIds = new Set(fresh.map(({ id }) => id));
  const worse = incidents
    .filter(({ sightings }) => sightings.some(({ id }) => freshIds.has(id)))
    .flatMap((incident) => tellingOf(incident, config.threshold));
  const news = [];
  for (const { incident, severity } of worse) {
    const moment = { decidedAt: now, longestMs: setting.longestMs };
    const alert = judge(incidentAlert(incident, severity, moment));
    const channels = channelsFor(alert);
    const raised = joining === undefined ? undefined : await raisedBy(alert, incident, store);
    const telling = toldTo(
      { id: incident.id, alertId: raised ?? alert.id, severity },
      before.told.get(incident.id),
      channels,
    );
    news.push({ alert, channels, telling });
  }
  const told = new Map(before.told);
  for (const { telling } of news) told.set(telling.id, telling);
  const dropped = tooMany(all, incidents, now);
  for (const id of dropped) all.delete(id);
  const over = [...told.keys()].filter((id) => !all.has(id));
  for (const id of over) told.delete(id);
  await breathe();

  const { created, joined: raised = [] } = await commit({
    alerts: news.map(({ alert, channels }) => ({ alert, channels })),
    joining,
    state: [
      ...fresh.map((one) => ({ key: alertPrefix + one.id, value: all.has(one.id) ? { ...one } : undefined })),
      ...joined.map(({ id }) => ({ key: joinedPrefix + id, value: undefined })),
      ...dropped.map((id) => ({ key: alertPrefix + id, value: undefined })),
      ...news.map(({ telling }) => ({ key: toldPrefix + telling.id, value: { ...telling } })),
      ...over.map((id) => ({ key: toldPrefix + id, value: undefined })),
    ],
    positions: last === undefined ? [] : [{ source, position: String(last) }],
    now,
  });
  const isNew = new Set(created);
  if (created.length + raised.length > 0)
    onNews(
      news.flatMap(({ alert }) => (isNew.has(alert.id) ? [alert] : [])),
      raised.length,
    );
  const isAsGathered = news.length + dropped.length + over.length === 0;
  const position = last ?? before.position;
  return { book: { position, sightings: all, told }, gathering: isAsGathered ? gathering : undefined };
}

/** What is to be told of an incident: when it is first bad enough, and when it becomes worse. */
function tellingOf(
  incident: Incident,
  threshold: number,
): readonly { readonly incident: Incident; readonly severity: Severity }[] {
  const severity = tellingSeverity(incident, threshold);
  if (severity === undefined) return [];
  const told = ownTelling(incident);
  if (told !== undefined && severities.indexOf(severity) <= severities.indexOf(told.severity)) return [];
  return [{ incident, severity }];
}

/** What one of its alerts told is not the incident itself. */
function ownTelling({ told, alerts }: Incident): ToldIncident | undefined {
  return alerts.some(({ id }) => id === told?.alertId) ? undefined : told;
}

/** The id of the alert of a less severe incident, where that is raised; undefined where people are told by a new one. */
async function raisedBy(
  alert: Alert,
  incident: Incident,
  store: GatherOptions['store'],
): Promise<string | undefined> {
  const told = ownTelling(incident);
  const teller = told === undefined ? undefined : await store.alert(told.alertId);
  return teller === undefined || standsApart(teller, alert) ? undefined : teller.id;
}

/** With the channels that hear of it, now or before; what is owed only under a condition may never be sent. */
function toldTo(telling: ToldIncident, before: ToldIncident | undefined, channels: Owes): ToldIncident {
  const names = channels.filter(tellsNow).map((one) => (typeof one === 'string' ? one : one.channel));
  const all = new Set([...(before?.channels ?? []), ...names]);
  return all.size === 0 ? telling : { ...telling, channels: [...all] };
}

/** What is kept no longer: what is old, then the oldest, of which those go first that are in no incident. */
function tooMany(
  sightings: ReadonlyMap<string, Sighting>,
  incidents: readonly Incident[],
  now: number,
): readonly string[] {
  const old = [...sightings.values()].filter(({ storedAt }) => storedAt < now - keptMs).map(({ id }) => id);
  const more = sightings.size - old.length - mostKept;
  if (more <= 0) return old;
  const gone = new Set(old);
  const within = new Set(incidents.flatMap(({ sightings: seen }) => seen.map(({ id }) => id)));
  const rest = [...sightings.values()]
    .filter(({ id }) => !gone.has(id))
    .sort(
      (a, b) =>
        Number(within.has(a.id)) - Number(within.has(b.id)) ||
        a.storedAt - b.storedAt ||
        (a.id < b.id ? -1 : 1),
    );
  return [...old, ...rest.slice(0, more).map(({ id }) => id)];
}
