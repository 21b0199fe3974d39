import type { Json } from '../event/json.ts';
import { compileRule, type EventView, type Matcher } from './compile.ts';
import { fold } from './fold.ts';
import { requirementsOf, type Requirement } from './required.ts';
import type { Rule } from './rule.ts';

/** Returns the rules that match, in the order in which they were given. Pure: safe to call from anywhere. */
export type RuleSet<E> = (event: E) => readonly Rule[];

interface Compiled<E> {
  readonly rule: Rule;
  readonly order: number;
  readonly matches: Matcher<E>;
}

/** Rules by the folded text that one field must hold. */
interface Index<E> {
  readonly read: (event: E) => Json | undefined;
  readonly byText: Map<string, Compiled<E>[]>;
}

const none: readonly Rule[] = [];

/**
 * Compiles rules into one function that tries, for each event, only those that the event's own values make candidates: a rule
 * that needs `eventName: PutBucketPolicy` costs nothing on any other event. Hot; see bench/scan.ts.
 */
export function compileRules<E>(rules: readonly Rule[], view: EventView<E>): RuleSet<E> {
  const compiled = rules.map((rule, order): Compiled<E> => ({
    rule,
    order,
    matches: compileRule(rule, view),
  }));
  const needs = rules.map(requirementsOf);
  const popularity = countFields(needs);
  const indexes = new Map<string, Index<E>>();
  const always: Compiled<E>[] = [];
  for (const [i, entry] of compiled.entries()) {
    const need = mostPopular(needs[i] ?? [], popularity);
    if (need === undefined) always.push(entry);
    else addTo(indexes, need, entry, view);
  }
  return matcherOf([...indexes.values()], always);
}

function matcherOf<E>(indexes: readonly Index<E>[], always: readonly Compiled<E>[]): RuleSet<E> {
  return (event) => {
    let found: Compiled<E>[] | undefined;
    for (const index of indexes) {
      const value = index.read(event);
      if (value === undefined) continue;
      for (const entry of candidates(index, value)) if (entry.matches(event)) (found ??= []).push(entry);
    }
    for (const entry of always) if (entry.matches(event)) (found ??= []).push(entry);
    if (found === undefined) return none;
    if (found.length > 1) found = [...new Set(found)].sort((a, b) => a.order - b.order);
    return found.map((entry) => entry.rule);
  };
}

function candidates<E>(index: Index<E>, value: Json): readonly Compiled<E>[] {
  if (typeof value === 'string') return index.byText.get(fold(value)) ?? [];
  const found: Compiled<E>[] = [];
  const pending: Json[] = [value];
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    if (Array.isArray(item)) pending.push(...item);
    else if (typeof item !== 'object') found.push(...(index.byText.get(fold(String(item))) ?? []));
  }
  return found;
}

function addTo<E>(
  indexes: Map<string, Index<E>>,
  need: Requirement,
  entry: Compiled<E>,
  view: EventView<E>,
): void {
  let index = indexes.get(need.field);
  if (index === undefined) {
    index = { read: view.field(need.field), byText: new Map() };
    indexes.set(need.field, index);
  }
  for (const text of need.texts) {
    const entries = index.byText.get(text);
    if (entries === undefined) index.byText.set(text, [entry]);
    else entries.push(entry);
  }
}

function countFields(needs: readonly (readonly Requirement[])[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const need of needs) for (const { field } of need) counts.set(field, (counts.get(field) ?? 0) + 1);
  return counts;
}

/** Few fields to look at are worth more than the rarest value: one probe then serves most rules. */
function mostPopular(
  needs: readonly Requirement[],
  popularity: ReadonlyMap<string, number>,
): Requirement | undefined {
  let best: Requirement | undefined;
  let bestScore = 0;
  for (const need of needs) {
    const score = (popularity.get(need.field) ?? 0) - need.texts.size / 1000;
    if (best === undefined || score > bestScore) {
      best = need;
      bestScore = score;
    }
  }
  return best;
}
