import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, expect, it } from 'vitest';
import { startServer, temporaryFolder, until, type ServerProcess } from '../support/cli.ts';
import { trailStopped } from '../support/records.ts';

const hour = 3_600_000;
const started: ServerProcess[] = [];
const folders: ReturnType<typeof temporaryFolder>[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) {
    server.child.kill('SIGKILL');
    await server.ended;
  }
  for (const folder of folders.splice(0)) folder.remove();
});

function newFolder(): string {
  const folder = temporaryFolder();
  folders.push(folder);
  return folder.path;
}

async function server(...args: readonly string[]): Promise<ServerProcess> {
  const one = await startServer(args);
  started.push(one);
  return one;
}

/** A server that tells of one alert of a rule in an hour, and of an account to one channel only. */
async function talksLittle(data: string, channel: string): Promise<ServerProcess> {
  const config = join(data, 'tocsin.yaml');
  writeFileSync(
    config,
    `data: ${data}/data
alerts: { perHour: 1 }
incidents: { enabled: false }
channels: { ${channel}: { type: file, path: ${data}/${channel}.jsonl } }
routes: [{ name: team, when: { tocsin.account: '111122223333' }, to: [${channel}] }]
`,
  );
  return server('--config', config);
}

async function send(address: string, ...records: readonly object[]): Promise<number> {
  const body = JSON.stringify({ Records: records });
  const headers = { 'content-type': 'application/json' };
  return (await fetch(`${address}/v1/events`, { method: 'POST', body, headers })).status;
}

const metricsOf = async (address: string): Promise<string> => (await fetch(`${address}/metrics`)).text();

it('what is kept back is counted, and so is a sum of it that nobody can be told any more', async () => {
  const data = newFolder();
  const one = await talksLittle(data, 'first');
  const trail = (name: string) => trailStopped({ requestParameters: { name } });
  expect(await send(one.address, trail('a'), trail('b'), trail('c'))).toBe(200);
  const before = await metricsOf(one.address);
  expect(before).toContain('tocsin_alerts_muted_total{reason="hour"} 2\n');
  expect(before).toContain('tocsin_alerts_muted_total{reason="incident"} 0\n');
  one.child.kill('SIGTERM');
  await one.ended;

  // The hour began earlier.
  const database = new BetterSqlite3(join(data, 'data/tocsin.db'));
  database.prepare('update rule_pace set start = start - ?').run(hour);
  database.close();
  const two = await talksLittle(data, 'second');
  await until('the sum is made', async () =>
    (await metricsOf(two.address)).includes('tocsin_alerts_unrouted_total 1\n') ? true : undefined,
  );
  expect(two.output() + two.log()).toContain('nobody is told what a rule found beyond its hour');
});

it('is not ready while its store keeps nothing, and is again by itself when it does', async () => {
  const data = newFolder();
  const { address } = await server('--data', data, '--quiet');
  const ready = async () => {
    const answer = await fetch(`${address}/readyz`);
    return { status: answer.status, body: await answer.json() };
  };
  expect(await ready()).toEqual({
    status: 200,
    body: { ready: true, checks: [{ name: 'store', ok: true }] },
  });

  // Another program that writes to the file for ever.
  const other = new BetterSqlite3(join(data, 'tocsin.db'));
  other.exec('begin immediate');
  expect(await send(address, trailStopped())).toBe(503);
  expect(await ready()).toMatchObject({
    status: 503,
    body: {
      ready: false,
      checks: [{ name: 'store', ok: false, detail: expect.stringMatching(/since 20.*SQLITE_BUSY/) }],
    },
  });
  expect((await fetch(`${address}/healthz`)).status).toBe(200);
  other.exec('rollback');
  other.close();
  await until('it is ready again', async () => ((await ready()).status === 200 ? true : undefined));
});
