import { isList, type Json } from '../event/json.ts';
import { compileRule, type EventView, type Matcher } from './compile.ts';
import { fold } from './fold.ts';
import { requirementsOf, type Requirement } from './required.ts';
import type { Rule } from './rule.ts';

type Equality = Extract<Requirement, { readonly kind: 'equals' }>;

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
  const needs = rules.map((rule) => requirementsOf(rule).filter((need) => need.kind === 'equals'));
  const load = loadOf(needs);
  const indexes = new Map<string, Index<E>>();
  const always: Compiled<E>[] = [];
  for (const [i, entry] of compiled.entries()) {
    const need = mostSelective(needs[i] ?? [], load);
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

function candidates<E>(index: Index<E>, value: Json): Iterable<Compiled<E>> {
  if (typeof value === 'string') return index.byText.get(fold(value)) ?? [];
  // A set: a list may hold the same text a hundred thousand times, and each rule is tried once.
  const found = new Set<Compiled<E>>();
  const texts = new Set<string>();
  const pending: Json[] = [value];
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    // One by one: so long a list would not fit onto the call stack.
    if (isList(item)) for (const inner of item) pending.push(inner);
    else if (typeof item !== 'object') texts.add(fold(String(item)));
  }
  for (const text of texts) for (const entry of index.byText.get(text) ?? []) found.add(entry);
  return found;
}

function addTo<E>(
  indexes: Map<string, Index<E>>,
  need: Equality,
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

/** How many rules need each text of each field: what one event with that text would have to try. */
type Load = ReadonlyMap<string, ReadonlyMap<string, number>>;

function loadOf(needs: readonly (readonly Equality[])[]): Load {
  const load = new Map<string, Map<string, number>>();
  for (const { field, texts } of needs.flat()) {
    const ofField = load.get(field) ?? new Map<string, number>();
    for (const text of texts) ofField.set(text, (ofField.get(text) ?? 0) + 1);
    load.set(field, ofField);
  }
  return load;
}

/** Trying this many rules for nothing costs less than looking at one more field of every event. */
const smallCrowd = 8;

/**
 * The requirement by which a rule is found: one whose texts few other rules need, as with `eventName: StopLogging` and not with
 * `outcome: success`; among those, the one whose field serves most rules, so that few fields of an event are looked at.
 */
function mostSelective(needs: readonly Equality[], load: Load): Equality | undefined {
  let best: { readonly need: Equality; readonly crowd: number; readonly reach: number } | undefined;
  for (const need of needs) {
    const ofField = load.get(need.field);
    let crowd = smallCrowd;
    for (const text of need.texts) crowd = Math.max(crowd, ofField?.get(text) ?? 0);
    const reach = ofField?.size ?? 0;
    if (best === undefined || crowd < best.crowd || (crowd === best.crowd && reach > best.reach))
      best = { need, crowd, reach };
  }
  return best?.need;
}
