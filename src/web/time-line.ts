/** Counts over event time, whatever stretch of it comes, in bounded memory: where there is more time, the steps grow. */
export interface TimeLine {
  /** The place of a time in `columns`. Valid until the next call. */
  readonly at: (time: number) => number;
  readonly columns: readonly Float64Array[];
  /** At most so many points (2 or more); times far from nearly all requests are left out and counted, so that one wrong clock hides nothing. */
  readonly view: (mostPoints: number) => TimeLineView;
}

export interface TimeLineView {
  /** The length of a step in milliseconds. */
  readonly step: number;
  /** Steps one after the other, also those in which there is nothing: when each begins, and its sum of each column. */
  readonly points: readonly { readonly time: number; readonly sums: readonly number[] }[];
  /** Of the first column, what lies before and after the points. */
  readonly outside: number;
}

const second = 1000;
/** Each is a whole multiple of the one before. */
const steps = [1, 10, 60, 300, 900, 3_600, 21_600, 86_400, 604_800, 31_449_600].map((s) => s * second);
const mostHeld = 4_096;
/** Lengths that people count in. */
const readable = [
  ...[1, 2, 5, 10, 15, 30].map((s) => s * second),
  ...[1, 2, 5, 10, 15, 30].map((min) => min * 60 * second),
  ...[1, 2, 3, 6, 12].map((h) => h * 3_600 * second),
  ...[1, 2, 7, 14, 28, 91, 364].map((d) => d * 86_400 * second),
];

/** The shortest length in which people count, of whole steps, of which so many hold both times. */
function sizeFor(first: number, last: number, step: number, most: number): number {
  const fits = (size: number): boolean =>
    size % step === 0 && Math.floor(last / size) - Math.floor(first / size) < most;
  const found = readable.find(fits);
  if (found !== undefined) return found;
  let size = Math.max(step, readable.at(-1) ?? step);
  while (!fits(size)) size *= 2;
  return size;
}

/** This share of the first column at either end may be left out of the view. */
const outlierShare = 0.0005;

export function timeLine(columnCount: number): TimeLine {
  const columns = Array.from({ length: columnCount }, () => new Float64Array(mostHeld));
  let stepAt = 0;
  let step = steps[0] ?? second;
  let places = new Map<number, number>();
  let lastNumber = Number.NaN;
  let lastPlace = 0;

  const coarsen = (): void => {
    const before = [...places];
    const merged = new Map<number, number>();
    const old = columns.map((column) => column.slice());
    const factor = (steps[stepAt + 1] ?? step * 4) / step;
    stepAt++;
    step *= factor;
    for (const column of columns) column.fill(0);
    for (const [number, place] of before) {
      const coarse = Math.floor(number / factor);
      const to = merged.get(coarse) ?? merged.size;
      merged.set(coarse, to);
      for (const [i, column] of columns.entries()) column[to] = (column[to] ?? 0) + (old[i]?.[place] ?? 0);
    }
    places = merged;
  };

  const at = (time: number): number => {
    let number = Math.floor(time / step);
    if (number === lastNumber) return lastPlace;
    let place = places.get(number);
    if (place === undefined) {
      while (places.size === mostHeld) coarsen();
      number = Math.floor(time / step);
      place = places.get(number) ?? places.size;
      places.set(number, place);
    }
    lastNumber = number;
    lastPlace = place;
    return place;
  };

  return {
    at,
    columns,
    view: (mostPoints) => {
      const held = [...places].toSorted(([a], [b]) => a - b);
      const [counted] = columns;
      const weight = (place: number): number => counted?.[place] ?? 0;
      const total = held.reduce((sum, [, place]) => sum + weight(place), 0);
      let [from, to] = [0, held.length];
      let outside = 0;
      // Only a time that lies apart is left out, one that more than doubles the stretch of the rest.
      const spare = () => total * outlierShare * 2 - outside;
      for (let more = true; more && to - from > 2;) {
        const span = (a: number, b: number): number => (held[b - 1]?.[0] ?? 0) - (held[a]?.[0] ?? 0) + 1;
        const firstWeight = weight(held[from]?.[1] ?? 0);
        const lastWeight = weight(held[to - 1]?.[1] ?? 0);
        if (span(from, to) > 2 * span(from + 1, to) && firstWeight <= spare()) {
          outside += firstWeight;
          from++;
        } else if (span(from, to) > 2 * span(from, to - 1) && lastWeight <= spare()) {
          outside += lastWeight;
          to--;
        } else more = false;
      }
      const shown = held.slice(from, to);
      const firstNumber = held[from]?.[0] ?? 0;
      const lastShown = held[to - 1]?.[0] ?? 0;
      const size = sizeFor(firstNumber * step, lastShown * step, step, mostPoints);
      const start = Math.floor((firstNumber * step) / size);
      const length = shown.length === 0 ? 0 : Math.floor((lastShown * step) / size) - start + 1;
      const points = Array.from({ length }, (_, i) => ({
        time: (start + i) * size,
        sums: columns.map(() => 0),
      }));
      for (const [number, place] of shown) {
        const point = points[Math.floor((number * step) / size) - start];
        if (point === undefined) continue;
        for (const [i, column] of columns.entries())
          point.sums[i] = (point.sums[i] ?? 0) + (column[place] ?? 0);
      }
      return { step: size, points, outside };
    },
  };
}
