import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

import { disposeOf } from './disposable.ts';
import { unpack, UnpackError } from './unpack.ts';

const text = Array.from({ length: 3000 }, (_, index) => `{"line":${index},"x":"${Math.sin(index)}"}`).join(
  '\n',
);

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function run(
  bytes: Uint8Array,
  size = 1000,
  atOnce = false,
): Promise<{ content: string; error: unknown }> {
  const out: Uint8Array[] = [];
  let error: unknown;
  try {
    for await (const chunk of unpack(inChunks(bytes, size), { atOnce: atOnce ? {} : undefined }))
      out.push(chunk);
  } catch (thrown) {
    error = thrown;
  }
  return { content: Buffer.concat(out).toString(), error };
}

const gz = gzipSync(text);
const zst = zstdCompressSync(text);

describe('content comes through whole', () => {
  it.each<[string, Uint8Array, string]>([
    ['plain', Buffer.from(text), text],
    ['empty', Buffer.alloc(0), ''],
    ['plain and as short as half a magic number', Buffer.from([0x1f]), '\x1f'],
    ['from gzip', gz, text],
    ['from gzip of two members', Buffer.concat([gz, gz]), text + text],
    ['from zstd', zst, text],
    [
      'from gzip of more than is unpacked at once',
      gzipSync(''.padEnd(40_000_000, ' ')),
      ''.padEnd(40_000_000, ' '),
    ],
    ['from gzip in gzip', gzipSync(gz), text],
    ['from zstd in gzip', gzipSync(zst), text],
  ])('%s', async (_, bytes, content) => {
    for (const size of [1, 1000, 1_000_000]) {
      if (size === 1 && bytes.length > 20_000) continue;
      for (const atOnce of [false, true])
        expect(await run(bytes, size, atOnce)).toEqual({ content, error: undefined });
    }
  });
});

describe('what is good comes before the error where gzip', () => {
  const damaged = Buffer.from(gz);
  damaged.fill(0xff, gz.length >> 1, (gz.length >> 1) + 8);
  it.each<[string, Uint8Array, number, RegExp]>([
    ['is cut off', gz.subarray(0, gz.length >> 1), 30_000, /^the gzip data is cut off after \d+ bytes/],
    ['lacks its last byte', gz.subarray(0, -1), text.length, /cut off/],
    ['is damaged in the middle', damaged, 30_000, /^the gzip data is damaged near byte \d+/],
    [
      'is followed by something else',
      Buffer.concat([gz, Buffer.from('trailer')]),
      text.length,
      /damaged near/,
    ],
    ['is followed by zeros', Buffer.concat([gz, Buffer.alloc(30)]), text.length, /^30 bytes after the end/],
  ])('%s', async (_, bytes, atLeast, reason) => {
    for (const atOnce of [false, true]) {
      const { content, error } = await run(bytes, 1000, atOnce);
      expect(content.length).toBeGreaterThanOrEqual(atLeast);
      expect(content.slice(0, 30_000)).toBe(text.slice(0, 30_000));
      expect(error).toBeInstanceOf(UnpackError);
      expect(error).toHaveProperty('message', expect.stringMatching(reason));
    }
  });
});

describe('what is good comes before the error where zstd', () => {
  const damaged = Buffer.from(zst);
  damaged.fill(0xff, zst.length >> 1, (zst.length >> 1) + 8);
  it.each<[string, Uint8Array, RegExp]>([
    ['is cut off', zst.subarray(0, zst.length >> 1), /^the zstd data is cut off after \d+ bytes/],
    ['lacks its last byte', zst.subarray(0, -1), /^the zstd data is cut off after \d+ bytes/],
    ['has nothing but its first bytes', zst.subarray(0, 6), /^the zstd data is cut off after 6 bytes/],
    ['is damaged in the middle', damaged, /^the zstd data is damaged near byte \d+/],
    ['is followed by something else', Buffer.concat([zst, Buffer.from('more')]), /^4 bytes after the end/],
    ['is followed by zeros', Buffer.concat([zst, Buffer.alloc(30)]), /^30 bytes after the end/],
  ])('%s', async (_, bytes, reason) => {
    for (const size of [1000, 1_000_000]) {
      const { content, error } = await run(bytes, size);
      expect(text.startsWith(content)).toBe(true);
      expect(error).toBeInstanceOf(UnpackError);
      expect(error).toHaveProperty('message', expect.stringMatching(reason));
    }
  });

  it('has lost any byte of its end, with a checksum and without', async () => {
    for (const checksum of [0, 1]) {
      const params = { [constants.ZSTD_c_checksumFlag]: checksum };
      const short = zstdCompressSync('a short text, a short text', { params });
      expect(await run(short, 1000)).toEqual({ content: 'a short text, a short text', error: undefined });
      for (let end = 4; end < short.length; end += 1)
        expect([end, (await run(short.subarray(0, end), 1000)).error]).toEqual([
          end,
          expect.objectContaining({ message: expect.stringMatching(/cut off/) as unknown }),
        ]);
    }
  });
});

describe('memory stays small however much comes of a few bytes', () => {
  const mb = 1024 * 1024;
  const blanks = Buffer.alloc(128 * mb, ' ');
  const bomb = zstdCompressSync(blanks);
  it.each<[string, Uint8Array, number, string]>([
    ['from gzip', gzipSync(blanks, { level: 1 }), blanks.length, 'whole'],
    ['from zstd', bomb, blanks.length, 'whole'],
    ['from zstd in gzip', gzipSync(bomb), blanks.length, 'whole'],
    ['from zstd that is cut off', bomb.subarray(0, -10), 100 * mb, 'cut off'],
  ])('%s', async (_, bytes, atLeast, ending) => {
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    let length = 0;
    const read = async (): Promise<void> => {
      for await (const piece of unpack(inChunks(bytes, bytes.length))) {
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
        length += piece.length;
        disposeOf(piece);
      }
    };
    const end = await read().then(
      () => 'whole',
      (error: unknown) => String(error),
    );
    expect(end).toContain(ending);
    expect(length).toBeGreaterThanOrEqual(atLeast);
    expect(most).toBeLessThan(16 * mb);
  });
});

it('an error of the source is passed on as it is', async () => {
  const failing = async function* (): AsyncGenerator<Uint8Array> {
    yield gz.subarray(0, 5000);
    throw new Error('connection lost');
  };
  const read = async (): Promise<void> => {
    for await (const chunk of unpack(failing())) expect(chunk.length).toBeGreaterThan(0);
  };
  await expect(read()).rejects.toThrow('connection lost');
});

it('the source is closed when the reader stops early', async () => {
  let closed = false;
  const source = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield gz;
    } finally {
      closed = true;
    }
  };
  for await (const chunk of unpack(source())) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
  expect(closed).toBe(true);
});
