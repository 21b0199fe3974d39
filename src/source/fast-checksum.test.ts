import fc from 'fast-check';
import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { fastChecksum } from './fast-checksum.ts';

const checksum = fastChecksum();

it.skipIf(checksum === undefined)('a faster checksum is that of zlib', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 5_000 }), (bytes) => checksum?.(bytes) === crc32(bytes)));
});

it('is looked for once', () => {
  expect(fastChecksum()).toBe(checksum);
});
