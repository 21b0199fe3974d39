import type { CountedRows } from './kernel-counts.ts';

export interface RateBinsSettings {
  readonly window: number;
  readonly factor: number;
  readonly least: number;
  readonly weight: number;
  readonly lateness: number;
  readonly period: number;
  /** Whether `least` alone decides as long as there is no baseline. */
  readonly withoutBaseline: boolean;
}

export interface RateReached {
  readonly bin: number;
  readonly start: number;
  readonly first: number;
  readonly last: number;
  /** The highest count of any window, how many would have been too many there, and how many are usual in a window (NaN: not known). */
  readonly count: number;
  readonly threshold: number;
  readonly usual: number;
}

/**
 * How many requests come for each of a fixed number of bins (hashes of networks, agents, paths), against what is usual for the bin. Needs the
 * same memory whatever comes. The hours that make up the baseline of an hour end before it began by at least the lateness, so that no request
 * that comes late in time can change it.
 */
export interface RateBins {
  readonly bins: number;
  readonly add: (bin: number, time: number) => void;
  /** The same for a batch: the bin of each row is in the lowest bits of its hash. Rows with a hash of 0 are not counted. */
  readonly addAll: (hashes: Uint32Array, times: Float64Array, count: number) => void;
  /** The same in compiled code; the hashes must lie in its memory. */
  readonly addRows: (hashes: Uint32Array, rows: CountedRows) => void;
  /** Tells of the windows that are too high, of those that have changed since the last call. */
  readonly judge: (reached: (found: RateReached) => void) => void;
}

/** Buckets of a window; `judgeWindow` adds up just so many. */
const parts = 3;
const mostCells = 4_194_304;
const mostBins = 8_192;
/** A byte with this value says that the count stands elsewhere. */
const inLarge = 255;
const hour = 3_600_000;
/** Hours for which bins are summed up: the current one, the one before, and one that is being closed. */
const openEpochs = 4;

export function rateBins(settings: RateBinsSettings): RateBins {
  const { window, factor, least, weight, lateness, period, withoutBaseline } = settings;
  const bucket = Math.ceil(window / parts);
  const columns = 2 ** Math.ceil(Math.log2((lateness + window) / bucket + parts + 1));
  const bins = Math.min(mostBins, 2 ** Math.floor(Math.log2(mostCells / columns)));
  const epochLength = Math.max(lateness, hour);
  /** By column and then by bin, so that requests of one time lie together. What a byte does not hold stands in `large`, by column. */
  let small = new Uint8Array(columns * bins);
  const large: (Map<number, number> | undefined)[] = Array.from({ length: columns }, () => undefined);
  const totals = new Uint32Array(columns);
  let sums = new Float64Array(openEpochs * bins);
  const epochTotals = new Float64Array(openEpochs);
  /** What is usual in an epoch: for the current one, and for the one before. */
  let baseline = new Float64Array(bins);
  let baselineBefore = new Float64Array(bins);
  /** How many epochs went into each. */
  let known = 0;
  let knownBefore = 0;
  let latest = -1;
  let epoch = -1;
  /** The first epoch has only a part of its requests. */
  let firstEpoch = -1;
  let changed = new Set<number>();
  /** A window that holds `least` has a bucket with so many; bins with such a bucket are the only ones to judge. */
  const hotFrom = Math.ceil(least / parts);
  /** The latest bucket of each hot bin that has so many; -1 for others. */
  const hotAt = new Float64Array(bins).fill(-1);
  let hot: number[] = [];
  /** Requests of one bucket that came one after the other, by bin: what is held is touched once for all of them. */
  const run = new Uint32Array(bins);
  const inRun = new Int32Array(bins);
  let different = 0;
  let runTotal = 0;
  /** Their bucket, -1 where it is too late for it, and their epoch; and the time that was added last. */
  let runAt = -1;
  let runEpoch = 0;
  let lastTime = Number.NaN;
  /** Judged and not told yet. */
  let waiting = new Map<string, RateReached>();

  const closeEpoch = (closing: number): void => {
    const row = closing % openEpochs;
    baselineBefore = baseline.slice();
    knownBefore = known;
    // An hour without any request says that there were no logs, and nothing about what is usual.
    if (closing > firstEpoch && (epochTotals[row] ?? 0) > 0) {
      const share = known === 0 ? 1 : weight;
      const next = new Float64Array(bins);
      for (let bin = 0; bin < bins; bin++)
        next[bin] = share * (sums[row * bins + bin] ?? 0) + (1 - share) * (baseline[bin] ?? 0);
      baseline = next;
      known++;
    }
  };

  const beginEpoch = (next: number): void => {
    if (epoch === -1) firstEpoch = next;
    else {
      // What is open is closed; behind that, in a long silence, there is nothing to close.
      for (let current = epoch + 1; current <= Math.min(next, epoch + openEpochs); current++) {
        closeEpoch(current - 2);
        const row = current % openEpochs;
        sums.fill(0, row * bins, (row + 1) * bins);
        epochTotals[row] = 0;
      }
      if (next > epoch + openEpochs) [baselineBefore, knownBefore] = [baseline, known];
    }
    epoch = next;
    for (const bin of hot) if ((hotAt[bin] ?? 0) <= latest - columns) hotAt[bin] = -1;
    hot = hot.filter((bin) => hotAt[bin] !== -1);
  };

  const begin = (next: number): void => {
    for (let at = Math.max(latest + 1, next - columns + 1); at <= next; at++) {
      const column = at & (columns - 1);
      if (totals[column] === 0) continue;
      totals[column] = 0;
      small.fill(0, column * bins, (column + 1) * bins);
      large[column] = undefined;
    }
    latest = next;
  };

  const countOf = (at: number, bin: number): number => {
    const column = at & (columns - 1);
    const count = small[column * bins + bin] ?? 0;
    return count < inLarge ? count : (large[column]?.get(bin) ?? 0);
  };

  /** What is usual in a window that ends at `time`; NaN where it is not known. */
  const usualAt = (bin: number, time: number): number => {
    const isCurrent = Math.floor(time / epochLength) >= epoch;
    if ((isCurrent ? known : knownBefore) === 0) return Number.NaN;
    return (((isCurrent ? baseline : baselineBefore)[bin] ?? 0) * window) / epochLength;
  };

  const judgeWindow = (end: number, found: Map<string, RateReached>): void => {
    const held = Array.from({ length: parts }, (_, i) => end - parts + 1 + i);
    const total = held.reduce((sum, at) => sum + (totals[at & (columns - 1)] ?? 0), 0);
    if (total < least) return;
    const isKnown = Math.floor(((end + 1) * bucket - 1) / epochLength) >= epoch ? known : knownBefore;
    if (isKnown === 0 && !withoutBaseline) return;
    const [oldest = 0, middle = 0, newest = 0] = held;
    for (const bin of hot) {
      const ending = countOf(newest, bin);
      // A window that ends with nothing holds no more than the one before it.
      if (ending === 0) continue;
      const count = countOf(oldest, bin) + countOf(middle, bin) + ending;
      if (count < least) continue;
      const time = (end + 1) * bucket - 1;
      const usual = usualAt(bin, time);
      const threshold = Math.ceil(Math.max(least, factor * (Number.isNaN(usual) ? 0 : usual)));
      if (count < threshold) continue;
      const isHeld = (at: number): boolean => countOf(at, bin) > 0;
      const first = (held.find(isHeld) ?? end) * bucket;
      const last = ((held.findLast(isHeld) ?? end) + 1) * bucket - 1;
      const start = Math.floor(last / period) * period;
      const key = `${bin} ${start}`;
      const before = found.get(key);
      const highest = before === undefined || count > before.count ? { count, threshold, usual } : before;
      found.set(key, {
        bin,
        start,
        first: Math.min(before?.first ?? first, first),
        last: Math.max(before?.last ?? last, last),
        count: highest.count,
        threshold: highest.threshold,
        usual: highest.usual,
      });
    }
  };

  const judgeChanged = (): void => {
    if (changed.size === 0) return;
    const ends = new Set<number>();
    for (const at of changed) for (let end = at; end < at + parts; end++) ends.add(end);
    changed = new Set();
    for (const end of ends)
      if (end <= latest && end - parts + 1 > latest - columns) judgeWindow(end, waiting);
  };

  const heat = (bin: number, at: number): void => {
    if (hotAt[bin] === -1) hot.push(bin);
    if (at > (hotAt[bin] ?? -1)) hotAt[bin] = at;
  };
  /** Adds so many requests of a bin in the bucket and the epoch of the run. */
  const addTimes = (bin: number, times: number): void => {
    const column = runAt & (columns - 1);
    const cell = column * bins + bin;
    let count = (small[cell] ?? 0) + times;
    if (count < inLarge) small[cell] = count;
    else {
      if (small[cell] === inLarge) count = countOf(runAt, bin) + times;
      small[cell] = inLarge;
      (large[column] ??= new Map()).set(bin, count);
    }
    if (count >= hotFrom && hotAt[bin] !== runAt) heat(bin, runAt);
    const sum = (runEpoch % openEpochs) * bins + bin;
    sums[sum] = (sums[sum] ?? 0) + times;
  };
  /** The same of all together. */
  const addTotal = (times: number): void => {
    const column = runAt & (columns - 1);
    const row = runEpoch % openEpochs;
    totals[column] = (totals[column] ?? 0) + times;
    epochTotals[row] = (epochTotals[row] ?? 0) + times;
    changed.add(runAt);
  };
  /** Counts the requests of the run. */
  const endRun = (): void => {
    if (runTotal === 0) return;
    for (let i = 0; i < different; i++) {
      const bin = inRun[i] ?? 0;
      const times = run[bin] ?? 0;
      run[bin] = 0;
      addTimes(bin, times);
    }
    addTotal(runTotal);
    different = 0;
    runTotal = 0;
  };
  /** The run that compiled code counts; nothing is left in it between two batches, so that there is one for all. */
  let compiled: { readonly run: Uint32Array; readonly inRun: Uint32Array } | undefined;
  const useKernel = ({ kernel: { code, memory, allot } }: CountedRows): typeof compiled => {
    const sumsAt = allot(sums.byteLength);
    const smallAt = bins <= code.binsMost.value && sumsAt !== undefined ? allot(small.length) : undefined;
    if (sumsAt === undefined || smallAt === undefined) return undefined;
    const moved = {
      small: new Uint8Array(memory, smallAt, small.length),
      sums: new Float64Array(memory, sumsAt, sums.length),
    };
    moved.sums.set(sums);
    // What nothing was counted in takes no memory, and is not to take any now.
    for (let column = 0; column < columns; column++)
      if (totals[column] !== 0)
        moved.small.set(small.subarray(column * bins, (column + 1) * bins), column * bins);
    ({ small, sums } = moved);
    return {
      run: new Uint32Array(memory, code.run.value, bins),
      inRun: new Uint32Array(memory, code.inRun.value, bins),
    };
  };
  const endCompiledRun = (
    { run: counted, inRun: which }: NonNullable<typeof compiled>,
    { code }: CountedRows,
  ): void => {
    const total = code.rowsInRun();
    if (total === 0) return;
    const left = code.endRun(
      small.byteOffset + (runAt & (columns - 1)) * bins,
      sums.byteOffset + (runEpoch % openEpochs) * bins * Float64Array.BYTES_PER_ELEMENT,
      Math.min(hotFrom, inLarge),
    );
    for (let i = 0; i < left; i++) {
      const bin = which[i] ?? 0;
      const times = counted[bin] ?? 0;
      counted[bin] = 0;
      addTimes(bin, times);
    }
    addTotal(total);
  };

  /** Goes over to another time. */
  const turnTo = (time: number): void => {
    lastTime = time;
    const at = Math.floor(time / bucket);
    const timeEpoch = Math.floor(time / epochLength);
    if (at === runAt && timeEpoch === runEpoch) return;
    endRun();
    runEpoch = timeEpoch;
    runAt = at > latest - columns + parts ? at : -1;
    if (!(runAt > latest)) return;
    // What columns held before, and what was usual then, is needed no more once it is judged.
    judgeChanged();
    if (timeEpoch > epoch) beginEpoch(timeEpoch);
    begin(at);
  };

  const add = (bin: number, time: number): void => {
    if (time !== lastTime) turnTo(time);
    if (runAt === -1) return;
    const before = run[bin] ?? 0;
    if (before === 0) inRun[different++] = bin;
    run[bin] = before + 1;
    runTotal++;
  };

  const addAll: RateBins['addAll'] = (hashes, times, count) => {
    // As `add`, but what every row needs is at hand.
    let last = lastTime;
    let counted = 0;
    for (let i = 0; i < count; i++) {
      const hash = hashes[i] ?? 0;
      if (hash === 0) continue;
      const time = times[i] ?? 0;
      if (time !== last) {
        runTotal += counted;
        counted = 0;
        turnTo(time);
        last = time;
      }
      if (runAt === -1) continue;
      const bin = hash & (bins - 1);
      const before = run[bin] ?? 0;
      if (before === 0) inRun[different++] = bin;
      run[bin] = before + 1;
      counted++;
    }
    runTotal += counted;
  };

  return {
    bins,
    add,
    addAll,
    addRows: (hashes, rows) => {
      compiled ??= useKernel(rows);
      const { code, count, times } = rows;
      if (compiled === undefined) {
        addAll(hashes, times, count);
        return;
      }
      for (let row = 0; row < count;) {
        row = code.countBins(
          hashes.byteOffset,
          row,
          count,
          bins - 1,
          runAt,
          bucket,
          runEpoch,
          epochLength,
          lastTime,
        );
        endCompiledRun(compiled, rows);
        if (row < count) turnTo(times[row] ?? 0);
      }
    },
    judge: (reached) => {
      endRun();
      judgeChanged();
      const found = waiting;
      waiting = new Map();
      for (const one of found.values()) reached(one);
    },
  };
}
