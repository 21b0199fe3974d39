import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distributedFloodSignal } from './distributed-flood.ts';
import { floodSignal } from './flood.ts';
import type { Offence } from './offence.ts';
import { scannerSignal } from './scanner.ts';
import { defaultTrafficSettings, type TrafficSettings } from './settings.ts';
import { requestsOf, type Wanted } from './testing/requests.ts';
import { times } from './testing/traffic.ts';
import { createTraffic, type SignalMaker } from './traffic.ts';

const minute = 60_000;
const hour = 60 * minute;
const base = 472_222 * hour;
const makers: readonly SignalMaker[] = [scannerSignal, floodSignal, distributedFloodSignal];
const { scanner, flood } = defaultTrafficSettings;

/** Limits so low that a few rows reach them. */
const settings: TrafficSettings = {
  ...defaultTrafficSettings,
  lateness: 10 * minute,
  period: 20 * minute,
  seed: 99,
  scanner: {
    ...scanner,
    badResponses: { ...scanner.badResponses, threshold: 6 },
    missingPaths: { ...scanner.missingPaths, threshold: 5 },
    sensitivePaths: { ...scanner.sensitivePaths, threshold: 2 },
    slow: { window: 20 * minute, threshold: 5, badShare: 0.5, severity: 'medium' },
  },
  flood: {
    ...flood,
    limits: [
      { window: 30_000, threshold: 8, severity: 'medium' },
      { window: 5 * minute, threshold: 20, severity: 'medium' },
      { window: minute, threshold: 4, severity: 'medium', methods: ['POST'] },
      { window: minute, threshold: 4, severity: 'medium', samePath: true },
    ],
    distributed: { ...flood.distributed, least: 12, factor: 2, network: { v4: 24, v6: 44 } },
  },
};

/** What is told after each batch, by compiled code from row `from` on. */
function told(batches: readonly (readonly Wanted[])[], given: TrafficSettings, from: number) {
  const traffic = createTraffic(given, makers, undefined, from);
  const all: (readonly Offence[])[] = [];
  for (const rows of batches) {
    traffic.take(requestsOf(rows));
    all.push(traffic.offences());
  }
  traffic.finish();
  all.push(traffic.offences(true));
  return { all, counters: { ...traffic.counters } };
}

function expectTheSame(batches: readonly (readonly Wanted[])[], from = 0, given = settings): void {
  const plain = told(batches, given, Number.POSITIVE_INFINITY);
  expect(told(batches, given, from)).toEqual(plain);
}

const someone = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 5 }).map((i) => `192.0.2.${i}`) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 60 }).map((i) => `198.51.${i}.7`) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 40 }).map((i) => `2001:db8:${i}:${i * 3}::9`) },
  { weight: 1, arbitrary: fc.constantFrom('', 'nobody', '::', '::ffff:192.0.2.1') },
);
/** Mostly in order, with leaps forward and back, some too late, some no time at all. */
const leap = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 900 }) },
  { weight: 3, arbitrary: fc.integer({ min: -9 * minute, max: 9 * minute }) },
  { weight: 1, arbitrary: fc.constantFrom(-2 * hour, 2 * hour, 0.25, -0.25, Number.NaN) },
);
const row = fc.record({
  client: someone,
  leap,
  status: fc.constantFrom(200, 200, 304, 404, 404, 403, 500, 0, 1_404),
  method: fc.constantFrom('GET', 'POST'),
  path: fc.oneof(
    fc.constantFrom(
      '/',
      '/a',
      '/x.css',
      '/y.PNG',
      '',
      '/.env',
      '/.git/config',
      '/wp-login.php',
      '/backup.zip',
    ),
    fc.integer({ min: 0, max: 30 }).map((i) => `/p${i}`),
  ),
  agent: fc.constantFrom('', 'one', 'two'),
});

function inTime(rows: readonly (Wanted & { readonly leap: number })[]): readonly Wanted[] {
  let time = base;
  return rows.map(({ leap: by, ...rest }) => {
    if (Number.isNaN(by)) return { ...rest, time: Number.NaN };
    time += by;
    return { ...rest, time };
  });
}

function inBatches(rows: readonly Wanted[], size: number): readonly (readonly Wanted[])[] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) =>
    rows.slice(i * size, (i + 1) * size),
  );
}

describe('signals whose rows compiled code counts', () => {
  it('tell after every batch what they tell without, whatever the rows, and wherever it begins', () => {
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 400, size: 'max' }),
        fc.integer({ min: 1, max: 90 }),
        fc.nat({ max: 300 }),
        fc.constantFrom(200, 1_000),
        (rows, size, from, clients) => {
          expectTheSame(inBatches(inTime(rows), size), from, { ...settings, clients });
        },
      ),
      { numRuns: 60, endOnFailure: true },
    );
  });

  it('tell the same of counts that no byte holds, in one stretch of time and in many', () => {
    const many = times(3_000, (i) => ({
      client: i % 3 === 0 ? '192.0.2.1' : `198.51.100.${i % 7}`,
      path: '/one',
      agent: 'one',
      status: i % 5 === 0 ? 404 : 200,
      time: base + Math.floor(i / 1_400) * 30_000 + (i % 1_400) * 5,
    }));
    expectTheSame(inBatches(many, 700));
  });

  it('tell the same of more clients than a table begins with room for', () => {
    const many = times(9_000, (i) => ({
      client: `10.${(i * 7) % 3}.${(i * 13) % 251}.${i % 241}`,
      path: i % 4 === 0 ? '/a.css' : '/a',
      status: i % 50 === 0 ? 404 : 200,
      time: base + i,
    }));
    expectTheSame(inBatches(many, 1_500), 2_000);
    expectTheSame(inBatches(many, 1_500), 2_000, { ...settings, clients: 3_200 });
  });

  it('tell the same of batches that are too long for compiled code, between others', () => {
    const rows = times(10_000, (i) => ({
      client: `192.0.2.${i % 50}`,
      path: `/p${i % 9}`,
      agent: `a${i % 2}`,
      status: i % 3 === 0 ? 404 : 200,
      time: base + i * 20,
    }));
    expectTheSame([rows.slice(0, 300), rows.slice(300, 9_000), rows.slice(9_000)]);
  });

  it('tell the same after hours, when it is known what is usual', () => {
    const day = times(3_000, (i) => ({
      client: `10.${(i * 7) % 250}.${(i * 13) % 250}.1`,
      path: `/p${i % 50}`,
      agent: `agent ${i % 20}`,
      time: base + Math.floor((i * 5 * hour) / 3_000),
    }));
    const sudden = times(400, (i) => ({
      client: `11.${i % 250}.${i % 241}.1`,
      path: '/p1',
      agent: 'agent 1',
      time: base + 5 * hour + i * 10,
    }));
    const batches = inBatches([...day, ...sudden], 200);
    expectTheSame(batches);
    const rules = told(batches, settings, 0)
      .all.flat()
      .map(({ rule }) => rule);
    expect(new Set(rules)).toEqual(new Set(['agent-flood', 'path-flood']));
  });
});
