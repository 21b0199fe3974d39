import { isList, type Json } from '../event/json.ts';
import { compileCidr } from './cidr.ts';
import { compileElements, elementView } from './element.ts';
import type { EventView, Families, Matcher } from './event-view.ts';
import { fold } from './fold.ts';
import { lastOf } from './last-of.ts';
import { compilePattern } from './pattern.ts';
import { literalsOfRegex } from './regex-literals.ts';
import { compileRegex } from './regex.ts';
import { timePartOf } from './time-part.ts';
import type {
  Comparison,
  Condition,
  Detection,
  FieldDetection,
  KeywordDetection,
  RuleLogic,
  ValueTest,
} from './rule.ts';

export type { EventView, Families, Matcher };

/** A rule's test as a closure. Assumes a rule that `parseRules` made. */
export function compileRule<E>(rule: RuleLogic, view: EventView<E>): Matcher<E> {
  return compileNamed(rule.detections, rule.conditions, view);
}

function compileNamed<E>(
  named: RuleLogic['detections'],
  conditions: readonly Condition[],
  view: EventView<E>,
): Matcher<E> {
  const detections = new Map(
    Object.entries(named).map(([name, detection]) => [name, compileDetection(detection, view)]),
  );
  return anyOf(conditions.map((condition) => compileCondition(condition, detections)));
}

function compileCondition<E>(condition: Condition, detections: ReadonlyMap<string, Matcher<E>>): Matcher<E> {
  switch (condition.type) {
    case 'detection': {
      const detection = detections.get(condition.name);
      if (detection === undefined)
        throw new Error(`condition names an unknown detection '${condition.name}'`);
      return detection;
    }
    case 'and':
      return allOf(condition.of.map((part) => compileCondition(part, detections)));
    case 'or':
      return anyOf(condition.of.map((part) => compileCondition(part, detections)));
    case 'not': {
      const negated = compileCondition(condition.of, detections);
      return (event) => !negated(event);
    }
    case 'atLeast': {
      const parts = condition.of.map((part) => compileCondition(part, detections));
      return (event) => {
        let held = 0;
        for (const part of parts) if (part(event) && ++held >= condition.count) return true;
        return false;
      };
    }
  }
}

export function compileDetection<E>(detection: Detection, view: EventView<E>): Matcher<E> {
  switch (detection.type) {
    case 'all':
      return allOf(detection.of.map((part) => compileDetection(part, view)));
    case 'any':
      return anyOf(detection.of.map((part) => compileDetection(part, view)));
    case 'field':
      return view.shared?.(detection) ?? compileFieldDetection(detection, view);
    case 'keywords':
      return view.shared?.(detection) ?? compileKeywords(detection, view);
    case 'element': {
      const holds = compileNamed(detection.detections, [detection.condition], elementView(view));
      return compileElements(detection, view, holds);
    }
  }
}

function compileFieldDetection<E>(detection: FieldDetection, view: EventView<E>): Matcher<E> {
  const read = view.field(detection.field);
  const tests = detection.tests.map((test) => compileTest(test, view));
  const holds: Matcher<E> = (event) => {
    const value = read(event);
    if (detection.quantifier === 'all') {
      for (const test of tests) if (!test(value, event)) return false;
      return true;
    }
    for (const test of tests) if (test(value, event)) return true;
    return false;
  };
  return detection.negated ? (event) => !holds(event) : holds;
}

/** A test of what a field holds: undefined where it is missing, an array where several values stand in its place. */
export type FieldTest<E> = (value: Json | undefined, event: E) => boolean;

export function compileTest<E>(test: ValueTest, view: EventView<E>): FieldTest<E> {
  switch (test.type) {
    case 'null':
      return (value) => value === undefined || someMember(value, (item) => item === null);
    case 'exists':
      return (value) => (value !== undefined) === test.wanted;
    case 'text':
      return overTexts(compilePattern(test.pattern, test.cased));
    case 'number': {
      const { value: wanted } = test;
      // `0x10` and `1e3` are ways to write a number; only plain digits also name a text that is not equal to another one.
      const texts = new Set(isPlain(test.text) ? [test.text] : [test.text, String(wanted)]);
      return (value) =>
        someMember(value, (item) => item === wanted || (typeof item === 'string' && texts.has(item)));
    }
    case 'boolean': {
      const text = String(test.value);
      return (value) =>
        someMember(value, (item) => item === test.value || (typeof item === 'string' && fold(item) === text));
    }
    case 'regex':
      return overTexts(afterLiterals(test.source, test.flags));
    case 'cidr':
      return overTexts(compileCidr(test.range));
    case 'compare':
      return (value) => someMember(value, (item) => compareNumber(item, test.comparison, test.value));
    case 'time': {
      const { part, comparison, value: bound } = test;
      return (value) =>
        someMember(value, (item) => {
          if (typeof item !== 'string' && typeof item !== 'number') return false;
          const found = timePartOf(item, part);
          if (found === undefined) return false;
          return comparison === 'eq' ? found === bound : compareNumber(found, comparison, bound);
        });
    }
    case 'field': {
      const other = (view.other ?? view.field)(test.field);
      const wanted = lastOf((found: Json | undefined) => textsIn(found, test.cased));
      return (value, event) => matchesOther(textsIn(value, test.cased), wanted(other(event)), test.match);
    }
  }
}

/** The expression, tried only on texts that have in them what it cannot match without: looking for that is far cheaper. */
function afterLiterals(source: string, flags: string): (text: string) => boolean {
  const matches = compileRegex(source, flags);
  let needs: readonly (readonly string[])[] | undefined;
  return (text) => {
    needs ??= literalsOfRegex(source, flags)
      .filter((texts) => texts.size <= mostLiterals)
      .map((texts) => [...texts]);
    const folded = needs.length === 0 ? '' : fold(text);
    for (const texts of needs) if (!texts.some((literal) => folded.includes(literal))) return false;
    return matches(text);
  };
}

/** To look for more of them one after the other costs as much as the expression. */
const mostLiterals = 64;

/** Digits, perhaps with a point: as opposed to `0x10`, `0o7`, `1e3`. */
function isPlain(number: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(number);
}

/** The different texts of a field, folded unless case counts. */
function textsIn(value: Json | undefined, cased: boolean): ReadonlySet<string> {
  const texts = new Set<string>();
  someMember(value, (item) => {
    const text = textOf(item);
    if (text !== undefined) texts.add(cased ? text : fold(text));
    return false;
  });
  return texts;
}

/**
 * Whether one of the texts is, holds, begins with or ends with one of those wanted. Both lists may be as long as an event is, so pairs
 * are tried only for `contains`; the others look up what stands at the place, once for each length that is wanted.
 */
function matchesOther(
  texts: ReadonlySet<string>,
  wanted: ReadonlySet<string>,
  match: 'equals' | 'contains' | 'startswith' | 'endswith',
): boolean {
  const lengths = new Set<number>();
  if (match === 'startswith' || match === 'endswith') for (const text of wanted) lengths.add(text.length);
  for (const text of texts) {
    switch (match) {
      case 'equals':
        if (wanted.has(text)) return true;
        break;
      case 'contains':
        for (const needle of wanted) if (text.includes(needle)) return true;
        break;
      case 'startswith':
        for (const length of lengths)
          if (length <= text.length && wanted.has(text.slice(0, length))) return true;
        break;
      case 'endswith':
        for (const length of lengths)
          if (length <= text.length && wanted.has(text.slice(text.length - length))) return true;
        break;
    }
  }
  return false;
}

function overTexts(test: (text: string) => boolean): (value: Json | undefined) => boolean {
  return (value) => {
    if (typeof value === 'string') return test(value);
    return someMember(value, (item) => {
      const text = textOf(item);
      return text !== undefined && test(text);
    });
  };
}

/** The text of a scalar as rules compare it; undefined for null, objects and lists. */
export function textOf(value: Json): string | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return undefined;
  }
}

/** Lists inside lists are entered as well: an item of `[[a], b]` is `a` or `b`. They may be nested deeper than the call stack allows. */
export function someMember(value: Json | undefined, test: (item: Json) => boolean): boolean {
  if (value === undefined) return false;
  if (!isList(value)) return test(value);
  const pending = [value];
  for (let list = pending.pop(); list !== undefined; list = pending.pop())
    for (const item of list) {
      if (isList(item)) pending.push(item);
      else if (test(item)) return true;
    }
  return false;
}

function compareNumber(item: Json, comparison: Comparison, bound: number): boolean {
  const value =
    typeof item === 'number'
      ? item
      : typeof item === 'string' && item.trim() !== ''
        ? Number(item)
        : Number.NaN;
  switch (comparison) {
    case 'lt':
      return value < bound;
    case 'lte':
      return value <= bound;
    case 'gt':
      return value > bound;
    case 'gte':
      return value >= bound;
  }
}

function compileKeywords<E>(detection: KeywordDetection, view: EventView<E>): Matcher<E> {
  const tests = detection.tests.map((test) => compileTest(test, view));
  return (event) => {
    const whole = view.whole(event);
    const found = (test: FieldTest<E>) => someValue(whole, (value) => test(value, event));
    return detection.quantifier === 'all' ? tests.every(found) : tests.some(found);
  };
}

/** Walks with a stack of its own: an event may be nested deeper than the call stack allows. */
function someValue(root: Json, test: (value: Json) => boolean): boolean {
  const pending: Json[] = [root];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value !== 'object') {
      if (test(value)) return true;
    } else if (value !== null) {
      for (const item of Object.values(value)) if (item !== undefined) pending.push(item);
    }
  }
  return false;
}

function allOf<E>(parts: readonly Matcher<E>[]): Matcher<E> {
  const [first] = parts;
  if (parts.length === 1 && first) return first;
  return (event) => {
    for (const part of parts) if (!part(event)) return false;
    return true;
  };
}

function anyOf<E>(parts: readonly Matcher<E>[]): Matcher<E> {
  const [first] = parts;
  if (parts.length === 1 && first) return first;
  return (event) => {
    for (const part of parts) if (part(event)) return true;
    return false;
  };
}
