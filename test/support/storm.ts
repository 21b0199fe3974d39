import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startServer, temporaryFolder, type ServerProcess } from './cli.ts';
import { record, trailStopped } from './records.ts';

const minutes = 60_000;

interface Receiver {
  readonly url: string;
  /** By idempotency key: the ids of the alerts that it told of, once for each message. */
  readonly messages: ReadonlyMap<string, readonly string[]>;
  readonly trouble: () => number;
  readonly close: () => void;
}

/** How some of forty calls are answered. */
const moods: ReadonlyMap<number, 'error' | 'patience' | 'reset' | 'lost'> = new Map([
  [5, 'lost'],
  [11, 'error'],
  [18, 'patience'],
  [24, 'reset'],
  [31, 'error'],
  [38, 'lost'],
]);

/** Takes webhooks, and by turns answers with errors, asks for patience, hangs up, or takes a message and hangs up before it says so. */
async function startMoodyReceiver(): Promise<Receiver> {
  const messages = new Map<string, string[]>();
  let calls = 0;
  let troubles = 0;
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      calls += 1;
      // Apart from each other: one that fails again and again is left in peace for ever longer, which is another test's.
      const mood = moods.get(calls % 40);
      if (mood !== undefined) troubles += 1;
      if (mood === 'error') return void response.writeHead(503).end();
      if (mood === 'patience') return void response.writeHead(429, { 'retry-after': '1' }).end();
      if (mood === 'reset') return void request.socket.destroy();
      const { data } = JSON.parse(Buffer.concat(pieces).toString()) as {
        data: { alert: { id: string } };
      };
      const key = String(request.headers['webhook-id']);
      messages.set(key, [...(messages.get(key) ?? []), data.alert.id]);
      if (mood === 'lost') return void request.socket.destroy();
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    messages,
    trouble: () => troubles,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface StoredAlert {
  readonly id: string;
  readonly evidence: { readonly eventId: string };
  readonly occurrences?: { readonly count: number };
}

interface Sent {
  readonly events: readonly ReturnType<typeof record>[];
  /** Ids of events that raise an alert of their own. */
  readonly alone: ReadonlySet<string>;
  /** Ids of those that share alerts with others, and how many alerts that makes. */
  readonly joined: ReadonlySet<string>;
  readonly shared: number;
}

/** One in twenty raises an alert of its own, and as many join a few alerts that they share; of all, three in ten are sent a second time, and nothing is in order. */
function makeEvents(total: number, random: () => number): Sent {
  const alone = new Set<string>();
  const sharedTrails = new Set<string>();
  const joined = new Set<string>();
  const single = Array.from({ length: Math.round(total / 1.3) }, (_, i) => {
    const eventTime = `${new Date(Date.now() - random() * 20 * minutes).toISOString().slice(0, 19)}Z`;
    if (i % 10 !== 0) return record({ eventTime });
    const isAlone = i % 20 === 0;
    const name = `arn:aws:cloudtrail:eu-west-1:111122223333:trail/${isAlone ? i : `shared-${i % 100}`}`;
    const event = trailStopped({ eventTime, requestParameters: { name } });
    if (isAlone) alone.add(event.eventID);
    else {
      joined.add(event.eventID);
      sharedTrails.add(name);
    }
    return event;
  });
  const again = single.filter(() => random() < 0.3);
  const events = [...single, ...again]
    .map((event) => ({ event, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ event }) => event);
  return { events, alone, joined, shared: sharedTrails.size };
}

/** What goes into one request: records as JSON, and some that are none. */
interface Batch {
  readonly records: readonly string[];
  /** How many different findings its events make. */
  readonly findings: number;
  readonly broken: number;
}

/** So many at most, so that one list tells all that are kept. */
const mostBroken = 100;

/** One in forty is broken, each in another request, beside events that must come through. Its bytes name it. */
const brokenOnes: readonly ((name: string) => string)[] = [
  (name) => `{"eventVersion":"1.11","eventName":"${name}","eventID" 7}`,
  (name) => `{"note":"${name}"}`,
  (name) => JSON.stringify({ ...record(), eventTime: name }),
  (name) => JSON.stringify({ ...record(), eventTime: undefined, eventName: name }),
];

function makeBatches({ events, alone, joined }: Sent, random: () => number): readonly Batch[] {
  const parts = Array.from({ length: Math.ceil(events.length / 5) }, (_, i) =>
    events.slice(i * 5, i * 5 + 5),
  );
  const share = Math.min(0.125, mostBroken / parts.length);
  let broken = 0;
  return parts.map((some) => {
    const ids = new Set(some.map(({ eventID }) => eventID).filter((id) => alone.has(id) || joined.has(id)));
    const records = some.map((event) => JSON.stringify(event));
    const make = brokenOnes[broken % brokenOnes.length];
    const isWhole = make === undefined || broken >= mostBroken || random() >= share;
    if (!isWhole) {
      broken += 1;
      records.splice(Math.floor(random() * (records.length + 1)), 0, make(`broken-${broken}.`));
    }
    return { records, findings: ids.size, broken: isWhole ? 0 : 1 };
  });
}

/** Numbers from 0 up to 1, the same in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Everything that a storm is made of, for any store. */
export interface Storm {
  /** What the last line calls it. */
  readonly name: string;
  readonly events: number;
  readonly kills: number;
  /** How many servers there are on the store; they take turns to be killed. */
  readonly servers: number;
  /** Of the configuration, the store; its folder is the first argument. */
  readonly config: (data: string) => string;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Something else that befalls the store, after every third kill. */
  readonly disturb?: ((data: string) => Promise<void>) | undefined;
}

/** So much patience a test needs that runs it, in milliseconds. */
export function stormPatience({ events }: Pick<Storm, 'events'>): number {
  return (10 + events / 5_000) * minutes;
}

/**
 * Sends events, many twice and none in order, while servers are killed and the store and the channel fail by turns, and holds what came of
 * them to what was sent: each record counted, each alert once, and told at least once under one key.
 */
export async function runStorm(storm: Storm): Promise<void> {
  const random = seeded(17);
  const folder = temporaryFolder();
  const receiver = await startMoodyReceiver();
  const config = join(folder.path, 'tocsin.yaml');
  const data = join(folder.path, 'data');
  writeFileSync(
    config,
    `${storm.config(data)}channels:\n  moody: { type: webhook, url: env:STORM_URL, secret: env:STORM_SECRET }\n`,
  );
  const env = { ...storm.env, STORM_URL: receiver.url, STORM_SECRET: 'a secret of at least 24 bytes' };
  const sent = makeEvents(storm.events, random);
  const { events, alone, joined, shared } = sent;
  const batches = makeBatches(sent, seeded(23));
  const broken = sumOf(batches, (batch) => batch.broken);
  const queue = [...batches];
  const sums = { records: 0, events: 0, rejected: 0, findings: 0, repeated: 0, refused: 0, unanswered: 0 };
  /** What was in requests that had to be sent again: what came of it may have been kept all the same. */
  const again = { findings: 0, broken: 0 };
  const refusals = new Set<number>();
  const start = (): Promise<ServerProcess> => startServer(['--config', config, '--quiet'], env);
  const servers: ServerProcess[] = [];
  /** The server that took something last. */
  let taker = 0;
  let restarting: Promise<void> | undefined;

  async function sender(): Promise<void> {
    for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
      for (;;) {
        if (servers.length === 1) await restarting;
        const asked = taker;
        const answer = await fetch(`${servers[asked]?.address}/v1/events`, {
          method: 'POST',
          body: `{"Records":[${batch.records.join(',')}]}`,
          headers: { 'content-type': 'application/json' },
        }).catch(() => undefined);
        const body =
          answer?.status === 200
            ? await answer.json().catch(() => undefined)
            : await answer?.text().catch(() => '');
        if (answer?.status !== 200 || body === undefined) {
          if (answer === undefined || answer.status === 200) sums.unanswered += 1;
          else {
            refusals.add(answer.status);
            sums.refused += 1;
          }
          again.findings += batch.findings;
          again.broken += batch.broken;
          if (asked === taker) taker = (asked + 1) % servers.length;
          await new Promise((resolve) => setTimeout(resolve, 20));
          continue;
        }
        const counted = body as Counted;
        sums.records += counted.records;
        sums.events += counted.events;
        sums.rejected += counted.rejected;
        sums.findings += counted.alerts.length;
        sums.repeated += counted.alerts.filter(({ repeated }) => repeated).length;
        break;
      }
    }
  }

  async function restart(which: number): Promise<void> {
    servers[which]?.child.kill('SIGKILL');
    await servers[which]?.ended;
    servers[which] = await start();
  }

  try {
    for (let n = 0; n < storm.servers; n += 1) servers.push(await start());
    const trouble = (async () => {
      for (let killed = 1; killed <= storm.kills; killed++) {
        const until = Math.floor(
          (batches.length * (storm.kills - killed + random() * 0.8)) / (storm.kills + 1),
        );
        while (queue.length > until) await new Promise((resolve) => setTimeout(resolve, 1));
        restarting = restart((killed - 1) % servers.length);
        await restarting;
        if (killed % 3 === 0) await storm.disturb?.(data);
      }
    })();
    await Promise.all([...Array.from({ length: 8 }, sender), trouble]);

    // Every record of every request that was answered is an event or a rejection.
    expect(broken).toBeGreaterThan(0);
    expect(sums.records).toBe(events.length + broken);
    expect([sums.events, sums.rejected]).toEqual([events.length, broken]);
    // A finding that was there before is said to be: each that was sent again, and one more for each request that was cut off behind its commit.
    const findingsSent = sumOf(batches, (batch) => batch.findings);
    const twice = findingsSent - alone.size - joined.size;
    expect(twice).toBeGreaterThan(0);
    expect(sums.findings).toBe(findingsSent);
    expect(sums.repeated).toBeGreaterThanOrEqual(twice);
    expect(sums.repeated).toBeLessThanOrEqual(twice + again.findings);
    expect(sums.unanswered).toBeGreaterThan(0);
    // Busy is an answer; a fault is not.
    expect([...refusals].filter((status) => status !== 429 && status !== 503)).toEqual([]);

    const rejected = await keptRejections(servers[0]?.address ?? '');
    expect([...new Set(rejected)].sort()).toEqual(
      Array.from({ length: broken }, (_, n) => `broken-${n + 1}.`).sort(),
    );
    // One that was cut off behind its commit came once more, as another request.
    expect(rejected.length).toBeLessThanOrEqual(broken + again.broken);

    const stored = await storedAlerts(servers[0]?.address ?? '');
    expect(stored).toHaveLength(alone.size + shared);
    const eventIds = new Set(stored.map(({ evidence }) => evidence.eventId));
    expect([...alone].filter((id) => !eventIds.has(id))).toEqual([]);
    const findings = stored.reduce((sum, { occurrences }) => sum + (occurrences?.count ?? 1), 0);
    expect(findings).toBe(alone.size + joined.size);

    const told = () => new Set([...receiver.messages.values()].flat());
    const patience = Date.now() + (4 + storm.events / 10_000) * minutes;
    while (told().size < stored.length && Date.now() < patience)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect([...told()].sort()).toEqual(stored.map(({ id }) => id).sort());
    expect(receiver.trouble()).toBeGreaterThan(0);
    // A repeat carries the key of what it repeats: a receiver can tell.
    expect(receiver.messages.size).toBe(stored.length);
    const repeats = [...receiver.messages.values()].reduce((sum, times) => sum + times.length - 1, 0);
    expect(repeats).toBeGreaterThan(0);
    process.stdout.write(
      `storm on ${storm.name}: ${events.length} events (${findings} findings in ${stored.length} alerts, ${sums.repeated} told as repeated), ${broken} broken records, ${storm.kills} kills of ${storm.servers} servers, ${sums.unanswered} requests unanswered and ${sums.refused} put off, ${receiver.trouble()} troubles of the channel, ${repeats} messages repeated under their key\n`,
    );
  } finally {
    for (const server of servers) {
      server.child.kill('SIGKILL');
      await server.ended;
    }
    receiver.close();
    folder.remove();
  }
}

interface Counted {
  readonly records: number;
  readonly events: number;
  readonly rejected: number;
  readonly alerts: readonly { readonly repeated: boolean }[];
}

function sumOf<One>(all: readonly One[], valueOf: (one: One) => number): number {
  return all.reduce((sum, one) => sum + valueOf(one), 0);
}

/** The names in the bytes of all rejections that are kept. */
async function keptRejections(address: string): Promise<readonly string[]> {
  const answer = await fetch(`${address}/v1/rejections?limit=500`);
  const { rejections } = (await answer.json()) as { rejections: readonly { bytes: string }[] };
  return rejections.map(({ bytes }) => {
    const text = Buffer.from(bytes, 'base64').toString();
    return /broken-\d+\./.exec(text)?.[0] ?? text;
  });
}

async function storedAlerts(address: string): Promise<readonly StoredAlert[]> {
  const stored: StoredAlert[] = [];
  let cursor: string | null | undefined;
  do {
    const query = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
    const page = (await (await fetch(`${address}/v1/alerts?limit=500${query}`)).json()) as {
      alerts: StoredAlert[];
      next?: string | null;
    };
    stored.push(...page.alerts);
    cursor = page.next;
  } while (cursor);
  return stored;
}
