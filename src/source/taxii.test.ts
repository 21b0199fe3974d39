import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  startFakeServer,
  type FakeServer,
  type ReceivedRequest,
  type ScriptedAnswer,
} from '../notify/testing/fake-server.ts';
import { openIntelFeeds, type IntelFeed } from './intel-feeds.ts';

const start = Date.UTC(2026, 10, 21);
const day = 86_400_000;
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const indicator = (address: string, more: object = {}) => ({
  type: 'indicator',
  id: `indicator--${address}`,
  modified: '2026-11-01T00:00:00.000Z',
  pattern_type: 'stix',
  pattern: `[ipv4-addr:value = '${address}']`,
  ...more,
});

const page = (objects: object[], added: string, next?: string): ScriptedAnswer => ({
  type: 'answer',
  status: 200,
  headers: { 'content-type': 'application/taxii+json;version=2.1', 'x-taxii-date-added-last': added },
  body: JSON.stringify({ objects, more: next !== undefined, ...(next !== undefined && { next }) }),
});

async function served(answer: (request: ReceivedRequest) => ScriptedAnswer): Promise<FakeServer> {
  const server = await startFakeServer(answer);
  ends.push(server.close);
  return server;
}

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'tocsin-intel-'));
  ends.push(() => rm(made, { recursive: true }));
  return made;
}

async function opened(feed: Partial<IntelFeed>, at: string, now = start) {
  const lists = await openIntelFeeds({
    feeds: [
      {
        name: 'intel_one',
        from: { url: '' },
        isCollection: false,
        authorization: 'Bearer secret',
        backMs: 90 * day,
        timeoutMs: 5_000,
        ...feed,
      },
    ],
    folder: at,
    clock: () => now,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    changed: () => {},
  });
  ends.push(lists.stop);
  return {
    lists,
    names: (address: string) => lists.states()[0]?.contents?.set.find('address', address, now) !== undefined,
    problem: () => lists.states()[0]?.problem,
  };
}

describe('a TAXII collection', () => {
  it('is read page by page, and afterwards only what was added, which joins what was there', async () => {
    const server = await served(() => page([], '2026-11-21T00:00:00Z'));
    server.answerNext(
      page([indicator('192.0.2.1')], '2026-11-10T00:00:00Z', 'two'),
      page([indicator('192.0.2.2'), { type: 'malware', id: 'malware--1' }], '2026-11-12T00:00:00Z'),
    );
    const at = await folder();
    const feed = { from: { url: `${server.url}/api/collections/c1/` }, isCollection: true };
    const first = await opened(feed, at);
    expect(['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(first.names)).toEqual([true, true, false]);
    const asked = () =>
      server.requests.map(({ path }) => Object.fromEntries(new URL(path, server.url).searchParams));
    expect(server.requests[0]).toMatchObject({
      method: 'GET',
      headers: { accept: 'application/taxii+json;version=2.1', authorization: 'Bearer secret' },
    });
    expect(server.requests[0]?.path).toMatch(/^\/api\/collections\/c1\/objects\/\?/);
    expect(asked()).toEqual([
      { added_after: new Date(start - 90 * day).toISOString(), 'match[type]': 'indicator' },
      { added_after: new Date(start - 90 * day).toISOString(), 'match[type]': 'indicator', next: 'two' },
    ]);

    server.answerNext(
      page(
        [
          indicator('192.0.2.3'),
          indicator('192.0.2.1', { revoked: true, modified: '2026-11-20T00:00:00.000Z' }),
        ],
        '2026-11-20T00:00:00Z',
      ),
    );
    // The next start goes on from the copy that was kept.
    const second = await opened(feed, at, start + day);
    expect(asked()[2]).toMatchObject({ added_after: '2026-11-12T00:00:00Z' });
    expect(['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(second.names)).toEqual([false, true, true]);
  });

  it.each<[string, ScriptedAnswer, RegExp]>([
    [
      'wants another authorization',
      { type: 'answer', status: 401 },
      /HTTP 401: it wants another authorization/,
    ],
    ['speaks another version', { type: 'answer', status: 406 }, /does not speak TAXII 2\.1/],
    [
      'redirects',
      { type: 'answer', status: 302, headers: { location: 'http://169.254.169.254/' } },
      /redirects, which is not followed/,
    ],
    ['answers a page', { type: 'answer', status: 200, body: '<html>' }, /no envelope/],
    ['is cut off', { type: 'reset' }, /terminated|hang up|reset/],
  ])('that %s leaves the last good copy in place', async (_, answer, problem) => {
    const server = await served(() => answer);
    server.answerNext(page([indicator('192.0.2.1')], '2026-11-10T00:00:00Z'));
    const at = await folder();
    const feed = { from: { url: `${server.url}/c1` }, isCollection: true };
    await opened(feed, at);
    const later = await opened(feed, at, start + day);
    expect(later.names('192.0.2.1')).toBe(true);
    const empty = await opened(feed, await folder());
    expect(empty.problem()).toMatch(problem);
    expect(empty.problem()).not.toContain('secret');
  });

  it('may be empty, and says the same page for ever no more than twice', async () => {
    const server = await served(() => page([], '2026-11-10T00:00:00Z', 'same'));
    const { lists, problem } = await opened(
      { from: { url: server.url }, isCollection: true },
      await folder(),
    );
    expect(problem()).toBeUndefined();
    expect(lists.states()[0]?.contents?.set.size).toBe(0);
    expect(server.requests).toHaveLength(2);
  });

  it('that never ends is given up', async () => {
    let number = 0;
    const server = await served(() => page([], '2026-11-10T00:00:00Z', String((number += 1))));
    const { problem } = await opened(
      { from: { url: server.url }, isCollection: true, timeoutMs: 60_000 },
      await folder(),
    );
    expect(problem()).toMatch(/more than 1000 pages/);
    expect(server.requests).toHaveLength(1_000);
  });
});

describe('a feed by URL or file', () => {
  it('is given its authorization, and no other host is', async () => {
    const other = await served(() => ({ type: 'answer', status: 200, body: '192.0.2.7\n' }));
    const server = await served(({ path }) =>
      path === '/away'
        ? { type: 'answer', status: 302, headers: { location: `${other.url}/list` } }
        : { type: 'answer', status: 200, body: JSON.stringify([indicator('192.0.2.1')]) },
    );
    const feed = await opened({ from: { url: `${server.url}/list` } }, await folder());
    expect(feed.names('192.0.2.1')).toBe(true);
    expect(server.requests[0]?.headers.authorization).toBe('Bearer secret');
    const away = await opened({ from: { url: `${server.url}/away` } }, await folder());
    expect(away.problem()).toMatch(/no address of the internet/);
    expect(other.requests).toEqual([]);
  });

  it('is read again when its file changes', async () => {
    const at = await folder();
    const file = join(at, 'feed.csv');
    await writeFile(file, '192.0.2.1\n');
    const feed = await opened({ from: { file } }, at);
    expect(feed.names('192.0.2.1')).toBe(true);
    await writeFile(file, '192.0.2.1\n192.0.2.22\n');
    await feed.lists.refresh();
    expect(feed.names('192.0.2.22')).toBe(true);
  });
});
