import type { Measure } from './window-measure.ts';
import { numberOf, type Scalar } from './scalars.ts';

/** How many different texts there are. */
export function distinctMeasure(): Measure {
  const counts = new Map<string, number>();
  return {
    add: ({ data }) => add(counts, data),
    remove: ({ data }) => remove(counts, data),
    value: () => counts.size,
  };
}

/** The least or greatest share that one text has among all, in percent. */
export function shareMeasure(which: 'least' | 'greatest'): Measure {
  const counts = new Map<string, number>();
  let total = 0;
  let found: string | undefined;
  return {
    add: ({ data }) => {
      add(counts, data);
      total += data.length;
    },
    remove: ({ data }) => {
      remove(counts, data);
      total -= data.length;
    },
    value: () => {
      let best: number | undefined;
      for (const [text, count] of counts) {
        const better = best === undefined || (which === 'least' ? count < best : count > best);
        // Among equals the first by name, whatever came first.
        if (better || (count === best && found !== undefined && text < found)) {
          best = count;
          found = text;
        }
      }
      return best === undefined ? undefined : (100 * best) / total;
    },
    note: () => found,
  };
}

function add(counts: Map<string, number>, data: readonly Scalar[]): void {
  for (const item of data) counts.set(String(item), (counts.get(String(item)) ?? 0) + 1);
}

function remove(counts: Map<string, number>, data: readonly Scalar[]): void {
  for (const item of data) {
    const left = (counts.get(String(item)) ?? 0) - 1;
    if (left > 0) counts.set(String(item), left);
    else counts.delete(String(item));
  }
}

/**
 * The sum or average of numbers. Nothing is subtracted: after one huge number was in the window, subtracting it would leave nothing of
 * the small ones. Instead the older entries have the sums of what follows them ready, in two stacks that stand back to back.
 */
export function sumMeasure(average: boolean): Measure {
  /** Sums of the older entries, each with all that come after it among them; the oldest is the last. */
  let older: { readonly sum: number; readonly count: number }[] = [];
  let newer: { readonly sum: number; readonly count: number }[] = [];
  let newerSum = 0;
  let newerCount = 0;
  return {
    add: ({ data }) => {
      const numbers = numbersOf(data);
      const sum = numbers.reduce((all, one) => all + one, 0);
      newer.push({ sum, count: numbers.length });
      newerSum += sum;
      newerCount += numbers.length;
    },
    remove: () => {
      if (older.length === 0) {
        let sum = 0;
        let count = 0;
        older = newer.reverse().map((one) => {
          sum += one.sum;
          count += one.count;
          return { sum, count };
        });
        newer = [];
        newerSum = 0;
        newerCount = 0;
      }
      older.pop();
    },
    value: () => {
      const before = older.at(-1) ?? { sum: 0, count: 0 };
      const count = before.count + newerCount;
      if (count === 0) return undefined;
      const sum = finite(before.sum + newerSum);
      return average ? sum / count : sum;
    },
  };
}

/** The median (between the two in the middle, their mean), or a percentile by nearest rank. */
export function numbersMeasure(rank: number | 'median'): Measure {
  const sorted: number[] = [];
  return {
    add: ({ data }) => {
      for (const number of numbersOf(data)) sorted.splice(placeOf(sorted, number), 0, number);
    },
    remove: ({ data }) => {
      for (const number of numbersOf(data)) sorted.splice(placeOf(sorted, number), 1);
    },
    value: () => {
      const count = sorted.length;
      if (rank !== 'median') return sorted[Math.max(0, Math.ceil((rank / 100) * count) - 1)];
      const upper = sorted[count >> 1];
      const lower = sorted[(count - 1) >> 1];
      return upper === undefined || lower === undefined ? upper : finite((lower + upper) / 2);
    },
  };
}

/** The first place whose number is not less. */
function placeOf(sorted: readonly number[], number: number): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((sorted[middle] ?? number) < number) from = middle + 1;
    else to = middle;
  }
  return from;
}

function numbersOf(data: readonly Scalar[]): readonly number[] {
  return data.map(numberOf).filter((number) => number !== undefined);
}

/** JSON knows no infinity. */
function finite(number: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, number));
}
