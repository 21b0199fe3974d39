import { isBefore, type Entry } from './entry.ts';
import { entryOf, findingOf, type CorrelationFinding } from './finding.ts';
import type { Heap } from './heap.ts';
import type { LinkedCorrelation } from './link.ts';
import { readFields, type FieldReader } from './read-fields.ts';
import type { Runner } from './runner.ts';
import type { Routes } from './routes.ts';

/**
 * What waits, and whom it goes to. The functions here take it, and are not made with it: functions that are made for each scan are compiled
 * anew for each.
 */
export interface Judging {
  readonly waiting: Heap<Entry>;
  readonly waitingIds: Set<string>;
  waitingBytes: number;
  /** Everything before it has been judged. */
  mark: number;
  readonly runners: readonly Receiver[];
  readonly routes: Routes;
  /** Of the correlations that are judged though nothing happens. */
  readonly deadlines: readonly { readonly to: number; readonly next: () => number }[];
  /** The correlations that have something to judge at the present instant, the last one first. */
  readonly due: number[];
  readonly reader: FieldReader;
  /** How many events a finding lists. */
  readonly events: number;
  /** Keeps an entry's row, and drops it. */
  readonly record: (entry: Entry) => void;
  readonly unrecord: (entry: Entry) => void;
}

export interface Receiver {
  readonly linked: LinkedCorrelation;
  readonly runner: Runner;
  readonly inbox: { readonly entry: Entry; readonly members: readonly number[] }[];
}

/** Judges everything before `end`, or until there are so many findings. */
export function judge(
  judging: Judging,
  end: number,
  most = Number.POSITIVE_INFINITY,
): readonly CorrelationFinding[] {
  const { waiting, deadlines } = judging;
  const findings: CorrelationFinding[] = [];
  while (findings.length < most) {
    let time = waiting.first()?.time ?? Number.POSITIVE_INFINITY;
    for (const { next } of deadlines) time = Math.min(time, next());
    if (time >= end) {
      judging.mark = Math.max(judging.mark, end);
      break;
    }
    judgeInstant(judging, time, findings);
    judging.mark = Math.max(judging.mark, time + 1);
  }
  return findings;
}

function judgeInstant(judging: Judging, time: number, findings: CorrelationFinding[]): void {
  const { waiting, waitingIds, runners, routes, deadlines, due, reader } = judging;
  const present: Entry[] = [];
  for (let entry = waiting.first(); entry?.time === time; entry = waiting.first()) {
    waiting.pop();
    waitingIds.delete(entry.id);
    judging.waitingBytes -= entry.bytes;
    present.push(entry);
    entry.read = readFields(reader, entry.fields);
    send(judging, entry);
  }
  for (const { to, next } of deadlines) if (next() <= time) fallsDue(due, to);
  // Each correlation stands behind those that it refers to, so that their findings of this instant have come when it is its turn.
  for (let to = due.pop(); to !== undefined; to = due.pop()) {
    const receiver = runners[to];
    if (receiver === undefined) continue;
    const { linked, runner, inbox } = receiver;
    // In the order of ids, since findings of others come in the order of their rules.
    if (inbox.length > 1) inbox.sort((a, b) => (isBefore(a.entry, b.entry) ? -1 : 1));
    for (const { entry, members } of inbox) runner.take(entry, members);
    inbox.length = 0;
    for (const outcome of runner.settle(time)) {
      const finding = findingOf(linked.correlation, outcome, judging.events);
      findings.push(finding);
      if (!routes.leadFrom(linked.correlation.id)) continue;
      const entry = entryOf(finding, outcome.entries);
      entry.holders = 1;
      judging.record(entry);
      present.push(entry);
      send(judging, entry);
    }
  }
  for (const entry of present) {
    entry.read = undefined;
    release(judging, entry);
  }
}

function send({ runners, routes, due }: Judging, entry: Entry): void {
  for (const { to, members } of routes.of(entry.sources)) {
    const inbox = runners[to]?.inbox;
    if (inbox === undefined) continue;
    if (inbox.length === 0) fallsDue(due, to);
    inbox.push({ entry, members });
  }
}

function fallsDue(due: number[], to: number): void {
  let at = due.length;
  for (; at > 0 && (due[at - 1] ?? 0) < to; at--) continue;
  if (due[at - 1] === to) return;
  if (at === due.length) due.push(to);
  else due.splice(at, 0, to);
}

/** Lets an entry wait for its turn. */
export function wait(judging: Judging, entry: Entry): void {
  entry.holders = 1;
  judging.waiting.push(entry);
  judging.waitingIds.add(entry.id);
  judging.waitingBytes += entry.bytes;
  judging.record(entry);
}

export function release(judging: Judging, entry: Entry): void {
  if (--entry.holders === 0) judging.unrecord(entry);
}
