import type { ConditionTest } from './condition.ts';
import { inRange } from './address.ts';
import { covers } from './pattern.ts';

/**
 * What is known of a request's condition keys, by their names in lower case: the values that it has, or an empty list where it
 * surely lacks the key. Keys that are not here are not known.
 */
export type Context = ReadonlyMap<string, readonly string[]>;

export type Answer = 'yes' | 'no' | 'unknown';

type Compare = (wanted: string, had: string) => boolean | undefined;

/** How an operator, without its negation, compares a value of the policy with one of the request; undefined where one of them can't be read. */
const operators: ReadonlyMap<string, Compare> = new Map<string, Compare>([
  ['stringequals', (wanted, had) => unescaped(wanted) === had],
  ['stringequalsignorecase', (wanted, had) => unescaped(wanted).toLowerCase() === had.toLowerCase()],
  ['stringlike', covers],
  ['arnequals', coversArn],
  ['arnlike', coversArn],
  ['bool', (wanted, had) => wanted.toLowerCase() === had.toLowerCase()],
  ['binaryequals', (wanted, had) => wanted === had],
  ['ipaddress', inRange],
  ['numericequals', byNumber((wanted, had) => had === wanted)],
  ['numericlessthan', byNumber((wanted, had) => had < wanted)],
  ['numericlessthanequals', byNumber((wanted, had) => had <= wanted)],
  ['numericgreaterthan', byNumber((wanted, had) => had > wanted)],
  ['numericgreaterthanequals', byNumber((wanted, had) => had >= wanted)],
  ['dateequals', byTime((wanted, had) => had === wanted)],
  ['datelessthan', byTime((wanted, had) => had < wanted)],
  ['datelessthanequals', byTime((wanted, had) => had <= wanted)],
  ['dategreaterthan', byTime((wanted, had) => had > wanted)],
  ['dategreaterthanequals', byTime((wanted, had) => had >= wanted)],
]);

/**
 * Whether a request meets one test of a Condition element, by what is known of it. A missing key satisfies `IfExists`,
 * `ForAllValues` and negated operators.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 */
export function meets(test: ConditionTest, context: Context): Answer {
  const had = context.get(test.key);
  if (had === undefined) return 'unknown';
  const missing = had.length === 0;
  if (test.operator === 'null') {
    return test.values.some((value) => (value.toLowerCase() === 'true') === missing) ? 'yes' : 'no';
  }
  if (missing)
    return test.ifExists || test.set === 'all' || (test.negated && test.set !== 'any') ? 'yes' : 'no';
  const compare = operators.get(test.operator);
  if (compare === undefined) return 'unknown';
  const single = had.map((value) => matchesOne(test, value, compare));
  // Without a set operator a key has one value; of more, a negated test holds where none of them is named.
  return test.set === 'all' || (test.set === undefined && test.negated) ? every(single) : some(single);
}

function matchesOne(test: ConditionTest, had: string, compare: Compare): Answer {
  const found = some(test.values.map((wanted) => answerOf(wanted, had, compare)));
  if (!test.negated || found === 'unknown') return found;
  return found === 'yes' ? 'no' : 'yes';
}

function answerOf(wanted: string, had: string, compare: Compare): Answer {
  if (/\$\{[^*?$}]/.test(wanted)) return 'unknown';
  const result = compare(wanted, had);
  if (result === undefined) return 'unknown';
  return result ? 'yes' : 'no';
}

function some(answers: readonly Answer[]): Answer {
  if (answers.includes('yes')) return 'yes';
  return answers.includes('unknown') ? 'unknown' : 'no';
}

/** Whether all of some answers are yes. */
export function every(answers: readonly Answer[]): Answer {
  if (answers.includes('no')) return 'no';
  return answers.includes('unknown') ? 'unknown' : 'yes';
}

function unescaped(value: string): string {
  return value.replace(/\$\{([*?$])\}/g, '$1');
}

/** ARNs compare part by part: a wildcard doesn't reach past a colon, but in the last part. */
function coversArn(pattern: string, arn: string): boolean {
  const wanted = partsOf(pattern);
  const had = partsOf(arn);
  return wanted.length === had.length && wanted.every((part, index) => covers(part, had[index] ?? ''));
}

function partsOf(arn: string): readonly string[] {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

function byNumber(holds: (wanted: number, had: number) => boolean): Compare {
  return (wanted, had) => {
    const numbers = [wanted, had].map((text) => (text.trim() === '' ? NaN : Number(text)));
    const [a = NaN, b = NaN] = numbers;
    return Number.isNaN(a) || Number.isNaN(b) ? undefined : holds(a, b);
  };
}

function byTime(holds: (wanted: number, had: number) => boolean): Compare {
  return (wanted, had) => {
    const a = timeOf(wanted);
    const b = timeOf(had);
    return Number.isNaN(a) || Number.isNaN(b) ? undefined : holds(a, b);
  };
}

/** A date as ISO 8601 text or as seconds since the epoch; in milliseconds. */
function timeOf(text: string): number {
  return /^\d{1,12}$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}
