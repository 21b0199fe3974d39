import { fold } from './fold.ts';
import { compileScanner, type ScanSink } from './literal-scanner.ts';
import { wantedBy, type Requirement, type Wanted } from './required.ts';
import type { Condition, Detection, FieldDetection, KeywordDetection, RuleLogic, ValueTest } from './rule.ts';

/**
 * What a rule is found by: an event that the rule matches keeps at least one of these requirements. Undefined where there is no telling, and
 * the rule has to be tried on every event.
 */
export type Trigger = readonly Requirement[] | undefined;

/**
 * For each rule the trigger that fewest events are likely to keep. How often a text is met is guessed from its length, from how many others
 * its field is asked for, and from how often rules name it: what many rules name, such as a shell, many events hold.
 */
export function triggersOf(
  rules: readonly RuleLogic[],
  isDerivedField: (field: string) => boolean,
): readonly Trigger[] {
  const isDerived = (need: Requirement) => need.kind !== 'anywhere' && isDerivedField(need.field);
  const { texts: named, fields } = countTexts(rules);
  const likelihoodOf = (need: Requirement): number => {
    let sum = 0;
    switch (need.kind) {
      case 'exists':
        sum = 0.5;
        break;
      case 'equals': {
        const among = 1 + (fields.get(need.field)?.size ?? 0);
        for (const text of need.texts) sum += Math.max(1 / among, perNaming * (named.get(text) ?? 1));
        break;
      }
      case 'contains':
      case 'anywhere':
        for (const text of need.texts) sum += perNaming * (named.get(text) ?? 1) + 2 ** -(text.length - 1);
        break;
    }
    return sum;
  };
  // First as if looking at a field cost nothing; then each place costs what it costs, shared by the rules that chose it at first.
  const users = new Map<string, number>();
  for (const rule of rules) {
    const first = cheapestTrigger(rule, (need) => likelihoodOf(need) + (isDerived(need) ? derivedPrice : 0));
    for (const place of new Set(first?.requirements.map(placeOf)))
      users.set(place, (users.get(place) ?? 0) + 1);
  }
  const priceOf = (need: Requirement) =>
    isDerived(need) ? derivedPrice : placePrices[need.kind] / ((users.get(placeOf(need)) ?? 0) + 1);
  return rules.map(
    (rule) => cheapestTrigger(rule, (need) => likelihoodOf(need) + priceOf(need))?.requirements,
  );
}

/** What is looked through in one go: a field for whole texts, or for parts; or everything. */
function placeOf(need: Requirement): string {
  return need.kind === 'anywhere' ? need.kind : `${need.kind} ${need.field}`;
}

/** What it costs an event to be looked through at such a place, where trying a rule costs 1. */
const placePrices: Readonly<Record<Requirement['kind'], number>> = {
  exists: 0.1,
  equals: 0.2,
  contains: 0.4,
  anywhere: 4,
};
const derivedPrice = 10;

/** By how much a text is likelier in an event for every time that rules name it, or a text with it inside. */
const perNaming = 0.0005;

/** A trigger and the sum of what its requirements cost. */
export interface Priced {
  readonly requirements: readonly Requirement[];
  readonly cost: number;
}

type Cost = (requirement: Requirement) => number;

/** The trigger of one rule for which the sum of the costs is least; undefined where there is no telling. */
export function cheapestTrigger(rule: RuleLogic, costOf: Cost): Priced | undefined {
  const ofName = new Map(
    Object.entries(rule.detections).map(([name, detection]) => [name, ofDetection(detection, costOf)]),
  );
  return together(rule.conditions.map((condition) => ofCondition(condition, ofName)));
}

function ofCondition(
  condition: Condition,
  ofName: ReadonlyMap<string, Priced | undefined>,
): Priced | undefined {
  switch (condition.type) {
    case 'detection':
      return ofName.get(condition.name);
    case 'and':
      return cheapest(condition.of.map((part) => ofCondition(part, ofName)));
    case 'or':
      return together(condition.of.map((part) => ofCondition(part, ofName)));
    case 'atLeast': {
      // Of n parts of which k hold, any n-k+1 have one that holds.
      const parts = condition.of
        .map((part) => ofCondition(part, ofName))
        .filter((part) => part !== undefined)
        .sort((a, b) => a.cost - b.cost);
      const enough = condition.of.length - condition.count + 1;
      return parts.length < enough ? undefined : together(parts.slice(0, enough));
    }
    case 'not':
      return undefined;
  }
}

function ofDetection(detection: Detection, costOf: Cost): Priced | undefined {
  switch (detection.type) {
    case 'all':
      return cheapest(detection.of.map((part) => ofDetection(part, costOf)));
    case 'any':
      return together(detection.of.map((part) => ofDetection(part, costOf)));
    case 'element': {
      // Nothing of what is inside: a field of an element is read otherwise than a field of the event where keys have dots in them.
      if (detection.quantifier !== 'any' && detection.quantifier !== 'all') return undefined;
      const there: Requirement = { kind: 'exists', field: detection.field };
      return { requirements: [there], cost: costOf(there) };
    }
    case 'field':
    case 'keywords': {
      if (detection.type === 'field' && detection.negated) return undefined;
      const each = detection.tests.map((test) => ofTest(test, detection, costOf));
      return detection.quantifier === 'all' ? cheapest(each) : together(each);
    }
  }
}

function ofTest(
  test: ValueTest,
  detection: FieldDetection | KeywordDetection,
  costOf: Cost,
): Priced | undefined {
  const wanted = wantedBy(test);
  if (wanted === undefined) return undefined;
  return cheapest(
    wanted.map((one): Priced | undefined => {
      const requirement = placed(one, detection);
      return requirement && { requirements: [requirement], cost: costOf(requirement) };
    }),
  );
}

function placed(wanted: Wanted, detection: FieldDetection | KeywordDetection): Requirement | undefined {
  if (detection.type === 'field')
    return wanted.kind === 'exists'
      ? { kind: 'exists', field: detection.field }
      : { ...wanted, field: detection.field };
  return wanted.kind === 'contains' && !wanted.texts.has('')
    ? { kind: 'anywhere', texts: wanted.texts }
    : undefined;
}

function cheapest(parts: readonly (Priced | undefined)[]): Priced | undefined {
  let best: Priced | undefined;
  for (const part of parts)
    if (part !== undefined && (best === undefined || part.cost < best.cost)) best = part;
  return best;
}

/** What one of several parts needs; undefined where one of them needs nothing that shows. */
function together(parts: readonly (Priced | undefined)[]): Priced | undefined {
  const requirements: Requirement[] = [];
  let cost = 0;
  for (const part of parts) {
    if (part === undefined) return undefined;
    for (const requirement of part.requirements) requirements.push(requirement);
    cost += part.cost;
  }
  return { requirements, cost };
}

interface TextCounts {
  /** How often the rules name each folded text, in whatever field, also in what must not hold. */
  readonly texts: ReadonlyMap<string, number>;
  /** The different texts that each field is asked for. */
  readonly fields: ReadonlyMap<string, ReadonlySet<string>>;
}

function countTexts(rules: readonly RuleLogic[]): TextCounts {
  const texts = new Map<string, number>();
  const fields = new Map<string, Set<string>>();
  const count = (detection: Detection): void => {
    switch (detection.type) {
      case 'all':
      case 'any':
        detection.of.forEach(count);
        break;
      case 'field': {
        let ofField = fields.get(detection.field);
        if (ofField === undefined) fields.set(detection.field, (ofField = new Set()));
        for (const text of detection.tests.flatMap(literalsOf)) {
          ofField.add(text);
          texts.set(text, (texts.get(text) ?? 0) + 1);
        }
        break;
      }
      case 'element':
        Object.values(detection.detections).forEach(count);
        break;
      case 'keywords':
        for (const text of detection.tests.flatMap(literalsOf)) texts.set(text, (texts.get(text) ?? 0) + 1);
        break;
    }
  };
  for (const rule of rules) Object.values(rule.detections).forEach(count);
  const isWorthIt = texts.size >= fewestCounted && texts.size <= mostCounted;
  return { texts: isWorthIt ? withLongerOnes(texts) : texts, fields };
}

/** Fewer texts say little about each other, and a function that has just been started has no time for them. */
const fewestCounted = 2_000;
/** Lists of addresses or hashes can be far longer; nobody looks for one inside another. */
const mostCounted = 50_000;
/** A shorter text is taken for a common one anyway. */
const shortestCounted = 4;

/** Each text's count together with those of all texts that have it inside: paths that begin with `C:\\Windows\\` all speak for `\\windows\\`. */
function withLongerOnes(counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const texts = [...counts.keys()].filter((text) => text.length >= shortestCounted);
  const sums = new Float64Array(texts.length);
  let count = 0;
  const sink: ScanSink = {
    folded: undefined,
    found: (i) => {
      sums[i] = (sums[i] ?? 0) + count;
    },
  };
  const scan = compileScanner(texts);
  let epoch = 0;
  for (const [text, ofText] of counts) {
    count = ofText;
    sink.folded = text;
    scan(text, sink, ++epoch);
  }
  return new Map([...counts, ...texts.map((text, i) => [text, sums[i] ?? 0] as const)]);
}

function literalsOf(test: ValueTest): readonly string[] {
  switch (test.type) {
    case 'text':
      return test.pattern.filter((part) => typeof part === 'string').map(fold);
    case 'number':
      return [fold(test.text)];
    case 'boolean':
      return [String(test.value)];
    default:
      return [];
  }
}
