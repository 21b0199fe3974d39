import type { Transform } from 'node:stream';

/** How much may have come out and not been taken yet. */
export interface Room<Out> {
  readonly sizeOf: (item: Out) => number;
  readonly most: number;
}

/**
 * Feeds bytes to a transform stream in slices and yields what comes out, in lists. One slice is at work while the caller
 * handles what came before, so a decompressor's thread runs beside the parser. Everything that came out before an error
 * is yielded before it is thrown (a plain `for await` over the stream would drop it).
 *
 * Without `room` there is a list for each slice, and at most two slices' output is in memory. What may grow without
 * measure needs `room`: the transform is held up as soon as as much is there, and goes on when the list is taken, so that
 * at most twice as much is in memory, whatever a slice becomes. It must heed what its readers tell it, as Node's do.
 */
export async function* through<Out>(
  transform: Transform,
  chunks: AsyncIterable<Uint8Array>,
  sliceBytes: number,
  room?: Room<Out>,
): AsyncGenerator<Out[]> {
  let out: Out[] = [];
  let size = 0;
  const state: { over: boolean; working: boolean; failure?: Error } = { over: false, working: false };
  let wake = (): void => {};
  const stop = (): void => {
    // A decompressor that meets bytes after its end never calls back, so the end of the stream counts as well.
    state.over = true;
    wake();
  };
  transform.on('error', (error: Error) => {
    state.failure = error;
    stop();
  });
  transform.on('end', stop);
  transform.on('close', stop);
  transform.on('data', (item: Out) => {
    out.push(item);
    if (room === undefined) return;
    size += room.sizeOf(item);
    if (size < room.most) return;
    transform.pause();
    wake();
  });
  const take = (): Out[] => {
    const taken = out;
    out = [];
    size = 0;
    if (transform.isPaused()) transform.resume();
    return taken;
  };
  const write = (slice: Uint8Array): void => {
    state.working = true;
    transform.write(slice, () => {
      state.working = false;
      wake();
    });
  };
  const untilReady = (isDone: () => boolean): Promise<void> | undefined =>
    isDone() || transform.isPaused()
      ? undefined
      : new Promise((resolve) => {
          wake = resolve;
        });
  const isIdle = (): boolean => state.over || !state.working;
  const isOver = (): boolean => state.over;

  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length && !state.over; at += sliceBytes) {
        await untilReady(isIdle);
        while (!isIdle()) {
          yield take();
          await untilReady(isIdle);
        }
        const ready = take();
        if (!state.over) write(chunk.subarray(at, at + sliceBytes));
        if (ready.length > 0) yield ready;
      }
    }
    await untilReady(isIdle);
    while (!isIdle()) {
      yield take();
      await untilReady(isIdle);
    }
    if (!state.over) transform.end();
    while (!isOver()) {
      if (out.length > 0) yield take();
      await untilReady(isOver);
    }
    if (out.length > 0) yield take();
    if (state.failure !== undefined) throw state.failure;
  } finally {
    transform.destroy();
  }
}
