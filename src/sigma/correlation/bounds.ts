import type { BoundOperator, Bounds } from './correlation.ts';

export const boundOperators: readonly BoundOperator[] = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'];

export function within(value: number, bounds: Bounds): boolean {
  return bounds.every(({ operator, value: bound }) => {
    switch (operator) {
      case 'gt':
        return value > bound;
      case 'gte':
        return value >= bound;
      case 'lt':
        return value < bound;
      case 'lte':
        return value <= bound;
      case 'eq':
        return value === bound;
      case 'neq':
        return value !== bound;
    }
  });
}

/** Whether only a lower limit is set: what holds keeps holding when the value grows. */
export function isRising(bounds: Bounds): boolean {
  return bounds.every(({ operator }) => operator === 'gt' || operator === 'gte');
}

/** What is wrong with the bounds themselves; `whole` is for values that are counts of at least one. */
export function problemOfBounds(bounds: Bounds, whole: boolean): string | undefined {
  if (bounds.length === 0) return `needs one of ${boundOperators.join(', ')}`;
  const lower = bounds.filter(({ operator }) => operator === 'gt' || operator === 'gte');
  const upper = bounds.filter(({ operator }) => operator === 'lt' || operator === 'lte');
  if (
    lower.length > 1 ||
    upper.length > 1 ||
    (lower.length + upper.length < bounds.length && bounds.length > 1)
  )
    return 'may have one bound, or a range: one of gt and gte with one of lt and lte';
  if (!isSatisfiable(bounds, whole))
    return whole
      ? 'can never hold: what is counted begins at 1 (for a source gone silent, use tocsin_flatline)'
      : 'can never hold: nothing lies between its bounds';
  return undefined;
}

function isSatisfiable(bounds: Bounds, whole: boolean): boolean {
  const candidates = bounds.flatMap(({ value }) =>
    whole
      ? [Math.floor(value), Math.floor(value) + 1, Math.ceil(value) - 1]
      : [value, value + 1, value - 1, ...bounds.map((other) => (value + other.value) / 2)],
  );
  return [1, ...candidates].some((value) => (!whole || value >= 1) && within(value, bounds));
}
const words: Readonly<Record<BoundOperator, string>> = {
  gt: 'more than',
  gte: 'at least',
  lt: 'fewer than',
  lte: 'at most',
  eq: 'exactly',
  neq: 'other than',
};

/** `at least 10`, `more than 100 and at most 200`. */
export function boundWords(bounds: Bounds): string {
  return bounds.map(({ operator, value }) => `${words[operator]} ${value}`).join(' and ');
}
