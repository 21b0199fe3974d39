import type { Requests } from '../event/requests.ts';
import { distinctCounter, type DistinctReached } from './distinct-windows.ts';
import { evidenceKeeper, gatherEvidence, type EvidenceKeeper } from './evidence.ts';
import type { CountedRows } from './kernel-counts.ts';
import type { EvidenceLine } from './offence.ts';
import type { TrafficSettings } from './settings.ts';

/** Clients that guess paths for hours. */
export interface SlowScanners {
  /** Before missing paths are added; as of `DistinctCounter`. */
  readonly bringNear: (clients: Int32Array, paths: Uint32Array, count: number) => void;
  readonly addMissing: (client: number, path: number, time: number) => void;
  /** Counts the responses of a batch that were not bad: the rows that have a client, whose status is not in `isBad`. */
  readonly addGood: (requests: Requests, clients: Int32Array, isBad: Uint8Array) => void;
  /** The same in compiled code. `isBad` must lie in its memory. False where it can't: then nothing was counted. */
  readonly addGoodRows: (rows: CountedRows, isBad: Uint8Array) => boolean;
  readonly gather: (requests: Requests, clients: Int32Array, isMissing: Uint8Array) => void;
  /**
   * Tells who was one in windows that no request can change any more. With Infinity every window is judged.
   */
  readonly close: (
    now: number,
    found: (reached: DistinctReached, evidence: readonly EvidenceLine[]) => void,
  ) => void;
  readonly forget: (clients: readonly number[]) => void;
}

/** Good responses of one client in one bucket are counted so far: with more it is no scanner. */
const mostGood = 255;

const nothing = { count: 0, buckets: 0, first: 0 };

export function slowScanners(settings: TrafficSettings, mostOfOne: number, most: number): SlowScanners {
  const { lateness, period } = settings;
  const { window, threshold, badShare } = settings.scanner.slow;
  const missing = distinctCounter({ window, threshold, lateness, period, mostOfOne, most });
  const { step } = missing;
  const length = Math.max(1, Math.ceil(window / step));
  // Who does it all at once is no slow scanner, and is seen by what counts in minutes.
  const leastBuckets = Math.ceil(length / 4);
  const columns = 2 ** Math.ceil(Math.log2(length + Math.ceil(lateness / step) + 2));
  /** Good responses by column and then by client: requests of one time lie together, in a byte for each client. */
  const good = Array.from({ length: columns }, () => new Uint8Array(0));
  /** Whether they lie in the memory of compiled code, with room for all clients there can be. */
  let isCompiled = false;
  /** No client from this number on was counted. */
  let countedTo = 0;
  /** Clients with enough missing paths in some window, and what they asked for. */
  const suspects = new Map<number, EvidenceKeeper>();
  let waiting: { readonly reached: DistinctReached; readonly evidence: readonly EvidenceLine[] }[] = [];
  /** The latest bucket with anything in it; buckets before `open` have been judged. */
  let latest = -1;
  let open = 0;
  let closed = 0;

  /** Judges the windows that end with the buckets before `bucket`. */
  const judgeBefore = (bucket: number): void => {
    for (let end = Math.max(open, latest - columns); end < Math.min(bucket, latest + 1); end++) {
      for (const [client, keeper] of suspects) {
        const { count, buckets, first } = missing.windowAt(client, end * step) ?? nothing;
        if (count < threshold || buckets < leastBuckets) continue;
        let answered = 0;
        for (let i = end - length + 1; i <= end; i++) answered += good[i & (columns - 1)]?.[client] ?? 0;
        if (count < badShare * (count + answered)) continue;
        const last = (end + 1) * step - 1;
        const start = Math.floor(last / period) * period;
        waiting.push({ reached: { key: client, start, first, last, count }, evidence: keeper.lines() });
      }
    }
    open = Math.max(open, bucket);
  };

  /** Makes room for a bucket that is later than all before: what it takes the place of is judged first. */
  const begin = (bucket: number): void => {
    missing.judge(({ key }) => {
      if (!suspects.has(key)) suspects.set(key, evidenceKeeper());
    });
    judgeBefore(Math.floor((bucket * step - lateness) / step));
    for (let i = Math.max(latest + 1, bucket - columns + 1); i <= bucket; i++) {
      good[i & (columns - 1)]?.fill(0, 0, countedTo);
    }
    latest = bucket;
  };

  const isOpen = (time: number): boolean => {
    if (!(time >= closed)) return false;
    const bucket = Math.floor(time / step);
    if (bucket > latest) begin(bucket);
    return true;
  };

  const useKernel = ({ kernel: { memory, allot }, capacity }: CountedRows): boolean => {
    const place = allot(columns * capacity);
    if (place === undefined) return false;
    for (const [column, counts] of good.entries()) {
      const moved = new Uint8Array(memory, place + column * capacity, capacity);
      moved.set(counts.subarray(0, countedTo));
      good[column] = moved;
    }
    return true;
  };

  return {
    bringNear: missing.bringNear,
    addMissing: (client, path, time) => {
      if (isOpen(time)) missing.add(client, path, time);
    },
    addGood: ({ count, time, status }, clients, isBad) => {
      let lastTime = Number.NaN;
      let column: number | undefined;
      let counts = new Uint8Array(0);
      for (let row = 0; row < count; row++) {
        const client = clients[row] ?? -1;
        if (client === -1 || isBad[status[row] ?? 0] === 1) continue;
        const now = time[row] ?? 0;
        if (now !== lastTime) {
          lastTime = now;
          column = isOpen(now) ? Math.floor(now / step) & (columns - 1) : undefined;
          if (column !== undefined) counts = good[column] ?? counts;
        }
        if (column === undefined) continue;
        if (client >= countedTo) countedTo = client + 1;
        if (client >= counts.length) {
          const more = new Uint8Array(Math.max(client + 1, counts.length * 2, 1_024));
          more.set(counts);
          counts = more;
          good[column] = more;
        }
        const before = counts[client] ?? 0;
        if (before < mostGood) counts[client] = before + 1;
      }
    },
    addGoodRows: (rows, isBad) => {
      isCompiled ||= useKernel(rows);
      if (!isCompiled) return false;
      const { code, count, times } = rows;
      countedTo = Math.max(countedTo, rows.kernel.code.numbersGiven());
      let at = -1;
      for (let row = 0; row < count;) {
        const bytes = good[Math.max(0, at) & (columns - 1)]?.byteOffset ?? 0;
        row = code.countUnflagged(bytes, row, count, isBad.byteOffset, at, step, closed);
        if (row === count) break;
        // The time is another from this row on.
        const now = times[row] ?? 0;
        if (isOpen(now)) at = Math.floor(now / step);
        else at = -1;
      }
      return true;
    },
    gather: (requests, clients, isMissing) => {
      const touched = new Map<number, EvidenceKeeper>();
      missing.judge(({ key }) => {
        const keeper = suspects.get(key) ?? evidenceKeeper();
        suspects.set(key, keeper);
        touched.set(key, keeper);
      });
      gatherEvidence(requests, clients, touched, (row) => isMissing[requests.status[row] ?? 0] === 1);
    },
    close: (now, found) => {
      judgeBefore(now === Number.POSITIVE_INFINITY ? latest + 1 : Math.floor((now - lateness) / step));
      for (const { reached, evidence } of waiting) found(reached, evidence);
      waiting = [];
      if (now === Number.POSITIVE_INFINITY) return;
      closed = Math.max(closed, now - lateness);
      missing.expire(now);
      for (const client of suspects.keys()) if (missing.totalOf(client) < threshold) suspects.delete(client);
    },
    forget: (clients) => {
      missing.forget(clients);
      for (const client of clients) {
        suspects.delete(client);
        for (const column of good) column[client] = 0;
      }
    },
  };
}
