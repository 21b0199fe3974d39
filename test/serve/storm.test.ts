import { DatabaseSync } from 'node:sqlite';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startServer, temporaryFolder, type ServerProcess } from '../support/cli.ts';
import { record, trailStopped } from '../support/records.ts';

// Larger for a night: TOCSIN_STORM_EVENTS=100000 TOCSIN_STORM_KILLS=50
const total = Number(process.env['TOCSIN_STORM_EVENTS'] ?? 2_500);
const kills = Number(process.env['TOCSIN_STORM_KILLS'] ?? 6);
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
  [5, 'error'],
  [11, 'error'],
  [18, 'patience'],
  [24, 'reset'],
  [31, 'lost'],
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
  /** How many there are of those that share alerts with others, and how many alerts that makes. */
  readonly joining: number;
  readonly shared: number;
}

/** One in twenty raises an alert of its own, and as many join a few alerts that they share; of all, three in ten are sent a second time, and nothing is in order. */
function makeEvents(random: () => number): Sent {
  const alone = new Set<string>();
  const sharedTrails = new Set<string>();
  let joining = 0;
  const single = Array.from({ length: Math.round(total / 1.3) }, (_, i) => {
    const eventTime = `${new Date(Date.now() - random() * 20 * minutes).toISOString().slice(0, 19)}Z`;
    if (i % 10 !== 0) return record({ eventTime });
    const isAlone = i % 20 === 0;
    const name = `arn:aws:cloudtrail:eu-west-1:111122223333:trail/${isAlone ? i : `shared-${i % 100}`}`;
    const event = trailStopped({ eventTime, requestParameters: { name } });
    if (isAlone) alone.add(event.eventID);
    else {
      joining += 1;
      sharedTrails.add(name);
    }
    return event;
  });
  const again = single.filter(() => random() < 0.3);
  const events = [...single, ...again]
    .map((event) => ({ event, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ event }) => event);
  return { events, alone, joining, shared: sharedTrails.size };
}

/** Numbers from 0 up to 1, the same in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

it(
  'comes through kills, repeats, disorder, a locked store and a moody channel with every alert once and told at least once',
  async () => {
    const random = seeded(17);
    const folder = temporaryFolder();
    const receiver = await startMoodyReceiver();
    const config = join(folder.path, 'tocsin.yaml');
    const data = join(folder.path, 'data');
    writeFileSync(
      config,
      `data: ${data}\nchannels:\n  moody: { type: webhook, url: env:STORM_URL, secret: env:STORM_SECRET }\n`,
    );
    const env = { STORM_URL: receiver.url, STORM_SECRET: 'a secret of at least 24 bytes' };
    const { events, alone, joining, shared } = makeEvents(random);
    const queue = Array.from({ length: Math.ceil(events.length / 5) }, (_, i) =>
      events.slice(i * 5, i * 5 + 5),
    );
    const sums = { records: 0, events: 0, rejected: 0, refused: 0, unanswered: 0 };
    const refusals = new Set<number>();
    let server: ServerProcess = await startServer(['--config', config, '--quiet'], env);
    let restarting: Promise<void> | undefined;

    async function sender(): Promise<void> {
      for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
        for (;;) {
          await restarting;
          const answer = await fetch(`${server.address}/v1/events`, {
            method: 'POST',
            body: JSON.stringify({ Records: batch }),
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
            await new Promise((resolve) => setTimeout(resolve, 20));
            continue;
          }
          const counted = body as { records: number; events: number; rejected: number };
          sums.records += counted.records;
          sums.events += counted.events;
          sums.rejected += counted.rejected;
          break;
        }
      }
    }

    async function restart(): Promise<void> {
      server.child.kill('SIGKILL');
      await server.ended;
      server = await startServer(['--config', config, '--quiet'], env);
    }

    /** Another process holds the database, as a backup would, for longer than the server has patience for one call. */
    async function lockStore(): Promise<void> {
      const path = join(data, 'tocsin.db');
      if (!existsSync(path)) return;
      const other = new DatabaseSync(path);
      try {
        other.exec('pragma busy_timeout = 5000; begin immediate');
        await new Promise((resolve) => setTimeout(resolve, 600));
        other.exec('rollback');
      } finally {
        other.close();
      }
    }

    try {
      const storm = (async () => {
        const batches = queue.length;
        for (let killed = 1; killed <= kills; killed++) {
          const until = Math.floor((batches * (kills - killed + random() * 0.8)) / (kills + 1));
          while (queue.length > until) await new Promise((resolve) => setTimeout(resolve, 1));
          restarting = restart();
          await restarting;
          if (killed % 3 === 0) await lockStore();
        }
      })();
      await Promise.all([...Array.from({ length: 8 }, sender), storm]);

      // Every record of every request that was answered is an event or a rejection.
      expect(sums.records).toBe(events.length);
      expect(sums.events + sums.rejected).toBe(sums.records);
      expect(sums.unanswered).toBeGreaterThan(0);
      // Busy is an answer; a fault is not.
      expect([...refusals].filter((status) => status !== 429 && status !== 503)).toEqual([]);

      const stored: StoredAlert[] = [];
      let cursor: string | null | undefined;
      do {
        const query = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
        const page = (await (await fetch(`${server.address}/v1/alerts?limit=500${query}`)).json()) as {
          alerts: StoredAlert[];
          next?: string | null;
        };
        stored.push(...page.alerts);
        cursor = page.next;
      } while (cursor);
      expect(stored).toHaveLength(alone.size + shared);
      const eventIds = new Set(stored.map(({ evidence }) => evidence.eventId));
      expect([...alone].filter((id) => !eventIds.has(id))).toEqual([]);
      const findings = stored.reduce((sum, { occurrences }) => sum + (occurrences?.count ?? 1), 0);
      expect(findings).toBe(alone.size + joining);

      const told = () => new Set([...receiver.messages.values()].flat());
      const patience = Date.now() + (4 + total / 10_000) * minutes;
      while (told().size < stored.length && Date.now() < patience)
        await new Promise((resolve) => setTimeout(resolve, 50));
      expect([...told()].sort()).toEqual(stored.map(({ id }) => id).sort());
      expect(receiver.trouble()).toBeGreaterThan(0);
      // A repeat carries the key of what it repeats: a receiver can tell.
      expect(receiver.messages.size).toBe(stored.length);
      const repeats = [...receiver.messages.values()].reduce((sum, times) => sum + times.length - 1, 0);
      expect(repeats).toBeGreaterThan(0);
      process.stdout.write(
        `storm: ${events.length} events (${findings} findings in ${stored.length} alerts), ${kills} kills, ${sums.unanswered} requests unanswered and ${sums.refused} put off, ${receiver.trouble()} troubles of the channel, ${repeats} messages repeated under their key\n`,
      );
    } finally {
      server.child.kill('SIGKILL');
      await server.ended;
      receiver.close();
      folder.remove();
    }
  },
  (10 + total / 5_000) * minutes,
);
