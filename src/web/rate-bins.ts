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
  /** The same for a batch, by hashes of which the lowest bits are the bin; what has -1 is not counted. */
  readonly addAll: (hashes: Float64Array, times: Float64Array, count: number) => void;
  /** Tells of the windows that are too high, of those that have changed since the last call. */
  readonly judge: (reached: (found: RateReached) => void) => void;
}

/** Buckets of a window; `judgeWindow` adds up just so many. */
const parts = 3;
const mostCells = 4_194_304;
const mostBins = 8_192;
const hour = 3_600_000;
/** Hours for which bins are summed up: the current one, the one before, and one that is being closed. */
const openEpochs = 4;

export function rateBins(settings: RateBinsSettings): RateBins {
  const { window, factor, least, weight, lateness, period, withoutBaseline } = settings;
  const bucket = Math.ceil(window / parts);
  const columns = 2 ** Math.ceil(Math.log2((lateness + window) / bucket + parts + 1));
  const bins = Math.min(mostBins, 2 ** Math.floor(Math.log2(mostCells / columns)));
  const epochLength = Math.max(lateness, hour);
  /** By column and then by bin, so that requests of one time lie together. */
  const counts = new Uint32Array(columns * bins);
  const totals = new Uint32Array(columns);
  const sums = new Float64Array(openEpochs * bins);
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
  let lastChanged = -1;
  /** A window that holds `least` has a bucket with so many; bins with such a bucket are the only ones to judge. */
  const hotFrom = Math.ceil(least / parts);
  /** The latest bucket of each hot bin that has so many; -1 for others. */
  const hotAt = new Float64Array(bins).fill(-1);
  let hot: number[] = [];
  /** Of the time that was added last. */
  let lastTime = Number.NaN;
  let lastAt = 0;
  let lastEpoch = 0;
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
      counts.fill(0, column * bins, (column + 1) * bins);
    }
    latest = next;
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
    const [oldest = 0, middle = 0, newest = 0] = held.map((at) => (at & (columns - 1)) * bins);
    for (const bin of hot) {
      const ending = counts[newest + bin] ?? 0;
      // A window that ends with nothing holds no more than the one before it.
      if (ending === 0) continue;
      const count = (counts[oldest + bin] ?? 0) + (counts[middle + bin] ?? 0) + ending;
      if (count < least) continue;
      const time = (end + 1) * bucket - 1;
      const usual = usualAt(bin, time);
      const threshold = Math.ceil(Math.max(least, factor * (Number.isNaN(usual) ? 0 : usual)));
      if (count < threshold) continue;
      const isHeld = (at: number): boolean => (counts[(at & (columns - 1)) * bins + bin] ?? 0) > 0;
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
    lastChanged = -1;
    for (const end of ends)
      if (end <= latest && end - parts + 1 > latest - columns) judgeWindow(end, waiting);
  };

  const heat = (bin: number, at: number): void => {
    if (hotAt[bin] === -1) hot.push(bin);
    if (at > (hotAt[bin] ?? -1)) hotAt[bin] = at;
  };
  const add = (bin: number, time: number): void => {
    if (time !== lastTime) {
      lastTime = time;
      lastAt = Math.floor(time / bucket);
      lastEpoch = Math.floor(time / epochLength);
    }
    const at = lastAt;
    if (!(at > latest - columns + parts)) return;
    if (at > latest) {
      // What columns held before, and what was usual then, is needed no more once it is judged.
      judgeChanged();
      if (lastEpoch > epoch) beginEpoch(lastEpoch);
      begin(at);
    }
    const column = at & (columns - 1);
    const cell = column * bins + bin;
    const count = (counts[cell] ?? 0) + 1;
    counts[cell] = count;
    if (count >= hotFrom && hotAt[bin] !== at) heat(bin, at);
    totals[column] = (totals[column] ?? 0) + 1;
    const row = lastEpoch % openEpochs;
    sums[row * bins + bin] = (sums[row * bins + bin] ?? 0) + 1;
    epochTotals[row] = (epochTotals[row] ?? 0) + 1;
    if (at === lastChanged) return;
    lastChanged = at;
    changed.add(at);
  };

  return {
    bins,
    add,
    addAll: (hashes, times, count) => {
      for (let i = 0; i < count; i++) {
        const hash = hashes[i] ?? -1;
        if (hash === -1) continue;
        const time = times[i] ?? 0;
        const bin = hash & (bins - 1);
        // Nearly always the time is that of the one before, and then all that is to be done is to count.
        if (time !== lastTime || lastAt !== lastChanged) {
          add(bin, time);
          continue;
        }
        const column = lastAt & (columns - 1);
        const cell = column * bins + bin;
        const cellCount = (counts[cell] ?? 0) + 1;
        counts[cell] = cellCount;
        if (cellCount >= hotFrom && hotAt[bin] !== lastAt) heat(bin, lastAt);
        totals[column] = (totals[column] ?? 0) + 1;
        const row = lastEpoch % openEpochs;
        sums[row * bins + bin] = (sums[row * bins + bin] ?? 0) + 1;
        epochTotals[row] = (epochTotals[row] ?? 0) + 1;
      }
    },
    judge: (reached) => {
      judgeChanged();
      const found = waiting;
      waiting = new Map();
      for (const one of found.values()) reached(one);
    },
  };
}
