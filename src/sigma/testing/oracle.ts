import type { Json, JsonObject } from '../../event/json.ts';
import type { Condition, Detection, Pattern, Rule, ValueTest } from '../rule.ts';

/**
 * Whether a rule matches an event, written from the specification, as plainly as can be and without regard to cost. It shares nothing with
 * the engine but the form of a parsed rule, so that the two can be held against each other.
 * https://sigmahq.io/sigma-specification/specification/sigma-rules-specification.html
 */
export function oracleMatches(rule: Rule, event: JsonObject): boolean {
  const seen = { fields: event, itself: event, event };
  return rule.conditions.some((condition) => conditionHolds(condition, rule.detections, seen));
}

/** What a search looks at: the event, or an element of a list in it. */
interface Seen {
  readonly fields: JsonObject;
  readonly itself: Json;
  readonly event: JsonObject;
}

function conditionHolds(condition: Condition, named: Rule['detections'], seen: Seen): boolean {
  switch (condition.type) {
    case 'detection': {
      const detection = named[condition.name];
      return detection !== undefined && detectionHolds(detection, seen);
    }
    case 'and':
      return condition.of.every((part) => conditionHolds(part, named, seen));
    case 'or':
      return condition.of.some((part) => conditionHolds(part, named, seen));
    case 'not':
      return !conditionHolds(condition.of, named, seen);
    case 'atLeast':
      return condition.of.filter((part) => conditionHolds(part, named, seen)).length >= condition.count;
  }
}

function detectionHolds(detection: Detection, seen: Seen): boolean {
  switch (detection.type) {
    case 'all':
      return detection.of.every((part) => detectionHolds(part, seen));
    case 'any':
      return detection.of.some((part) => detectionHolds(part, seen));
    case 'field': {
      const values = valuesSeen(seen, detection.field);
      const results = detection.tests.map((test) => testHolds(test, values, seen.event));
      return quantified(detection.quantifier, results) !== detection.negated;
    }
    case 'keywords': {
      const all = leavesOf(seen.event);
      return quantified(
        detection.quantifier,
        detection.tests.map((test) => all.some((leaf) => testHolds(test, [leaf], seen.event))),
      );
    }
    case 'element': {
      const elements = (valuesSeen(seen, detection.field) ?? []).filter((value) => value !== null);
      const held = elements.filter((value) =>
        conditionHolds(detection.condition, detection.detections, {
          fields: typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : {},
          itself: value,
          event: seen.event,
        }),
      );
      const each = held.length === elements.length;
      return {
        any: held.length > 0,
        all: held.length > 0 && each,
        all_or_empty: each,
        none: held.length === 0,
      }[detection.quantifier];
    }
  }
}

/** Only within an element is a dot a name. */
function valuesSeen(seen: Seen, name: string): readonly Json[] | undefined {
  return name === '.' && seen.itself !== seen.event ? opened(seen.itself) : valuesAt(seen.fields, name);
}

function quantified(quantifier: 'any' | 'all', results: readonly boolean[]): boolean {
  return quantifier === 'all' ? !results.includes(false) : results.includes(true);
}

/** `values` is what stands at the field: none where it is missing; arrays are opened. */
function testHolds(test: ValueTest, values: readonly Json[] | undefined, event: JsonObject): boolean {
  if (test.type === 'exists') return (values !== undefined) === test.wanted;
  if (values === undefined) return test.type === 'null';
  return values.some((value) => {
    switch (test.type) {
      case 'null':
        return value === null;
      case 'number':
        return value === test.value || (typeof value === 'string' && writings(test).includes(value));
      case 'boolean':
        return isScalar(value) && typeof value !== 'number' && sameText(String(value), String(test.value));
      case 'text':
        return isScalar(value) && globHolds(test.pattern, String(value), test.cased);
      case 'regex':
        return isScalar(value) && regexOf(test.source, test.flags).test(String(value));
      case 'cidr':
        return isScalar(value) && inNetwork(String(value), test.range);
      case 'compare':
        return compared(numberIn(value), test.comparison, test.value);
      case 'time':
        return compared(timeIn(value, test.part), test.comparison, test.value);
      case 'field':
        return (valuesAt(event, test.field) ?? []).some(
          (other) => isScalar(value) && isScalar(other) && stands(test, String(value), String(other)),
        );
    }
  });
}

function isScalar(value: Json): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** Flags may stand in front of the source, as in PCRE. ECMAScript's Unicode mode refuses escapes that need none (`\-`). */
function regexOf(source: string, flags: string): RegExp {
  const inline = /^\(\?([ims]+)\)/.exec(source);
  const all = [...new Set(`${flags}${inline?.[1] ?? ''}`)].join('');
  const rest = source.slice(inline?.[0].length ?? 0);
  try {
    return new RegExp(rest, `${all}u`);
  } catch {
    return new RegExp(rest, all);
  }
}

/** A number stands in logs as the rule writes it, or in plain digits where the rule writes it in another way. */
function writings(test: { readonly value: number; readonly text: string }): readonly string[] {
  return /^-?[0-9]+([.][0-9]+)?$/.test(test.text) ? [test.text] : [test.text, `${test.value}`];
}

function stands(
  test: { readonly match: 'equals' | 'contains' | 'startswith' | 'endswith'; readonly cased: boolean },
  text: string,
  wanted: string,
): boolean {
  const star = { wildcard: '*' } as const;
  const patterns: Readonly<Record<typeof test.match, Pattern>> = {
    equals: [wanted],
    contains: [star, wanted, star],
    startswith: [wanted, star],
    endswith: [star, wanted],
  };
  return globHolds(patterns[test.match], text, test.cased);
}

type Unit = string | { readonly wildcard: '*' | '?' };

function globHolds(pattern: Pattern, text: string, cased: boolean): boolean {
  const units: readonly Unit[] = pattern.flatMap((part): readonly Unit[] =>
    typeof part === 'string' ? Array.from(part) : [part],
  );
  return globFrom(units, Array.from(text), cased);
}

function globFrom(units: readonly Unit[], points: readonly string[], cased: boolean): boolean {
  const [unit, ...units2] = units;
  const [point, ...points2] = points;
  if (unit === undefined) return point === undefined;
  if (typeof unit !== 'string' && unit.wildcard === '*')
    return globFrom(units2, points, cased) || (point !== undefined && globFrom(units, points2, cased));
  if (point === undefined) return false;
  if (typeof unit === 'string' && !(cased ? unit === point : sameText(unit, point))) return false;
  return globFrom(units2, points2, cased);
}

/** Simple case folding is what ECMAScript's `u` and `i` together do. */
function sameText(one: string, other: string): boolean {
  const escaped = Array.from(one, (point) => `\\u{${(point.codePointAt(0) ?? 0).toString(16)}}`).join('');
  return new RegExp(`^(?:${escaped})$`, 'iu').test(other);
}

/** Networks of IPv4 only: bits compared one by one. */
function inNetwork(text: string, range: string): boolean {
  const [network = '', length = ''] = range.split('/');
  const wanted = bitsOf(network);
  const held = bitsOf(text);
  return wanted !== undefined && held?.slice(0, Number(length)) === wanted.slice(0, Number(length));
}

function bitsOf(address: string): string | undefined {
  const parts = address.split('.');
  if (parts.length !== 4 || parts.some((part) => !/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255))
    return undefined;
  return parts.map((part) => Number(part).toString(2).padStart(8, '0')).join('');
}

function numberIn(value: Json): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}

/** Only what the generated events hold: ISO 8601 in UTC, and Unix seconds. */
function timeIn(value: Json, part: string): number {
  const text =
    typeof value === 'number' && value > 1e8 && value < 1e11 ? new Date(value * 1000).toISOString() : value;
  const found =
    typeof text === 'string' ? /^(\d+)-(\d+)-(\d+)T(\d+):(\d+)/.exec(text)?.slice(1).map(Number) : undefined;
  if (found === undefined) return Number.NaN;
  const [year = 0, month = 0, day = 0] = found;
  if (part !== 'week') return found[['year', 'month', 'day', 'hour', 'minute'].indexOf(part)] ?? Number.NaN;
  // The week's number is how many Thursdays the year has had when this week's Thursday is over.
  const thursday = new Date(Date.UTC(year, month - 1, day));
  while (thursday.getUTCDay() !== 1) thursday.setUTCDate(thursday.getUTCDate() - 1);
  thursday.setUTCDate(thursday.getUTCDate() + 3);
  const itsYear = thursday.getUTCFullYear();
  let week = 0;
  for (; thursday.getUTCFullYear() === itsYear; thursday.setUTCDate(thursday.getUTCDate() - 7)) week++;
  return week;
}

function compared(value: number, comparison: string, bound: number): boolean {
  switch (comparison) {
    case 'lt':
      return value < bound;
    case 'lte':
      return value <= bound;
    case 'gt':
      return value > bound;
    case 'gte':
      return value >= bound;
    default:
      return value === bound;
  }
}

/** All that stands at a dotted name, arrays opened wherever they lie; undefined where nothing is there. */
function valuesAt(event: JsonObject, name: string): readonly Json[] | undefined {
  const names = name.split('.').map((part) => (part.endsWith('[]') ? part.slice(0, -2) : part));
  const found = walk(event, names);
  return found?.flatMap(opened);
}

/** The nearest reading first: a key without dots, then longer and longer keys with dots, the longest of those first. */
function walk(value: Json, names: readonly string[]): readonly Json[] | undefined {
  if (names.length === 0) return [value];
  if (Array.isArray(value)) {
    const found = (value as readonly Json[])
      .map((item) => walk(item, names))
      .filter((each) => each !== undefined);
    return found.length > 0 ? found.flat() : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const lengths = [1, ...names.map((_, i) => names.length - i).filter((length) => length > 1)];
  for (const length of lengths) {
    const entry = Object.entries(value).find(([key]) => key === names.slice(0, length).join('.'));
    const found = entry?.[1] === undefined ? undefined : walk(entry[1], names.slice(length));
    if (found !== undefined) return found;
  }
  return undefined;
}

function opened(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]).flatMap(opened) : [value];
}

/** Every value in an event that is no object and no array. */
function leavesOf(value: Json): readonly Json[] {
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(leavesOf);
  if (typeof value !== 'object' || value === null) return [value];
  return Object.values(value).flatMap((inner) => (inner === undefined ? [] : leavesOf(inner)));
}
