import type { CorrelationTest } from './correlation.ts';
import { fieldsOf, type FieldsOfEntry } from './entry.ts';
import { hasNot } from './expression.ts';
import { isRising, within } from './bounds.ts';
import type { LinkedCorrelation } from './link.ts';
import { distinctMeasure, numbersMeasure, shareMeasure, sumMeasure } from './measure-values.ts';
import { countMeasure, percentageMeasure, spikeMeasure } from './measure-counts.ts';
import { expressionMeasure, orderedMeasure, sequencesMeasure } from './measure-rules.ts';
import { fieldIn, valuesOf } from './match.ts';
import type { Measure } from './window-measure.ts';
import { joinedText, numberOf, type Scalar } from './scalars.ts';

/** How a correlation over windows is judged. */
export interface WindowTest {
  /**
   * `at-once`: as soon as it holds, since more events can only make it truer. `at-end`: when the window is over, since more events can
   * make it false.
   */
  readonly judged: 'at-once' | 'at-end';
  /** How many time spans of entries are needed. */
  readonly spans: 1 | 2;
  /** What an entry adds; undefined where it has nothing to add and is left out. */
  readonly dataOf: (entry: FieldsOfEntry, members: readonly number[]) => readonly Scalar[] | undefined;
  readonly createMeasure: () => Measure;
  readonly holds: (value: number | undefined) => boolean;
  /** The largest count in the bounds: as many entries must fit into a group. */
  readonly largest: number;
}

const nothing: readonly Scalar[] = [];

/** Undefined for those correlations that do not look at windows in this way. */
export function windowTestOf(linked: LinkedCorrelation): WindowTest | undefined {
  const { correlation, members } = linked;
  const { test, timespan } = correlation;
  const names = members.map(({ name }) => name);
  const plain = { spans: 1, dataOf: () => nothing } as const;
  switch (test.type) {
    case 'event_count':
      return { ...plain, ...bounded(test.bounds), createMeasure: countMeasure };
    case 'value_count':
      return {
        ...bounded(test.bounds),
        spans: 1,
        dataOf: (entry, matched) => textsOf(linked, entry, matched, test.fields),
        createMeasure: distinctMeasure,
      };
    case 'value_sum':
    case 'value_avg': {
      const average = test.type === 'value_avg';
      return { ...numeric(linked, test), createMeasure: () => sumMeasure(average) };
    }
    case 'value_median':
      return { ...numeric(linked, test), createMeasure: () => numbersMeasure('median') };
    case 'value_percentile': {
      const { percentile, bounds, field } = test;
      if (percentile !== undefined)
        return { ...numeric(linked, test), createMeasure: () => numbersMeasure(percentile) };
      const least = bounds.some(({ operator }) => operator === 'lt' || operator === 'lte');
      return {
        ...bounded(bounds),
        judged: 'at-end',
        spans: 1,
        dataOf: (entry, matched) => textsOf(linked, entry, matched, [field]),
        createMeasure: () => shareMeasure(least ? 'least' : 'greatest'),
      };
    }
    case 'temporal':
      if ('bounds' in test)
        return { ...plain, ...bounded(test.bounds), createMeasure: () => expressionMeasure(names) };
      return {
        ...plain,
        ...boolean(hasNot(test.expression)),
        createMeasure: () => expressionMeasure(names, test.expression),
      };
    case 'temporal_ordered':
      if ('bounds' in test)
        return { ...plain, ...bounded(test.bounds), createMeasure: () => orderedMeasure(names.length) };
      return {
        ...plain,
        ...boolean(hasNot(test.expression)),
        createMeasure: () => sequencesMeasure(names, test.expression),
      };
    case 'tocsin_spike':
      return {
        ...plain,
        ...bounded(test.bounds),
        spans: 2,
        largest: 2 * Math.max(test.minimum, test.reference),
        createMeasure: () => spikeMeasure(timespan, test.minimum, test.reference),
      };
    case 'tocsin_percentage':
      return {
        ...plain,
        ...bounded(test.bounds),
        largest: 2 * test.minimum,
        createMeasure: () => percentageMeasure(test.minimum),
      };
    case 'tocsin_new_value':
    case 'tocsin_change':
    case 'tocsin_travel':
    case 'tocsin_flatline':
      return undefined;
  }
}

type Bounded = Extract<CorrelationTest, { readonly bounds: unknown }>;

function bounded(bounds: Bounded['bounds']): Pick<WindowTest, 'judged' | 'holds' | 'largest'> {
  return {
    judged: isRising(bounds) ? 'at-once' : 'at-end',
    holds: (value) => value !== undefined && within(value, bounds),
    largest: Math.max(0, ...bounds.map(({ value }) => value)),
  };
}

function boolean(not: boolean): Pick<WindowTest, 'judged' | 'holds' | 'largest'> {
  return {
    judged: not ? 'at-end' : 'at-once',
    holds: (value) => value !== undefined && value > 0,
    largest: 0,
  };
}

function numeric(
  linked: LinkedCorrelation,
  test: Extract<CorrelationTest, { readonly field: string; readonly bounds: unknown }>,
): Omit<WindowTest, 'createMeasure'> {
  return {
    ...bounded(test.bounds),
    // The bounds are sums and sizes here, and no counts.
    largest: 0,
    spans: 1,
    dataOf: (entry, matched) => {
      const numbers = firstValues(linked, entry, matched, test.field)
        .map(numberOf)
        .filter((number) => number !== undefined);
      return numbers.length === 0 ? undefined : numbers;
    },
  };
}

/** The values of a field in an entry, by the name that it has for the first of the rules that it matches. */
function firstValues(
  { correlation, members }: LinkedCorrelation,
  entry: FieldsOfEntry,
  matched: readonly number[],
  field: string,
): readonly Scalar[] {
  const member = members[matched[0] ?? 0];
  return valuesOf(fieldsOf(entry), fieldIn(correlation, member?.name ?? '', field));
}

/** The values of one field one by one; of several fields, their combination. Undefined where one is missing. */
export function textsOf(
  linked: LinkedCorrelation,
  entry: FieldsOfEntry,
  matched: readonly number[],
  fields: readonly string[],
): readonly string[] | undefined {
  const values = fields.map((field) => firstValues(linked, entry, matched, field));
  if (values.some((one) => one.length === 0)) return undefined;
  const [only] = values;
  return values.length === 1 && only !== undefined
    ? [...new Set(only.map(String))]
    : [joinedText(values.map(joinedText))];
}
