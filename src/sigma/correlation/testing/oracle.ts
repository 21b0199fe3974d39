import type { Condition } from '../../rule.ts';
import type { Bounds, Correlation, CorrelationTest } from '../correlation.ts';
import type { LinkedCorrelation } from '../link.ts';
import type { FieldValues, Match } from '../match.ts';
import { digest } from '../scalars.ts';

export interface OracleFinding {
  readonly id: string;
  readonly correlation: string;
  readonly group: readonly string[];
  readonly time: number;
  readonly value: number;
  /** Ids, sorted. */
  readonly events: readonly string[];
}

/** A match, or the finding of another correlation. */
interface Entry {
  readonly time: number;
  readonly id: string;
  readonly sources: readonly string[];
  readonly fields: FieldValues;
  readonly events: readonly string[];
}

/** An entry in a group of a correlation. */
interface Item extends Entry {
  /** The members that it matches, by their place in `rules`. */
  readonly rules: readonly number[];
  /** The values of each field that the test names. */
  readonly values: readonly (readonly (string | number)[])[];
}

interface Verdict {
  readonly time: number;
  readonly value: number;
  readonly items: readonly Item[];
  /** The id of the entry that the finding is known by. */
  readonly known: string;
}

/**
 * What correlations mean, written down as plainly as possible: over all matches at once, sorted, each once, without windows that slide or
 * state that is carried along. Slow by design; the engine is held against it.
 */
export function oracleFindings(
  linked: readonly LinkedCorrelation[],
  matches: readonly Match[],
): readonly OracleFinding[] {
  const now = Math.max(...matches.map(({ time }) => time));
  const entries: Entry[] = matches
    .filter(({ id }, i) => matches.findIndex((other) => other.id === id) === i)
    .map(({ time, id, rules, fields }) => ({ time, id, sources: rules, fields, events: [id] }));
  const findings: OracleFinding[] = [];
  for (const one of linked) {
    const { correlation } = one;
    const found = groupsOf(one, entries.toSorted(inOrder)).flatMap(({ group, items }) =>
      verdictsOf(
        correlation,
        one.members.map(({ name }) => name),
        items,
        now,
      ).map((verdict) => ({
        finding: {
          id: digest(correlation.id, verdict.known, ...group).slice(0, 32),
          correlation: correlation.id,
          group,
          time: verdict.time,
          value: verdict.value,
          events: [...new Set(verdict.items.flatMap(({ events }) => events))].sort(),
        },
        last: verdict.items.toSorted(inOrder).at(-1),
      })),
    );
    for (const { finding, last } of found) {
      findings.push(finding);
      const { id, time, group, events } = finding;
      const own = correlation.groupBy.map((name, i): [string, string[]] => [name, [group[i] ?? '']]);
      const fields = Object.fromEntries([...Object.entries(last?.fields ?? {}), ...own]);
      entries.push({ time, id, sources: [correlation.id], fields, events });
    }
  }
  return findings;
}

function inOrder(a: Entry, b: Entry): number {
  return a.time - b.time || (a.id < b.id ? -1 : 1);
}

function groupsOf({ correlation, members }: LinkedCorrelation, entries: readonly Entry[]) {
  const groups: { group: readonly string[]; items: Item[] }[] = [];
  for (const entry of entries)
    for (const [rule, { id, name }] of members.entries()) {
      if (!entry.sources.includes(id)) continue;
      const group = correlation.groupBy.map((field) => textOf(valuesIn(correlation, entry, name, field)));
      if (!group.every((text) => text !== undefined)) continue;
      let same = groups.find((other) => JSON.stringify(other.group) === JSON.stringify(group));
      if (same === undefined) groups.push((same = { group, items: [] }));
      const before = same.items.findIndex((item) => item.id === entry.id);
      const known = same.items[before];
      const values = fieldsOf(correlation.test).map((field) => valuesIn(correlation, entry, name, field));
      if (known === undefined) same.items.push({ ...entry, rules: [rule], values });
      else same.items[before] = { ...known, rules: [...known.rules, rule] };
    }
  return groups;
}

function fieldsOf(test: CorrelationTest): readonly string[] {
  if ('fields' in test) return test.fields;
  return 'field' in test ? [test.field] : [];
}

function valuesIn({ aliases }: Correlation, entry: Entry, rule: string, field: string) {
  const alias = aliases.find(({ name }) => name === field)?.fields.find((one) => one.rule === rule);
  return entry.fields[alias?.field ?? field] ?? [];
}

function textOf(values: readonly (string | number)[]): string | undefined {
  if (values.length === 0) return undefined;
  return values.length === 1 ? String(values[0]) : JSON.stringify(values.map(String));
}

/** Each value of a single field, or the one combination of several; nothing where one is missing. */
function textsOf({ values }: Item): readonly string[] {
  const texts = values.map(textOf);
  if (!texts.every((text) => text !== undefined)) return [];
  return values.length === 1 ? (values[0] ?? []).map(String) : [JSON.stringify(texts)];
}

function numbersOf({ values }: Item): readonly number[] {
  return (values[0] ?? []).filter((value) => value !== '' && Number.isFinite(Number(value))).map(Number);
}

/** The place of an item as a vector of length one, where its two fields have one number each that is a place. */
function vectorOf({ values }: Item): readonly number[] | undefined {
  const [latitude, longitude] = values.map((of) => (of.length === 1 && of[0] !== '' ? Number(of[0]) : NaN));
  if (latitude === undefined || longitude === undefined) return undefined;
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return undefined;
  const [north, east] = [(latitude * Math.PI) / 180, (longitude * Math.PI) / 180];
  return [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)];
}

function angle(a: readonly number[] = [], b: readonly number[] = []): number {
  const half = Math.hypot(...a.map((one, i) => one - (b[i] ?? 0))) / 2;
  return 2 * Math.asin(Math.min(1, half));
}

function holdsFor(value: number | undefined, bounds: Bounds): boolean {
  if (value === undefined) return false;
  return bounds.every(({ operator, value: bound }) => {
    if (operator === 'gt') return value > bound;
    if (operator === 'gte') return value >= bound;
    if (operator === 'lt') return value < bound;
    if (operator === 'lte') return value <= bound;
    return operator === 'eq' ? value === bound : value !== bound;
  });
}

function verdictsOf(
  correlation: Correlation,
  names: readonly string[],
  items: readonly Item[],
  now: number,
): readonly Verdict[] {
  const { test, timespan } = correlation;
  const between = (from: number, to: number) => items.filter(({ time }) => time >= from && time <= to);
  switch (test.type) {
    case 'tocsin_flatline':
      return items.flatMap((item) => {
        const end = item.time + timespan;
        const before = items.filter(({ time }) => time >= end - timespan && time < end);
        const after = items.filter(({ time }) => time > end - timespan && time <= end);
        const first = items.find(({ time }) => time === item.time) === item;
        if (!first || end > now || before.length < test.below || after.length >= test.below) return [];
        const last = items.filter(({ time }) => time <= end).slice(-test.below);
        return [{ time: end, value: after.length, items: last, known: last.at(-1)?.id ?? '' }];
      });
    case 'tocsin_new_value':
      return instants(items.filter((item) => textsOf(item).length > 0)).flatMap(
        ([time, present, earlier]) => {
          const had = earlier.filter((one) => one.time >= time - timespan).flatMap(textsOf);
          const fresh = present.filter((item) => textsOf(item).some((text) => !had.includes(text)));
          const values = new Set(fresh.flatMap(textsOf).filter((text) => !had.includes(text)));
          // It has been learning since the first event of those that follow one another within the time span.
          let first = time;
          for (const { time: at } of earlier.toReversed()) if (at >= first - timespan) first = at;
          if (values.size === 0 || time < first + test.learning) return [];
          return [{ time, value: values.size, items: fresh, known: fresh[0]?.id ?? '' }];
        },
      );
    case 'tocsin_change': {
      const valued = items.filter((item) => textsOf(item).length > 0);
      const value = (item: Item) => JSON.stringify([...new Set(textsOf(item))].sort());
      return instants(valued).flatMap(([time, present, earlier]) => {
        const changed = present.filter((item, i) => {
          const before = i > 0 ? present[i - 1] : earlier.at(-1);
          return before !== undefined && before.time >= time - timespan && value(before) !== value(item);
        });
        if (changed.length === 0) return [];
        return [{ time, value: changed.length, items: changed, known: changed[0]?.id ?? '' }];
      });
    }
    case 'tocsin_travel': {
      const placed = items.filter((item) => vectorOf(item) !== undefined);
      return instants(placed).flatMap(([time, present, earlier]) => {
        const speeds = present.map((item, i) => {
          const before = i > 0 ? present[i - 1] : earlier.at(-1);
          if (before === undefined || before.time < time - timespan) return 0;
          const distance = angle(vectorOf(before), vectorOf(item)) * 6371.0088;
          const speed = distance / (Math.max(60_000, time - before.time) / 3_600_000);
          return distance >= test.minimum && holdsFor(speed, test.bounds) ? speed : 0;
        });
        const jumped = present.filter((_, i) => (speeds[i] ?? 0) > 0);
        if (jumped.length === 0) return [];
        const value = Math.round(Math.max(...speeds));
        return [{ time, value, items: jumped, known: jumped[0]?.id ?? '' }];
      });
    }
    default: {
      const used = items.filter((item) => isUsed(test, item));
      const among = (all: readonly Item[], end: number) => measure(test, names, timespan, all, end);
      const holds = (value: number | undefined) =>
        'bounds' in test ? holdsFor(value, test.bounds) : value === 1;
      if (isJudgedAtEnd(test)) {
        const verdicts: Verdict[] = [];
        for (let anchor = used[0]?.time; anchor !== undefined;) {
          const end = anchor + timespan;
          const window = used.filter(({ time }) => time >= (anchor ?? 0) && time <= end);
          const value = among(window, end);
          if (end <= now && holds(value))
            verdicts.push({ time: end, value: value ?? 0, items: window, known: window[0]?.id ?? '' });
          anchor = used.find(({ time }) => time > end)?.time;
        }
        return verdicts;
      }
      const heldAt: number[] = [];
      return instants(used).flatMap(([time, present, earlier]) => {
        const reach = test.type === 'tocsin_spike' ? 2 * timespan : timespan;
        const window = [...earlier.filter((one) => one.time >= time - reach), ...present];
        const value = among(window, time);
        if (!holds(value)) return [];
        const goesOn = heldAt.some((at) => at >= time - timespan);
        heldAt.push(time);
        if (goesOn) return [];
        const shown = between(time - timespan, time).filter((item) => used.includes(item));
        return [{ time, value: value ?? 0, items: shown, known: present[0]?.id ?? '' }];
      });
    }
  }
}

/** Each time at which something is, with what is there then and what was before. */
function instants(items: readonly Item[]): readonly (readonly [number, readonly Item[], readonly Item[]])[] {
  const times = [...new Set(items.map(({ time }) => time))];
  return times.map((at) => [
    at,
    items.filter(({ time }) => time === at),
    items.filter(({ time }) => time < at),
  ]);
}

function isUsed(test: CorrelationTest, item: Item): boolean {
  if (test.type === 'value_count' || (test.type === 'value_percentile' && test.percentile === undefined))
    return textsOf(item).length > 0;
  return test.type.startsWith('value_') ? numbersOf(item).length > 0 : true;
}

function isJudgedAtEnd(test: CorrelationTest): boolean {
  if (test.type === 'value_percentile' && test.percentile === undefined) return true;
  if ('expression' in test) return JSON.stringify(test.expression).includes('"not"');
  return 'bounds' in test && test.bounds.some(({ operator }) => !operator.startsWith('g'));
}

function measure(
  test: CorrelationTest,
  names: readonly string[],
  timespan: number,
  window: readonly Item[],
  end: number,
): number | undefined {
  const numbers = window.flatMap(numbersOf).sort((a, b) => a - b);
  const sum = numbers.reduce((all, one) => all + one, 0);
  const texts = window.flatMap((item) => [...new Set(textsOf(item))]);
  switch (test.type) {
    case 'event_count':
      return window.length;
    case 'value_count':
      return new Set(texts).size;
    case 'value_sum':
      return sum;
    case 'value_avg':
      return sum / numbers.length;
    case 'value_median': {
      const middle = numbers.slice((numbers.length - 1) >> 1, (numbers.length >> 1) + 1);
      return middle.reduce((all, one) => all + one, 0) / middle.length;
    }
    case 'value_percentile': {
      if (test.percentile !== undefined) {
        const { percentile } = test;
        return numbers.find((_, i) => (i + 1) / numbers.length >= percentile / 100);
      }
      const shares = texts.map((text) => (100 * texts.filter((one) => one === text).length) / texts.length);
      const least = test.bounds.some(({ operator }) => operator.startsWith('l'));
      return least ? Math.min(...shares) : Math.max(...shares);
    }
    case 'temporal': {
      const matched = (name: string) => window.some(({ rules }) => rules.includes(names.indexOf(name)));
      if ('bounds' in test) return names.filter(matched).length;
      return isTrue(test.expression, matched) ? 1 : 0;
    }
    case 'temporal_ordered': {
      if ('bounds' in test)
        return Math.max(
          ...sublists(names.map((_, i) => i)).map((list) => (isInOrder(list, window) ? list.length : 0)),
        );
      const absent = (rule: string) => !window.some(({ rules }) => rules.includes(names.indexOf(rule)));
      const ways = sequencesOf(test.expression).map((way) => way.map((name) => ({ name })));
      return ways.some(
        (way) =>
          way.every(({ name }) => !name.startsWith('!') || absent(name.slice(1))) &&
          isInOrder(
            way.filter(({ name }) => !name.startsWith('!')).map(({ name }) => names.indexOf(name)),
            window,
          ),
      )
        ? 1
        : 0;
    }
    case 'tocsin_spike': {
      const present = window.filter(({ time }) => time >= end - timespan).length;
      const past = window.length - present;
      return present < test.minimum || past < test.reference ? undefined : present / past;
    }
    case 'tocsin_percentage': {
      const whole = window.filter(({ rules }) => rules.includes(1)).length;
      return whole < test.minimum
        ? undefined
        : (100 * window.filter(({ rules }) => rules.includes(0)).length) / whole;
    }
    default:
      return undefined;
  }
}

function isTrue(condition: Condition, matched: (name: string) => boolean): boolean {
  switch (condition.type) {
    case 'detection':
      return matched(condition.name);
    case 'not':
      return !isTrue(condition.of, matched);
    case 'and':
      return condition.of.every((part) => isTrue(part, matched));
    case 'or':
      return condition.of.some((part) => isTrue(part, matched));
    case 'atLeast':
      return condition.of.filter((part) => isTrue(part, matched)).length >= condition.count;
  }
}

/** The ways in which an ordered condition can hold, as lists of names; those that must be absent begin with `!`. */
function sequencesOf(condition: Condition): readonly (readonly string[])[] {
  switch (condition.type) {
    case 'detection':
      return [[condition.name]];
    case 'not':
      if (condition.of.type !== 'detection') throw new Error('the oracle knows not of a name only');
      return [[`!${condition.of.name}`]];
    case 'or':
      return condition.of.flatMap(sequencesOf);
    case 'and': {
      let ways: readonly (readonly string[])[] = [[]];
      for (const part of condition.of) {
        const own = sequencesOf(part);
        ways = ways.flatMap((way) => own.map((more) => [...way, ...more]));
      }
      return ways;
    }
    case 'atLeast':
      throw new Error('the oracle knows no order of so many');
  }
}

function sublists(list: readonly number[]): readonly (readonly number[])[] {
  const [first, ...rest] = list;
  if (first === undefined) return [[]];
  return sublists(rest).flatMap((one) => [one, [first, ...one]]);
}

/** Whether the rules matched one after the other, or at the same time. */
function isInOrder(
  rules: readonly number[],
  window: readonly Item[],
  from = Number.NEGATIVE_INFINITY,
): boolean {
  const [first, ...rest] = rules;
  if (first === undefined) return true;
  return window.some(
    (item) => item.time >= from && item.rules.includes(first) && isInOrder(rest, window, item.time),
  );
}
