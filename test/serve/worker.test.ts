import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServer, temporaryFolder, tocsin, until, type ServerProcess } from '../support/cli.ts';
import { bucketOpened, record, trailStopped } from '../support/records.ts';

/** Worker and controller as real processes, with a network between them that can be cut. */
const kills = Number(process.env.TOCSIN_WORKER_KILLS ?? 4);
const env = { WORKER_KEY: 'the-key-of-the-worker-in-these-tests' };

let folder: ReturnType<typeof temporaryFolder>;
let network: Network;
const running = new Set<ServerProcess>();

beforeEach(async () => {
  folder = temporaryFolder();
  network = await startNetwork();
  mkdirSync(join(folder.path, 'logs'));
  writeFileSync(
    join(folder.path, 'server.yaml'),
    // A slow machine takes so many records that their rule is one to be told of.
    'workers: [{ name: eu-production, keys: [env:WORKER_KEY] }]\ncorrelations: { latenessMinutes: 0 }\nhealth: { enabled: false }\n',
  );
  writeFileSync(
    join(folder.path, 'worker.yaml'),
    JSON.stringify({
      sources: { folders: [{ path: join(folder.path, 'logs') }] },
      controller: { url: network.address, name: 'eu-production', key: 'env:WORKER_KEY' },
    }),
  );
});
afterEach(async () => {
  for (const one of running) {
    one.child.kill('SIGKILL');
    await one.ended;
  }
  running.clear();
  await network.close();
  folder.remove();
});

async function start(command: 'serve' | 'worker', more: readonly string[] = []): Promise<ServerProcess> {
  const name = command === 'serve' ? 'server' : 'worker';
  const args = ['--config', join(folder.path, `${name}.yaml`), '--data', join(folder.path, name), ...more];
  const one = await startServer(command === 'serve' ? [...args, '--quiet'] : args, env, command);
  running.add(one);
  if (command === 'serve') network.leadTo(Number(new URL(one.address).port));
  return one;
}

async function kill(one: ServerProcess): Promise<void> {
  one.child.kill('SIGKILL');
  await one.ended;
  running.delete(one);
}

interface Network {
  readonly address: string;
  readonly leadTo: (port: number) => void;
  /** Breaks every connection, and lets none through until `mend`. */
  readonly cut: () => void;
  readonly mend: () => void;
  readonly close: () => Promise<void>;
}

/** A way to the controller that stays at one address. */
async function startNetwork(): Promise<Network> {
  let port: number | undefined;
  let isCut = false;
  const sockets = new Set<Socket>();
  const server: Server = createServer((near) => {
    if (port === undefined || isCut) return near.destroy();
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
    return undefined;
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const at = server.address();
  return {
    address: `http://127.0.0.1:${typeof at === 'object' ? at?.port : ''}`,
    leadTo: (next) => {
      port = next;
    },
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend: () => {
      isCut = false;
    },
    close: () => new Promise((done) => server.close(() => done())),
  };
}

interface AlertBody {
  readonly evidence: { readonly eventId: string; readonly provenance: object };
}

async function alertsOf(address: string): Promise<readonly AlertBody[]> {
  const found: AlertBody[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const more: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = (await (await fetch(`${address}/v1/alerts?limit=500${more}`)).json()) as {
      alerts: AlertBody[];
      next: string | null;
    };
    found.push(...page.alerts);
    cursor = page.next;
  }
  return found;
}

const eventIds = (alerts: readonly AlertBody[]): string[] =>
  alerts.map(({ evidence }) => evidence.eventId).toSorted();

function write(name: string, records: readonly object[]): void {
  appendFileSync(
    join(folder.path, 'logs', name),
    records.map((each) => `${JSON.stringify(each)}\n`).join(''),
  );
}

/** What became of the items of workers, as the controller counts it. */
function itemsIn(metrics: string): Record<string, number> {
  const samples = metrics.matchAll(/^tocsin_worker_items_total\{.*result="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...samples].map(([, result = '', n]) => [result, Number(n)]));
}

describe('a worker', () => {
  it('sends what matters of a folder and of what comes over HTTP, and nothing else', async () => {
    const server = await start('serve');
    const worker = await start('worker');
    const fromFile = trailStopped();
    const overHttp = bucketOpened();
    const ordinary = record({ eventSource: 'sqs.amazonaws.com', eventName: 'ListQueues' });
    write('a.json', [ordinary, fromFile, { broken: true }]);
    const answer = await fetch(`${worker.address}/v1/events`, {
      method: 'POST',
      body: JSON.stringify(overHttp),
    });
    expect(await answer.json()).toMatchObject({ records: 1, events: 1, alerts: [] });
    const alerts = await until('both alerts are there', async () => {
      const found = await alertsOf(server.address);
      return found.length === 2 ? found : undefined;
    });
    expect(eventIds(alerts)).toEqual([fromFile.eventID, overHttp.eventID].toSorted());
    for (const { evidence } of alerts) expect(evidence.provenance).toMatchObject({ worker: 'eu-production' });
    const rejections = await (await fetch(`${server.address}/v1/rejections`)).text();
    expect(rejections).toContain('a.json');
    const metrics = await (await fetch(`${server.address}/metrics`)).text();
    expect(itemsIn(metrics)).toMatchObject({ taken: 3, repeated: 0, refused: 0, lost: 0, missing: 0 });
    const own = await (await fetch(`${worker.address}/metrics`)).text();
    expect(own).toContain('tocsin_buffer_oldest_seconds 0');
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
  });

  it('sends every record where it is told not to judge', async () => {
    const server = await start('serve');
    await start('worker', ['--raw']);
    write('a.json', [record(), trailStopped()]);
    await until('the alert is there', async () =>
      (await alertsOf(server.address)).length === 1 ? true : undefined,
    );
    const metrics = await (await fetch(`${server.address}/metrics`)).text();
    expect(itemsIn(metrics)).toMatchObject({ taken: 2 });
  });

  it(`loses nothing and doubles nothing while either is killed, ${kills} times, and the network is cut`, async () => {
    const processes = { serve: await start('serve'), worker: await start('worker') };
    const sent: string[] = [];
    const produce = (): void => {
      const records = [trailStopped(), record(), trailStopped()];
      sent.push(records[0]?.eventID ?? '', records[2]?.eventID ?? '');
      write(`${Math.floor(sent.length / 400)}.json`, records);
    };
    const producing = setInterval(produce, 10);
    try {
      for (let i = 0; i < kills; i++) {
        await new Promise((resume) => setTimeout(resume, 50 + Math.random() * 400));
        network.cut();
        const victim = Math.random() < 0.5 ? 'serve' : 'worker';
        if (Math.random() < 0.5) network.mend();
        await kill(processes[victim]);
        processes[victim] = await start(victim);
        network.mend();
      }
    } finally {
      clearInterval(producing);
    }
    const expected = sent.toSorted();
    const found = await until('every alert is there', async () => {
      const ids = eventIds(await alertsOf(processes.serve.address));
      return ids.length >= expected.length ? ids : undefined;
    });
    expect(found).toEqual(expected);
    const metrics = await (await fetch(`${processes.serve.address}/metrics`)).text();
    expect(metrics).not.toMatch(
      /tocsin_worker_items_total\{.*result="(lost|missing|refused|unconfirmed)"\} [1-9]/,
    );
  }, 240_000);

  it('says that the controller does not take its batches, and keeps them', async () => {
    const server = await start('serve');
    const { WORKER_KEY, ...without } = env;
    expect(WORKER_KEY).not.toBe('');
    const worker = await startServer(
      ['--config', join(folder.path, 'worker.yaml'), '--data', join(folder.path, 'worker')],
      { ...without, WORKER_KEY: 'another-key-that-is-long-enough-but-wrong' },
      'worker',
    );
    running.add(worker);
    write('a.json', [trailStopped()]);
    await until('it says so', async () => {
      const health = await (await fetch(`${worker.address}/readyz`)).text();
      return health.includes("the worker's name or key is wrong") ? true : undefined;
    });
    await kill(worker);
    await start('worker');
    await until('the alert is there', async () =>
      (await alertsOf(server.address)).length === 1 ? true : undefined,
    );
  });
});

it.each([
  ['has no controller in its configuration', {}, /controller: is missing/],
  [
    'is to send over plain HTTP to another machine',
    { controller: { url: 'http://tocsin.example.com', name: 'a', key: 'env:WORKER_KEY' } },
    /controller\.url: must be an https address/,
  ],
])('a worker does not start where it %s', async (_, config, reason) => {
  const path = join(folder.path, 'wrong.yaml');
  writeFileSync(path, JSON.stringify(config));
  const { code, stderr } = await tocsin(['worker', '--config', path, '--data', join(folder.path, 'w')], {
    env,
  });
  expect(code).toBe(2);
  expect(stderr).toMatch(reason);
});

it('a second worker on the same folder does not start', async () => {
  await start('worker');
  const { code, stderr } = await tocsin(
    [
      'worker',
      '--port',
      '0',
      '--config',
      join(folder.path, 'worker.yaml'),
      '--data',
      join(folder.path, 'worker'),
    ],
    { env },
  );
  expect(code).toBe(2);
  expect(stderr).toContain('in use by another worker');
});
