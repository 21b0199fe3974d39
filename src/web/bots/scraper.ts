import type { Requests } from '../../event/requests.ts';
import type { Severity } from '../../event/severity.ts';
import { byteHash } from '../byte-hash.ts';
import { evidenceOf, mostEvidence, type EvidenceLine, type Offence } from '../offence.ts';

export interface ScraperSettings {
  /** Different paths of one client within an hour of the clock. */
  readonly paths: number;
  /** In how many of the twelve stretches of five minutes of that hour it must have been there. */
  readonly stretches: number;
  /** Endings that do not count, lower case, without the dot: what pages bring along, and pieces of films and maps, which players fetch without end. */
  readonly ignoredSuffixes: readonly string[];
  readonly severity: Severity;
}

export const defaultScraperSettings: ScraperSettings = {
  paths: 1_000,
  stretches: 10,
  ignoredSuffixes:
    'css js mjs map png jpg jpeg gif webp avif svg ico woff woff2 ttf ts m4s m4a m4v mp4 mp3 aac webm m3u8 mpd vtt pbf mvt'.split(
      ' ',
    ),
  severity: 'low',
};

export interface ScraperWatch {
  /** Whether requests for a path are counted; all others need not be shown. */
  readonly isCounted: (bytes: Uint8Array, start: number, end: number) => boolean;
  readonly see: (requests: Requests, row: number, client: number) => void;
  readonly tick: (now: number) => void;
  readonly offences: () => readonly Offence[];
  readonly forget: (clients: readonly number[]) => void;
  readonly counters: { readonly late: number; readonly crowdedOut: number };
}

const hour = 60 * 60 * 1000;
const stretch = 5 * 60 * 1000;
const dot = 0x2e;
const longestSuffix = 8;
/**
 * One path of so many, chosen by its hash, stands for all: a client's sample holds the same paths in whatever order they come, and who asks for
 * little mostly leaves no trace. With a thousand paths the estimate is right to 12 % (one standard deviation).
 */
const sampled = 16;
const defaultCapacity = 30_000;
/** So many paths of a client are told apart; more of them change nothing any more. */
const mostSampled = 4_096;

interface Entry {
  readonly client: number;
  /** Of its hour. */
  readonly start: number;
  readonly paths: Set<number>;
  stretches: number;
  first: number;
  last: number;
  readonly evidence: EvidenceLine[];
  changed: boolean;
}

/** Clients that go through very many different paths at a steady rate, which is how a site is copied. */
export function scraperWatch(
  settings: ScraperSettings & {
    readonly lateness: number;
    readonly seed: number;
    /** The most clients and hours that are held at once; about 600 bytes each. */
    readonly capacity?: number | undefined;
  },
  textOf: (client: number) => string,
): ScraperWatch {
  const { paths, stretches, severity, lateness, capacity = defaultCapacity } = settings;
  const hash = byteHash(settings.seed);
  const ignored = new Set(settings.ignoredSuffixes);
  const windows = new Map<number, Map<number, Entry>>();
  const counters = { late: 0, crowdedOut: 0 };
  let held = 0;
  let latest = -Infinity;
  let finished: Offence[] = [];
  /** What is to be told: entries that have changed since. */
  const telling = new Set<Entry>();

  const tell = (entry: Entry): Offence[] => {
    const { start } = entry;
    telling.delete(entry);
    const count = entry.paths.size * sampled;
    const there = bitsIn(entry.stretches);
    if (!entry.changed || count < paths || there < stretches) return [];
    entry.changed = false;
    const value = textOf(entry.client);
    return [
      {
        rule: 'scraper',
        subject: { type: 'client', value },
        start,
        first: entry.first,
        last: entry.last,
        count,
        threshold: paths,
        window: hour,
        severity,
        evidence: entry.evidence,
        explanation: `${value} asked for about ${count} different paths within an hour, in ${there} of its 12 stretches of five minutes`,
      },
    ];
  };
  const makeRoom = (): void => {
    const all = [...windows].flatMap(([start, entries]) =>
      [...entries.values()].map((entry) => ({ start, entry })),
    );
    all.sort((a, b) => a.entry.paths.size - b.entry.paths.size);
    for (const { start, entry } of all.slice(0, all.length / 2)) {
      windows.get(start)?.delete(entry.client);
      telling.delete(entry);
      held--;
      counters.crowdedOut++;
    }
    for (const [start, entries] of windows) if (entries.size === 0) windows.delete(start);
  };
  const entryFor = (start: number, client: number): Entry => {
    const known = windows.get(start)?.get(client);
    if (known !== undefined) return known;
    if (held >= capacity) makeRoom();
    let entries = windows.get(start);
    if (entries === undefined) windows.set(start, (entries = new Map<number, Entry>()));
    const entry: Entry = {
      client,
      start,
      paths: new Set(),
      stretches: 0,
      first: Infinity,
      last: -Infinity,
      evidence: [],
      changed: false,
    };
    entries.set(client, entry);
    held++;
    return entry;
  };

  const isCounted = (bytes: Uint8Array, start: number, end: number): boolean => {
    hash.take(bytes, start, end);
    return hash.low % sampled === 0 && !isIgnored(bytes, start, end, ignored);
  };

  return {
    counters,
    isCounted,
    see: (requests, row, client) => {
      const { bytes, text } = requests;
      const from = text.path.start[row] ?? 0;
      const to = text.path.end[row] ?? 0;
      if (!isCounted(bytes, from, to)) return;
      const time = requests.time[row] ?? Number.NaN;
      if (!Number.isFinite(time)) return;
      const start = Math.floor(time / hour) * hour;
      if (start + hour + lateness <= latest) {
        counters.late++;
        return;
      }
      const entry = entryFor(start, client);
      const before = entry.paths.size;
      if (before < mostSampled) entry.paths.add(hash.high);
      const seen = entry.stretches | (1 << Math.floor((time - start) / stretch));
      if (entry.paths.size > before || seen !== entry.stretches) {
        entry.changed = true;
        if (entry.paths.size * sampled >= paths) telling.add(entry);
      }
      entry.stretches = seen;
      if (time < entry.first) entry.first = time;
      if (time > entry.last) entry.last = time;
      // Of those only that are on their way to be one: a line of evidence costs more than all the rest.
      const likely = entry.paths.size > before && before * sampled * 2 >= paths;
      if (likely && entry.evidence.length < mostEvidence) entry.evidence.push(evidenceOf(requests, row));
    },
    tick: (now) => {
      if (now <= latest) return;
      latest = now;
      for (const [start, entries] of windows) {
        if (start + hour + lateness > now) continue;
        for (const entry of entries.values()) finished.push(...tell(entry));
        held -= entries.size;
        windows.delete(start);
      }
    },
    offences: () => {
      const told = finished;
      finished = [];
      for (const entry of telling) told.push(...tell(entry));
      return told;
    },
    forget: (gone) => {
      for (const entries of windows.values()) {
        const before = entries.size;
        for (const client of gone) {
          const entry = entries.get(client);
          if (entry === undefined) continue;
          telling.delete(entry);
          entries.delete(client);
        }
        held -= before - entries.size;
        counters.crowdedOut += before - entries.size;
      }
    },
  };
}

/** What stands behind the last dot of the last part of the path. */
function isIgnored(bytes: Uint8Array, start: number, end: number, ignored: ReadonlySet<string>): boolean {
  const lowest = Math.max(start, end - longestSuffix);
  for (let i = end - 1; i >= lowest; i--) {
    if (bytes[i] !== dot) continue;
    return ignored.has(String.fromCharCode(...bytes.subarray(i + 1, end)).toLowerCase());
  }
  return false;
}

function bitsIn(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
