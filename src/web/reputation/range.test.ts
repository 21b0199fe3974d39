import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { rangeOf } from './range.ts';

const v6 = (text: string): bigint =>
  ipaddr.IPv6.parse(text).parts.reduce((value, part) => (value << 16n) | BigInt(part), 0n);

describe('a range of addresses', () => {
  it.each([
    ['192.0.2.1', { family: 4, first: 0xc0000201, last: 0xc0000201 }],
    ['192.0.2.0/24', { family: 4, first: 0xc0000200, last: 0xc00002ff }],
    ['192.0.2.77/24', { family: 4, first: 0xc0000200, last: 0xc00002ff }],
    ['0.0.0.0/0', { family: 4, first: 0, last: 0xffffffff }],
    ['255.255.255.255/32', { family: 4, first: 0xffffffff, last: 0xffffffff }],
    ['192.0.2.1-192.0.2.9', { family: 4, first: 0xc0000201, last: 0xc0000209 }],
    ['192.0.2.1 - 192.0.2.9', { family: 4, first: 0xc0000201, last: 0xc0000209 }],
    ['::ffff:192.0.2.0/120', { family: 4, first: 0xc0000200, last: 0xc00002ff }],
    ['2001:db8::1', { family: 6, first: v6('2001:db8::1'), last: v6('2001:db8::1') }],
    [
      '2001:db8::/32',
      { family: 6, first: v6('2001:db8::'), last: v6('2001:db8:ffff:ffff:ffff:ffff:ffff:ffff') },
    ],
    ['::/0', { family: 6, first: 0n, last: (1n << 128n) - 1n }],
  ])('%s', (text, expected) => {
    expect(rangeOf(text)).toEqual(expected);
  });

  it.each([
    '',
    '/',
    '-',
    '192.0.2.0/33',
    '192.0.2.0/',
    '192.0.2.0/-1',
    '192.0.2.0/2x',
    '2001:db8::/129',
    '192.0.2.9-192.0.2.1',
    '192.0.2.1-2001:db8::1',
    '192.0.2.1-192.0.2.2-192.0.2.3',
    '::ffff:192.0.2.0/24',
    '01.2.3.4',
    'example.com',
    `192.0.2.1${' '.repeat(100)}x`,
  ])('%j is none', (text) => {
    expect(rangeOf(text)).toBeUndefined();
  });

  it('holds just the addresses that another library finds in the network', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.nat(32), (network, address, length) => {
        const range = rangeOf(`${network}/${length}`);
        const value = rangeOf(address);
        if (range?.family !== 4 || value?.family !== 4) throw new Error('unread');
        expect(range.first <= value.first && value.first <= range.last).toBe(
          ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parse(network), length),
        );
      }),
    );
  });
});
