import type { Json } from '../event/json.ts';
import type { ExplainedCondition, ExplainedDetection, ExplainedTest, Explanation } from './explain.ts';

/** More than this and a reader wants the whole tree. */
const mostReasons = 3;
const longestValue = 80;

/**
 * Why a rule does not match, in a few words: `selection: eventName is StartLogging, wanted StopLogging`. At most three reasons, and how many
 * more there are; empty where the rule matches. Values are as the event holds them, cut but not made harmless.
 */
export function whyNot(explanation: Explanation): string {
  if (explanation.matches) return '';
  const held = (explanation.filters ?? []).filter(({ suppresses }) => suppresses);
  const reasons =
    held.length > 0
      ? held.map(({ title }) => `the filter '${title}' leaves it out`)
      : [...new Set(explanation.conditions.flatMap((condition) => ofCondition(condition, explanation)))];
  const more = reasons.length - mostReasons;
  return `${reasons.slice(0, mostReasons).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

/** Why a condition does not hold. */
function ofCondition(condition: ExplainedCondition, explanation: Explanation): readonly string[] {
  switch (condition.type) {
    case 'detection': {
      const detection = explanation.detections[condition.name];
      return detection === undefined
        ? []
        : ofDetection(detection).map((reason) => `${condition.name}: ${reason}`);
    }
    case 'not':
      return [
        `${namesThatHold(condition.of).join(', ') || 'what must not be'} is true of it, and must not be`,
      ];
    default:
      return condition.of.filter(({ holds }) => !holds).flatMap((part) => ofCondition(part, explanation));
  }
}

function namesThatHold(condition: ExplainedCondition): readonly string[] {
  if (!condition.holds) return [];
  switch (condition.type) {
    case 'detection':
      return [condition.name];
    case 'not':
      return [];
    default:
      return condition.of.flatMap(namesThatHold);
  }
}

/** Why a detection does not hold. */
function ofDetection(detection: ExplainedDetection): readonly string[] {
  switch (detection.type) {
    case 'all':
    case 'any':
      return detection.of.filter(({ holds }) => !holds).flatMap(ofDetection);
    case 'field': {
      const { field, negated, quantifier, tests } = detection;
      const value = detection.value === undefined ? 'is missing' : `is ${shown(detection.value)}`;
      const word = negated ? 'wanted not' : 'wanted';
      const wanted = negated
        ? tests.filter(({ holds }) => holds)
        : quantifier === 'all'
          ? tests.filter(({ holds }) => !holds)
          : tests;
      return [`${field} ${value}, ${word} ${listed(wanted, quantifier === 'all' ? ' and ' : ' or ')}`];
    }
    case 'keywords':
      return [
        `nothing in it holds ${listed(detection.tests, detection.quantifier === 'all' ? ' and ' : ' or ')}`,
      ];
    case 'element':
      return [
        detection.count === 0
          ? `${detection.field} has no elements`
          : `of the ${detection.count} elements of ${detection.field} not '${detection.quantifier}' is as wanted`,
      ];
  }
}

function listed(tests: readonly ExplainedTest[], word: string): string {
  const texts = tests.slice(0, mostReasons).map(({ wanted }) => cut(wanted));
  return tests.length > mostReasons
    ? `${texts.join(', ')} or one of ${tests.length - mostReasons} more`
    : texts.join(word);
}

function shown(value: Json): string {
  return cut(typeof value === 'string' ? (value === '' ? "''" : value) : JSON.stringify(value));
}

function cut(text: string): string {
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}
