import { describe, expect, it } from 'vitest';
import { floodSignal } from './flood.ts';
import { defaultTrafficSettings, type FloodLimit } from './settings.ts';
import { offencesIn, times } from './testing/traffic.ts';
import type { Wanted } from './testing/requests.ts';

const base = 1_699_999_080_000;
const client = '203.0.113.9';

const many = (count: number, apart: number, more: Partial<Wanted> = {}): readonly Wanted[] =>
  times(count, (i) => ({ client, path: '/', method: 'GET', time: base + i * apart, ...more }));

function windows(requests: readonly Wanted[]): readonly number[] {
  return offencesIn([requests], [floodSignal]).map(({ window }) => window);
}

describe('floods from one client, by default', () => {
  it.each([
    ['six hundred in three seconds', many(600, 5), [30_000]],
    ['six hundred in twenty seconds, wherever they begin', many(600, 33, {}), [30_000]],
    ['five hundred and ninety-nine', many(599, 5), []],
    ['three thousand in just under five minutes', many(3_000, 96), [300_000]],
    ['three thousand in ten minutes', many(3_000, 200), []],
    ['the files that pages bring along', many(5_000, 1, { path: '/a.css' }), []],
  ])('%s', (_, requests, expected) => {
    expect(windows(requests)).toEqual(expected);
  });

  it('is not what AWS’s solution would block: a page with a hundred parts, or a family that reads', () => {
    expect(windows(many(100, 10))).toEqual([]);
    expect(windows(many(1_000, 290))).toEqual([]);
  });
});

describe('limits', () => {
  function told(limit: Partial<FloodLimit>, requests: readonly Wanted[]): readonly string[] {
    const whole: FloodLimit = { window: 60_000, threshold: 10, severity: 'high', ...limit };
    const flood = { ...defaultTrafficSettings.flood, limits: [whole] };
    return offencesIn([requests], [floodSignal], { flood }).map(({ explanation }) => explanation);
  }

  it.each([
    ['for a part of the site', { path: '/api/' }, { path: '/api/x' }, { path: '/apis' }],
    ['with methods', { methods: ['POST', 'PUT'] }, { method: 'PUT' }, { method: 'PUTS' }],
    ['from countries', { countries: ['DE'] }, { country: 'DE' }, { country: '' }],
  ] as const)('hold %s', (_, limit, falling, other) => {
    expect(told(limit, many(10, 1, falling))).toHaveLength(1);
    expect(told(limit, many(50, 1, other))).toEqual([]);
  });

  it('say in the sentence what they hold for', () => {
    const limit = { path: '/a"', methods: ['POST'], countries: ['DE'], samePath: true };
    const [sentence] = told(limit, many(10, 1, { path: '/a"', method: 'POST', country: 'DE' }));
    expect(sentence).toBe(
      String.raw`203.0.113.9 sent 10 requests with POST for paths that begin with "/a\"" from DE for one and the same path within 1 minute; 10 are too many`,
    );
  });

  it('count each path for itself where they shall', () => {
    const each = times(90, (i) => ({ client, path: `/${i % 10}`, time: base }));
    expect(told({ samePath: true }, each)).toEqual([]);
    expect(
      told({ samePath: true }, [...each, ...times(1, () => ({ client, path: '/3', time: base }))]),
    ).toHaveLength(1);
    const clients = times(18, (i) => ({ client: `203.0.113.${i % 2}`, path: '/', time: base }));
    expect(told({ samePath: true }, clients)).toEqual([]);
  });
});
