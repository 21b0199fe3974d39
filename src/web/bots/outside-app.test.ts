import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestsOf } from '../testing/requests.ts';
import { defaultOutsideAppSettings, fits, outsideAppWatch, type OutsideAppWatch } from './outside-app.ts';

const { window } = defaultOutsideAppSettings;
const lateness = window;

/** Windows of so many requests, with so many from outside in each. */
function watched(outside: readonly number[], all = 1_000): OutsideAppWatch {
  const watch = outsideAppWatch({ ...defaultOutsideAppSettings, lateness });
  for (const [i, count] of outside.entries()) {
    const time = i * window;
    for (let n = 0; n < all; n++) {
      const strange = n < count ? (n % 3 === 0 ? 'curl/8' : 'evil\u001b[1m') : undefined;
      watch.see(requestsOf([{ time, agent: strange ?? 'MyApp/1' }]), 0, strange);
    }
    watch.tick(time);
  }
  watch.tick(Infinity);
  return watch;
}

describe('requests from outside the app', () => {
  it('are told when they are many more than usual', () => {
    expect(watched([20, 25, 30, 20, 25, 30, 20, 600]).offences()).toEqual([
      expect.objectContaining({
        rule: 'outside-app',
        subject: { type: 'site', value: '' },
        start: 7 * window,
        count: 600,
        severity: 'low',
        explanation: expect.stringMatching(
          /^600 of 1000 requests \(60\.0 %\) came with agents other than the app’s own, where 2\.\d % are usual; most of them with "evil\\u001b\[1m" \(400\), "curl\/8" \(200\)$/,
        ),
      }),
    ]);
  });

  it.each([
    ['there is nothing usual yet', [20, 600]],
    ['they are as usual', [300, 320, 280, 310, 290, 300, 330]],
    ['they are a little more', [20, 20, 20, 20, 20, 20, 20, 110]],
  ])('are not told when %s', (_name, counts) => {
    expect(watched(counts).offences()).toEqual([]);
  });

  it('are not told when they are few', () => {
    expect(watched([0, 0, 0, 0, 0, 0, 0, 30], 40).offences()).toEqual([]);
  });

  it('are learnt when they stay', () => {
    const found = watched([
      ...Array.from({ length: 10 }, () => 20),
      ...Array.from({ length: 100 }, () => 400),
    ]);
    const starts = found.offences().map(({ start }) => start / window);
    expect(starts[0]).toBe(10);
    expect(starts.length).toBeGreaterThan(3);
    expect(starts.at(-1)).toBeLessThan(60);
  });

  it('are counted as late once their window is judged', () => {
    const watch = watched([1, 1]);
    watch.see(requestsOf([{ time: 0, agent: 'x' }]), 0, 'x');
    expect(watch.counters.late).toBe(1);
  });
});

describe('a pattern of agents', () => {
  it.each([
    ['MyApp/*', 'MyApp/1', true],
    ['MyApp/*', 'xMyApp/1', false],
    ['*CFNetwork*', 'MyApp CFNetwork/1', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a*b*c', 'a-c-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['exact', 'exact', true],
    ['exact', 'exactly', false],
    ['*', '', true],
    ['a**b', 'ab', true],
  ])('%s fits %j: %s', (pattern, text, expected) => {
    expect(fits(pattern)(text)).toBe(expected);
  });

  it('fits what a regular expression fits', () => {
    const unit = fc.constantFrom('a', 'b', '*');
    fc.assert(
      fc.property(
        fc.string({ unit, maxLength: 8 }),
        fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 }),
        (pattern, text) => {
          const plain = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
          expect(fits(pattern)(text)).toBe(plain.test(text));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
