import type { Json } from '../../event/json.ts';
import type { Correlation } from './correlation.ts';
import { fieldsOf, type Entry, type FieldsOfEntry } from './entry.ts';
import type { GroupKey } from './group-key.ts';
import type { LinkedCorrelation, Member } from './link.ts';
import type { Load } from './load.ts';
import { fieldIn, valuesOf, type FieldValues } from './match.ts';
import { joinedText } from './scalars.ts';

/** What one correlation makes of the entries that it is given. Time only goes forward, one instant after the other. */
export interface Runner {
  /** Takes an entry of the present instant. */
  readonly take: (entry: Entry, members: readonly number[]) => void;
  /** Judges the present instant, when everything of it has been taken. */
  readonly settle: (time: number) => readonly Outcome[];
  /** The next instant at which something is to be judged even if nothing happens; infinite where there is none. Left out where there never is. */
  readonly nextDeadline?: () => number;
  /** Kept state is put back in three steps: first what is kept of groups, */
  readonly restoreGroups: (rows: readonly GroupRow[]) => void;
  /** then the entries that were taken, in the order of time, */
  readonly restore: (entry: Entry, members: readonly number[]) => void;
  /** and at last this. Everything before `mark` has been judged. */
  readonly restored: (mark: number) => void;
}

/** A row about one group, and for correlations that remember values, about one value in it. */
export interface GroupRow {
  readonly group: string;
  readonly value: string | undefined;
  readonly json: Json;
}

export interface Outcome {
  readonly key: string;
  readonly groupValues: readonly string[];
  readonly value: number;
  /** Values that tell more than the number: the new ones, or what changed into what. */
  readonly notes: readonly string[];
  readonly start: number;
  readonly end: number;
  readonly entries: readonly Entry[];
  /** The entry by which this finding is known: the same whenever the same input is read. */
  readonly eventId: string;
}

/** Where a runner's groups report to. */
export interface RunnerContext {
  readonly linked: LinkedCorrelation;
  readonly limits: Limits;
  readonly load: Load;
  readonly counters: RunnerCounters;
  readonly hold: (entry: Entry) => void;
  readonly release: (entry: Entry) => void;
  /** Keeps a row, or drops it where there is no value. */
  readonly keep: (group: string, value: string | undefined, json: Json | undefined) => void;
}

export interface Limits {
  /** Groups of one correlation. */
  readonly groups: number;
  /** Entries of one group, and values that are remembered of one. */
  readonly entriesOfGroup: number;
  /** Entries and values of all groups of one correlation. */
  readonly entries: number;
  /** Memory that all groups of all correlations take, about; what is held by several counts for each. */
  readonly bytes: number;
}

export interface RunnerCounters {
  /** Matches without a field to group by, or without the value that is measured. */
  incomplete: number;
  evictedGroups: number;
  evictedEntries: number;
}

/**
 * The groups that an entry belongs to. There are several only where it matches several rules whose fields go by different names; none
 * where a field to group by is missing.
 */
export function groupKeys(
  { correlation, members }: LinkedCorrelation,
  entry: FieldsOfEntry,
  matched: readonly number[],
): readonly GroupKey[] {
  const fields = correlation.groupBy.length === 0 ? {} : fieldsOf(entry);
  const [only] = matched;
  if (matched.length === 1 && only !== undefined) {
    const values = groupValues(correlation, members[only], fields);
    return values === undefined ? [] : [{ key: JSON.stringify(values), values, members: matched }];
  }
  const found = new Map<string, { key: string; values: readonly string[]; members: number[] }>();
  for (const index of matched) {
    const values = groupValues(correlation, members[index], fields);
    if (values === undefined) continue;
    const key = JSON.stringify(values);
    const same = found.get(key);
    if (same === undefined) found.set(key, { key, values, members: [index] });
    else same.members.push(index);
  }
  return [...found.values()];
}

/** The values to group by of an entry that is a match of one member; undefined where one is missing. */
function groupValues(
  correlation: Correlation,
  member: Member | undefined,
  fields: FieldValues,
): readonly string[] | undefined {
  if (member === undefined) return undefined;
  const values: string[] = [];
  for (const field of correlation.groupBy) {
    const scalars = valuesOf(fields, fieldIn(correlation, member.name, field));
    if (scalars.length === 0) return undefined;
    values.push(joinedText(scalars));
  }
  return values;
}

/** What groupKeys made the key of. */
export function valuesOfKey(key: string): readonly string[] {
  return JSON.parse(key) as readonly string[];
}

/** The least id among the entries of one instant. */
export function leastId(entries: readonly Entry[], time: number): string {
  let least: string | undefined;
  for (const entry of entries)
    if (entry.time === time && (least === undefined || entry.id < least)) least = entry.id;
  return least ?? '';
}
