import { describe, expect, it } from 'vitest';
import { distributedFloodSignal } from './distributed-flood.ts';
import { offencesIn, times } from './testing/traffic.ts';
import type { Wanted } from './testing/requests.ts';

const hour = 3_600_000;
const base = 472_222 * hour;

/** Requests of many clients of many networks, for different paths, evenly over `hours`. */
function usual(hours: number, perHour: number, more: Partial<Wanted> = {}): readonly Wanted[] {
  return times(hours * perHour, (i) => ({
    client: `10.${(i * 7) % 250}.${(i * 13) % 250}.1`,
    path: `/p${i % 50}`,
    agent: `agent ${i % 40}`,
    time: base + Math.floor((i * hour) / perHour),
    ...more,
  }));
}

function flood(count: number, at: number, more: (i: number) => Partial<Wanted>): readonly Wanted[] {
  return times(count, (i) => ({
    client: `11.${i % 250}.${i % 241}.1`,
    path: `/f${i}`,
    agent: `a${i}`,
    time: base + at + (i % 3_000),
    ...more(i),
  }));
}

function told(...requests: readonly (readonly Wanted[])[]): readonly string[] {
  const all = requests.flat();
  const batches: Wanted[][] = [];
  for (let i = 0; i < all.length; i += 2_000) batches.push(all.slice(i, i + 2_000));
  return offencesIn(batches, [distributedFloodSignal]).map(
    ({ rule, subject, count }) => `${rule} ${subject.value} ${count}`,
  );
}

describe('distributed floods', () => {
  it('sees one network from its first second on', () => {
    expect(told(flood(757, 0, (i) => ({ client: `192.0.2.${i % 200}` })))).toEqual([
      'network-flood 192.0.2.0/24 757',
    ]);
    expect(told(flood(757, 0, (i) => ({ client: `2001:db8:1:${(i % 200).toString(16)}::5` })))).toEqual([
      'network-flood 2001:db8:1::/48 757',
    ]);
    expect(told(flood(599, 0, (i) => ({ client: `192.0.2.${i % 200}` })))).toEqual([]);
  });

  it('does not know what is usual for agents and paths in the beginning', () => {
    expect(told(flood(2_000, 0, () => ({ agent: 'one', path: '/one' })))).toEqual([]);
  });

  it('sees an agent and a path that come far more often than before', () => {
    const before = usual(4, 2_000);
    expect(
      told(
        before,
        flood(1_000, 4 * hour, () => ({ agent: 'one' })),
      ),
    ).toEqual(['agent-flood one 1000']);
    expect(
      told(
        before,
        flood(1_000, 4 * hour, () => ({ path: '/one' })),
      ),
    ).toEqual(['path-flood /one 1000']);
  });

  it('leaves alone what was always so', () => {
    // 50 in half a minute, and then 650 and some more: 13 times as many; with 100 it is less than 7 times.
    const before = (perHour: number): readonly Wanted[] => usual(4, perHour, { path: '/busy' });
    const more = flood(650, 4 * hour, () => ({ path: '/busy' }));
    expect(told(before(6_000), more)).toEqual(['path-flood /busy 683']);
    expect(told(before(12_000), more)).toEqual([]);
  });

  it('says what was usual', () => {
    const batches = [usual(4, 2_000), flood(1_000, 4 * hour, () => ({ agent: 'one "1"' }))];
    const [offence] = offencesIn(batches, [distributedFloodSignal]);
    expect(offence).toMatchObject({ threshold: 600, severity: 'medium' });
    expect(offence?.explanation).toMatch(
      /^1000 requests with the user agent "one \\"1\\"" within 30 seconds; \d+\.\d are usual, and 10 times that, but no less than 600, are too many$/,
    );
    expect(offence?.evidence).toHaveLength(5);
  });
});
