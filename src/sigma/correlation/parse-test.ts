import { parseCondition } from '../condition.ts';
import { RuleError } from '../problem.ts';
import type { Condition } from '../rule.ts';
import { boundOperators, isRising, problemOfBounds } from './bounds.ts';
import type { Bounds, CorrelationTest } from './correlation.ts';
import { alternativesOf } from './expression.ts';

/** What of a correlation decides its test, as the document has it. Times in milliseconds. */
export interface TestSource {
  readonly type: string;
  /** Undefined where the condition alone names the rules. */
  readonly rules: readonly string[] | undefined;
  readonly condition: string | Readonly<Record<string, unknown>> | undefined;
  readonly learning: number | undefined;
  readonly minimum: number | undefined;
  readonly reference: number | undefined;
}

interface Reader {
  /** Keys of the condition besides the bounds. */
  readonly keys: readonly string[];
  /** Keys beside the condition that only some types have. */
  readonly options?: readonly ('learning' | 'minimum' | 'reference')[];
  readonly read: (source: TestSource) => CorrelationTest;
}

const readers: Readonly<Record<CorrelationTest['type'], Reader>> = {
  event_count: { keys: [], read: (source) => ({ type: 'event_count', bounds: counts(source) }) },
  value_count: {
    keys: ['field'],
    read: (source) => ({ type: 'value_count', fields: fieldsOf(source), bounds: counts(source) }),
  },
  value_sum: { keys: ['field'], read: (source) => ({ type: 'value_sum', ...measured(source) }) },
  value_avg: { keys: ['field'], read: (source) => ({ type: 'value_avg', ...measured(source) }) },
  value_median: { keys: ['field'], read: (source) => ({ type: 'value_median', ...measured(source) }) },
  value_percentile: {
    keys: ['field', 'percentile'],
    read: (source) => ({ type: 'value_percentile', ...measured(source), percentile: percentileOf(source) }),
  },
  temporal: { keys: [], read: (source) => temporal('temporal', source) },
  temporal_ordered: { keys: [], read: (source) => temporal('temporal_ordered', source) },
  tocsin_new_value: {
    keys: ['field'],
    options: ['learning'],
    read: (source) => {
      noBounds(source);
      return { type: 'tocsin_new_value', fields: fieldsOf(source), learning: source.learning ?? 0 };
    },
  },
  tocsin_change: {
    keys: ['field'],
    read: (source) => {
      noBounds(source);
      return { type: 'tocsin_change', field: oneField(source) };
    },
  },
  tocsin_travel: {
    keys: ['field'],
    options: ['minimum'],
    read: (source) => {
      const fields = fieldsOf(source);
      if (fields.length !== 2)
        throw problem("of tocsin_travel needs two in 'field': the latitude and the longitude", 'condition');
      const bounds = measures(source);
      if (!isRising(bounds)) throw problem('takes gt or gte with a speed in kilometres an hour', 'condition');
      return { type: 'tocsin_travel', fields, bounds, minimum: source.minimum ?? 100 };
    },
  },
  tocsin_spike: {
    keys: [],
    options: ['minimum', 'reference'],
    read: (source) => {
      const bounds = measures(source);
      if (!isRising(bounds))
        throw problem('takes gt or gte with the ratio; for too few events use tocsin_flatline', 'condition');
      const { minimum = 1, reference = 1 } = source;
      return { type: 'tocsin_spike', bounds, minimum, reference };
    },
  },
  tocsin_flatline: {
    keys: [],
    read: (source) => {
      const [bound, ...more] = counts(source, false);
      const below = bound?.operator === 'lte' ? bound.value + 1 : bound?.value;
      const upper = bound?.operator === 'lt' || bound?.operator === 'lte';
      if (!upper || more.length > 0 || below === undefined || below < 1)
        throw problem('takes lt or lte with a count, such as lt: 1 for no event at all', 'condition');
      return { type: 'tocsin_flatline', below };
    },
  },
  tocsin_percentage: {
    keys: [],
    options: ['minimum'],
    read: (source) => {
      if (source.rules?.length !== 2)
        throw problem('of tocsin_percentage are two: the one whose share is meant, and the whole', 'rules');
      return { type: 'tocsin_percentage', bounds: measures(source), minimum: source.minimum ?? 1 };
    },
  },
};

export const testTypes: readonly string[] = Object.keys(readers);

/**
 * The test of a correlation, and the rules that it is about.
 * @throws {RuleError} with the place of what is wrong
 */
export function readTest(source: TestSource): {
  readonly test: CorrelationTest;
  readonly rules: readonly string[];
} {
  const [, reader] = Object.entries(readers).find(([type]) => type === source.type) ?? [];
  if (reader === undefined) throw problem(`'${source.type}' is not known`, 'type');
  const { condition } = source;
  if (typeof condition === 'object') {
    const known: readonly string[] = [...boundOperators, ...reader.keys];
    for (const key of Object.keys(condition))
      if (!known.includes(key))
        throw problem(`of ${source.type} has no '${key}'; there is ${known.join(', ')}`, 'condition', key);
  }
  for (const option of ['learning', 'minimum', 'reference'] as const)
    if (source[option] !== undefined && reader.options?.includes(option) !== true)
      throw problem(`means nothing to ${source.type}; leave it out`, option);
  const test = reader.read(source);
  const rules = source.rules ?? ('expression' in test ? namesIn(test.expression) : []);
  return { test, rules };
}

function temporal(type: 'temporal' | 'temporal_ordered', source: TestSource): CorrelationTest {
  const { condition, rules } = source;
  if (condition === undefined) {
    const value = rules?.length ?? 0;
    return { type, bounds: [{ operator: 'gte', value }] };
  }
  if (typeof condition !== 'string') {
    const bounds = counts(source);
    const most = rules?.length ?? 0;
    const least = Math.min(
      ...bounds.map(({ operator, value }) =>
        operator === 'gt' ? value + 1 : operator === 'gte' || operator === 'eq' ? value : 1,
      ),
    );
    if (least > most)
      throw problem(`can never hold: it asks for ${least} rules, and 'rules' names ${most}`, 'condition');
    return { type, bounds };
  }
  const expression = expressionOf(condition, rules);
  const unused = rules?.find((rule) => !namesIn(expression).includes(rule));
  if (unused !== undefined)
    throw problem(`says nothing of '${unused}'; take it in, or out of 'rules'`, 'condition');
  const alternatives = type === 'temporal_ordered' ? alternativesOf(expression) : [];
  if (typeof alternatives === 'string') throw problem(alternatives, 'condition');
  return { type, expression, source: condition };
}

function expressionOf(condition: string, rules: readonly string[] | undefined): Condition {
  const words = condition.match(/[^\s()]+/g) ?? [];
  const names = rules ?? [...new Set(words.filter((word) => !/^(and|or|not)$/i.test(word)))];
  try {
    return parseCondition(condition, names);
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    // The same language as in detection rules, with rules in the place of detections.
    throw new RuleError(error.message.replaceAll('detection', 'rule'), ['correlation', 'condition']);
  }
}

/** The rules that a condition names, each once, in the order in which they stand. */
function namesIn(condition: Condition): readonly string[] {
  switch (condition.type) {
    case 'detection':
      return [condition.name];
    case 'not':
      return namesIn(condition.of);
    default:
      return [...new Set(condition.of.flatMap(namesIn))];
  }
}

function measured(source: TestSource): { readonly field: string; readonly bounds: Bounds } {
  return { field: oneField(source), bounds: measures(source) };
}

function counts(source: TestSource, fromOne = true): Bounds {
  return boundsOf(source, fromOne);
}

function measures(source: TestSource): Bounds {
  return boundsOf(source, false);
}

function boundsOf(source: TestSource, whole: boolean): Bounds {
  const condition = mapOf(source);
  const bounds = boundOperators.flatMap((operator) => {
    const given = condition[operator];
    if (given === undefined) return [];
    const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw problem(`'${operator}' is not a number`, 'condition', operator);
    return [{ operator, value }];
  });
  const wrong = problemOfBounds(bounds, whole);
  if (wrong !== undefined) throw problem(wrong, 'condition');
  return bounds;
}

function noBounds(source: TestSource): void {
  const condition = mapOf(source);
  const given = boundOperators.find((operator) => condition[operator] !== undefined);
  if (given !== undefined)
    throw problem(`of ${source.type} takes a field alone; leave '${given}' out`, 'condition', given);
}

function fieldsOf(source: TestSource): readonly string[] {
  const { field } = mapOf(source);
  const fields = Array.isArray(field) ? field : [field];
  if (fields.length === 0 || !fields.every((one): one is string => typeof one === 'string' && one !== ''))
    throw problem(`of ${source.type} needs 'field': the name of a field, or a list of names`, 'condition');
  return fields;
}

function oneField(source: TestSource): string {
  const [field, ...more] = fieldsOf(source);
  if (field === undefined || more.length > 0)
    throw problem(`of ${source.type} needs one 'field', not several`, 'condition', 'field');
  return field;
}

function percentileOf(source: TestSource): number | undefined {
  const { percentile } = mapOf(source);
  if (percentile === undefined) return undefined;
  if (typeof percentile !== 'number' || !(percentile > 0 && percentile <= 100))
    throw problem("'percentile' must be a number above 0 and up to 100", 'condition', 'percentile');
  return percentile;
}

function mapOf(source: TestSource): Readonly<Record<string, unknown>> {
  const { condition } = source;
  if (condition === undefined) throw problem(`is missing; ${source.type} needs one`, 'condition');
  if (typeof condition === 'string')
    throw problem(
      `is a text, which only temporal and temporal_ordered take; write bounds such as gte: 10`,
      'condition',
    );
  return condition;
}

function problem(reason: string, key: string, ...below: readonly string[]): RuleError {
  return new RuleError(`'${key}' ${reason}`, ['correlation', key, ...below]);
}
