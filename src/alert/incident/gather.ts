import type { Entity } from './entity.ts';
import { atOnce, type Pieces } from './pieces.ts';
import { alertIdOf, type Sighting } from './sighting.ts';

export interface GatherSetting {
  /** How far apart in event time two alerts may be that have something in common, in milliseconds. */
  readonly windowMs: number;
  /** From the first alert of an incident to its last, in milliseconds. */
  readonly longestMs: number;
  /** Alerts of one incident. */
  readonly most: number;
  /** What more actors than these have in common joins nothing. */
  readonly mostActors: number;
  /** Keys of entities that join nothing. */
  readonly ignore: ReadonlySet<string>;
}

/** These are one actor's own. */
const narrow: ReadonlySet<Entity['kind']> = new Set(['person', 'user', 'session', 'access-key']);

/** Names an entity apart from those of other kinds. */
export function entityKey({ kind, key }: Entity): string {
  return `${kind} ${key}`;
}

/** The keys of what an alert is about, in the order of its entities. */
export type KeysOf = (sighting: Sighting) => readonly string[];

export const keysOf: KeysOf = ({ entities }) => entities.map(entityKey);

/** Alerts in a piece of work. */
const alertsInPiece = 200;

/**
 * What joins alerts: neither what is wide, nor what is ignored, nor an address, role or resource that many actors have in common, such as
 * the role of a build system. Keys as of `entityKey`.
 */
export function joiningEntities(
  sightings: Iterable<Sighting>,
  setting: Pick<GatherSetting, 'mostActors' | 'ignore'>,
  keys: KeysOf = keysOf,
): ReadonlySet<string> {
  return atOnce(joiningInPieces(sightings, setting, keys));
}

/** The same in pieces. */
export function* joiningInPieces(
  sightings: Iterable<Sighting>,
  { mostActors, ignore }: Pick<GatherSetting, 'mostActors' | 'ignore'>,
  keys: KeysOf,
): Pieces<ReadonlySet<string>> {
  const actors = new Map<string, Set<string>>();
  const barred = new Set<string>();
  let seen = 0;
  for (const one of sightings) {
    if (++seen % alertsInPiece === 0) yield;
    const { entities, actor } = one;
    for (const [index, key] of keys(one).entries()) {
      const entity = entities[index];
      if (entity === undefined) continue;
      if (entity.wide === true || ignore.has(entity.key)) barred.add(key);
      let known = actors.get(key);
      if (known === undefined) actors.set(key, (known = new Set()));
      if (actor === undefined || known.size > mostActors || known.has(actor)) continue;
      known.add(actor);
      if (known.size > mostActors && !narrow.has(entity.kind)) barred.add(key);
    }
  }
  return new Set([...actors.keys()].filter((key) => !barred.has(key)));
}

/**
 * Which alerts belong together: those that share a joining entity within the window, and what hangs together through them. Follows from
 * the set of alerts alone: neither order nor repeats make a difference. What would grow beyond the limits stays apart, the earlier joined first.
 *
 * @returns groups of two alerts or more, each in the order of time, the group with the earliest first
 */
export function* gatherInPieces(
  sightings: readonly Sighting[],
  joining: ReadonlySet<string>,
  { windowMs, longestMs, most }: GatherSetting,
  keys: KeysOf,
): Pieces<readonly (readonly Sighting[])[]> {
  const inOrder = [...new Map(sightings.map((one) => [one.id, one])).values()].sort(byTime);
  const groups = inOrder.map((one, index) => ({ parent: index, first: one.time, last: one.time, size: 1 }));
  const rootOf = (index: number): number => {
    let root = index;
    for (let up = groups[root]?.parent ?? root; up !== root; up = groups[root]?.parent ?? root) root = up;
    const group = groups[index];
    if (group !== undefined) group.parent = root;
    return root;
  };
  const latest = new Map<string, number>();
  yield;
  for (const [index, one] of inOrder.entries()) {
    if (index % alertsInPiece === alertsInPiece - 1) yield;
    const { time } = one;
    for (const key of keys(one)
      .filter((each) => joining.has(each))
      .sort()) {
      const before = latest.get(key);
      latest.set(key, index);
      if (before === undefined || time - (inOrder[before]?.time ?? 0) > windowMs) continue;
      const [a, b] = [rootOf(before), rootOf(index)].sort((x, y) => x - y);
      const [into, from] = [groups[a ?? 0], groups[b ?? 0]];
      if (a === undefined || a === b || into === undefined || from === undefined) continue;
      const first = Math.min(into.first, from.first);
      const last = Math.max(into.last, from.last);
      if (last - first > longestMs || into.size + from.size > most) continue;
      from.parent = a;
      into.size += from.size;
      into.first = first;
      into.last = last;
    }
  }
  yield;
  const members = Map.groupBy(inOrder.keys(), rootOf);
  const found = [...members.values()]
    .filter(({ length }) => length > 1)
    .map((indices) => indices.flatMap((index) => inOrder[index] ?? []))
    .filter((group) => new Set(group.map(alertIdOf)).size > 1);
  if (inOrder.every(({ of }) => of === undefined)) return found;
  yield;
  return withoutRepeats(found, { longestMs, most });
}

interface Group {
  sightings: readonly Sighting[];
  readonly alerts: ReadonlySet<string>;
}

/**
 * Every run of a build may do the same few things and join the same few alerts: that is one incident, and not one for each run. A group of
 * nothing but findings that joined goes to one that has all of its alerts, of several to the one with the fewest.
 */
function withoutRepeats(
  groups: readonly (readonly Sighting[])[],
  { longestMs, most }: Pick<GatherSetting, 'longestMs' | 'most'>,
): readonly (readonly Sighting[])[] {
  const kept: Group[] = [];
  const byAlert = new Map<string, Group[]>();
  const largestFirst = groups
    .map((sightings): Group => ({ sightings, alerts: new Set(sightings.map(alertIdOf)) }))
    .sort((a, b) => b.alerts.size - a.alerts.size);
  for (const group of largestFirst) {
    const { sightings, alerts } = group;
    const [alert = ''] = alerts;
    const into = sightings.every(({ of }) => of !== undefined)
      ? (byAlert.get(alert) ?? [])
          .filter(
            (one) => isPart(alerts, one.alerts) && spanOf([...one.sightings, ...sightings]) <= longestMs,
          )
          .sort((a, b) => a.alerts.size - b.alerts.size)[0]
      : undefined;
    if (into !== undefined) {
      // Of one that is full nothing is lost by leaving out what says the same again.
      if (into.sightings.length + sightings.length <= most)
        into.sightings = [...into.sightings, ...sightings].sort(byTime);
      continue;
    }
    kept.push(group);
    for (const id of alerts) {
      const some = byAlert.get(id);
      if (some === undefined) byAlert.set(id, [group]);
      else some.push(group);
    }
  }
  return kept.map(({ sightings }) => sightings).sort(byFirst);
}

function isPart(some: ReadonlySet<string>, all: ReadonlySet<string>): boolean {
  return [...some].every((one) => all.has(one));
}

function spanOf(sightings: readonly Sighting[]): number {
  const times = sightings.map(({ time }) => time);
  return Math.max(...times) - Math.min(...times);
}

function byFirst([a]: readonly Sighting[], [b]: readonly Sighting[]): number {
  return a === undefined || b === undefined ? 0 : byTime(a, b);
}

function byTime(a: Sighting, b: Sighting): number {
  return a.time - b.time || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
