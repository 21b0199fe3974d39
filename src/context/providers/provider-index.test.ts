import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseRange } from '../../facts/network/ranges.ts';
import { networkOf } from './network.ts';
import { providerIndex } from './provider-index.ts';

const aRange = fc.oneof(
  fc
    .record({ low: fc.integer({ min: 0, max: 255 }), prefix: fc.integer({ min: 20, max: 32 }) })
    .map(({ low, prefix }) => `8.8.${low % 4}.${low}/${prefix}`),
  fc
    .record({ low: fc.integer({ min: 0, max: 65_535 }), prefix: fc.integer({ min: 100, max: 128 }) })
    .map(({ low, prefix }) => `2600::${low.toString(16)}/${prefix}`),
);

it('finds what looking through all entries would find', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ range: aRange, rank: fc.integer({ min: 0, max: 3 }) }), { maxLength: 40 }),
      fc.array(aRange, { minLength: 1, maxLength: 20 }),
      (given, asked) => {
        const entries = given.flatMap(({ range, rank }, i) => {
          const network = networkOf(range);
          return network === undefined ? [] : [{ range, network, rank, provider: { name: `p${i}` } }];
        });
        const index = providerIndex(entries);
        for (const written of asked) {
          const address = written.replace(/\/.*/, '');
          const at = parseRange(address);
          const held = entries.filter(({ range: text }) => {
            const range = parseRange(text);
            return (
              at !== undefined &&
              range?.family === at.family &&
              range.first <= at.first &&
              at.first <= range.last
            );
          });
          const [best] = held.sort((a, b) => b.rank - a.rank || b.network.prefix - a.network.prefix);
          expect(index(address)?.name).toBe(best?.provider.name);
        }
      },
    ),
  );
});
