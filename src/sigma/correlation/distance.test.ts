import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kilometresBetween } from './distance.ts';

describe('kilometresBetween', () => {
  // Distances as maps have them, to the nearest ten kilometres.
  it.each([
    ['Berlin and Paris', [52.52, 13.405], [48.8566, 2.3522], 880],
    ['Berlin and Lagos', [52.52, 13.405], [6.4541, 3.3947], 5_200],
    ['Sydney and San Francisco, over the date line', [-33.8688, 151.2093], [37.7749, -122.4194], 11_950],
    ['the poles', [90, 0], [-90, 77], 20_020],
    ['two sides of the date line', [0, 179.9], [0, -179.9], 20],
  ])('%s', (_name, [north = 0, east = 0], [south = 0, west = 0], distance) => {
    const found = kilometresBetween(
      { latitude: north, longitude: east },
      { latitude: south, longitude: west },
    );
    expect(Math.round(found / 10) * 10).toBe(distance);
  });

  it('is the same both ways, nothing to the same place, and never more than half way round', () => {
    const point = fc.record({
      latitude: fc.double({ min: -90, max: 90, noNaN: true }),
      longitude: fc.double({ min: -180, max: 180, noNaN: true }),
    });
    fc.assert(
      fc.property(point, point, (a, b) => {
        expect(kilometresBetween(a, b)).toBeCloseTo(kilometresBetween(b, a), 6);
        expect(kilometresBetween(a, a)).toBe(0);
        expect(kilometresBetween(a, b)).toBeLessThan(20_016);
      }),
    );
  });
});
