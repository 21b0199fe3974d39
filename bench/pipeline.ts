import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { leanSender } from './lean-sender.ts';
import { randomFrom } from './random.ts';

/** One event in twenty raises an alert. */
const alertingShare = 0.05;
const limitMs = 20;

/**
 * From an event being sent to its alert being durable (the answer to the request) and in the hands of a channel (a receiver on this
 * machine), through a whole server with the embedded store. Events are sent when they are due and not when the last was answered, and times
 * count from when they were due: a server that stalls is charged for all that waited meanwhile.
 */
export async function benchPipeline(smoke: boolean): Promise<void> {
  const seconds = smoke ? 1 : 30;
  process.stdout.write('\nthe disk alone, flushed sixty times a second: milliseconds (p50/p95/p99/most)\n');
  for (const bytes of [4_096, bytesOfCommit])
    process.stdout.write(
      `${`${bytes / 1_024} KB`.padStart(10)}   ${four(timeFlushes(smoke ? 0.2 : 10, bytes))}\n`,
    );
  process.stdout.write(
    '\npipeline: one event a request, 5 % raise an alert of their own; milliseconds from when an alerting event was due\n' +
      '  events/s sent   answered/s            durable p50/p95/p99/most              at the channel p50/p95/p99/most   owed at the end   flushes over 20 ms\n',
  );
  for (const rate of smoke ? [200] : [250, 500, 1_000, 1_500, 2_000]) {
    const load = await runLoad(rate, rate === 1_000 || smoke ? seconds : 10, tmpdir());
    process.stdout.write(`${lineOf(rate, load)}\n`);
    // What this rate leaves behind only grows with the next.
    if (load.owedAtEnd > rate * alertingShare * 2) break;
  }
  if (smoke || !existsSync(memoryFolder)) return;
  process.stdout.write(`  the same in ${memoryFolder}, where no disk is waited for:\n`);
  process.stdout.write(`${lineOf(1_000, await runLoad(1_000, seconds, memoryFolder))}\n`);
}

/** Files there are kept in memory alone, on Linux: what the server itself takes, whatever the disk does. */
const memoryFolder = '/dev/shm';

/** What a transaction with one alert writes into the log of the store, about. */
const bytesOfCommit = 128 * 1_024;
/** The log is written from its beginning again and again. */
const bytesOfLog = 16 * 1_024 * 1_024;
/** About as many as there are commits at 1,000 events a second. */
const flushesPerSecond = 60;

/** Milliseconds of each flush of so much at a steady pace, the shortest first: no alert is durable sooner than that. */
function timeFlushes(seconds: number, bytes: number): readonly number[] {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-pipeline-'));
  const file = openSync(join(folder, 'pages'), 'w');
  const pace = new Int32Array(new SharedArrayBuffer(4));
  const period = 1_000 / flushesPerSecond;
  const took = Array.from({ length: Math.ceil(seconds * flushesPerSecond) }, (_, index) => {
    const began = performance.now();
    writeSync(file, Buffer.alloc(bytes), 0, bytes, (index * bytes) % bytesOfLog);
    fdatasyncSync(file);
    const ms = performance.now() - began;
    if (ms < period) Atomics.wait(pace, 0, 0, period - ms);
    return ms;
  });
  closeSync(file);
  rmSync(folder, { recursive: true });
  return took.toSorted((a, b) => a - b);
}

interface Load {
  readonly answeredPerSecond: number;
  readonly failed: number;
  readonly durable: readonly number[];
  readonly handed: readonly number[];
  readonly owedAtEnd: number;
  readonly flushes: Flushes;
}

/** Of the store, during the load. */
interface Flushes {
  readonly all: number;
  readonly slow: number;
}

async function runLoad(rate: number, seconds: number, within: string): Promise<Load> {
  const folder = mkdtempSync(join(within, 'tocsin-pipeline-'));
  const receiver = await startReceiver();
  const config = join(folder, 'tocsin.yaml');
  writeFileSync(
    config,
    `channels:\n  receiver:\n    type: webhook\n    url: env:RECEIVER_URL\n    secret: env:RECEIVER_SECRET\n`,
  );
  const server = await startServer(folder, config, {
    RECEIVER_URL: `http://127.0.0.1:${receiver.port}/`,
    RECEIVER_SECRET: 'a secret of at least 24 bytes',
  });
  try {
    // The first seconds compile what the others run.
    await sendEvents(server.address, rate, Math.max(1, seconds / 3), 'warm', () => {}, receiver.expect);
    const durable: number[] = [];
    const before = await flushesOf(server.address);
    const began = performance.now();
    const failed = await sendEvents(
      server.address,
      rate,
      seconds,
      'timed',
      (ms) => durable.push(ms),
      receiver.expect,
    );
    const took = (performance.now() - began) / 1000;
    const owedAtEnd = receiver.waiting();
    const patience = performance.now() + 30_000;
    while (receiver.waiting() > 0 && performance.now() < patience) await sleep(20);
    const after = await flushesOf(server.address);
    if (receiver.waiting() > 0) throw new Error(`${receiver.waiting()} alerts did not reach the channel`);
    return {
      answeredPerSecond: (rate * seconds - failed) / took,
      failed,
      durable: durable.toSorted((a, b) => a - b),
      handed: receiver.times('timed').toSorted((a, b) => a - b),
      owedAtEnd,
      flushes: { all: after.all - before.all, slow: after.slow - before.slow },
    };
  } finally {
    server.child.kill('SIGTERM');
    await server.ended;
    receiver.stop();
    rmSync(folder, { recursive: true });
  }
}

/** What the server tells of the flushes of its store. */
async function flushesOf(address: string): Promise<Flushes> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const valueOf = (series: string): number => Number(text.split(`${series} `)[1]?.split('\n')[0]);
  const all = valueOf('tocsin_store_flush_seconds_count');
  return { all, slow: all - valueOf(`tocsin_store_flush_seconds_bucket{le="${limitMs / 1_000}"}`) };
}

/** Sends `rate` events a second, each when it is due, whatever became of those before. Returns how many were not taken. */
async function sendEvents(
  address: string,
  rate: number,
  seconds: number,
  part: string,
  onDurable: (ms: number) => void,
  expectAlert: (eventId: string, dueAt: number) => void,
): Promise<number> {
  const random = randomFrom(11);
  const sender = leanSender(`${address}/v1/events`);
  const answers: Promise<void>[] = [];
  let failed = 0;
  const began = performance.now();
  const total = Math.round(rate * seconds);
  for (let sent = 0; sent < total;) {
    // The first is due at once, and each a period after the one before.
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * rate) + 1);
    for (; sent < due; sent++) {
      const dueAt = began + (sent / rate) * 1000;
      const isAlerting = random() < alertingShare;
      const id = `${part}-${rate}-${sent}`;
      if (isAlerting) expectAlert(id, dueAt);
      answers.push(
        sender.post(eventOf(id, isAlerting)).then((status) => {
          if (status !== 200) failed++;
          else if (isAlerting) onDurable(performance.now() - dueAt);
        }),
      );
    }
    await sleep(1);
  }
  await Promise.all(answers);
  sender.stop();
  return failed;
}

function eventOf(id: string, isAlerting: boolean): string {
  return JSON.stringify({
    eventVersion: '1.11',
    userIdentity: {
      type: 'IAMUser',
      principalId: 'AIDAEXAMPLEALICE',
      arn: 'arn:aws:iam::111122223333:user/alice',
      accountId: '111122223333',
      accessKeyId: 'AKIAEXAMPLEALICE',
      userName: 'alice',
    },
    eventTime: `${new Date().toISOString().slice(0, 19)}Z`,
    eventSource: isAlerting ? 'cloudtrail.amazonaws.com' : 'ec2.amazonaws.com',
    eventName: isAlerting ? 'StopLogging' : 'DescribeInstances',
    awsRegion: 'eu-west-1',
    sourceIPAddress: '198.51.100.7',
    userAgent: 'aws-cli/2.31.0',
    // A trail of its own, so that each is an alert of its own.
    requestParameters: isAlerting
      ? { name: `arn:aws:cloudtrail:eu-west-1:111122223333:trail/${id}` }
      : { instancesSet: {}, filterSet: {} },
    responseElements: null,
    readOnly: !isAlerting,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: '111122223333',
    eventCategory: 'Management',
    eventID: id,
  });
}

/** A receiver of webhooks that notes how long after its event was due each alert came. */
async function startReceiver() {
  const due = new Map<string, number>();
  const came = new Map<string, number>();
  const server = createServer((incoming, answer) => {
    const pieces: Buffer[] = [];
    incoming.on('data', (piece: Buffer) => pieces.push(piece));
    incoming.on('end', () => {
      const at = performance.now();
      const { data } = JSON.parse(Buffer.concat(pieces).toString()) as {
        data: { alert: { evidence: { eventId: string } } };
      };
      const id = data.alert.evidence.eventId;
      const dueAt = due.get(id);
      if (dueAt !== undefined) came.set(id, at - dueAt);
      due.delete(id);
      answer.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    expect: (eventId: string, dueAt: number): void => void due.set(eventId, dueAt),
    waiting: () => due.size,
    times: (part: string) => [...came].filter(([id]) => id.startsWith(part)).map(([, ms]) => ms),
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface RunningServer {
  readonly address: string;
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
}

async function startServer(
  folder: string,
  config: string,
  env: Readonly<Record<string, string>>,
): Promise<RunningServer> {
  const bin = fileURLToPath(new URL('../bin/tocsin.js', import.meta.url));
  const child = spawn(
    process.execPath,
    [bin, 'serve', '--port', '0', '--config', config, '--data', join(folder, 'data')],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } },
  );
  let output = '';
  let log = '';
  child.stdout.on('data', (piece: Buffer) => (output = (output + piece.toString()).slice(0, 4_000)));
  child.stderr.on('data', (piece: Buffer) => (log = (log + piece.toString()).slice(-4_000)));
  const ended = once(child, 'close');
  for (;;) {
    const address = /http:\/\/\S+:\d+/.exec(output)?.[0];
    if (address !== undefined) return { address, child, ended };
    if (child.exitCode !== null) throw new Error(`the server ended before it listened: ${log}`);
    await sleep(20);
  }
}

function lineOf(
  rate: number,
  { answeredPerSecond, failed, durable, handed, owedAtEnd, flushes }: Load,
): string {
  const last = at(handed, 0.99);
  const verdict =
    rate === 1_000 ? `   p99 at the channel: limit ${limitMs} ms ${last <= limitMs ? 'kept' : 'BROKEN'}` : '';
  const refused = failed === 0 ? '' : `   ${failed} not taken`;
  return `  ${rate.toLocaleString('en').padStart(8)}${Math.round(answeredPerSecond).toLocaleString('en').padStart(17)}   ${four(durable).padStart(34)}   ${four(handed).padStart(40)}${String(owedAtEnd).padStart(12)}${`${flushes.slow} of ${flushes.all}`.padStart(20)}${verdict}${refused}`;
}

function four(sorted: readonly number[]): string {
  return [0.5, 0.95, 0.99, 1].map((part) => at(sorted, part).toFixed(1)).join(' / ');
}

function at(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
