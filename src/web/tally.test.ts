import { describe, expect, it } from 'vitest';
import { offenceTally, type Tally, type TallySettings } from './tally.ts';
import { requestsOf } from './testing/requests.ts';

const settings: TallySettings = {
  rule: 'bad',
  severity: 'low',
  window: 1_000,
  threshold: 2,
  lateness: 500,
  capacity: 10,
};

function opened(more: Partial<TallySettings> = {}): {
  tally: Tally;
  add: (time: number, client?: number, reason?: string) => void;
} {
  const tally = offenceTally(
    { ...settings, ...more },
    (client) => `client ${client}`,
    ({ client, count, reasons }) => `${client} ${count} ${reasons.join('+')}`,
  );
  return {
    tally,
    add: (time, client = 1, reason = 'r') => {
      tally.add(requestsOf([{ time, path: `/${time}` }]), 0, client, reason);
    },
  };
}

describe('a tally', () => {
  it('says nothing below the threshold and tells a higher count again', () => {
    const { tally, add } = opened();
    add(0);
    expect(tally.offences()).toEqual([]);
    add(1);
    expect(tally.offences()).toMatchObject([{ start: 0, count: 2, first: 0, last: 1 }]);
    add(2);
    expect(tally.offences()).toMatchObject([{ start: 0, count: 3, explanation: 'client 1 3 r' }]);
    expect(tally.offences()).toEqual([]);
  });

  it('does not add up what lies in two windows', () => {
    const { tally, add } = opened();
    add(999);
    add(1_000);
    expect(tally.offences()).toEqual([]);
  });

  it('takes what comes late, until the lateness is over', () => {
    const { tally, add } = opened();
    add(10);
    tally.tick(1_499);
    add(20);
    expect(tally.offences()).toMatchObject([{ count: 2 }]);
    tally.tick(1_500);
    add(30);
    expect(tally.offences()).toEqual([]);
    expect(tally.counters.late).toBe(1);
  });

  it('tells what a window has when it is closed', () => {
    const { tally, add } = opened();
    add(0);
    add(1);
    tally.tick(Infinity);
    expect(tally.offences()).toMatchObject([{ count: 2 }]);
  });

  it('keeps the earliest requests as evidence', () => {
    const { tally, add } = opened();
    for (const time of [9, 3, 7, 1, 8, 2, 6]) add(time);
    expect(tally.offences()[0]?.evidence.map(({ time }) => time)).toEqual([1, 2, 3, 6, 7]);
  });

  it('names the commonest reasons first and only a few', () => {
    const { tally, add } = opened();
    for (const reason of ['a', 'b', 'b', 'c', 'd', 'e', 'f']) add(0, 1, reason);
    expect(tally.offences()[0]?.explanation).toBe('client 1 7 b+a+c+d');
  });

  it('forgets the least when there are too many, and never one that is not told yet', () => {
    const { tally, add } = opened();
    add(0, 1);
    add(1, 1);
    for (let client = 2; client <= 40; client++) add(2, client);
    expect(tally.counters.crowdedOut).toBeGreaterThan(25);
    expect(tally.offences()).toMatchObject([{ subject: { value: 'client 1' }, count: 2 }]);
  });

  it('tells all of many offenders although it cannot hold them', () => {
    const { tally, add } = opened();
    for (let client = 1; client <= 100; client++) {
      add(0, client);
      add(1, client);
    }
    expect(new Set(tally.offences().map(({ subject }) => subject.value)).size).toBe(100);
  });

  it('knows a client by its name once its number may be another’s', () => {
    const { tally, add } = opened();
    add(0);
    tally.forget();
    add(1);
    expect(tally.offences()).toMatchObject([{ count: 2 }]);
  });
});
