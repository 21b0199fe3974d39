import { bucketCounts } from './bucket-counts.ts';
import type { CountedRows } from './kernel-counts.ts';

export interface WindowLimit {
  /** In milliseconds. */
  readonly window: number;
  readonly threshold: number;
}

export interface WindowSettings {
  /** Windows whose counts are compared; all are counted in the same buckets. */
  readonly limits: readonly WindowLimit[];
  /** In milliseconds, whole seconds; windows are rounded up to whole buckets. */
  readonly bucket: number;
  /**
   * Whether windows may begin at any second. Otherwise they begin at the beginning of a bucket, and requests that lie closer together than
   * window less bucket are always counted together.
   */
  readonly exact: boolean;
  readonly lateness: number;
  /** What is found is told by stretches of this length, into which the last request of a window falls. */
  readonly period: number;
  /** Whether keys are small numbers (of clients), and not hashes. */
  readonly small: boolean;
  /** The most pairs of key and bucket that are held. */
  readonly most: number;
}

/** Windows of one key whose count has reached a threshold, all that end in one period. */
export interface WindowsReached {
  readonly key: number;
  /** Index of the limit. */
  readonly limit: number;
  /** Where the period begins. */
  readonly start: number;
  /** Begin of the first and end of the last second (or bucket) with a request in any of these windows. */
  readonly first: number;
  readonly last: number;
  /** The highest count of any of them. */
  readonly count: number;
}

/** Counts by key in sliding windows of event time. What is found depends on what was added, and not on its order. */
export interface WindowCounter {
  /** What lies before what `expire` closed is not counted. */
  readonly add: (key: number, time: number) => void;
  /** The same for a batch, at less cost; keys that are -1 are not counted. */
  readonly addAll: (keys: ArrayLike<number>, times: Float64Array, count: number) => void;
  /** The same with clients as keys, in compiled code, where windows are neither exact nor of other keys than small ones. */
  readonly addRows: (rows: CountedRows) => void;
  /** Tells of the windows that reached a threshold, of those that have changed since the last call. */
  readonly judge: (reached: (found: WindowsReached) => void) => void;
  readonly expire: (now: number) => void;
  readonly forget: (keys: readonly number[]) => void;
  /** Counts that had to go before their time, for lack of room. */
  readonly squeezedOut: () => number;
}

/** The resolution of exact windows: that of most access logs. */
const second = 1_000;
/** A key of 32 bits and a bucket's place among so many go into one number; more buckets are never held at once. */
const cycle = 2 ** 21;
/** 8 kB, which stay in the cache. */
const hotBits = 65_536;

/** The bucket with this place in its cycle that lies next to `near`. */
function nearest(place: number, near: number): number {
  const bucket = near - (near % cycle) + place;
  if (bucket - near > cycle / 2) return bucket - cycle;
  return near - bucket > cycle / 2 ? bucket + cycle : bucket;
}

export function windowCounter(settings: WindowSettings): WindowCounter {
  const { limits, bucket, exact, lateness, period } = settings;
  const longest = Math.max(...limits.map(({ window }) => window));
  const horizon = lateness + longest;
  const coarse = bucketCounts({ most: settings.most, small: settings.small });
  const fine = exact ? bucketCounts({ most: settings.most, small: settings.small }) : undefined;
  /** A window that reaches a threshold has a bucket with so many. */
  const hotFrom = Math.min(
    ...limits.map(({ window, threshold }) =>
      Math.ceil(threshold / (Math.max(1, Math.ceil(window / bucket)) + (exact ? 1 : 0))),
    ),
  );
  /** One bit for the keys of each hash, which had such a bucket: all others need no closer look. */
  let hot = new Int32Array(hotBits / 32);
  let isCompiled = false;
  /** The bucket of the last row that was added by `addRows`. */
  let lastAt = -1;
  let marked = 0;
  let markedAt = 0;
  let floor = 0;
  let changed = new Set<number>();
  let lastKey = -1;
  let lastBucket = -1;

  const judgeWindows = (
    key: number,
    limit: number,
    counts: (key: number, bucket: number) => number,
    unit: number,
    from: number,
    to: number,
    reached: (found: WindowsReached) => void,
  ): void => {
    const { window, threshold } = limits[limit] ?? { window: 0, threshold: 0 };
    const length = Math.max(1, Math.ceil(window / unit));
    // Every window that has part in the units from `from` to `to`.
    const begin = Math.max(0, from - length + 1);
    const held = Array.from({ length: to + length - begin }, (_, i) => counts(key, begin + i));
    let sum = held.slice(0, length - 1).reduce((all, count) => all + count, 0);
    let found: { start: number; first: number; last: number; count: number } | undefined;
    for (let i = 0; i + length <= held.length; i++) {
      sum += held[i + length - 1] ?? 0;
      if (sum >= threshold) {
        let firstAt = i;
        while (held[firstAt] === 0) firstAt++;
        let lastAt = i + length - 1;
        while (held[lastAt] === 0) lastAt--;
        const last = (begin + lastAt + 1) * unit - 1;
        const start = Math.floor(last / period) * period;
        if (found !== undefined && found.start !== start) {
          reached({ key, limit, ...found });
          found = undefined;
        }
        const first = (begin + firstAt) * unit;
        found =
          found === undefined
            ? { start, first, last, count: sum }
            : { ...found, last, count: Math.max(found.count, sum) };
      }
      sum -= held[i] ?? 0;
    }
    if (found !== undefined) reached({ key, limit, ...found });
  };

  /** The most that lies in any window around a bucket, if windows could begin in the middle of buckets. */
  const mayReach = (key: number, at: number, { window, threshold }: WindowLimit): boolean => {
    const length = Math.ceil(window / bucket);
    let sum = 0;
    const held: number[] = [];
    for (let i = at - length; i <= at + length; i++) {
      const count = i < 0 ? 0 : coarse.get(key, i);
      held.push(count);
      sum += count;
      if (held.length > length + 1) sum -= held[held.length - length - 2] ?? 0;
      if (sum >= threshold) return true;
    }
    return false;
  };

  const markHot = (bit: number): void => {
    hot[bit >>> 5] = (hot[bit >>> 5] ?? 0) | (1 << (bit & 31));
    marked++;
  };
  /** Who was hot long ago need not be looked at for ever. */
  const markAnew = (): void => {
    hot.fill(0);
    marked = 0;
    coarse.forEach((key, count) => {
      if (count >= hotFrom) markHot((Math.imul(key, 0x9e3779b1) >>> 16) % hotBits);
    });
  };
  const addTo = (key: number, time: number, at: number): void => {
    const count = coarse.add(key, at);
    if (count === 0) return;
    fine?.add(key, Math.floor(time / second));
    const bit = (Math.imul(key, 0x9e3779b1) >>> 16) % hotBits;
    if (((hot[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) {
      if (count < hotFrom) return;
      markHot(bit);
    }
    noteChange(key, at);
  };
  const noteChange = (key: number, at: number): void => {
    if (key === lastKey && at === lastBucket) return;
    lastKey = key;
    lastBucket = at;
    changed.add(key * cycle + (at % cycle));
  };
  const useKernel = ({ kernel }: CountedRows): boolean => {
    const place = kernel.allot(hot.byteLength);
    if (place === undefined) return false;
    const moved = new Int32Array(kernel.memory, place, hot.length);
    moved.set(hot);
    hot = moved;
    coarse.useMemory(kernel.tableMemory);
    return true;
  };

  return {
    add: (key, time) => {
      if (time >= floor) addTo(key, time, Math.floor(time / bucket));
    },
    addAll: (keys, times, count) => {
      let lastTime = Number.NaN;
      let at = 0;
      for (let i = 0; i < count; i++) {
        const key = keys[i] ?? -1;
        const time = times[i] ?? 0;
        if (key === -1 || !(time >= floor)) continue;
        if (time !== lastTime) {
          lastTime = time;
          at = Math.floor(time / bucket);
        }
        addTo(key, time, at);
      }
    },
    addRows: (rows) => {
      const { code, count, clients, times, paths, ignored, found } = rows;
      isCompiled ||= useKernel(rows);
      for (let row = 0; row < count; row++) {
        const table = isCompiled ? coarse.open(lastAt) : undefined;
        if (table !== undefined) {
          row = code.countInTable(
            table.place,
            table.mask,
            table.room,
            row,
            count,
            paths.byteOffset,
            ignored.byteOffset,
            hot.byteOffset,
            hotFrom,
            lastAt,
            bucket,
            floor,
          );
          table.added(code.addedKeys());
          marked += code.newlyHotBits();
          const listed = code.foundRows();
          for (let i = 0; i < listed; i++) noteChange(clients[found[i] ?? 0] ?? 0, lastAt);
          if (row === count) return;
        }
        // A row for which there is more to do.
        const key = clients[row] ?? -1;
        const time = times[row] ?? 0;
        if (key === -1 || ignored[paths[row] ?? 0] !== 0 || !(time >= floor)) continue;
        lastAt = Math.floor(time / bucket);
        addTo(key, time, lastAt);
      }
    },
    judge: (reached) => {
      if (changed.size === 0) return;
      const [judged, near] = [changed, lastBucket];
      changed = new Set();
      [lastKey, lastBucket] = [-1, -1];
      for (const pair of judged) {
        const key = Math.floor(pair / cycle);
        const at = nearest(pair % cycle, near);
        for (const [index, limit] of limits.entries()) {
          if (fine === undefined) judgeWindows(key, index, coarse.get, bucket, at, at, reached);
          else if (mayReach(key, at, limit)) {
            const seconds = bucket / second;
            judgeWindows(key, index, fine.get, second, at * seconds, (at + 1) * seconds - 1, reached);
          }
        }
      }
    },
    expire: (now) => {
      const closed = now - lateness;
      if (!(closed > floor) || closed === Number.POSITIVE_INFINITY) return;
      floor = closed;
      const keptFrom = Math.max(0, Math.floor((closed - longest) / bucket) - 1);
      coarse.expire(keptFrom);
      fine?.expire(Math.floor((keptFrom * bucket) / second));
      if (marked === 0 || closed - markedAt < horizon) return;
      markedAt = closed;
      markAnew();
    },
    forget: (keys) => {
      if (!settings.small || keys.length === 0) return;
      const forgotten = new Set(keys);
      coarse.forget(forgotten);
      fine?.forget(forgotten);
    },
    squeezedOut: () => coarse.counters.squeezedOut + (fine?.counters.squeezedOut ?? 0),
  };
}
