import type { Requests } from '../event/requests.ts';
import { someRows } from '../event/some-rows.ts';
import { clientTable, type ClientTable } from './clients.ts';
import { credentialSignal } from './credentials.ts';
import { distributedFloodSignal } from './distributed-flood.ts';
import { floodSignal } from './flood.ts';
import { rowCounter, type RowCounter } from './kernel-counts.ts';
import { merged, offenceKey, type Offence } from './offence.ts';
import { scannerSignal } from './scanner.ts';
import type { TrafficSettings } from './settings.ts';
import type { Signal } from './signal.ts';
import { textTable, type TextTable } from './text-table.ts';
import { kernelSource } from './traffic-kernel.ts';

/** Makes a signal that looks at clients and texts of these tables, and may have their rows counted by compiled code. */
export type SignalMaker = (
  settings: TrafficSettings,
  clients: ClientTable,
  texts: TextTable,
  counted: RowCounter,
) => Signal;

/** The signals that need nothing but the traffic itself. */
export const trafficSignals: readonly SignalMaker[] = [
  scannerSignal,
  floodSignal,
  distributedFloodSignal,
  credentialSignal,
];

/** What is seen in a stream of requests out of any number of logs. */
export interface Traffic {
  /**
   * Gives the client of each row, of those that come too late for signals, too, as the table of clients gives them; valid until the next
   * call.
   */
  readonly take: (requests: Requests) => Int32Array;
  /** Nothing more will come: judges what waited for late requests. */
  readonly finish: () => void;
  /**
   * What is new or has changed since the last call, one for each `offenceKey`, the oldest first. What has changed a little may wait some time,
   * unless `all` is asked for.
   */
  readonly offences: (all?: boolean) => readonly Offence[];
  /** The time of the latest request so far. */
  readonly latest: () => number;
  readonly clients: ClientTable;
  readonly texts: TextTable;
  readonly counters: {
    /** Requests taken: rows = counted + late + future + timeless. */
    readonly rows: number;
    readonly counted: number;
    /** Left out, because they came later than the lateness allows. */
    readonly late: number;
    /** Left out, because their time lies behind the time at which they were received. */
    readonly future: number;
    /** Left out, because they have no time. */
    readonly timeless: number;
  };
}

/** By how much the clock of who writes logs may differ from ours. */
export const clockSkew = 10 * 60_000;

/**
 * @param since the time of the latest request before those that will come, where some came before
 * @param compiledFrom after so many rows compiled code counts what it can; with Infinity it never does
 */
export function createTraffic(
  settings: TrafficSettings,
  makers: readonly SignalMaker[] = trafficSignals,
  since = Number.NEGATIVE_INFINITY,
  compiledFrom?: number,
): Traffic {
  const { clients: capacity, proxies, seed } = settings;
  const kernel = kernelSource({ capacity, seed, from: compiledFrom });
  const clients = clientTable({ capacity, proxies, seed, kernel });
  const texts = textTable({ seed, kernel });
  const counted = rowCounter(kernel, clients);
  const signals = makers.map((make) => make(settings, clients, texts, counted));
  const counters = { rows: 0, counted: 0, late: 0, future: 0, timeless: 0 };
  let latest = since;

  /** The rows that count, or undefined where all do. */
  const rowsToKeep = (requests: Requests): readonly number[] | undefined => {
    const { receivedAt } = requests.from;
    const newest = receivedAt > 0 ? receivedAt + clockSkew : Number.POSITIVE_INFINITY;
    const inOrder = latestInOrder(requests, latest, settings.lateness, newest);
    if (inOrder !== undefined) {
      latest = inOrder;
      return undefined;
    }
    let kept: number[] | undefined;
    for (let row = 0; row < requests.count; row++) {
      const time = requests.time[row] ?? Number.NaN;
      const isKept = time >= latest - settings.lateness && time <= newest && time >= 0;
      if (isKept) {
        if (time > latest) latest = time;
        kept?.push(row);
        continue;
      }
      if (Number.isNaN(time) || time < 0) counters.timeless++;
      else if (time > newest) counters.future++;
      else counters.late++;
      kept ??= Array.from({ length: row }, (_, i) => i);
    }
    return kept;
  };

  const tick = (now: number): void => {
    for (const signal of signals) signal.tick(now);
  };

  return {
    take: (requests) => {
      counters.rows += requests.count;
      const all = clients.idsOf(requests);
      const evicted = clients.drainEvicted();
      if (evicted.length > 0) for (const signal of signals) signal.forget?.(evicted);
      const kept = rowsToKeep(requests);
      const counted = kept === undefined ? requests : someRows(requests, kept);
      counters.counted += counted.count;
      if (counted.count === 0) return all;
      const ids = kept === undefined ? all : Int32Array.from(kept, (row) => all[row] ?? -1);
      for (const signal of signals) signal.take(counted, ids);
      tick(latest);
      return all;
    },
    finish: () => tick(Number.POSITIVE_INFINITY),
    latest: () => latest,
    offences: (all) => {
      const told = new Map<string, Offence>();
      for (const signal of signals) {
        for (const offence of signal.offences(all)) {
          const key = offenceKey(offence);
          const before = told.get(key);
          told.set(key, before === undefined ? offence : merged(before, offence));
        }
      }
      return [...told.values()].toSorted((a, b) => a.first - b.first);
    },
    clients,
    texts,
    counters,
  };
}

/**
 * The latest time after a batch in which all rows count, as in nearly every one; undefined where some do not. By itself, because it is done with
 * each row: so little is soon optimized, and stays so whatever becomes of the rest.
 */
function latestInOrder(
  { count, time }: Requests,
  before: number,
  lateness: number,
  newest: number,
): number | undefined {
  let latest = before;
  for (let row = 0; row < count; row++) {
    const now = time[row] ?? Number.NaN;
    if (!(now >= latest - lateness && now <= newest && now >= 0)) return undefined;
    if (now > latest) latest = now;
  }
  return latest;
}
