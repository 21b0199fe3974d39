import { afterEach, describe, expect, it } from 'vitest';
import type { Alert } from '../alert/alert.ts';
import { lifecycleOf } from '../alert/lifecycle.ts';
import type { ChannelStatus } from '../api/channels.ts';
import { decodeValue } from '../decode/decode.ts';
import type { Json } from '../event/json.ts';
import type { Provenance } from '../event/record.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { sampleAlert } from '../store/testing/samples.ts';
import { parseConfig } from './config.ts';
import { createHealth, type HealthOptions } from './health.ts';
import type { LatencyFigures } from './latency.ts';

const minute = 60_000;
const hour = 60 * minute;
const start = Date.UTC(2026, 0, 5);
const account = '111122223333';

const stores: Store[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

function eventAt(time: number, from: Partial<Provenance> = {}) {
  const record: Json = {
    eventVersion: '1.11',
    eventID: `event ${time}`,
    eventTime: new Date(time).toISOString(),
    eventSource: 's3.amazonaws.com',
    eventName: 'ListBuckets',
    awsRegion: 'eu-central-1',
    recipientAccountId: account,
    userIdentity: { type: 'IAMUser', userName: 'alice', accountId: account },
  };
  const provenance = { source: 'http', object: 'request', position: 0, receivedAt: time, ...from };
  const [event] = decodeValue(record, provenance, { startAt: 0 }).events;
  if (event === undefined) throw new Error('the record is no event');
  return event;
}

const healthyChannel = (name: string): ChannelStatus => ({
  name,
  type: 'webhook',
  state: 'closed',
  failuresInRow: 0,
});

/** A server's health on a store, with a clock of its own. */
async function watched(config = '{}') {
  const store = await openSqliteStore({ path: ':memory:' });
  stores.push(store);
  const { health: settings } = parseConfig(`health: ${config}`, 'tocsin.yaml', undefined, ['health']);
  let now = start;
  const world = {
    channels: [healthyChannel('chat'), healthyChannel('mail')] as readonly ChannelStatus[],
    owed: {} as Record<string, number>,
    latency: { sources: {}, channels: {} } as LatencyFigures,
    sources: [] as HealthOptions['sources'] extends () => infer S ? S : never,
    accepted: new Map<string, number>(),
  };
  const create = async () =>
    createHealth({
      settings,
      store,
      life: store.life,
      state: await store.state(),
      rules: [{ id: 'aws-s3-bucket-public', title: 'Bucket opened to everyone' }],
      channelsFor: () => ['chat'],
      channels: () => world.channels,
      accepted: world.accepted,
      owed: async () => world.owed,
      latency: async () => world.latency,
      sources: () => world.sources,
      latestRequest: () => undefined,
      clock: () => now,
      onNews: () => {},
      log: { warn: () => {} },
    });
  let health = await create();
  return {
    world,
    store,
    health: () => health,
    now: () => now,
    restart: async (downMs = 0) => {
      now += downMs;
      health = await create();
    },
    /** Time goes on, a look a minute. */
    pass: async (ms: number, each: (at: number) => void = () => {}) => {
      for (const end = now + ms; now < end;) {
        now += minute;
        each(now);
        await health.tick();
      }
    },
    alerts: async (): Promise<readonly Alert[]> => (await store.alerts({ limit: 100 })).alerts,
    titles: async () => (await store.alerts({ limit: 100 })).alerts.map(({ title }) => title),
  };
}

describe('silence', () => {
  const config = '{ silence: { learning: 1h, atLeast: 10m } }';
  const learned = async () => {
    const server = await watched(config);
    await server.pass(2 * hour, (at) => server.health().events([eventAt(at - 5_000)]));
    return server;
  };

  it('is told once, and only of what is silent by itself', async () => {
    const server = await learned();
    await server.pass(3 * hour);
    expect(await server.titles()).toEqual(['Nothing from source http for 11 minutes']);
    const [alert] = await server.alerts();
    expect(alert).toMatchObject({ rule: { id: 'tocsin-silence' }, severity: 'high' });
    expect(server.health().report()).toMatchObject({ ok: false, problems: [{ alertId: alert?.id }] });
  });

  it('is told once however often the server is started', async () => {
    const server = await learned();
    await server.pass(20 * minute);
    await server.restart();
    await server.pass(hour);
    expect(await server.titles()).toHaveLength(1);
  });

  it('is over when something comes, and then says since when', async () => {
    const server = await learned();
    await server.pass(20 * minute);
    await server.pass(2 * minute, (at) => server.health().events([eventAt(at)]));
    const [alert] = await server.alerts();
    expect(alert && lifecycleOf(alert)).toMatchObject({
      status: 'resolved',
      reason: 'back since 2026-01-05 02:21 UTC, after 21 minutes',
    });
    expect(server.health().report().ok).toBe(true);
  });

  it('is not told of the time in which no server ran', async () => {
    const server = await learned();
    await server.restart(12 * hour);
    await server.pass(5 * minute);
    expect(await server.titles()).toEqual([]);
  });

  it('of a worker is told of the worker, not of its account', async () => {
    const server = await watched(config);
    await server.pass(2 * hour, (at) => {
      server.health().worker('berlin');
      server.health().events([eventAt(at, { source: 'file', worker: 'berlin' })]);
    });
    await server.pass(hour);
    expect(await server.titles()).toEqual(['Nothing from worker berlin for 11 minutes']);
  });

  it('of one bucket is told where another is heard', async () => {
    const server = await watched(config);
    const from = (bucket: string) => ({ source: 's3', object: `s3://${bucket}/AWSLogs/x.json.gz` });
    await server.pass(2 * hour, (at) =>
      server.health().events([eventAt(at, from('a')), eventAt(at, from('b'))]),
    );
    await server.pass(hour, (at) => server.health().events([eventAt(at, from('a'))]));
    expect(await server.titles()).toEqual(['Nothing from source s3://b for 11 minutes']);
  });

  it('is not told where health is not watched', async () => {
    const server = await watched('{ enabled: false, silence: { learning: 1h, atLeast: 10m } }');
    await server.pass(2 * hour, (at) => server.health().events([eventAt(at)]));
    await server.pass(hour);
    expect(await server.titles()).toEqual([]);
  });
});

describe('a channel that fails', () => {
  const failing = (since: number): ChannelStatus => ({
    ...healthyChannel('chat'),
    state: 'open',
    failuresInRow: 7,
    failingSince: since,
    reason: 'HTTP 500',
  });

  it('is told of through another, and once', async () => {
    const server = await watched();
    server.world.channels = [failing(start), healthyChannel('mail')];
    await server.pass(hour);
    const [alert, ...others] = await server.alerts();
    expect(others).toEqual([]);
    expect(alert?.title).toBe('Channel chat has taken no alert for 15 minutes');
    const owed = await server.store.deliveries(alert?.id ?? '');
    expect(owed.map(({ channel }) => channel).sort()).toEqual(['chat', 'mail']);
  });

  it('is told of only where it is so for long', async () => {
    const server = await watched();
    await server.pass(hour, (at) => {
      server.world.channels = [failing(at - 14 * minute)];
    });
    expect(await server.titles()).toEqual([]);
  });

  it('is not over because a new start knows nothing of it, but when it takes something', async () => {
    const server = await watched();
    server.world.channels = [failing(start)];
    await server.pass(20 * minute);
    server.world.channels = [healthyChannel('chat')];
    server.world.owed = { chat: 1 };
    await server.restart();
    await server.pass(hour);
    const status = async () => (await server.alerts()).map((alert) => lifecycleOf(alert).status);
    expect(await status()).toEqual(['open']);
    server.world.accepted.set('chat', server.now());
    await server.pass(minute);
    expect(await status()).toEqual(['resolved']);
  });
});

describe('deliveries that are owed', () => {
  it('are told of where they become more', async () => {
    const server = await watched('{ queue: 100 }');
    let count = 90;
    await server.pass(30 * minute, () => void (server.world.owed = { chat: (count += 5), 'chat digest': 1 }));
    expect(await server.titles()).toEqual([
      expect.stringMatching(/^1\d\d deliveries are owed to channel chat, and they do not become fewer$/),
    ]);
  });

  it('are not told of while they become fewer', async () => {
    const server = await watched('{ queue: 100 }');
    let count = 900;
    await server.pass(30 * minute, () => void (server.world.owed = { chat: (count -= 10) }));
    expect(await server.titles()).toEqual([]);
  });
});

it('a source that cannot be read is told of with its reason, and is over when it can', async () => {
  const server = await watched();
  server.world.sources = [{ name: 'folder logs', trouble: () => 'permission denied' }];
  await server.pass(30 * minute);
  const [alert] = await server.alerts();
  expect(alert?.title).toBe('Source folder logs could not be read for 15 minutes');
  expect(alert?.facts[0]?.explanation).toBe('permission denied');
  server.world.sources = [{ name: 'folder logs', trouble: () => undefined }];
  await server.pass(minute);
  const [closed] = await server.alerts();
  expect(closed && lifecycleOf(closed).status).toBe('resolved');
});

it('a queue whose messages wait too long is told of, and is over when they are read soon again', async () => {
  const server = await watched('{ sourceBehind: 20m }');
  let waited = 20 * minute;
  server.world.sources = [{ name: 's3 queue q', trouble: () => undefined, waitedMs: () => waited }];
  await server.pass(hour);
  expect(await server.titles()).toEqual([]);
  waited = 21 * minute;
  await server.pass(hour);
  expect(await server.titles()).toEqual(['What source s3 queue q tells of waits for 21 minutes']);
  waited = 15 * minute;
  await server.pass(hour);
  const status = async () => (await server.alerts()).map((alert) => lifecycleOf(alert).status);
  expect(await status()).toEqual(['open']);
  waited = 0;
  await server.pass(minute);
  expect(await status()).toEqual(['resolved']);
});

describe('clocks', () => {
  const ahead = async (aheadMs: number, events: number) => {
    const server = await watched();
    await server.pass(events * minute, (at) =>
      server.health().events([eventAt(at + aheadMs, { receivedAt: at })]),
    );
    return server.titles();
  };

  it('that are minutes ahead are told of', async () =>
    expect(await ahead(5 * minute, 12)).toEqual(['Events from http lie up to 5 minutes in the future']));
  it('that are seconds ahead are not', async () => expect(await ahead(minute, 12)).toEqual([]));
  describe('of workers, where they keep batches from being taken,', () => {
    const refused = async (aheadMs: number, batches: number) => {
      const server = await watched();
      let left = batches;
      await server.pass(5 * minute, () => {
        if (left-- > 0) server.health().clockOff('eu-west', aheadMs);
      });
      return server;
    };
    const statuses = async (server: Awaited<ReturnType<typeof watched>>) =>
      (await server.alerts()).map((alert) => lifecycleOf(alert).status);

    it.each([
      ['behind', -7 * minute, 2, ['Worker eu-west: clock is off by 7 minutes, its batches are refused']],
      ['ahead', 3 * hour, 5, ['Worker eu-west: clock is off by 3 hours, its batches are refused']],
      ['behind for one batch', -7 * minute, 1, []],
    ])('are told of when %s', async (_, aheadMs, batches, titles) => {
      const server = await refused(aheadMs, batches);
      expect(await server.titles()).toEqual(titles);
    });

    it('are told of once, also over a restart, until a batch is taken', async () => {
      const server = await refused(-7 * minute, 3);
      expect(await server.alerts()).toMatchObject([{ rule: { id: 'tocsin-clock' }, severity: 'medium' }]);
      await server.restart();
      await server.pass(hour);
      await server.pass(5 * minute, () => server.health().clockOff('eu-west', -8 * minute));
      server.health().worker('us-east');
      await server.pass(minute);
      expect(await statuses(server)).toEqual(['open']);
      server.health().worker('eu-west');
      await server.pass(minute);
      expect(await statuses(server)).toEqual(['resolved']);
      await server.pass(3 * minute, () => server.health().clockOff('eu-west', -9 * minute));
      expect(await statuses(server)).toEqual(['open', 'resolved']);
    });

    it('are not told of while batches are taken in between', async () => {
      const server = await watched();
      await server.pass(hour, () => {
        server.health().clockOff('eu-west', -7 * minute);
        server.health().worker('eu-west');
      });
      expect(await server.titles()).toEqual([]);
    });
  });
  it('are not judged by a few events', async () => expect(await ahead(5 * minute, 9)).toEqual([]));
});

describe('a rule', () => {
  it('that fires all the time is told of once, however long', async () => {
    const server = await watched('{ rulePerHour: 100 }');
    let number = 0;
    await server.pass(5 * hour, () =>
      server.health().fired(Array.from({ length: 5 }, () => sampleAlert((number += 1)))),
    );
    expect(await server.titles()).toEqual([
      'Rule "Bucket opened to everyone" has made 105 new alerts within the hour',
    ]);
    await server.pass(2 * hour);
    const [alert] = await server.alerts();
    expect(alert && lifecycleOf(alert).status).toBe('resolved');
  });

  it('is told of as well where all that it finds joins one alert', async () => {
    const server = await watched('{ ruleFindingsPerHour: 1000 }');
    const [alert, ...findings] = Array.from({ length: 600 }, (_, i) => sampleAlert(i + 1));
    server.health().fired(alert ? [alert] : []);
    await server.pass(minute, () => server.health().fired([], findings));
    expect(await server.titles()).toEqual([]);
    await server.pass(minute, () => server.health().fired([], findings));
    expect(await server.titles()).toEqual([
      'Rule "Bucket opened to everyone" has found 1199 events within the hour',
    ]);
    await server.pass(3 * hour);
    const [told] = await server.alerts();
    expect(told && lifecycleOf(told).status).toBe('resolved');
  });

  it('that never fired is in the report at once', async () => {
    const server = await watched();
    await server.pass(minute);
    expect(server.health().report()).toMatchObject({
      ok: true,
      rulesThatNeverFired: [{ id: 'aws-s3-bucket-public' }],
    });
    server.health().fired([sampleAlert(1)]);
    expect(server.health().report().rulesThatNeverFired).toEqual([]);
    expect(await server.titles()).toEqual([]);
  });
});

describe('rules without alerts', () => {
  it('are told of once and together, and not before they were watched for long enough', async () => {
    const server = await watched('{ rulesUnfired: 2h }');
    await server.pass(2 * hour - minute);
    expect(await server.titles()).toEqual([]);
    await server.restart();
    await server.pass(2 * hour);
    expect(await server.titles()).toEqual(['1 of 1 rules have made no alert for 2 hours']);
    const [alert] = await server.alerts();
    expect(alert?.facts.map(({ explanation }) => explanation)).toEqual(['"Bucket opened to everyone"']);
    server.health().fired([sampleAlert(1)]);
    await server.pass(minute);
    const [after] = await server.alerts();
    expect(after && lifecycleOf(after).status).toBe('resolved');
  });

  it('do not count the time in which nobody watched', async () => {
    const server = await watched('{ rulesUnfired: 2h }');
    await server.pass(hour);
    await server.restart(5 * hour);
    await server.pass(30 * minute);
    expect(await server.titles()).toEqual([]);
  });

  it('are nobody’s business where it is said so', async () => {
    const server = await watched('{ rulesUnfired: null }');
    await server.pass(3 * hour);
    expect(await server.titles()).toEqual([]);
  });
});

describe('latency', () => {
  const late = { sources: { s3: { all: { p50: 60, p95: 700, p99: 800 } } }, channels: {} };

  it('over the objective is told of', async () => {
    const server = await watched('{ latencyObjective: 10m }');
    server.world.latency = late;
    await server.pass(minute);
    expect(await server.titles()).toEqual(['Alerts from s3 take up to 700.0 s; the objective is 600 s']);
  });

  it('is nobody’s business where there is no objective', async () => {
    const server = await watched();
    server.world.latency = late;
    await server.pass(minute);
    expect(await server.titles()).toEqual([]);
  });
});
