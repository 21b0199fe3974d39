import type { EventView } from '../compile.ts';
import type { Rule } from '../rule.ts';
import type { Correlation } from './correlation.ts';
import type { LinkedCorrelation } from './link.ts';
import { boundedText, scalarsOf, type Scalar } from './scalars.ts';

/** All that correlations need of an event that matched: plain data, which may be sent between threads and written as JSON. */
export interface Match {
  /** Event time, in milliseconds since the epoch. */
  readonly time: number;
  /** The event's own id, or what stands for a long one: the same event is counted once. */
  readonly id: string;
  /** Ids of the rules that it matched, those alone that a correlation refers to. */
  readonly rules: readonly string[];
  /** The values of the fields that correlations read, by the names of the event. */
  readonly fields: FieldValues;
  /** What a finding says of this event; nothing in it is looked at here. A text, because tens of thousands of them may wait. */
  readonly evidence: string;
}

export type FieldValues = Readonly<Record<string, readonly Scalar[]>>;

/** How correlations see an event of type E. */
export interface CorrelatedView<E> {
  readonly field: EventView<E>['field'];
  readonly time: (event: E) => number;
  readonly id: (event: E) => string;
  /** Of bounded size. */
  readonly evidence: (event: E) => string;
  /** Fields that are kept for this correlation's findings besides those that it works with. */
  readonly fieldsToShow: (correlation: Correlation) => readonly string[];
}

/**
 * Makes a function that takes an event with the rules that it matched, and gives what correlations need of it; undefined where no
 * correlation refers to any of the rules.
 */
export function createIntake<E>(
  linked: readonly LinkedCorrelation[],
  view: CorrelatedView<E>,
): (event: E, matched: readonly Rule[]) => Match | undefined {
  const wanted = fieldsByRule(linked, view.fieldsToShow);
  const readers = new Map(
    [...wanted].map(([rule, names]) => [rule, [...names].map((name) => ({ name, read: view.field(name) }))]),
  );
  return (event, matched) => {
    let rules: string[] | undefined;
    for (const { id } of matched) if (readers.has(id)) (rules ??= []).push(id);
    if (rules === undefined) return undefined;
    const fields: Record<string, readonly Scalar[]> = {};
    for (const rule of rules)
      for (const { name, read } of readers.get(rule) ?? []) {
        if (Object.hasOwn(fields, name)) continue;
        const values = scalarsOf(read(event));
        if (values.length > 0) setField(fields, name, values);
      }
    return {
      time: view.time(event),
      id: boundedText(view.id(event)),
      rules,
      fields,
      evidence: view.evidence(event),
    };
  };
}

/** A field called `__proto__` is a field like any other. */
function setField(fields: Record<string, readonly Scalar[]>, name: string, values: readonly Scalar[]): void {
  if (name === '__proto__')
    Object.defineProperty(fields, name, {
      value: values,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  else fields[name] = values;
}

/** For each detection rule, the fields of its events that any correlation above it may ask for. */
function fieldsByRule(
  linked: readonly LinkedCorrelation[],
  fieldsToShow: (correlation: Correlation) => readonly string[],
): ReadonlyMap<string, ReadonlySet<string>> {
  /** The detection rules behind each rule or correlation. */
  const behind = new Map<string, ReadonlySet<string>>();
  const fields = new Map<string, Set<string>>();
  for (const { correlation, members } of linked) {
    const all = new Set<string>();
    const names = [...fieldNames(correlation), ...fieldsToShow(correlation)];
    for (const { id, kind, name } of members) {
      const rules = kind === 'rule' ? new Set([id]) : (behind.get(id) ?? new Set<string>());
      for (const rule of rules) {
        all.add(rule);
        const own = fields.get(rule) ?? new Set<string>();
        for (const field of names) own.add(fieldIn(correlation, name, field));
        fields.set(rule, own);
      }
    }
    behind.set(correlation.id, all);
  }
  return fields;
}

/** The fields that a correlation works with, by the names that it uses itself. */
export function fieldNames({ groupBy, test }: Correlation): readonly string[] {
  if ('fields' in test) return [...groupBy, ...test.fields];
  if ('field' in test) return [...groupBy, test.field];
  return groupBy;
}

/** What a correlation's field is called in the events of one of its rules. */
export function fieldIn({ aliases }: Correlation, member: string, field: string): string {
  const alias = aliases.find(({ name }) => name === field);
  return alias?.fields.find(({ rule }) => rule === member)?.field ?? field;
}

/** The own member, never an inherited one. */
export function valuesOf(fields: FieldValues, name: string): readonly Scalar[] {
  return Object.hasOwn(fields, name) ? (fields[name] ?? []) : [];
}
