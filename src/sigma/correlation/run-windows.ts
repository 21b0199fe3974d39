import { textBytes } from '../../event/text-bytes.ts';
import { member as memberOf, text } from '../../event/json.ts';
import { bytesOf, Queue, weightOf, type Entry, type Held } from './entry.ts';
import { groupBytes } from './load.ts';
import type { WindowTest } from './measure.ts';
import type { Measure } from './window-measure.ts';
import type { Part } from './read-fields.ts';
import { Recent } from './recent.ts';
import { groupKeys, leastId, valuesOfKey, type Outcome, type Runner, type RunnerContext } from './runner.ts';
import type { GroupKey } from './group-key.ts';

interface Group {
  readonly key: string;
  readonly values: readonly string[];
  readonly held: Queue<Held>;
  readonly measure: Measure;
  weight: number;
  last: number;
  /** Judged at once: when it last held. It is told again only after a time span in which it did not. */
  heldAt: number | undefined;
  /** Judged at the end: when the window began, and the least id of that instant. */
  anchor: number;
  anchorId: string;
}

function ownBytes({ key, values }: Group): number {
  return groupBytes + textBytes(key) + values.reduce((sum, value) => sum + textBytes(value), 0);
}

/** Correlations that measure the entries of a group in a window of time. */
export function runWindows(test: WindowTest, context: RunnerContext): Runner {
  const { linked, limits, load, counters, keep } = context;
  const { timespan } = linked.correlation;
  const atEnd = test.judged === 'at-end';
  const reach = test.spans * timespan;
  const leastOfGroup = 2 * Math.ceil(test.largest) + 2;
  const mostOfGroup = Math.max(limits.entriesOfGroup, leastOfGroup);
  const most = Math.max(limits.entries, mostOfGroup);
  const groups = new Recent<Group>();
  const touched = new Set<Group>();
  /** When groups last held, while kept state is put back. */
  const wasHeldAt = new Map<string, number>();
  let weight = 0;

  function drop(group: Group): void {
    for (let held = group.held.shift(); held !== undefined; held = group.held.shift()) {
      load.add(-bytesOf(held));
      context.release(held.entry);
    }
    load.add(-ownBytes(group));
    weight -= group.weight;
    groups.delete(group.key);
    touched.delete(group);
    if (atEnd || group.heldAt !== undefined) keep(group.key, undefined, undefined);
  }

  function shift(group: Group): void {
    const oldest = group.held.shift();
    if (oldest === undefined) return;
    group.measure.remove(oldest);
    group.weight -= weightOf(oldest);
    weight -= weightOf(oldest);
    load.add(-bytesOf(oldest));
    context.release(oldest.entry);
  }

  function create({ key, values }: Pick<GroupKey, 'key' | 'values'>, time: number, id: string): Group {
    const group: Group = {
      key,
      values,
      held: new Queue(),
      measure: test.createMeasure(),
      weight: 0,
      last: time,
      heldAt: undefined,
      anchor: time,
      anchorId: id,
    };
    groups.add(key, group);
    load.add(ownBytes(group));
    while (groups.size > limits.groups && groups.oldest !== undefined && groups.oldest !== group)
      evict(groups.oldest);
    return group;
  }

  function evict(group: Group): void {
    counters.evictedGroups++;
    counters.evictedEntries += group.held.length;
    drop(group);
  }

  function isTooMuch(): boolean {
    return weight > most || load.isTooMuch();
  }

  function insert(group: Group, held: Held): void {
    group.held.push(held);
    group.measure.add(held);
    group.weight += weightOf(held);
    weight += weightOf(held);
    load.add(bytesOf(held));
    context.hold(held.entry);
    while (group.held.length > 1 && group.weight > mostOfGroup) {
      counters.evictedEntries++;
      shift(group);
    }
    while (isTooMuch()) {
      const { oldest } = groups;
      if (oldest === undefined || oldest === group) break;
      evict(oldest);
    }
    // Alone and still too large: it keeps at least what its condition asks for.
    while (group.held.length > 1 && group.weight > leastOfGroup && load.isTooMuch()) {
      counters.evictedEntries++;
      shift(group);
    }
  }

  function trim(group: Group, time: number): void {
    if (atEnd) return;
    for (
      let oldest = group.held.first;
      oldest !== undefined && oldest.entry.time < time - reach;
      oldest = group.held.first
    )
      shift(group);
    if (group.heldAt === undefined || group.heldAt >= time - timespan) return;
    group.heldAt = undefined;
    keep(group.key, undefined, undefined);
  }

  function keepAnchor({ key, anchor, anchorId }: Group): void {
    keep(key, undefined, { anchor, id: anchorId });
  }

  function partsOf(entry: Entry, members: readonly number[]): readonly Part[] {
    const known = entry.read?.parts.get(linked);
    if (known?.members === members) return known.all;
    const all: Part[] = [];
    for (const group of groupKeys(linked, entry, members)) {
      const data = test.dataOf(entry, group.members);
      if (data !== undefined) all.push({ group, data });
    }
    entry.read?.parts.set(linked, { members, all });
    return all;
  }

  function outcomeOf(group: Group, value: number, start: number, end: number, eventId: string): Outcome {
    const entries = group.held
      .list()
      .map(({ entry }) => entry)
      .filter(({ time }) => time >= start);
    const note = group.measure.note?.();
    return {
      key: group.key,
      groupValues: group.values,
      value,
      notes: note === undefined ? [] : [note],
      start: entries[0]?.time ?? start,
      end,
      entries,
      eventId,
    };
  }

  function judgeAtOnce(group: Group, time: number): Outcome | undefined {
    const value = group.measure.value(time, time - timespan);
    if (!test.holds(value)) return undefined;
    const goesOn = group.heldAt !== undefined && group.heldAt >= time - timespan;
    group.heldAt = time;
    keep(group.key, undefined, { heldAt: time });
    if (goesOn) return undefined;
    const newest = group.held.list().map(({ entry }) => entry);
    return outcomeOf(group, value ?? 0, time - timespan, time, leastId(newest, time));
  }

  function judgeAtEnd(group: Group, end: number): Outcome | undefined {
    const value = group.measure.value(end, group.anchor);
    const outcome = test.holds(value)
      ? outcomeOf(group, value ?? 0, group.anchor, end, group.anchorId)
      : undefined;
    drop(group);
    return outcome;
  }

  return {
    take: (entry, members) => {
      const all = partsOf(entry, members);
      if (all.length === 0) counters.incomplete++;
      for (const { group: key, data } of all) {
        const group = groups.get(key.key) ?? create(key, entry.time, entry.id);
        trim(group, entry.time);
        // Judged at the end, they stay in the order in which they began, which is that of their ends: all windows are as long.
        if (!atEnd) groups.touch(group.key);
        group.last = entry.time;
        insert(group, { entry, members: key.members, data });
        touched.add(group);
        if (!atEnd || entry.time !== group.anchor) continue;
        if (entry.id < group.anchorId) group.anchorId = entry.id;
        keepAnchor(group);
      }
    },
    settle: (time) => {
      const outcomes: Outcome[] = [];
      const tell = (outcome: Outcome | undefined) => {
        if (outcome !== undefined) outcomes.push(outcome);
      };
      if (!atEnd) for (const group of touched) tell(judgeAtOnce(group, time));
      touched.clear();
      for (let oldest = groups.oldest; oldest !== undefined; oldest = groups.oldest) {
        if (atEnd && oldest.anchor + timespan <= time) tell(judgeAtEnd(oldest, oldest.anchor + timespan));
        else if (!atEnd && oldest.last < time - reach) drop(oldest);
        else break;
      }
      return outcomes;
    },
    ...(atEnd && {
      nextDeadline: () =>
        groups.oldest === undefined ? Number.POSITIVE_INFINITY : groups.oldest.anchor + timespan,
    }),
    restoreGroups: (rows) => {
      const begun = rows.flatMap(({ group: key, json }) => {
        const heldAt = memberOf(json, 'heldAt');
        if (typeof heldAt === 'number') wasHeldAt.set(key, heldAt);
        const anchor = memberOf(json, 'anchor');
        return typeof anchor === 'number' ? [{ key, anchor, id: text(json, 'id') ?? '' }] : [];
      });
      for (const { key, anchor, id } of begun.sort((a, b) => a.anchor - b.anchor))
        create({ key, values: valuesOfKey(key) }, anchor, id);
    },
    restore: (entry, members) => {
      for (const { group: key, data } of partsOf(entry, members)) {
        const known = groups.get(key.key);
        // Of a window that has been judged nothing is left, though another correlation may still hold the entry.
        if (atEnd && (known === undefined || entry.time < known.anchor)) continue;
        const group = known ?? create(key, entry.time, entry.id);
        if (!atEnd) groups.touch(group.key);
        group.last = entry.time;
        group.heldAt = wasHeldAt.get(group.key);
        insert(group, { entry, members: key.members, data });
      }
    },
    restored: () => {
      for (const key of wasHeldAt.keys()) if (groups.get(key) === undefined) keep(key, undefined, undefined);
      wasHeldAt.clear();
    },
  };
}
