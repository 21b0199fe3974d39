/**
 * Reads until `enough(head)` is true or the stream ends; gives that beginning, the whole stream with it in front, and whether the
 * beginning is all there is.
 */
export async function peek(
  chunks: AsyncIterable<Uint8Array>,
  enough: (head: Uint8Array) => boolean,
): Promise<{
  readonly head: Uint8Array;
  readonly whole: AsyncIterable<Uint8Array>;
  readonly ended: boolean;
}> {
  const iterator = chunks[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array(0);
  let ended = false;
  try {
    while (!ended && !enough(head)) {
      const item: IteratorResult<Uint8Array, unknown> = await iterator.next();
      if (item.done === true) ended = true;
      else head = head.length === 0 ? item.value : Buffer.concat([head, item.value]);
    }
  } catch (error) {
    // Whatever was read is still good; the error comes after it.
    return { head, whole: thenThrow(head, error), ended: false };
  }
  return { head, whole: replay(head, ended ? undefined : iterator), ended };
}

async function* replay(
  head: Uint8Array,
  rest: AsyncIterator<Uint8Array> | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    if (rest === undefined) return;
    for (let item = await rest.next(); item.done !== true; item = await rest.next()) yield item.value;
  } finally {
    await rest?.return?.();
  }
}

async function* thenThrow(head: Uint8Array, error: unknown): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  throw error;
}
