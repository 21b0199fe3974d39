import { describe, expect, it } from 'vitest';
import { parseAddress } from './address.ts';
import { networksOf } from './networks.ts';

function has(networks: readonly string[], address: string): boolean {
  const bytes = Buffer.from(address);
  const words = new Uint32Array(4);
  expect(parseAddress(bytes, 0, bytes.length, words)).toBe(true);
  return networksOf(networks).has(words);
}

describe('networksOf', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.77/8', '10.1.1.1', true],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['192.0.2.1/32', '192.0.2.1', true],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::/0', '2001:db8::1', true],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['::ffff:10.0.0.0/104', '10.9.9.9', true],
  ])('%s: %s is in it: %j', (network, address, expected) => {
    expect(has([network], address)).toBe(expected);
  });

  it('has nothing where there are none', () => {
    expect(has([], '10.0.0.1')).toBe(false);
  });

  it.each(['', 'example.com', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', '::/129'])(
    'refuses %j and says what it expects',
    (text) => {
      expect(() => networksOf([text])).toThrow('is no network; expected an address or a network such as');
    },
  );
});
