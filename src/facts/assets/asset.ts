import type { Event } from '../../event/event.ts';
import { isList, type Json } from '../../event/json.ts';
import type { AspectChange, Sighting } from './sighting.ts';

/** One thing that somebody did to an asset. */
export interface Moment {
  /** Event time, in milliseconds since the epoch. */
  readonly time: number;
  /** Id of the event; empty where a look at the account told it. */
  readonly event: string;
  readonly action: string;
  /** What a person would call whoever did it. */
  readonly by: string;
  /** The user or role behind it, whatever the session. */
  readonly principal?: string | undefined;
}

/** What an aspect was from `time` on; no value where there was nothing. */
export interface Version {
  readonly time: number;
  readonly event: string;
  readonly value?: Json | undefined;
}

/** An aspect that is set as a whole: the newest two versions, the newest first, whatever the order in which they were told. */
export interface SetAspect {
  readonly versions: readonly Version[];
}

/** An aspect that grows and shrinks by members: when each was last put in or taken out, the later counts. */
export interface MemberAspect {
  readonly members: Readonly<Record<string, number>>;
  readonly gone: Readonly<Record<string, number>>;
  /** From when on all members are known; absent where the members from before are not. */
  readonly all?: number | undefined;
}

export type Aspect = SetAspect | MemberAspect;

/** Everything that is remembered of one asset. Plain JSON. Its strings are as hostile as the log. */
export interface Asset {
  readonly type: string;
  readonly id: string;
  readonly name: string;
  readonly arn?: string | undefined;
  readonly account?: string | undefined;
  readonly region?: string | undefined;
  /** When it was first and last heard of, in event time. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** The last time that it was made, and that it was deleted, as far as anybody saw. */
  readonly created?: Moment | undefined;
  readonly deleted?: Moment | undefined;
  /** What was done to it, the newest first. */
  readonly history: readonly Moment[];
  readonly aspects: Readonly<Record<string, Aspect>>;
}

const mostHistory = 10;
export const mostAspects = 60;
const mostMembers = 500;
const longestValue = 64 * 1024;
const longestName = 300;

export function momentOf(event: Event): Moment {
  const { actor } = event;
  const principal = actor.issuer?.arn ?? actor.arn;
  return {
    time: event.time,
    event: event.id,
    action: cut(event.action),
    by: cut(actor.name),
    ...(principal === undefined ? {} : { principal: cut(principal) }),
  };
}

function cut(text: string): string {
  return text.length > longestName ? text.slice(0, longestName).toWellFormed() : text;
}

/** Whether it is there at a time, as far as is known; undefined where nobody has seen it made or deleted. */
export function isDeleted({ created, deleted }: Asset): boolean {
  return deleted !== undefined && (created === undefined || created.time <= deleted.time);
}

/** What is known of an asset after a sighting. Sightings may come in any order, and more than once. */
export function seen(asset: Asset | undefined, sighting: Sighting, moment: Moment): Asset {
  const { type, id, name, arn, account, region, what } = sighting;
  const { time } = moment;
  const known: Asset = asset ?? { type, id, name, firstSeen: time, lastSeen: time, history: [], aspects: {} };
  const isNewest = asset === undefined || time >= asset.lastSeen;
  const created = what === 'created' ? later(known.created, moment) : known.created;
  const deleted = what === 'deleted' ? later(known.deleted, moment) : known.deleted;
  const next: Asset = {
    type,
    id,
    // A deletion often names the asset by less than its creation did.
    name: what === 'created' || (isNewest && name !== id) ? name : known.name,
    arn: arn ?? known.arn,
    account: isNewest ? (account ?? known.account) : (known.account ?? account),
    region: isNewest ? (region ?? known.region) : (known.region ?? region),
    firstSeen: Math.min(known.firstSeen, time),
    lastSeen: Math.max(known.lastSeen, time),
    created,
    deleted,
    history: what === 'shown' ? known.history : withMoment(known.history, moment),
    aspects: aspectsAfter(known.aspects, sighting, moment),
  };
  return deleted === undefined ? next : { ...next, aspects: withoutDead(next.aspects, deleted.time) };
}

/** The later of the two; that which is told now, where they are of one time. */
export function later(known: Moment | undefined, moment: Moment): Moment {
  return known !== undefined && known.time > moment.time ? known : moment;
}

/** With one thing more that was done, unless it is known already. */
export function withMoment(history: readonly Moment[], moment: Moment): readonly Moment[] {
  if (history.some(({ event }) => event === moment.event)) return history;
  return [...history, moment].sort(newestFirst).slice(0, mostHistory);
}

/** By time, then by event, so that the order in which events came changes nothing. */
export function newestFirst(a: Pick<Moment, 'time' | 'event'>, b: Pick<Moment, 'time' | 'event'>): number {
  if (a.time !== b.time) return b.time - a.time;
  return a.event < b.event ? 1 : a.event > b.event ? -1 : 0;
}

function aspectsAfter(aspects: Asset['aspects'], sighting: Sighting, moment: Moment): Asset['aspects'] {
  const next: Record<string, Aspect> = { ...aspects };
  for (const [name, change] of Object.entries(sighting.aspects)) {
    const known = Object.hasOwn(next, name) ? next[name] : undefined;
    if (known === undefined && Object.keys(next).length >= mostAspects) continue;
    next[name] = aspectAfter(known, change, moment, aspects);
  }
  return next;
}

function aspectAfter(
  known: Aspect | undefined,
  change: AspectChange,
  moment: Moment,
  others: Asset['aspects'],
): Aspect {
  if (change.how === 'members')
    return membersAfter(isMembers(known) ? known : undefined, change, moment.time);
  const versions = known !== undefined && 'versions' in known ? known.versions : [];
  const { time, event } = moment;
  const value = change.how === 'set' ? change.value : copied(others, change.of, moment);
  const version: Version = { time, event, ...(value === undefined ? {} : { value: bounded(value) }) };
  // Told again, or at once by a look at the account: nothing new.
  if (versions.some((one) => one.time === time && one.event === event)) return { versions };
  return { versions: [...versions, version].sort(newestFirst).slice(0, 2) };
}

/** Null where the other is not known: there is something, but nobody can say what. */
function copied(others: Asset['aspects'], of: string, moment: Moment): Json {
  const other = Object.hasOwn(others, of) ? others[of] : undefined;
  if (other === undefined || !('versions' in other)) return null;
  return other.versions.find((version) => version.time <= moment.time)?.value ?? null;
}

function bounded(value: Json): Json {
  return typeof value === 'boolean' ||
    typeof value === 'number' ||
    JSON.stringify(value).length <= longestValue
    ? value
    : null;
}

export function isMembers(aspect: Aspect | undefined): aspect is MemberAspect {
  return aspect !== undefined && 'members' in aspect;
}

function membersAfter(
  known: MemberAspect | undefined,
  change: Extract<AspectChange, { how: 'members' }>,
  time: number,
): MemberAspect {
  const members = new Map(Object.entries(known?.members ?? {}));
  const gone = new Map(Object.entries(known?.gone ?? {}));
  if (change.all === true) for (const [name, since] of members) if (since < time) take(name);
  for (const name of change.add) {
    const last = Math.max(
      gone.get(name) ?? -Infinity,
      members.get(name) ?? -Infinity,
      known?.all ?? -Infinity,
    );
    if (time < last) continue;
    gone.delete(name);
    members.set(name, time);
  }
  for (const name of change.remove) if (time >= (members.get(name) ?? -Infinity)) take(name);
  function take(name: string): void {
    members.delete(name);
    gone.set(name, Math.max(time, gone.get(name) ?? -Infinity));
  }
  const all = change.all === true ? Math.max(time, known?.all ?? -Infinity) : known?.all;
  return {
    members: newestOf(members),
    gone: newestOf(gone),
    ...(all === undefined ? {} : { all }),
  };
}

/** So many members, those that were told last. */
export function newestOf(times: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  const entries = [...times].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return Object.fromEntries(entries.slice(0, mostMembers));
}

/** What a deletion leaves: where it could be reached, for what still points there; and what was told after it. */
export function withoutDead(aspects: Asset['aspects'], deletedAt: number): Asset['aspects'] {
  return Object.fromEntries(
    Object.entries(aspects).filter(
      ([name, aspect]) => name === 'reached-at' || newestTime(aspect) > deletedAt,
    ),
  );
}

function newestTime(aspect: Aspect): number {
  const times = isMembers(aspect) ? Object.values(aspect.members) : aspect.versions.map(({ time }) => time);
  return Math.max(-Infinity, ...times, isMembers(aspect) ? (aspect.all ?? -Infinity) : -Infinity);
}

/** The names of aspects' members that are known at this time. */
export function membersOf(asset: Asset | undefined, name: string): readonly string[] {
  const aspect = asset !== undefined && Object.hasOwn(asset.aspects, name) ? asset.aspects[name] : undefined;
  return isMembers(aspect) ? Object.keys(aspect.members) : [];
}

/**
 * The texts of an aspect as far as they are known of a time, whether it grows by members (whose taking out is known from now on, not of then)
 * or is a list that is set as a whole.
 */
export function textsAt(asset: Asset | undefined, name: string, time: number): readonly string[] {
  const aspect = asset !== undefined && Object.hasOwn(asset.aspects, name) ? asset.aspects[name] : undefined;
  if (!isMembers(aspect)) {
    const value = valueAt(asset, name, time);
    return isList(value) ? value.filter((one) => typeof one === 'string') : [];
  }
  return Object.entries(aspect.members).flatMap(([member, since]) => (since <= time ? [member] : []));
}

/** What an aspect was just before an event; undefined where that is not known. `{}` says that there was nothing. */
export function before(
  asset: Asset | undefined,
  name: string,
  event: { readonly time: number; readonly id: string },
): { readonly value?: Json | undefined } | undefined {
  if (asset === undefined) return undefined;
  const aspect = Object.hasOwn(asset.aspects, name) ? asset.aspects[name] : undefined;
  const isBefore = (one: { readonly time: number; readonly event: string }) =>
    newestFirst(one, { time: event.time, event: event.id }) > 0;
  const version =
    aspect === undefined || isMembers(aspect) ? undefined : aspect.versions.find((one) => isBefore(one));
  const { created } = asset;
  const made = created !== undefined && created.time <= event.time ? created.time : undefined;
  if (version !== undefined && (made === undefined || version.time >= made)) return { value: version.value };
  // Nothing since it was made: a new thing has none. With two later versions the one before may have been let go.
  const isForgotten =
    aspect !== undefined && !isMembers(aspect) && aspect.versions.filter((one) => !isBefore(one)).length > 1;
  return made !== undefined && !isForgotten ? {} : undefined;
}

/** What an aspect is known to be at a time. */
export function valueAt(asset: Asset | undefined, name: string, time: number): Json | undefined {
  const aspect = asset !== undefined && Object.hasOwn(asset.aspects, name) ? asset.aspects[name] : undefined;
  if (aspect === undefined || isMembers(aspect)) return undefined;
  return aspect.versions.find((version) => version.time <= time)?.value;
}
