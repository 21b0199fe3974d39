import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anomalyDefaults, anomalySignal } from './anomaly.ts';
import { readAnomalyState } from './anomaly-state.ts';
import { clientTable } from './clients.ts';
import type { Offence } from './offence.ts';
import { requestsOf, type Wanted } from './testing/requests.ts';

const hour = 3_600_000;
const week = 168 * hour;
/** A Monday. */
const monday = Date.parse('2026-03-02T00:00:00Z');

interface Hour {
  readonly time: number;
  readonly requests: number;
  readonly clientErrors?: number;
  readonly sent?: number;
  readonly clients?: number;
}

const rowsOf = ({ time, requests, clientErrors = 0, sent = 1_000, clients = 20 }: Hour): readonly Wanted[] =>
  Array.from({ length: requests }, (_, i) => ({
    time: time + Math.floor((i * hour) / requests),
    status: i < clientErrors ? 404 : 200,
    sent,
    client: `10.0.${(i % clients) >> 8}.${(i % clients) & 255}`,
  }));

function watch(watched = anomalySignal({ ...anomalyDefaults, words: () => table.words() })) {
  return {
    watched,
    see: (rows: readonly Wanted[]): readonly Offence[] => {
      const requests = requestsOf(rows);
      watched.take(requests, table.idsOf(requests));
      watched.tick(Math.max(...rows.map(({ time = 0 }) => time)));
      return watched.offences();
    },
    end: (): readonly Offence[] => {
      watched.tick(Number.POSITIVE_INFINITY);
      return watched.offences();
    },
  };
}

const table = clientTable({ capacity: 100_000, proxies: [] });

/** Quiet hours, and a spike on each Monday at nine. */
function usual(weekNumber: number): readonly Hour[] {
  return [6, 7, 8, 9, 10, 11].map((of) => ({
    time: monday + weekNumber * week + of * hour,
    requests: (of === 9 ? 900 : 200) + ((weekNumber * 7 + of) % 5) * 3,
  }));
}

describe('anomalies', () => {
  it('are none where a spike is usual on Monday mornings', () => {
    const { see, end } = watch();
    const seen = Array.from({ length: 8 }, (_, i) => usual(i).flatMap((one) => see(rowsOf(one)))).flat();
    expect([...seen, ...end()]).toEqual([]);
  });

  it('are told where the same spike comes an hour early, with the numbers', () => {
    const { see, end } = watch();
    for (let i = 0; i < 5; i++) for (const one of usual(i)) see(rowsOf(one));
    const early = usual(5).map((one, i) => (i === 2 ? { ...one, requests: 900 } : one));
    const told = [...early.flatMap((one) => see(rowsOf(one))), ...end()];
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({
      rule: 'anomaly-requests',
      subject: { type: 'site', value: 'all traffic' },
      start: monday + 5 * week + 8 * hour,
      count: 900,
      window: hour,
    });
    expect(told[0]?.explanation).toMatch(
      /^900 requests in the hour from 2026-04-06 08:00 UTC; usual at this hour of a Monday is 206, give or take 30 \(5 earlier weeks\), so that this is 22\.8 spreads above it\.$/,
    );
  });

  it.each([
    ['fewer requests', { requests: 20 }, ['anomaly-requests']],
    ['more errors', { clientErrors: 80 }, ['anomaly-client-errors']],
    ['larger answers', { sent: 9_000 }, ['anomaly-bytes-served']],
    ['smaller answers', { sent: 10 }, ['anomaly-bytes-served']],
    ['more clients', { clients: 200 }, ['anomaly-clients']],
    ['fewer clients, which is nothing to tell', { clients: 1 }, []],
    ['one more error', { clientErrors: 1 }, []],
    ['a little more', { requests: 260 }, []],
  ])('tell of %s', (_name, change, rules) => {
    const { see, end } = watch();
    for (let i = 0; i < 5; i++) for (const one of usual(i)) see(rowsOf(one));
    const odd = usual(5).map((one, i) => (i === 1 ? { ...one, ...change } : one));
    const told = [...odd.flatMap((one) => see(rowsOf(one))), ...end()];
    expect(told.map(({ rule }) => rule)).toEqual(rules);
  });

  it('are not told while the hour is still being learned', () => {
    const { see, end } = watch();
    for (let i = 0; i < 2; i++) for (const one of usual(i)) see(rowsOf(one));
    const told = usual(2).flatMap((one) => see(rowsOf({ ...one, requests: one.requests * 8 })));
    expect([...told, ...end()]).toEqual([]);
  });

  it('become the usual after some weeks, and do not after one', () => {
    const { see } = watch();
    for (let i = 0; i < 6; i++) for (const one of usual(i)) see(rowsOf(one));
    const weeksTold = Array.from({ length: 14 }, (_, i) =>
      usual(6 + i)
        .flatMap((one) => see(rowsOf({ ...one, requests: one.requests + (one.requests < 300 ? 300 : 0) })))
        .some(({ rule }) => rule === 'anomaly-requests'),
    );
    expect(weeksTold.slice(0, 2)).toEqual([true, true]);
    expect(weeksTold.at(-1)).toBe(false);
  });

  it('are the same for shuffled requests that come up to an hour late', () => {
    const rows = [
      ...Array.from({ length: 4 }, (_, i) => usual(i)).flat(),
      ...usual(4).map((one, i) => (i === 2 ? { ...one, requests: 700, clientErrors: 300 } : one)),
    ].flatMap(rowsOf);
    const inOrder = watch();
    const expected = [
      ...rows.flatMap((_, i) => (i % 500 ? [] : inOrder.see(rows.slice(i, i + 500)))),
      ...inOrder.end(),
    ];
    expect(expected.map(({ rule }) => rule)).toEqual(['anomaly-requests', 'anomaly-client-errors']);
    fc.assert(
      fc.property(fc.infiniteStream(fc.integer({ min: 0, max: 59 })), (delays) => {
        const { see, end, watched } = watch();
        // The first comes first, so that the same hour is the one that is seen in part.
        const [first, ...rest] = rows;
        const shuffled = [
          ...(first === undefined ? [] : [first]),
          ...rest
            .map((row) => ({ row, at: (row.time ?? 0) + (delays.next().value ?? 0) * 60_000 }))
            .sort((a, b) => a.at - b.at)
            .map(({ row }) => row),
        ];
        const told = [
          ...shuffled.flatMap((_, i) => (i % 700 ? [] : see(shuffled.slice(i, i + 700)))),
          ...end(),
        ];
        expect(told).toEqual(expected);
        expect(watched.late()).toBe(0);
      }),
      { numRuns: 6 },
    );
  });

  it('are the same after a restart at any time', () => {
    const rows = [
      ...Array.from({ length: 4 }, (_, i) => usual(i)).flat(),
      ...usual(4).map((one, i) => (i === 2 ? { ...one, requests: 700, clients: 250 } : one)),
    ].flatMap(rowsOf);
    const batches = rows.flatMap((_, i) => (i % 300 ? [] : [rows.slice(i, i + 300)]));
    const once = watch();
    const expected = [...batches.flatMap(once.see), ...once.end()];
    expect(expected.map(({ rule }) => rule)).toEqual(['anomaly-requests', 'anomaly-clients']);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: batches.length }), (at) => {
        const before = watch();
        const told = batches.slice(0, at).flatMap(before.see);
        const stored: unknown = JSON.parse(JSON.stringify(before.watched.state()));
        const after = watch(
          anomalySignal({ ...anomalyDefaults, words: () => table.words() }, readAnomalyState(stored)),
        );
        expect([...told, ...batches.slice(at).flatMap(after.see), ...after.end()]).toEqual(expected);
      }),
      { numRuns: 10 },
    );
  });

  it('hold few hours open, whatever times come', () => {
    const { see, watched } = watch();
    see(Array.from({ length: 500 }, (_, i) => ({ time: monday + i * 5 * hour, client: '192.0.2.1' })));
    expect(watched.state().open.length).toBeLessThanOrEqual(64);
  });

  it.each([
    ['nothing', null],
    ['another version', { version: 2 }],
    [
      'damage',
      { version: 1, firstHour: 1, closedTo: 1, late: 0, series: { requests: { mean: [] } }, open: [] },
    ],
  ])('begin anew from %s', (_name, stored) => expect(readAnomalyState(stored)).toBeUndefined());
});
