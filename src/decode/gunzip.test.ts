import fc from 'fast-check';
import { crc32, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { gunzipAtOnce } from './gunzip.ts';

const text = Array.from({ length: 3_000 }, (_, i) => `${i} ${Math.sin(i)}`).join('\n');
const plain = gzipSync(text);
const most = 1_000_000;

/** The same, with another header. */
function withHeader(flags: number, more: Uint8Array): Buffer {
  return Buffer.concat([
    plain.subarray(0, 3),
    Buffer.from([flags]),
    plain.subarray(4, 10),
    more,
    plain.subarray(10),
  ]);
}

function changed(at: number, to: number, of: Buffer = plain): Buffer {
  const bytes = Buffer.from(of);
  bytes[at < 0 ? bytes.length + at : at] = to;
  return bytes;
}

const ways = [
  [
    'with a checksum given',
    (packed: Uint8Array, mostBytes = most) => gunzipAtOnce(packed, mostBytes, { checksum: crc32 }),
  ],
  ['by Node alone', (packed: Uint8Array, mostBytes = most) => gunzipAtOnce(packed, mostBytes)],
] as const;

describe.each(ways)('gzip is unpacked at once, %s,', (_, unpack) => {
  it.each<[string, Buffer]>([
    ['without a name', plain],
    ['with a name', withHeader(8, Buffer.from('log.json\0'))],
    ['marked as text', withHeader(1, Buffer.alloc(0))],
    ['with a comment', withHeader(16, Buffer.from('made by hand\0'))],
    ['with more fields', withHeader(4, Buffer.from([4, 0, 1, 2, 3, 4]))],
  ])('%s', (_name, packed) => {
    expect(unpack(packed)?.toString()).toBe(text);
  });

  it('of several members', () => {
    expect(unpack(Buffer.concat([plain, gzipSync('and more'), plain]))?.toString()).toBe(
      `${text}and more${text}`,
    );
  });

  it.each<[string, Buffer]>([
    ['cut off', plain.subarray(0, -100)],
    ['cut off in the trailer', plain.subarray(0, -3)],
    ['of another checksum', changed(-6, (plain.at(-6) ?? 0) ^ 1)],
    ['of another length', changed(-4, (plain.at(-4) ?? 0) ^ 1)],
    [
      'of another checksum, with a name',
      changed(-6, (plain.at(-6) ?? 0) ^ 1, withHeader(8, Buffer.from('a\0'))),
    ],
    ['followed by something', Buffer.concat([plain, Buffer.from('x')])],
    ['with a name that never ends', withHeader(8, Buffer.alloc(0)).subarray(0, 12)],
    ['nothing', Buffer.alloc(0)],
    ['no more than a header', plain.subarray(0, 10)],
  ])('but not what is %s', (_name, packed) => {
    expect(unpack(packed)).toBeUndefined();
  });

  it('but not what says that it is longer than may be, or is', () => {
    expect(unpack(plain, text.length - 1)).toBeUndefined();
    const lies = changed(-4, 1);
    for (const at of [-3, -2, -1]) lies[lies.length + at] = 0;
    expect(unpack(lies, 1_000)).toBeUndefined();
  });

  it('whatever is in it, and not where any bit of it is another', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), (content, bit) => {
        const packed = gzipSync(content);
        expect(unpack(packed)).toEqual(Buffer.from(content));
        // Time, flags of speed and the system's number say nothing of the content; the name is none.
        const at = 10 + (Math.floor(bit / 8) % (packed.length - 10));
        const other = changed(at, (packed[at] ?? 0) ^ (1 << (bit % 8)), packed);
        const unpacked = unpack(other);
        expect(unpacked === undefined || Buffer.from(content).equals(unpacked)).toBe(true);
      }),
    );
  });
});
