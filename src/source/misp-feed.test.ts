import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startFakeServer, type ReceivedRequest, type ScriptedAnswer } from '../notify/testing/fake-server.ts';
import { openIntelFeeds } from './intel-feeds.ts';
import { isMispManifest } from './misp-feed.ts';

const start = Date.UTC(2026, 10, 21);
const day = 86_400_000;
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const uuid = (n: number) => `5f0f0b5c-0000-4000-8000-${String(n).padStart(12, '0')}`;
const seconds = (daysAgo: number) => String(Math.floor((start - daysAgo * day) / 1000));

interface Event {
  readonly changed: string | number;
  readonly addresses: readonly string[];
}

/** A feed on loopback whose events the test changes. */
async function feedServer(events: Map<string, Event>) {
  let seen = 0;
  let now = start;
  let trouble: ((request: ReceivedRequest) => ScriptedAnswer | undefined) | undefined;
  const server = await startFakeServer((request) => {
    const answer = trouble?.(request);
    if (answer !== undefined) return answer;
    if (request.path === '/osint/manifest.json') {
      const body = JSON.stringify(
        Object.fromEntries([...events].map(([id, { changed }]) => [id, { info: 'x', timestamp: changed }])),
      );
      const etag = `"${Buffer.from(body).toString('base64')}"`;
      return request.headers['if-none-match'] === etag
        ? { type: 'answer', status: 304 }
        : { type: 'answer', status: 200, headers: { etag }, body };
    }
    const event = events.get(/^\/osint\/(.*)\.json$/.exec(request.path)?.[1] ?? '');
    if (event === undefined) return { type: 'answer', status: 404 };
    const [first = '', ...others] = event.addresses;
    const attribute = (value: string, more: object = {}) => ({
      type: 'ip-dst',
      value,
      to_ids: true,
      ...more,
    });
    const body = JSON.stringify({
      Event: {
        info: 'Emotet',
        Attribute: [attribute(first), attribute('192.0.2.250', { to_ids: false })],
        Object: [{ Attribute: others.map((other) => attribute(other)) }],
      },
    });
    return { type: 'answer', status: 200, body };
  });
  ends.push(server.close);
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-misp-'));
  ends.push(() => rm(folder, { recursive: true }));
  return {
    url: `${server.url}/osint/manifest.json`,
    /** What was asked for since the last call. */
    asked: () => {
      const found = server.requests.slice(seen).map(({ path }) => path.slice('/osint/'.length));
      seen = server.requests.length;
      return found;
    },
    requests: server.requests,
    pass: (ms: number) => {
      now += ms;
    },
    fail: (how: typeof trouble) => {
      trouble = how;
    },
    open: async (more: { readonly timeoutMs?: number; readonly mostBytes?: number } = {}) => {
      const lists = await openIntelFeeds({
        feeds: [
          {
            name: 'intel_osint',
            from: { url: `${server.url}/osint/manifest.json` },
            isCollection: false,
            authorization: 'secret-key',
            backMs: 90 * day,
            timeoutMs: 5_000,
            ...more,
          },
        ],
        folder,
        clock: () => now,
        log: { info: () => {}, warn: () => {}, error: () => {} },
        changed: () => {},
      });
      ends.push(lists.stop);
      return {
        refresh: lists.refresh,
        problem: () => lists.states()[0]?.problem,
        isStale: () => lists.states()[0]?.isStale,
        names: (...addresses: readonly string[]) =>
          addresses.filter(
            (one) => lists.states()[0]?.contents?.set.find('address', one, start) !== undefined,
          ),
      };
    },
  };
}

const all = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4', '192.0.2.250'];

describe('a feed of MISP', () => {
  it('is read by its manifest, and afterwards only what is new or has changed', async () => {
    const events = new Map<string, Event>([
      [uuid(1), { changed: seconds(3), addresses: ['192.0.2.1', '192.0.2.2'] }],
      [uuid(2), { changed: Number(seconds(2)), addresses: ['192.0.2.3'] }],
    ]);
    const { open, asked, requests } = await feedServer(events);
    const feed = await open();
    expect(feed.names(...all)).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3']);
    expect(requests.every(({ headers }) => headers.authorization === 'secret-key')).toBe(true);
    expect(asked().toSorted()).toEqual([`${uuid(1)}.json`, `${uuid(2)}.json`, 'manifest.json']);

    await feed.refresh();
    expect(asked()).toEqual(['manifest.json']);

    events.set(uuid(1), { changed: seconds(1), addresses: ['192.0.2.2'] });
    events.set(uuid(3), { changed: seconds(0), addresses: ['192.0.2.4'] });
    await feed.refresh();
    expect(asked().toSorted()).toEqual([`${uuid(1)}.json`, `${uuid(3)}.json`, 'manifest.json']);
    expect(feed.names(...all)).toEqual(['192.0.2.2', '192.0.2.3', '192.0.2.4']);

    // What is not named any more is gone, and nothing else is fetched for it.
    events.delete(uuid(2));
    await feed.refresh();
    expect(asked()).toEqual(['manifest.json']);
    expect(feed.names(...all)).toEqual(['192.0.2.2', '192.0.2.4']);
    expect(feed.problem()).toBeUndefined();
  });

  it('goes on at a start from the copy that was kept', async () => {
    const events = new Map([[uuid(1), { changed: seconds(3), addresses: ['192.0.2.1'] }]]);
    const { open, asked } = await feedServer(events);
    await open();
    asked();
    events.set(uuid(2), { changed: seconds(1), addresses: ['192.0.2.2'] });
    const again = await open();
    await again.refresh();
    expect(asked()).toEqual(['manifest.json', `${uuid(2)}.json`]);
    expect(again.names(...all)).toEqual(['192.0.2.1', '192.0.2.2']);
  });

  it('leaves out events that changed long ago, and names that are no id of an event', async () => {
    const { open, asked } = await feedServer(
      new Map([
        [uuid(1), { changed: seconds(91), addresses: ['192.0.2.1'] }],
        [uuid(2), { changed: seconds(89), addresses: ['192.0.2.2'] }],
        ['../../admin', { changed: seconds(1), addresses: ['192.0.2.3'] }],
        ['//evil.example/x', { changed: seconds(1), addresses: ['192.0.2.3'] }],
      ]),
    );
    expect((await open()).names(...all)).toEqual(['192.0.2.2']);
    expect(asked()).toEqual(['manifest.json', `${uuid(2)}.json`]);
  });

  it('takes what came, and asks for the rest at the next look', async () => {
    const { open, fail, asked } = await feedServer(
      new Map([
        [uuid(1), { changed: seconds(1), addresses: ['192.0.2.1'] }],
        [uuid(2), { changed: seconds(2), addresses: ['192.0.2.2'] }],
      ]),
    );
    fail(({ path }) => (path.includes(uuid(2)) ? { type: 'answer', status: 503 } : undefined));
    const feed = await open();
    expect(feed.names(...all)).toEqual(['192.0.2.1']);
    expect(feed.problem()).toBe(`1 of 2 events did not come: ${uuid(2)}.json: HTTP 503`);
    asked();
    fail(undefined);
    await feed.refresh();
    expect(asked()).toEqual(['manifest.json', `${uuid(2)}.json`]);
    expect(feed.names(...all)).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(feed.problem()).toBeUndefined();
  });

  it('tells of an event that never comes, and is as fresh as its manifest all the same', async () => {
    const events = new Map<string, Event>([
      [uuid(1), { changed: seconds(2), addresses: ['192.0.2.1'] }],
      [uuid(2), { changed: seconds(1), addresses: ['192.0.2.2'] }],
    ]);
    const { open, fail, pass } = await feedServer(events);
    fail(({ path }) => (path.includes(uuid(2)) ? { type: 'answer', status: 404 } : undefined));
    const feed = await open();
    pass(8 * day);
    await feed.refresh();
    expect(feed.problem()).toBe(`1 of 2 events did not come: ${uuid(2)}.json: HTTP 404`);
    expect(feed.isStale()).toBe(false);
    // One that came before and has changed since is there as it was.
    events.set(uuid(1), { changed: seconds(0), addresses: ['192.0.2.3'] });
    fail(({ path }) => (path.endsWith('/manifest.json') ? undefined : { type: 'answer', status: 404 }));
    await feed.refresh();
    expect(feed.problem()).toMatch(/^2 of 2 events did not come: /);
    expect(feed.names(...all)).toEqual(['192.0.2.1']);
  });

  it.each<[string, ScriptedAnswer, RegExp]>([
    ['is away', { type: 'answer', status: 503 }, /HTTP 503/],
    ['is a page', { type: 'answer', status: 200, body: '<html>' }, /no manifest of a MISP feed/],
    [
      'sends on to this network',
      { type: 'answer', status: 302, headers: { location: 'http://169.254.169.254/' } },
      /no address of the internet/,
    ],
    ['is cut off', { type: 'reset' }, /terminated|hang up|reset/],
  ])('of which the manifest %s leaves the last good copy in place', async (_, answer, problem) => {
    const { open, fail } = await feedServer(
      new Map([[uuid(1), { changed: seconds(1), addresses: ['192.0.2.1'] }]]),
    );
    const feed = await open();
    fail(() => answer);
    await feed.refresh();
    expect(feed.problem()).toMatch(problem);
    expect(feed.names(...all)).toEqual(['192.0.2.1']);
  });

  it('of which no event comes says why', async () => {
    const { open, fail } = await feedServer(
      new Map([[uuid(1), { changed: seconds(1), addresses: ['192.0.2.1'] }]]),
    );
    fail(({ path }) => (path.includes(uuid(1)) ? { type: 'answer', status: 200, body: '[]' } : undefined));
    expect((await open()).problem()).toBe(`${uuid(1)}.json: is no event of MISP`);
  });

  it('reads no more than it may', async () => {
    const { open } = await feedServer(
      new Map([[uuid(1), { changed: seconds(1), addresses: Array<string>(200).fill('192.0.2.1') }]]),
    );
    expect((await open({ mostBytes: 2_000 })).problem()).toMatch(/more than \d+ bytes/);
  });

  it.each([
    ['https://feeds.example/osint/manifest.json', true],
    ['https://feeds.example/manifest.json?key=x', true],
    ['https://feeds.example/osint/manifest.json/x', false],
    ['https://feeds.example/other-manifest.json', false],
    ['nowhere', false],
  ])('is told by its address: %s %s', (url, isIt) => {
    expect(isMispManifest(url)).toBe(isIt);
  });
});
