import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import type { Alert } from '../alert/alert.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { createBlocking } from './blocking.ts';
import { parseConfig } from './config.ts';
import { startTraffic, type RunningTraffic } from './start-traffic.ts';
import { treatmentOf } from './traffic-settings.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

interface Followed {
  readonly logs: string;
  readonly store: Store;
  readonly traffic: RunningTraffic;
  readonly read: () => number;
  readonly rejected: () => number;
  readonly stop: () => Promise<void>;
}

interface Settings {
  readonly folder?: string;
  readonly logs?: string;
  readonly blocking?: string;
  readonly traffic?: string;
}

/** What a server does about access logs, on a real folder and a real store. */
async function follow(settings: Settings = {}): Promise<Followed> {
  const folder = settings.folder ?? newFolder();
  const logs = settings.logs ?? join(folder, 'logs');
  if (settings.logs === undefined) mkdirSync(logs, { recursive: true });
  const config = parseConfig(
    `traffic:\n  sources: { folders: [{ path: ${logs}, files: '*{.log,benign}*' }] }\n${settings.traffic ?? ''}\nblocking:\n  minutes: 240\n${settings.blocking ?? ''}\n`,
    'tocsin.yaml',
    undefined,
    ['traffic', 'blocking'],
  );
  const store = await openSqliteStore({ path: join(folder, 'tocsin.db') });
  let read = 0;
  let rejected = 0;
  const traffic = await startTraffic({
    config,
    store,
    blocking: createBlocking(
      config.blocking,
      store.blocks,
      () => {
        throw new Error('nothing is asked of S3');
      },
      treatmentOf(config.traffic).periods,
    ),
    nudge: () => {},
    rules: [],
    channelsFor: () => ['chat'],
    onCommit: ({ tally }) => {
      read += tally.events;
      rejected += tally.rejected;
    },
    log: pino({ level: 'silent' }),
    ownFiles: [],
  });
  let isOver = false;
  const stop = async () => {
    if (isOver) return;
    isOver = true;
    await traffic.stop();
    await store.close();
  };
  ends.push(stop);
  return { logs, store, traffic, read: () => read, rejected: () => rejected, stop };
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-traffic-'));
  ends.push(async () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function until(read: () => number, most: number): Promise<void> {
  await eventually(() => expect(read()).toBeGreaterThanOrEqual(most));
}

/** What is in the ledger, but for when it was decided. */
async function blocksOf({ store }: Followed) {
  const { blocks } = await store.blocks.list({ now: Date.now(), limit: 500 });
  return blocks
    .map(({ subject, rule, first, last, count, expiresAt, reason, offences, times }) => ({
      subject,
      rule,
      first,
      last,
      count,
      expiresAt,
      reason,
      offences,
      times,
    }))
    .toSorted((a, b) => (a.subject < b.subject ? -1 : 1));
}

async function alertsOf({ store }: Followed): Promise<readonly Alert[]> {
  const { alerts } = await store.alerts({ limit: 500 });
  return alerts.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

const whatIsTold = (alerts: readonly Alert[]) =>
  alerts.map(({ id, rule, correlation }) => ({
    id,
    rule: rule.id,
    value: correlation?.value,
    start: correlation?.start,
    end: correlation?.end,
  }));

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

/** A line as nginx writes it. */
function line(time: number, client: string, path = '/', status = 200): string {
  const [day = '', hms = ''] = new Date(time).toISOString().slice(0, 19).split('T');
  const [year, month, date] = day.split('-');
  const when = `${date}/${months[Number(month) - 1]}/${year}:${hms} +0000`;
  return `${client} - - [${when}] "GET ${path} HTTP/1.1" ${status} 512 "-" "${agent}"\n`;
}

const second = 1_000;
const minute = 60 * second;
/** A whole period of four hours lies around it, so that what belongs together is one offence at any time of the day. */
const period = 240 * minute;
const begin = Math.floor((Date.now() - 60 * minute) / period) * period + 60 * minute;

const visitors = (from: number, to: number): readonly string[] =>
  Array.from({ length: Math.floor((to - from) / (2 * second)) }, (_, i) =>
    line(from + i * 2 * second, `198.51.100.${i % 50}`, `/page/${i % 7}`),
  );
const scan = (client: string, count: number, from = begin): readonly string[] =>
  Array.from({ length: count }, (_, i) => line(from + i * second, client, '/missing', 404));

/** The same order in every run, and no order at all. */
function shuffled<T>(all: readonly T[]): readonly T[] {
  return all
    .map((each, i) => ({ each, key: (i * 7_919 + 13) % 1_009 }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ each }) => each);
}

describe('one scanner', () => {
  const requests = scan('203.0.113.66', 150);
  const others = visitors(begin - 5 * minute, begin + 12 * minute);
  const all = requests.length + others.length;

  async function inOrder(): Promise<Followed> {
    const followed = await follow({ blocking: '  blockOld: false' });
    // Who comes first in the log comes first in the file.
    const before = others.slice(0, 150);
    writeFileSync(join(followed.logs, 'access.log'), [...before, ...requests, ...others.slice(150)].join(''));
    await until(followed.read, all);
    await followed.traffic.stop();
    return followed;
  }

  it('is blocked and told in the same way when its requests are dealt over 50 files that arrive shuffled and 10 minutes late', async () => {
    const one = await inOrder();
    const two = await follow();
    writeFileSync(join(two.logs, 'others.log'), others.join(''));
    await until(two.read, others.length);
    const files = Array.from({ length: 50 }, (_, file) => requests.filter((_line, i) => i % 50 === file));
    for (const [i, lines] of shuffled(files).entries()) {
      const place = join(two.logs, `edge-${i}.log`);
      if (i % 5 > 0) writeFileSync(place, lines.join(''));
      else writeFileSync(`${place}.gz`, gzipSync(shuffled(lines).join('')));
      // Some arrive together, and others when these have been read.
      if (i % 10 === 0) await until(two.read, others.length + 1);
    }
    await until(two.read, all);
    await two.traffic.stop();

    const [block, ...more] = await blocksOf(one);
    expect(more).toEqual([]);
    const last = begin + 150 * second - 1;
    expect(block).toMatchObject({
      subject: '203.0.113.66',
      rule: 'scanner',
      count: 60,
      last,
      expiresAt: last + period,
      reason: '203.0.113.66 got 60 bad responses (400, 401, 403, 404, 405) within 1 minute; 50 are too many',
    });
    expect(await blocksOf(two)).toEqual([block]);
    expect(whatIsTold(await alertsOf(two))).toEqual(whatIsTold(await alertsOf(one)));
    const [alert] = await alertsOf(two);
    expect(alert).toMatchObject({
      title: 'Scanner: many bad responses in a minute: 203.0.113.66',
      correlation: { value: 60, group: [{ field: 'client', value: '203.0.113.66' }] },
    });
    expect(alert?.facts[0]?.explanation).toContain('would be blocked until');
    expect(alert?.correlation?.events[0]?.target).toBe('/missing');
    expect(await two.store.deliveries(alert?.id ?? '')).toHaveLength(1);
  }, 180_000);

  it('is seen over restarts, with the log rotated and packed in between, and its alert grows without a second delivery', async () => {
    const folder = newFolder();
    const log = join(folder, 'logs', 'access.log');
    mkdirSync(join(folder, 'logs'));
    const expected = await inOrder();
    const feed = [...others.slice(0, 150), ...requests, ...others.slice(150)];
    let taken = 0;
    for (const [i, to] of [170, 190, 205, 260, feed.length].entries()) {
      const followed = await follow({ folder });
      appendFileSync(log, feed.slice(taken, to).join(''));
      await until(followed.read, to - taken);
      await followed.stop();
      if (i === 1) renameSync(log, `${log}.1`);
      if (i === 2) {
        writeFileSync(`${log}.2.gz`, gzipSync(feed.slice(0, 190).join('')));
        rmSync(`${log}.1`);
      }
      taken = to;
    }
    const last = await follow({ folder });
    await eventually(async () =>
      expect(whatIsTold(await alertsOf(last))).toEqual(whatIsTold(await alertsOf(expected))),
    );
    expect(await blocksOf(last)).toEqual(await blocksOf(expected));
    const [alert] = await alertsOf(last);
    expect(await last.store.deliveries(alert?.id ?? '')).toHaveLength(1);
    expect(last.traffic.counters().gone).toBe(0);
  }, 180_000);
});

it('tells who is approved instead of blocking, keeps lines that it cannot read, and goes on behind them', async () => {
  const followed = await follow({ blocking: '  approved: { networks: [203.0.113.0/24] }' });
  writeFileSync(
    join(followed.logs, 'access.log'),
    `${scan('203.0.113.66', 60).join('')}nonsense\n${scan('203.0.113.67', 1).join('')}`,
  );
  await until(followed.read, 61);
  await eventually(async () => expect(await alertsOf(followed)).toHaveLength(2));
  const alerts = await alertsOf(followed);
  expect(alerts.map(({ rule }) => rule.id).toSorted()).toEqual(['block-refused', 'scanner']);
  expect(await blocksOf(followed)).toEqual([]);
  expect(followed.rejected()).toBe(1);
  expect(await followed.store.rejections(10)).toHaveLength(1);
});

it('tells once that there are too many blocks', async () => {
  const followed = await follow({ blocking: '  mostPerHour: 1' });
  const scanners = [1, 2, 3, 4].flatMap((n) => scan(`203.0.113.${n}`, 60));
  writeFileSync(join(followed.logs, 'access.log'), scanners.join(''));
  await until(followed.read, 240);
  await eventually(async () => expect(await alertsOf(followed)).toHaveLength(5));
  const rules = (await alertsOf(followed)).map(({ rule }) => rule.id).toSorted();
  expect(rules).toEqual(['blocks-too-many', 'scanner', 'scanner', 'scanner', 'scanner']);
  expect(await blocksOf(followed)).toHaveLength(1);
});

it('does what the configuration says of a rule', async () => {
  const followed = await follow({
    traffic: '  rules: { scanner: { severity: high, minutes: 10 }, missing-paths: { alert: false } }',
  });
  const lines = Array.from({ length: 60 }, (_, i) => line(begin + i * second, '203.0.113.66', `/${i}`, 404));
  writeFileSync(join(followed.logs, 'access.log'), lines.join(''));
  await until(followed.read, 60);
  await eventually(async () => expect(await alertsOf(followed)).toHaveLength(1));
  expect(await alertsOf(followed)).toMatchObject([{ rule: { id: 'scanner' }, severity: 'high' }]);
});

const data =
  process.env['TOCSIN_TEST_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));

describe.skipIf(!existsSync(join(data, 'weblog-ddos-real857')))(
  'published logs with default settings',
  () => {
    /** What is made of a log as if it had been written just now. */
    async function madeOf(name: string, requests: number): Promise<Followed> {
      const followed = await follow({ logs: join(data, name), blocking: '  blockOld: true' });
      await until(followed.read, requests);
      await followed.traffic.stop();
      expect(followed.read()).toBe(requests);
      return followed;
    }

    it.each([
      ['cloudfront-derived', 5_478],
      ['weblog-elastic-apache10k', 5_477],
    ])('%s: nobody of its ordinary traffic is blocked', async (name, requests) => {
      expect(await blocksOf(await madeOf(name, requests))).toEqual([]);
    });

    it('weblog-ddos-real857: the flood is told as one network within its seconds, and blocked is only who floods alone', async () => {
      const followed = await madeOf('weblog-ddos-real857', 858);
      const floods = (await alertsOf(followed)).filter(({ rule }) => rule.id === 'network-flood');
      expect(floods).toMatchObject([{ correlation: { group: [{ field: 'network' }] } }]);
      const { start = 0, end = 0 } = floods[0]?.correlation ?? {};
      expect(end - start).toBeLessThanOrEqual(10_000);
      expect(await blocksOf(followed)).toMatchObject([{ subject: '192.236.195.162', rule: 'flood' }]);
    });
  },
);
