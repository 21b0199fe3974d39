import { Worker } from 'node:worker_threads';
import type { FilePart } from '../source/file-parts.ts';
import type { Step } from './scan-part.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './scan-worker.ts';

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
  /** The worker that reads it; undefined once it has. */
  worker: Worker | undefined;
}

/**
 * Reads parts on several threads and gives their steps in the order of the parts, as if they were read one after the other. Each thread
 * reads ahead by a few steps and parts only, so that memory does not grow with the archive.
 * @throws what went wrong in a thread, with its stack.
 */
export async function* pooledSteps(
  parts: readonly FilePart[],
  threads: number,
  setup: WorkerSetup,
): AsyncGenerator<PartStep> {
  const lanes: Lane[] = [];
  const idle: Worker[] = [];
  let nextPart = 0;
  const failure: { error?: Error } = {};
  let wake = (): void => {};
  const workers = Array.from({ length: Math.min(threads, parts.length) }, () => startWorker(setup));

  function onMessage(worker: Worker, message: FromWorker): void {
    const lane = lanes.find((candidate) => candidate.worker === worker);
    if (lane === undefined) return;
    if (message.type === 'step') lane.steps.push(message.step);
    else {
      lane.done = true;
      lane.worker = undefined;
      idle.push(worker);
      assignIdle();
    }
    wake();
  }

  /** Gives those who wait the next parts, unless they would run too far ahead of what was taken. */
  function assignIdle(): void {
    while (lanes.length < 2 * workers.length) {
      const part = parts[nextPart];
      const worker = part === undefined ? undefined : idle.pop();
      if (part === undefined || worker === undefined) return;
      nextPart++;
      lanes.push({ part, steps: [], done: false, worker });
      send(worker, { type: 'read', part });
    }
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
      const lane = lanes[0];
      if (lane === undefined) return;
      const step = lane.steps.shift();
      if (step !== undefined) {
        if (lane.worker !== undefined) send(lane.worker, { type: 'more' });
        yield { part: lane.part, step };
      } else if (lane.done) {
        lanes.shift();
        assignIdle();
        yield { part: lane.part, step: undefined };
      } else {
        if (failure.error !== undefined) throw failure.error;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  } finally {
    for (const worker of workers) {
      worker.removeAllListeners('exit');
      await worker.terminate();
    }
  }
}

function startWorker(setup: WorkerSetup): Worker {
  // Node runs TypeScript as it is here, and what the build made of it in an installed package.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new Worker(new URL(`./scan-worker.${extension}`, import.meta.url), {
    workerData: setup,
    // Room for short-lived objects is taken by each thread and hardly used: records that matter are few.
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  });
}

function send(worker: Worker, message: ToWorker): void {
  worker.postMessage(message);
}
