import type { Worker } from 'node:worker_threads';
import type { FilePart } from '../source/file-parts.ts';
import { bytesAhead, packStep, unpackStep } from './packed-step.ts';
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
  number: number;
  readonly part: FilePart;
  /** Those packed that wait for the parts before. */
  readonly steps: (Step | Uint8Array)[];
  done: boolean;
  /** Where a part of a list ended; see `FilePart`. */
  end: number | undefined;
  /** The worker that reads it; undefined once it has, and where this thread reads it. */
  worker: Worker | undefined;
  /** Of a part that this thread reads. */
  own: AsyncIterator<Step> | undefined;
  /** Bytes of its steps that this thread has packed. */
  packed: number;
  /** Whether some of its steps have been given, so that it cannot be begun anew. */
  given: boolean;
}

/** Workers that are ready, and how many parts each has been given. */
type Underway = Map<Worker, number>;

/** A worker has its next part before it is done with one, so that it need not wait until this thread comes to its messages. */
const partsOfWorker = 2;

/**
 * Reads parts on several threads, this one among them, and gives their steps in the order of the parts, as if they were read one after
 * the other. Each thread reads ahead by a few parts and bytes of steps only, so that memory does not grow with the archive. Until the
 * others have started, this one reads alone; and where memory is short, it lets them end one after the other.
 * @param isOver whether the process takes too much memory with so many threads; asked often, and may give some back
 * @throws what went wrong in a thread, with its stack.
 */
export async function* pooledSteps(
  parts: readonly FilePart[],
  threads: number,
  setup: WorkerSetup,
  own: ReadOptions,
  isOver: () => boolean,
): AsyncGenerator<PartStep> {
  const lanes: Lane[] = [];
  const underway: Underway = new Map();
  let nextPart = 0;
  let nextNumber = 0;
  const failure: { error?: Error } = {};
  const dropped = createDropping();
  let wake = (): void => {};
  /** Whether memory was found to be too much since a thread was last ended for it. */
  let isTooMuch = false;
  const relieve = (): void => {
    if (isOver()) isTooMuch = true;
  };
  const workers = Array.from({ length: Math.min(threads, parts.length) - 1 }, () => startWorker(setup));
  /** Those that get no more parts and end with the one that they read. */
  const ending = new Set<Worker>();

  /** Takes the next part, unless too many are on their way. */
  function openLane(worker?: Worker): Lane | undefined {
    const part = lanes.length <= threads * partsOfWorker ? parts[nextPart] : undefined;
    if (part === undefined) return undefined;
    nextPart++;
    const number = nextNumber++;
    const lane: Lane = {
      number,
      part,
      steps: [],
      done: false,
      end: undefined,
      worker,
      own: undefined,
      packed: 0,
      given: false,
    };
    lanes.push(lane);
    return lane;
  }

  /** Lets a thread end. What it has read of a part of which nothing was given is forgotten: this thread reads that. */
  function endOne(): void {
    const worker = workers.findLast((candidate) => !ending.has(candidate));
    if (worker === undefined) return;
    ending.add(worker);
    underway.delete(worker);
    for (const lane of lanes)
      if (lane.worker === worker && !lane.given) {
        // What it still sends of this part finds no lane.
        lane.number = nextNumber++;
        lane.worker = undefined;
        lane.steps.length = 0;
      }
    endIfIdle(worker);
  }

  function endIfIdle(worker: Worker): void {
    if (!ending.has(worker) || lanes.some((lane) => lane.worker === worker)) return;
    worker.removeAllListeners('exit');
    void worker.terminate();
  }

  function assign(): void {
    for (let most = 1; most <= partsOfWorker; most++)
      for (const [worker, count] of underway) {
        if (count >= most) continue;
        const lane = openLane(worker);
        if (lane === undefined) return;
        underway.set(worker, count + 1);
        send(worker, { type: 'read', number: lane.number, part: lane.part, reached: own.reached() });
      }
  }

  function onMessage(worker: Worker, message: FromWorker): void {
    if (message.type === 'ready') {
      if (!ending.has(worker)) underway.set(worker, 0);
    } else {
      // There is no lane where it was dropped.
      const lane = lanes.find(({ number }) => number === message.number);
      if (message.type === 'step') lane?.steps.push(message.packed);
      else {
        if (lane !== undefined) {
          lane.done = true;
          lane.end = message.end;
          lane.worker = undefined;
        }
        const count = underway.get(worker);
        if (count !== undefined) underway.set(worker, count - 1);
        endIfIdle(worker);
      }
    }
    assign();
    wake();
  }

  /** Reads a little here, of the part at hand or of the next one. False where there is nothing that this thread may read. */
  async function readHere(): Promise<boolean> {
    // Memory is short as long as a thread is about to end.
    if (lanes.some(({ worker }) => worker !== undefined && ending.has(worker))) return false;
    // Of those that no other thread reads the first, which may be one that a thread has left behind.
    const lane = lanes.find(({ worker, done }) => worker === undefined && !done) ?? openLane();
    if (lane === undefined) return false;
    lane.own ??= inLargerSteps(
      readPart(lane.part, own, (border) => (lane.end = border)),
      relieve,
    )[Symbol.asyncIterator]();
    if (lane.packed >= bytesAhead) return false;
    const next: IteratorResult<Step, unknown> = await lane.own.next();
    if (next.done === true) lane.done = true;
    else if (lane === lanes[0]) lane.steps.push(next.value);
    else {
      const packed = packStep(next.value);
      lane.packed += packed.length;
      lane.steps.push(packed);
    }
    // What the other threads have sent meanwhile is taken now, so that none of them waits for its next part.
    await new Promise((resolve) => setImmediate(resolve));
    return true;
  }

  function take(lane: Lane, step: Step | Uint8Array): Step {
    lane.given = true;
    if (!(step instanceof Uint8Array)) return step;
    if (lane.worker !== undefined)
      send(lane.worker, { type: 'taken', number: lane.number, bytes: step.length });
    else if (lane.own !== undefined) lane.packed -= step.length;
    return unpackStep(step);
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
  }
  try {
    for (;;) {
      if (failure.error !== undefined) throw failure.error;
      relieve();
      if (isTooMuch) endOne();
      isTooMuch = false;
      const lane = lanes[0];
      if (lane !== undefined && dropped.includes(lane.part)) {
        lanes.shift();
        await lane.own?.return?.();
        if (lane.worker !== undefined) send(lane.worker, { type: 'stop', number: lane.number });
        assign();
        yield { part: lane.part, step: undefined };
        continue;
      }
      const step = lane?.steps.shift();
      if (lane !== undefined && step !== undefined) {
        yield { part: lane.part, step: take(lane, step) };
      } else if (lane?.done === true) {
        lanes.shift();
        dropped.ended(lane.part, lane.end);
        assign();
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
