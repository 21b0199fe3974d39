import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { board } from './board.ts';
import type { BoardView } from './board-view.ts';
import { clientTable } from './clients.ts';
import { requestsOf, type Wanted } from './testing/requests.ts';

const address = fc.oneof(
  { weight: 8, arbitrary: fc.nat({ max: 12 }).map((i) => `192.0.2.${i}`) },
  { weight: 4, arbitrary: fc.nat({ max: 12 }).map((i) => `2001:db8::${i}`) },
  { weight: 1, arbitrary: fc.constant('') },
);
const amount = fc.constantFrom(Number.NaN, 0, 0.5, 1, 17, 700, 1e9, 2 ** 31 - 0.5, 2 ** 31, 1e13);
const request: fc.Arbitrary<Wanted> = fc.record({
  client: address,
  path: fc.constantFrom('/', '/a', '/b/17', '/b/18'),
  host: fc.constantFrom('', 'www.example.com'),
  status: fc.constantFrom(0, 101, 200, 304, 404, 503, 999),
  sent: amount,
  received: amount,
  time: fc.constantFrom(Number.NaN, 0, 1_000, 59_999, 60_000, 1_767_607_200_000, 1_767_607_260_000),
});

/** What the board shows of batches, counted by compiled code or without it. */
function viewOf(batches: readonly (readonly Wanted[])[], compiled: boolean): BoardView {
  const clients = clientTable({ capacity: 200_000, proxies: [] });
  const shown = board({
    words: clients.words,
    seed: 7,
    compiled,
    perClientRate: { count: 2, window: 60_000 },
  });
  for (const batch of batches) {
    const requests = requestsOf(batch);
    shown.take(requests, clients.idsOf(requests));
  }
  return shown.view({ top: 20, points: 4 });
}

const bothWays = (batches: readonly (readonly Wanted[])[]): readonly [BoardView, BoardView] => [
  viewOf(batches, true),
  viewOf(batches, false),
];

describe('what compiled code counts', () => {
  it('is what is counted without it', () => {
    fc.assert(
      fc.property(fc.array(fc.array(request, { maxLength: 60 }), { maxLength: 6 }), (batches) => {
        const [compiled, plain] = bothWays(batches);
        expect(compiled).toEqual(plain);
      }),
      { numRuns: 40 },
    );
  });

  it('is the same where there are more clients than are held, in batches of any length', () => {
    const all = Array.from({ length: 50_000 }, (_, i) => {
      const client = i % 5 === 0 ? i % 35 : i;
      return {
        client: `10.${client >> 16}.${(client >> 8) & 255}.${client & 255}`,
        path: `/${i % 7}`,
        status: i % 3 === 0 ? 404 : 200,
        sent: i,
        time: 1_767_607_200_000 + i,
      };
    });
    const batches = [all.slice(0, 7_000), all.slice(7_000, 29_000), all.slice(29_000, 37_000)];
    for (let from = 37_000; from < all.length; from += 8_000) batches.push(all.slice(from, from + 8_000));
    const [compiled, plain] = bothWays(batches);
    expect(compiled).toEqual(plain);
    expect(plain.errors.clients).toBeGreaterThan(0);
    expect(plain.clients.byRequests).toHaveLength(20);
  });

  it('is the same where there are more URLs than are held, and than have a number at once', () => {
    const all = Array.from({ length: 90_000 }, (_, i) => {
      const path = i % 4 === 0 ? i % 28 : i;
      return {
        client: `192.0.2.${i % 200}`,
        host: i % 9 === 0 ? 'a.example.com' : 'b.example.com',
        path: `/p${path}q/${i % 3}`,
        status: [200, 304, 404, 503][i % 4] ?? 0,
        sent: i,
        time: 1_767_607_200_000 + Math.floor(i / 50) * 20,
      };
    });
    const batches: (typeof all)[] = [];
    const lengths = [3_000, 8_192, 1, 8_000, 20_000, 8_192];
    for (let from = 0; from < all.length; from += lengths[(batches.length - 1) % lengths.length] ?? 0)
      batches.push(all.slice(from, from + (lengths[batches.length % lengths.length] ?? 0)));
    expect(batches.reduce((sum, { length }) => sum + length, 0)).toBe(all.length);
    const [compiled, plain] = bothWays(batches);
    expect(compiled).toEqual(plain);
    expect(plain.errors.urls).toBeGreaterThan(0);
  });
});
