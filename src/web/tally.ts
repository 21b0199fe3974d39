import type { Requests } from '../event/requests.ts';
import type { Severity } from '../event/severity.ts';
import { evidenceOf, mostEvidence, type EvidenceLine, type Offence } from './offence.ts';

export interface TallySettings {
  readonly rule: string;
  readonly severity: Severity;
  /** Windows lie end to end, from the epoch on; in milliseconds. */
  readonly window: number;
  /** From so many requests of a client in a window on it is an offence. */
  readonly threshold: number;
  /** How late a request may come, in milliseconds of event time. */
  readonly lateness: number;
  /** The most clients and windows that are held at once; about 500 bytes each. */
  readonly capacity?: number | undefined;
}

/** What is known of a client in one window. */
export interface Tallied {
  readonly client: string;
  readonly start: number;
  readonly count: number;
  /** Different words that the requests were counted with, the commonest first; at most `mostReasons`. */
  readonly reasons: readonly string[];
}

/**
 * Counts requests that are bad in themselves, such as for a honeypot: they are few, so that each client that made one can have an object.
 * Because windows lie still, the order in which requests come changes nothing.
 */
export interface Tally {
  /** Counts a row. `reason` should be one of few words. */
  readonly add: (requests: Requests, row: number, client: number, reason: string) => void;
  readonly tick: (now: number) => void;
  readonly offences: () => readonly Offence[];
  readonly forget: () => void;
  readonly counters: {
    /** Requests that came too late to be counted. */
    readonly late: number;
    /** Clients that were forgotten before their window was over, because there were too many. */
    readonly crowdedOut: number;
  };
}

interface Entry {
  readonly client: string;
  readonly start: number;
  count: number;
  first: number;
  last: number;
  /** Words with which it was counted, and how often with each; an array, because there are a few and this is hot. */
  readonly reasons: string[];
  readonly times: number[];
  /** The earliest, whatever the order in which they came. */
  evidence: EvidenceLine[];
  changed: boolean;
}

interface Window {
  readonly byName: Map<string, Entry>;
  /** Spares the making of the name; emptied when numbers are given to others. */
  readonly byNumber: Map<number, Entry>;
}

const mostReasons = 4;
const defaultCapacity = 20_000;

/** @param explain one sentence for an offence that can be checked against the log */
export function offenceTally(
  settings: TallySettings,
  textOf: (client: number) => string,
  explain: (tallied: Tallied) => string,
): Tally {
  const { rule, severity, window, threshold, lateness, capacity = defaultCapacity } = settings;
  const windows = new Map<number, Window>();
  const counters = { late: 0, crowdedOut: 0 };
  let held = 0;
  let latest = -Infinity;
  let finished: Offence[] = [];
  /** What is to be told: entries that reached the threshold and have changed. */
  const telling = new Set<Entry>();

  const offenceOf = (entry: Entry): Offence => ({
    rule,
    subject: { type: 'client', value: entry.client },
    start: entry.start,
    first: entry.first,
    last: entry.last,
    count: entry.count,
    threshold,
    window,
    severity,
    evidence: entry.evidence,
    explanation: explain({ ...entry, reasons: commonest(entry) }),
  });
  const tell = (entry: Entry): Offence[] => {
    if (!entry.changed || entry.count < threshold) return [];
    entry.changed = false;
    telling.delete(entry);
    return [offenceOf(entry)];
  };

  /** Half of all go: first those that are told already, then those with the fewest requests. */
  const makeRoom = (): void => {
    const all = [...windows.values()].flatMap(({ byName }) => [...byName.values()]);
    const worth = ({ changed, count }: Entry): number =>
      changed && count >= threshold ? Infinity : changed ? count : 0;
    all.sort((a, b) => worth(a) - worth(b) || a.last - b.last);
    for (const entry of all.slice(0, Math.ceil(all.length / 2))) {
      finished.push(...tell(entry));
      windows.get(entry.start)?.byName.delete(entry.client);
      held--;
      counters.crowdedOut++;
    }
    for (const { byNumber } of windows.values()) byNumber.clear();
    for (const [start, { byName }] of windows) if (byName.size === 0) windows.delete(start);
  };

  const entryFor = (start: number, client: number): Entry => {
    const known = windows.get(start)?.byNumber.get(client);
    if (known !== undefined) return known;
    if (held >= capacity) makeRoom();
    let open = windows.get(start);
    if (open === undefined) windows.set(start, (open = { byName: new Map(), byNumber: new Map() }));
    const name = textOf(client);
    let entry = open.byName.get(name);
    if (entry === undefined) {
      entry = {
        client: name,
        start,
        count: 0,
        first: Infinity,
        last: -Infinity,
        reasons: [],
        times: [],
        evidence: [],
        changed: false,
      };
      open.byName.set(name, entry);
      held++;
    }
    open.byNumber.set(client, entry);
    return entry;
  };

  return {
    counters,
    add: (requests, row, client, reason) => {
      const time = requests.time[row] ?? Number.NaN;
      if (client < 0 || !Number.isFinite(time)) return;
      const start = Math.floor(time / window) * window;
      if (start + window + lateness <= latest) {
        counters.late++;
        return;
      }
      const entry = entryFor(start, client);
      entry.count++;
      entry.changed = true;
      if (entry.count >= threshold) telling.add(entry);
      if (time < entry.first) entry.first = time;
      if (time > entry.last) entry.last = time;
      const known = entry.reasons.indexOf(reason);
      if (known !== -1) entry.times[known] = (entry.times[known] ?? 0) + 1;
      else if (entry.reasons.length < mostReasons) {
        entry.reasons.push(reason);
        entry.times.push(1);
      }
      if (entry.evidence.length < mostEvidence || time < (entry.evidence.at(-1)?.time ?? 0))
        entry.evidence = [...entry.evidence, evidenceOf(requests, row)]
          .toSorted(inOrder)
          .slice(0, mostEvidence);
    },
    tick: (now) => {
      if (now <= latest) return;
      latest = now;
      for (const [start, { byName }] of windows) {
        if (start + window + lateness > now) continue;
        for (const entry of byName.values()) finished.push(...tell(entry));
        held -= byName.size;
        windows.delete(start);
      }
    },
    offences: () => {
      const told = finished;
      finished = [];
      for (const entry of telling) told.push(...tell(entry));
      return told;
    },
    forget: () => {
      for (const { byNumber } of windows.values()) byNumber.clear();
    },
  };
}

function inOrder(a: EvidenceLine, b: EvidenceLine): number {
  return a.time - b.time || (a.object < b.object ? -1 : a.object > b.object ? 1 : a.position - b.position);
}

function commonest({ reasons, times }: Entry): readonly string[] {
  return reasons
    .map((reason, i) => ({ reason, count: times[i] ?? 0 }))
    .toSorted((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1))
    .map(({ reason }) => reason);
}
