import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';

import { compileCidr } from './cidr.ts';

describe('an address is inside a network', () => {
  it.each<[string, string, boolean]>([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.1.2.3/8', '10.0.0.0', true],
    ['192.0.2.7/32', '192.0.2.7', true],
    ['192.0.2.7/32', '192.0.2.8', false],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['0.0.0.0/0', '::1', false],
    ['0.0.0.0/0', '::ffff:192.0.2.1', true],
    ['2001:db8::/32', '2001:db8:1::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['::/0', '192.0.2.1', false],
    ['::/0', '2001:DB8::1', true],
    ['10.0.0.0/8', '10.0.0.01', false],
    ['10.0.0.0/8', '10.0.0', false],
    ['10.0.0.0/8', '10.0.0.256', false],
    ['10.0.0.0/8', '10.0.0.1.1', false],
    ['10.0.0.0/8', '10..0.1', false],
    ['10.0.0.0/8', ' 10.0.0.1', false],
    ['10.0.0.0/8', '10.0.0.1/8', false],
    ['10.0.0.0/8', '0x0a.0.0.1', false],
    ['10.0.0.0/8', '167772161', false],
    ['0.0.0.0/0', 's3.amazonaws.com', false],
    ['0.0.0.0/0', '', false],
  ])('%s and %s: %s', (network, text, inside) => {
    expect(compileCidr(network)(text)).toBe(inside);
  });

  it('exactly where the library says so', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const address = fc.tuple(octet, octet, octet, octet).map((parts) => parts.join('.'));
    fc.assert(
      fc.property(address, address, fc.integer({ min: 0, max: 32 }), (network, text, bits) => {
        const near = network.split('.').slice(0, 2).concat(text.split('.').slice(2)).join('.');
        const test = compileCidr(`${network}/${bits}`);
        for (const other of [text, near])
          expect(test(other)).toBe(ipaddr.IPv4.parse(other).match(ipaddr.IPv4.parse(network), bits));
      }),
    );
  });
});
