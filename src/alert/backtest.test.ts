import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Alert } from './alert.ts';
import { day, startBacktest, type Backtest, type BacktestOptions } from './backtest.ts';

const start = Date.UTC(2026, 0, 1);

function alertOf(change: { time?: number; who?: string; rule?: string; address?: string } = {}): Alert {
  const { time = start, who = 'alice', rule = 'r', address = '192.0.2.1' } = change;
  return {
    id: createHash('sha256').update(`${time} ${who} ${rule}`).digest('hex').slice(0, 32),
    rule: { id: rule, title: `rule ${rule}` },
    severity: 'high',
    title: `${who} did it`,
    description: '',
    response: '',
    time,
    receivedAt: 0,
    decidedAt: 0,
    who: { kind: who.includes('/') ? 'assumed-role' : 'iam-user', name: who, chain: [] },
    what: { kind: 'cloudtrail.api-call', service: 's', action: 'a', result: 'success', targets: [] },
    where: { account: '111122223333', region: 'eu-west-1', origin: { type: 'address', address } },
    tactics: [],
    techniques: [],
    facts: [],
    falsePositives: [],
    references: [],
    evidence: {
      eventId: `e${time}`,
      provenance: { source: 'file', object: 'a.json', position: 0, receivedAt: 0 },
      fields: {},
    },
  };
}

function run(
  alerts: readonly Alert[],
  options: Partial<BacktestOptions> = {},
  span?: { first: number; last: number },
  now = Date.UTC(2030, 0, 1),
): Backtest {
  const backtest = startBacktest({ examples: 3, ...options });
  for (const alert of alerts) backtest.add(alert);
  const times = alerts.map(({ time }) => time);
  return backtest.end(span ?? { first: Math.min(...times), last: Math.max(...times) }, now);
}

const daily = (days: number, change = {}) =>
  Array.from({ length: days }, (_, i) => alertOf({ time: start + i * day + 3_600_000, ...change }));

describe('a backtest', () => {
  it('counts by rule, by day and by who', () => {
    const result = run([
      ...daily(3),
      ...daily(2, { who: 'deploy/run-1', address: '192.0.2.2' }),
      alertOf({ who: 'deploy/run-2', rule: 'other' }),
    ]);
    expect(result.alerts).toBe(6);
    expect(result.buckets.map(({ alerts }) => alerts)).toEqual([3, 2, 1]);
    expect(result.rules.map(({ id, alerts }) => [id, alerts])).toEqual([
      ['r', 5],
      ['other', 1],
    ]);
    expect(result.tops.actor).toEqual([
      { key: 'alice', alerts: 3 },
      { key: 'deploy/*', alerts: 3 },
    ]);
    expect(result.rules[0]?.tops.address).toEqual([
      { key: '192.0.2.1', alerts: 3 },
      { key: '192.0.2.2', alerts: 2 },
    ]);
    expect(result.rules[0]).toMatchObject({ first: start + 3_600_000, peak: { time: start, alerts: 2 } });
  });

  it('counts a range back from the newest event, by whole days', () => {
    const span = { first: start, last: start + 9 * day + 7_200_000 };
    const result = run(daily(8), { since: { type: 'before', ms: 4 * day } }, span);
    expect(result.from).toBe(start + 5 * day);
    expect([result.alerts, result.outside]).toEqual([3, 5]);
    expect(result.rules[0]?.first).toBe(start + 5 * day + 3_600_000);
    expect(result.tops.actor).toEqual([{ key: 'alice', alerts: 3 }]);
  });

  it('counts a short range by the hour', () => {
    const alerts = [0, 1, 2, 3].map((h) => alertOf({ time: start + h * 3_600_000 + 60_000 }));
    const result = run(alerts, { since: { type: 'before', ms: 2 * 3_600_000 } });
    expect([result.size, result.alerts, result.days]).toEqual([3_600_000, 3, 1]);
  });

  it('counts both ends back from the newest event', () => {
    const options = {
      since: { type: 'before', ms: 2 * day },
      until: { type: 'before', ms: 2 * day },
    } as const;
    const result = run(daily(8), options);
    // The newest is day 7; until takes days 5 to 7 away, and since reaches back from what is left.
    expect(result.buckets.map(({ time }) => (time - start) / day)).toEqual([2, 3, 4]);
  });

  it('is not longer than the archive', () => {
    const span = { first: start, last: start + 10 * day };
    expect(run(daily(8), { since: { type: 'before', ms: 90 * day } }, span).days).toBe(10);
    expect(run(daily(8), { since: { type: 'at', time: start - 90 * day } }, span).days).toBe(10);
  });

  it('does not take a wrong clock in one record for the age of the archive', () => {
    const span = { first: start, last: Date.UTC(9999, 0, 1) };
    const result = run(daily(8), { since: { type: 'before', ms: 30 * day } }, span, start + 8 * day);
    expect([result.alerts, result.days]).toEqual([8, 8]);
  });

  it('shows examples of different actors, the most frequent first, the newest of each', () => {
    const result = run(
      [
        ...daily(2, { who: 'rare' }),
        ...daily(5),
        ...daily(4, { who: 'cleaner/x' }),
        ...daily(1, { who: 'eve' }),
      ],
      { examples: 2 },
    );
    expect(
      result.rules[0]?.examples.map(({ actor, time }) => [actor, (time - start - 3_600_000) / day]),
    ).toEqual([
      ['alice', 4],
      ['cleaner/*', 3],
    ]);
  });
});

describe('in bounded memory', () => {
  it('sums stay exact and shares become estimates', () => {
    const alerts = Array.from({ length: 1000 }, (_, i) =>
      alertOf({ time: start + i * 3_600_000, who: i % 4 === 3 ? 'bob' : 'alice' }),
    );
    const result = run(alerts, { limits: { sampled: 100 } });
    expect(result.alerts).toBe(1000);
    expect(result.oneIn).toBeGreaterThan(4);
    expect(result.buckets.reduce((sum, bucket) => sum + bucket.alerts, 0)).toBe(1000);
    expect(result.tops.region).toEqual([{ key: 'eu-west-1', alerts: 1000 }]);
    const [alice, bob] = result.tops.actor;
    expect([alice?.key, bob?.key]).toEqual(['alice', 'bob']);
    // Three of four, give or take what a sample of 50 to 100 gives or takes.
    expect(alice?.alerts).toBeGreaterThan(600);
    expect(alice?.alerts).toBeLessThan(900);
  });

  it('names past the bound are counted together', () => {
    const alerts = Array.from({ length: 10 }, (_, i) => alertOf({ who: `user-${i}` }));
    expect(run(alerts, { limits: { names: 3 } }).tops.actor).toEqual([
      { key: '(others)', alerts: 7 },
      { key: 'user-0', alerts: 1 },
      { key: 'user-1', alerts: 1 },
      { key: 'user-2', alerts: 1 },
    ]);
  });

  it('days past the bound are counted without a day', () => {
    const result = run(daily(10), { limits: { cells: 4 } });
    expect([result.alerts, result.undated, result.buckets.length]).toEqual([10, 6, 4]);
    expect(result.rules[0]?.last).toBe(start + 9 * day + 3_600_000);
  });

  it('every alert is in the sum or outside, whatever the order and the bounds', () => {
    const alert = fc.record({
      time: fc.integer({ min: 0, max: 50 * day }).map((ms) => start + ms),
      who: fc.constantFrom('alice', 'bob', 'role/a', 'role/b'),
      rule: fc.constantFrom('a', 'b', 'c'),
    });
    const limits = fc.record({
      sampled: fc.integer({ min: 1, max: 20 }),
      names: fc.integer({ min: 0, max: 3 }),
      cells: fc.integer({ min: 0, max: 200 }),
      exampleActors: fc.integer({ min: 0, max: 3 }),
    });
    const since = fc
      .integer({ min: 0, max: 60 })
      .map((days) => ({ type: 'before', ms: days * day }) as const);
    fc.assert(
      fc.property(
        fc.array(alert, { minLength: 1, maxLength: 60 }),
        limits,
        since,
        (changes, bounds, back) => {
          const alerts = changes.map(alertOf);
          const result = run(alerts, { since: back, limits: bounds });
          expect(result.alerts + result.outside).toBe(alerts.length);
          expect(result.rules.reduce((sum, rule) => sum + rule.alerts, 0)).toBe(result.alerts);
          expect(result.buckets.reduce((sum, one) => sum + one.alerts, 0) + result.undated).toBe(
            result.alerts,
          );
          if (result.undated > 0) return;
          const size = result.size;
          const newest = Math.max(...alerts.map(({ time }) => time));
          const expected = alerts.filter(({ time }) => time >= Math.floor((newest - back.ms) / size) * size);
          expect(result.alerts).toBe(expected.length);
        },
      ),
    );
  });
});
