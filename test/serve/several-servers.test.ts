import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startFakeSlack, type FakeSlack } from '../../src/notify/testing/fake-slack.ts';
import { hasPostgres, startCluster, type Cluster } from '../../src/store/testing/postgres-cluster.ts';
import { startServer, temporaryFolder, tocsin, until, type ServerProcess } from '../support/cli.ts';
import { record, trailStopped } from '../support/records.ts';

const repeatedRule = `
title: Trails deleted one after the other
id: 6a1c6a52-0d0b-4d3f-9a43-2a2f0b6c8a10
name: trail_deleted
status: test
logsource: { product: aws, service: cloudtrail }
detection:
  selection: { eventName: DeleteTrail }
  condition: selection
level: informational
---
title: Three trails deleted
id: 6a1c6a52-0d0b-4d3f-9a43-2a2f0b6c8a11
status: test
correlation:
  type: event_count
  rules: [trail_deleted]
  group-by: [recipientAccountId]
  timespan: 1h
  condition: { gte: 3 }
level: high
tocsin: { headline: 'trails deleted {tocsin.count} times' }
`;

let cluster: Cluster;
let slack: FakeSlack;
let schemas = 0;
const started: ServerProcess[] = [];
const folder = temporaryFolder();

beforeAll(async () => {
  if (hasPostgres) cluster = await startCluster();
  slack = await startFakeSlack();
}, 180_000);
afterEach(async () => {
  for (const server of started.splice(0)) {
    server.child.kill('SIGKILL');
    await server.ended;
  }
});
afterAll(async () => {
  if (hasPostgres) await cluster.remove();
  await slack.close();
  folder.remove();
});

/** A configuration for any number of servers on one empty database. */
function newConfig(): string {
  schemas += 1;
  const config = join(folder.path, `tocsin-${schemas}.yaml`);
  const rules = join(folder.path, 'repeated.yml');
  writeFileSync(rules, repeatedRule);
  writeFileSync(
    config,
    `data: ${folder.path}/data
store:
  postgres:
    host: ${cluster.host}
    port: ${cluster.port}
    database: postgres
    user: ${cluster.user}
    password: env:TEST_PASSWORD
    schema: servers_${schemas}
    tls: off
rules: { folders: ['${rules}'] }
correlations: { latenessMinutes: 0 }
channels:
  sec: { type: slack, webhookUrl: env:TEST_SLACK, messagesPerMinute: 6000 }
`,
  );
  return config;
}

const env = (): Record<string, string> => ({ TEST_SLACK: slack.webhookUrl, TEST_PASSWORD: 'not-asked-for' });

async function server(config: string): Promise<ServerProcess> {
  const one = await startServer(['--config', config, '--quiet'], env());
  started.push(one);
  return one;
}

async function send(address: string, ...records: readonly object[]): Promise<number> {
  const answer = await fetch(`${address}/v1/events`, {
    method: 'POST',
    body: JSON.stringify({ Records: records }),
    headers: { 'content-type': 'application/json' },
  }).catch(() => undefined);
  return answer?.status ?? 0;
}

async function get<T>(address: string, path: string): Promise<T> {
  return (await (await fetch(`${address}${path}`)).json()) as T;
}

interface Page {
  readonly alerts: readonly { readonly id: string; readonly title: string }[];
}

async function readiness(address: string): Promise<number> {
  return (await fetch(`${address}/readyz`)).status;
}

describe.skipIf(!hasPostgres)('several servers on one PostgreSQL', () => {
  it('one takes events and the others stand by, until it is killed; then another goes on where it was', async () => {
    const config = newConfig();
    const first = await server(config);
    const second = await server(config);
    expect([await readiness(first.address), await readiness(second.address)]).toEqual([200, 503]);
    const deleted = () => record({ eventName: 'DeleteTrail', eventSource: 'cloudtrail.amazonaws.com' });
    expect(await send(second.address, deleted())).toBe(503);
    expect(await send(first.address, deleted())).toBe(200);
    expect(await send(first.address, deleted())).toBe(200);
    // What is stored is everybody's to read.
    const titles = async (address: string) =>
      (await get<Page>(address, '/v1/alerts?limit=500')).alerts.map(({ title }) => title);
    expect(await titles(second.address)).toEqual(await titles(first.address));

    first.child.kill('SIGKILL');
    await first.ended;
    await until('the other server leads', async () =>
      (await readiness(second.address)) === 200 ? true : undefined,
    );
    // The third of three, of which the first server saw two.
    expect(await send(second.address, deleted())).toBe(200);
    const alert = await until('the correlation is told', async () =>
      (await titles(second.address)).find((title) => title === 'trails deleted 3 times'),
    );
    expect(alert).toBeDefined();
  }, 180_000);

  it('lose and double no alert, and deliver each, when the one that leads is killed again and again', async () => {
    const config = newConfig();
    const records = Array.from({ length: 90 }, () => trailStopped());
    const acknowledged = new Set<string>();
    let servers = [await server(config), await server(config)];
    for (const most of [20, 50, records.length]) {
      const queue = records.filter(({ eventID }) => !acknowledged.has(eventID));
      const lane = async (): Promise<void> => {
        for (let next = queue.shift(); next !== undefined && acknowledged.size < most;) {
          let taken = false;
          for (const { address } of servers) taken ||= (await send(address, next)) === 200;
          if (taken) {
            acknowledged.add(next.eventID);
            next = queue.shift();
          } else await new Promise((resolve) => setTimeout(resolve, 50));
        }
      };
      await Promise.all([lane(), lane(), lane()]);
      if (most === records.length) break;
      const states = await Promise.all(servers.map(({ address }) => readiness(address)));
      const leader = servers[states.indexOf(200)];
      leader?.child.kill('SIGKILL');
      await leader?.ended;
      servers = [...servers.filter((one) => one !== leader), await server(config)];
    }
    const [{ address } = { address: '' }] = servers;
    // What a killed server had just begun to deliver is delivered by another when its lease is over.
    const counts = await until('everything is delivered', async () => {
      const now = await get<{ deliveries: { pending: number; delivered: number } }>(address, '/v1/counts');
      return now.deliveries.pending === 0 ? now : undefined;
    });
    expect(counts.deliveries).toMatchObject({ dead: 0, delivered: records.length });
    const { alerts } = await get<Page>(address, '/v1/alerts?limit=500');
    expect(alerts).toHaveLength(records.length);
    // A server that is killed between the receiver's yes and the writing down of it sends once more what was on its way.
    const [kills, atOnce] = [2, 4];
    expect(slack.messages.length).toBeGreaterThanOrEqual(records.length);
    expect(slack.messages.length).toBeLessThanOrEqual(records.length + kills * atOnce);
    expect(slack.problems).toEqual([]);
  }, 180_000);

  it('are asked and told by the commands, which find the same database', async () => {
    const config = newConfig();
    await server(config);
    const added = await tocsin(['blocks', 'add', '198.51.100.7', '--reason', 'a test', '--config', config], {
      env: env(),
    });
    expect(added).toMatchObject({ code: 0 });
    const listed = await tocsin(['blocks', 'list', '--config', config], { env: env() });
    expect(listed.stdout).toContain('198.51.100.7');
    const assets = await tocsin(['assets', 'list', '--config', config], { env: env() });
    expect(assets).toMatchObject({ code: 0, stdout: 'Nothing is remembered that fits.\n' });
  });
});

describe('two servers on one file', () => {
  it('one takes events, and the other stands by until the first ends', async () => {
    const data = join(folder.path, 'one-file');
    const first = await startServer(['--data', data, '--quiet']);
    const second = await startServer(['--data', data, '--quiet']);
    started.push(first, second);
    expect([await readiness(first.address), await readiness(second.address)]).toEqual([200, 503]);
    expect(await send(second.address, trailStopped())).toBe(503);
    first.child.kill('SIGKILL');
    await first.ended;
    await until('the other server leads', async () =>
      (await readiness(second.address)) === 200 ? true : undefined,
    );
    expect(await send(second.address, trailStopped())).toBe(200);
  });
});
