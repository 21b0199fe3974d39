import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { residentBytes } from './resident-bytes.ts';
import { keepHeapSmall } from './small-heap.ts';

/** Bytes that the process takes (its resident set). Plain data, which threads share. */
export interface MemoryBounds {
  /** From here on each thread collects its garbage at once and gives back what that frees. */
  readonly tight: number;
  /** Where it takes so much even then, there is a thread too many. */
  readonly over: number;
}

const megabyte = 1024 * 1024;

/**
 * The bounds of a scan that begins now: on two threads it stays below 200 MB. Where the process takes much before it begins, for rules or
 * lists of the user's own, so much may be added all the same.
 */
export function memoryBounds(threads: number, begun: number = residentBytes()): MemoryBounds {
  const further = Math.max(0, threads - 2) * 40 * megabyte;
  // With Tocsin's own rules it takes less, the garbage of having read them anew among it.
  const ofUser = begun > 155 * megabyte ? begun - 112 * megabyte : 0;
  return { tight: 166 * megabyte + ofUser + further, over: 176 * megabyte + ofUser + further };
}

/**
 * The bounds of a process that watches access logs: with a million clients it stays below 300 MB. What is known of clients is not garbage, and takes
 * what it takes.
 */
export const trafficBounds: MemoryBounds = { tight: 250 * megabyte, over: Number.POSITIVE_INFINITY };

/** Milliseconds. To ask the system what a process takes is slow, and in so short a time no process takes much more. */
const asksEvery = 2;

/**
 * Bytes. What a thread has no more of than after it last collected lies elsewhere: in the other thread, and in what files are unpacked into, which comes
 * and goes. To collect for that each time takes several times as long as the scan.
 */
const worthCollecting = 4 * megabyte;

/**
 * To be called often by each thread. Collects the garbage of the thread that calls it, where memory is tight. True where
 * that did not help enough: then a thread should end.
 * @param resident bytes that the process takes
 * @param clock in milliseconds, from whenever
 * @param heap bytes that this thread's heap takes of them
 */
export function createRelief(
  { tight, over }: MemoryBounds,
  collect: () => void = collectGarbage,
  resident: () => number = residentBytes,
  clock: () => number = () => performance.now(),
  heap: () => number = () => getHeapStatistics().total_heap_size,
): () => boolean {
  let next = tight;
  let worthFrom = 0;
  let asked = Number.NEGATIVE_INFINITY;
  return () => {
    const now = clock();
    if (now - asked < asksEvery) return false;
    asked = now;
    const before = resident();
    if (before < tight) next = tight;
    if (before < next || (before < over && heap() < worthFrom)) return false;
    collect();
    worthFrom = heap() + worthCollecting;
    const after = resident();
    // What is in use cannot be collected, however often that is tried.
    next = Math.max(tight, after * 1.03);
    return after >= over;
  };
}

/**
 * Collects this thread's garbage as V8 does before it gives up: what lies scattered is put together, and pages without use go back to the
 * system, which happens to few of them otherwise. Takes 0.1 s. From then on V8 spares memory by itself. https://nodejs.org/api/cli.html#--expose-gc
 */
function collectGarbage(): void {
  keepHeapSmall();
  setFlagsFromString('--optimize-for-size');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: object) => void;
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
