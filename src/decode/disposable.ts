/**
 * Marks bytes whose memory nobody else has a view of, so that whoever has read them can give it back at once. Left to the garbage
 * collector, a few megabytes for each file make it go through the whole heap after every third file.
 */
export function disposable<Bytes extends Uint8Array>(bytes: Bytes): Bytes {
  // Node puts small buffers together into one piece of memory. They are not worth it, and it is not theirs. A few bytes at the beginning of a
  // large piece are worth as much as the piece: a small file is unpacked into one, and left alone they make an archive of small files twice as slow.
  return bytes.buffer.byteLength < ownsMemory ? bytes : Object.assign(bytes, { [dispose]: true });
}

/** Marks bytes whose memory their owner wants back, to use it again: `take` is called once. Nobody may look at them afterwards. */
export function lent<Bytes extends Uint8Array>(bytes: Bytes, take: () => void): Bytes {
  let isLent = true;
  const giveBack = () => {
    if (isLent) take();
    isLent = false;
  };
  return Object.assign(bytes, { [dispose]: giveBack });
}

/** Gives the memory of marked bytes back; they are empty afterwards, or what their owner puts there next. Leaves all others alone. */
export function disposeOf(bytes: Uint8Array & { readonly [dispose]?: true | (() => void) }): void {
  const { buffer, [dispose]: mark } = bytes;
  if (typeof mark === 'function') mark();
  else if (mark === true && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/** More than Node ever puts together. */
const ownsMemory = 256 * 1024;

const dispose: unique symbol = Symbol('disposable');

/**
 * The same for what a decompressor gave, which fills a buffer of its own piece by piece: with its last piece the buffer may go, as whoever
 * takes them one after the other has read the others.
 */
export function disposableLast(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, byteLength } = bytes;
  const isLast = byteOffset + byteLength === buffer.byteLength && buffer.byteLength >= ownsMemory;
  return isLast ? Object.assign(bytes, { [dispose]: true }) : bytes;
}

/** The same for what a stream gave, of which it may have put several pieces into one buffer. */
export function disposableWhole(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? disposable(bytes) : bytes;
}
