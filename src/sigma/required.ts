import { fold } from './fold.ts';
import { literalsOfRegex } from './regex-literals.ts';
import type { Condition, Detection, KeywordDetection, Rule, ValueTest } from './rule.ts';

/**
 * Something that a rule cannot match without. A value counts by its text (`String(value)`), folded; lists are opened, also those inside lists,
 * and one member is enough. Mind that a record can write a number in other words than its text: `1.0` and `1e0` are both `1`.
 */
export type Requirement =
  /** The field must hold one of these folded texts, whole. */
  | { readonly kind: 'equals'; readonly field: string; readonly texts: ReadonlySet<string> }
  /** The field must hold a text with one of these folded texts somewhere in it. None of them is empty. */
  | { readonly kind: 'contains'; readonly field: string; readonly texts: ReadonlySet<string> }
  /** The field must be there, with whatever value. Said only where nothing is known about the value. */
  | { readonly kind: 'exists'; readonly field: string }
  /** Some value of the whole event, whatever its field, must have one of these folded texts in it. None of them is empty. */
  | { readonly kind: 'anywhere'; readonly texts: ReadonlySet<string> };

/**
 * What a rule cannot match without, as far as it shows in the rule: each returned requirement alone is necessary, so that an event
 * which lacks any one of them needs no look at the rule. Empty where nothing of the kind is needed.
 */
export function requirementsOf(rule: Rule): readonly Requirement[] {
  const ofName = new Map<string, readonly Requirement[]>();
  const named = (name: string): readonly Requirement[] => {
    let known = ofName.get(name);
    if (known === undefined) {
      const detection = rule.detections[name];
      known = detection === undefined ? [] : ofDetection(detection);
      ofName.set(name, known);
    }
    return known;
  };
  return either(rule.conditions.map((condition) => ofCondition(condition, named)));
}

function ofCondition(
  condition: Condition,
  named: (name: string) => readonly Requirement[],
): readonly Requirement[] {
  switch (condition.type) {
    case 'detection':
      return named(condition.name);
    case 'and':
      return condition.of.flatMap((part) => ofCondition(part, named));
    case 'or':
    case 'atLeast':
      return either(condition.of.map((part) => ofCondition(part, named)));
    case 'not':
      return [];
  }
}

function ofDetection(detection: Detection): readonly Requirement[] {
  switch (detection.type) {
    case 'all':
      return detection.of.flatMap(ofDetection);
    case 'any':
      return either(detection.of.map(ofDetection));
    case 'keywords':
      return ofKeywords(detection);
    case 'element':
      // Nothing of what is inside: a field of an element is read otherwise than a field of the event where keys have dots in them.
      return detection.quantifier === 'any' || detection.quantifier === 'all'
        ? [{ kind: 'exists', field: detection.field }]
        : [];
    case 'field': {
      const { field, quantifier, negated, tests } = detection;
      if (negated) return [];
      return wantedByAll(tests, quantifier).map((wanted) => atField(field, wanted));
    }
  }
}

function ofKeywords({ quantifier, tests }: KeywordDetection): readonly Requirement[] {
  return wantedByAll(tests, quantifier).flatMap(({ kind, texts }): readonly Requirement[] =>
    kind === 'exists' || texts.has('') ? [] : [{ kind: 'anywhere', texts }],
  );
}

/** What one or each of the tests needs. Of several alternatives, each counts with what says most about it. */
function wantedByAll(tests: readonly ValueTest[], quantifier: 'any' | 'all'): readonly Wanted[] {
  const wanted = tests.map(wantedBy);
  // Where every test must hold, each by itself is necessary; the others may ask for nothing that shows.
  if (quantifier === 'all' || wanted.length === 1) return wanted.flatMap((all) => all ?? []);
  const joined = union(wanted.map((all) => all?.reduce(stronger)));
  return joined === undefined ? [] : [joined];
}

/** Folded texts of which a value must be one, or have one in it; or that there must be a value at all. */
export type Wanted =
  | { readonly kind: 'equals' | 'contains'; readonly texts: ReadonlySet<string> }
  | { readonly kind: 'exists'; readonly texts?: undefined };

const someValue: Wanted = { kind: 'exists' };

function atField(field: string, wanted: Wanted): Requirement {
  return wanted.kind === 'exists' ? { kind: 'exists', field } : { ...wanted, field };
}

/** What a field's value that passes the test is or has in it, each by itself; undefined where a missing field passes it as well. */
export function wantedBy(test: ValueTest): readonly Wanted[] | undefined {
  switch (test.type) {
    case 'text': {
      const literals = test.pattern.filter((part) => typeof part === 'string');
      if (literals.length === test.pattern.length)
        return [{ kind: 'equals', texts: new Set([fold(literals.join(''))]) }];
      // In case-sensitive texts, half a surrogate pair is found inside a pair; folding takes pairs as one.
      const sound = test.cased ? literals.filter((literal) => literal.isWellFormed()) : literals;
      return parts(sound.map((literal) => new Set([fold(literal)])));
    }
    case 'number':
      return [{ kind: 'equals', texts: new Set([fold(test.text), fold(String(test.value))]) }];
    case 'boolean':
      return [{ kind: 'equals', texts: new Set([String(test.value)]) }];
    case 'exists':
      return test.wanted ? [someValue] : undefined;
    case 'null':
      return undefined;
    case 'regex':
      return parts(literalsOfRegex(test.source, test.flags));
    case 'cidr':
    case 'compare':
    case 'time':
    case 'field':
      return [someValue];
  }
}

function parts(sets: readonly ReadonlySet<string>[]): readonly Wanted[] {
  return sets.length === 0 ? [someValue] : sets.map((texts) => ({ kind: 'contains', texts }));
}

/** What is needed where one of several must hold; undefined where one of them holds without anything. */
function union(group: readonly (Wanted | undefined)[]): Wanted | undefined {
  let kind: 'equals' | 'contains' | 'exists' = 'equals';
  const texts = new Set<string>();
  for (const wanted of group) {
    if (wanted === undefined) return undefined;
    if (wanted.kind === 'exists') kind = 'exists';
    else if (wanted.kind === 'contains' && kind === 'equals') kind = 'contains';
    for (const text of wanted.texts ?? []) texts.add(text);
  }
  // Every text has the empty one in it.
  return kind === 'exists' || (kind === 'contains' && texts.has('')) ? someValue : { kind, texts };
}

/** What is needed whichever branch holds: the fields that every branch asks for, with the texts of all branches. */
function either(branches: readonly (readonly Requirement[])[]): readonly Requirement[] {
  const [first, ...others] = branches;
  if (first === undefined || others.length === 0) return first ?? [];
  const lookups = others.map(bestOfFields);
  const common: Requirement[] = [];
  for (const [place, requirement] of bestOfFields(first)) {
    const group = [requirement, ...lookups.map((lookup) => lookup.get(place))];
    if (requirement.kind === 'anywhere') {
      const texts = new Set<string>();
      if (group.every((one) => one?.kind === 'anywhere')) {
        for (const one of group) for (const text of one.texts) texts.add(text);
        common.push({ kind: 'anywhere', texts });
      }
      continue;
    }
    const joined = union(group.map((one) => (one?.kind === 'anywhere' ? undefined : one)));
    if (joined !== undefined) common.push(atField(requirement.field, joined));
  }
  return common;
}

/** For each field the requirement that says most, keyed so that no field's name is taken for the whole event. */
function bestOfFields(requirements: readonly Requirement[]): ReadonlyMap<string, Requirement> {
  const best = new Map<string, Requirement>();
  for (const requirement of requirements) {
    const place = requirement.kind === 'anywhere' ? '*' : `.${requirement.field}`;
    const known = best.get(place);
    if (known === undefined || strength(requirement) > strength(known)) best.set(place, requirement);
  }
  return best;
}

function stronger<T extends Wanted>(one: T, other: T): T {
  return strength(other) > strength(one) ? other : one;
}

/** How much is said: of the texts the shortest counts, as that is the one found most easily. */
function strength(wanted: Wanted | Requirement): number {
  if (wanted.kind === 'exists') return -1;
  let shortest = Number.POSITIVE_INFINITY;
  for (const text of wanted.texts) shortest = Math.min(shortest, text.length);
  return wanted.kind === 'equals' ? shortest + 1000 : shortest;
}
