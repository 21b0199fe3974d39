import type { Json } from '../event/json.ts';
import { compileRule, type EventView, type Matcher } from './compile.ts';
import { compileElements, elementsOf, elementView, type Element } from './element.ts';
import type {
  AppliedFilter,
  Condition,
  Detection,
  ElementDetection,
  ElementQuantifier,
  FieldDetection,
  Pattern,
  Rule,
  ValueTest,
} from './rule.ts';

/** Why a rule matches an event or does not: plain data, with every part of the rule in it. */
export interface Explanation {
  readonly matches: boolean;
  /** One for each of the rule's conditions; the rule matches where any of them holds. */
  readonly conditions: readonly ExplainedCondition[];
  readonly detections: Readonly<Record<string, ExplainedDetection>>;
  /** The filters that were added to the rule; absent where there are none. */
  readonly filters?: readonly ExplainedFilter[];
}

export interface ExplainedFilter {
  readonly id: string;
  readonly title: string;
  readonly path: string;
  /** Whether it lets the event through. */
  readonly holds: boolean;
  /** Whether the rule would match without its filters and this one holds it back. */
  readonly suppresses: boolean;
}

export type ExplainedCondition =
  | { readonly type: 'detection'; readonly holds: boolean; readonly name: string }
  | { readonly type: 'and' | 'or'; readonly holds: boolean; readonly of: readonly ExplainedCondition[] }
  | {
      readonly type: 'atLeast';
      readonly holds: boolean;
      readonly count: number;
      readonly of: readonly ExplainedCondition[];
    }
  | { readonly type: 'not'; readonly holds: boolean; readonly of: ExplainedCondition };

export type ExplainedDetection =
  | { readonly type: 'all' | 'any'; readonly holds: boolean; readonly of: readonly ExplainedDetection[] }
  | ExplainedField
  | {
      readonly type: 'keywords';
      readonly holds: boolean;
      readonly quantifier: 'any' | 'all';
      readonly tests: readonly ExplainedTest[];
    }
  | ExplainedElements;

/** What was looked for in each element of a list. */
export interface ExplainedElements {
  readonly type: 'element';
  readonly holds: boolean;
  readonly field: string;
  readonly quantifier: ElementQuantifier;
  /** How many elements there are. */
  readonly count: number;
  /** Some of them in their order, first of all those that decide. */
  readonly elements: readonly ExplainedElement[];
}

export interface ExplainedElement {
  /** From 1. */
  readonly position: number;
  readonly holds: boolean;
  readonly value: Json;
  readonly condition: ExplainedCondition;
  readonly detections: Readonly<Record<string, ExplainedDetection>>;
}

export interface ExplainedField {
  readonly type: 'field';
  /** After negation. */
  readonly holds: boolean;
  readonly field: string;
  readonly quantifier: 'any' | 'all';
  readonly negated: boolean;
  /** What the event has there; absent where it has nothing. */
  readonly value?: Json;
  readonly tests: readonly ExplainedTest[];
}

export interface ExplainedTest {
  /** Before the negation of the field. */
  readonly holds: boolean;
  /** What the rule wants, in the words of somebody who reads it: `Delete*`, `/^a/i`, `over 5`. */
  readonly wanted: string;
}

/**
 * Takes a rule apart on one event. Every value test is decided by the compiled engine itself, so that the explanation cannot have an
 * opinion of its own; nothing is left out early, other than when matching.
 */
export function explainRule<E>(rule: Rule, view: EventView<E>, event: E): Explanation {
  const detections = explainNamed(rule.detections, { rule, view, event });
  const conditions = rule.conditions.map((condition) => explainCondition(condition, detections));
  return {
    matches: conditions.some(({ holds }) => holds),
    conditions,
    detections: Object.fromEntries(detections),
    ...(rule.filters === undefined ? {} : { filters: explainFilters(rule.filters, conditions, detections) }),
  };
}

function explainFilters(
  filters: readonly AppliedFilter[],
  conditions: readonly ExplainedCondition[],
  detections: ReadonlyMap<string, ExplainedDetection>,
): readonly ExplainedFilter[] {
  // The rule's own condition is the first of those that are joined.
  const own = conditions.some((all) => all.type === 'and' && all.of[0]?.holds === true);
  return filters.map(({ id, title, path, condition }) => {
    const { holds } = explainCondition(condition, detections);
    return { id, title, path, holds, suppresses: own && !holds };
  });
}

function explainNamed<E>(
  named: Rule['detections'],
  subject: Subject<E>,
): ReadonlyMap<string, ExplainedDetection> {
  return new Map(
    Object.entries(named).map(([name, detection]) => [name, explainDetection(detection, subject)]),
  );
}

interface Subject<E> {
  readonly rule: Rule;
  readonly view: EventView<E>;
  readonly event: E;
}

function explainCondition(
  condition: Condition,
  detections: ReadonlyMap<string, ExplainedDetection>,
): ExplainedCondition {
  switch (condition.type) {
    case 'detection': {
      const detection = detections.get(condition.name);
      if (detection === undefined)
        throw new Error(`condition names an unknown detection '${condition.name}'`);
      return { type: 'detection', holds: detection.holds, name: condition.name };
    }
    case 'and':
    case 'or': {
      const of = condition.of.map((part) => explainCondition(part, detections));
      const holds = condition.type === 'and' ? of.every((part) => part.holds) : of.some((part) => part.holds);
      return { type: condition.type, holds, of };
    }
    case 'not': {
      const of = explainCondition(condition.of, detections);
      return { type: 'not', holds: !of.holds, of };
    }
    case 'atLeast': {
      const of = condition.of.map((part) => explainCondition(part, detections));
      const holds = of.filter((part) => part.holds).length >= condition.count;
      return { type: 'atLeast', holds, count: condition.count, of };
    }
  }
}

function explainDetection<E>(detection: Detection, subject: Subject<E>): ExplainedDetection {
  switch (detection.type) {
    case 'all':
    case 'any': {
      const of = detection.of.map((part) => explainDetection(part, subject));
      const holds = detection.type === 'all' ? of.every((part) => part.holds) : of.some((part) => part.holds);
      return { type: detection.type, holds, of };
    }
    case 'field':
      return explainField(detection, subject);
    case 'keywords': {
      const tests = detection.tests.map((test) =>
        explainTest(test, { ...detection, quantifier: 'any', tests: [test] }, subject),
      );
      const { quantifier } = detection;
      return { type: 'keywords', holds: allOrAny(tests, quantifier), quantifier, tests };
    }
    case 'element':
      return explainElements(detection, subject);
  }
}

/** So many elements are taken apart; a list may have thousands. */
const mostElements = 5;

function explainElements<E>(
  detection: ElementDetection,
  { rule, view, event }: Subject<E>,
): ExplainedElements {
  const { field, quantifier } = detection;
  const inner = elementView(view);
  const alone = { ...rule, detections: detection.detections, conditions: [detection.condition] };
  const holds: Matcher<Element<E>> = compileRule(alone, inner);
  const all = [...elementsOf(view.field(field)(event))].map((value, i) => ({
    value,
    position: i + 1,
    holds: holds({ value, event }),
  }));
  // One that holds decides on 'any' and 'none', one that does not on the others.
  const decisive = quantifier === 'any' || quantifier === 'none';
  const shown = [
    ...all.filter((one) => one.holds === decisive),
    ...all.filter((one) => one.holds !== decisive),
  ]
    .slice(0, mostElements)
    .sort((a, b) => a.position - b.position);
  return {
    type: 'element',
    holds: compileElements(detection, view, holds)(event),
    field,
    quantifier,
    count: all.length,
    elements: shown.map((one) => {
      const detections = explainNamed(detection.detections, {
        rule,
        view: inner,
        event: { value: one.value, event },
      });
      const condition = explainCondition(detection.condition, detections);
      return { ...one, condition, detections: Object.fromEntries(detections) };
    }),
  };
}

function explainField<E>(detection: FieldDetection, subject: Subject<E>): ExplainedField {
  const { field, quantifier, negated } = detection;
  const value = subject.view.field(field)(subject.event);
  const tests = detection.tests.map((test) =>
    explainTest(test, { ...detection, quantifier: 'any', negated: false, tests: [test] }, subject),
  );
  const holds = allOrAny(tests, quantifier) !== negated;
  return {
    type: 'field',
    holds,
    field,
    quantifier,
    negated,
    ...(value === undefined ? {} : { value }),
    tests,
  };
}

function allOrAny(tests: readonly ExplainedTest[], quantifier: 'any' | 'all'): boolean {
  return quantifier === 'all' ? tests.every(({ holds }) => holds) : tests.some(({ holds }) => holds);
}

/** `alone` is the detection with this test and no other. */
function explainTest<E>(test: ValueTest, alone: Detection, { rule, view, event }: Subject<E>): ExplainedTest {
  const matches: Matcher<E> = compileRule(
    { ...rule, detections: { alone }, conditions: [{ type: 'detection', name: 'alone' }] },
    view,
  );
  return { holds: matches(event), wanted: describeTest(test) };
}

const comparisons = { lt: 'under', lte: 'at most', gt: 'over', gte: 'at least' } as const;
const places = {
  equals: 'the value of',
  contains: 'something with the value of',
  startswith: 'something that begins with the value of',
  endswith: 'something that ends with the value of',
} as const;

/** What a test wants, as a person would say it. */
function describeTest(test: ValueTest): string {
  switch (test.type) {
    case 'text': {
      const text = test.pattern.length === 0 ? "''" : describePattern(test.pattern);
      return test.cased ? `${text} (in this case)` : text;
    }
    case 'number':
      return test.text;
    case 'boolean':
      return String(test.value);
    case 'null':
      return 'null, or no value';
    case 'exists':
      return test.wanted ? 'any value' : 'no value';
    case 'regex':
      return `/${test.source}/${test.flags}`;
    case 'cidr':
      return `an address in ${test.range}`;
    case 'compare':
      return `${comparisons[test.comparison]} ${test.value}`;
    case 'time':
      return `a time (UTC) whose ${test.part} is ${test.comparison === 'eq' ? '' : `${comparisons[test.comparison]} `}${test.value}`;
    case 'field':
      return `${places[test.match]} ${test.field}${test.cased ? ' (in the same case)' : ''}`;
  }
}

/** As a rule would write it: wildcards as they are, and a backslash before what is meant itself. */
function describePattern(pattern: Pattern): string {
  return pattern
    .map((part) => (typeof part === 'string' ? part.replace(/[*?]/g, '\\$&') : part.wildcard))
    .join('');
}
