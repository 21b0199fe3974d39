import { Transform } from 'node:stream';
import { createGunzip, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { through } from './through.ts';

/** As much as a stream of Node's keeps for its reader before it waits. */
const pieceBytes = 64 * 1024;
const room = { sizeOf: (piece: Uint8Array) => piece.length, most: 4 * pieceBytes };
const content = Buffer.from(Array.from({ length: 40 * pieceBytes + 7 }, (_, i) => i % 251));
const packed = gzipSync(content);

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function gunzip(): Transform {
  return createGunzip({ chunkSize: pieceBytes });
}

async function run(lists: AsyncIterable<readonly Uint8Array[]>) {
  const out: Uint8Array[] = [];
  let longest = 0;
  let error: unknown;
  try {
    for await (const list of lists) {
      longest = Math.max(longest, Buffer.concat(list).length);
      out.push(...list);
      // Whoever is slow is not given more at once.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } catch (thrown) {
    error = thrown;
  }
  return { out: Buffer.concat(out), longest, error };
}

describe('what comes out is whole and in order', () => {
  it.each([
    ['a few bytes at a time', 7, 1000, room],
    ['in slices', 100, 33, room],
    ['at once', packed.length, packed.length, room],
    ['at once, with room for all', packed.length, packed.length, undefined],
  ])('%s', async (_, chunkBytes, sliceBytes, bound) => {
    const { out, longest, error } = await run(
      through<Uint8Array>(gunzip(), inChunks(packed, chunkBytes), sliceBytes, bound),
    );
    expect(error).toBeUndefined();
    expect(out.equals(content)).toBe(true);
    expect(longest).toBeLessThanOrEqual((bound?.most ?? content.length) + pieceBytes);
  });
});

it('what came out before an error is given before it', async () => {
  const { out, longest, error } = await run(
    through<Uint8Array>(gunzip(), inChunks(packed.subarray(0, -8), 1000), 1000, room),
  );
  expect(error).toMatchObject({ message: 'unexpected end of file' });
  expect(out.length).toBeGreaterThanOrEqual(content.length - pieceBytes);
  expect(longest).toBeLessThanOrEqual(room.most + pieceBytes);
});

it('a transform that keeps everything to its end gives it then', async () => {
  const kept: Uint8Array[] = [];
  const last = new Transform({
    transform: (piece: Uint8Array, _encoding, done) => {
      kept.push(piece);
      done();
    },
    flush(done) {
      for (const piece of kept) this.push(piece);
      done();
    },
  });
  expect((await run(through<Uint8Array>(last, inChunks(content, 50_000), 50_000, room))).out).toEqual(
    content,
  );
});
