import { parentPort, workerData } from 'node:worker_threads';
import type { FilePart } from '../source/file-parts.ts';
import { locateIn, type PlaceSources } from '../source/place-files.ts';
import { engineOf, type EngineParts } from './engine.ts';
import { inLargerSteps, readPart, type Step } from './scan-part.ts';
import type { TimeRange } from './pipeline.ts';
import { prefilterFor } from './wanted.ts';

/** What a worker is started with. */
export interface WorkerSetup {
  readonly parts: EngineParts;
  readonly places: PlaceSources | undefined;
  readonly range: TimeRange;
  readonly holds: boolean;
  readonly passesOver: boolean;
  readonly alertsPerRule: number;
}

/** `read`: a part to read, when the one before is done. `more`: steps may be sent again. `stop`: nobody wants the rest of the part. */
export type ToWorker =
  | { readonly type: 'read'; readonly part: FilePart; readonly reached: ReadonlySet<string> }
  | { readonly type: 'more' }
  | { readonly type: 'stop' };

/** `done`: the part has been read, up to this border where it is one of a list and did not go on to the end of the file. */
export type FromWorker =
  | { readonly type: 'step'; readonly step: Step }
  | { readonly type: 'done'; readonly end: number | undefined };

/** So many steps may wait to be taken; then the worker waits. */
const stepsAhead = 2;

/** The body of a worker thread of `pooledSteps`. */
function work(): void {
  const port = parentPort;
  if (port === null) throw new Error('this module runs in a worker thread');
  const { parts, places, range, holds, passesOver, alertsPerRule } = workerData as WorkerSetup;
  // What is wrong with places was told where they were read.
  const engine = engineOf(parts, places && locateIn(places, () => {}));
  const prefilter = prefilterFor({ engine, range, holds, passesOver });
  const options = { engine, range, holds, prefilter, alertsPerRule, clock: () => Date.now() };
  const credit = { steps: 0, stopped: false };
  let wake = (): void => {};
  const read = async (part: FilePart, reached: ReadonlySet<string>): Promise<void> => {
    credit.steps = stepsAhead;
    credit.stopped = false;
    let end: number | undefined;
    const steps = readPart(part, { ...options, reached: () => reached }, (border) => (end = border));
    for await (const step of inLargerSteps(steps)) {
      while (credit.steps === 0) await new Promise<void>((resolve) => (wake = resolve));
      if (credit.stopped) break;
      credit.steps--;
      port.postMessage({ type: 'step', step } satisfies FromWorker);
    }
    port.postMessage({ type: 'done', end } satisfies FromWorker);
  };
  port.on('message', (message: ToWorker) => {
    if (message.type === 'read') {
      // A rejected promise ends the thread with an error, which the other side is told.
      void read(message.part, message.reached);
      return;
    }
    if (message.type === 'stop') credit.stopped = true;
    credit.steps++;
    wake();
  });
}

work();
