import type { Event } from '../../event/event.ts';
import { isJsonObject, type Json, type JsonObject } from '../../event/json.ts';
import { remembered } from '../../event/remembered.ts';
import { textBytes } from '../../event/text-bytes.ts';
import type { Place } from '../place.ts';
import { agentFamily } from './agent-family.ts';
import { dayOf, isPast, isSame, readDays, withDay, writeDays, type Days } from './days.ts';
import { actorOf, hourOf, networksOf, serviceOf, traitKinds, type TraitKind } from './traits.ts';

/** What is known of one actor. */
export interface Habits {
  readonly actor: string;
  /** On which days it did anything. */
  readonly active: Days;
  readonly traits: Readonly<Record<TraitKind, ReadonlyMap<string, Days>>>;
  /** Kinds of which there were more than are kept, with the day on which that was last so. */
  readonly many: Readonly<Partial<Record<TraitKind, number>>>;
}

export interface UsualLimits {
  readonly actors: number;
  /** Of memory, about. */
  readonly bytes: number;
}

export interface UsualCounters {
  readonly actors: number;
  readonly bytes: number;
  /** Actors that were forgotten to make room, those first of whom nothing new was learned for longest. */
  readonly evicted: number;
}

/** What is to be stored of one actor, as JSON; undefined where it is forgotten. */
export interface UsualChange {
  readonly actor: string;
  readonly value: JsonObject | undefined;
}

/**
 * What actors usually do, learned from events. It has no clock. It keeps sets of days, and so neither the order of events nor how often they come
 * changes what is known, but where a limit is passed.
 */
export interface UsualMemory {
  /** Takes what an event says. What failed teaches nothing: it may be somebody else who tries. */
  readonly observe: (event: Event) => void;
  readonly get: (actor: string) => Habits | undefined;
  /** Takes what an earlier memory gave as the values of changes; anything else is left alone. */
  readonly load: (values: Iterable<Json>) => void;
  /** What has changed since this was last called. */
  readonly changes: () => readonly UsualChange[];
  /** Takes changes back that could not be stored, so that they are among the next ones. */
  readonly untold: (changes: readonly UsualChange[]) => void;
  readonly isChanged: () => boolean;
  readonly counters: () => UsualCounters;
}

const usualDefaults: UsualLimits = { actors: 50_000, bytes: 128 * 1024 * 1024 };

/** So many are kept of each kind; with more, nothing is told of the kind, for whoever has so many is at home everywhere. */
const mostOfKind: Readonly<Record<TraitKind, number>> = {
  country: 32,
  network: 128,
  agent: 48,
  service: 128,
  hour: 24,
};

const actorBytes = 1_200;
const traitBytes = 150;
const mostAddresses = 4_096;

interface Entry extends Habits {
  active: Days;
  readonly traits: Record<TraitKind, Map<string, Days>>;
  readonly many: Partial<Record<TraitKind, number>>;
  bytes: number;
  /** What the last event said, which most often is what the next one says: then there is nothing to do. */
  last: { day: number; hour: string; service: string; address: string; agent: string };
}

/** @param placeOf where an address is; its answer may be used for as long as a day of the events */
export function createUsualMemory(
  placeOf: (address: string) => Place,
  limits: UsualLimits = usualDefaults,
): UsualMemory {
  /** Those of whom nothing new was learned for longest first. */
  const actors = new Map<string, Entry>();
  let changed = new Set<string>();
  let bytes = 0;
  let evicted = 0;
  let newest = Number.NEGATIVE_INFINITY;
  const familyOf = remembered((agent) => ({ family: agentFamily(agent) }), 2_048);
  const placed = (address: string) => {
    const place = placeOf(address);
    return { country: place.country, networks: networksOf(address, place) };
  };
  let placeTraits = remembered(placed, mostAddresses);

  function note(entry: Entry, kind: TraitKind, text: string, day: number): boolean {
    const traits = entry.traits[kind];
    const before = traits.get(text);
    const after = withDay(before, day);
    if (before === undefined) {
      // An event from so long ago says nothing of today.
      if (isPast(day, entry.active.last)) return false;
      makeRoom(entry, kind, day);
      grow(entry, traitBytes + textBytes(text));
    } else if (isSame(before, after)) return false;
    traits.set(text, after);
    return true;
  }

  /** Lets go of what is too old, or else of what was not seen for longest. */
  function makeRoom(entry: Entry, kind: TraitKind, day: number): void {
    const traits = entry.traits[kind];
    if (traits.size < mostOfKind[kind]) return;
    let oldest: readonly [string, Days] | undefined;
    for (const one of traits) {
      const [text, days] = one;
      if (isPast(days.last, entry.active.last)) drop(entry, kind, text);
      else if (oldest === undefined || days.last < oldest[1].last) oldest = one;
    }
    if (traits.size < mostOfKind[kind] || oldest === undefined) return;
    drop(entry, kind, oldest[0]);
    entry.many[kind] = Math.max(entry.many[kind] ?? day, day);
  }

  function drop(entry: Entry, kind: TraitKind, text: string): void {
    entry.traits[kind].delete(text);
    grow(entry, -traitBytes - textBytes(text));
  }

  function grow(entry: Entry, by: number): void {
    entry.bytes += by;
    bytes += by;
  }

  function forget(actor: string, entry: Entry): void {
    actors.delete(actor);
    bytes -= entry.bytes;
    changed.add(actor);
  }

  function add(actor: string, active: Days): Entry {
    const entry: Entry = {
      actor,
      active,
      traits: {
        country: new Map(),
        network: new Map(),
        agent: new Map(),
        service: new Map(),
        hour: new Map(),
      },
      many: {},
      bytes: 0,
      last: { day: -1, hour: '', service: '', address: '', agent: '' },
    };
    actors.set(actor, entry);
    grow(entry, actorBytes + textBytes(actor));
    return entry;
  }

  function evict(): void {
    for (const [actor, entry] of actors) {
      if (actors.size <= 1 || (actors.size <= limits.actors && bytes <= limits.bytes)) return;
      forget(actor, entry);
      evicted++;
    }
  }

  /** Forgets those of whom nothing was heard for as long as one looks back. */
  function forgetPast(): void {
    for (const [actor, entry] of actors) {
      if (!isPast(entry.active.last, newest)) return;
      forget(actor, entry);
    }
  }

  function observe(event: Event): void {
    if (event.outcome.result === 'failure') return;
    const actor = actorOf(event);
    if (actor === undefined) return;
    const day = dayOf(event.time);
    if (day > newest) {
      newest = day;
      // What is known of addresses may have been read anew.
      placeTraits = remembered(placed, mostAddresses);
      forgetPast();
    } else if (isPast(day, newest)) return;
    const entry = actors.get(actor) ?? add(actor, withDay(undefined, day));
    if (!learn(entry, event, day)) return;
    changed.add(actor);
    actors.delete(actor);
    actors.set(actor, entry);
    evict();
  }

  /** Whether there was anything to learn. */
  function learn(entry: Entry, event: Event, day: number): boolean {
    const { last } = entry;
    const { origin, userAgent = '' } = event.client;
    let isNew = false;
    if (last.day !== day) {
      const { active } = entry;
      entry.active = withDay(active, day);
      entry.last = { day, hour: '', service: '', address: '', agent: '' };
      isNew = !isSame(active, entry.active);
    }
    const said = entry.last;
    const hour = hourOf(event.time);
    if (said.hour !== hour) {
      said.hour = hour;
      isNew = note(entry, 'hour', hour, day) || isNew;
    }
    if (said.service !== event.service) {
      said.service = event.service;
      isNew = note(entry, 'service', serviceOf(event), day) || isNew;
    }
    // An AWS service that calls for the actor has an address and a program of its own.
    if (origin.type !== 'address') return isNew;
    if (said.address !== origin.address) {
      said.address = origin.address;
      const { country, networks } = placeTraits(origin.address);
      if (country !== undefined) isNew = note(entry, 'country', country, day) || isNew;
      for (const network of networks) isNew = note(entry, 'network', network, day) || isNew;
    }
    if (said.agent !== userAgent) {
      said.agent = userAgent;
      const { family } = familyOf(userAgent);
      if (family !== undefined) isNew = note(entry, 'agent', family, day) || isNew;
    }
    return isNew;
  }

  function load(values: Iterable<Json>): void {
    const read = [...values].flatMap((value) => readHabits(value) ?? []);
    for (const { actor, active, traits, many } of read.sort((a, b) => a.active.last - b.active.last)) {
      if (actors.has(actor)) continue;
      const entry = add(actor, active);
      newest = Math.max(newest, active.last);
      for (const kind of traitKinds)
        for (const [text, days] of [...traits[kind]].slice(0, mostOfKind[kind])) {
          entry.traits[kind].set(text, days);
          grow(entry, traitBytes + textBytes(text));
        }
      Object.assign(entry.many, many);
    }
    evict();
  }

  return {
    observe,
    get: (actor) => actors.get(actor),
    load,
    changes: () => {
      const taken = [...changed].map((actor) => ({ actor, value: valueOf(actors.get(actor)) }));
      changed = new Set();
      return taken;
    },
    untold: (changes) => {
      for (const { actor } of changes) changed.add(actor);
    },
    isChanged: () => changed.size > 0,
    counters: () => ({ actors: actors.size, bytes, evicted }),
  };
}

function valueOf(habits: Habits | undefined): JsonObject | undefined {
  if (habits === undefined) return undefined;
  const { actor, active, traits, many } = habits;
  const kinds = traitKinds.map((kind) => [
    kind,
    Object.fromEntries([...traits[kind]].map(([text, days]) => [text, writeDays(days)])),
  ]);
  return {
    actor,
    active: writeDays(active),
    traits: Object.fromEntries(kinds) as JsonObject,
    many: { ...many },
  };
}

function readHabits(value: Json): Habits | undefined {
  if (!isJsonObject(value) || typeof value['actor'] !== 'string') return undefined;
  const active = readDays(value['active']);
  if (active === undefined) return undefined;
  const kept = isJsonObject(value['traits']) ? value['traits'] : {};
  const tooMany = isJsonObject(value['many']) ? value['many'] : {};
  const many: Partial<Record<TraitKind, number>> = {};
  for (const kind of traitKinds) {
    const day = tooMany[kind];
    if (typeof day === 'number') many[kind] = day;
  }
  const read = (kind: TraitKind) => {
    const texts = kept[kind];
    return new Map(
      Object.entries(isJsonObject(texts) ? texts : {}).flatMap(([text, days]): [string, Days][] => {
        const known = readDays(days);
        return known === undefined ? [] : [[text, known]];
      }),
    );
  };
  const traits = {
    country: read('country'),
    network: read('network'),
    agent: read('agent'),
    service: read('service'),
    hour: read('hour'),
  };
  return { actor: value['actor'], active, traits, many };
}
