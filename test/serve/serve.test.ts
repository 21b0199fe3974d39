import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { mmdbOf } from '../../src/context/testing/mmdb.ts';
import { startFakeSlack } from '../../src/notify/testing/fake-slack.ts';
import { startServer, temporaryFolder, tocsin, until, type ServerProcess } from '../support/cli.ts';
import { bucketOpened, record, trailStopped } from '../support/records.ts';

interface AlertBody {
  readonly id: string;
  readonly title: string;
  readonly evidence: { readonly eventId: string; readonly provenance: object };
}

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

async function server(args: readonly string[], env: Record<string, string> = {}): Promise<ServerProcess> {
  const one = await startServer(args, env);
  started.push(one);
  return one;
}

async function send(
  address: string,
  body: string | Buffer<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${address}/v1/events`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** Sends records one a request, eight at a time; tells of each that was acknowledged, and ends where the server does. */
async function sendAll(
  address: string,
  records: readonly { readonly eventID: string }[],
  onAcknowledged: (id: string) => void,
): Promise<void> {
  const queue = [...records];
  const sender = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const answer = await send(address, JSON.stringify(next)).catch(() => undefined);
      if (answer?.status !== 200) return;
      onAcknowledged(next.eventID);
    }
  };
  await Promise.all(Array.from({ length: 8 }, sender));
}

async function alertsOf(address: string): Promise<readonly AlertBody[]> {
  const found: AlertBody[] = [];
  let cursor: string | null | undefined = '';
  while (cursor !== undefined && cursor !== null) {
    const answer = await fetch(
      `${address}/v1/alerts?limit=500${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    expect(answer.status).toBe(200);
    const page = (await answer.json()) as { alerts: AlertBody[]; next?: string | null };
    found.push(...page.alerts);
    cursor = page.next;
  }
  return found;
}

describe('tocsin serve', () => {
  it('takes events, keeps each alert once, and shows it in the API, on the page and on the terminal', async () => {
    const { address, output } = await server(['--data', newFolder()]);
    const body = JSON.stringify({ Records: [record(), trailStopped(), bucketOpened()] });
    const first = (await (await send(address, body)).json()) as {
      records: number;
      alerts: { repeated: boolean }[];
    };
    const again = (await (await send(address, gzipSync(body))).json()) as {
      records: number;
      alerts: { repeated: boolean }[];
    };
    expect(first).toMatchObject({ records: 3, events: 3, rejected: 0 });
    expect(first.alerts.map((alert) => alert.repeated)).toEqual([false, false]);
    expect(again.alerts.map((alert) => alert.repeated)).toEqual([true, true]);
    const alerts = await alertsOf(address);
    expect(alerts).toHaveLength(2);
    expect(await (await fetch(address)).text()).toContain('stopped the trail');
    await until('the alert is printed', () => (output().includes('stopped the trail') ? true : undefined));
    const metrics = await (await fetch(`${address}/metrics`)).text();
    expect(metrics).toContain('tocsin_records_total{source="http"} 6');
    expect(metrics).toContain('tocsin_alerts_repeated_total 2');
  });

  it('says where calls came from and who is behind them, and which file of places it cannot use', async () => {
    const folder = newFolder();
    const places = join(folder, 'places.mmdb');
    writeFileSync(places, mmdbOf({ '203.0.113.0/24': { country_code: 'NL', city: 'Utrecht' } }));
    const config = join(folder, 'tocsin.yaml');
    writeFileSync(
      config,
      JSON.stringify({
        estate: {
          networks: [{ name: 'Berlin office', ranges: ['198.51.100.0/24'] }],
          people: [{ name: 'Alice Doe', identities: ['arn:aws:iam::111122223333:user/alice'] }],
        },
        context: { places: { files: [places, join(folder, 'missing.mmdb')] } },
      }),
    );
    const { address, output } = await server(['--config', config, '--data', join(folder, 'data')]);
    const inside = trailStopped();
    const outside = trailStopped({ sourceIPAddress: '203.0.113.9' });
    // An address whose country is known without a file of one's own.
    const elsewhere = trailStopped({ sourceIPAddress: '133.11.0.1' });
    expect((await send(address, JSON.stringify({ Records: [inside, outside, elsewhere] }))).status).toBe(200);
    const alerts = await alertsOf(address);
    const byEvent = new Map(alerts.map(({ evidence, ...alert }) => [evidence.eventId, alert]));
    const alice = { person: { name: 'Alice Doe' } };
    expect(byEvent.get(inside.eventID)).toMatchObject({
      where: { place: { kind: 'own', network: 'Berlin office' } },
      who: alice,
    });
    expect(byEvent.get(outside.eventID)).toMatchObject({
      where: { place: { country: 'NL', countryName: 'Netherlands', city: 'Utrecht' } },
    });
    expect(byEvent.get(elsewhere.eventID)).toMatchObject({ where: { place: { country: 'JP' } } });
    const page = await (await fetch(`${address}/alerts/${byEvent.get(outside.eventID)?.id}`)).text();
    expect(page).toContain('203.0.113.9, Utrecht, Netherlands');
    expect(page).toContain('Alice Doe');
    await until('it is printed', () => (output().includes('198.51.100.7, Berlin office') ? true : undefined));
    const health = await (await fetch(`${address}/readyz`)).text();
    expect(health).toContain('missing.mmdb: cannot be read');
  });

  it('loses nothing and doubles nothing when it is killed in the middle and what was not acknowledged is sent again', async () => {
    const data = newFolder();
    const records = Array.from({ length: 400 }, () => trailStopped());
    const acknowledged = new Set<string>();
    for (const acknowledgedBeforeKill of [60, 77, 94]) {
      const doomed = await startServer(['--data', data, '--quiet']);
      const rest = records.filter((each) => !acknowledged.has(each.eventID));
      const before = acknowledged.size;
      await sendAll(doomed.address, rest, (id) => {
        acknowledged.add(id);
        if (acknowledged.size - before >= acknowledgedBeforeKill) doomed.child.kill('SIGKILL');
      });
      await doomed.ended;
    }
    const rest = records.filter((each) => !acknowledged.has(each.eventID));
    expect(rest.length).toBeGreaterThan(0);
    const survivor = await server(['--data', data, '--quiet']);
    await sendAll(survivor.address, rest, () => {});
    const ids = (await alertsOf(survivor.address)).map((alert) => alert.evidence.eventId);
    expect(ids.sort()).toEqual(records.map((each) => each.eventID).sort());
  }, 180_000);

  it('sends an alert to Slack once, and keeps it for later where Slack is down', async () => {
    const slack = await startFakeSlack();
    try {
      const data = newFolder();
      const config = join(data, 'tocsin.yaml');
      writeFileSync(config, `data: ${data}\nchannels:\n  sec: { type: slack, webhookUrl: env:TEST_SLACK }\n`);
      slack.answerNext({ type: 'answer', status: 500, body: 'oops' });
      const { address } = await server(['--config', config], { TEST_SLACK: slack.webhookUrl });
      const event = JSON.stringify(trailStopped());
      expect((await send(address, event)).status).toBe(200);
      expect((await send(address, event)).status).toBe(200);
      await until('Slack has the message', () => slack.messages[0]);
      const [alert] = await alertsOf(address);
      const detail = await until('the delivery is settled', async () => {
        const body = (await (await fetch(`${address}/v1/alerts/${alert?.id}`)).json()) as {
          deliveries: { state: string; attempts: number }[];
        };
        return body.deliveries[0]?.state === 'delivered' ? body : undefined;
      });
      expect(detail.deliveries).toMatchObject([{ channel: 'sec', state: 'delivered', attempts: 2 }]);
      expect(slack.messages).toHaveLength(1);
      expect(slack.problems).toEqual([]);
    } finally {
      await slack.close();
    }
  });

  it('finishes what it has taken on SIGTERM and exits with 0', async () => {
    const one = await server(['--data', newFolder()]);
    const pending = Array.from({ length: 20 }, () => send(one.address, JSON.stringify(trailStopped())));
    await pending[0];
    one.child.kill('SIGTERM');
    const answers = await Promise.allSettled(pending);
    expect(await one.ended).toBe(0);
    // Each was either answered in full or never begun; nothing in between.
    const statuses = answers.flatMap((answer) =>
      answer.status === 'fulfilled' ? [answer.value.status] : [],
    );
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    expect(one.log()).not.toContain('fault in Tocsin');
  });

  it('goes on where nobody reads its output or its log any more', async () => {
    const one = await server(['--data', newFolder()]);
    one.child.stdout?.destroy();
    one.child.stderr?.destroy();
    for (let i = 0; i < 5; i++)
      expect((await send(one.address, JSON.stringify(trailStopped()))).status).toBe(200);
    expect(await alertsOf(one.address)).toHaveLength(5);
    one.child.kill('SIGTERM');
    expect(await one.ended).toBe(0);
  });

  it('keeps bytes that are no records, with the reason, and answers so', async () => {
    const { address } = await server(['--data', newFolder()]);
    const answer = await send(address, '{"this is": "no record"}');
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('this is');
    const kept = (await (await fetch(`${address}/v1/rejections`)).json()) as {
      rejections: { reason: string }[];
    };
    expect(kept.rejections).toHaveLength(1);
  });

  it.each([
    ['a public address without keys', ['--listen', '0.0.0.0:0'], 'server.listen'],
    ['an address that is none', ['--listen', 'nowhere'], "'nowhere' is not an address and a port"],
    ['a port that there is not', ['--port', '70000'], 'ports end at 65535'],
    ['a configuration that is not there', ['--config', '/nowhere.yaml'], '/nowhere.yaml: cannot be read'],
  ])('refuses %s, says why and exits with 2', async (_, args, reason) => {
    const { code, stderr } = await tocsin(['serve', '--data', newFolder(), ...args]);
    expect(stderr).toContain(reason);
    expect(code).toBe(2);
  });

  it('counts its rules alike wherever it tells of them, and waits for no alert of those that make none', async () => {
    const path = newFolder();
    writeFileSync(
      join(path, 'rules.yml'),
      `title: Tried often
correlation:
  type: event_count
  rules: [tried]
  group-by: [userIdentity.arn]
  timespan: 1h
  condition: { gte: 10 }
level: high
---
title: Tried
name: tried
logsource: { product: aws, service: cloudtrail }
detection: { selection: { eventName: ConsoleLogin }, condition: selection }
level: low
`,
    );
    writeFileSync(
      join(path, 'tocsin.yaml'),
      `rules: { builtin: false, folders: [${path}/rules.yml] }\ndata: ${path}/data\n`,
    );
    const { address, output } = await server(['--config', join(path, 'tocsin.yaml')]);
    expect(output()).toContain('Tocsin watches with 2 rules');
    expect(await (await fetch(`${address}/v1/health`)).json()).toMatchObject({
      rulesThatNeverFired: [{ title: 'Tried often' }],
    });
  });

  it('says so where the port is taken', async () => {
    const { address } = await server(['--data', newFolder()]);
    const { code, stderr } = await tocsin(['serve', '--data', newFolder(), '--port', new URL(address).port]);
    expect(stderr).toContain('is in use');
    expect(code).toBe(2);
  });
});

describe('a watched folder', () => {
  it('is read, followed as it grows, and taken up again after a restart without reading anything twice', async () => {
    const data = newFolder();
    const logs = join(data, 'logs');
    mkdirSync(join(logs, 'deep'), { recursive: true });
    const config = join(data, 'tocsin.yaml');
    writeFileSync(config, `data: ${data}\nsources: { folders: [{ path: ${logs} }] }\n`);
    const [inArchive, line1, line2, line3] = [trailStopped(), trailStopped(), trailStopped(), trailStopped()];
    writeFileSync(join(logs, 'deep/a.json.gz'), gzipSync(JSON.stringify({ Records: [inArchive] })));
    writeFileSync(join(logs, 'grows.json'), `${JSON.stringify(line1)}\n`);
    const one = await server(['--config', config]);
    const sorted = async (address: string, count: number) =>
      until(`${count} alerts are there`, async () => {
        const ids = (await alertsOf(address)).map((alert) => alert.evidence.eventId);
        return ids.length >= count ? ids.sort() : undefined;
      });
    expect(await sorted(one.address, 2)).toEqual([inArchive.eventID, line1.eventID].sort());

    const text = `${JSON.stringify(line2)}\n`;
    appendFileSync(join(logs, 'grows.json'), text.slice(0, 200));
    await new Promise((resolve) => setTimeout(resolve, 300));
    appendFileSync(join(logs, 'grows.json'), text.slice(200));
    expect(await sorted(one.address, 3)).toContain(line2.eventID);
    one.child.kill('SIGTERM');
    await one.ended;

    appendFileSync(join(logs, 'grows.json'), JSON.stringify(line3)); // no newline at the end
    const two = await server(['--config', config]);
    expect(await sorted(two.address, 4)).toContain(line3.eventID);
    const [last] = (await alertsOf(two.address)).filter((alert) => alert.evidence.eventId === line3.eventID);
    expect(last?.evidence.provenance).toMatchObject({
      source: 'file',
      object: join(logs, 'grows.json'),
      position: JSON.stringify(line1).length + 1 + text.length,
    });
    const metrics = await (await fetch(`${two.address}/metrics`)).text();
    expect(metrics).toContain('tocsin_records_total{source="file"} 1');
    expect(metrics).not.toMatch(/tocsin_records_rejected_total\{source="file"\} [1-9]/);
  }, 180_000);
});
