import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientTable, type ClientTable } from '../clients.ts';
import { offenceKey, type Offence } from '../offence.ts';
import { requestsOf, type Wanted } from '../testing/requests.ts';
import { limitsFor, type Trust } from './limits.ts';
import { readList } from './list.ts';
import { reputationSignal, type ReputationList, type ReputationSignal } from './signal.ts';

const hour = 60 * 60 * 1000;
const noon = Date.parse('2026-01-05T12:00:00Z');

function list(name: string, trust: Trust, ...entries: string[]): ReputationList {
  const read = readList(Buffer.from(entries.join('\n')), {}, limitsFor(trust));
  if (read.type === 'refused') throw new Error(read.reason);
  return { name, trust, ranges: read.contents };
}

function opened(
  lists: readonly ReputationList[],
  settings = {},
  capacity = 1_000,
): { signal: ReputationSignal; table: ClientTable; take: (rows: readonly Wanted[]) => void } {
  const table = clientTable({ capacity, proxies: [] });
  const signal = reputationSignal(table, { lateness: hour, ...settings });
  signal.use(lists);
  return {
    signal,
    table,
    take: (rows) => {
      const requests = requestsOf(rows);
      const ids = table.idsOf(requests);
      signal.forget?.(table.drainEvicted());
      signal.take(requests, ids);
      signal.tick(Math.max(...rows.map(({ time = 0 }) => time)));
    },
  };
}

const drop = list('drop', 'block', '192.0.2.0/24', '2001:db8::/32');
const tor = list('tor', 'alert', '198.51.100.7', '192.0.2.9');
const hosting = list('hosting', 'context', '203.0.113.0/24', '192.0.2.0/24');

describe('reputation', () => {
  it('tells of a client on a list that is trusted to block at its first request', () => {
    const { signal, take } = opened([drop, tor, hosting]);
    take([{ client: '192.0.2.1', time: noon, path: '/a', status: 200 }]);
    expect(signal.offences()).toEqual([
      expect.objectContaining({
        rule: 'reputation',
        subject: { type: 'client', value: '192.0.2.1' },
        first: noon,
        last: noon,
        count: 1,
        threshold: 1,
        severity: 'medium',
        explanation: '192.0.2.1 is on drop, and made 1 request within a day',
        evidence: [expect.objectContaining({ target: '/a', client: '192.0.2.1' })],
      }),
    ]);
    expect(signal.offences()).toEqual([]);
  });

  it('knows clients of IPv6', () => {
    const { signal, take } = opened([drop]);
    take([{ client: '2001:db8:1::5', time: noon }]);
    expect(signal.offences()).toHaveLength(1);
  });

  it('tells of a client on a list that alerts only when it comes often', () => {
    const { signal, take } = opened([tor], { alertFrom: 3 });
    take([
      { client: '198.51.100.7', time: noon },
      { client: '198.51.100.7', time: noon + 1 },
    ]);
    expect(signal.offences()).toEqual([]);
    take([{ client: '198.51.100.7', time: noon + 2 }]);
    expect(signal.offences()).toMatchObject([{ rule: 'reputation-watch', count: 3, severity: 'low' }]);
  });

  it('makes no verdict of context, and tells it when asked', () => {
    const { signal, table, take } = opened([drop, tor, hosting], { alertFrom: 1 });
    take([{ client: '203.0.113.9', time: noon }]);
    expect(signal.offences()).toEqual([]);
    const [id = -1] = table.idsOf(requestsOf([{ client: '203.0.113.9' }]));
    expect(signal.listsOf(id)).toEqual(['hosting']);
    const [both = -1] = table.idsOf(requestsOf([{ client: '192.0.2.9' }]));
    expect(signal.listsOf(both)).toEqual(['drop', 'tor', 'hosting']);
  });

  it('holds new lists from the moment that they come', () => {
    const { signal, take } = opened([tor]);
    take([{ client: '192.0.2.1', time: noon }]);
    signal.use([drop]);
    take([{ client: '192.0.2.1', time: noon + 1 }]);
    expect(signal.offences()).toMatchObject([{ count: 1, first: noon + 1 }]);
    signal.use([]);
    take([{ client: '192.0.2.1', time: noon + 2 }]);
    expect(signal.offences()).toEqual([]);
  });

  it('keeps its lists where others are refused', () => {
    const { signal, take } = opened([drop]);
    expect(() => signal.use(Array.from({ length: 31 }, () => tor))).toThrow(/at most 30/);
    take([{ client: '192.0.2.1', time: noon }]);
    expect(signal.offences()).toHaveLength(1);
  });

  it('does not take a client for another that had its number before', () => {
    const { signal, take } = opened([drop], {}, 8);
    const clean = (from: number): Wanted[] =>
      Array.from({ length: 4 }, (_, i) => ({ client: `198.18.${from}.${i}`, time: noon }));
    take([{ client: '192.0.2.1', time: noon }]);
    for (let i = 0; i < 10; i++) take(clean(i));
    take([{ client: '192.0.2.2', time: noon }]);
    expect(signal.offences().map(({ subject }) => subject.value)).toEqual(['192.0.2.1', '192.0.2.2']);
  });

  it('counts a client once more that was forgotten and came back', () => {
    const { signal, take } = opened([drop], {}, 8);
    take([{ client: '192.0.2.1', time: noon }]);
    for (let i = 0; i < 10; i++)
      take(Array.from({ length: 4 }, (_, n) => ({ client: `198.18.${i}.${n}`, time: noon })));
    take([{ client: '192.0.2.1', time: noon + 5 }]);
    expect(signal.offences()).toMatchObject([{ count: 2 }]);
  });

  it.each([
    ['an address', '192.0.2.1'],
    ['a network', '192.0.2.0/25'],
    ['an address of IPv6', '2001:db8::1'],
  ])('leaves out %s of its own, whatever lists say', (_name, own) => {
    const { signal, table, take } = opened([drop, tor, hosting]);
    signal.use([drop, tor, hosting], list('own', 'context', own).ranges);
    const client = own.replace('192.0.2.0/25', '192.0.2.9');
    take([
      { client, time: noon },
      { client: '192.0.2.200', time: noon },
    ]);
    expect(signal.offences()).toMatchObject([{ subject: { value: '192.0.2.200' } }]);
    expect(signal.listsOf(0)).toEqual([]);
    expect(signal.listsAt(table.words(), 4)).toEqual(['drop', 'hosting']);
    signal.use([drop, tor, hosting]);
    expect(signal.listsOf(0)).toContain('drop');
  });

  it('passes over rows without a client or without a time', () => {
    const { signal, take } = opened([drop]);
    take([{ client: 'x', time: noon }]);
    const requests = requestsOf([{ client: '192.0.2.1', time: Number.NaN }]);
    signal.take(requests, Int32Array.of(0));
    expect(signal.offences()).toEqual([]);
  });

  it('finds the same in requests that come shuffled and an hour late', () => {
    const rows = fc.array(
      fc.record({
        client: fc.constantFrom('192.0.2.1', '192.0.2.2', '198.51.100.7', '203.0.113.1'),
        time: fc.integer({ min: 0, max: 3 * hour }).map((ms) => noon + 11 * hour + ms),
      }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(rows, fc.infiniteStream(fc.integer({ min: 0, max: hour - 1 })), (requests, delays) => {
        const ordered = requests.toSorted((a, b) => a.time - b.time);
        const shuffled = requests
          .map((row) => ({ row, at: row.time + (delays.next().value ?? 0) }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ row }) => row);
        expect(found(shuffled)).toEqual(found(ordered));
      }),
    );
  });
});

/** The last word on every offence, the evidence's places aside. */
function found(rows: readonly Wanted[]): unknown {
  const { signal, take } = opened([drop, tor], { alertFrom: 3 });
  const last = new Map<string, Offence>();
  for (const row of rows) {
    take([row]);
    for (const offence of signal.offences()) last.set(offenceKey(offence), offence);
  }
  signal.tick(Infinity);
  for (const offence of signal.offences()) last.set(offenceKey(offence), offence);
  expect(signal.counters.late).toBe(0);
  return [...last]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, offence]) => ({
      ...offence,
      evidence: offence.evidence.map(({ time }) => time),
    }));
}
