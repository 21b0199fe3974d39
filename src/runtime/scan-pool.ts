import type { Worker } from 'node:worker_threads';
import type { FilePart } from '../source/file-parts.ts';
import { inLargerSteps, readPart, type ReadOptions, type Step } from './scan-part.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './scan-worker.ts';
import { startThread } from './start-thread.ts';

/** A step and the part that it is of. */
export interface PartStep {
  readonly part: FilePart;
  /** Undefined where the part has been read to its end. */
  readonly step: Step | undefined;
}

/** What is on its way from one part. */
interface Lane {
  readonly part: FilePart;
  readonly steps: Step[];
  done: boolean;
  /** Where a part of a list ended; see `FilePart`. */
  end: number | undefined;
  /** The worker that reads it; undefined once it has, and where this thread reads it. */
  worker: Worker | undefined;
  /** Of a part that this thread reads. */
  own: AsyncIterator<Step> | undefined;
}

/** Parts that may be on their way besides one for each thread, and steps of one part that may wait to be taken. */
const partsAhead = 1;
const stepsAhead = 2;

/**
 * Reads parts on several threads, this one among them, and gives their steps in the order of the parts, as if they were read one after
 * the other. Each thread reads ahead by a few steps and parts only, so that memory does not grow with the archive.
 * @throws what went wrong in a thread, with its stack.
 */
export async function* pooledSteps(
  parts: readonly FilePart[],
  threads: number,
  setup: WorkerSetup,
  own: ReadOptions,
): AsyncGenerator<PartStep> {
  const lanes: Lane[] = [];
  const idle: Worker[] = [];
  let nextPart = 0;
  const failure: { error?: Error } = {};
  const dropped = createDropping();
  let wake = (): void => {};
  const workers = Array.from({ length: Math.min(threads, parts.length) - 1 }, () => startWorker(setup));

  /** The next part, unless too many are on their way. */
  function takePart(): FilePart | undefined {
    return lanes.length < threads + partsAhead ? parts[nextPart++] : undefined;
  }

  function assignIdle(): void {
    while (idle.length > 0) {
      const part = takePart();
      const worker = part && idle.pop();
      if (part === undefined || worker === undefined) return;
      lanes.push({ part, steps: [], done: false, end: undefined, worker, own: undefined });
      send(worker, { type: 'read', part, reached: own.reached() });
    }
  }

  function onMessage(worker: Worker, message: FromWorker): void {
    // There is no lane where it was dropped.
    const lane = lanes.find((candidate) => candidate.worker === worker);
    if (message.type === 'step') lane?.steps.push(message.step);
    else {
      if (lane !== undefined) {
        lane.done = true;
        lane.end = message.end;
        lane.worker = undefined;
      }
      idle.push(worker);
      assignIdle();
    }
    wake();
  }

  /** Reads a little here, of the part at hand or of the next one. False where there is nothing that this thread may read. */
  async function readHere(): Promise<boolean> {
    let lane = lanes.find((candidate) => candidate.own !== undefined && !candidate.done);
    if (lane === undefined) {
      const part = takePart();
      if (part === undefined) return false;
      const read: Lane = { part, steps: [], done: false, end: undefined, worker: undefined, own: undefined };
      const steps = readPart(part, own, (border) => (read.end = border));
      read.own = inLargerSteps(steps)[Symbol.asyncIterator]();
      lanes.push((lane = read));
    }
    if (lane.own === undefined || lane.steps.length >= stepsAhead) return false;
    const next: IteratorResult<Step, unknown> = await lane.own.next();
    if (next.done === true) lane.done = true;
    else lane.steps.push(next.value);
    // What the other threads have sent meanwhile is taken now, so that none of them waits for its next part.
    await new Promise((resolve) => setImmediate(resolve));
    return true;
  }

  for (const worker of workers) {
    worker.on('message', (message: FromWorker) => onMessage(worker, message));
    worker.on('error', (error) => {
      failure.error = error instanceof Error ? error : new Error(String(error));
      wake();
    });
    worker.on('exit', (code) => {
      failure.error ??= new Error(`a thread that reads files ended with code ${code}`);
      wake();
    });
    idle.push(worker);
  }
  try {
    assignIdle();
    for (;;) {
      if (failure.error !== undefined) throw failure.error;
      const lane = lanes[0];
      if (lane !== undefined && dropped.includes(lane.part)) {
        lanes.shift();
        await lane.own?.return?.();
        if (lane.worker !== undefined) send(lane.worker, { type: 'stop' });
        assignIdle();
        yield { part: lane.part, step: undefined };
        continue;
      }
      const step = lane?.steps.shift();
      if (lane !== undefined && step !== undefined) {
        if (lane.worker !== undefined) send(lane.worker, { type: 'more' });
        yield { part: lane.part, step };
      } else if (lane?.done === true) {
        lanes.shift();
        dropped.ended(lane.part, lane.end);
        assignIdle();
        yield { part: lane.part, step: undefined };
      } else if (!(await readHere())) {
        if (lane === undefined) return;
        // Something may have come while this thread was at work; then there is nothing to wait for.
        if (lane.steps.length > 0 || lane.done) continue;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  } finally {
    for (const lane of lanes) await lane.own?.return?.();
    for (const worker of workers) {
      worker.removeAllListeners('exit');
      await worker.terminate();
    }
  }
}

/** Which parts of a list count for nothing, because the one before was read on into them. */
export interface Dropping {
  /** Told of each part that counts, in their order, when it has been read, and where it ended. */
  readonly ended: (part: FilePart, end: number | undefined) => void;
  /** Whether the next part is one of them. */
  readonly includes: (part: FilePart) => boolean;
}

export function createDropping(): Dropping {
  let file: FilePart['file'] | undefined;
  let readTo = 0;
  return {
    ended: (part, end) => {
      file = part.list === undefined ? undefined : part.file;
      readTo = end ?? Number.POSITIVE_INFINITY;
    },
    includes: (part) => part.file === file && part.from < readTo,
  };
}

function startWorker(setup: WorkerSetup): Worker {
  return startThread('scan-worker', {
    workerData: setup,
    // Room for short-lived objects is taken by each thread and hardly used: records that matter are few.
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
}

function send(worker: Worker, message: ToWorker): void {
  worker.postMessage(message);
}
