import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Correlation } from './correlation.ts';
import type { LinkedCorrelation } from './link.ts';
import { routesTo } from './routes.ts';

const names = Array.from({ length: 12 }, (_, i) => `rule${i}`);

function linkedTo(members: readonly string[]): LinkedCorrelation {
  return {
    correlation: {} as Correlation,
    members: members.map((id) => ({ name: id, id, kind: 'rule' })),
    hash: members.join(' '),
  };
}

it('sends what matched to every correlation that names one of the rules, with its members in order', () => {
  const some = fc.uniqueArray(fc.constantFrom(...names), { maxLength: 5 });
  fc.assert(
    fc.property(
      fc.array(some, { minLength: 1, maxLength: 6 }),
      fc.array(some, { maxLength: 60 }),
      (correlations, events) => {
        const routes = routesTo(correlations.map(linkedTo));
        for (const sources of [...events, ...events]) {
          const expected = correlations.flatMap((members, to) => {
            const matched = members.flatMap((id, i) => (sources.includes(id) ? [i] : []));
            return matched.length === 0 ? [] : [{ to, members: matched }];
          });
          expect([...routes.of(sources)].sort((a, b) => a.to - b.to)).toEqual(expected);
        }
        for (const name of names)
          expect(routes.leadFrom(name)).toBe(correlations.some((members) => members.includes(name)));
      },
    ),
  );
});

it('forgets what it remembers of many sets of rules', () => {
  const routes = routesTo([linkedTo(['a', 'b'])]);
  for (let i = 0; i < 5_000; i++)
    expect(routes.of([`other${i}`, 'b', 'a'])).toEqual([{ to: 0, members: [0, 1] }]);
});
