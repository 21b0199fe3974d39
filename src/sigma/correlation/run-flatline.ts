import { textBytes } from '../../event/text-bytes.ts';
import { bytesOf, Queue, type Entry, type Held } from './entry.ts';
import { createHeap } from './heap.ts';
import { groupBytes } from './load.ts';
import { Recent } from './recent.ts';
import type { GroupKey } from './group-key.ts';
import { groupKeys, type Outcome, type Runner, type RunnerContext } from './runner.ts';

interface Group {
  readonly key: string;
  readonly values: readonly string[];
  /** The newest entries, no more than must be there. */
  readonly held: Queue<Held>;
  /** Whether there were enough when it was last judged, so that too few is news. */
  armed: boolean;
  last: number;
}

interface Alarm {
  readonly at: number;
  readonly group: Group;
}

/** Tells of groups that have had `below` entries within the time span, at the instant at which they no longer have. */
export function runFlatline(below: number, context: RunnerContext): Runner {
  const { linked, limits, load, counters } = context;
  const { timespan } = linked.correlation;
  const groups = new Recent<Group>();
  const touched = new Set<Group>();
  let alarms = createHeap<Alarm>((a, b) => a.at < b.at);

  function drop(group: Group): void {
    while (group.held.length > 0) release(group);
    load.add(-groupBytes - textBytes(group.key));
    group.armed = false;
    groups.delete(group.key);
    touched.delete(group);
  }

  function create({ key, values }: GroupKey): Group {
    const group: Group = { key, values, held: new Queue(), armed: false, last: 0 };
    groups.add(key, group);
    load.add(groupBytes + textBytes(key));
    evict(group);
    return group;
  }

  /** Lets go of groups where there are too many, or where they hold too much, but never of this one. */
  function evict(group: Group): void {
    while (groups.size > limits.groups || load.isTooMuch()) {
      const { oldest } = groups;
      if (oldest === undefined || oldest === group) return;
      counters.evictedGroups++;
      counters.evictedEntries += oldest.held.length;
      drop(oldest);
    }
  }

  function insert(entry: Entry, members: readonly number[]): void {
    const keys = groupKeys(linked, entry, members);
    if (keys.length === 0) counters.incomplete++;
    for (const key of keys) {
      const group = groups.get(key.key) ?? create(key);
      groups.touch(group.key);
      group.last = entry.time;
      const held = { entry, members: key.members, data: [] };
      group.held.push(held);
      load.add(bytesOf(held));
      context.hold(entry);
      if (group.held.length > below) release(group);
      evict(group);
      touched.add(group);
    }
  }

  function release(group: Group): void {
    const oldest = group.held.shift();
    if (oldest === undefined) return;
    load.add(-bytesOf(oldest));
    context.release(oldest.entry);
  }

  /** When there will be too few, if nothing comes. */
  function fallOf(group: Group): number {
    const oldest = group.held.first;
    return oldest === undefined ? Number.POSITIVE_INFINITY : oldest.entry.time + timespan;
  }

  function arm(group: Group, time: number): void {
    if (group.armed || group.held.length < below || fallOf(group) <= time) return;
    group.armed = true;
    alarms.push({ at: fallOf(group), group });
    if (alarms.size() <= 2 * groups.size + 1_000) return;
    // Alarms of groups that were evicted would pile up while time stands still.
    const all = alarms;
    alarms = createHeap<Alarm>((a, b) => a.at < b.at);
    for (let alarm = all.pop(); alarm !== undefined; alarm = all.pop())
      if (alarm.group.armed) alarms.push(alarm);
  }

  function fall(group: Group, time: number): Outcome {
    const entries = group.held.list().map(({ entry }) => entry);
    group.armed = false;
    while (group.held.first !== undefined && group.held.first.entry.time <= time - timespan) release(group);
    return {
      key: group.key,
      groupValues: group.values,
      value: group.held.length,
      notes: [],
      start: time - timespan,
      end: time,
      entries,
      eventId: entries.at(-1)?.id ?? '',
    };
  }

  return {
    take: insert,
    settle: (time) => {
      const outcomes: Outcome[] = [];
      for (let next = alarms.first(); next !== undefined && next.at <= time; next = alarms.first()) {
        alarms.pop();
        const { group } = next;
        if (!group.armed) continue;
        if (fallOf(group) > time) alarms.push({ at: fallOf(group), group });
        else outcomes.push(fall(group, time));
      }
      for (const group of touched) arm(group, time);
      touched.clear();
      for (
        let oldest = groups.oldest;
        oldest !== undefined && oldest.last <= time - timespan && !oldest.armed;
        oldest = groups.oldest
      )
        drop(oldest);
      return outcomes;
    },
    nextDeadline: () => alarms.first()?.at ?? Number.POSITIVE_INFINITY,
    restoreGroups: () => {},
    restore: insert,
    restored: (mark) => {
      // What was to fall before the mark has fallen. One that falls at it is still to come.
      for (const group of touched) if (fallOf(group) >= mark) arm(group, Number.NEGATIVE_INFINITY);
      touched.clear();
    },
  };
}
