import type { Transform } from 'node:stream';

/**
 * Feeds bytes to a transform stream in slices and yields what comes out, a list for each slice. One slice is at
 * work while the caller handles what the last one gave, so a decompressor's thread runs beside the parser, and at
 * most two slices' output is in memory. Everything that came out before an error is yielded before it is thrown
 * (a plain `for await` over the stream would drop it).
 */
export async function* through<Out>(
  transform: Transform,
  chunks: AsyncIterable<Uint8Array>,
  sliceBytes: number,
): AsyncGenerator<Out[]> {
  let out: Out[] = [];
  const state: { over: boolean; failure?: Error } = { over: false };
  let wake = (): void => {};
  const closed = new Promise<void>((resolve) => {
    const stop = (): void => {
      state.over = true;
      resolve();
      wake();
    };
    transform.on('error', (error: Error) => {
      state.failure = error;
      stop();
    });
    transform.on('end', stop);
    transform.on('close', stop);
  });
  transform.on('data', (item: Out) => out.push(item));
  const take = (): Out[] => {
    const taken = out;
    out = [];
    return taken;
  };
  // A decompressor that meets bytes after its end never calls back, so the end of the stream counts as well.
  const write = (slice: Uint8Array): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      if (state.over) resolve();
      else transform.write(slice, () => resolve());
    });

  let working: Promise<void> = Promise.resolve();
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length && !state.over; at += sliceBytes) {
        await working;
        const ready = take();
        working = write(chunk.subarray(at, at + sliceBytes));
        if (ready.length > 0) yield ready;
      }
    }
    await working;
    if (out.length > 0) yield take();
    if (!state.over) transform.end();
    await closed;
    if (out.length > 0) yield take();
    if (state.failure !== undefined) throw state.failure;
  } finally {
    transform.destroy();
  }
}
