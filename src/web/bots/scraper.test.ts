import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestsOf, type Wanted } from '../testing/requests.ts';
import { defaultScraperSettings, scraperWatch, type ScraperWatch } from './scraper.ts';

const hour = 60 * 60 * 1000;
const start = Date.parse('2026-01-05T12:00:00Z');

function opened(capacity?: number): ScraperWatch {
  return scraperWatch(
    { ...defaultScraperSettings, lateness: hour, seed: 7, capacity },
    (client) => `client ${client}`,
  );
}

function see(watch: ScraperWatch, rows: readonly Wanted[], client = 1): void {
  const requests = requestsOf(rows);
  for (let row = 0; row < requests.count; row++) watch.see(requests, row, client);
}

const pages = (count: number, path: (i: number) => string, within = hour): Wanted[] =>
  Array.from({ length: count }, (_, i) => ({
    path: path(i),
    time: start + Math.floor((i * within) / count),
  }));

describe('a scraper', () => {
  it('is who goes through very many paths all the time', () => {
    const watch = opened();
    see(
      watch,
      pages(2_000, (i) => `/product/${i}`),
    );
    const [offence] = watch.offences();
    expect(offence).toMatchObject({
      rule: 'scraper',
      subject: { type: 'client', value: 'client 1' },
      start,
      severity: 'low',
      explanation: expect.stringMatching(
        /^client 1 asked for about \d+ different paths within an hour, in 12 of/,
      ),
    });
    expect(Math.abs((offence?.count ?? 0) - 2_000)).toBeLessThan(500);
    expect(offence?.evidence).toHaveLength(5);
    expect(watch.offences()).toEqual([]);
  });

  it.each<[string, Wanted[]]>([
    ['asks for the same all the time', pages(20_000, () => '/poll')],
    ['asks for few paths with many queries', pages(20_000, (i) => `/search${i % 30}`)],
    ['has it over in half an hour', pages(5_000, (i) => `/product/${i}`, hour / 2)],
    ['watches a film', pages(5_000, (i) => `/film/${i}.m4s`)],
    ['looks at a map', pages(5_000, (i) => `/tiles/${i}.PNG`)],
    ['reads a lot', pages(400, (i) => `/article/${i}`)],
  ])('is not who %s', (_name, rows) => {
    const watch = opened();
    see(watch, rows);
    watch.tick(Infinity);
    expect(watch.offences()).toEqual([]);
  });

  it('is told apart from others at the same time', () => {
    const watch = opened();
    for (let client = 0; client < 50; client++)
      see(
        watch,
        pages(100, (i) => `/product/${client}/${i}`),
        client,
      );
    see(
      watch,
      pages(3_000, (i) => `/x/${i}`),
      99,
    );
    expect(watch.offences().map(({ subject }) => subject.value)).toEqual(['client 99']);
  });

  it('is not mixed up with who gets its number afterwards', () => {
    const watch = opened();
    see(
      watch,
      pages(900, (i) => `/a/${i}`),
    );
    watch.forget([1]);
    see(
      watch,
      pages(900, (i) => `/b/${i}`),
    );
    expect(watch.offences()).toEqual([]);
  });

  it('is found all the same in requests that come shuffled', () => {
    const rows = pages(1_600, (i) => `/product/${i}`);
    const found = (shuffled: readonly Wanted[]): unknown => {
      const watch = opened();
      see(watch, shuffled);
      watch.tick(start + 2 * hour - 1);
      return watch.offences().map((offence) => ({ ...offence, evidence: [] }));
    };
    const expected = found(rows);
    expect(expected).toHaveLength(1);
    fc.assert(
      fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) => {
        expect(found(shuffled)).toEqual(expected);
      }),
      { numRuns: 5 },
    );
  });

  it('is counted no more once its hour and the lateness are over', () => {
    const watch = opened();
    watch.tick(start + 2 * hour);
    see(
      watch,
      pages(2_000, (i) => `/product/${i}`),
    );
    expect(watch.offences()).toEqual([]);
    expect(watch.counters.late).toBeGreaterThan(50);
  });

  it('is still found among more clients than can be held', () => {
    const watch = opened(50);
    const rows = pages(3_000, (i) => `/x/${i}`);
    for (const [i, row] of rows.entries()) {
      see(watch, [row], 0);
      see(
        watch,
        pages(20, (n) => `/${i}/${n}`),
        i + 1,
      );
    }
    expect(watch.counters.crowdedOut).toBeGreaterThan(500);
    expect(watch.offences().map(({ subject }) => subject.value)).toEqual(['client 0']);
  });
});
