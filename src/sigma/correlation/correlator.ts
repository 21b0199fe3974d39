import { fieldsOf, isBefore, newEntry, packFields, type Entry } from './entry.ts';
import { entryOf, findingOf, type CorrelationFinding } from './finding.ts';
import { createHeap } from './heap.ts';
import type { LinkedCorrelation } from './link.ts';
import { sharedLoads } from './load.ts';
import type { Match } from './match.ts';
import { windowTestOf } from './measure.ts';
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

/** A correlation that an entry goes to, with the members that the entry is a match of. */
interface Receiver {
  readonly to: number;
  readonly members: readonly number[];
}

/** More different sets of rules that match one event hardly come. */
const mostReceivers = 1_000;

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
  const waiting = createHeap<Entry>(isBefore);
  const waitingIds = new Set<string>();
  let waitingBytes = 0;
  let clock = Number.NEGATIVE_INFINITY;
  let mark = Number.NEGATIVE_INFINITY;
  /** Whether there were findings since the state was last kept. */
  let told = false;
  /** Of the entry that was recorded last. */
  let number = 0;

  function release(entry: Entry): void {
    if (--entry.holders === 0) unrecord(entry);
  }

  const loads = sharedLoads(linked.length, options.limits.bytes);
  const runners = linked.map((one, index) => {
    const context: RunnerContext = {
      linked: one,
      limits: options.limits,
      load: loads[index] ?? { add: () => {}, isTooMuch: () => false },
      counters,
      hold: (entry) => void entry.holders++,
      release,
      keep: (group, value, json) => {
        if (!options.keepsState) return;
        journal.set(
          groupRowKey(one.hash, group, value),
          json === undefined ? undefined : groupRow(group, value, json),
        );
      },
    };
    return {
      linked: one,
      runner: createRunner(one, context),
      inbox: [] as { readonly entry: Entry; readonly members: readonly number[] }[],
    };
  });
  /** Of the correlations that are judged though nothing happens. */
  const deadlines = runners.flatMap(({ runner: { nextDeadline: next } }, to) =>
    next === undefined ? [] : [{ to, next }],
  );
  /** The correlations that have something to judge at the present instant, the last one first. */
  const due: number[] = [];
  /** For each rule or correlation: whom its matches go to. */
  const routes = new Map<string, { readonly to: number; readonly member: number }[]>();
  for (const [to, { linked: one }] of runners.entries())
    for (const [member, { id }] of one.members.entries()) {
      const route = routes.get(id);
      if (route === undefined) routes.set(id, [{ to, member }]);
      else route.push({ to, member });
    }

  /** The same few rules match together again and again. */
  const receiversBySources = new Map<string, readonly Receiver[]>();

  /** The correlations that an entry goes to. */
  function receiversOf({ sources }: Entry): readonly Receiver[] {
    const [only = ''] = sources;
    const key = sources.length === 1 && !only.startsWith('[') ? only : JSON.stringify(sources);
    let receivers = receiversBySources.get(key);
    if (receivers === undefined) {
      receivers = findReceivers(sources);
      if (receiversBySources.size >= mostReceivers) receiversBySources.clear();
      receiversBySources.set(key, receivers);
    }
    return receivers;
  }

  function findReceivers(sources: readonly string[]): readonly Receiver[] {
    const receivers = new Map<number, number[]>();
    for (const source of sources)
      for (const { to, member } of routes.get(source) ?? []) {
        const members = receivers.get(to);
        if (members === undefined) receivers.set(to, [member]);
        else if (!members.includes(member)) members.push(member);
      }
    for (const members of receivers.values()) members.sort((a, b) => a - b);
    return Array.from(receivers, ([to, members]) => ({ to, members }));
  }

  function send(entry: Entry): void {
    for (const { to, members } of receiversOf(entry)) {
      const inbox = runners[to]?.inbox;
      if (inbox === undefined) continue;
      if (inbox.length === 0) fallsDue(to);
      inbox.push({ entry, members });
    }
  }

  function fallsDue(to: number): void {
    let at = due.length;
    for (; at > 0 && (due[at - 1] ?? 0) < to; at--) continue;
    if (due[at - 1] !== to) due.splice(at, 0, to);
  }

  /** Judges everything before `end`, or until there are so many findings. */
  function judge(end: number, most = Number.POSITIVE_INFINITY): readonly CorrelationFinding[] {
    const findings: CorrelationFinding[] = [];
    while (findings.length < most) {
      let time = waiting.first()?.time ?? Number.POSITIVE_INFINITY;
      for (const { next } of deadlines) time = Math.min(time, next());
      if (time >= end) {
        mark = Math.max(mark, end);
        break;
      }
      judgeInstant(time, findings);
      mark = Math.max(mark, time + 1);
    }
    told ||= findings.length > 0;
    return findings;
  }

  function judgeInstant(time: number, findings: CorrelationFinding[]): void {
    const present: Entry[] = [];
    while (waiting.first()?.time === time) {
      const entry = waiting.pop();
      if (entry === undefined) break;
      waitingIds.delete(entry.id);
      waitingBytes -= entry.bytes;
      present.push(entry);
      entry.read = fieldsOf(entry);
      send(entry);
    }
    for (const { to, next } of deadlines) if (next() <= time) fallsDue(to);
    // Each correlation stands behind those that it refers to, so that their findings of this instant have come when it is its turn.
    for (let to = due.pop(); to !== undefined; to = due.pop()) {
      const receiver = runners[to];
      if (receiver === undefined) continue;
      const { linked: one, runner, inbox } = receiver;
      // In the order of ids, since findings of others come in the order of their rules.
      if (inbox.length > 1) inbox.sort((a, b) => (isBefore(a.entry, b.entry) ? -1 : 1));
      for (const { entry, members } of inbox) runner.take(entry, members);
      inbox.length = 0;
      const outcomes = runner.settle(time);
      for (const outcome of outcomes) {
        const finding = findingOf(one.correlation, outcome, options.events);
        findings.push(finding);
        if (!routes.has(one.correlation.id)) continue;
        const entry = entryOf(finding, outcome.entries);
        entry.holders = 1;
        record(entry);
        present.push(entry);
        send(entry);
      }
    }
    for (const entry of present) {
      entry.read = undefined;
      release(entry);
    }
  }

  function add(match: Match): void {
    if (match.time < mark) {
      counters.late++;
      return;
    }
    if (waitingIds.has(match.id)) {
      counters.repeated++;
      return;
    }
    const { time, id, rules, fields, evidence } = match;
    const packed = packFields(fields);
    wait(newEntry({ time, id, sources: rules, fields: packed, evidence, behind: undefined, total: 1 }));
  }

  function wait(entry: Entry): void {
    entry.holders = 1;
    waiting.push(entry);
    waitingIds.add(entry.id);
    waitingBytes += entry.bytes;
    record(entry);
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
      } else if (row.key !== metaKey) forget(row.key);
    }
    if (meta === undefined) return;
    clock = meta.clock;
    mark = meta.mark;
    for (const [hash, rows] of groups) mine.get(hash)?.runner.restoreGroups(rows);
    for (const entry of entries.sort((a, b) => (isBefore(a, b) ? -1 : 1))) {
      // A match that waits has been judged by none, so that it can go to changed correlations too.
      if (entry.time >= mark) {
        wait(entry);
        continue;
      }
      for (const { to, members } of receiversOf(entry)) {
        const receiver = runners[to];
        if (receiver !== undefined && known.has(receiver.linked.hash))
          receiver.runner.restore(entry, members);
      }
      if (entry.holders === 0) unrecord(entry);
    }
    for (const { runner } of runners) runner.restored(mark);
  }

  restore();
  const hashes = linked.map(({ hash }) => hash);

  return {
    take: (matches, time, latest = Number.POSITIVE_INFINITY) => {
      const findings: CorrelationFinding[] = [];
      for (const match of matches) {
        if (match.time > latest) {
          counters.future++;
          continue;
        }
        add(match);
        while (waiting.size() > options.pending || waitingBytes > options.pendingBytes) {
          const oldest = waiting.first();
          if (oldest === undefined) break;
          const before = waiting.size();
          findings.push(...judge(oldest.time + 1));
          counters.early += before - waiting.size();
        }
      }
      clock = Math.max(clock, time);
      for (const match of matches) if (match.time <= latest) clock = Math.max(clock, match.time);
      findings.push(...judge(clock - options.lateness));
      return findings;
    },
    flush: () => judge(clock + 1),
    flushSome: (most) => judge(clock + 1, most),
    isWaiting: () => waiting.size() > 0 || deadlines.some(({ next }) => next() < Number.POSITIVE_INFINITY),
    clock: () => clock,
    changes: () => {
      const changes = journal.take();
      // As long as nothing was taken and nothing told, an older mark means the same.
      if (!options.keepsState || (changes.length === 0 && !told)) return changes;
      told = false;
      return [...changes, { key: metaKey, value: metaRow({ clock, mark, hashes }) }];
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
