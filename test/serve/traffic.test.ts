import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
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

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** A line as nginx writes it. */
function line(time: number, client: string, path = '/', status = 200): string {
  const [day, hms] = new Date(time).toISOString().slice(0, 19).split('T') as [string, string];
  const [year, month, date] = day.split('-');
  const when = `${date}/${months[Number(month) - 1]}/${year}:${hms} +0000`;
  return `${client} - - [${when}] "GET ${path} HTTP/1.1" ${status} 512 "-" "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"\n`;
}

const second = 1_000;
const minute = 60 * second;
/** So that what belongs together is one offence at any time of the day. */
const period = 240 * minute;
const begin = Math.floor((Date.now() - 60 * minute) / period) * period + 60 * minute;

/** Ordinary visitors: one request every two seconds. */
const visitors = (from: number, to: number): readonly string[] =>
  Array.from({ length: Math.floor((to - from) / (2 * second)) }, (_, i) =>
    line(from + i * 2 * second, `198.51.100.${i % 50}`, `/page/${i % 7}`),
  );
const scan = (client: string, count: number, from = begin): readonly string[] =>
  Array.from({ length: count }, (_, i) => line(from + i * second, client, '/missing', 404));

it('comes to the same blocks and alerts of access logs however often it is killed, and while logs are rotated', async () => {
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
  await eventually(async () => expect(whatIsTold(await alertsOf(last.address))).toEqual(expected));
  expect(await blocksOf(last.address)).toEqual(await blocksOf(undisturbed.address));
}, 120_000);

it('asks the lists of the configuration, and blocks who is on one', async () => {
  const folder = temporaryFolder();
  folders.push(folder);
  const list = join(folder.path, 'bad.txt');
  writeFileSync(list, '203.0.113.0/24\n0.0.0.0/0\n');
  const place = newPlace(
    `  reputation:\n    lists:\n      bad: { file: '${list}', trust: block }\n      gone: { file: '${list}.gone' }`,
  );
  const now = Date.now();
  writeFileSync(
    join(place.logs, 'a.log'),
    `${line(now - 60_000, '203.0.113.9')}\n${line(now - 50_000, '198.51.100.7')}\n`,
  );
  const one = await server(place);
  const blocks = await until('somebody is blocked', async () => {
    const found = await blocksOf(one.address);
    return found.length > 0 ? found : undefined;
  });
  expect(blocks).toMatchObject([
    { subject: '203.0.113.9', rule: 'reputation', reason: expect.stringContaining('is on bad') },
  ]);
  const ready = await json<{ checks: { name: string; ok: boolean; detail?: string }[] }>(
    one.address,
    '/readyz',
  );
  expect(ready.checks.find(({ name }) => name === 'lists of addresses')).toMatchObject({
    ok: false,
    detail: expect.stringMatching(/list gone: .*there is no copy/),
  });
});

it('wakes a person once for one scanner, however many rules see it, and tells of the next one', async () => {
  const place = newPlace();
  const told = join(place.root, 'told.jsonl');
  appendFileSync(
    place.config,
    `channels:\n  on-call: { type: file, path: ${told} }\nincidents: { clientWait: 8s }\n`,
  );
  const attacks = [
    '/a?q=1%27%20UNION%20SELECT%20password%20FROM%20users--',
    '/b?f=../../../../etc/passwd',
    '/c?x=%3Cscript%3Ealert(1)%3C/script%3E',
  ];
  const paths = ['/.env', '/.git/config', '/wp-login.php', '/backup.sql', '/phpmyadmin/', '/admin.php'];
  // Windows of floods slide in steps of ten seconds: the same of them fall into one at any second of the day.
  const now = Math.floor(Date.now() / 10_000) * 10_000;
  const scanner = (client: string): string =>
    Array.from({ length: 660 }, (_, i) =>
      line(
        now - 60_000 + i * 40,
        client,
        i % 30 === 0 ? attacks[(i / 30) % 3] : i % 10 === 0 ? paths[(i / 10) % 6] : `/${i}`,
        404,
      ),
    ).join('');
  writeFileSync(join(place.logs, 'a.log'), scanner('203.0.113.66'));
  const one = await server(place);
  const found = await until('it is seen by several rules', async () => {
    const alerts = await alertsOf(one.address);
    const rules = new Set(alerts.map(({ rule }) => rule.id));
    return rules.has('injection') && rules.has('flood') && rules.has('scanner') ? alerts : undefined;
  });
  expect(found.length).toBeGreaterThanOrEqual(4);
  await until('all that is owed of it is settled', async () => {
    const details = await Promise.all(
      found.map(({ id }) => json<{ deliveries: { state: string }[] }>(one.address, `/v1/alerts/${id}`)),
    );
    const states = details.flatMap(({ deliveries }) => deliveries.map(({ state }) => state));
    return states.length > 0 && !states.includes('pending') ? states : undefined;
  });
  writeFileSync(join(place.logs, 'b.log'), scanner('203.0.113.67'));
  const clients = await until('the next one is told', async () => {
    const lines = existsSync(told) ? readFileSync(told, 'utf8').split('\n') : [];
    const names = lines.flatMap((text) => /"name":"(203\.0\.113\.6\d)"/.exec(text)?.[1] ?? []);
    return names.includes('203.0.113.67') ? names : undefined;
  });
  expect(clients).toEqual(['203.0.113.66', '203.0.113.67']);

  const first = await until('its alerts are gathered', async () => {
    const { incidents } = await json<{
      incidents: { alertCount: number; mutedCount: number; told: { alertId: string } | null }[];
    }>(one.address, '/v1/incidents');
    return incidents.find(({ told: by }) => found.some(({ id }) => id === by?.alertId));
  });
  const muted = await json<{ alerts: object[] }>(
    one.address,
    '/v1/alerts?muted=incident&address=203.0.113.66',
  );
  expect(muted.alerts.length).toBeGreaterThan(0);
  expect(first.alertCount).toBeGreaterThanOrEqual(found.length);
  expect(first.mutedCount).toBe(muted.alerts.length);
});
