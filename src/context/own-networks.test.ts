import { describe, expect, it } from 'vitest';
import { ownNetworks, rangeProblem } from './own-networks.ts';

describe('ownNetworks', () => {
  const own = ownNetworks([
    { name: 'Germany', ranges: ['198.51.100.0/24', '2001:db8::/32'], country: 'DE' },
    { name: 'Berlin office', ranges: ['198.51.100.64/26', '2001:db8:1::/48'], country: 'DE' },
    { name: 'VPN', ranges: ['203.0.113.7', '10.0.0.0/8'] },
    { name: 'VPN of others', ranges: ['203.0.113.7'] },
  ]);
  it.each([
    ['198.51.100.1', 'Germany'],
    ['198.51.100.64', 'Berlin office'],
    ['198.51.100.127', 'Berlin office'],
    ['198.51.100.128', 'Germany'],
    ['198.51.101.1', undefined],
    ['2001:db8::1', 'Germany'],
    ['2001:db8:1::1', 'Berlin office'],
    ['2001:db9::1', undefined],
    ['203.0.113.7', 'VPN'],
    ['203.0.113.8', undefined],
    ['10.255.0.1', 'VPN'],
    ['no address', undefined],
  ])('%s is in %s', (address, name) => {
    expect(own(address)?.name).toBe(name);
  });

  it('without networks nothing is one’s own', () => {
    expect(ownNetworks([])('10.0.0.1')).toBeUndefined();
  });
});

describe('rangeProblem', () => {
  it.each(['203.0.113.7', '203.0.113.0/24', '10.0.0.0/8', '2001:db8::/32', 'fc00::/7'])(
    'takes %s',
    (text) => {
      expect(rangeProblem(text)).toBeUndefined();
    },
  );
  it.each([
    ['0.0.0.0/0', 'is wider than /8'],
    ['10.0.0.0/7', 'is wider than /8'],
    ['2000::/3', 'is wider than /7'],
    ['::/0', 'is wider than /7'],
    ['office', 'must be an address or a network'],
    ['203.0.113.0/33', 'must be an address or a network'],
    ['010.0.0.1', 'must be an address or a network'],
    ['', 'must be an address or a network'],
  ])('refuses %j', (text, problem) => {
    expect(rangeProblem(text)).toContain(problem);
  });
});
