import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cidrText,
  isAddress,
  networkText,
  overlaps,
  parseNetwork,
  widened,
  type Network,
} from './network.ts';
import { mergeNetworks, overlapTest, withoutNetworks } from './network-sets.ts';
import { net, smallNetworks } from './testing/networks.ts';

const nets = (...texts: readonly string[]) => texts.map(net);

describe('a network is read', () => {
  it.each([
    ['198.51.100.7', '198.51.100.7/32', '198.51.100.7'],
    ['198.51.100.7/24', '198.51.100.0/24', '198.51.100.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0', '0.0.0.0/0'],
    ['255.255.255.255', '255.255.255.255/32', '255.255.255.255'],
    ['2001:DB8::1', '2001:db8::1/128', '2001:db8::1'],
    ['2001:0db8:0000:0000:0001:0000:0000:0001/64', '2001:db8::/64', '2001:db8::/64'],
    ['2001:db8:ffff::/47', '2001:db8:fffe::/47', '2001:db8:fffe::/47'],
    ['::', '::/128', '::'],
    ['::/0', '::/0', '::/0'],
    ['::ffff:192.0.2.1', '192.0.2.1/32', '192.0.2.1'],
    ['::ffff:c000:201/120', '192.0.2.0/24', '192.0.2.0/24'],
  ])('%s as %s', (text, cidr, shown) => {
    const network = net(text);
    expect([cidrText(network), networkText(network)]).toEqual([cidr, shown]);
    expect(parseNetwork(cidr)).toEqual(network);
  });

  it.each([
    '',
    '198.51.100',
    '198.51.100.256',
    '198.51.100.07',
    '0x7f.1',
    '198.51.100.7/33',
    '198.51.100.7/-1',
    '198.51.100.7/',
    '198.51.100.7/024x',
    '2001:db8::/129',
    'fe80::1%eth0',
    '::ffff:192.0.2.1/64',
    ' 198.51.100.7',
    '198.51.100.7:443',
    '[2001:db8::1]',
    '1:2:3:4:5:6:7:8:9',
    'example.com',
    '１９８.51.100.7',
    '1'.repeat(10_000),
  ])('not as %s', (text) => expect(parseNetwork(text)).toBeUndefined());

  it('whatever the text is, without a throw', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseNetwork(text)));
  });
});

it('the network around an address has its prefix, and never a narrower one', () => {
  expect(networkText(widened(net('2001:db8:1:2:3::9'), 64))).toBe('2001:db8:1:2::/64');
  expect(networkText(widened(net('10.1.0.0/16'), 24))).toBe('10.1.0.0/16');
  expect(isAddress(net('192.0.2.1'))).toBe(true);
});

it.each([
  ['192.0.2.0/24', '192.0.2.255', true],
  ['192.0.2.7', '192.0.2.0/24', true],
  ['192.0.2.0/24', '192.0.3.0', false],
  ['::/0', '192.0.2.1', false],
  ['0.0.0.0/0', '255.255.255.255', true],
])('%s and %s share an address: %s', (a, b, expected) => {
  expect([overlaps(net(a), net(b)), overlaps(net(b), net(a)), overlapTest([net(a)])(net(b))]).toEqual([
    expected,
    expected,
    expected,
  ]);
});

describe('merging', () => {
  it.each([
    ['neighbours', ['192.0.2.0', '192.0.2.1'], ['192.0.2.0/31']],
    ['no neighbours of different parents', ['192.0.2.1', '192.0.2.2'], ['192.0.2.1/32', '192.0.2.2/32']],
    ['what lies within', ['192.0.2.0/24', '192.0.2.9', '192.0.2.0/25'], ['192.0.2.0/24']],
    ['to the widest and no further', ['192.0.2.0/24', '192.0.3.0/24'], ['192.0.2.0/24', '192.0.3.0/24']],
    [
      'both families apart',
      ['2001:db8::/65', '2001:db8:0:0:8000::/65', '0.0.0.0'],
      ['0.0.0.0/32', '2001:db8::/64'],
    ],
    ['the last addresses', ['255.255.255.255', '255.255.255.254'], ['255.255.255.254/31']],
    ['nothing', [], []],
  ])('%s', (_, texts, expected) => {
    expect(mergeNetworks(nets(...texts), { 4: 24, 6: 48 }).map(cidrText)).toEqual(expected);
  });

  it('keeps exactly the same addresses, and taking away takes exactly what it should', () => {
    const covers = (networks: readonly Network[], address: Network) =>
      networks.some((each) => overlaps(each, address));
    const probes = Array.from({ length: 256 }, (_, i) => net(`192.0.2.${i}`));
    fc.assert(
      fc.property(smallNetworks, smallNetworks, (some, others) => {
        const merged = mergeNetworks(some);
        const rest = withoutNetworks(some, others);
        const isOther = overlapTest(others);
        expect(merged.length).toBeLessThanOrEqual(some.length);
        for (const probe of probes) {
          const inSome = covers(some, probe);
          expect(covers(merged, probe)).toBe(inSome);
          expect(covers(rest, probe)).toBe(inSome && !covers(others, probe));
          expect(isOther(probe)).toBe(covers(others, probe));
        }
      }),
      { numRuns: 60 },
    );
  });
});
