import fc from 'fast-check';
import { expect, it } from 'vitest';
import { kindOfAddress } from '../place.ts';
import { isPublic, networkOf } from './network.ts';

it.each([
  ['93.184.216.34', { family: 4, first: 0x5db8d822, prefix: 32 }],
  ['93.184.216.34/24', { family: 4, first: 0x5db8d800, prefix: 24 }],
  ['255.255.255.255', { family: 4, first: 0xffffffff, prefix: 32 }],
  ['2600::1/32', { family: 6, first: 0x2600n << 112n, prefix: 32 }],
  ['2600::', { family: 6, first: 0x2600n << 112n, prefix: 128 }],
  ['8.0.0.0/7', undefined],
  ['2600::/15', undefined],
  ['1.2.3.256', undefined],
  ['1.2.3.4/33', undefined],
  ['1.2.3.4/', undefined],
  ['1.2.3', undefined],
  ['2600::/129', undefined],
  ['2600::/1/2', undefined],
  ['', undefined],
  ['::ffff:1.2.3.4%eth0', undefined],
])('%j is %o', (text, network) => {
  expect(networkOf(text)).toEqual(network);
});

it('is public where its first address is', () => {
  const words = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
  const special = fc.constantFrom(
    0,
    0x64,
    0x100,
    0x2001,
    0x2002,
    0x2620,
    0x3fff,
    0x5f00,
    0xfc00,
    0xfe80,
    0xff02,
  );
  const v6 = fc.tuple(words, fc.option(special)).map(([all, top]) => [top ?? all[0] ?? 0, ...all.slice(1)]);
  const address = fc.oneof(
    fc.ipV4(),
    v6.map((all) => all.map((word) => word.toString(16)).join(':')),
  );
  fc.assert(
    fc.property(address, (text) => {
      const network = networkOf(text);
      fc.pre(network !== undefined && !text.startsWith('0:0:0:0:0:'));
      expect(network !== undefined && isPublic(network)).toBe(kindOfAddress(text) === 'internet');
    }),
    { numRuns: 500 },
  );
});
