import fc from 'fast-check';
import { createReadStream, existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAccessLog } from '../decode/access/read.ts';
import { textAt } from '../event/requests.ts';
import type { Offence } from './offence.ts';
import { defaultTrafficSettings } from './settings.ts';
import { offencesIn, summaryOf, times } from './testing/traffic.ts';
import { requestsOf, type Wanted } from './testing/requests.ts';
import { createTraffic, trafficSignals, type SignalMaker } from './traffic.ts';

const minute = 60_000;
const base = 1_699_999_080_000;

/** Somebody of everything, within less than the lateness, and much that is ordinary. */
const story: readonly Wanted[] = [
  ...times(70, (i) => ({ client: '203.0.113.1', status: 404, path: '/x', time: base + i * 700 })),
  ...times(60, (i) => ({ client: '203.0.113.2', status: 404, path: `/q${i}`, time: base + i * 9_000 })),
  ...times(6, (i) => ({ client: '203.0.113.3', status: 404, path: `/.h${i}`, time: base + i * minute })),
  ...times(700, (i) => ({ client: '203.0.113.4', path: '/', time: base + i * 20 })),
  ...times(40, (i) => ({
    client: '203.0.113.5',
    status: 401,
    method: 'POST',
    path: '/login',
    time: base + i * 10_000,
  })),
  ...times(500, (i) => ({
    client: `198.51.100.${i % 100}`,
    status: i % 9 === 0 ? 404 : 200,
    path: `/a${i % 7}`,
    time: base + i * 6_000,
  })),
];

describe('traffic', () => {
  const inOrder = story.toSorted((a, b) => (a.time ?? 0) - (b.time ?? 0));
  const expected = offencesIn([inOrder], trafficSignals).map(summaryOf);

  it('finds what is in it', () => {
    expect(expected.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      'credential-attack client 203.0.113.5',
      'flood client 203.0.113.4',
      'missing-paths client 203.0.113.2',
      'network-flood network 203.0.113.0/24',
      'probe-path client 203.0.113.3',
      'scanner client 203.0.113.1',
    ]);
  });

  it('finds the same in shuffled requests out of fifty files', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...story], { minLength: story.length }), (shuffled) => {
        const files = Array.from({ length: 50 }, (_, file) => shuffled.filter((__, i) => i % 50 === file));
        expect(offencesIn(files, trafficSignals).map(summaryOf)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it('finds the same when ordered files come late, one behind the other', () => {
    const files = Array.from({ length: 50 }, (_, file) => inOrder.filter((__, i) => i % 50 === file));
    expect(offencesIn(files, trafficSignals).map(summaryOf)).toEqual(expected);
  });

  it('finds the same among requests of days before and after', () => {
    const day = 24 * 60 * minute;
    const quiet = (time: number): readonly Wanted[] =>
      times(20, (i) => ({ client: '192.0.2.200', path: '/quiet', time: time + i * minute }));
    const all = [...quiet(base - day), ...inOrder, ...quiet(base + day)];
    const found = offencesIn([all], trafficSignals);
    // After the first hour it is known what is usual for paths.
    const onPaths = found.filter(({ rule }) => rule === 'path-flood');
    expect(onPaths.map(({ subject }) => subject.value)).toEqual(['/']);
    expect(found.filter((one) => !onPaths.includes(one)).map(summaryOf)).toEqual(expected);
  });

  it('finds the same whatever the seed of its hashes', () => {
    expect(offencesIn([inOrder], trafficSignals, { seed: 12_345 }).map(summaryOf)).toEqual(expected);
  });

  it('counts what it leaves out', () => {
    const traffic = createTraffic(defaultTrafficSettings);
    const row = { client: '192.0.2.1', path: '/' };
    traffic.take(requestsOf([{ ...row, time: base }]));
    traffic.take(
      requestsOf([
        { ...row, time: base - 60 * minute - 1 },
        { ...row, time: base - 60 * minute },
        { ...row, time: Number.NaN },
      ]),
    );
    const received = requestsOf([{ ...row, time: base + 60 * minute }]);
    traffic.take({ ...received, from: { ...received.from, receivedAt: base } });
    expect(traffic.counters).toEqual({ rows: 5, counted: 2, late: 1, future: 1, timeless: 1 });
  });

  it('hands on rows with all that is theirs where some are left out', () => {
    const seen: unknown[] = [];
    const look: SignalMaker = (_, clients) => ({
      name: 'look',
      take: (requests, ids) => {
        for (let row = 0; row < requests.count; row++)
          seen.push([
            clients.textOf(ids[row] ?? -1),
            ...[requests.sent, requests.received, requests.status, requests.position].map((all) => all[row]),
            textAt(requests, 'path', row),
          ]);
      },
      tick: () => undefined,
      offences: () => [],
    });
    const traffic = createTraffic(defaultTrafficSettings, [look]);
    const rowOf = (i: number): Wanted => ({
      client: `192.0.2.${i}`,
      path: `/${i}`,
      status: 200 + i,
      sent: i * 10,
      received: i * 20,
      time: i === 1 ? Number.NaN : base,
    });
    traffic.take(requestsOf([0, 1, 2].map(rowOf)));
    expect(seen).toEqual([
      ['192.0.2.0', 0, 0, 200, 0, '/0'],
      ['192.0.2.2', 20, 40, 202, 2, '/2'],
    ]);
  });

  it('is not moved on by a clock that is wrong', () => {
    const wrong = requestsOf([{ client: '192.0.2.1', path: '/', time: base * 2 }]);
    const traffic = createTraffic(defaultTrafficSettings);
    traffic.take({ ...wrong, from: { ...wrong.from, receivedAt: base } });
    traffic.take(requestsOf(inOrder));
    expect(traffic.counters).toMatchObject({ future: 1, late: 0 });
  });

  it('holds no more clients than it may, and does not take one for another', () => {
    const many = times(3_000, (i) => ({
      client: `10.0.${i >> 8}.${i & 255}`,
      status: 404,
      path: '/x',
      time: base + i,
    }));
    const batches = Array.from({ length: 60 }, (_, i) => many.slice(i * 50, i * 50 + 50));
    const offences = offencesIn(batches, trafficSignals, { clients: 100 });
    expect(offences.filter(({ subject }) => subject.type === 'client')).toEqual([]);
  });
});

async function offencesOf(file: string): Promise<readonly Offence[]> {
  const traffic = createTraffic(defaultTrafficSettings);
  const from = { source: 'file', object: file, receivedAt: 0 };
  const offences: Offence[] = [];
  for await (const { requests } of readAccessLog(createReadStream(file), from)) {
    traffic.take(requests);
    offences.push(...traffic.offences());
  }
  traffic.finish();
  return [...offences, ...traffic.offences()];
}

const testData = process.env['TOCSIN_TEST_DATA'] ?? join(import.meta.dirname, '../../../shared/data');
const derived = join(testData, 'cloudfront-derived/E2EXAMPLE.benign-a.gz');
const flood = join(testData, 'weblog-ddos-real857/access.log.gz');
const ordinary = join(testData, 'weblog-elastic-apache10k/apache_logs.part-a.log.gz');

describe('logs of others', () => {
  it.skipIf(!existsSync(flood))('sees a real flood within its three seconds, as one network', async () => {
    const offences = await offencesOf(flood);
    expect(offences.map(({ subject }) => subject.value)).toEqual(['192.236.195.162', '192.236.195.0/24']);
    for (const { first, last } of offences) expect(last - first).toBeLessThan(10_000);
  });

  for (const file of [ordinary, derived])
    it.skipIf(!existsSync(file))(`finds nothing in ordinary traffic: ${basename(file)}`, async () => {
      expect(await offencesOf(file)).toEqual([]);
    });
});
