import { literalOf } from '../sigma/pattern.ts';
import type { Condition, Detection, Rule } from '../sigma/rule.ts';

/** Past this many detections not every combination of them is tried. */
const mostTried = 12;

/**
 * Whether a rule's conditions can be seen to hold always or never, whatever the event. `single` are fields that hold one value only, so that
 * two values cannot both be theirs. Undefined where nothing can be said.
 */
export function constantOf(rule: Rule, single: ReadonlySet<string>): 'always' | 'never' | undefined {
  const names = Object.keys(rule.detections);
  if (names.length <= mostTried) {
    let held = 0;
    const combinations = 2 ** names.length;
    for (let bits = 0; bits < combinations; bits++) {
      const holds = (name: string) => (bits & (1 << names.indexOf(name))) !== 0;
      if (rule.conditions.some((condition) => evaluate(condition, holds))) held++;
    }
    if (held === 0) return 'never';
    if (held === combinations) return 'always';
  }
  const allowed = rule.conditions.map((condition) => allowedBy(condition, rule, single));
  return allowed.every(impossible) ? 'never' : undefined;
}

function evaluate(condition: Condition, holds: (name: string) => boolean): boolean {
  switch (condition.type) {
    case 'detection':
      return holds(condition.name);
    case 'not':
      return !evaluate(condition.of, holds);
    case 'and':
      return condition.of.every((part) => evaluate(part, holds));
    case 'or':
      return condition.of.some((part) => evaluate(part, holds));
    case 'atLeast':
      return condition.of.filter((part) => evaluate(part, holds)).length >= condition.count;
  }
}

/** The texts that a field may hold, in lower case; a field that is not named may hold anything. */
type Allowed = ReadonlyMap<string, ReadonlySet<string>>;

const anything: Allowed = new Map();

function impossible(allowed: Allowed): boolean {
  return [...allowed.values()].some((texts) => texts.size === 0);
}

function allowedBy(condition: Condition, rule: Rule, single: ReadonlySet<string>): Allowed {
  switch (condition.type) {
    case 'detection': {
      const detection = rule.detections[condition.name];
      return detection === undefined ? anything : allowedByDetection(detection, single);
    }
    case 'and':
      return both(condition.of.map((part) => allowedBy(part, rule, single)));
    case 'or':
      return either(condition.of.map((part) => allowedBy(part, rule, single)));
    case 'atLeast':
    case 'not':
      return anything;
  }
}

function allowedByDetection(detection: Detection, single: ReadonlySet<string>): Allowed {
  switch (detection.type) {
    case 'all':
      return both(detection.of.map((part) => allowedByDetection(part, single)));
    case 'any':
      return either(detection.of.map((part) => allowedByDetection(part, single)));
    case 'field': {
      if (!single.has(detection.field) || detection.negated) return anything;
      const texts = detection.tests.map((test) =>
        test.type === 'text' ? literalOf(test.pattern)?.toLowerCase() : undefined,
      );
      const known = texts.filter((text) => text !== undefined);
      if (known.length < texts.length) return anything;
      if (detection.quantifier === 'any') return new Map([[detection.field, new Set(known)]]);
      return both(known.map((text) => new Map([[detection.field, new Set([text])]])));
    }
    default:
      return anything;
  }
}

function both(parts: readonly Allowed[]): Allowed {
  const result = new Map<string, ReadonlySet<string>>();
  for (const part of parts)
    for (const [field, texts] of part) result.set(field, intersection(result.get(field) ?? texts, texts));
  return result;
}

function either(parts: readonly Allowed[]): Allowed {
  const possible = parts.filter((part) => !impossible(part));
  const [first, ...others] = possible;
  // Where no branch is possible, the whole is not.
  if (first === undefined) return parts[0] ?? anything;
  const result = new Map<string, ReadonlySet<string>>();
  for (const [field, texts] of first) {
    let union = texts;
    for (const other of others) {
      const more = other.get(field);
      if (more === undefined) {
        union = new Set();
        break;
      }
      union = new Set([...union, ...more]);
    }
    if (union.size > 0) result.set(field, union);
  }
  return result;
}

function intersection(one: ReadonlySet<string>, other: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...one].filter((text) => other.has(text)));
}
