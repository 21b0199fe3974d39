import { appendFileSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startServer, temporaryFolder, until, type ServerProcess } from '../support/cli.ts';

const started: ServerProcess[] = [];
const folders: ReturnType<typeof temporaryFolder>[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) {
    server.child.kill('SIGKILL');
    await server.ended;
  }
  for (const folder of folders.splice(0)) folder.remove();
});

interface Place {
  readonly root: string;
  readonly logs: string;
  readonly config: string;
}

function newPlace(traffic = '', blocking = '', followed?: string): Place {
  const folder = temporaryFolder();
  folders.push(folder);
  const logs = join(folder.path, 'logs');
  mkdirSync(logs);
  const config = join(folder.path, 'tocsin.yaml');
  writeFileSync(
    config,
    `data: ${join(folder.path, 'data')}\ntraffic:\n  sources: { folders: [{ path: ${followed ?? logs}, files: '*{.log,benign}*' }] }\n${traffic}\nblocking:\n  minutes: 240\n${blocking}\n`,
  );
  return { root: folder.path, logs, config };
}

async function server({ config }: Place): Promise<ServerProcess> {
  const one = await startServer(['--config', config, '--quiet']);
  started.push(one);
  return one;
}

async function kill(one: ServerProcess): Promise<void> {
  one.child.kill('SIGKILL');
  await one.ended;
}

interface BlockBody {
  readonly address: string;
  readonly rule: string;
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly expiresAt: number;
  readonly reason: string;
}

async function json<T>(address: string, path: string): Promise<T> {
  const answer = await fetch(`${address}${path}`);
  expect(answer.status, path).toBe(200);
  return (await answer.json()) as T;
}

async function blocksOf(address: string) {
  const { blocks } = await json<{ blocks: BlockBody[] }>(address, '/v1/blocks?limit=500');
  return blocks
    .map(({ address: subject, rule, first, last, count, expiresAt, reason }) => ({
      subject,
      rule,
      first,
      last,
      count,
      expiresAt,
      reason,
    }))
    .toSorted((a, b) => (a.subject < b.subject ? -1 : 1));
}

interface AlertBody {
  readonly id: string;
  readonly rule: { readonly id: string };
  readonly title: string;
  readonly facts: readonly { readonly explanation: string }[];
  readonly correlation: {
    readonly summary: string;
    readonly value: number;
    readonly start: number;
    readonly end: number;
    readonly group: readonly object[];
    readonly events: readonly { readonly target: string }[];
  };
}

async function alertsOf(address: string): Promise<readonly AlertBody[]> {
  const { alerts } = await json<{ alerts: AlertBody[] }>(address, '/v1/alerts?limit=500');
  return alerts.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

const whatIsTold = (alerts: readonly AlertBody[]) =>
  alerts.map(({ id, rule, correlation: { value, start, end } }) => ({
    id,
    rule: rule.id,
    value,
    start,
    end,
  }));

async function requestsRead(address: string): Promise<number> {
  const text = await (await fetch(`${address}/metrics`)).text();
  return Number(/^tocsin_events_total\{source="access-log"\} (\d+)/m.exec(text)?.[1] ?? 0);
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** A line as nginx writes it. */
function line(time: number, client: string, path = '/', status = 200): string {
  const [day, hms] = new Date(time).toISOString().slice(0, 19).split('T') as [string, string];
  const [year, month, date] = day.split('-');
  const when = `${date}/${months[Number(month) - 1]}/${year}:${hms} +0000`;
  return `${client} - - [${when}] "GET ${path} HTTP/1.1" ${status} 512 "-" "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"\n`;
}

const patience = { timeout: 20_000, interval: 200 };
const second = 1_000;
const minute = 60 * second;
/** Begins at a whole minute, half an hour ago. */
const begin = Math.floor((Date.now() - 30 * minute) / minute) * minute;

/** Ordinary visitors: one request every two seconds. */
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

describe('a server that follows access logs', () => {
  it('blocks a scanner and tells of it, whether its requests come in order or dealt over 50 files, shuffled and late', async () => {
    const requests = scan('203.0.113.66', 150);
    const others = visitors(begin - 5 * minute, begin + 12 * minute);

    const inOrder = newPlace();
    const one = await server(inOrder);
    const all = [
      ...requests.map((text, i) => ({ text, at: begin + i * second })),
      ...others.map((text, i) => ({ text, at: begin - 5 * minute + i * 2 * second })),
    ];
    writeFileSync(
      join(inOrder.logs, 'access.log'),
      all
        .toSorted((a, b) => a.at - b.at)
        .map(({ text }) => text)
        .join(''),
    );
    const settled = async ({ address }: ServerProcess) =>
      until('the whole scan is told', async () =>
        (await alertsOf(address)).some(({ correlation }) => correlation.end >= begin + 149 * second) &&
        (await requestsRead(address)) === all.length
          ? true
          : undefined,
      );
    await settled(one);

    const dealt = newPlace();
    const two = await server(dealt);
    writeFileSync(join(dealt.logs, 'others.log'), others.join(''));
    await until('the others are read', async () =>
      (await requestsRead(two.address)) === others.length ? true : undefined,
    );
    const files = Array.from({ length: 50 }, (_, file) => requests.filter((_line, i) => i % 50 === file));
    for (const [i, lines] of shuffled(files).entries()) {
      if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 150));
      const place = join(dealt.logs, `edge-${i}.log`);
      if (i % 2 === 0) writeFileSync(place, lines.join(''));
      else writeFileSync(`${place}.gz`, gzipSync(shuffled(lines).join('')));
    }
    await settled(two);

    const [block, ...more] = await blocksOf(one.address);
    expect(more).toEqual([]);
    expect(block).toMatchObject({
      subject: '203.0.113.66',
      rule: 'scanner',
      count: 60,
      last: begin + 150 * second - 1,
      expiresAt: begin + 150 * second - 1 + 4 * 3_600_000,
    });
    await vi.waitFor(async () => expect(await blocksOf(two.address)).toEqual([block]), patience);
    expect(whatIsTold(await alertsOf(two.address))).toEqual(whatIsTold(await alertsOf(one.address)));

    const [alert] = await alertsOf(one.address);
    expect(alert).toMatchObject({
      title: 'Scanner: many bad responses in a minute: 203.0.113.66',
      facts: [{ explanation: expect.stringContaining('would be blocked until') as string }],
      correlation: { value: 60, group: [{ field: 'client', value: '203.0.113.66' }] },
    });
    expect(alert?.correlation.events[0]?.target).toBe('/missing');
    const page = await (await fetch(`${one.address}/alerts/${alert?.id}`)).text();
    expect(page).toContain('got 60 bad responses');
  }, 60_000);

  it('comes to the same blocks and alerts however often it is killed, and while logs are rotated', async () => {
    const clients = Array.from({ length: 6 }, (_, i) => `203.0.113.${i + 1}`);
    /** Six who scan slowly enough that every part of the log is needed to see it. */
    const parts = Array.from({ length: 5 }, (_, part) => [
      ...clients.flatMap((client) => scan(client, 12, begin + part * 11 * second)),
      ...visitors(begin + part * 11 * second, begin + (part + 1) * 11 * second),
    ]);
    const whole = parts.flat();
    const quiet = newPlace();
    writeFileSync(join(quiet.logs, 'access.log'), whole.join(''));
    const undisturbed = await server(quiet);
    const done = ({ address }: ServerProcess) =>
      until('all are blocked', async () =>
        (await blocksOf(address)).length === clients.length ? true : undefined,
      );
    await done(undisturbed);
    await new Promise((resolve) => setTimeout(resolve, 6_000));

    const rough = newPlace();
    const log = join(rough.logs, 'access.log');
    for (const [i, lines] of parts.entries()) {
      const doomed = await server(rough);
      appendFileSync(log, lines.join(''));
      if (i === 2) renameSync(log, `${log}.1`);
      // At another moment each time: before, while and after the lines are read and stored.
      await new Promise((resolve) => setTimeout(resolve, 100 * i * i));
      await kill(doomed);
    }
    const last = await server(rough);
    await done(last);
    const expected = whatIsTold(await alertsOf(undisturbed.address));
    await vi.waitFor(
      async () => expect(whatIsTold(await alertsOf(last.address))).toEqual(expected),
      patience,
    );
    expect(await blocksOf(last.address)).toEqual(await blocksOf(undisturbed.address));
  }, 120_000);

  it('tells who is approved instead of blocking, keeps lines that it cannot read, and counts them', async () => {
    const place = newPlace('', '  approved: { networks: [203.0.113.0/24] }');
    writeFileSync(join(place.logs, 'access.log'), `${scan('203.0.113.66', 60).join('')}nonsense\n`);
    const { address } = await server(place);
    const alerts = await until('both are told', async () => {
      const found = await alertsOf(address);
      return found.length === 2 ? found : undefined;
    });
    expect(alerts.map(({ rule }) => rule.id).toSorted()).toEqual(['block-refused', 'scanner']);
    expect(await blocksOf(address)).toEqual([]);
    const { rejections } = await json<{ rejections: { reason: string }[] }>(address, '/v1/rejections');
    expect(rejections).toHaveLength(1);
    const metrics = await (await fetch(`${address}/metrics`)).text();
    expect(metrics).toContain('tocsin_records_total{source="access-log"} 61');
    expect(metrics).toContain('tocsin_records_rejected_total{source="access-log"} 1');
  });
});

const data =
  process.env['TOCSIN_TEST_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));

describe.skipIf(!existsSync(join(data, 'weblog-ddos-real857')))(
  'with default settings, on published logs',
  () => {
    /** What a server makes of a folder, as if it had been written just now. */
    async function madeOf(folder: string, requests: number) {
      const place = newPlace('', '  blockOld: true', join(data, folder));
      const { address } = await server(place);
      await until('all is read', async () => ((await requestsRead(address)) >= requests ? true : undefined));
      await new Promise((resolve) => setTimeout(resolve, 6_000));
      expect(await requestsRead(address)).toBe(requests);
      return { blocks: await blocksOf(address), alerts: await alertsOf(address) };
    }

    it.each([
      ['cloudfront-derived', 5_478],
      ['weblog-elastic-apache10k', 5_477],
    ])('blocks nobody of the ordinary traffic of %s', async (folder, requests) => {
      expect((await madeOf(folder, requests)).blocks).toEqual([]);
    });

    it('sees the flood of weblog-ddos-real857 as one network, within its three seconds, and blocks only who floods alone', async () => {
      const { alerts, blocks } = await madeOf('weblog-ddos-real857', 858);
      expect(blocks).toEqual([]);
      const floods = alerts.filter(({ rule }) => rule.id === 'network-flood');
      expect(floods).toHaveLength(1);
      const [flood] = floods;
      expect(flood?.correlation.group).toMatchObject([{ field: 'network' }]);
      expect((flood?.correlation.end ?? 0) - (flood?.correlation.start ?? 0)).toBeLessThan(30_000);
    });
  },
);
