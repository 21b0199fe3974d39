import { textBytes } from '../../event/text-bytes.ts';
import { member as memberOf, text } from '../../event/json.ts';
import type { Entry } from './entry.ts';
import { isBefore } from './entry.ts';
import { groupBytes, objectBytes } from './load.ts';
import { textsOf } from './measure.ts';
import { Recent } from './recent.ts';
import { groupKeys, valuesOfKey, type Outcome, type Runner, type RunnerContext } from './runner.ts';
import { joinedText } from './scalars.ts';
import type { GroupKey } from './group-key.ts';

/** So many values are named in a finding. */
const mostNotes = 10;

/** Entries of one instant, and what they say. */
interface Said {
  readonly entry: Entry;
  readonly texts: readonly string[];
}

interface Group<S> {
  readonly key: string;
  readonly values: readonly string[];
  readonly said: Said[];
  last: number;
  readonly state: S;
}

/** The groups of correlations that remember values instead of entries, with what is the same for all of those. */
export function rememberedGroups<S>(
  fields: readonly string[],
  context: RunnerContext,
  own: { readonly create: (entryTime: number) => S; readonly forget: (group: Group<S>) => void },
) {
  const { linked, limits, load, counters } = context;
  const groups = new Recent<Group<S>>();
  const touched = new Set<Group<S>>();

  function drop(group: Group<S>): void {
    groups.delete(group.key);
    touched.delete(group);
    load.add(-groupBytes - textBytes(group.key));
    own.forget(group);
  }

  function create({ key, values }: Pick<GroupKey, 'key' | 'values'>, time: number): Group<S> {
    const group: Group<S> = { key, values, said: [], last: time, state: own.create(time) };
    groups.add(key, group);
    load.add(groupBytes + textBytes(key));
    evict(group);
    return group;
  }

  /** Lets go of groups where there are too many, or where they hold too much, but never of this one. */
  function evict(group: Group<S>): void {
    while (groups.size > limits.groups || load.isTooMuch()) {
      const { oldest } = groups;
      if (oldest === undefined || oldest === group) return;
      counters.evictedGroups++;
      drop(oldest);
    }
  }

  function forgetBefore(time: number): void {
    for (let oldest = groups.oldest; oldest !== undefined && oldest.last < time; oldest = groups.oldest)
      drop(oldest);
  }

  return {
    groups,
    create,
    evict,
    take: (entry: Entry, members: readonly number[]) => {
      let incomplete = true;
      // Before anything is added, so that what was forgotten begins anew.
      forgetBefore(entry.time - linked.correlation.timespan);
      for (const key of groupKeys(linked, entry, members)) {
        const texts = textsOf(linked, entry, key.members, fields);
        if (texts === undefined) continue;
        incomplete = false;
        const group = groups.get(key.key) ?? create(key, entry.time);
        groups.touch(group.key);
        group.last = entry.time;
        group.said.push({ entry, texts });
        touched.add(group);
      }
      if (incomplete) counters.incomplete++;
    },
    /** What the groups have to say of the present instant, each in the order of its entries. */
    judge: (judge: (group: Group<S>, said: readonly Said[]) => Outcome | undefined) => {
      const outcomes: Outcome[] = [];
      for (const group of touched) {
        const said = group.said.splice(0).sort((a, b) => (isBefore(a.entry, b.entry) ? -1 : 1));
        const outcome = judge(group, said);
        if (outcome !== undefined) outcomes.push(outcome);
      }
      touched.clear();
      return outcomes;
    },
  };
}

/** Tells of values that a group has not had within the time span, once it has learnt for as long as is wanted. */
export function runNewValue(fields: readonly string[], learning: number, context: RunnerContext): Runner {
  const { linked, limits, load, counters, keep } = context;
  const { timespan } = linked.correlation;
  interface Value {
    readonly text: string;
    last: number;
  }
  interface State {
    first: number;
    readonly seen: Recent<Value>;
  }
  const { groups, create, evict, take, judge } = rememberedGroups<State>(fields, context, {
    create: (time) => ({ first: time, seen: new Recent() }),
    forget: (group) => {
      for (let oldest = group.state.seen.oldest; oldest !== undefined; oldest = group.state.seen.oldest)
        forget(group, oldest);
      keep(group.key, undefined, undefined);
    },
  });

  function forget({ key, state }: Group<State>, { text }: Value): void {
    state.seen.delete(text);
    load.add(-objectBytes - textBytes(text));
    keep(key, text, undefined);
  }

  function remember(group: Group<State>, text: string, time: number): void {
    const { seen } = group.state;
    const known = seen.get(text);
    if (known === undefined) {
      seen.add(text, { text, last: time });
      load.add(objectBytes + textBytes(text));
      evict(group);
    } else known.last = time;
    seen.touch(text);
    while (seen.size > limits.entriesOfGroup || (seen.size > 1 && load.isTooMuch())) {
      if (seen.oldest === undefined) break;
      counters.evictedEntries++;
      forget(group, seen.oldest);
    }
  }

  function judgeGroup(group: Group<State>, said: readonly Said[]): Outcome | undefined {
    const time = said[0]?.entry.time ?? 0;
    const { state } = group;
    if (state.first === time) keep(group.key, undefined, { first: time });
    for (
      let oldest = state.seen.oldest;
      oldest !== undefined && oldest.last < time - timespan;
      oldest = state.seen.oldest
    )
      forget(group, oldest);
    const fresh = said
      .map(({ entry, texts }) => ({
        entry,
        texts: texts.filter((text) => state.seen.get(text) === undefined),
      }))
      .filter(({ texts }) => texts.length > 0);
    for (const { texts } of said)
      for (const text of texts) {
        remember(group, text, time);
        keep(group.key, text, { last: time });
      }
    const [first] = fresh;
    if (first === undefined || time < state.first + learning) return undefined;
    const values = [...new Set(fresh.flatMap(({ texts }) => texts))];
    return {
      key: group.key,
      groupValues: group.values,
      value: values.length,
      notes: values.sort().slice(0, mostNotes),
      start: time,
      end: time,
      entries: fresh.map(({ entry }) => entry),
      eventId: first.entry.id,
    };
  }

  return {
    take,
    settle: () => judge(judgeGroup),
    restoreGroups: (rows) => {
      const times = (value: (typeof rows)[number], name: string) => Number(memberOf(value.json, name));
      for (const row of rows) {
        if (row.value !== undefined) continue;
        create({ key: row.group, values: valuesOfKey(row.group) }, times(row, 'first'));
      }
      const values = rows.filter(({ value }) => value !== undefined);
      for (const row of values.sort((a, b) => times(a, 'last') - times(b, 'last'))) {
        const group = groups.get(row.group);
        if (group === undefined || row.value === undefined) continue;
        groups.touch(group.key);
        group.last = times(row, 'last');
        remember(group, row.value, group.last);
      }
    },
    restore: () => {},
    restored: () => {},
  };
}

/** Tells when a group's value is another than it was, unless that was longer ago than the time span. */
export function runChange(field: string, context: RunnerContext): Runner {
  const { keep } = context;
  interface State {
    value: string | undefined;
  }
  const { groups, create, take, judge } = rememberedGroups<State>([field], context, {
    create: () => ({ value: undefined }),
    forget: ({ key }) => keep(key, undefined, undefined),
  });

  function judgeGroup(group: Group<State>, said: readonly Said[]): Outcome | undefined {
    const time = said[0]?.entry.time ?? 0;
    const path: string[] = group.state.value === undefined ? [] : [group.state.value];
    const changes: Entry[] = [];
    for (const { entry, texts } of said) {
      const value = joinedText(texts.toSorted());
      if (value === path.at(-1)) continue;
      if (path.length > 0) changes.push(entry);
      path.push(value);
    }
    group.state.value = path.at(-1);
    keep(group.key, undefined, { value: group.state.value ?? '', last: time });
    const [first] = changes;
    if (first === undefined) return undefined;
    return {
      key: group.key,
      groupValues: group.values,
      value: changes.length,
      notes: path.slice(0, mostNotes),
      start: time,
      end: time,
      entries: changes,
      eventId: first.id,
    };
  }

  return {
    take,
    settle: () => judge(judgeGroup),
    restoreGroups: (rows) => {
      const states = rows.map(({ group, json }) => ({
        group,
        last: Number(memberOf(json, 'last')),
        value: text(json, 'value') ?? '',
      }));
      for (const { group: key, last, value } of states.sort((a, b) => a.last - b.last)) {
        const group = groups.get(key) ?? create({ key, values: valuesOfKey(key) }, last);
        group.state.value = value;
      }
    },
    restore: () => {},
    restored: () => {},
  };
}
