import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { longestKey, urlKey } from './url-key.ts';

function keyOf(host: string, path: string): string {
  const source = Buffer.from(host + path);
  const key = urlKey();
  const hostEnd = Buffer.byteLength(host);
  const length = key.take(source, 0, hostEnd, hostEnd, source.length);
  return Buffer.from(key.bytes.subarray(0, length)).toString();
}

describe('a URL is counted as', () => {
  it.each([
    ['what it is', '', '/a/b.html', '/a/b.html'],
    ['nothing', '', '', ''],
    ['one host, however it is written', 'Www.Example.COM', '/A', 'www.example.com/A'],
    ['one for all numbers', '', '/user/12/cart/9', '/user/:id/cart/:id'],
    ['one for all UUIDs', '', '/o/0b0e1A2c-9d8f-4b7a-8c6d-5e4f3a2b1c0d', '/o/:id'],
    ['one for all hashes', '', '/o/507f1f77bcf86cd799439011/x', '/o/:id/x'],
    ['a word that has only letters a to f', '', '/deadbeefdeadbeefdeadbeef', '/deadbeefdeadbeefdeadbeef'],
    ['a short hexadecimal number as it is', '', '/cafe01', '/cafe01'],
    ['a name with digits as it is', '', '/v2/a1', '/v2/a1'],
    [
      'what it is, with as many dashes as a UUID but longer',
      '',
      `/${'1'.repeat(33)}----`,
      `/${'1'.repeat(33)}----`,
    ],
    ['slashes in a row as they are', '', '//1//', '//:id//'],
  ])('%s', (_name, host, path, expected) => expect(keyOf(host, path)).toBe(expected));

  it('its beginning, where it is long', () => {
    const key = keyOf('h', `/${'x'.repeat(5_000)}`);
    expect(key).toBe(`h/${'x'.repeat(longestKey - 2)}…`);
    expect(keyOf('h'.repeat(500), '/x')).toBe(`${'h'.repeat(64)}/x`);
  });

  it('something short, whatever comes, and the same when it is taken again', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('/', '1', 'a', 'f', '-', 'x', 'é', '\n'), maxLength: 400 }),
        (path) => {
          const key = keyOf('', path);
          expect(Buffer.byteLength(key)).toBeLessThanOrEqual(longestKey + 8);
          fc.pre(!key.endsWith('…') && !key.includes('�'));
          expect(keyOf('', key)).toBe(key);
        },
      ),
    );
  });
});
