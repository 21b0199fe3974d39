import { textBytes } from '../../event/text-bytes.ts';
import { objectBytes, scalarBytes } from './load.ts';
import type { FieldValues } from './match.ts';
import type { ReadFields } from './read-fields.ts';
import type { Scalar } from './scalars.ts';

/** One event behind a finding. */
export interface EvidenceItem {
  readonly id: string;
  readonly time: number;
  /** Ids of the rules that the event matched. */
  readonly rules: readonly string[];
  /** The match's evidence. */
  readonly event: string;
}

/** What correlations work on: an event that matched, or the finding of another correlation. Shared by all that hold it. */
export interface Entry {
  readonly time: number;
  readonly id: string;
  /** Ids of the rules, or of the one correlation, that this is a match of. */
  readonly sources: readonly string[];
  /** What `packFields` made: as a text they take half the memory, and hold nothing of a large record that they were cut out of. */
  readonly fields: string;
  /** Of an event. */
  readonly evidence: string;
  /** Of a finding: the newest of the events behind it. */
  readonly behind: readonly EvidenceItem[] | undefined;
  /** How many events are behind it, those included that are not listed. */
  readonly total: number;
  /** Memory that it takes, about. */
  readonly bytes: number;
  /** How many places hold it; its kept row goes with the last of them. */
  holders: number;
  /** Of its kept row; undefined until it has one. */
  key: string | undefined;
  /** What `fields` says, while the instant of the entry is judged: all correlations that take it ask for that. */
  read: ReadFields | undefined;
}

/** What groups and values are found by: what follows from these is remembered for all entries that say the same. */
export type FieldsOfEntry = Pick<Entry, 'fields' | 'read'>;

export function packFields(fields: FieldValues): string {
  return JSON.stringify(fields);
}

export function fieldsOf({ fields, read }: FieldsOfEntry): FieldValues {
  return read?.values ?? (JSON.parse(fields) as FieldValues);
}

/** An entry that nobody holds yet. */
export function newEntry(parts: Omit<Entry, 'bytes' | 'holders' | 'key' | 'read'>): Entry {
  const { id, fields, evidence, behind = [] } = parts;
  let bytes = objectBytes + textBytes(id) + textBytes(fields) + textBytes(evidence);
  for (const item of behind) bytes += objectBytes + textBytes(item.id) + textBytes(item.event);
  return { ...parts, bytes, holders: 0, key: undefined, read: undefined };
}

/** The newest of the events behind an entry; the event itself where it is one. */
export function evidenceOf({ behind, id, time, sources, evidence }: Entry): readonly EvidenceItem[] {
  return behind ?? [{ id, time, rules: sources, event: evidence }];
}

/** An entry in one group of one correlation. */
export interface Held {
  readonly entry: Entry;
  /** Which members of the correlation it is a match of. */
  readonly members: readonly number[];
  /** What it adds to the measure: texts to count, or numbers. */
  readonly data: readonly Scalar[];
}

/** Memory that a group takes for it. */
export function bytesOf({ entry, data }: Held): number {
  return objectBytes + entry.bytes + scalarBytes(data);
}

/** What limits count: an entry, and each value that it brings. */
export function weightOf({ data }: Held): number {
  return 1 + data.length;
}

export function isBefore(a: Entry, b: Entry): boolean {
  return a.time < b.time || (a.time === b.time && a.id < b.id);
}

/** First in, first out, without moving the rest each time. */
export class Queue<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get first(): T | undefined {
    return this.#items[this.#head];
  }

  get last(): T | undefined {
    return this.length === 0 ? undefined : this.#items.at(-1);
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head > 256 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** From the oldest to the newest. */
  list(): readonly T[] {
    return this.#items.slice(this.#head) as T[];
  }
}
