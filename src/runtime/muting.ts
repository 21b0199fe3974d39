import type { Alert } from '../alert/alert.ts';
import type { GatherSetting } from '../alert/incident/gather.ts';
import type { Gathering } from '../alert/incident/incident.ts';
import { toldIncidents, type ToldBefore, type ToldIncidents } from '../alert/incident/told-incidents.ts';
import { sightingOf, type Sighting } from '../alert/incident/sighting.ts';
import { isClosed, lifecycleOf } from '../alert/lifecycle.ts';
import { atLeast, severities } from '../event/severity.ts';
import { joinedNote } from '../store/incidents.ts';
import { tellsNow, type CommitJoining, type Owes } from '../store/owed.ts';
import type { Commit, CommitResult, Store } from '../store/store.ts';
import type { IncidentsConfig } from './config-incidents.ts';

export interface MutingOptions {
  readonly upTo: IncidentsConfig['mute'];
  readonly setting: GatherSetting;
  /** How long what is told of one client of a web site waits for something worse, in milliseconds. */
  readonly clientWaitMs: number;
  readonly alert: Store['alert'];
  readonly commit: Store['commit'];
  /** Told how many alerts some channel was not told of, after they are durable. */
  readonly onMuted?: ((alerts: number) => void) | undefined;
}

/** What keeps one attacker from waking a person again and again. */
export interface Muting {
  /** As `Store.commit`: what belongs to an incident that people were told of names it, and is not told again to who was told. */
  readonly commit: Store['commit'];
  /** What has been gathered by now. */
  readonly know: (gathering: Gathering) => void;
}

/** What is stored and was not gathered in so long a time is not waited for any more. */
const recentMs = 3_600_000;

export function createMuting({ upTo, setting, clientWaitMs, alert, commit, onMuted }: MutingOptions): Muting {
  let told = toldIncidents([], [], setting);
  /** Stored since the last gathering. */
  const recent = new Map<string, Sighting>();

  type Entry = Commit['alerts'][number];

  function isMutable({ severity }: Alert): boolean {
    return upTo !== 'none' && !atLeast(severity, severities[severities.indexOf(upTo) + 1] ?? 'critical');
  }

  /** What was told is out of date once people have closed it: whatever comes then is news. */
  async function isOpen({ alertId }: ToldBefore): Promise<boolean> {
    const teller = await alert(alertId);
    // An alert beyond the limit of its hour has told nobody either.
    return teller !== undefined && teller.muted === undefined && !isClosed(lifecycleOf(teller));
  }

  async function noted(entry: Entry, batch: ToldIncidents, now: number): Promise<Entry> {
    const sighting = sightingOf(entry.alert, now);
    const stored = sighting && told.before(sighting);
    const before = stored ?? (sighting && batch.before(sighting));
    if (before === undefined) return entry;
    const { id, name } = before;
    const left = without(entry.channels, before.channels);
    const isTold = left.mutes.length === 0 || !isMutable(entry.alert);
    if (isTold || (stored !== undefined && !(await isOpen(stored))))
      return { ...entry, alert: { ...entry.alert, incident: { id, name } } };
    return {
      ...entry,
      alert: { ...entry.alert, incident: { id, name, mutes: left.mutes } },
      channels: left.channels,
    };
  }

  async function take(batch: Commit): Promise<CommitResult> {
    const { now } = batch;
    // The worst first: it is what the others are told by.
    const order = [...batch.alerts.keys()].sort(
      (a, b) => rank(batch.alerts[b]) - rank(batch.alerts[a]) || a - b,
    );
    const entries = [...batch.alerts];
    const inBatch = toldIncidents([], [], setting);
    const sightings: Sighting[] = [];
    for (const index of order) {
      const entry = entries[index];
      if (entry === undefined) continue;
      const next = entry.channels.length === 0 ? entry : await noted(entry, inBatch, now);
      entries[index] = next;
      const sighting = sightingOf(next.alert, now, namesOf(next.channels.filter(tellsNow)));
      if (sighting?.web !== true) continue;
      if (isMutable(next.alert))
        entries[index] = { ...next, channels: next.channels.map((one) => waiting(one, now)) };
      sightings.push(sighting);
      inBatch.add(sighting);
    }
    const result = await commit({ ...batch, alerts: entries });
    const created = new Set(result.created);
    for (const one of sightings)
      if (created.has(one.id)) {
        recent.set(one.id, one);
        told.add(one);
      }
    const muted = entries.filter((one) => created.has(one.alert.id) && one.alert.incident?.mutes).length;
    if (muted > 0) onMuted?.(muted);
    return result;
  }

  /** What of it is owed soon waits for something worse. */
  function waiting(one: Owes[number], now: number): Owes[number] {
    const due = now + clientWaitMs;
    if (typeof one !== 'string' && (one.cause !== undefined || (one.due ?? now) > due)) return one;
    return { channel: nameOf(one), due, cause: { type: 'client' } };
  }

  return {
    commit: (batch) => {
      const joining = batch.joining && {
        ...batch.joining,
        channelsFor: mutedChannels(batch.joining.channelsFor, isMutable, setting),
        noteOf: (finding: Alert, before: Alert) => joinedNote(finding, before, batch.now),
      };
      // Most have nothing to tell, and need not wait.
      const isQuiet = batch.alerts.every(({ channels }) => channels.length === 0);
      return isQuiet ? commit({ ...batch, joining }) : take({ ...batch, joining });
    },
    know: ({ sightings, incidents, keys, joining }) => {
      told = toldIncidents(sightings, incidents, setting, keys, joining);
      const gathered = new Set(sightings.map(({ id }) => id));
      const newest = sightings.reduce((most, { storedAt }) => Math.max(most, storedAt), 0);
      for (const [id, one] of recent)
        if (gathered.has(id) || one.storedAt < newest - recentMs) recent.delete(id);
        else told.add(one);
    },
  };
}

/** A muted alert that goes on stays so for as long as an incident may last; one that has become worse is told. */
function mutedChannels(
  channelsFor: CommitJoining['channelsFor'],
  isMutable: (alert: Alert) => boolean,
  { longestMs }: GatherSetting,
): CommitJoining['channelsFor'] {
  return (alert) => {
    const owes = channelsFor(alert);
    const mutes = alert.incident?.mutes ?? [];
    const lasts = (alert.occurrences?.lastSeen ?? alert.time) - alert.time <= longestMs;
    const isReopened = alert.news?.type === 'reopened';
    return mutes.length > 0 && lasts && !isReopened && isMutable(alert)
      ? without(owes, mutes).channels
      : owes;
  };
}

/** What is owed to others than those who know. Nobody escalates, or stands in, for a message that is not sent. */
function without(
  owes: Owes,
  known: readonly string[],
): { readonly channels: Owes; readonly mutes: readonly string[] } {
  const isKnown = (one: Owes[number]): boolean => known.includes(nameOf(one));
  const isMuted = owes.some((one) => isKnown(one) && !waits(one));
  const channels = owes.filter((one) => !isKnown(one) && !(isMuted && waits(one)));
  return { channels, mutes: namesOf(owes.filter((one) => !channels.includes(one))) };
}

function waits(one: Owes[number]): boolean {
  return typeof one !== 'string' && one.cause !== undefined;
}

function nameOf(one: Owes[number]): string {
  return typeof one === 'string' ? one : one.channel;
}

function namesOf(owes: Owes): readonly string[] {
  return owes.map(nameOf);
}

function rank(entry: Commit['alerts'][number] | undefined): number {
  return entry === undefined ? 0 : severities.indexOf(entry.alert.severity);
}
