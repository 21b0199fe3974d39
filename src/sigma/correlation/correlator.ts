import { isBefore, newEntry, packFields, type Entry } from './entry.ts';
import type { CorrelationFinding } from './finding.ts';
import { createHeap } from './heap.ts';
import { judge, release, wait, type Judging, type Receiver } from './judging.ts';
import type { LinkedCorrelation } from './link.ts';
import { sharedLoads } from './load.ts';
import type { Match } from './match.ts';
import { windowTestOf } from './measure.ts';
import { createFieldReader } from './read-fields.ts';
import { routesTo } from './routes.ts';
import { runFlatline } from './run-flatline.ts';
import { runTravel } from './run-travel.ts';
import { runChange, runNewValue } from './run-values.ts';
import { runWindows } from './run-windows.ts';
import type { GroupRow, Limits, Runner, RunnerContext, RunnerCounters } from './runner.ts';
import {
  createJournal,
  entryKey,
  entryNumber,
  entryRow,
  groupRow,
  groupRowKey,
  hashesKey,
  hashesRow,
  metaKey,
  metaRow,
  readEntry,
  readGroup,
  readMeta,
  type StateChange,
  type StateRow,
} from './state.ts';

export interface CorrelatorOptions {
  /**
   * How much later than a younger event an event may come and still count, in milliseconds. Nothing is judged before this much time has
   * passed, so that the order in which events come changes nothing.
   */
  readonly lateness: number;
  /** Matches that wait to be judged. With more, the oldest are judged early, and what comes later than they is late. */
  readonly pending: number;
  /** The same in memory, about. */
  readonly pendingBytes: number;
  readonly limits: Limits;
  /** How many events a finding lists. */
  readonly events: number;
  /** Whether changes of the state are gathered for `changes`. */
  readonly keepsState: boolean;
}

/** An entry takes about 1 KB, most of it the evidence; all that hold it share it. One that an attacker filled takes thirty times that. */
export const correlatorDefaults: CorrelatorOptions = {
  lateness: 10 * 60_000,
  pending: 50_000,
  pendingBytes: 100_000_000,
  limits: { groups: 10_000, entriesOfGroup: 10_000, entries: 50_000, bytes: 100_000_000 },
  events: 100,
  keepsState: false,
};

export interface CorrelatorCounters extends Readonly<RunnerCounters> {
  /** Matches that came after their time had been judged: too late, or repeated from long ago. Left out. */
  readonly late: number;
  /** Matches that were waiting already. Left out. */
  readonly repeated: number;
  /** Matches judged early, because too many waited. */
  readonly early: number;
  /** Matches that say they are from later than can be. Left out. */
  readonly future: number;
}

/** From matches to findings. Works on event time alone; it has no clock, and the same matches in any order give the same findings. */
export interface Correlator {
  /**
   * Takes matches of events in any order. `time` is the latest event time that is known to have come, of events that matched nothing too:
   * it moves the clock on. Matches later than `latest` are left out, because one wrong time would make all that follow look late. Gives
   * the findings whose time has passed by now.
   */
  readonly take: (matches: readonly Match[], time: number, latest?: number) => readonly CorrelationFinding[];
  /** Judges everything that waits, up to the latest time that is known. For the end of the input. */
  readonly flush: () => readonly CorrelationFinding[];
  /** The same a little at a time, to be called until it gives nothing: a bit more than `most` findings, where they share their last instant. */
  readonly flushSome: (most: number) => readonly CorrelationFinding[];
  /** Whether something waits, so that time alone can lead to findings. */
  readonly isWaiting: () => boolean;
  /** The latest event time that is known; minus infinity before the first. */
  readonly clock: () => number;
  /** What is to be kept of the state, since this was last called. */
  readonly changes: () => readonly StateChange[];
  readonly counters: () => CorrelatorCounters;
}

/**
 * Makes a correlator. `kept` are the rows that an earlier one gave as changes: it goes on where that one was, but for correlations that
 * have changed since, which begin anew. Rows that are of no use any more are among the next changes.
 */
export function createCorrelator(
  linked: readonly LinkedCorrelation[],
  options: CorrelatorOptions,
  kept: readonly StateRow[] = [],
): Correlator {
  const journal = createJournal();
  const counters = {
    incomplete: 0,
    evictedGroups: 0,
    evictedEntries: 0,
    late: 0,
    repeated: 0,
    early: 0,
    future: 0,
  };
  let clock = Number.NEGATIVE_INFINITY;
  /** Whether there were findings since the state was last kept. */
  let told = false;
  /** Of the entry that was recorded last. */
  let number = 0;

  const loads = sharedLoads(linked.length, options.limits.bytes);
  const runners = linked.map((one, index): Receiver => {
    const context: RunnerContext = {
      linked: one,
      limits: options.limits,
      load: loads[index] ?? { add: () => {}, isTooMuch: () => false },
      counters,
      hold: (entry) => void entry.holders++,
      release: (entry) => release(judging, entry),
      keep: (group, value, json) => {
        if (!options.keepsState) return;
        journal.set(
          groupRowKey(one.hash, group, value),
          json === undefined ? undefined : groupRow(group, value, json),
        );
      },
    };
    return { linked: one, runner: createRunner(one, context), inbox: [] };
  });
  const judging: Judging = {
    waiting: createHeap(isBefore),
    waitingIds: new Set(),
    waitingBytes: 0,
    mark: Number.NEGATIVE_INFINITY,
    runners,
    routes: routesTo(linked),
    deadlines: runners.flatMap(({ runner: { nextDeadline: next } }, to) =>
      next === undefined ? [] : [{ to, next }],
    ),
    due: [],
    reader: createFieldReader(),
    events: options.events,
    record,
    unrecord,
  };
  const { waiting, waitingIds, routes, deadlines } = judging;

  function judgeUntil(end: number, most?: number): readonly CorrelationFinding[] {
    const findings = judge(judging, end, most);
    told ||= findings.length > 0;
    return findings;
  }

  function add(match: Match): void {
    if (match.time < judging.mark) {
      counters.late++;
      return;
    }
    if (waitingIds.has(match.id)) {
      counters.repeated++;
      return;
    }
    const { time, id, rules, fields, evidence } = match;
    const packed = packFields(fields);
    wait(
      judging,
      newEntry({ time, id, sources: rules, fields: packed, evidence, behind: undefined, total: 1 }),
    );
  }

  function forget(key: string): void {
    if (options.keepsState) journal.set(key, undefined);
  }

  function record(entry: Entry): void {
    if (!options.keepsState) return;
    entry.key ??= entryKey((number += 1));
    journal.set(entry.key, entryRow(entry));
  }

  function unrecord(entry: Entry): void {
    if (entry.key !== undefined) forget(entry.key);
  }

  function restore(): void {
    const meta = readMeta(kept);
    const mine = new Map(runners.map((one) => [one.linked.hash, one]));
    const known = new Set(meta?.hashes.filter((hash) => mine.has(hash)));
    const groups = new Map<string, GroupRow[]>();
    const entries: Entry[] = [];
    for (const row of kept) {
      const group = readGroup(row);
      const entry = meta === undefined ? undefined : readEntry(row);
      if (group !== undefined && known.has(group.hash)) {
        const rows = groups.get(group.hash);
        if (rows === undefined) groups.set(group.hash, [group]);
        else rows.push(group);
      } else if (entry !== undefined) {
        entries.push(entry);
        number = Math.max(number, entryNumber(row.key));
      } else if (row.key !== metaKey && row.key !== hashesKey) forget(row.key);
    }
    if (meta === undefined) return;
    clock = meta.clock;
    judging.mark = meta.mark;
    for (const [hash, rows] of groups) mine.get(hash)?.runner.restoreGroups(rows);
    for (const entry of entries.sort((a, b) => (isBefore(a, b) ? -1 : 1))) {
      // A match that waits has been judged by none, so that it can go to changed correlations too.
      if (entry.time >= meta.mark) {
        wait(judging, entry);
        continue;
      }
      for (const { to, members } of routes.of(entry.sources)) {
        const receiver = runners[to];
        if (receiver !== undefined && known.has(receiver.linked.hash))
          receiver.runner.restore(entry, members);
      }
      if (entry.holders === 0) unrecord(entry);
    }
    for (const { runner } of runners) runner.restored(meta.mark);
  }

  restore();
  const hashes = linked.map(({ hash }) => hash);
  let areHashesTold = false;

  return {
    take: (matches, time, latest = Number.POSITIVE_INFINITY) => {
      const findings: CorrelationFinding[] = [];
      for (const match of matches) {
        if (match.time > latest) {
          counters.future++;
          continue;
        }
        add(match);
        while (waiting.size() > options.pending || judging.waitingBytes > options.pendingBytes) {
          const oldest = waiting.first();
          if (oldest === undefined) break;
          const before = waiting.size();
          findings.push(...judgeUntil(oldest.time + 1));
          counters.early += before - waiting.size();
        }
      }
      clock = Math.max(clock, time);
      for (const match of matches) if (match.time <= latest) clock = Math.max(clock, match.time);
      findings.push(...judgeUntil(clock - options.lateness));
      return findings;
    },
    flush: () => judgeUntil(clock + 1),
    flushSome: (most) => judgeUntil(clock + 1, most),
    isWaiting: () => waiting.size() > 0 || deadlines.some(({ next }) => next() < Number.POSITIVE_INFINITY),
    clock: () => clock,
    changes: () => {
      const changes = journal.take();
      // As long as nothing was taken and nothing told, an older mark means the same.
      if (!options.keepsState || (changes.length === 0 && !told)) return changes;
      told = false;
      const meta = { key: metaKey, value: metaRow({ clock, mark: judging.mark }) };
      if (areHashesTold) return [...changes, meta];
      areHashesTold = true;
      return [...changes, { key: hashesKey, value: hashesRow(hashes) }, meta];
    },
    counters: () => ({ ...counters }),
  };
}

function createRunner(linked: LinkedCorrelation, context: RunnerContext): Runner {
  const { test } = linked.correlation;
  switch (test.type) {
    case 'tocsin_flatline':
      return runFlatline(test.below, context);
    case 'tocsin_new_value':
      return runNewValue(test.fields, test.learning, context);
    case 'tocsin_change':
      return runChange(test.field, context);
    case 'tocsin_travel':
      return runTravel(test.fields, test.bounds, test.minimum, context);
    default: {
      const windows = windowTestOf(linked);
      if (windows === undefined) throw new Error(`no runner for ${test.type}`);
      return runWindows(windows, context);
    }
  }
}
