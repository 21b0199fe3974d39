import type { Measure } from './window-measure.ts';
import { Queue } from './entry.ts';

/** How many entries there are. */
export function countMeasure(): Measure {
  let count = 0;
  return {
    add: () => void count++,
    remove: () => void count--,
    value: () => count,
  };
}

/** Entries of the last time span for each entry of the one before; undefined where either has too few. */
export function spikeMeasure(timespan: number, minimum: number, reference: number): Measure {
  const present = new Queue<number>();
  let past = 0;
  return {
    add: ({ entry }) => present.push(entry.time),
    remove: () => {
      if (past > 0) past--;
      else present.shift();
    },
    value: (time) => {
      for (
        let oldest = present.first;
        oldest !== undefined && oldest < time - timespan;
        oldest = present.first
      ) {
        present.shift();
        past++;
      }
      return past < reference || present.length < minimum ? undefined : present.length / past;
    },
  };
}

/** Entries of the first rule for each 100 of the second; undefined where the second has too few. */
export function percentageMeasure(minimum: number): Measure {
  let part = 0;
  let whole = 0;
  return {
    add: ({ members }) => {
      if (members.includes(0)) part++;
      if (members.includes(1)) whole++;
    },
    remove: ({ members }) => {
      if (members.includes(0)) part--;
      if (members.includes(1)) whole--;
    },
    value: () => (whole < minimum ? undefined : (100 * part) / whole),
  };
}
