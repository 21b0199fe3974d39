import {
  isJsonObject,
  isList,
  list,
  member,
  object,
  text,
  type Json,
  type JsonObject,
} from '../../event/json.ts';
import { fieldsOf, newEntry, packFields, type Entry, type EvidenceItem } from './entry.ts';
import type { FieldValues } from './match.ts';
import { digest, type Scalar } from './scalars.ts';

/** One row of kept state: what correlations need to go on after a restart is a set of these. */
export interface StateRow {
  /** At most 150 characters of ASCII. */
  readonly key: string;
  /** Plain JSON. */
  readonly value: Json;
}

/** What has changed since the state was last kept; rows without a value are to be deleted. */
export type StateChange = StateRow | { readonly key: string; readonly value: undefined };

/** Gathers changes, so that they can be kept together with what they lead to. */
export interface Journal {
  readonly set: (key: string, value: Json | undefined) => void;
  readonly take: () => readonly StateChange[];
}

export function createJournal(): Journal {
  let changes = new Map<string, Json | undefined>();
  return {
    set: (key, value) => void changes.set(key, value),
    take: () => {
      const taken = [...changes].map(([key, value]) => ({ key, value }));
      changes = new Map();
      return taken;
    },
  };
}

/** Of everything that is not an entry or a group. */
export const metaKey = 'meta';

/** Of the hashes of the correlations, which hardly ever change: a row of their own, because the other is written with every change. */
export const hashesKey = 'meta/hashes';

/** Whether a key is of correlations: a store keeps the state of other things beside theirs. */
export function isCorrelationKey(key: string): boolean {
  return key === metaKey || key === hashesKey || key.startsWith('entry/') || key.startsWith('group/');
}

export interface Meta {
  /** The latest time that is known to have come. */
  readonly clock: number;
  /** Everything before it has been judged. */
  readonly mark: number;
  /** Hashes of the correlations whose state this is. */
  readonly hashes: readonly string[];
}

const version = 1;

export function metaRow({ clock, mark }: Pick<Meta, 'clock' | 'mark'>): Json {
  return { version, clock, mark };
}

export function hashesRow(hashes: readonly string[]): Json {
  return { hashes };
}

/** Undefined where the state is of another version, or of none. */
export function readMeta(rows: readonly StateRow[]): Meta | undefined {
  const row = rows.find(({ key }) => key === metaKey);
  const clock = member(row?.value, 'clock');
  const mark = member(row?.value, 'mark');
  if (member(row?.value, 'version') !== version || typeof clock !== 'number' || typeof mark !== 'number')
    return undefined;
  // They were in this row once, which is then the younger one.
  const isWhole = member(row?.value, 'hashes') !== undefined;
  const hashes = isWhole ? row : rows.find(({ key }) => key === hashesKey);
  return { clock, mark, hashes: textsIn(hashes?.value ?? null, 'hashes') };
}

/**
 * The key of the row of an entry, one after the other: rows that are written together lie together, and so do those that go together. A
 * database that keeps them in the order of their keys would otherwise write a page for each.
 */
export function entryKey(number: number): string {
  return `entry/${number.toString(36).padStart(numberLength, '0')}`;
}

/** The number that a key was made of; 0 where it was made of none. */
export function entryNumber(key: string): number {
  const number = key.slice('entry/'.length);
  return number.length === numberLength ? parseInt(number, 36) : 0;
}

const numberLength = 10;

export function entryRow(entry: Entry): Json {
  const { time, id, sources, evidence, behind, total } = entry;
  const more = behind === undefined ? { evidence } : { behind: behind.map(evidenceRow) };
  return { time, id, sources, fields: fieldsOf(entry), total, ...more };
}

function evidenceRow({ id, time, rules, event }: EvidenceItem): JsonObject {
  return { id, time, rules, event };
}

/** Undefined where the row is no entry. */
export function readEntry({ key, value }: StateRow): Entry | undefined {
  const time = member(value, 'time');
  const id = text(value, 'id');
  const total = member(value, 'total');
  if (!key.startsWith('entry/') || typeof time !== 'number' || id === undefined) return undefined;
  const entry = newEntry({
    time,
    id,
    sources: textsIn(value, 'sources'),
    fields: packFields(readFields(object(value, 'fields'))),
    evidence: text(value, 'evidence') ?? '',
    behind: member(value, 'behind') === undefined ? undefined : list(value, 'behind').flatMap(readEvidence),
    total: typeof total === 'number' ? total : 1,
  });
  entry.key = key;
  return entry;
}

function readEvidence(value: Json): readonly EvidenceItem[] {
  const time = member(value, 'time');
  const id = text(value, 'id');
  if (typeof time !== 'number' || id === undefined) return [];
  return [{ id, time, rules: textsIn(value, 'rules'), event: text(value, 'event') ?? '' }];
}

function textsIn(value: Json, key: string): readonly string[] {
  return list(value, key).filter((one) => typeof one === 'string');
}

function readFields(fields: JsonObject | undefined): FieldValues {
  const entries = Object.entries(fields ?? {}).map(([name, values]): [string, readonly Scalar[]] => [
    name,
    isList(values) ? values.filter((one) => typeof one === 'string' || typeof one === 'number') : [],
  ]);
  return Object.fromEntries(entries);
}

/** The row of a group, or of one value in it. */
export function groupRowKey(hash: string, group: string, value: string | undefined): string {
  const end = value === undefined ? '' : `/${digest(value).slice(0, 32)}`;
  return `group/${hash}/${digest(group).slice(0, 32)}${end}`;
}

export function groupRow(group: string, value: string | undefined, json: Json): Json {
  return { group, ...(value === undefined ? {} : { value }), json };
}

/** Undefined where the row is no group. */
export function readGroup(
  row: StateRow,
):
  | { readonly hash: string; readonly group: string; readonly value: string | undefined; readonly json: Json }
  | undefined {
  const [kind, hash] = row.key.split('/');
  const group = member(row.value, 'group');
  const json = member(row.value, 'json');
  if (kind !== 'group' || hash === undefined || typeof group !== 'string' || !isJsonObject(json))
    return undefined;
  const value = member(row.value, 'value');
  return { hash, group, value: typeof value === 'string' ? value : undefined, json };
}
