import { describe, expect, it } from 'vitest';
import { scannerSignal } from './scanner.ts';
import { offencesIn, summaryOf, times } from './testing/traffic.ts';
import type { Wanted } from './testing/requests.ts';

const minute = 60_000;
/** Two minutes before a full hour. */
const base = 1_699_999_080_000;
const client = '203.0.113.9';

function rules(...batches: readonly (readonly Wanted[])[]): readonly string[] {
  return offencesIn(batches, [scannerSignal]).map(({ rule }) => rule);
}

const bad = (count: number, status: number, apart: number): readonly Wanted[] =>
  times(count, (i) => ({ client, status, path: '/same', time: base + i * apart }));

describe('bad responses', () => {
  it.each([
    ['fifty within a minute', bad(50, 403, 1_000), ['scanner']],
    ['fifty in the last second of a minute and the first of the next', bad(50, 404, 40), ['scanner']],
    ['forty-nine', bad(49, 404, 1), []],
    ['fifty in more than a minute', bad(50, 404, 1_300), []],
    ['fifty that are no errors of the client', bad(50, 500, 1), []],
    ['fifty good ones', bad(50, 200, 1), []],
    [
      'fifty of fifty clients',
      times(50, (i) => ({ client: `203.0.113.${i}`, status: 404, path: '/same', time: base })),
      [],
    ],
    ['fifty without a client', times(50, () => ({ client: '-', status: 404, path: '/x', time: base })), []],
  ])('%s', (_, requests, expected) => {
    expect(rules(requests)).toEqual(expected);
  });

  it('tells who, when, how many, and shows some of the requests', () => {
    const [offence] = offencesIn([bad(60, 404, 500)], [scannerSignal]);
    expect(offence).toMatchObject({
      subject: { type: 'client', value: client },
      first: base,
      last: base + 29_999,
      count: 60,
      threshold: 50,
      window: minute,
      severity: 'medium',
      explanation:
        '203.0.113.9 got 60 bad responses (400, 401, 403, 404, 405) within 1 minute; 50 are too many',
    });
    expect(offence?.evidence).toHaveLength(2);
    expect(offence?.evidence[0]).toMatchObject({
      target: '/same',
      status: 404,
      object: 'log 0',
      position: 0,
    });
  });

  it('is told as soon as there are fifty, and again when it has grown', () => {
    expect(rules(bad(50, 404, 1), bad(10, 404, 1))).toEqual(['scanner']);
    const [offence] = offencesIn([bad(50, 404, 1), bad(10, 404, 1)], [scannerSignal]);
    expect(offence?.count).toBe(60);
  });
});

const missing = (count: number, apart: number, from = client): readonly Wanted[] =>
  times(count, (i) => ({ client: from, status: 404, path: `/p${i}`, time: base + i * apart }));

describe('missing paths', () => {
  it.each([
    ['forty in ten minutes', missing(40, 15_000), ['missing-paths']],
    ['thirty-nine', missing(39, 15_000), []],
    ['forty times the same', bad(40, 404, 15_000), []],
    ['forty in two hours', missing(40, 3 * minute), []],
  ])('%s', (_, requests, expected) => {
    expect(rules(requests)).toEqual(expected);
  });

  it('shows five different ones', () => {
    const [offence] = offencesIn([missing(40, 15_000)], [scannerSignal]);
    expect(offence?.evidence.map(({ target }) => target)).toEqual(['/p0', '/p1', '/p2', '/p3', '/p4']);
  });
});

describe('sensitive paths', () => {
  const asked = (paths: readonly string[], status = 404): readonly Wanted[] =>
    paths.map((path, i) => ({ client, status, path, time: base + i * minute }));
  it.each([
    [
      'five names',
      asked(['/.env', '/.git/HEAD', '/wp-login.php', '/.aws/credentials', '/a.bak']),
      ['probe-path'],
    ],
    [
      'five names that were answered',
      asked(['/.env', '/.git/HEAD', '/.svn/x', '/.aws/x', '/a.bak'], 200),
      ['probe-path'],
    ],
    [
      'a program that is there, and is used',
      asked(['/wp-login.php', '/wp-admin/', '/wp-json', '/xmlrpc.php', '/wp-content/x'], 200),
      [],
    ],
    ['one name in many places', asked(['/.env', '/a/.env', '/b/.env', '/c/.env', '/d/.env', '/e/.env']), []],
    ['four names', asked(['/.env', '/.git/HEAD', '/wp-login.php', '/.aws/credentials']), []],
  ])('%s', (_, requests, expected) => {
    expect(rules(requests)).toEqual(expected);
  });
});

describe('slow scanners', () => {
  const slow = missing(80, 4 * minute);
  const good = (count: number): readonly Wanted[] =>
    times(count, (i) => ({ client, status: 200, path: '/', time: base + i * minute }));

  it('finds who asks for eighty missing paths in five hours', () => {
    const [offence, ...others] = offencesIn([slow], [scannerSignal]);
    expect(others).toEqual([]);
    expect(offence).toMatchObject({ rule: 'slow-scanner', count: 80, threshold: 60 });
    expect(offence?.evidence).toHaveLength(5);
  });

  it('does not mind who reads as well', () => {
    expect(rules([...slow, ...good(19)].toSorted((a, b) => (a.time ?? 0) - (b.time ?? 0)))).toEqual([
      'slow-scanner',
    ]);
    expect(rules([...slow, ...good(60)].toSorted((a, b) => (a.time ?? 0) - (b.time ?? 0)))).toEqual([]);
  });

  it('does not mind missing paths that are few, or the same ones, or of many days', () => {
    expect(rules(missing(59, 4 * minute))).toEqual([]);
    expect(rules(missing(200, 30 * minute))).toEqual([]);
  });

  it('says the same in whatever pieces it is read', () => {
    const whole = offencesIn([slow], [scannerSignal]).map(summaryOf);
    expect(
      offencesIn(
        slow.map((one) => [one]),
        [scannerSignal],
      ).map(summaryOf),
    ).toEqual(whole);
  });
});

it('takes no harm from hostile paths', () => {
  const hostile = times(60, (i) => ({
    client,
    status: 404,
    path: `/\u0000\u001b[2J<script>${'%'.repeat(i)}`,
    time: base,
  }));
  expect(rules(hostile)).toEqual(['missing-paths', 'scanner']);
});
