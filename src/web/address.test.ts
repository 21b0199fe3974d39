import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { addressText, isPublicAddress, maskOf, networkText, parseAddress } from './address.ts';

function parsed(text: string): string | undefined {
  const bytes = Buffer.from(`<${text}>`);
  const words = new Uint32Array(6);
  return parseAddress(bytes, 1, bytes.length - 1, words, 2) ? addressText(words, 2) : undefined;
}

describe('parseAddress', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8::A', '2001:db8::a'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['0000:0000:0000:0000:0000:ffff:255.255.255.255', '255.255.255.255'],
  ])('reads %s as %s', (text, expected) => {
    expect(parsed(text)).toBe(expected);
  });

  it.each([
    '',
    '-',
    'unknown',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.',
    '.1.2.3',
    '1..2.3',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4:80',
    '0x1.2.3.4',
    '1.2.3.4 ',
    ':',
    ':::',
    ':1::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '1:2:3:4:5:6:7:',
    '12345::',
    'g::',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::1.2.3',
    '::1.2.3.4:5',
    'fe80::1%eth0',
    '[::1]',
    '1.2.3.4'.padEnd(60, '0'),
  ])('does not read %j', (text) => {
    expect(parsed(text)).toBeUndefined();
  });

  it('reads whatever ipaddr.js writes, and reads it as the same address', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }), (groups) => {
        const address = new ipaddr.IPv6(groups);
        for (const text of [address.toRFC5952String(), address.toString(), address.toNormalizedString()])
          expect(parsed(text)).toBe(ipaddr.process(text).toString());
      }),
    );
  });

  it('reads an IPv6 address out of any text only where ipaddr.js does', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(':', '.', '0', '1', 'f', '25'), maxLength: 24 }),
        (text) => {
          const theirs = text.includes(':')
            ? ipaddr.IPv6.isValid(text)
            : ipaddr.IPv4.isValidFourPartDecimal(text);
          expect(parsed(text) === undefined || theirs).toBe(true);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('networkText', () => {
  function network(text: string, v4: number, v6: number): string {
    const bytes = Buffer.from(text);
    const words = new Uint32Array(4);
    parseAddress(bytes, 0, bytes.length, words);
    return networkText(words, 0, v4, v6);
  }

  it.each([
    ['192.0.2.77', 24, 64, '192.0.2.0/24'],
    ['192.0.2.77', 32, 64, '192.0.2.77/32'],
    ['192.0.2.77', 0, 64, '0.0.0.0/0'],
    ['255.255.255.255', 1, 64, '128.0.0.0/1'],
    ['2001:db8:1:2:3:4:5:6', 24, 64, '2001:db8:1:2::/64'],
    ['2001:db8:1:2:3:4:5:6', 24, 48, '2001:db8:1::/48'],
    ['2001:db8:1:2:3:4:5:6', 24, 128, '2001:db8:1:2:3:4:5:6/128'],
    ['2001:db8:1:2:3:4:5:6', 24, 0, '::/0'],
  ])('%s with /%i and /%i is %s', (text, v4, v6, expected) => {
    expect(network(text, v4, v6)).toBe(expected);
  });
});

it('makes masks of no bits and of all', () => {
  expect([-5, 0, 1, 31, 32, 40].map(maskOf)).toEqual([0, 0, 0x80000000, 0xfffffffe, 0xffffffff, 0xffffffff]);
});

it.each([
  ['8.8.8.8', true],
  ['2606:4700::1', true],
  ['10.1.2.3', false],
  ['100.64.0.1', false],
  ['127.0.0.1', false],
  ['fe80::1', false],
  ['fd00::1', false],
  ['::ffff:10.0.0.1', false],
  ['nonsense', false],
])('isPublicAddress(%j) is %j', (text, expected) => {
  expect(isPublicAddress(text)).toBe(expected);
});
