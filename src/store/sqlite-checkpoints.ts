import { Worker } from 'node:worker_threads';
import { longLog, type CheckpointPass } from './sqlite-checkpoint-pass.ts';

/**
 * Checkpoints of a file that is written much, in a thread: moving a thousand pages from the log into the database takes several waits for the
 * disk, and SQLite would make that commit wait for them by which the log became too long, and the event loop with it.
 */
export interface Checkpoints {
  /** A transaction has been written. */
  readonly written: () => void;
  /** To be awaited before the database is closed: who closes a file last, takes the log away. */
  readonly close: () => Promise<void>;
}

export const noCheckpoints: Checkpoints = { written: () => {}, close: async () => {} };

/** What is written less than this since it was opened needs no thread. */
const transactionsBefore = 256;
/** A thousand pages at most, after which SQLite would do it. */
const transactionsBetween = 16;
/** Each takes the disk from the commits for a while: many short ones hold up alerts less than few long ones. */
const msBetween = 300;
/** SQLite's own, where there is no thread. */
const pagesWithout = 1_000;
/** Where there is one, so that a thread that does not get along cannot let the log grow for ever. */
const pagesWith = 16_384;

/** @param setLimit sets from how many pages in the log on a commit has to checkpoint */
export function sqliteCheckpoints(path: string, setLimit: (pages: number) => void): Checkpoints {
  let waiting = transactionsBetween - transactionsBefore;
  let thread: Worker | undefined;
  let isBusy = false;
  let lastAt = Number.NEGATIVE_INFINITY;
  let ended: Promise<unknown> | undefined;
  let isOver = false;
  let pages = 0;
  /** By which a transaction makes the log longer; not known before the log was looked at twice. */
  let pagesEach = Number.POSITIVE_INFINITY;
  let transactions = 0;

  function learn(pass: CheckpointPass): void {
    const grown = pass.pages - pages;
    if (grown > 0 && pages > 0) pagesEach = grown / Math.max(1, transactions);
    // After a new beginning it is not known how much was written since.
    pages = pass.isBegunAnew ? 0 : pass.pages;
  }

  function fail(): void {
    thread = undefined;
    if (!isOver) setLimit(pagesWithout);
    isOver = true;
  }

  function start(): Worker | undefined {
    try {
      // Node runs TypeScript as it is here, and what the build made of it in an installed package.
      const body = import.meta.url.endsWith('.ts')
        ? new URL('./sqlite-checkpoint-thread.ts', import.meta.url)
        : new URL('./sqlite-checkpoint-thread.js', import.meta.url);
      const started = new Worker(body, { workerData: path });
      started.unref();
      ended = new Promise((resolve) => started.once('exit', resolve));
      started.on('message', (pass: CheckpointPass) => {
        isBusy = false;
        learn(pass);
      });
      // SQLite does it by itself again.
      started.on('error', fail);
      setLimit(pagesWith);
      return started;
    } catch {
      // A process may be forbidden to start threads.
      fail();
      return undefined;
    }
  }

  return {
    written: () => {
      waiting += 1;
      if (waiting < transactionsBetween || isBusy || isOver) return;
      const now = performance.now();
      if (now < lastAt + msBetween && pages + waiting * pagesEach < longLog) return;
      thread ??= start();
      if (thread === undefined) return;
      lastAt = now;
      transactions = waiting;
      waiting = 0;
      isBusy = true;
      thread.postMessage('checkpoint');
    },
    close: async () => {
      isOver = true;
      // Nothing else may be left that keeps the process from ending before the thread has.
      thread?.ref();
      thread?.postMessage('end');
      await ended;
    },
  };
}
