import { parentPort, workerData } from 'node:worker_threads';
import type { FilePart } from '../source/file-parts.ts';
import { locateIn, type PlaceSources } from '../source/place-files.ts';
import { engineOf, type EngineParts } from './engine.ts';
import { inLargerSteps, readPart } from './scan-part.ts';
import { createRelief, type MemoryBounds } from './memory-bound.ts';
import { bytesAhead, packStep } from './packed-step.ts';
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
  readonly memory: MemoryBounds;
}

/**
 * Parts have numbers, and are read one after the other. `read`: one more. `taken`: so many bytes of its steps no longer wait. `stop`: nobody
 * wants the rest of it.
 */
export type ToWorker =
  | {
      readonly type: 'read';
      readonly number: number;
      readonly part: FilePart;
      readonly reached: ReadonlySet<string>;
    }
  | { readonly type: 'taken'; readonly number: number; readonly bytes: number }
  | { readonly type: 'stop'; readonly number: number };

/** `done`: the part has been read, up to this border where it is one of a list and did not go on to the end of the file. */
export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'step'; readonly number: number; readonly packed: Uint8Array }
  | { readonly type: 'done'; readonly number: number; readonly end: number | undefined };

/** A part that is to be read or is being read. */
interface Reading {
  /** Bytes of steps that were sent and not taken. */
  waiting: number;
  stopped: boolean;
}

/** The body of a worker thread of `pooledSteps`. */
function work(): void {
  const port = parentPort;
  if (port === null) throw new Error('this module runs in a worker thread');
  const { parts, places, range, holds, passesOver, alertsPerRule, memory } = workerData as WorkerSetup;
  // What is wrong with places was told where they were read.
  const engine = engineOf(parts, places && locateIn(places, () => {}));
  const prefilter = prefilterFor({ engine, range, holds, passesOver });
  const options = { engine, range, holds, prefilter, alertsPerRule, clock: () => Date.now() };
  const relieve = createRelief(memory);
  const readings = new Map<number, Reading>();
  let wake = (): void => {};
  const tell = (message: FromWorker): void => port.postMessage(message);
  const read = async (number: number, part: FilePart, reached: ReadonlySet<string>): Promise<void> => {
    const reading = readings.get(number) ?? { waiting: 0, stopped: true };
    let end: number | undefined;
    const steps = readPart(part, { ...options, reached: () => reached }, (border) => (end = border));
    if (!reading.stopped)
      for await (const step of inLargerSteps(steps, relieve)) {
        while (reading.waiting >= bytesAhead && !reading.stopped)
          await new Promise<void>((resolve) => (wake = resolve));
        if (reading.stopped) break;
        const packed = packStep(step);
        reading.waiting += packed.length;
        tell({ type: 'step', number, packed });
      }
    readings.delete(number);
    tell({ type: 'done', number, end });
  };
  let before = Promise.resolve();
  port.on('message', (message: ToWorker) => {
    const { number } = message;
    if (message.type === 'read') {
      readings.set(number, { waiting: 0, stopped: false });
      // A rejected promise ends the thread with an error, which the other side is told.
      before = before.then(() => read(number, message.part, message.reached));
      return;
    }
    const reading = readings.get(number);
    // It may have been read to its end meanwhile.
    if (reading === undefined) return;
    if (message.type === 'stop') reading.stopped = true;
    else reading.waiting -= message.bytes;
    wake();
  });
  tell({ type: 'ready' });
}

work();
